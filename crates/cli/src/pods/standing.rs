use std::collections::BTreeMap;

use pod_identity::{ClusterName, ServiceAccount};
use serde::Serialize;

use super::brokers::REFUSED;
use super::roles::Said;
use super::roster::{Known, Problem, Roster};

/// How a service account stands in the whole cluster. Times are RFC 3339.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role_arn: String,
    /// The name of its certificates; unknown where the cluster's is.
    pub(crate) common_name: Option<String>,
    pub(crate) certificate_ends: Option<String>,
    pub(crate) session_ends: Option<String>,
    pub(crate) handed_out: Option<String>,
    pub(crate) problem: Option<Problem>,
}

/// How all accounts stand that have a role, or whose pods have asked.
pub(crate) fn standings(
    roles: BTreeMap<ServiceAccount, Said>,
    rosters: &[Roster],
    cluster: Option<&ClusterName>,
) -> Vec<Standing> {
    let mut all: BTreeMap<ServiceAccount, (Said, Vec<&Known>)> = BTreeMap::new();
    for (account, said) in roles {
        all.entry(account).or_default().0 = said;
    }
    for known in rosters.iter().flat_map(|roster| &roster.accounts) {
        let account = ServiceAccount::new(&known.namespace, &known.service_account);
        if let Ok(account) = account {
            all.entry(account).or_default().1.push(known);
        }
    }
    let all = all.iter();
    all.map(|(account, (said, known))| standing(account, said, known, cluster))
        .collect()
}

fn standing(
    account: &ServiceAccount,
    said: &Said,
    known: &[&Known],
    cluster: Option<&ClusterName>,
) -> Standing {
    let last = |time: fn(&Known) -> &Option<String>| {
        // Of one form and one zone, so their order is that of the times.
        let times = known.iter().filter_map(|known| time(known).clone());
        times
            .filter(|time| time.parse::<jiff::Timestamp>().is_ok())
            .max()
    };
    let handed_out = last(|known| &known.handed_out);
    let common_name = cluster.map(|cluster| account.common_name(cluster));
    let role_arn = said.role.as_ref().map(|role| &role.role_arn);
    let role_arn = role_arn.or_else(|| known.first().map(|known| &known.role_arn));
    let unread = said.unread.first();
    let problem = unread.map(|why| problem_of("config.invalid", why));
    let problem = problem.or_else(|| match &common_name {
        Some(Err(error)) => Some(problem_of("pods.name-too-long", error)),
        _ => None,
    });
    Standing {
        namespace: account.namespace().to_owned(),
        service_account: account.name().to_owned(),
        role_arn: role_arn.cloned().unwrap_or_default(),
        common_name: common_name.and_then(Result::ok),
        certificate_ends: last(|known| &known.certificate_ends),
        session_ends: last(|known| &known.session_ends),
        problem: problem.or_else(|| current(known, (role_arn, handed_out.as_ref()))),
        handed_out,
    }
}

/// What one of them has failed at, in the role that the account has now, and no
/// other has done since. What a broker says itself comes before that it has said no.
fn current(
    known: &[&Known],
    (role_arn, handed_out): (Option<&String>, Option<&String>),
) -> Option<Problem> {
    let failing = known
        .iter()
        .filter(|known| Some(&known.role_arn) == role_arn);
    let failing = failing.filter_map(|known| Some((known, known.problem.as_ref()?)));
    let latest = failing.max_by_key(|(known, problem)| (problem.code != REFUSED, &known.asked));
    let (known, problem) = latest?;
    let is_over = handed_out.is_some_and(|at| *at > known.asked);
    (!is_over).then(|| problem.clone())
}

fn problem_of(code: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem {
        code: code.to_owned(),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use pod_identity::Association;

    use super::*;

    fn known(asked: &str, handed_out: Option<&str>, problem: Option<&str>) -> Known {
        Known {
            namespace: "shop".to_owned(),
            service_account: "web".to_owned(),
            role_arn: ROLE.to_owned(),
            asked: at(asked),
            session_ends: handed_out.map(|_| at("20:00")),
            handed_out: handed_out.map(at),
            problem: problem.map(|code| problem_of(code, &"why")),
            ..Known::default()
        }
    }

    fn at(time: &str) -> String {
        format!("2026-11-27T{time}:00Z")
    }

    fn of(known: &[Known]) -> Standing {
        let rosters = known.iter().map(|known| Roster {
            cluster: "c1".to_owned(),
            accounts: vec![known.clone()],
        });
        let rosters: Vec<_> = rosters.collect();
        let cluster = "c1".parse().unwrap();
        let mut all = standings(BTreeMap::new(), &rosters, Some(&cluster));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn the_last_of_what_several_say_counts() {
        let good = known("10:00", Some("10:00"), None);
        let older = known("09:00", Some("09:00"), None);
        let standing = of(&[older, good]);
        assert_eq!(standing.handed_out, Some(at("10:00")));
        assert_eq!(standing.common_name.as_deref(), Some("web.shop.pods.c1"));
        assert_eq!(standing.role_arn, ROLE);
        assert_eq!(standing.problem, None);
    }

    #[test]
    fn a_problem_is_over_when_another_has_handed_out_since() {
        let bad = known("09:30", Some("09:00"), Some("aws.denied"));
        for (other, is_over) in [("09:15", false), ("09:45", true)] {
            let good = known(other, Some(other), None);
            let standing = of(&[bad.clone(), good]);
            assert_eq!(standing.problem.is_none(), is_over, "{other}");
        }
    }

    #[test]
    fn what_a_broker_says_itself_is_the_problem() {
        let broker = known("09:30", None, Some("aws.denied"));
        let agent = known("10:00", None, Some(REFUSED));
        let problem = of(&[agent, broker]).problem.unwrap();
        assert_eq!(problem.code, "aws.denied");
    }

    #[test]
    fn a_problem_of_another_role_is_none_of_this_one() {
        let rosters = [Roster {
            cluster: "c1".to_owned(),
            accounts: vec![known("09:30", None, Some("aws.denied"))],
        }];
        let account = ServiceAccount::new("shop", "web").unwrap();
        let said = |role_arn: &str| Said {
            role: Some(Association {
                role_arn: role_arn.to_owned(),
                profile_arn: None,
            }),
            unread: Vec::new(),
        };
        for (role, is_problem) in [(ROLE, true), ("arn:aws:iam::123456789012:role/new", false)] {
            let roles = BTreeMap::from([(account.clone(), said(role))]);
            let all = standings(roles, &rosters, None);
            assert_eq!(all[0].problem.is_some(), is_problem, "{role}");
        }
    }

    #[test]
    fn what_cannot_work_is_a_problem_before_anybody_has_asked() {
        let account = |name: &str| ServiceAccount::new("shop", name).unwrap();
        let good = || Said {
            role: Some(Association {
                role_arn: ROLE.to_owned(),
                profile_arn: None,
            }),
            unread: Vec::new(),
        };
        let unread = Said {
            unread: vec!["why".to_owned()],
            ..Said::default()
        };
        let long = "a".repeat(60);
        let roles = [("good", good()), ("unread", unread), (&*long, good())];
        let roles = roles.map(|(name, said)| (account(name), said)).into();
        let cluster = "c1".parse().unwrap();
        let all = standings(roles, &[], Some(&cluster));
        let codes = all.iter().map(|it| {
            let code = it.problem.as_ref().map(|problem| &*problem.code);
            (&*it.service_account, code)
        });
        let expected = [
            (&*long, Some("pods.name-too-long")),
            ("good", None),
            ("unread", Some("config.invalid")),
        ];
        assert_eq!(codes.collect::<Vec<_>>(), expected);
    }

    const ROLE: &str = "arn:aws:iam::123456789012:role/web";
}
