use aws_partition::Arn;
use rolesanywhere::SessionDuration;

use super::anchor::Anchor;
use super::bucket::Bucket;
use super::place::Place;
use super::principal::Principal;
use super::repository::Repository;
use super::workload::Workload;

/// What is to be set up: a trust anchor, and for each workload a role that only
/// it can assume, with the rights that it needs, and a profile.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) anchor: Anchor,
    pub(super) workloads: Vec<Workload>,
    /// The profile of all; without, each has its own.
    pub(super) shared_profile: Option<String>,
    pub(super) duration: SessionDuration,
    pub(super) rights: Rights,
    pub(super) repositories: Repositories,
}

/// What the workloads may do.
#[derive(Clone, Debug, Default)]
pub(super) struct Rights {
    pub(super) pull: Vec<Granted<Repository>>,
    pub(super) push: Vec<Granted<Repository>>,
    pub(super) list_tags: bool,
    pub(super) read: Vec<Granted<Bucket>>,
    pub(super) list_buckets: bool,
    /// Trust anchor and profile, by which `iamra doctor` finds what is wrong.
    pub(super) read_own_setup: bool,
}

/// Something that one workload may use, or all.
#[derive(Clone, Debug)]
pub(super) struct Granted<T> {
    pub(super) to: Option<String>,
    pub(super) what: T,
}

/// What becomes of the repositories themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Repositories {
    /// Whether those of this account are made where they are absent.
    pub(super) are_made: bool,
    /// Who else may pull from them, by their own policies.
    pub(super) pull_principals: Vec<Principal>,
}

/// A profile of Roles Anywhere, and whose roles it holds.
#[derive(Debug)]
pub(super) struct Profile<'a> {
    pub(super) name: String,
    pub(super) workloads: Vec<&'a Workload>,
}

/// The most roles of a profile, as the API's model has it.
const MOST_ROLES: usize = 250;
/// The shortest `MaxSessionDuration` of a role.
const SHORTEST_ROLE_SESSION: u64 = 3600;

impl Plan {
    /// What cannot be done as it was asked for.
    pub(super) fn flaw(&self) -> Option<String> {
        let partition = self.place.partition();
        let arns = self.arns();
        if let Some((name, arn)) = arns.iter().find(|(_, arn)| arn.partition != partition) {
            return Some(format!(
                "--{name}: {arn} is in the partition {}, and the region {} is in {partition}: nothing reaches from one to the other",
                arn.partition, self.place.region
            ));
        }
        if self.shared_profile.is_some() && self.workloads.len() > MOST_ROLES {
            return Some(format!(
                "--shared-profile: a profile holds {MOST_ROLES} roles, and these are {}",
                self.workloads.len()
            ));
        }
        let has_repository = !self.own_repositories().is_empty();
        let for_repositories = [
            ("create-repositories", self.repositories.are_made),
            (
                "pull-principal",
                !self.repositories.pull_principals.is_empty(),
            ),
        ];
        let idle = for_repositories.iter().find(|(_, is_said)| *is_said);
        let idle = idle.filter(|_| !has_repository);
        idle.map(|(name, _)| {
            format!("--{name} is about repositories of this account, and neither --pull nor --push names one")
        })
    }

    /// Every ARN that was given, and the setting in which it was.
    fn arns(&self) -> Vec<(&'static str, &Arn)> {
        let anchor = self.anchor.existing();
        let anchor = anchor.map(|arn| ("trust-anchor-arn", arn.arn()));
        let granted = [("pull", &self.rights.pull), ("push", &self.rights.push)];
        let repositories = granted.into_iter().flat_map(|(name, granted)| {
            let arns = granted.iter().filter_map(|one| one.what.other());
            arns.map(move |arn| (name, arn))
        });
        let principals = self.repositories.pull_principals.iter();
        let principals = principals.map(|principal| ("pull-principal", &principal.0));
        anchor
            .into_iter()
            .chain(repositories)
            .chain(principals)
            .collect()
    }

    pub(super) fn profiles(&self) -> Vec<Profile<'_>> {
        if let Some(name) = &self.shared_profile {
            return vec![Profile {
                name: name.clone(),
                workloads: self.workloads.iter().collect(),
            }];
        }
        let each = self.workloads.iter().map(|workload| Profile {
            name: workload.underscored(),
            workloads: vec![workload],
        });
        each.collect()
    }

    /// How long a role's sessions may be: the profile's, or AWS would refuse
    /// them.
    pub(super) fn max_session_duration(&self) -> u64 {
        let seconds = self.duration.as_duration().as_secs();
        seconds.max(SHORTEST_ROLE_SESSION)
    }

    /// Whether one profile serves the pods of a cluster.
    pub(super) fn is_of_pods(&self) -> bool {
        self.workloads.iter().any(|one| one.account.is_some())
    }

    pub(super) fn role_arns(&self, profile: &Profile<'_>) -> Vec<String> {
        let workloads = profile.workloads.iter();
        let arns = workloads.map(|workload| self.place.role_arn(&workload.role));
        arns.collect()
    }

    /// The repositories of this account and region that are named, each once.
    pub(super) fn own_repositories(&self) -> Vec<&str> {
        let all = self.rights.pull.iter().chain(&self.rights.push);
        let mut names: Vec<&str> = all.filter_map(|granted| granted.what.own()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl<T> Granted<T> {
    pub(super) fn map(self, change: impl FnOnce(T) -> T) -> Self {
        Self {
            to: self.to,
            what: change(self.what),
        }
    }

    pub(super) fn is_to(&self, workload: &Workload) -> bool {
        self.to
            .as_ref()
            .is_none_or(|to| *to == workload.common_name)
    }
}
