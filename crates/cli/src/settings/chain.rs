use crate::setting::{Group, Setting, Value};

/// Which roles are assumed onwards, and how the last session is narrowed.
pub static ROLE_CHAIN: Group = Group {
    heading: "Assume onwards",
    settings: &[
        Setting {
            name: "chain-role-arn",
            short: None,
            value: Value::List("ARN"),
            variables: &[],
            default: None,
            help: "A role to assume with the session, by STS: of another account, say. \
                   Repeated, each is assumed with the session of the one before; \
                   the last one's credentials are handed out.",
        },
        Setting {
            name: "chain-session-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("the first session's"),
            help: "The name of the sessions of these roles. The first session's is the \
                   certificate's serial number, as a rule: so CloudTrail shows it in every account.",
        },
        Setting {
            name: "chain-session-duration",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("3600"),
            help: "How long the sessions of these roles shall last, 900 to 3600 seconds. \
                   STS grants no more to a role that is assumed with another role's session.",
        },
        Setting {
            name: "chain-external-id",
            short: None,
            value: Value::Text("ID"),
            variables: &[],
            default: None,
            help: "The external id that the owner of a role asks for. Each of the roles is shown it.",
        },
        Setting {
            name: "session-policy",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "An IAM policy in JSON that narrows the last role's session, at most 2048 \
                   characters. For the first role, the profile holds one.",
        },
        Setting {
            name: "session-policy-arn",
            short: None,
            value: Value::List("ARN"),
            variables: &[],
            default: None,
            help: "A managed policy that narrows the last role's session, at most ten.",
        },
        Setting {
            name: "session-tag",
            short: None,
            value: Value::List("KEY=VALUE"),
            variables: &[],
            default: None,
            help: "A tag of the last role's session, which policies see as aws:PrincipalTag.",
        },
        Setting {
            name: "transitive-tag-key",
            short: None,
            value: Value::List("KEY"),
            variables: &[],
            default: None,
            help: "The key of a session tag that goes on to roles that are assumed with the session.",
        },
    ],
};
