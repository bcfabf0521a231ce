//! Faults outside of activities: signals and updates of the client, workers that are away, do not come back, or are too slow
//! with a workflow task.

use std::time::Duration;

use rehearsal_activation::TaskDelivery;
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::{RequestError, RunRef};
use smol_str::format_smolstr;

use crate::choice::ChoiceKind;
use crate::outcome::start_of;
use crate::strike::Struck;
use crate::world::entry::{LateSignal, Sender, SentSignal};
use crate::world::patience::{BUSY_BACKOFF, BUSY_PATIENCE};
use crate::world::{ClientError, Entry, World};

/// How late a signal is.
const LATE: Duration = Duration::from_secs(5);

/// How long a worker is away.
const AWAY: Duration = Duration::from_secs(20);

/// How long after its death a worker is started again that is started late.
const RESTART: Duration = Duration::from_secs(60);

/// How long after the timeout of its workflow task a worker answers that is too slow.
const TOO_LATE: Duration = Duration::from_secs(1);

/// The timeout of a workflow task whose workflow says none (W-4).
const TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// What becomes of a signal on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnTheWay {
    Once,
    Twice,
    /// It comes later, and the client does not wait for the answer.
    Late,
    /// The cancel comes behind it, and no worker acts between the two.
    ThenCancel,
}

impl World {
    /// A signal of a client, and what becomes of it on its way.
    pub(in crate::world) fn signal_on_its_way(
        &mut self,
        signal: &SentSignal,
    ) -> Result<(), ClientError> {
        let way = self.on_the_way(signal);
        if way == OnTheWay::Late {
            return Ok(());
        }
        let answer = self.send_signal(signal);
        if way == OnTheWay::Twice {
            // Whoever sends it again does not ask what became of it, and the call is a new one.
            let again = SentSignal { request_id: SmolStr::default(), ..signal.clone() };
            let _again = self.send_signal(&again);
        }
        if way == OnTheWay::ThenCancel {
            self.cancel_main();
        }
        answer?;
        // What a script does next does not depend on what it is told.
        let run = self.service.meant(&signal.target).ok();
        let run = run.filter(|_| signal.by == Sender::Client);
        let name = &signal.name;
        if run.is_some_and(|run| self.reply_is_lost(run, || format_smolstr!("signal {name}"))) {
            return Err(ClientError::DeadlineExceeded);
        }
        Ok(())
    }

    /// Asks whether the client is not told that what it sent to a run was taken, if that is open.
    pub(in crate::world) fn reply_is_lost(
        &mut self,
        run: RunRef,
        what: impl FnOnce() -> SmolStr,
    ) -> bool {
        let is_lost = self.is_open(run) && self.fault(ChoiceKind::Reply, 1) == 1;
        if is_lost {
            self.note_strike(ChoiceKind::Reply, Struck::ReplyLost(what()));
        }
        is_lost
    }

    /// Whether a client has given up: it does not know that something was taken which it has sent.
    pub(crate) fn client_gave_up(&self) -> bool {
        self.record.strikes.iter().any(|strike| strike.kind == ChoiceKind::Reply)
    }

    /// Asks what becomes of a signal of a client, to a run that is open.
    fn on_the_way(&mut self, signal: &SentSignal) -> OnTheWay {
        let run = self.service.meant(&signal.target).ok();
        let Some(run) = run.filter(|&run| self.is_open(run)) else { return OnTheWay::Once };
        let main = self.main_run().is_some_and(|(main, _)| main == run);
        let name = signal.name.clone();
        let ways = if main && !self.cancel_requested() { 4 } else { 2 };
        let (what, way) = match self.fault(ChoiceKind::Signal, ways) {
            1 => (Struck::SignalTwice(name), OnTheWay::Twice),
            2 => {
                let due = self.clock.now() + LATE;
                let late = LateSignal { signal: signal.clone(), give_up: due + BUSY_PATIENCE };
                self.agenda.push(due, Entry::LateSignal(Box::new(late)));
                (Struck::SignalLate(name), OnTheWay::Late)
            }
            3 => {
                self.inject_cancel(run);
                (Struck::CanceledBefore(name), OnTheWay::Once)
            }
            4 => (Struck::CanceledAfter(name), OnTheWay::ThenCancel),
            _ => return OnTheWay::Once,
        };
        self.note_strike(ChoiceKind::Signal, what);
        way
    }

    /// Cancels the first execution, if it is still there.
    fn cancel_main(&mut self) {
        if let Some((main, _)) = self.main_run() {
            self.inject_cancel(main);
        }
    }

    /// A signal comes that was on its way. Nobody waits for the answer; a client that tries again does so while the workflow
    /// is busy (W-13), as long as with a signal that is not late.
    pub(in crate::world) fn late_signal(&mut self, late: LateSignal) {
        let answer = self.call(late.signal.request());
        let now = self.clock.now();
        let again = self.scenario.client_retries && now < late.give_up;
        if again && matches!(answer, Err(RequestError::ResourceExhausted(_))) {
            let due = now + BUSY_BACKOFF;
            self.agenda.push(due, Entry::LateSignal(Box::new(late)));
        }
    }

    /// Asks whether a worker that is about to take a task is away instead. What it would have taken is given back; what it
    /// has it goes on with.
    pub(in crate::world) fn goes_away(&mut self, host: usize) -> bool {
        if !self.hosts[host].is_polling() || self.fault(ChoiceKind::Away, 1) == 0 {
            return false;
        }
        self.is_away_for(host, ChoiceKind::Away, Struck::Away, Some(AWAY));
        true
    }

    /// A worker dies and is started again, at once, late, or never where another does its work: that is asked.
    pub(in crate::world) fn dies(&mut self, host: usize) {
        self.crash_host(host);
        if !self.hosts[host].is_polling() {
            return;
        }
        let spec = &self.hosts[host].spec;
        let mut others = (0..self.hosts.len()).filter(|&other| other != host);
        let replaced = others.any(|other| self.hosts[other].stands_in_for(spec));
        let (struck, time): (fn(SmolStr) -> Struck, _) =
            match self.fault(ChoiceKind::Back, if replaced { 2 } else { 1 }) {
                1 => (Struck::BackLate, Some(RESTART)),
                2 => (Struck::NeverBack, None),
                _ => return,
            };
        self.is_away_for(host, ChoiceKind::Back, struck, time);
    }

    /// A worker does not poll for `time`, or never again, as a fault of this kind has it. What it would have taken is given
    /// back.
    fn is_away_for(
        &mut self,
        host: usize,
        kind: ChoiceKind,
        struck: fn(SmolStr) -> Struck,
        time: Option<Duration>,
    ) {
        let identity = self.hosts[host].identity.clone();
        self.note_strike(kind, struck(identity));
        let now = self.clock.now();
        self.hosts[host].leave(now);
        if let Some(time) = time {
            self.agenda.push(now + time, Entry::HostBack(host));
        }
        self.give_back(host);
    }

    /// A worker polls again, unless it stopped meanwhile.
    pub(in crate::world) fn host_is_back(&mut self, host: usize) {
        if self.hosts[host].is_away() {
            self.start_host(host);
        }
    }

    /// Asks whether a worker is too slow with a workflow task, and until when.
    pub(in crate::world) fn stalls_until(
        &mut self,
        host: usize,
        delivery: &TaskDelivery,
    ) -> Timestamp {
        let now = self.clock.now();
        let token = &delivery.token;
        let run = self.service.run_by_id(&token.workflow_id, &token.run_id);
        let Some(run) = run.filter(|&run| self.is_open(run)) else { return now };
        if self.fault(ChoiceKind::Stall, 1) == 0 {
            return now;
        }
        let identity = self.hosts[host].identity.clone();
        self.note_strike(ChoiceKind::Stall, Struck::Stalled(identity));
        now + self.task_timeout(run) + TOO_LATE
    }

    fn task_timeout(&self, run: RunRef) -> Duration {
        let started = start_of(self.service.history(run));
        started.and_then(|started| started.workflow_task_timeout).unwrap_or(TASK_TIMEOUT)
    }
}
