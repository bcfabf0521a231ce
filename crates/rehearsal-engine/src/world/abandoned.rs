//! What is only seen in the commands of workflow code: that an activity was canceled which is not told of it.

use rehearsal_activation::{CancellationType, Completion, ScheduleActivity, WorkflowCommand};
use rehearsal_history::SmolStr;

use crate::record::Abandonable;

/// Takes note of activities that are canceled with `Abandon`. A replay asks for the same again, and changes nothing.
pub(super) fn note(known: &mut Vec<Abandonable>, run_id: &SmolStr, completion: &Completion) {
    let Completion::Commands(commands) = completion else { return };
    for command in commands {
        match command {
            WorkflowCommand::ScheduleActivity(activity)
                if activity.cancellation_type == CancellationType::Abandon =>
            {
                note_scheduled(known, run_id, activity);
            }
            WorkflowCommand::RequestCancelActivity { seq } => {
                let is = |of: &&mut Abandonable| of.run_id == *run_id && of.seq == *seq;
                if let Some(of) = known.iter_mut().find(is) {
                    of.canceled = true;
                }
            }
            _ => {}
        }
    }
}

fn note_scheduled(known: &mut Vec<Abandonable>, run_id: &SmolStr, activity: &ScheduleActivity) {
    let seq = activity.seq;
    if !known.iter().any(|of| of.run_id == *run_id && of.seq == seq) {
        // As core numbers those whose id workflow code did not choose.
        let number = || SmolStr::from(seq.to_string());
        let activity_id = activity.activity_id.clone().unwrap_or_else(number);
        let run_id = run_id.clone();
        known.push(Abandonable { run_id, seq, activity_id, canceled: false });
    }
}
