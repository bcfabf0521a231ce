//! The operations of a run that have been asked for and have not ended, for reports.

use std::fmt;
use std::time::Duration;

use rehearsal_activation::{Asked, Awaited, ChildStart, Job, Seq, WorkflowCommand};
use rehearsal_history::{SmolStr, duration_text};

/// What a run that waits waits for, if it is no operation.
const SOMETHING_ELSE: &str = "a condition, or something that is not an operation";

/// One operation, as its jobs and commands name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Activity(Seq),
    Local(Seq),
    Timer(Seq),
    Child(Seq),
    Signal(Seq),
    Cancel(Seq),
}

/// One operation, as reports name it. Few runs are reported, so the words are put together when somebody asks.
#[derive(Debug)]
enum Operation {
    Activity { seq: Seq, activity_type: SmolStr },
    Local { seq: Seq, activity_type: SmolStr },
    Timer { seq: Seq, after: Duration },
    Child { seq: Seq, workflow_type: SmolStr, workflow_id: Option<SmolStr>, started: bool },
    Signal { seq: Seq, name: SmolStr, workflow_id: SmolStr },
    Cancel { seq: Seq, workflow_id: SmolStr },
}

impl Operation {
    const fn key(&self) -> Key {
        match self {
            Self::Activity { seq, .. } => Key::Activity(*seq),
            Self::Local { seq, .. } => Key::Local(*seq),
            Self::Timer { seq, .. } => Key::Timer(*seq),
            Self::Child { seq, .. } => Key::Child(*seq),
            Self::Signal { seq, .. } => Key::Signal(*seq),
            Self::Cancel { seq, .. } => Key::Cancel(*seq),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity { seq, activity_type } => write!(f, "{activity_type} (activity {seq})"),
            Self::Local { seq, activity_type } => {
                write!(f, "{activity_type} (local activity {seq})")
            }
            Self::Timer { seq, after } => write!(f, "timer {seq} of {}", duration_text(*after)),
            Self::Child { seq, workflow_type, workflow_id, started } => {
                let start = if *started { "" } else { "the start of " };
                match workflow_id {
                    Some(workflow_id) => write!(f, "{start}child `{workflow_id}`"),
                    None => write!(f, "{start}child {workflow_type} (child {seq})"),
                }
            }
            Self::Signal { name, workflow_id, .. } => {
                write!(f, "signal `{name}` to workflow `{workflow_id}`")
            }
            Self::Cancel { workflow_id, .. } => write!(f, "cancel of workflow `{workflow_id}`"),
        }
    }
}

/// What is open, in the order in which it was asked for. The SDK does not say which of it is awaited.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    open: Vec<Operation>,
    last_completed: Option<Operation>,
}

impl Operations {
    /// Takes note of what the run is told.
    pub(crate) fn told(&mut self, jobs: &[Job]) {
        for job in jobs {
            let ended = match job {
                Job::FireTimer { seq } => self.close(Key::Timer(*seq)),
                Job::ResolveActivity { seq, .. } => self.close(Key::Activity(*seq)),
                Job::ResolveLocalActivity { seq, .. } => self.close(Key::Local(*seq)),
                Job::ResolveChildStart { seq, resolution } => self.child_started(*seq, resolution),
                Job::ResolveChild { seq, .. } => self.close(Key::Child(*seq)),
                Job::ResolveSignalExternal { seq, .. } => self.close(Key::Signal(*seq)),
                Job::ResolveCancelExternal { seq, .. } => self.close(Key::Cancel(*seq)),
                _ => None,
            };
            if ended.is_some() {
                self.last_completed = ended;
            }
        }
    }

    /// Takes note of what the run asks for.
    pub(crate) fn asked(&mut self, command: &WorkflowCommand) {
        match command {
            WorkflowCommand::ScheduleActivity(activity) => {
                let (seq, activity_type) = (activity.seq, activity.activity_type.clone());
                self.open.push(Operation::Activity { seq, activity_type });
            }
            WorkflowCommand::ScheduleLocalActivity(activity) => {
                let (seq, activity_type) = (activity.seq, activity.activity_type.clone());
                self.open.push(Operation::Local { seq, activity_type });
            }
            WorkflowCommand::StartTimer(timer) => {
                self.open.push(Operation::Timer { seq: timer.seq, after: timer.after });
            }
            WorkflowCommand::StartChildWorkflow(child) => {
                let (seq, workflow_type) = (child.seq, child.workflow_type.clone());
                let workflow_id = child.workflow_id.clone();
                let started = false;
                self.open.push(Operation::Child { seq, workflow_type, workflow_id, started });
            }
            WorkflowCommand::SignalExternalWorkflow(signal) => {
                let workflow_id = signal.target.workflow_id.clone();
                let (seq, name) = (signal.seq, signal.name.clone());
                self.open.push(Operation::Signal { seq, name, workflow_id });
            }
            WorkflowCommand::RequestCancelExternalWorkflow(cancel) => {
                let workflow_id = cancel.target.workflow_id.clone();
                self.open.push(Operation::Cancel { seq: cancel.seq, workflow_id });
            }
            // The SDK resolves a canceled timer by itself, an activity when it is told so (C-39, C-36).
            WorkflowCommand::CancelTimer { seq } => {
                self.close(Key::Timer(*seq));
            }
            _ => {}
        }
    }

    /// A child runs, or it is over before it did.
    fn child_started(&mut self, seq: Seq, resolution: &ChildStart) -> Option<Operation> {
        let ChildStart::Started { workflow_id: known, .. } = resolution else {
            return self.close(Key::Child(seq));
        };
        let open = self.open.iter_mut().find(|open| open.key() == Key::Child(seq));
        if let Some(Operation::Child { workflow_id, started, .. }) = open {
            (*workflow_id, *started) = (Some(known.clone()), true);
        }
        None
    }

    fn close(&mut self, key: Key) -> Option<Operation> {
        let index = self.open.iter().position(|open| open.key() == key)?;
        Some(self.open.remove(index))
    }

    /// What is open, one line each.
    pub(crate) fn open(&self) -> Vec<String> {
        self.open.iter().map(ToString::to_string).collect()
    }

    /// What a run that has not ended waits for.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        if self.open.is_empty() {
            let what = SOMETHING_ELSE.to_owned();
            return vec![Awaited { what, ..Awaited::default() }];
        }
        let awaited = |open: &Operation| {
            let (mut activity, mut child) = (None, None);
            let asked = match open {
                Operation::Activity { activity_type, .. } => {
                    activity = Some(activity_type.clone());
                    Some(Asked::Activity(activity_type.clone()))
                }
                Operation::Local { activity_type, .. } => {
                    Some(Asked::Activity(activity_type.clone()))
                }
                Operation::Timer { after, .. } => {
                    Some(Asked::Timer { after: *after, summary: None })
                }
                Operation::Child { workflow_type, workflow_id, .. } => {
                    child.clone_from(workflow_id);
                    Some(Asked::Child(workflow_type.clone()))
                }
                Operation::Signal { .. } | Operation::Cancel { .. } => None,
            };
            Awaited { what: open.to_string(), activity, child, asked, at: None }
        };
        self.open.iter().map(awaited).collect()
    }

    /// The operation that ended last.
    pub(crate) fn last_completed(&self) -> Option<String> {
        self.last_completed.as_ref().map(ToString::to_string)
    }
}
