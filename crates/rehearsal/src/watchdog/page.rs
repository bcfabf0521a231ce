//! What the watchdog says before it ends the process.

use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, io};

use rehearsal_engine::Code;
use rehearsal_explore::Choices;
use rehearsal_history::duration_text;
use smol_str::SmolStr;

use crate::pages::link;
use crate::rerun::command;

/// Whose code runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// Workflow code, in a run or in a replay of it.
    Workflow { workflow_type: SmolStr, workflow_id: SmolStr },
    /// Activity code.
    Activity { activity_type: SmolStr, activity_id: SmolStr, workflow_id: SmolStr, attempt: u32 },
    /// The client script.
    Client,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow { workflow_type, workflow_id } => {
                write!(f, "workflow {workflow_type} of `{workflow_id}`")
            }
            Self::Activity { activity_type, activity_id, workflow_id, attempt } => write!(
                f,
                "activity {activity_type} (id {activity_id}, attempt {attempt}) of `{workflow_id}`"
            ),
            Self::Client => f.write_str("the client script"),
        }
    }
}

/// A run, and where its case was left.
pub(super) struct Run<'a> {
    pub(super) scenario: &'a str,
    pub(super) choices: &'a Choices,
    pub(super) test: Option<&'a str>,
    pub(super) path: PathBuf,
    pub(super) written: io::Result<()>,
}

/// What the watchdog says. Displays as one page.
pub(super) struct Page<'a> {
    pub(super) who: &'a Who,
    pub(super) at: Duration,
    pub(super) patience: Duration,
    pub(super) run: Option<Run<'a>>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, at, patience, run } = self;
        let (code, at, patience) =
            (Code::NeverYields, duration_text(*at), duration_text(*patience));
        writeln!(f, "\n{code}  {who} does not come back\n")?;
        match who {
            Who::Client => writeln!(
                f,
                "  It has run for {patience} of real time, since {at} of virtual time or later."
            )?,
            Who::Workflow { .. } | Who::Activity { .. } => {
                writeln!(
                    f,
                    "  It was polled at {at} of virtual time, {patience} of real time ago."
                )?;
            }
        }
        writeln!(
            f,
            "  Code that never yields cannot be stopped, so this process ends here, with all its tests."
        )?;
        writeln!(f, "\n  Usually: {}.", code.usual_cause())?;
        writeln!(f, "  More: {}\n", link(code))?;
        match run {
            None => writeln!(f, "  The world was driven by hand, so there is no case to keep.\n")?,
            Some(Run { scenario, choices, test, path, written }) => {
                let path = path.display();
                let calm = matches!(choices, Choices::Tape(tape) if tape.is_empty());
                let choices = if calm { "the calm run".to_owned() } else { choices.to_string() };
                writeln!(f, "  The run: scenario `{scenario}`, {choices}")?;
                match written {
                    Ok(()) => {
                        writeln!(f, "  Its case: {path}\n")?;
                        let again = command(&path.to_string(), *test);
                        writeln!(f, "  Run exactly this again:  {again}")?;
                    }
                    Err(error) => {
                        writeln!(f, "  Its case could not be written to {path}: {error}\n")?;
                    }
                }
            }
        }
        writeln!(f, "  In a debugger:  REHEARSAL_WATCHDOG=0 switches this off\n")
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_engine::{Injection, Tape};

    use super::*;

    #[test]
    fn a_page_says_who_and_what_to_run_again() {
        let choices = Choices::Tape(Tape::calm().with_cancel(3, Injection::Alone));
        let who = Who::Activity {
            activity_type: "Pack".into(),
            activity_id: "5".into(),
            workflow_id: "order-7".into(),
            attempt: 2,
        };
        let run = Run {
            scenario: "ship",
            choices: &choices,
            test: Some("shop::ships"),
            path: "/cases/ship-running-7.case".into(),
            written: Ok(()),
        };
        let (at, patience) = (Duration::from_millis(3500), Duration::from_secs(30));
        insta::assert_snapshot!(Page { who: &who, at, patience, run: Some(run) }.to_string().trim(), @"
    RH304  activity Pack (id 5, attempt 2) of `order-7` does not come back

      It was polled at 3.5s of virtual time, 30s of real time ago.
      Code that never yields cannot be stopped, so this process ends here, with all its tests.

      Usually: a loop without an end, or a call that blocks the thread.
      More: https://docs.rs/rehearsal/latest/rehearsal/diagnostics/#rh304

      The run: scenario `ship`, tape cancel.0.3=1
      Its case: /cases/ship-running-7.case

      Run exactly this again:  REHEARSAL_CASE='/cases/ship-running-7.case' cargo test shop::ships -- --exact
      In a debugger:  REHEARSAL_WATCHDOG=0 switches this off
    ");
    }

    #[test]
    fn a_page_without_a_case_says_why() {
        let (at, patience) = (Duration::from_millis(3500), Duration::from_secs(30));
        let who = Who::Workflow { workflow_type: "Ship".into(), workflow_id: "order-7".into() };
        let by_hand = Page { who: &who, at, patience, run: None }.to_string();
        assert!(by_hand.contains("driven by hand, so there is no case"), "{by_hand}");

        let run = Run {
            scenario: "ship",
            choices: &Choices::Seed(7),
            test: None,
            path: "/cases/ship-running-7.case".into(),
            written: Err(io::ErrorKind::PermissionDenied.into()),
        };
        let unwritten = Page { who: &Who::Client, at, patience, run: Some(run) };
        insta::assert_snapshot!(unwritten.to_string().trim(), @"
    RH304  the client script does not come back

      It has run for 30s of real time, since 3.5s of virtual time or later.
      Code that never yields cannot be stopped, so this process ends here, with all its tests.

      Usually: a loop without an end, or a call that blocks the thread.
      More: https://docs.rs/rehearsal/latest/rehearsal/diagnostics/#rh304

      The run: scenario `ship`, seed 7
      Its case could not be written to /cases/ship-running-7.case: permission denied

      In a debugger:  REHEARSAL_WATCHDOG=0 switches this off
    ");
    }
}
