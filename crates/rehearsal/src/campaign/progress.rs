//! What a campaign tells of its progress: a bar on a terminal, lines anywhere else.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use rehearsal_explore::{Progress, Saved};
use rehearsal_history::duration_text;

use super::Budget;

/// How wide the bar is, in characters.
const WIDTH: u32 = 24;

/// After how much time the bar moves, and a further line is written.
const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Tells of one campaign.
#[derive(Debug)]
pub(super) struct Teller {
    /// How many runs were made before it was stopped, and how long that took: the rate is that of this machine.
    before: (u32, Duration),
    /// When it told last.
    told: Option<Duration>,
    /// How many marks there were then.
    marks: usize,
}

impl Teller {
    pub(super) const fn new(made: u32, spent: Duration) -> Self {
        Self { before: (made, spent), told: None, marks: 0 }
    }

    /// Tells how far a campaign is, if it is time to.
    pub(super) fn tell(
        &mut self,
        scenario: &str,
        budget: Budget,
        progress: &Progress<'_>,
        spent: Duration,
    ) {
        let is_terminal = io::stderr().is_terminal();
        let every = if is_terminal { BAR_EVERY } else { LINE_EVERY };
        if self.told.is_some_and(|told| spent.saturating_sub(told) < every) {
            return;
        }
        let saved = progress.saved;
        let (made, since) = self.before;
        let rate =
            Rate { runs: saved.made.saturating_sub(made), time: spent.saturating_sub(since) };
        let line = line(scenario, budget, progress, rate, self.marks, spent);
        self.marks = saved.marks.len();
        self.told = Some(spent);
        if is_terminal {
            let share = share(budget, progress, spent);
            write(&format!("\r\x1b[2K{} {line}", bar(share)));
        } else {
            write(&format!("{line}\n"));
        }
    }

    /// Says the last word.
    pub(super) fn end(scenario: &str, saved: &Saved, spent: Duration) {
        let clear = if io::stderr().is_terminal() { "\r\x1b[2K" } else { "" };
        let (made, marks) = (saved.made, saved.marks.len());
        let spent = in_seconds(spent);
        write(&format!("{clear}{scenario}: {made} runs in {spent}, coverage {marks}\n"));
    }
}

/// Not `eprint!`, which a test harness captures. Nobody is left to be told of an error.
fn write(text: &str) {
    let _told = io::stderr().write_all(text.as_bytes());
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    runs: u32,
    time: Duration,
}

impl Rate {
    fn a_second(self) -> u64 {
        let millis = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX).max(1);
        u64::from(self.runs) * 1000 / millis
    }
}

fn line(
    scenario: &str,
    budget: Budget,
    progress: &Progress<'_>,
    rate: Rate,
    marks: usize,
    spent: Duration,
) -> String {
    let saved = progress.saved;
    let mut line = format!("{scenario}: {} ", saved.made);
    let _ = match budget {
        Budget::Runs(_) => write!(line, "of {} runs", progress.of),
        Budget::Time(_) => write!(line, "runs"),
    };
    let (now, rate) = (saved.marks.len(), rate.a_second());
    let _ = write!(line, ", {rate} a second, coverage {now}");
    if now > marks {
        let _ = write!(line, " ({} new)", now - marks);
    } else {
        let _ = write!(line, " (nothing new for {} runs)", saved.quiet);
    }
    let left = match budget {
        Budget::Time(time) => Some(time.saturating_sub(spent)),
        Budget::Runs(_) => {
            let runs = u64::from(progress.of.saturating_sub(saved.made));
            (runs * 1000).checked_div(rate).map(Duration::from_millis)
        }
    };
    match progress.found {
        0 => {}
        1 => line.push_str(", 1 finding"),
        found => {
            let _ = write!(line, ", {found} findings");
        }
    }
    if let Some(left) = left {
        let _ = write!(line, ", {} left", in_seconds(left));
    }
    line
}

fn in_seconds(duration: Duration) -> String {
    duration_text(Duration::from_secs(duration.as_secs()))
}

/// How much of its budget a campaign has spent, in parts of [`WIDTH`].
fn share(budget: Budget, progress: &Progress<'_>, spent: Duration) -> u32 {
    let (done, all) = match budget {
        Budget::Runs(_) => (u128::from(progress.saved.made), u128::from(progress.of)),
        Budget::Time(time) => (spent.as_millis(), time.as_millis()),
    };
    let share = (done * u128::from(WIDTH)).checked_div(all).unwrap_or(0);
    u32::try_from(share).unwrap_or(WIDTH).min(WIDTH)
}

fn bar(share: u32) -> String {
    let (done, left) = (share as usize, (WIDTH - share) as usize);
    format!("[{}{}]", "#".repeat(done), "-".repeat(left))
}

#[cfg(test)]
mod tests {
    use rehearsal_explore::{Saved, Shard};

    use super::*;

    fn saved(made: u32, marks: usize, quiet: u32) -> Saved {
        let marks = (0..marks).map(|mark| mark.to_string()).collect();
        Saved { made, marks, quiet, ..Saved::new("order", 7, Shard::WHOLE) }
    }

    #[test]
    fn a_line_says_rate_coverage_and_what_is_left() {
        let rate = Rate { runs: 1280, time: Duration::from_millis(640) };
        let line = |budget, saved: &Saved, marks| {
            let found = usize::from(matches!(budget, Budget::Time(_))) * 2;
            let progress = Progress { of: 5000, found, saved, corpus: &[] };
            line("order", budget, &progress, rate, marks, Duration::from_secs(61))
        };
        insta::assert_snapshot!(
            [
                line(Budget::Runs(5000), &saved(1280, 143, 0), 140),
                line(Budget::Runs(5000), &saved(1280, 143, 900), 143),
                line(Budget::Time(Duration::from_secs(600)), &saved(1280, 143, 900), 143),
            ]
            .join("\n"),
            @"
        order: 1280 of 5000 runs, 2000 a second, coverage 143 (3 new), 1s left
        order: 1280 of 5000 runs, 2000 a second, coverage 143 (nothing new for 900 runs), 1s left
        order: 1280 runs, 2000 a second, coverage 143 (nothing new for 900 runs), 2 findings, 8m59s left
        "
        );
    }

    #[test]
    fn the_bar_is_full_at_the_end() {
        let full = saved(5000, 1, 0);
        let progress = Progress { of: 5000, found: 0, saved: &full, corpus: &[] };
        let bar_of = |budget, spent| bar(share(budget, &progress, Duration::from_secs(spent)));
        assert_eq!(bar_of(Budget::Runs(5000), 9), "[########################]");
        let time = Budget::Time(Duration::from_secs(600));
        assert_eq!(bar_of(time, 150), "[######------------------]");
        assert_eq!(bar_of(time, 700), "[########################]");
    }
}
