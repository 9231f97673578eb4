use crate::setting::{Group, Setting, Value};

/// What session is asked for.
pub static SESSION: Group = Group {
    heading: "Session",
    settings: &[
        Setting {
            name: "trust-anchor-arn",
            short: None,
            value: Value::Text("ARN"),
            variables: &["ANCHOR_ARN", "TRUST_ANCHOR_ID"],
            default: None,
            help: "The Roles Anywhere trust anchor that trusts the certificate's issuer. \
                   Its region is the one that requests go to.",
        },
        Setting {
            name: "profile-arn",
            short: None,
            value: Value::Text("ARN"),
            variables: &["PROFILE_ARN"],
            default: None,
            help: "The Roles Anywhere profile that lists the role.",
        },
        Setting {
            name: "role-arn",
            short: None,
            value: Value::Text("ARN"),
            variables: &["ROLE_ARN"],
            default: None,
            help: "The IAM role to assume.",
        },
        Setting {
            name: "session-duration",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("3600"),
            help: "How long the session shall last, 900 to 43200 seconds. \
                   The profile may grant less.",
        },
        Setting {
            name: "role-session-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &["AWS_ROLE_SESSION_NAME"],
            default: Some("the certificate's serial number"),
            help: "The name of the session. Only profiles with acceptRoleSessionName take one.",
        },
        Setting {
            name: "instance-property",
            short: None,
            value: Value::List("KEY=VALUE"),
            variables: &[],
            default: None,
            help: "A property of this machine, for profiles that require instance properties.",
        },
    ],
};

/// How AWS is reached.
pub static AWS_CONNECTION: Group = Group {
    heading: "Connection to AWS",
    settings: &[
        Setting {
            name: "region",
            short: None,
            value: Value::Text("REGION"),
            variables: &[],
            default: Some("the trust anchor's"),
            help: "The region to sign for and to call. Another one than the trust anchor's \
                   is an error: AWS would refuse it. For ecr it is the registries' region, where \
                   their names do not tell.",
        },
        Setting {
            name: "endpoint",
            short: None,
            value: Value::Text("URL"),
            variables: &["AWS_ENDPOINT_URL_ROLESANYWHERE", "AWS_ENDPOINT_URL"],
            default: Some("the region's"),
            help: "The base URL of Roles Anywhere: a VPC endpoint, say.",
        },
        Setting {
            name: "sts-endpoint",
            short: None,
            value: Value::Text("URL"),
            variables: &["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"],
            default: Some("the region's"),
            help: "The base URL of the Security Token Service.",
        },
        Setting {
            name: "use-fips-endpoint",
            short: None,
            value: Value::Switch,
            variables: &["AWS_USE_FIPS_ENDPOINT"],
            default: None,
            help: "Call the FIPS 140 endpoints.",
        },
        Setting {
            name: "use-dualstack-endpoint",
            short: None,
            value: Value::Switch,
            variables: &["AWS_USE_DUALSTACK_ENDPOINT"],
            default: None,
            help: "Call the endpoints that answer over IPv6, too.",
        },
        Setting {
            name: "aws-ca-bundle",
            short: None,
            value: Value::Text("FILE"),
            variables: &["AWS_CA_BUNDLE", "SSL_CERT_FILE"],
            default: Some("the bundled roots, then the system's"),
            help: "Trust the CA certificates in this PEM file for AWS, and no others. \
                   They are trusted for nothing else.",
        },
        Setting {
            name: "no-verify-ssl",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Do not verify AWS's certificate. Whoever is on the wire can then read and replace \
                   the credentials: for laboratories.",
        },
        Setting {
            name: "aws-timeout",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("30"),
            help: "How long a call of AWS may take, with all its attempts.",
        },
        Setting {
            name: "correct-clock-skew",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Sign with AWS's time where this machine's clock is more than five minutes off. \
                   Without, the error says how far it is off.",
        },
    ],
};

/// The proxies of all destinations.
pub static PROXIES: Group = Group {
    heading: "Proxies",
    settings: &[
        Setting {
            name: "https-proxy",
            short: None,
            value: Value::Text("URL"),
            variables: &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
            default: None,
            help: "The proxy for https addresses. Loopback is always reached directly.",
        },
        Setting {
            name: "http-proxy",
            short: None,
            value: Value::Text("URL"),
            variables: &["http_proxy", "all_proxy", "ALL_PROXY"],
            default: None,
            help: "The proxy for http addresses. Loopback is always reached directly.",
        },
        Setting {
            name: "no-proxy",
            short: None,
            value: Value::Text("LIST"),
            variables: &["no_proxy", "NO_PROXY"],
            default: None,
            help: "Hosts to reach directly: names with their subdomains, addresses, CIDR blocks.",
        },
    ],
};

/// Credentials from another process.
pub static CONTAINER_ENDPOINT: Group = Group {
    heading: "Credentials from a container endpoint, in place of Roles Anywhere",
    settings: &[
        Setting {
            name: "container-credentials-full-uri",
            short: None,
            value: Value::Text("URI"),
            variables: &["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
            default: Some("with LISTEN_PORT or AWS_REFRESH_INTERVAL: http://localhost:8080/creds"),
            help: "Read the credentials there, unless a setting of Roles Anywhere has a value. \
                   It must be https, or this machine.",
        },
        Setting {
            name: "container-credentials-relative-uri",
            short: None,
            value: Value::Text("PATH"),
            variables: &["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
            default: None,
            help: "The same at http://169.254.170.2.",
        },
        Setting {
            name: "container-authorization-token-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
            default: None,
            help: "The token that the endpoint wants, read again for each request.",
        },
        Setting {
            name: "container-authorization-token",
            short: None,
            value: Value::SecretVariable,
            variables: &["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
            default: None,
            help: "The token itself.",
        },
    ],
};
