//! What the answers of a run did, in words.

use rehearsal_engine::{ChoiceKey, ChoiceKind, Injection, Order, Outcome, Place, Strike, Tape};
use rehearsal_history::duration_text;

use crate::page::who;

/// The most answers of a run that a report puts into words.
const MOST: usize = 8;

/// The most things that are named of those for which another one waits.
const MOST_BEFORE: usize = 3;

/// What each answer of a tape did in this run, a line each; the first eight, and how many more there are.
pub(crate) fn all_in_words(tape: &Tape, outcome: &Outcome) -> Vec<String> {
    let answers: Vec<_> = tape.iter().collect();
    let mut lines = Vec::new();
    let mut rest = answers.as_slice();
    while let [(key, answer), behind @ ..] = rest
        && lines.len() < MOST
    {
        let (line, behind) = match delay(rest, outcome) {
            Some((line, answers)) => (line, &rest[answers..]),
            None => (in_words(*key, *answer, outcome), behind),
        };
        lines.push(line);
        rest = behind;
    }
    if !rest.is_empty() {
        lines.push(format!("and {} more", rest.len()));
    }
    lines
}

/// Several answers in a row by which one thing waits for others, in a line; with how many they are. `None` of one alone.
fn delay(answers: &[(ChoiceKey, usize)], outcome: &Outcome) -> Option<(String, usize)> {
    let order = |(key, _): &(ChoiceKey, usize)| {
        let of_key = |order: &&Order| key.kind == ChoiceKind::Next && order.nth == key.nth;
        outcome.record.orders.iter().find(of_key)
    };
    let first = order(answers.first()?)?;
    let mut firsts = Vec::new();
    for (answer, nth) in answers.iter().zip(first.nth..) {
        match order(answer).filter(|order| order.nth == nth && order.calm == first.calm) {
            Some(order) => firsts.push(order.first.to_string()),
            None => break,
        }
    }
    let count = firsts.len();
    if count < 2 {
        return None;
    }
    let last = match count.checked_sub(MOST_BEFORE).filter(|more| *more > 0) {
        Some(more) => {
            firsts.truncate(MOST_BEFORE);
            format!("{more} more")
        }
        None => firsts.pop()?,
    };
    let (from, to) = (answers.first()?.0, answers.get(count - 1)?.0);
    let line = format!("{} and {last}, before {}, {from} to {to}", firsts.join(", "), first.calm);
    Some((line, count))
}

/// Where a cancel came, as a line says it that stands by itself: in a table it is said above what is meant by a job.
pub(crate) fn place_in_words(place: Place) -> String {
    let is_in_task = matches!(place, Place::WithJobBefore | Place::WithJobAfter);
    let in_task = if is_in_task { "in one workflow task " } else { "" };
    format!("{in_task}{}", place.label())
}

/// What an answer did in this run.
pub(crate) fn in_words(key: ChoiceKey, answer: usize, outcome: &Outcome) -> String {
    let nth = key.nth + 1;
    match key.kind {
        ChoiceKind::Cancel => {
            let canceled = who(outcome, key.execution, "canceled");
            let point = outcome.record.point(key.execution, key.nth);
            let place = point.map_or(String::new(), |point| {
                format!(" at {}, {}", duration_text(point.at), place_in_words(point.place))
            });
            match Injection::of(answer) {
                Injection::WithNext => format!("{canceled}{place}, together with the next step"),
                Injection::Alone | Injection::None => format!("{canceled}{place}"),
            }
        }
        ChoiceKind::Next => match outcome.record.orders.iter().find(|order| order.nth == key.nth) {
            Some(order) => format!("{order}, {key}"),
            None => format!("number {} of what was due came first, {key}", answer + 1),
        },
        ChoiceKind::Late => match outcome.record.shifts.iter().find(|shift| shift.nth == key.nth) {
            Some(shift) => {
                let (at, calm) = (duration_text(shift.at), duration_text(shift.calm));
                format!("a deadline went off at {at} instead of {calm}, {key}")
            }
            None => format!("a deadline went off at another time, {key}"),
        },
        ChoiceKind::Evict => format!("dropped from the worker's cache before a task, {key}"),
        ChoiceKind::Deploy => match outcome.record.moments.get(key.nth as usize) {
            Some(moment) => format!(
                "the new code took over at {}, before workflow task {} of {}",
                duration_text(moment.at),
                moment.task,
                moment.workflow_id
            ),
            None => format!("the new code took over, {key}"),
        },
        ChoiceKind::Crash => {
            format!("the worker died with workflow task {nth} in its hands, before it answered")
        }
        kind if kind.is_fault() => {
            let struck = |strike: &&Strike| (strike.kind, strike.nth) == (kind, key.nth);
            match outcome.record.strikes.iter().find(struck) {
                Some(strike) => format!("at {} {}", duration_text(strike.at), strike.what),
                None => format!("{key}={answer}"),
            }
        }
        _ => format!("{key}={answer}"),
    }
}
