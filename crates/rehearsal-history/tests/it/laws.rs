//! Laws of reading, writing, checking and comparing, over generated histories.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use rehearsal_history::diff::Row;
use rehearsal_history::{Event, EventId, Failure, History, HistoryBuilder, Payloads, diff, scrub};

use crate::generate::any_history;

/// One thing that happens in a run.
#[derive(Debug, Clone, Copy)]
enum Step {
    Task,
    FailTask,
    Activity,
    Timer,
    CancelActivity(Index),
    CloseActivity(Index, u8),
    FireTimer(Index),
    CancelTimer(Index),
    Signal(u8),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Task),
        1 => Just(Step::FailTask),
        3 => Just(Step::Activity),
        2 => Just(Step::Timer),
        1 => any::<Index>().prop_map(Step::CancelActivity),
        2 => (any::<Index>(), 0..4_u8).prop_map(|(index, how)| Step::CloseActivity(index, how)),
        1 => any::<Index>().prop_map(Step::FireTimer),
        1 => any::<Index>().prop_map(Step::CancelTimer),
        1 => (0..3_u8).prop_map(Step::Signal),
        1 => (0..3_u8).prop_map(Step::Wait),
    ]
}

/// A run that does these steps as far as it can, then returns.
fn run(steps: &[Step]) -> History {
    let mut builder = HistoryBuilder::new("order");
    let (mut activities, mut timers) = (Vec::<(EventId, bool)>::new(), Vec::<EventId>::new());
    builder.complete_task();
    let mut in_block = true;
    for step in steps {
        let command = matches!(
            step,
            Step::Activity | Step::Timer | Step::CancelActivity(_) | Step::CancelTimer(_)
        );
        if command && !in_block {
            builder.complete_task();
        }
        in_block =
            command || matches!(step, Step::Task) || in_block && matches!(step, Step::Wait(_));
        match *step {
            Step::Task => {
                builder.complete_task();
            }
            Step::FailTask => drop(
                builder.fail_task(rehearsal_history::WorkflowTaskFailedCause::UnhandledCommand),
            ),
            Step::Activity => activities.push((builder.schedule_activity("charge"), false)),
            Step::Timer => timers.push(builder.start_timer(Duration::from_secs(1))),
            Step::CancelActivity(index) if !activities.is_empty() => {
                let (scheduled, requested) = index.get(&activities);
                if !requested {
                    builder.request_cancel_activity(*scheduled);
                }
                let at = index.index(activities.len());
                activities[at].1 = true;
            }
            Step::CloseActivity(index, how) if !activities.is_empty() => {
                let (scheduled, requested) = activities.remove(index.index(activities.len()));
                match how {
                    0 => {
                        builder.complete_activity(scheduled, Payloads::encode(&how).unwrap());
                    }
                    1 => {
                        builder.fail_activity(scheduled, Failure::application("m", "T"));
                    }
                    2 if requested => {
                        builder.cancel_activity(scheduled, None);
                    }
                    _ => {
                        builder.time_out_activity(scheduled);
                    }
                }
            }
            Step::FireTimer(index) if !timers.is_empty() => {
                builder.fire_timer(timers.remove(index.index(timers.len())));
            }
            Step::CancelTimer(index) if !timers.is_empty() => {
                builder.cancel_timer(timers.remove(index.index(timers.len())));
            }
            Step::Signal(name) => {
                builder.signal(&format!("signal-{name}"), None);
            }
            Step::Wait(seconds) => {
                builder.at(Duration::from_secs(seconds.into()));
            }
            Step::CancelActivity(_)
            | Step::CloseActivity(..)
            | Step::FireTimer(_)
            | Step::CancelTimer(_) => {}
        }
    }
    builder.complete_task();
    builder.complete(None);
    builder.build()
}

/// The events without the one at `index`, numbered again; references stay as they are.
fn without(history: &History, index: usize) -> History {
    let mut events: Vec<Event> = history.events().iter().map(|event| Event::clone(event)).collect();
    events.remove(index);
    for (id, event) in (1..).zip(&mut events) {
        event.id = EventId(id);
    }
    History::new(events.into_iter().map(Arc::new).collect()).unwrap()
}

proptest! {
    /// Law 1: what is written reads as what was written, whatever dialect it came from.
    #[test]
    fn what_is_written_reads_as_the_same_history(json in any_history()) {
        let history = History::from_json(&json.to_string()).unwrap();
        let written = history.to_json();
        let again = History::from_json(&written).unwrap();
        prop_assert_eq!(&again, &history);
        prop_assert_eq!(again.to_json(), written);
        prop_assert_eq!(history.lines().len(), history.events().len());
    }

    /// Law 1: what is printed in full parses as what was printed.
    #[test]
    fn what_is_printed_in_full_parses_as_the_same_history(json in any_history()) {
        let history = History::from_json(&json.to_string()).unwrap();
        let text = history.to_text();
        prop_assert_eq!(text.lines().count(), history.events().len(), "{}", text);
        let again = History::from_text(&text);
        prop_assert!(again.is_ok(), "{:?}\n{}", again, text);
        prop_assert_eq!(again.unwrap(), history, "{}", text);
    }

    /// Law 1 for times and durations, down to the nanosecond and up to what protobuf allows.
    #[test]
    fn times_come_back(since in any::<u32>(), seconds in 0..=315_576_000_000_u64, nanos in 0..1_000_000_000_u32) {
        let mut builder = HistoryBuilder::new("order");
        builder.at(Duration::new(since.into(), nanos)).complete_task();
        builder.start_timer(Duration::new(seconds, nanos));
        let history = builder.build();
        prop_assert_eq!(&History::from_json(&history.to_json()).unwrap(), &history);
        prop_assert_eq!(&History::from_text(&history.to_text()).unwrap(), &history);
    }

    /// Law 1 over runs as a server writes them, which are well formed.
    #[test]
    fn a_run_is_well_formed_and_comes_back(steps in vec(step(), 0..24)) {
        let history = run(&steps);
        prop_assert_eq!(history.check_well_formed(), Ok(()));
        prop_assert_eq!(&History::from_json(&history.to_json()).unwrap(), &history);
    }

    /// A run that lost an event before its last is not well formed: something refers to it, or stands out of place.
    #[test]
    fn a_run_that_lost_a_task_event_is_not_well_formed(steps in vec(step(), 0..24), lost in any::<Index>()) {
        let history = run(&steps);
        let tasks: Vec<usize> = (1..history.events().len() - 1)
            .filter(|&index| history.events()[index].kind.name().starts_with("WorkflowTask"))
            .collect();
        prop_assert!(without(&history, *lost.get(&tasks)).check_well_formed().is_err());
    }

    /// A history agrees with itself, however it is compared; `diff` puts every event of both sides into one row.
    #[test]
    fn comparing_is_reflexive_and_complete(left in vec(step(), 0..16), right in vec(step(), 0..16)) {
        let (left, right) = (run(&left), run(&right));
        prop_assert!(diff(&left, &left).is_same());
        prop_assert_eq!(scrub::compare(&left, &left, |_| Duration::ZERO), []);
        let diff = diff(&left, &right);
        let ids = |history: &History| history.events().iter().map(|event| event.id).collect::<Vec<_>>();
        prop_assert_eq!(diff.rows().iter().filter_map(Row::left).collect::<Vec<_>>(), ids(&left));
        prop_assert_eq!(diff.rows().iter().filter_map(Row::right).collect::<Vec<_>>(), ids(&right));
    }

    /// Any text is a history or an error.
    #[test]
    fn no_text_makes_it_panic(json in any_history(), cut in any::<Index>(), byte in any::<u8>()) {
        let mut bytes = json.to_string().into_bytes();
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            drop(History::from_json(&text));
        }
    }

    /// Any text is a history or an error, in the full notation too.
    #[test]
    fn no_line_makes_it_panic(json in any_history(), cut in any::<Index>(), byte in any::<u8>()) {
        let mut bytes = History::from_json(&json.to_string()).unwrap().to_text().into_bytes();
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        if let Ok(history) = History::from_text(&String::from_utf8_lossy(&bytes)) {
            prop_assert_eq!(&History::from_text(&history.to_text()).unwrap(), &history);
            prop_assert_eq!(&History::from_json(&history.to_json()).unwrap(), &history);
        }
    }
}
