use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<VaultEnvironment, InvalidSetting> {
    VaultEnvironment::read(&|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| OsString::from(value))
    })
}

#[test]
fn an_empty_environment_is_the_default() {
    let read = read(&[]).unwrap();
    let default = VaultEnvironment::default();
    assert_eq!(format!("{read:?}"), format!("{default:?}"));
    assert_eq!(read.settings.timeout, Duration::from_secs(60));
    assert_eq!(read.settings.max_retries, 2);
}

#[test]
fn bao_hides_vault_even_when_it_is_empty() {
    let address =
        |variables: &[(&str, &str)]| read(variables).unwrap().settings.address.to_string();
    let vault = ("VAULT_ADDR", "http://vault");
    assert_eq!(address(&[vault]), "http://vault");
    assert_eq!(address(&[vault, ("BAO_ADDR", "http://bao")]), "http://bao");
    assert_eq!(
        address(&[vault, ("BAO_ADDR", "")]),
        "https://127.0.0.1:8200"
    );
    assert_eq!(
        address(&[vault, ("VAULT_AGENT_ADDR", "http://agent")]),
        "http://agent"
    );
}

#[test]
fn an_empty_token_is_none() {
    assert!(read(&[("VAULT_TOKEN", "")]).unwrap().token.is_none());
    let token = read(&[("VAULT_TOKEN", "hunter2")]).unwrap();
    assert!(!format!("{token:?}").contains("hunter2"));
    assert_eq!(token.token.unwrap().expose_secret(), "hunter2");
}

#[test]
fn skip_verify_is_off_unless_it_is_true() {
    let verification =
        |value| read(&[("VAULT_SKIP_VERIFY", value)]).map(|e| e.settings.verification);
    assert_eq!(verification("").unwrap(), Verification::Full);
    assert_eq!(verification("false").unwrap(), Verification::Full);
    assert_eq!(verification("0").unwrap(), Verification::Full);
    assert_eq!(verification("true").unwrap(), Verification::DangerousNone);
    assert_eq!(
        verification("no").unwrap_err().to_string(),
        "VAULT_SKIP_VERIFY cannot be used: it must be true or false"
    );
}

#[test]
fn ca_file_before_bytes_before_folder() {
    let file = ("VAULT_CACERT", "/ca.pem");
    let bytes = ("VAULT_CACERT_BYTES", "PEM");
    let folder = ("VAULT_CAPATH", "/ca");
    let roots =
        |variables: &[(&str, &str)]| format!("{:?}", read(variables).unwrap().settings.roots);
    assert_eq!(roots(&[folder, bytes, file]), "File(\"/ca.pem\")");
    assert_eq!(roots(&[folder, bytes]), "Pem([80, 69, 77])");
    assert_eq!(roots(&[folder]), "Directory(\"/ca\")");
    assert_eq!(roots(&[]), "System");
}

#[test]
fn a_client_certificate_needs_its_key() {
    let certificate = ("VAULT_CLIENT_CERT", "/c.pem");
    let key = ("VAULT_CLIENT_KEY", "/k.pem");
    let identity = read(&[certificate, key]).unwrap().settings.client_identity;
    assert!(matches!(identity, Some(ClientIdentity::Files { .. })));
    for half in [certificate, key, ("BAO_CLIENT_KEY_BYTES", "hunter2")] {
        let error = read(&[half]).unwrap_err().to_string();
        assert!(error.contains("both be set"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn limits() {
    let settings = read(&[
        ("VAULT_CLIENT_TIMEOUT", "90s"),
        ("VAULT_MAX_RETRIES", "0"),
        ("VAULT_DISABLE_REDIRECTS", "1"),
        ("VAULT_NAMESPACE", "admin/team/"),
        ("VAULT_TLS_SERVER_NAME", "vault.example"),
    ])
    .unwrap()
    .settings;
    assert_eq!(settings.timeout, Duration::from_secs(90));
    assert_eq!(settings.max_retries, 0);
    assert!(!settings.follow_redirect);
    assert_eq!(settings.namespace.unwrap().as_str(), "admin/team");
    assert_eq!(settings.server_name.unwrap(), "vault.example");
    for (name, value) in [
        ("VAULT_CLIENT_TIMEOUT", "soon"),
        ("VAULT_MAX_RETRIES", "-1"),
        ("VAULT_DISABLE_REDIRECTS", "maybe"),
        ("VAULT_NAMESPACE", "a/../b"),
        ("VAULT_ADDR", "vault:8200"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert_eq!(error.setting, name);
    }
}

#[test]
fn the_proxy_of_vault_before_that_of_everybody() {
    let all = [
        ("HTTPS_PROXY", "http://everybody"),
        ("no_proxy", ".svc"),
        ("VAULT_HTTP_PROXY", "http://second"),
        ("VAULT_PROXY_ADDR", "http://first"),
    ];
    let proxy = |variables| read(variables).unwrap().settings.proxy.unwrap();
    let https = |proxy: &Proxy| proxy.https.clone().unwrap().expose_secret().to_owned();
    assert_eq!(https(&proxy(&all)), "http://first");
    assert_eq!(https(&proxy(&all[..3])), "http://second");
    let common = proxy(&all[..2]);
    assert_eq!(https(&common), "http://everybody");
    assert_eq!(common.no_proxy, ".svc");
    assert!(common.http.is_none());
    assert!(read(&all[1..2]).unwrap().settings.proxy.is_none());
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_refused_and_a_path_is_not() {
    use std::os::unix::ffi::OsStringExt as _;
    let strange = || Some(OsString::from_vec(vec![b'/', 0xff]));
    let only = |wanted: &'static str| move |name: &str| (name == wanted).then(strange).flatten();
    let error = VaultEnvironment::read(&only("VAULT_TOKEN")).unwrap_err();
    assert_eq!(error.setting, "VAULT_TOKEN");
    assert!(VaultEnvironment::read(&only("VAULT_CACERT")).is_ok());
}
