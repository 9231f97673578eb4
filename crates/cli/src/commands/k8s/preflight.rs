use clap::{Arg, ArgMatches, Command};
use futures_util::stream::{self, StreamExt as _};
use k8s_sinks::kubernetes::Error;
use serde_json::{Value, json};

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::rights::{Place, Rule};
use crate::k8s::{Access, Group, Guard, Purpose, Scopes, limits, role, yaml};
use crate::output;
use crate::setting::with_named;

mod neighbours;

use neighbours::Neighbours;

pub(crate) fn command() -> Command {
    verb(
        "preflight",
        "Ask the cluster for each right that this configuration needs, and print what is missing",
        |command| {
            let names = [
                "leader-elect",
                "forget-tokens",
                "accept-broad-rbac",
                "concurrency",
            ];
            let command = with_named(command, &names);
            let command = super::looking(command, &[], &[]);
            neighbours::with_flags(command).arg(purpose())
        },
    )
    .long_about(ABOUT)
}

fn purpose() -> Arg {
    Arg::new(FOR)
        .long(FOR)
        .value_name("VERB")
        .value_parser(["run", "sync"])
        .default_value("run")
        .help("What the rights are for")
}

const ABOUT: &str = "\
Asks the API server, by a SelfSubjectAccessReview each, whether we may do what k8s run (or k8s sync) of \
this configuration does, and changes nothing. What is missing is printed as a role and its binding: \
what is printed can be applied as it is, the rest of it are comments. Exit code 3 where something is \
missing.

Where selectors or globs choose the namespaces, it looks for the ValidatingAdmissionPolicy that keeps the \
service account to its Secrets, and refuses without it, as k8s run does. In a pod it warns of other \
containers that could read the token with which we log in to Vault, where it may read the pod.";

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let purpose = match matches.get_one::<String>(FOR).map(String::as_str) {
        Some("sync") => Purpose::Sync,
        _ => Purpose::Run,
    };
    let limits = limits(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let scopes = Scopes::new(context, (&groups, &access.own_namespace), purpose)?;
    let reviews = stream::iter(scopes.rules()).map(|rule| reviewed(&access, rule));
    let reviews: Vec<_> = reviews.buffered(limits.concurrency()).collect().await;
    let reviews: Vec<Reviewed> = reviews.into_iter().collect::<Result<_, _>>()?;
    let user = user(&access, &scopes).await?;

    let mut text = format!("# {user} at {}\n", access.place);
    text += &reviews.iter().map(Reviewed::text).collect::<String>();
    text += &missing(&reviews, &user, &scopes);
    output::print(&text)?;
    Neighbours::of(context, &access).await?.warn();
    let guard = Guard::check(context, &access, &scopes).await?;
    if let Guard::InForce(name) = guard {
        output::print(&format!(
            "# the ValidatingAdmissionPolicy {name} is in force\n"
        ))?;
    }
    let has_all = reviews.iter().all(|review| review.missing.is_none());
    Ok(if has_all { Exit::Done } else { Exit::Denied })
}

/// A rule, and what of it is not allowed.
struct Reviewed {
    rule: Rule,
    missing: Option<Rule>,
}

async fn reviewed(access: &Access, rule: Rule) -> Result<Reviewed, Failure> {
    let mut missing: Option<Rule> = None;
    for question in rule.questions() {
        let allowed = access.cluster.is_allowed(&question.review()).await;
        if access.told(allowed).await? {
            continue;
        }
        let alone = question.rule();
        match &mut missing {
            None => missing = Some(alone),
            Some(missing) => {
                missing.verbs.extend(alone.verbs);
                missing.names.extend(alone.names);
            }
        }
    }
    if let Some(missing) = &mut missing {
        missing.verbs.dedup();
        missing.names.sort_unstable();
        missing.names.dedup();
    }
    Ok(Reviewed { rule, missing })
}

impl Reviewed {
    fn text(&self) -> String {
        match &self.missing {
            None => format!("# allowed: {}\n", self.rule),
            Some(missing) => format!("# missing: {missing}\n"),
        }
    }
}

/// Who we are there; before 1.28 nobody tells, and manifests' own is meant.
async fn user(access: &Access, scopes: &Scopes) -> Result<String, Failure> {
    match access.cluster.user_name().await {
        Ok(user) => Ok(user),
        Err(Error::NotFound { .. } | Error::Unexplained { .. }) => Ok(scopes.whole().user()),
        Err(error) => Err(access.failure(error).await),
    }
}

/// The roles that allow what is missing, beside those that are there.
fn missing(reviews: &[Reviewed], user: &str, scopes: &Scopes) -> String {
    let missing = reviews.iter().filter_map(|review| review.missing.clone());
    let missing: Vec<Rule> = missing.collect();
    let mut text = String::new();
    for (place, rules) in role::by_place(&missing) {
        for document in documents(&place, &rules, (user, scopes)) {
            text += &yaml::document(&document);
        }
    }
    text
}

fn documents(place: &Place, rules: &[Rule], (user, scopes): (&str, &Scopes)) -> [Value; 2] {
    let name = format!("{}.missing", scopes.whole().name_beyond());
    role::documents(place, rules, (json!({"name": name}), subject(user)))
}

fn subject(user: &str) -> Value {
    let account = user.strip_prefix("system:serviceaccount:");
    match account.and_then(|account| account.split_once(':')) {
        Some((namespace, name)) => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
        None => json!({
            "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user,
        }),
    }
}

const FOR: &str = "for";
