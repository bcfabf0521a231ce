//! What a check asks a run for beside its calls: signals, timers, children, who saw a cancel; and calls with their types.

use std::time::Duration;

use rehearsal_activation::names::Signal;
use rehearsal_history::event::WorkflowExecutionSignaled;
use rehearsal_history::{CodecError, Event, EventId, EventKind, Payloads, SmolStr};
use serde::de::DeserializeOwned;

use crate::check::cancel_delivered;
use crate::outcome::{Execution, Outcome, start_of, summary};
use crate::record::Call;

/// A signal that a workflow got.
#[derive(Debug, Clone, Copy)]
pub struct Signaled<'a> {
    /// The workflow.
    pub execution: &'a Execution,
    /// When it came, since the run began.
    pub at: Duration,
    /// Its event.
    pub event: EventId,
    /// What that says.
    pub signal: &'a WorkflowExecutionSignaled,
}

impl Signaled<'_> {
    /// What it carries.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if that is no `T`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        Payloads::decode(self.signal.input.as_ref())
    }
}

/// A timer that a workflow started, the sleep of a workflow among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerOf<'a> {
    /// The run id of the workflow.
    pub run_id: &'a SmolStr,
    /// When it was started, since the run began.
    pub at: Duration,
    /// Its `TimerStarted`.
    pub started: EventId,
    /// How long it runs.
    pub takes: Duration,
    /// What its summary says, if it has one.
    pub summary: Option<SmolStr>,
    /// How it ended; `None` if it had not when the workflow closed or the run was over.
    pub end: Option<TimerEnd>,
}

/// How a timer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerEnd {
    /// Its time was up; when, since the run began.
    Fired(Duration),
    /// The workflow canceled it; when, since the run began.
    Canceled(Duration),
}

/// A child that a workflow started, and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct ChildOf<'a> {
    /// The first run of the child; [`Outcome::chain`] has the others.
    pub execution: &'a Execution,
    /// The run id of its parent.
    pub parent_run_id: &'a SmolStr,
    /// The `StartChildWorkflowExecutionInitiated` of its parent.
    pub initiated: EventId,
    /// When it was started, since the run began.
    pub at: Duration,
}

impl Execution {
    /// Whether it saw a cancel: a workflow task that was accepted told it of one, whatever it did then. A request that came
    /// too late for that was not seen.
    #[must_use]
    pub fn saw_cancel(&self) -> bool {
        cancel_delivered(self).is_some()
    }
}

impl Outcome {
    /// The signals of that name that workflows of the run got, by workflow, each in the order in which they came.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Signal, Workflow, WorkflowError};
    ///
    /// const ASK: Workflow<(), u32> = Workflow::new("Ask");
    /// const ANSWER: Signal<u32> = Signal::new("answer");
    ///
    /// async fn ask(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     Ok(ctx.signals(ANSWER).recv().await)
    /// }
    ///
    /// let outcome = Scenario::new("ask")
    ///     .workflow(ASK, ask)
    ///     .client(|world| {
    ///         let ask = world.start(ASK, "ask-1", ());
    ///         world.signal(&ask, ANSWER, 42).unwrap();
    ///     })
    ///     .run();
    /// let answers: Vec<u32> = outcome.signals(ANSWER).map(|signal| signal.value().unwrap()).collect();
    /// assert_eq!(answers, [42]);
    /// ```
    pub fn signals<T>(&self, signal: Signal<T>) -> impl Iterator<Item = Signaled<'_>> {
        let name = signal.into_name();
        self.all_signals().filter(move |signaled| signaled.signal.signal_name == name)
    }

    /// The signals of a name that is known as text only.
    pub fn signals_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Signaled<'a>> + 'a {
        self.all_signals().filter(move |signaled| signaled.signal.signal_name == name)
    }

    fn all_signals(&self) -> impl Iterator<Item = Signaled<'_>> {
        self.events().filter_map(|(execution, event)| match &event.kind {
            EventKind::WorkflowExecutionSignaled(signal) => Some(Signaled {
                execution,
                at: event.time.since(self.record.began),
                event: event.id,
                signal,
            }),
            _ => None,
        })
    }

    /// The timers that workflows of the run started, by workflow, each in their order.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, TimerEnd, Workflow, WorkflowError, mins};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(20)).await
    /// }
    ///
    /// let scenario = Scenario::new("nap").workflow(NAP, nap);
    /// let outcome = scenario.client(|world| drop(world.start(NAP, "nap-1", ()))).run();
    /// let ends: Vec<_> = outcome.timers().map(|timer| timer.end).collect();
    /// assert_eq!(ends, [Some(TimerEnd::Fired(mins(20)))]);
    /// ```
    pub fn timers(&self) -> impl Iterator<Item = TimerOf<'_>> {
        self.events().filter_map(|(execution, event)| {
            let EventKind::TimerStarted(started) = &event.kind else { return None };
            let ends = |end: &&std::sync::Arc<Event>| end.kind.ends() == Some(event.id);
            let end = execution.history.iter().find(ends).map(|end| {
                let at = end.time.since(self.record.began);
                match end.kind {
                    EventKind::TimerCanceled(_) => TimerEnd::Canceled(at),
                    _ => TimerEnd::Fired(at),
                }
            });
            Some(TimerOf {
                run_id: &execution.run_id,
                at: event.time.since(self.record.began),
                started: event.id,
                takes: started.start_to_fire_timeout.unwrap_or_default(),
                summary: summary(event),
                end,
            })
        })
    }

    /// The children that workflows of the run started, in the order of their starts. One that could not be started is
    /// none.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Outcome, Status};
    ///
    /// /// A check: no child of type `Parcel` fails.
    /// fn every_parcel_arrives(outcome: &Outcome) -> Result<(), String> {
    ///     let mut parcels = outcome.children().filter(|child| child.execution.workflow_type == "Parcel");
    ///     match parcels.find(|parcel| parcel.execution.status == Status::Failed) {
    ///         Some(parcel) => Err(format!("{} failed", parcel.execution.workflow_id)),
    ///         None => Ok(()),
    ///     }
    /// }
    /// ```
    pub fn children(&self) -> impl Iterator<Item = ChildOf<'_>> {
        self.first_runs().filter_map(|execution| {
            let started = start_of(&execution.history)?;
            let parent = started.parent_workflow_execution.as_ref()?;
            let first = execution.history.first()?;
            Some(ChildOf {
                execution,
                parent_run_id: &parent.run_id,
                initiated: started.parent_initiated_event_id,
                at: first.time.since(self.record.began),
            })
        })
    }

    /// Whether any workflow of the run [saw a cancel](Execution::saw_cancel).
    #[must_use]
    pub fn saw_cancel(&self) -> bool {
        self.executions.iter().any(Execution::saw_cancel)
    }

    fn events(&self) -> impl Iterator<Item = (&Execution, &Event)> {
        self.executions
            .iter()
            .flat_map(|execution| execution.history.iter().map(move |event| (execution, &**event)))
    }
}

impl Call {
    /// Its argument; of several the first.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if that is no `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Activity, Outcome};
    ///
    /// const CHARGE: Activity<u64, String> = Activity::new("Charge");
    ///
    /// /// What was charged, whether the workflow heard of it or not.
    /// fn charged(outcome: &Outcome) -> u64 {
    ///     let done = outcome.calls(CHARGE).filter(|call| call.returned::<String>().is_some());
    ///     done.map(|call| call.argument::<u64>().expect("cents")).sum()
    /// }
    /// ```
    pub fn argument<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        Payloads::decode(self.input.as_ref())
    }

    /// What its code returned, also if its end was [lost](Self::lost) on the way; `None` if it returned nothing that is a
    /// `T`: it failed, it was canceled, it still runs, or it died with its worker.
    #[must_use]
    pub fn returned<T: DeserializeOwned>(&self) -> Option<T> {
        Payloads::decode(self.result.as_ref()?.as_ref().ok()?.as_ref()).ok()
    }
}
