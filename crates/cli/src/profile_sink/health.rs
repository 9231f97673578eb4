use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use refresh::Lifetime;
use tokio::sync::watch;

use super::ProfileSink;

/// What became of the writing.
#[derive(Default)]
pub(super) struct Health(watch::Sender<State>);

#[derive(Clone, Copy, Default)]
struct State {
    /// Of what was written last.
    delivered: Option<Lifetime>,
    /// Attempts in a row that failed, since.
    misses: u32,
}

impl Health {
    /// `None` is a miss.
    pub(super) fn note(&self, delivered: Option<Lifetime>) {
        self.0.send_modify(|state| match delivered {
            Some(_) => {
                *state = State {
                    delivered,
                    misses: 0,
                }
            }
            None => state.misses = state.misses.saturating_add(1),
        });
    }
}

impl State {
    /// What is open now was written, or is being written for the first time.
    fn is_current(&self) -> bool {
        self.delivered.is_some() && self.misses == 0
    }
}

impl ProfileSink {
    /// Whether valid credentials are in the file; if not, why. A session that is
    /// open and cannot be written is of no use to those who read the file.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        let state = *self.health.0.borrow();
        let now = self.clock.now();
        match state.delivered {
            Some(lifetime) if state.is_current() && now < lifetime.end() => Ok(()),
            Some(_) if state.is_current() => Err(format!("what is in {self} has expired")),
            _ => Err(format!(
                "{self} is not written ({} attempts failed in a row)",
                state.misses
            )),
        }
    }

    /// Waits until the credentials have been written.
    pub(crate) async fn written(&self) {
        let mut states = self.health.0.subscribe();
        // The sender is ours: it does not go.
        let _ = states.wait_for(State::is_current).await;
    }

    /// Registers the metrics of these sinks: one family each for all.
    pub(crate) fn register<'a>(sinks: impl Iterator<Item = &'a Self>, registry: &mut Registry) {
        let (current, misses) = <(Family<Labels, Gauge>, Family<Labels, Gauge>)>::default();
        for sink in sinks {
            let state = *sink.health.0.borrow();
            let labels = sink.labels();
            let is_ready = i64::from(sink.readiness().is_ok());
            current.get_or_create(&labels).set(is_ready);
            misses.get_or_create(&labels).set(state.misses.into());
        }
        let help = "Whether the profile holds the session that is open";
        registry.register("profile_is_current", help, current);
        let help = "Attempts in a row to write the profile that failed";
        registry.register("profile_misses", help, misses);
    }

    fn labels(&self) -> Labels {
        let file = self.files.credentials.path().display().to_string();
        [("file", file), ("profile", self.files.profile.to_string())]
    }
}

type Labels = [(&'static str, String); 2];

/// Which profile it is.
impl std::fmt::Display for ProfileSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.files.credentials.path().display();
        write!(f, "the profile {} of {file}", self.files.profile)
    }
}
