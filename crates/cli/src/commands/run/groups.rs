use super::parts::SinkKind;
use crate::setting::Group;
use crate::settings;

/// What belongs into a table of an identity.
pub(super) fn identity_groups() -> Vec<&'static Group> {
    vec![
        &settings::PEM_FILES,
        &settings::KEY_FILE,
        #[cfg(feature = "spiffe")]
        &settings::WORKLOAD_API,
        &settings::CERTIFICATE_REQUEST,
        &settings::VAULT_LOGIN,
        &settings::VAULT_CONNECTION,
        &settings::IDENTITY_CACHE,
        &settings::PROXIES,
    ]
}

/// What belongs into a table of a session.
pub(super) fn session_groups() -> Vec<&'static Group> {
    vec![
        &settings::SESSION,
        &settings::ROLE_CHAIN,
        &settings::AWS_CONNECTION,
        &settings::CONTAINER_ENDPOINT,
        &settings::PROXIES,
    ]
}

/// What belongs into a table of a sink.
pub(super) fn sink_groups(kind: SinkKind) -> Vec<&'static Group> {
    match kind {
        SinkKind::CredentialsFile => vec![
            &settings::CREDENTIALS_FILES,
            &settings::FILE_MODES,
            &settings::KEEP_INODE,
            &settings::HOOKS,
        ],
        SinkKind::Endpoint => vec![&settings::SERVE, &settings::SERVE_BEYOND],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_session_of_creds_has_belongs_into_a_table() {
        let places = [identity_groups(), session_groups()].concat();
        for group in crate::commands::creds::groups(&[&settings::IDENTITY_CACHE]) {
            let has = places.iter().any(|place| std::ptr::eq(*place, group));
            assert!(has, "{}", group.heading);
        }
    }
}
