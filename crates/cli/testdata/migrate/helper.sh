#!/bin/sh
# Once, and then for ever.
./aws_signing_helper update --once --profile ci --certificate "$CERT" --private-key "$KEY" \
  --trust-anchor-arn "$A" --profile-arn "$P" --role-arn "$R" --with-proxy
aws_signing_helper update --certificate "$CERT" --private-key "$KEY" --pkcs8-password "$PASSWORD" \
  --trust-anchor-arn "$A" --profile-arn "$P" --role-arn "$R" &
creds=$(aws_signing_helper credential-process --certificate c.pem --private-key k.pem --role-arn $R | jq -r .AccessKeyId)
aws_signing_helper credential-process --cert-selector Key=x509Subject,Value=CN=app --role-arn $R
