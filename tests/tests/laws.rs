//! The laws of the ring, over generated workflows and client scripts: 256 cases each unless `PROPTEST_CASES` says more.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rehearsal::{ChoiceKey, ChoiceKind, Code, EventKind, Outcome, Tape, WorkerSpec};
use rehearsal_history::{Event, History, scrub};
use rehearsal_tests::golden;
use rehearsal_tests::golden::ports::ALL;
use rehearsal_tests::laws::earlier::Stood;
use rehearsal_tests::laws::order::{Inputs, any_inputs};
use rehearsal_tests::laws::patch::{Stage, any_changed};
use rehearsal_tests::laws::program::{Case, any_case};

/// Runs `law` on every case and prints how many hold: all of them, or the test fails with the smallest that does not.
#[expect(clippy::print_stdout, reason = "the figure is what the suite is for")]
fn holds<S: Strategy>(name: &str, cases: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let wanted = config.cases;
    let run = Cell::new(0_u32);
    let mut runner = TestRunner::new(config);
    let result = runner.run(&cases, |case| {
        run.set(run.get() + 1);
        law(case)
    });
    if let Err(error) = result {
        panic!("{name}: {error}");
    }
    println!("laws {name}: {} of {wanted}", run.get());
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn fail<E: ToString>(reason: E) -> TestCaseError {
    TestCaseError::fail(reason.to_string())
}

fn calm(case: &Case) -> Result<Outcome, TestCaseError> {
    case.scenario().try_run(&Tape::calm()).map_err(fail)
}

fn history(events: &[Arc<Event>]) -> Result<History, TestCaseError> {
    History::new(events.to_vec()).map_err(fail)
}

fn main_history(outcome: &Outcome) -> Result<History, TestCaseError> {
    history(&outcome.main().ok_or_else(|| fail("nothing was started"))?.history)
}

/// Law 1: decode(encode(h)) = h and parse(print(h)) = h, for histories of simulated runs.
#[test]
fn law_1_what_is_written_reads_as_what_was_written() {
    holds("1 codec", any_case(), |case| {
        for execution in calm(&case)?.executions {
            let simulated = history(&execution.history)?;
            let read = History::from_json(&simulated.to_json()).map_err(fail)?;
            prop_assert_eq!(&simulated, &read);
            let read = History::from_text(&simulated.to_text()).map_err(fail)?;
            prop_assert_eq!(simulated, read);
        }
        Ok(())
    });
}

/// Law 2: every simulated history replays without mismatch, from the start and from a cold cache at every task, and is
/// well formed. `try_run` checks that.
#[test]
fn law_2_every_simulated_history_replays() {
    holds("2 closure", any_case(), |case| calm(&case).map(drop));
}

/// Law 2, of code that was changed: what a version of it has recorded replays with the versions that may come after it, and
/// by the rules of core no recorded patch replays with code that has never heard of it (R-10 … R-13).
#[test]
fn law_2_changed_code_replays_what_it_may() {
    holds(
        "2 patches",
        (any_changed(), prop::sample::select(&Stage::ALL[..])),
        |(changed, stage)| {
            let outcome = match changed.scenario(stage).try_run(&Tape::calm()) {
                Ok(outcome) => outcome,
                // A cancel may meet a known defect of the Rust SDK.
                Err(failure) if failure.findings().iter().any(|it| it.code == Code::SdkDefect) => {
                    return Ok(());
                }
                Err(failure) => return Err(fail(failure)),
            };
            let recorded = main_history(&outcome)?;
            for &by in stage.replayed_by(changed.is_core()) {
                let replayed = changed.replay(&recorded, by);
                let replayed =
                    replayed.map_err(|error| fail(format!("{by:?} of {stage:?}: {error}")))?;
                prop_assert_eq!(&replayed.differences, &[], "{:?} of {:?}", by, stage);
            }
            let is_marker = |event: &Arc<Event>| matches!(event.kind, EventKind::MarkerRecorded(_));
            if changed.is_core()
                && stage == Stage::Patched
                && recorded.events().iter().any(is_marker)
            {
                prop_assert!(changed.replay(&recorded, Stage::Before).is_err(), "nobody notices");
            }
            Ok(())
        },
    );
}

/// Law 3: equal scenario and choices give equal history text, byte for byte.
#[test]
fn law_3_a_run_is_a_function_of_its_choices() {
    holds("3 function", any_case(), |case| {
        let once = main_history(&calm(&case)?)?.to_json();
        let again = main_history(&calm(&case)?)?.to_json();
        prop_assert_eq!(once, again);
        Ok(())
    });
}

/// Strikes at that question, if it is asked.
fn strike(kind: ChoiceKind, nth: u32) -> Tape {
    Tape::calm().with(ChoiceKey { kind, execution: 0, nth }, 1).loose()
}

/// Law 4: dropping the run from the worker's cache, at any point or at each, changes nothing that is recorded; a worker that dies
/// inside a task changes no earlier event, and the run still replays.
#[test]
fn law_4_amnesia_changes_nothing() {
    holds("4 amnesia", (any_case(), 0..6_u32), |(case, nth)| {
        let plain = calm(&case)?;
        let evicted = case.scenario().try_run(&strike(ChoiceKind::Evict, nth)).map_err(fail)?;
        let scrubbed = |outcome| main_history(outcome).map(|history| scrub(&history).json);
        prop_assert_eq!(scrubbed(&plain)?, scrubbed(&evicted)?);

        // One that is told to keep one run keeps none, by the rules of Go.
        let forgetful = case.scenario().worker(WorkerSpec::new("main").with_cache(1));
        let forgetful = forgetful.try_run(&Tape::calm()).map_err(fail)?;
        prop_assert_eq!(scrubbed(&plain)?, scrubbed(&forgetful)?);

        let crashed = case.scenario().try_run(&strike(ChoiceKind::Crash, nth)).map_err(fail)?;
        if let Some(stood) = Stood::before_task(&plain, nth) {
            prop_assert!(
                stood.is_alike(&plain, &crashed),
                "something before {:?} is another",
                stood
            );
        }
        Ok(())
    });
}

/// Law 6: the service accepts no sequence of inputs that breaks a history.
#[test]
fn law_6_no_sequence_of_inputs_breaks_a_history() {
    holds("6 order", any_inputs(), |inputs: Inputs| {
        let histories = inputs.play();
        for events in histories {
            history(&events)?.check_well_formed().map_err(fail)?;
        }
        Ok(())
    });
}

/// Law 6: at the end of every transaction of every golden scenario, evolving the history gives the state of the run, apart
/// from what no history holds. The service itself looks, and panics.
#[test]
#[expect(clippy::print_stdout, reason = "the figure is what the suite is for")]
fn law_6_every_golden_history_gives_the_state_of_its_run() {
    let report = golden::run_all(ALL);
    let unlike: Vec<String> = report
        .scenarios
        .iter()
        .filter(|(_, problems)| problems.iter().any(|problem| problem.starts_with("panicked")))
        .map(|(folder, problems)| format!("{}: {}", folder.name, problems.join("; ")))
        .collect();
    println!("laws 6 state: {} of {}", ALL.len() - unlike.len(), ALL.len());
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}
