use crate::setting::{Group, Setting, Value};

/// What is to be set up in Vault.
pub static SETUP: Group = Group {
    heading: "Setup",
    settings: &[
        Setting {
            name: "workload",
            short: None,
            value: Value::List("NAME[=WHO]"),
            variables: &[],
            default: None,
            help: "A workload: the common name of its certificates, and who may log in as it. \
                   With kubernetes NAME=ACCOUNT@NAMESPACE, with jwt NAME=SUBJECT, with approle and \
                   cert NAME alone. A config file holds a list: workload = [\"a=a@prod\", \"b=b@prod\"].",
        },
        Setting {
            name: "workload-auth",
            short: None,
            value: Value::Text("METHOD"),
            variables: &[],
            default: Some("kubernetes"),
            help: "How the workloads log in: kubernetes, jwt (GitHub, GitLab), approle, or cert, \
                   where the present certificate obtains the next one.",
        },
        Setting {
            name: "workload-auth-mount",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("the method's name"),
            help: "The path of that auth method. It must be there already.",
        },
        Setting {
            name: "audience",
            short: None,
            value: Value::Text("TEXT"),
            variables: &[],
            default: Some("vault"),
            help: "Whom the workloads' tokens must be made for, with kubernetes and jwt. A token for \
                   another service then does not log in.",
        },
        Setting {
            name: "root-mount",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: None,
            help: "The PKI mount of this Vault that signs the new mount's CA. Without it, the request \
                   is printed for your CA to sign.",
        },
        Setting {
            name: "ca-ttl",
            short: None,
            value: Value::Text("DURATION"),
            variables: &[],
            default: Some("8760h"),
            help: "How long the new mount's CA shall be valid, where --root-mount signs it: hours or days, \
                   8760h or 365d, at most 7300d.",
        },
        Setting {
            name: "existing-mount",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "The PKI mount and its CA are there already: print roles, policies and logins only.",
        },
        Setting {
            name: "enable-auth",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Make the auth method and configure it where it is not there.",
        },
        Setting {
            name: "kubernetes-host",
            short: None,
            value: Value::Text("URL"),
            variables: &[],
            default: Some("the cluster that Vault runs in"),
            help: "The cluster whose service accounts log in, as Vault reaches it, for --enable-auth \
                   where Vault runs elsewhere. It then needs a token that may ask about others: \
                   --output kubernetes prints what the cluster needs for that.",
        },
        Setting {
            name: "kubernetes-ca-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The CA certificates of that cluster in PEM.",
        },
        Setting {
            name: "token-reviewer",
            short: None,
            value: Value::Text("ACCOUNT@NAMESPACE"),
            variables: &[],
            default: Some("vault@vault"),
            help: "The service account by which Vault asks the cluster about tokens, for \
                   --output kubernetes.",
        },
        Setting {
            name: "jwt-issuer",
            short: None,
            value: Value::Text("URL"),
            variables: &[],
            default: None,
            help: "Whose tokens log in, for --enable-auth with --workload-auth jwt: an issuer that \
                   publishes its keys (OpenID Connect discovery).",
        },
        Setting {
            name: "allow-issue",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Let Vault make the workloads' keys, too, as --pki-mode issue and older scripts want \
                   it. Without it, a key never leaves the workload.",
        },
    ],
};

/// What is to be set up in AWS.
pub static SETUP_AWS: Group = Group {
    heading: "Setup of AWS",
    settings: &[
        Setting {
            name: "account-id",
            short: None,
            value: Value::Text("ACCOUNT"),
            variables: &[],
            default: Some("the trust anchor's"),
            help: "The account in which all is made. Script and Terraform refuse credentials of another \
                   one.",
        },
        Setting {
            name: "trust-anchor-name",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: Some("iamra"),
            help: "The name of the trust anchor that is made.",
        },
        Setting {
            name: "shared-profile",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: None,
            help: "One profile of that name for all workloads. Without it, each has its own.",
        },
        Setting {
            name: "role-prefix",
            short: None,
            value: Value::Text("TEXT"),
            variables: &[],
            default: None,
            help: "What the names of roles and of profiles begin with. Without it, a role is called as \
                   its workload.",
        },
        Setting {
            name: "pull",
            short: None,
            value: Value::List("[WORKLOAD=]REPOSITORY"),
            variables: &[],
            default: None,
            help: "A repository of ECR that all workloads may pull from, or one: team/app, or the ARN of \
                   one elsewhere, whose own policy has to allow it, too.",
        },
        Setting {
            name: "push",
            short: None,
            value: Value::List("[WORKLOAD=]REPOSITORY"),
            variables: &[],
            default: None,
            help: "A repository of ECR that they may push to.",
        },
        Setting {
            name: "list-tags",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Let who may pull list the tags, too: iamra ecr tags needs it.",
        },
        Setting {
            name: "create-repositories",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Make the repositories of --pull and --push that are of this account.",
        },
        Setting {
            name: "pull-principal",
            short: None,
            value: Value::List("ARN"),
            variables: &[],
            default: None,
            help: "Who else may pull from these repositories, by their own policies: a role, a user, or \
                   another account (arn:aws:iam::ACCOUNT:root).",
        },
        Setting {
            name: "read-bucket",
            short: None,
            value: Value::List("[WORKLOAD=]BUCKET"),
            variables: &[],
            default: None,
            help: "A bucket of S3 whose objects they may list and read.",
        },
        Setting {
            name: "list-buckets",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Let them list the account's buckets: aws s3 ls.",
        },
        Setting {
            name: "read-own-setup",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Let them read their trust anchor and profile, in which iamra doctor then finds what is \
                   wrong.",
        },
    ],
};
