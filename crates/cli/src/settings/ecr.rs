use crate::setting::{Group, Setting, Value};

/// Which registries it is about.
pub static REGISTRIES: Group = Group {
    heading: "Registries",
    settings: &[
        Setting {
            name: "registry",
            short: None,
            value: Value::List("HOST"),
            variables: &[],
            default: Some("the principal's own, in --region"),
            help: "A registry of ECR: 123456789012.dkr.ecr.eu-central-1.amazonaws.com, a FIPS or \
                   dual-stack name, public.ecr.aws. An address with https:// or a repository behind \
                   it will do. One token serves all accounts of a region.",
        },
        Setting {
            name: "account",
            short: None,
            value: Value::List("ID"),
            variables: &[],
            default: None,
            help: "The registry of this account in --region: the same as its host by --registry.",
        },
        Setting {
            name: "public",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "The public registry, public.ecr.aws, too.",
        },
        Setting {
            name: "default-region",
            short: None,
            value: Value::Text("REGION"),
            variables: &["AWS_REGION", "AWS_DEFAULT_REGION"],
            default: Some("the trust anchor's, otherwise the AWS profile's"),
            help: "The region where neither --registry nor --region names one. Read by ecr alone.",
        },
    ],
};

/// With whose AWS credentials a token is asked for.
pub static ECR_CREDENTIALS: Group = Group {
    heading: "AWS credentials",
    settings: &[Setting {
        name: "credentials",
        short: None,
        value: Value::Text("SOURCE"),
        variables: &[],
        default: Some("roles-anywhere where a trust anchor is named, otherwise ambient"),
        help: "Whose token it is: roles-anywhere for a session that is opened with a certificate, \
               or ambient for what the SDKs would find: variables, profile, web identity, container \
               endpoint, instance metadata.",
    }],
};

/// Where tokens are asked for.
pub static ECR_ENDPOINTS: Group = Group {
    heading: "Connection to AWS",
    settings: &[
        Setting {
            name: "ecr-endpoint",
            short: None,
            value: Value::Text("URL"),
            variables: &["AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL"],
            default: Some("the registry's region's, FIPS or dual-stack as its name is"),
            help: "The base URL of ECR's API: a VPC endpoint, say.",
        },
        Setting {
            name: "ecr-public-endpoint",
            short: None,
            value: Value::Text("URL"),
            variables: &["AWS_ENDPOINT_URL_ECR_PUBLIC", "AWS_ENDPOINT_URL"],
            default: Some("us-east-1's"),
            help: "The base URL of ECR Public's API.",
        },
    ],
};

/// Where registries are reached.
pub static REGISTRY_ENDPOINT: Group = Group {
    heading: "Connection to AWS",
    settings: &[Setting {
        name: "registry-endpoint",
        short: None,
        value: Value::Text("URL"),
        variables: &[],
        default: Some("https:// and the registry's name"),
        help: "Connect to this base URL instead of the registry's name, which stands in the Host \
               header nevertheless: a VPC endpoint, a proxy.",
    }],
};

/// Where tokens are kept for other processes.
pub static TOKEN_CACHE: Group = Group {
    heading: "Shared token",
    settings: &[
        Setting {
            name: "cache-dir",
            short: None,
            value: Value::Text("FOLDER"),
            variables: &["CACHE_DIRECTORY", "AWS_ECR_CACHE_DIR"],
            default: Some(
                "iamra in XDG_CACHE_HOME, for root /var/cache/iamra, else ~/.cache/iamra",
            ),
            help: "Keep tokens in this folder, in files for their owner alone, for other processes \
                   of the same principal: until half of their life is over, and where no other can \
                   be had until ten minutes before their end. Processes that come at once ask once.",
        },
        Setting {
            name: "no-cache",
            short: None,
            value: Value::Switch,
            variables: &["AWS_ECR_DISABLE_CACHE"],
            default: None,
            help: "Keep no token on disk, and use none from there.",
        },
    ],
};

/// The file that a client of registries reads.
pub static AUTH_FILE: Group = Group {
    heading: "Client",
    settings: &[
        Setting {
            name: "tool",
            short: None,
            value: Value::Text("TOOL"),
            variables: &[],
            default: Some("docker"),
            help: "Whose file it is: docker (compose, buildx, nerdctl, oras, crane, kaniko), podman \
                   (buildah, skopeo), helm or oras.",
        },
        Setting {
            name: "auth-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: Some(
                "docker, oras: config.json in DOCKER_CONFIG or ~/.docker; podman: REGISTRY_AUTH_FILE, \
                 or containers/auth.json in XDG_RUNTIME_DIR, XDG_CONFIG_HOME or ~/.config, for root \
                 /run/containers/0/auth.json; helm: HELM_REGISTRY_CONFIG, or registry/config.json in \
                 HELM_CONFIG_HOME, or in helm of XDG_CONFIG_HOME or ~/.config",
            ),
            help: "The file that holds the client's logins. Everything else in it stays as it is.",
        },
    ],
};

/// What docker is told of failures.
pub static DOCKER_ERRORS: Group = Group {
    heading: "Client",
    settings: &[Setting {
        name: "docker-errors",
        short: None,
        value: Value::Text("FORM"),
        variables: &[],
        default: Some("message; notfound as docker-credential-ecr-login"),
        help: "What a client is told where there is no token: message, which stops it with the \
               reason; or notfound, with which it goes on as nobody. The reason is logged in both \
               cases. For the public registry, which nobody may read, too, it is always notfound.",
    }],
};

/// Who gets which role from the kubelet plugin.
pub static SERVICE_ACCOUNTS: Group = Group {
    heading: "Service accounts",
    settings: &[
        Setting {
            name: "service-account-role",
            short: None,
            value: Value::List("NAMESPACE/NAME=ROLE"),
            variables: &[],
            default: None,
            help: "Pull with this role, by its ARN, for pods of this service account; the profile \
                   must list it. Of several roles of one account, the annotation iamra.dev/role-arn \
                   chooses; it grants nothing that is not listed here. Pods of other accounts get \
                   the role of the node.",
        },
        Setting {
            name: "service-account-keys",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The public keys of the cluster's service-account tokens: the JWK set that \
                   `kubectl get --raw /openid/v1/jwks` prints. Without, no service account is \
                   believed.",
        },
        Setting {
            name: "service-account-issuer",
            short: None,
            value: Value::Text("URL"),
            variables: &[],
            default: Some("any whose keys these are"),
            help: "The issuer that tokens must name.",
        },
        Setting {
            name: "service-account-audience",
            short: None,
            value: Value::Text("AUDIENCE"),
            variables: &[],
            default: Some(SERVICE_ACCOUNT_AUDIENCE),
            help: "The audience that tokens must be for: serviceAccountTokenAudience of kubelet's \
                   configuration.",
        },
    ],
};

/// The manifest to look at.
pub static REPOSITORY: Group = Group {
    heading: "Registries",
    settings: &[Setting {
        name: "repo",
        short: None,
        value: Value::Text("REPOSITORY[:TAG]"),
        variables: &[],
        default: None,
        help: "Read a manifest of this repository, too: of its tag, of a digest behind an @, or \
               of latest.",
    }],
};

/// What kubelet calls the plugin.
pub static KUBELET_PLUGIN: Group = Group {
    heading: "Kubelet",
    settings: &[
        Setting {
            name: "plugin-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some(PLUGIN_NAME),
            help: "The name of the program in --image-credential-provider-bin-dir.",
        },
        Setting {
            name: "plugin-config",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: Some(PLUGIN_CONFIG),
            help: "The config file that the plugin reads on the node. Where it is here, too, \
                   kubelet-config has its settings from it.",
        },
    ],
};

/// What the plugin is called where nobody says else.
pub(crate) const PLUGIN_NAME: &str = "iamra-credential-provider";
/// The machine's config file: what kubelet starts has no home folder.
pub(crate) const PLUGIN_CONFIG: &str = "/etc/iamra/config.toml";
/// Whom the tokens of service accounts are for where nobody says else.
pub(crate) const SERVICE_ACCOUNT_AUDIENCE: &str = "iamra";
