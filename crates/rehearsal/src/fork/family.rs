//! Which of the histories that are given belong to a run as it stood, and how far they had come then.

use std::collections::BTreeMap;

use rehearsal_history::{Event, EventId, EventKind, Execution, History, SmolStr, Timestamp};

/// The run as it stood, and those of its children that ran then, theirs, and whom its requests under way are for: each as far
/// as it had come.
pub(super) fn stood(run: History, given: &[&History]) -> Vec<History> {
    let now = run.events().iter().map(|event| event.time).max().unwrap_or(Timestamp::EPOCH);
    let mut family = vec![run];
    let mut next = 0;
    while let Some(of) = family.get(next) {
        let open = Open::of(of);
        let found: Vec<History> = given
            .iter()
            .filter(|history| open.is_about(history))
            .filter_map(|history| open.cut(history, now))
            .collect();
        for history in found {
            let id = &history.started().workflow_id;
            let same = family.iter_mut().find(|known| known.started().workflow_id == *id);
            // Of the runs of a chain that had begun the last one counts.
            match same {
                None => family.push(history),
                Some(known) if is_later(&history, known) => *known = history,
                Some(_) => {}
            }
        }
        next += 1;
    }
    family
}

fn is_later(history: &History, than: &History) -> bool {
    let [began, before] = [history, than].map(|it| it.events().first().map(|event| event.time));
    began > before
}

/// What a run has asked of others, and has not been told the end of.
struct Open {
    /// The run itself.
    itself: Execution,
    /// The children that run: their ids, and those of their first runs.
    children: BTreeMap<EventId, (SmolStr, SmolStr)>,
    /// The ids of those that requests under way are for, and of signals their names.
    requests: BTreeMap<EventId, (SmolStr, Option<SmolStr>)>,
    /// How many signals of a name have arrived at a workflow.
    arrived: BTreeMap<(SmolStr, SmolStr), usize>,
}

impl Open {
    fn of(run: &History) -> Self {
        let started = run.started();
        let itself = Execution {
            workflow_id: started.workflow_id.clone(),
            run_id: started.original_execution_run_id.clone(),
            ..Execution::default()
        };
        let mut open = Self {
            itself,
            children: BTreeMap::new(),
            requests: BTreeMap::new(),
            arrived: BTreeMap::new(),
        };
        for event in run.events() {
            open.note(event);
        }
        open
    }

    fn note(&mut self, event: &Event) {
        use EventKind as E;
        match &event.kind {
            E::ChildWorkflowExecutionStarted(it) => {
                let child = it.workflow_execution.clone();
                self.children.insert(it.initiated_event_id, (child.workflow_id, child.run_id));
            }
            E::SignalExternalWorkflowExecutionInitiated(it) => {
                let name = Some(it.signal_name.clone());
                self.requests.insert(event.id, (it.workflow_execution.workflow_id.clone(), name));
            }
            E::RequestCancelExternalWorkflowExecutionInitiated(it) => {
                self.requests.insert(event.id, (it.workflow_execution.workflow_id.clone(), None));
            }
            E::ChildWorkflowExecutionCompleted(it) => {
                drop(self.children.remove(&it.initiated_event_id));
            }
            E::ChildWorkflowExecutionFailed(it) => {
                drop(self.children.remove(&it.initiated_event_id));
            }
            E::ChildWorkflowExecutionCanceled(it) => {
                drop(self.children.remove(&it.initiated_event_id));
            }
            E::ChildWorkflowExecutionTimedOut(it) => {
                drop(self.children.remove(&it.initiated_event_id));
            }
            E::ChildWorkflowExecutionTerminated(it) => {
                drop(self.children.remove(&it.initiated_event_id));
            }
            E::ExternalWorkflowExecutionSignaled(it) => {
                if let Some((id, Some(name))) = self.requests.remove(&it.initiated_event_id) {
                    *self.arrived.entry((id, name)).or_default() += 1;
                }
            }
            E::SignalExternalWorkflowExecutionFailed(it) => {
                drop(self.requests.remove(&it.initiated_event_id));
            }
            E::ExternalWorkflowExecutionCancelRequested(it) => {
                self.requests.remove(&it.initiated_event_id);
            }
            E::RequestCancelExternalWorkflowExecutionFailed(it) => {
                self.requests.remove(&it.initiated_event_id);
            }
            _ => {}
        }
    }

    /// Whether a history is that of a child that runs, or of one that a request is for.
    fn is_about(&self, history: &History) -> bool {
        let started = history.started();
        let child = (started.workflow_id.clone(), started.first_execution_run_id.clone());
        self.children.values().any(|of| *of == child)
            || self.requests.values().any(|(id, _)| *id == started.workflow_id)
    }

    /// A history as it stood `now`, and before it was told what is still under way; `None` if the run had not begun, or had
    /// been followed by another.
    ///
    /// A signal that has arrived may have waited in the buffer, for the end of a workflow task: it is older than what stands
    /// before it. Then the history goes on to where it is written, or it would be lost.
    fn cut(&self, history: &History, now: Timestamp) -> Option<History> {
        let events = history.events();
        let first = events.first().filter(|event| event.time <= now)?;
        let id = &history.started().workflow_id;
        let mut signals: BTreeMap<&SmolStr, usize> = BTreeMap::new();
        let (mut end, mut arrived) = (None, None);
        for event in events {
            let mut under_way = self.is_cancel_under_way(event);
            if let Some(name) = self.signal_of(event) {
                let nth = signals.entry(name).or_default();
                *nth += 1;
                under_way = self.arrived.get(&(id.clone(), name.clone())) < Some(&*nth);
                if !under_way {
                    arrived = Some(event.id);
                }
            }
            if end.is_none() && (event.time > now || under_way) {
                end = Some(event.id);
            }
        }
        let close = history.close().filter(|close| close.kind.next_run_id().is_some());
        if end.is_none() && close.is_some() {
            return None;
        }
        let end = end.or_else(|| history.close().map(|close| close.id));
        let boundaries = history.boundaries();
        let stood = boundaries.iter().rfind(|at| end.is_none_or(|end| **at < end));
        let with_arrived = arrived.and_then(|arrived| boundaries.iter().find(|at| **at >= arrived));
        Some(history.until(stood.max(with_arrived).copied().unwrap_or(first.id)))
    }

    /// Whether this is a cancel that the run has sent, and has not seen arrive.
    fn is_cancel_under_way(&self, event: &Event) -> bool {
        let EventKind::WorkflowExecutionCancelRequested(it) = &event.kind else { return false };
        let is_mine = self.is_mine(it.external_workflow_execution.as_ref());
        is_mine && self.requests.contains_key(&it.external_initiated_event_id)
    }

    /// The name of a signal that the run has sent.
    fn signal_of<'a>(&self, event: &'a Event) -> Option<&'a SmolStr> {
        let EventKind::WorkflowExecutionSignaled(it) = &event.kind else { return None };
        self.is_mine(it.external_workflow_execution.as_ref()).then_some(&it.signal_name)
    }

    fn is_mine(&self, sender: Option<&Execution>) -> bool {
        sender.is_some_and(|sender| sender.run_id == self.itself.run_id)
    }
}
