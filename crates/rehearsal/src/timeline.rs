//! The timeline of a run: its events, and between them the heartbeats that no history records.

use std::fmt::Write as _;
use std::time::Duration;

use rehearsal_engine::{Heartbeat, HeartbeatAnswer, Outcome};
use rehearsal_history::{History, Line, duration_text};

/// The first execution of a run, one line an event, with a line for each heartbeat that was sent.
///
/// The time of a line is the time of its event, which can go backwards: an activity's start is recorded with its end
/// (H-8, H-12).
#[must_use]
pub fn timeline(outcome: &Outcome) -> String {
    let mut text = String::new();
    let Some(main) = outcome.main() else { return text };
    let Ok(history) = History::new(main.history.clone()) else { return text };
    let lines = history.lines();
    let time_width = lines.iter().map(|line| line.time.len()).max().unwrap_or(0).max(5);
    let name_width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let mut beats = outcome.record.heartbeats.iter().peekable();
    let begin = outcome.record.began;
    let mut latest = Duration::ZERO;
    for (line, event) in lines.iter().zip(&main.history) {
        latest = latest.max(event.time.since(begin));
        while let Some(beat) =
            beats.next_if(|beat| beat.at < latest || (beat.at == latest && is_end(line)))
        {
            print_beat(&mut text, beat, time_width, name_width);
        }
        let (id, time, name) = (line.id.0, &line.time, &line.name);
        let whole =
            format!("  {id:>3}  {time:<time_width$}  {name:<name_width$}  {}", line.details);
        let _ = writeln!(text, "{}", whole.trim_end());
    }
    for beat in beats {
        print_beat(&mut text, beat, time_width, name_width);
    }
    text
}

/// Whether an event is the end of an activity, which comes after the heartbeats of the same instant.
fn is_end(line: &Line) -> bool {
    line.name.starts_with("ActivityTask") && line.name != "ActivityTaskScheduled"
}

fn print_beat(text: &mut String, beat: &Heartbeat, time_width: usize, name_width: usize) {
    let said = match beat.answer {
        HeartbeatAnswer::GoOn => "",
        HeartbeatAnswer::CancelRequested => " learns that it is canceled",
        HeartbeatAnswer::NotFound => " learns that it is not wanted any more",
    };
    let at = duration_text(beat.at);
    let _ = writeln!(
        text,
        "       {at:<time_width$}  {:<name_width$}  {}{said}",
        "  heartbeat", beat.activity
    );
}
