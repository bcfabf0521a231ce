//! What is noted in the record of a run more than once: where it stands there, so that it is found again.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_activation::{
    CancellationType, Completion, ScheduleActivity, Seq, Signals, WorkflowCommand,
};
use rehearsal_history::{ById, SmolStr};

use crate::record::{Abandonable, Record, SignalsOf, Unfinished};

/// Where in the record the notes of each run stand, by run id.
#[derive(Debug, Default)]
pub(super) struct Noted {
    signals: ById<usize>,
    abandonable: BTreeMap<(SmolStr, Seq), usize>,
    /// The runs of which handlers are noted that had not ended.
    unfinished: BTreeSet<SmolStr>,
}

impl Noted {
    /// Whether it is noted what became of the signals of a run.
    pub(super) fn has_signals(&self, run_id: &str) -> bool {
        self.signals.contains(run_id)
    }

    /// Notes what became of the signals of a run; what was noted before is forgotten.
    pub(super) fn signals(&mut self, record: &mut Record, run_id: &SmolStr, signals: Signals) {
        if let Some(of) = self.signals.get(run_id).and_then(|&place| record.signals.get_mut(place))
        {
            of.signals = signals;
            return;
        }
        self.signals.insert(run_id.clone(), record.signals.len());
        record.signals.push(SignalsOf { run_id: run_id.clone(), signals });
    }

    /// Takes out what was noted of these runs.
    pub(super) fn forget(&mut self, record: &mut Record, gone: &BTreeSet<SmolStr>) {
        record.signals.retain(|of| !gone.contains(&of.run_id));
        record.abandonable.retain(|of| !gone.contains(&of.run_id));
        self.unfinished.retain(|run_id| !gone.contains(run_id));
        self.signals = ById::new();
        for (place, of) in record.signals.iter().enumerate() {
            self.signals.insert(of.run_id.clone(), place);
        }
        let places = record.abandonable.iter().enumerate();
        self.abandonable = places.map(|(at, of)| ((of.run_id.clone(), of.seq), at)).collect();
    }

    /// Notes the handlers of a run that have not ended. That is known only once it has asked to be closed; if that is
    /// refused, it is told something more.
    pub(super) fn unfinished(
        &mut self,
        record: &mut Record,
        run_id: &SmolStr,
        handlers: Vec<String>,
    ) {
        if self.unfinished.remove(run_id) {
            record.unfinished.retain(|left| left.run_id != *run_id);
        }
        if !handlers.is_empty() {
            self.unfinished.insert(run_id.clone());
        }
        let left = handlers.into_iter();
        record
            .unfinished
            .extend(left.map(|handler| Unfinished { run_id: run_id.clone(), handler }));
    }

    /// Notes activities that are canceled with `Abandon`, and are not told of it: only the commands of workflow code show
    /// that. A replay asks for the same again, and changes nothing.
    pub(super) fn abandonable(
        &mut self,
        record: &mut Record,
        run_id: &SmolStr,
        completion: &Completion,
    ) {
        let Completion::Commands(commands) = completion else { return };
        for command in commands {
            match command {
                WorkflowCommand::ScheduleActivity(activity)
                    if activity.cancellation_type == CancellationType::Abandon =>
                {
                    self.scheduled(record, run_id, activity);
                }
                WorkflowCommand::RequestCancelActivity { seq } if !self.abandonable.is_empty() => {
                    let place = self.abandonable.get(&(run_id.clone(), *seq));
                    if let Some(of) = place.and_then(|&place| record.abandonable.get_mut(place)) {
                        of.canceled = true;
                    }
                }
                _ => {}
            }
        }
    }

    fn scheduled(&mut self, record: &mut Record, run_id: &SmolStr, activity: &ScheduleActivity) {
        let seq = activity.seq;
        let places = &mut self.abandonable;
        places.entry((run_id.clone(), seq)).or_insert_with(|| {
            // As core numbers those whose id workflow code did not choose.
            let number = || SmolStr::from(seq.to_string());
            let activity_id = activity.activity_id.clone().unwrap_or_else(number);
            let run_id = run_id.clone();
            record.abandonable.push(Abandonable { run_id, seq, activity_id, canceled: false });
            record.abandonable.len() - 1
        });
    }
}
