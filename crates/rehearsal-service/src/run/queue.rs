//! The timer queue as far as one run sees it; the runs of a chain share one shard (T-2, T-9).
//!
//! A server reads its queues ahead, and what is put into the timer queue afterwards goes off no sooner than the time up
//! to which it read: one second (`timerProcessorMaxTimeShift`) after the last read of *any* queue of the shard
//! (`taskKeyManager.getExclusiveReaderHighWatermark`, `taskKeyGenerator.setTaskKeys`). The queues are read whenever
//! something was put into them to be done at once, such as a workflow task for a worker, and the timer queue when its
//! soonest task is due (`scheduledQueue.processNewRange`). That task stays in the queue when what it is about has ended.

use alloc::collections::BTreeSet;
use core::time::Duration;

use rehearsal_history::Timestamp;

use crate::words::{Due, Wake};

/// What of the timer queue holds back the deadlines of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    /// When a queue was last read.
    read: Option<Timestamp>,
    /// The tasks that the timer queue has not loaded yet, those of what has ended included.
    ahead: BTreeSet<Timestamp>,
    /// Whether this transaction has put something into a queue that is to be done at once.
    immediate: bool,
}

impl Queue {
    /// Time has come to `now`: the queue was read whenever its soonest task was due, and loaded what it then saw.
    pub(crate) fn advance(&mut self, now: Timestamp, resolution: Duration) {
        while let Some(at) = self.ahead.first().copied().filter(|at| *at <= now) {
            self.read = self.read.max(Some(at));
            let seen = at.saturating_add(resolution);
            self.ahead.remove(&at);
            self.ahead = self.ahead.split_off(&seen);
        }
    }

    /// Something is to be done at once: the queues are read when this transaction is through.
    pub(crate) const fn write(&mut self) {
        self.immediate = true;
    }

    /// The transaction is through.
    pub(crate) fn commit(&mut self, now: Timestamp) {
        if core::mem::take(&mut self.immediate) {
            self.read = self.read.max(Some(now));
        }
    }

    /// Puts a task into the timer queue, the `order`th.
    pub(crate) fn arm(
        &mut self,
        now: Timestamp,
        due: Due,
        order: u64,
        resolution: Duration,
    ) -> Wake {
        let soonest = self.read.map_or(now, |read| now.max(read.saturating_add(resolution)));
        let at = due.at.max(soonest);
        self.ahead.insert(at);
        Wake { at, order, due }
    }

    /// The clock that all this is told by is so much ahead of what it was.
    pub(crate) fn leap(&mut self, by: Duration) {
        self.read = self.read.map(|read| read.saturating_add(by));
        self.ahead = self.ahead.iter().map(|at| at.saturating_add(by)).collect();
    }

    /// A task goes off at another time.
    pub(crate) fn shift(&mut self, at: Timestamp) {
        self.ahead.insert(at);
    }
}

/// Of all tasks of one kind, the first that is not in vain: it takes what is due `first`, or comes no sooner than the one
/// of a `beat`. Those that have gone off in vain are forgotten.
pub(crate) fn soonest(
    tasks: &mut BTreeSet<Wake>,
    now: Timestamp,
    first: Due,
    beat: Option<Wake>,
) -> Option<Wake> {
    // Nothing that goes off before `first` is due takes it.
    let from = Wake { at: first.at, order: 0, due: Due { at: Timestamp::EPOCH, ..first } };
    let takes = tasks.range(from..).find(|wake| wake.takes(first));
    let beats = beat.and_then(|beat| tasks.range(beat..).next());
    let found = takes.into_iter().chain(beats).min().copied();
    while let Some(task) = tasks.first().copied()
        && task.at < now
        && found.is_none_or(|found| task < found)
    {
        tasks.remove(&task);
    }
    found
}

#[cfg(test)]
mod tests {
    use rehearsal_history::EventId;

    use super::*;
    use crate::words::Moment;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> Timestamp {
        Timestamp::EPOCH + Duration::from_millis(millis)
    }

    fn due(millis: u64) -> Due {
        Due { at: at(millis), moment: Moment::of(EventId(4)) }
    }

    fn armed(queue: &mut Queue, now: u64, millis: u64) -> Wake {
        queue.advance(at(now), SECOND);
        queue.arm(at(now), due(millis), 0, SECOND)
    }

    #[test]
    fn t_9_what_is_nearer_than_the_last_read_reaches_is_late() {
        let mut queue = Queue::default();
        queue.write();
        queue.commit(at(0));

        assert_eq!(armed(&mut queue, 0, 200).at, at(1000));
        assert_eq!(armed(&mut queue, 500, 700).at, at(1000));
        assert_eq!(armed(&mut queue, 500, 1500).at, at(1500));
    }

    #[test]
    fn t_9_long_after_the_last_read_nothing_is_late() {
        let mut queue = Queue::default();
        queue.write();
        queue.commit(at(0));

        assert_eq!(armed(&mut queue, 2000, 2300).at, at(2300));
    }

    #[test]
    fn t_9_a_task_that_goes_off_in_vain_is_a_read_unless_it_was_loaded_before() {
        let mut queue = Queue::default();
        armed(&mut queue, 0, 2000);
        armed(&mut queue, 0, 2900);
        // The read at 2 s loads the second one too, so nothing is read at 2.9 s.
        assert_eq!(armed(&mut queue, 2950, 3050).at, at(3050));
        assert_eq!(armed(&mut queue, 2960, 2970).at, at(3000));
    }

    #[test]
    fn t_2_a_task_on_time_takes_what_the_same_task_asked_for_and_no_beat() {
        let wake = armed(&mut Queue::default(), 0, 2000);
        let beaten = Due { moment: Moment { task: EventId(4), beaten: true }, ..due(2000) };
        let later = Due { moment: Moment::of(EventId(9)), ..due(2000) };

        assert!(wake.takes(due(2000)) && wake.takes(due(1999)));
        assert!(!wake.takes(beaten) && !wake.takes(later) && !wake.takes(due(2001)));
        assert!(wake.takes_at(at(2001), later));
    }
}
