//! Bad input: hostile texts, and real histories with random bytes edited, through all that reads histories.

use std::sync::Arc;

use rehearsal_activation::Definition as _;
use rehearsal_history::Event;
use rehearsal_tests::bad_input::{Echo, Edits, Hostile, Verdict, Wanted, hostile, judge, recorded};
use rehearsal_worker::{ReplayOptions, ReplayStep, Replayer, slice};

/// How many edits are tried.
const EDITS: usize = 10_000;
/// One in so many edited histories is also written and read back, which is most of the work.
const THOROUGH: usize = 8;
/// Where the list of events begins: an edit before it need not name an event.
const HEAD: usize = r#"{"events":["#.len();

/// Replays `events` against a workflow, from the start and from a cold cache, in as many steps as are allowed.
fn replay(events: &[Arc<Event>], workflow: &Echo) {
    for cold_at in [None, Some(2)] {
        let steps = slice(events).tasks.len() + 1;
        let mut replayer =
            Replayer::new(events, ReplayOptions { cold_at, ..ReplayOptions::default() });
        let (mut instance, mut completion) = (workflow.instantiate(), None);
        let over = (0..steps).any(|_| match replayer.step(completion.take()) {
            ReplayStep::Activate(activation) => {
                completion = Some(instance.activate(&activation));
                false
            }
            ReplayStep::Done(_) => true,
        });
        assert!(over, "a replay ends after {steps} steps");
    }
}

/// An error that names the event, never a panic, never a hang.
#[test]
#[expect(clippy::print_stdout, reason = "the figure is what the suite is for")]
fn bad_input_is_told_and_survived() {
    let mut failures = Vec::new();
    let all = hostile();
    let silent = Echo::silent();
    for Hostile { name, text, wanted } in &all {
        let verdict = judge(text, &|events| replay(events, &silent), true);
        let good = match wanted {
            Wanted::Refused => matches!(verdict, Verdict::Refused(_)),
            Wanted::Named => matches!(verdict, Verdict::Refused(_)) && verdict.is_good(true),
            Wanted::Read => !matches!(verdict, Verdict::Refused(_)) && verdict.is_good(true),
        };
        if !good {
            failures.push(format!("{name}: {}", shorten(&verdict)));
        }
    }
    let recorded = recorded();
    let echoes: Vec<Echo> = recorded.iter().map(|(_, history)| Echo::of(history)).collect();
    let mut edits = Edits::new(1);
    for number in 0..EDITS {
        let (text, _) = &recorded[number % recorded.len()];
        let echo = &echoes[number % recorded.len()];
        let edited = edits.edit(text.as_bytes());
        let verdict = judge(&edited.text, &|events| replay(events, echo), number % THOROUGH == 0);
        if !verdict.is_good(edited.at >= HEAD) {
            let (at, what) = (edited.at, edited.what);
            failures.push(format!("edit {number}, {what} at {at}: {}", shorten(&verdict)));
        }
    }
    let total = all.len() + EDITS;
    println!("bad input: {} of {total}", total - failures.len());
    assert!(failures.is_empty(), "bad input that fails:\n{}", failures.join("\n"));
}

fn shorten(verdict: &Verdict) -> String {
    format!("{verdict:?}").chars().take(300).collect()
}
