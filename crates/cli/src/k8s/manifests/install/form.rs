use super::super::carried::{CONFIG_FILE, CONFIG_FOLDER, Carried};
use super::super::pod::SHARED_FOLDER;
use super::names;
use crate::commands::creds;
use crate::failure::Failure;
use crate::k8s::Purpose;
use crate::resolved::{Origin, Resolved};
use crate::setting::Group;
use crate::settings;

/// What runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Deployment,
    CronJob,
    SidecarCert,
    SidecarCreds,
    SidecarFile,
}

pub(super) fn chosen(settings: &Resolved<'_>) -> Result<Form, Failure> {
    let form = settings.text("form")?;
    Ok(match form.as_deref().unwrap_or("deployment") {
        "deployment" => Form::Deployment,
        "cronjob" => Form::CronJob,
        "sidecar-cert" => Form::SidecarCert,
        "sidecar-creds" => Form::SidecarCreds,
        "sidecar-file" => Form::SidecarFile,
        _ => {
            let reason = "it must be deployment, cronjob, sidecar-cert, sidecar-creds or \
                          sidecar-file";
            return Err(names::at(settings, "form", reason));
        }
    })
}

impl Form {
    const ALL: [Self; 5] = [
        Self::Deployment,
        Self::CronJob,
        Self::SidecarCert,
        Self::SidecarCreds,
        Self::SidecarFile,
    ];

    pub(crate) fn is_sidecar(self) -> bool {
        matches!(
            self,
            Self::SidecarCert | Self::SidecarCreds | Self::SidecarFile
        )
    }

    /// What its rights are for.
    pub(super) fn purpose(self) -> Purpose {
        match self {
            Self::CronJob => Purpose::Sync,
            _ => Purpose::Run,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::CronJob => "cronjob",
            Self::SidecarCert => "sidecar-cert",
            Self::SidecarCreds => "sidecar-creds",
            Self::SidecarFile => "sidecar-file",
        }
    }

    /// The verb, and where its settings are.
    pub(crate) fn words(self) -> Vec<String> {
        let verb: &[&str] = match self {
            Self::Deployment => &["k8s", "run"],
            Self::CronJob => &["k8s", "sync"],
            Self::SidecarCert => &["cert", "watch"],
            Self::SidecarCreds => &["creds", "serve"],
            Self::SidecarFile => &["creds", "file", "--watch"],
        };
        let mut words: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        words.push(format!("--config={CONFIG_FOLDER}/{CONFIG_FILE}"));
        words
    }

    /// The settings that the verb reads.
    pub(crate) fn groups(self) -> Vec<&'static Group> {
        let mut groups: Vec<&'static Group> = match self {
            Self::Deployment => {
                [of_sync(), vec![&settings::CONTROLLER, &settings::MONITOR]].concat()
            }
            Self::CronJob => of_sync(),
            Self::SidecarCert => vec![
                &settings::CERTIFICATE_REQUEST,
                &settings::VAULT_LOGIN,
                &settings::VAULT_CONNECTION,
                &settings::PROXIES,
                &settings::CERTIFICATE_FILES,
                &settings::FILE_MODES,
                &settings::MONITOR,
            ],
            Self::SidecarCreds => creds::groups(&[
                &settings::SERVE,
                &settings::SERVE_BEYOND,
                &settings::MONITOR,
            ]),
            Self::SidecarFile => creds::groups(&[
                &settings::CREDENTIALS_FILES,
                &settings::FILE_MODES,
                &settings::WATCH,
                &settings::CONTAINER_ENDPOINT,
                &settings::MONITOR,
            ]),
        };
        groups.push(&settings::GENERAL);
        groups
    }

    /// The settings of any form, each group once.
    pub(crate) fn all_groups() -> Vec<&'static Group> {
        let mut all: Vec<&'static Group> = Vec::new();
        for group in Self::ALL.into_iter().flat_map(Self::groups) {
            if !all.iter().any(|other| std::ptr::eq(*other, group)) {
                all.push(group);
            }
        }
        all
    }

    /// A flag that nobody would obey is a mistake.
    pub(super) fn check(self, settings: &Resolved<'_>) -> Result<(), Failure> {
        let heeded = self.groups();
        for group in Self::all_groups() {
            if heeded.iter().any(|other| std::ptr::eq(*other, group)) {
                continue;
            }
            for setting in group.settings {
                // Where files are printed to, and the name of it all, count always.
                if ["out-dir", "config-name"].contains(&setting.name) {
                    continue;
                }
                if let Some(sourced) = settings.sourced(setting.name)?
                    && matches!(sourced.origin, Origin::Flag(_))
                {
                    let reason = format!("nothing heeds it with --form {}", self.name());
                    return Err(sourced.origin.invalid(&reason));
                }
            }
        }
        Ok(())
    }

    /// What a pod of this form says itself.
    pub(super) fn settle(self, carried: &mut Carried) {
        match self {
            Self::Deployment | Self::CronJob => {}
            Self::SidecarCert => carried.of_all().set("out-dir", SHARED_FOLDER),
            Self::SidecarCreds => {
                carried.of_all().set(
                    "authorization-token-file",
                    &format!("{SHARED_FOLDER}/token"),
                );
            }
            Self::SidecarFile => {
                carried
                    .of_all()
                    .set("credentials-file", &format!("{SHARED_FOLDER}/credentials"));
            }
        }
    }
}

/// What `k8s sync` reads.
fn of_sync() -> Vec<&'static Group> {
    creds::groups(&[
        &settings::TARGETS,
        &settings::SECRET,
        &settings::WRITES,
        &settings::REGISTRIES,
        &settings::ECR_CREDENTIALS,
        &settings::ECR_ENDPOINTS,
        &settings::AMBIENT,
        &settings::CONTAINER_ENDPOINT,
    ])
}
