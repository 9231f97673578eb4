use std::convert::Infallible;

use aws_partition::Region;
use pod_identity::{
    AccountAnnotations, ClusterName, Form, Injection, PodAnnotations, ServiceAccount, SidecarForm,
    TokenVolume, Warning,
};
use refresh::Clock;
use rolesanywhere::{ProfileArn, TrustAnchorArn};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::pods::ROLE;

mod vaults_ca;

use vaults_ca::VaultsCa;

/// A container of the pod's own that serves its credentials.
pub(super) struct Sidecar {
    image: String,
    region: Option<Region>,
    cluster: ClusterName,
    trust_anchor: TrustAnchorArn,
    profile: Option<ProfileArn>,
    /// What its command is told as we are.
    passed: Vec<(&'static str, String)>,
    vaults_ca: VaultsCa,
    token: TokenVolume,
}

impl Sidecar {
    /// From the settings.
    pub(super) fn new(
        context: &Context<'_>,
        region: Option<Region>,
        token: TokenVolume,
    ) -> Result<Self, Failure> {
        let settings = &context.settings;
        let require = |name| {
            let text = settings.text(name)?;
            text.filter(|text| !text.is_empty()).ok_or_else(|| {
                let message = format!("--inject sidecar needs --{name}");
                Failure::configuration("config.missing", message)
            })
        };
        let mut passed = vec![("vault-addr", require("vault-addr")?)];
        for name in PASSED {
            passed.extend(settings.text(name)?.map(|value| (*name, value)));
        }
        for name in ["auth-role", "pki-role"] {
            let role = settings.text(name)?;
            passed.push((name, role.unwrap_or_else(|| ROLE.to_owned())));
        }
        Ok(Self {
            image: require("sidecar-image")?,
            region,
            cluster: settings.require("cluster-name")?,
            trust_anchor: settings.require("trust-anchor-arn")?,
            profile: settings.parse("profile-arn")?,
            passed,
            vaults_ca: VaultsCa::new(context)?,
            token: TokenVolume {
                volume_name: "iamra-token".to_owned(),
                mount_path: "/var/run/secrets/iamra.dev/serviceaccount".to_owned(),
                token_path: "token".to_owned(),
                ..token
            },
        })
    }

    /// Follows what may change, for as long as this is awaited.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        self.vaults_ca.keep(clock).await
    }

    /// What a pod of an account gets; or why it can have nothing.
    pub(super) fn injection(
        &self,
        account: &ServiceAccount,
        (annotations, pod): (&AccountAnnotations, &PodAnnotations),
        random: f64,
    ) -> Result<Injection, Warning> {
        let arguments = self.arguments(account, annotations);
        let arguments = arguments
            .map_err(|why| Warning::new(&format!("no AWS credentials for the pod: {why}")))?;
        let mut token = self.token.clone();
        let annotated = pod.token_expiration.or(annotations.token_expiration);
        token.expiration = annotated.unwrap_or(token.expiration).jittered(random);
        if let Some(audience) = &annotations.audience {
            token.audience.clone_from(audience);
        }
        let container = self.container(&arguments, &token);
        let endpoint = (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(),
            format!("http://127.0.0.1:{PORT}"),
        );
        let form = SidecarForm::new("iamra", container, vec![token.volume()], vec![endpoint]);
        Ok(Injection {
            region: self.region.clone(),
            form: Form::Sidecar(form),
            ..Injection::default()
        })
    }

    /// The same for every pod of the account: what is injected already is known by
    /// them.
    fn arguments(
        &self,
        account: &ServiceAccount,
        annotations: &AccountAnnotations,
    ) -> Result<Vec<String>, String> {
        let common_name = account.common_name(&self.cluster);
        let common_name = common_name.map_err(|error| error.to_string())?;
        let role = annotations.role_arn.as_ref();
        let role = role.ok_or("the role of its account is not known")?;
        let profile = match (&annotations.profile_arn, &self.profile) {
            (Some(profile), _) => profile.to_string(),
            (None, Some(profile)) => profile.to_string(),
            (None, None) => return Err("the profile of its account is not known".to_owned()),
        };
        let TokenVolume {
            mount_path,
            token_path,
            ..
        } = &self.token;
        let mut arguments = ["creds", "serve"].map(str::to_owned).to_vec();
        let mut add = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
        add("listen", format!("localhost:{PORT}"));
        add("protocol", "imds".to_owned());
        add("metrics-addr", format!("[::]:{METRICS_PORT}"));
        add("auth", "kubernetes".to_owned());
        add("jwt-file", format!("{mount_path}/{token_path}"));
        add("common-name", common_name);
        add("trust-anchor-arn", self.trust_anchor.to_string());
        add("profile-arn", profile);
        add("role-arn", role.to_string());
        for (name, value) in &self.passed {
            add(name, value.clone());
        }
        if let Some(pem) = self.vaults_ca.pem() {
            add("vault-cacert-bytes", pem);
        }
        Ok(arguments)
    }

    fn container(&self, arguments: &[String], token: &TokenVolume) -> Map<String, Value> {
        let container = json!({
            "image": self.image,
            "command": ["/iamra"],
            "args": arguments,
            "volumeMounts": [token.mount()],
            // Others begin when there is a session.
            "startupProbe": {
                "httpGet": {"path": "/readyz", "port": METRICS_PORT},
                "periodSeconds": 1,
                "timeoutSeconds": 2,
                "failureThreshold": 120,
            },
            "resources": {
                "requests": {"cpu": "10m", "memory": "32Mi"},
                "limits": {"memory": "64Mi"},
            },
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": true,
                "runAsGroup": NOBODY,
                "runAsNonRoot": true,
                "runAsUser": NOBODY,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        });
        match container {
            Value::Object(container) => container,
            _ => Map::new(),
        }
    }
}

/// Where nobody has said anything, its command knows the same as we.
const PASSED: &[&str] = &["vault-namespace", "auth-mount", "pki-mount"];
const PORT: u16 = 9911;
const METRICS_PORT: u16 = 9912;
/// `nobody`.
const NOBODY: u32 = 65534;
