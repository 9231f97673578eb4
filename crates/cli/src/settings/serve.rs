use crate::setting::{Group, Setting, Value};

const HEADING: &str = "Endpoint";

/// Where and how credentials are served.
pub static SERVE: Group = Group {
    heading: HEADING,
    settings: &[
        Setting {
            name: "listen",
            short: None,
            value: Value::List("ADDRESS"),
            variables: &[],
            default: Some(
                "localhost:8080; of k8s agent 169.254.170.23:80 and [fd00:ec2::23]:80, of k8s webhook [::]:9443",
            ),
            help: "Listen here: ADDRESS:PORT, localhost:PORT for both loopback addresses, or \
                   unix:PATH. May be repeated. Port 0 is any free one. Sockets that systemd hands over are served in place of the default. \
                   Beyond this machine, TLS is needed.",
        },
        Setting {
            name: "protocol",
            short: None,
            value: Value::List("NAME"),
            variables: &[],
            default: Some("container and imds"),
            help: "What to serve: container (AWS_CONTAINER_CREDENTIALS_FULL_URI), \
                   imds (the instance metadata service, version 2).",
        },
        Setting {
            name: "container-path",
            short: None,
            value: Value::Text("PATH"),
            variables: &[],
            default: Some("/creds"),
            help: "The path of the container credentials.",
        },
        Setting {
            name: "authorization-token-file",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: Some("a new one, in a folder of our own"),
            help: "The token that a client of the container credentials has to show. It is read \
                   again when it changes: the new one counts at once, the old one for another \
                   tenth of a second at the most. Where there is no such file, a token is made and \
                   written there, for the owner alone. One that is there is only read, and has 16 \
                   characters at least.",
        },
        Setting {
            name: "route",
            short: None,
            value: Value::List("NAME=ROLE_ARN"),
            variables: &[],
            default: None,
            help: "Serve the container credentials of another role of the profile at /NAME, with a \
                   token of its own: the file of the main one with .NAME behind it. \
                   May be repeated.",
        },
        Setting {
            name: "allowed-host",
            short: None,
            value: Value::List("NAME"),
            variables: &[],
            default: Some("this machine's own addresses"),
            help: "Another name that a request may call us by. What calls us otherwise is refused: \
                   a page in a browser can have its own name lead here.",
        },
        Setting {
            name: "allowed-uid",
            short: None,
            value: Value::List("UID"),
            variables: &[],
            default: Some("our own and root"),
            help: "A user whose processes are served on Unix sockets.",
        },
        Setting {
            name: "hop-limit",
            short: None,
            value: Value::Text("HOPS"),
            variables: &[],
            default: Some("64"),
            help: "How many routers may lie between us and a client of ours.",
        },
    ],
};

/// What is needed beyond this machine.
pub static SERVE_BEYOND: Group = Group {
    heading: "Beyond this machine",
    settings: &[
        Setting {
            name: "tls-certificate",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Speak TLS with this certificate and its intermediates, in PEM. \
                   It is read again when it changes.",
        },
        Setting {
            name: "tls-key",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "Its private key in PEM.",
        },
        Setting {
            name: "insecure",
            short: None,
            value: Value::Switch,
            variables: &[],
            default: None,
            help: "Serve beyond this machine without TLS, and the metadata service, too, whose \
                   tokens anybody gets: whoever can reach the port has the role.",
        },
    ],
};

/// How a command gets credentials.
pub static EXEC: Group = Group {
    heading: "How the command gets them",
    settings: &[Setting {
        name: "serve",
        short: None,
        value: Value::Switch,
        variables: &[],
        default: None,
        help: "Give the command an endpoint of its own in place of the credentials, and replace \
               them for as long as it runs.",
    }],
};
