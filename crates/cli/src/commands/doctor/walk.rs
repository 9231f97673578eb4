use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::Clock;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// The steps so far; prints each as it is taken.
pub(super) struct Walk {
    clock: Arc<dyn Clock>,
    print: Printed,
    steps: Vec<Step>,
    exit: Exit,
}

/// How the steps go to stdout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Printed {
    /// Each as it is taken.
    Text,
    /// All at the end, for programs.
    Json,
    /// Not at all.
    Nowhere,
}

/// One step, and how it went.
#[derive(Serialize)]
struct Step {
    name: &'static str,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    milliseconds: u128,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Walk {
    pub(super) fn new(clock: Arc<dyn Clock>, print: Printed) -> Self {
        Self {
            clock,
            print,
            steps: Vec::new(),
            exit: Exit::Done,
        }
    }

    /// Takes a step: `Some` of what it found, with a sentence about it.
    pub(super) async fn step<T>(
        &mut self,
        name: &'static str,
        target: impl Into<String>,
        step: impl Future<Output = Result<(T, String), Failure>>,
    ) -> Result<Option<T>, Failure> {
        let started = self.clock.now();
        let ended = step.await;
        let mut taken = Step {
            name,
            target: target.into(),
            ok: Some(ended.is_ok()),
            milliseconds: self.since(started).as_millis(),
            detail: String::new(),
            code: None,
            hint: None,
        };
        let found = match ended {
            Ok((found, detail)) => {
                taken.detail = detail;
                Some(found)
            }
            Err(failure) => {
                taken.detail = failure.to_string();
                taken.code = Some(failure.code());
                taken.hint = failure.hint().map(str::to_owned);
                // The first failure is the one to mend first.
                if self.exit == Exit::Done {
                    self.exit = failure.exit();
                }
                None
            }
        };
        self.take(taken)?;
        Ok(found)
    }

    /// A step that is not taken, and why.
    pub(super) fn skip(&mut self, name: &'static str, why: &str) -> Result<(), Failure> {
        self.take(Step {
            name,
            target: String::new(),
            ok: None,
            milliseconds: 0,
            detail: why.to_owned(),
            code: None,
            hint: None,
        })
    }

    /// Everything so far, for people.
    pub(super) fn text(&self) -> String {
        self.steps.iter().map(Step::text).collect()
    }

    /// What the walk ends with, as far as it has come.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// Ends the walk: with the first failure's exit code.
    pub(super) fn end(self) -> Result<Exit, Failure> {
        if self.print == Printed::Json {
            output::print_json(&self.steps)?;
        }
        Ok(self.exit)
    }

    fn take(&mut self, step: Step) -> Result<(), Failure> {
        if self.print == Printed::Text {
            output::print(&step.text())?;
        }
        self.steps.push(step);
        Ok(())
    }

    fn since(&self, started: SystemTime) -> Duration {
        self.clock.now().duration_since(started).unwrap_or_default()
    }
}

impl Step {
    fn text(&self) -> String {
        let mark = match self.ok {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "-",
        };
        let mut text = format!("{mark} {:<12}", self.name);
        if !self.target.is_empty() {
            text += &format!(" {} ({} ms)", self.target, self.milliseconds);
        }
        text = format!("{}\n", text.trim_end());
        for line in self.detail.lines() {
            text += &format!("    {line}\n");
        }
        if let Some(hint) = &self.hint {
            text += &format!("    fix: {hint}\n");
        }
        if let Some(code) = self.code {
            text += &format!("    more: iamra explain {code}\n");
        }
        text
    }
}
