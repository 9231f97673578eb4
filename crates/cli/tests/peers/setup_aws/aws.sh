#!/bin/sh
# The AWS CLI against moto, which has no Roles Anywhere: of that, the CLI itself
# checks each call against the service's model, before it finds nobody to send it
# to; and what was made is kept in files.
set -eu
[ "$1" = rolesanywhere ] || exec "$REAL_AWS" "$@"
case $* in *--generate-cli-skeleton*) exec "$REAL_AWS" "$@" ;; esac
nowhere=http://127.0.0.1:9
answer=$(AWS_MAX_ATTEMPTS=1 "$REAL_AWS" "$@" --endpoint-url "$nowhere" 2>&1) && exit 1
case $answer in
  *'Could not connect'*) ;;
  *)
    echo "$answer" >&2
    exit 1
    ;;
esac
echo "$2" >>"$STATE/calls"
of=arn:aws:rolesanywhere:eu-west-1:123456789012
value() {
  while [ "$1" != "$wanted" ]; do shift; done
  printf '%s' "$2"
}
case $2 in
  list-trust-anchors) cat "$STATE"/trust-anchor 2>/dev/null || true ;;
  create-trust-anchor)
    wanted=--source
    value "$@" >"$STATE/source"
    echo "$of:trust-anchor/11111111-2222-3333-4444-555555555555" | tee "$STATE/trust-anchor"
    ;;
  get-trust-anchor)
    printf 'True\t'
    sed -n 's/.*"x509CertificateData": "\(.*\)".*/\1/p' "$STATE/source"
    ;;
  list-tags-for-resource) echo iamra ;;
  list-profiles)
    name=$(printf '%s' "$*" | sed "s/.*name=='\([^']*\)'.*/\1/")
    cat "$STATE/profile-$name" 2>/dev/null || true
    ;;
  create-profile)
    wanted=--name
    name=$(value "$@")
    number=$(printf '%s' "$name" | cksum | cut -d ' ' -f 1)
    id=$(printf '%08x-1111-2222-3333-444444444444' "$number")
    printf 'True\t3600\tFalse\n%s\n' "$*" | tr ' ' '\n' >"$STATE/$id"
    printf '%s:profile/%s\n' "$of" "$id" | tee "$STATE/profile-$name"
    ;;
  get-profile)
    wanted=--profile-id
    sed -n '1p; /:role\//p' "$STATE/$(value "$@")"
    ;;
  update-profile) ;;
  *)
    echo "what is $2?" >&2
    exit 1
    ;;
esac
