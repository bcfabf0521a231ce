//! Replays of recorded histories: does the code of today still do what production recorded?

use std::future::Future;
use std::sync::Arc;

use rehearsal_activation::Definition;
use rehearsal_history::{DecodeError, EventKind, History};
use rehearsal_worker::{Grade, Mismatch, Profile, ReplayOptions, Replayed};
use rehearsal_workflow::{Context, Workflow, WorkflowError, definition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Reads a recorded history, as `temporal workflow show --output json` or the UI export it, to be replayed.
///
/// Name the code to replay it against next: [`Recorded::workflow`], or with feature `temporal` `Recorded::official`.
/// Commands are compared one by one and attribute by attribute, stricter than Temporal's own replayers: a difference that
/// breaks production is an error, milder ones are listed with their grade.
///
/// # Examples
///
/// ```
/// use rehearsal::{Context, Grade, Workflow, WorkflowError, replay, secs};
///
/// const NAP: Workflow<(), ()> = Workflow::new("Nap");
///
/// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     ctx.timer(secs(60)).await
/// }
///
/// async fn longer_nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
///     ctx.timer(secs(90)).await
/// }
///
/// # let outcome = rehearsal::Scenario::new("nap").workflow(NAP, nap).client(|world| {
/// #     world.start(NAP, "nap-1", ());
/// # }).run();
/// # let json = rehearsal::History::new(outcome.main().unwrap().history.clone())?.to_json();
/// let replayed = replay(&json).workflow(NAP, nap)?;
/// assert!(replayed.differences.is_empty());
///
/// // Temporal would not notice that the nap has another length.
/// let replayed = replay(&json).workflow(NAP, longer_nap)?;
/// assert_eq!(replayed.differences[0].grade, Grade::ChangesBehavior);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay(json: &str) -> Recorded {
    Recorded { history: History::from_json(json) }
}

/// A recorded history that waits for code. Made by [`replay`].
#[derive(Debug)]
#[must_use = "nothing is replayed before the code is named"]
pub struct Recorded {
    history: Result<History, DecodeError>,
}

/// Why a history was not replayed to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// It is a history of another workflow.
    #[error("the history is one of workflow type `{recorded}`, not of `{given}`")]
    OtherWorkflow {
        /// The type it was recorded for.
        recorded: String,
        /// The type of the code.
        given: String,
    },
    /// It was recorded by an SDK with other rules: which commands are sent for the same code differs (C-22, C-35).
    #[error("the history was recorded by `{recorded}`, whose rules are not those of the code")]
    OtherSdk {
        /// What the SDK says of itself.
        recorded: String,
    },
    /// The code does not do what was recorded: Temporal would fail the workflow task, or the replay cannot go on.
    #[error("{0}")]
    Breaks(Box<Mismatch>),
}

impl Recorded {
    /// Replays the history against a workflow of the native API, by the rules of the SDK that recorded it.
    ///
    /// # Errors
    ///
    /// [`ReplayError`]: the history cannot be read, is another workflow's, or the code does not do what it holds.
    pub fn workflow<I, O, F, Fut>(
        self,
        workflow: Workflow<I, O>,
        code: F,
    ) -> Result<Replayed, ReplayError>
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, WorkflowError>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
    {
        self.against(&definition(workflow, code), &[Profile::Go, Profile::Core])
    }

    /// Replays the history against a workflow of the official SDK, as it stands.
    ///
    /// # Errors
    ///
    /// [`ReplayError`]: the history cannot be read, is another workflow's or another SDK's, or the code does not do what
    /// it holds.
    #[cfg(feature = "temporal")]
    pub fn official<W>(self) -> Result<Replayed, ReplayError>
    where
        W: rehearsal_temporal::bounds::WorkflowImplementation,
        <W::Run as rehearsal_temporal::bounds::WorkflowDefinition>::Input: Send,
    {
        self.official_with::<W>(rehearsal_temporal::bounds::DataConverter::default())
    }

    /// The same with the data converter of the user's client.
    ///
    /// # Errors
    ///
    /// As [`official`](Self::official).
    #[cfg(feature = "temporal")]
    pub fn official_with<W>(
        self,
        converter: rehearsal_temporal::bounds::DataConverter,
    ) -> Result<Replayed, ReplayError>
    where
        W: rehearsal_temporal::bounds::WorkflowImplementation,
        <W::Run as rehearsal_temporal::bounds::WorkflowDefinition>::Input: Send,
    {
        let definition: Arc<dyn Definition> = rehearsal_temporal::workflow_with::<W>(converter);
        self.against(&definition, &[Profile::Core])
    }

    /// Replays by the rules of the SDK that recorded the history, which must be one of `profiles`; the first if the
    /// history does not say.
    fn against(
        self,
        definition: &Arc<dyn Definition>,
        profiles: &[Profile],
    ) -> Result<Replayed, ReplayError> {
        let history = self.history?;
        let (recorded, given) = (&history.started().workflow_type.name, definition.workflow_type());
        if recorded != given {
            let (recorded, given) = (recorded.to_string(), given.to_owned());
            return Err(ReplayError::OtherWorkflow { recorded, given });
        }
        let sdk = recorded_by(&history);
        let profile = match sdk {
            None => profiles.first(),
            Some("temporal-go") => profiles.iter().find(|profile| **profile == Profile::Go),
            Some("temporal-rust") => profiles.iter().find(|profile| **profile == Profile::Core),
            Some(_) => None,
        };
        let Some(&profile) = profile else {
            let recorded = sdk.unwrap_or_default().to_owned();
            return Err(ReplayError::OtherSdk { recorded });
        };
        let options = ReplayOptions { profile, cold_at: None };
        rehearsal_worker::replay(history.events(), definition.as_ref(), options)
            .map_err(ReplayError::Breaks)
    }
}

/// What the SDK that completed the first workflow tasks says of itself, if it does.
fn recorded_by(history: &History) -> Option<&str> {
    history.events().iter().find_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => {
            let name = &completed.sdk_metadata.as_ref()?.sdk_name;
            (!name.is_empty()).then_some(name.as_str())
        }
        _ => None,
    })
}

impl ReplayError {
    /// How bad it is, if the history could be compared.
    #[must_use]
    pub fn grade(&self) -> Option<Grade> {
        match self {
            Self::Breaks(mismatch) => Some(mismatch.grade),
            Self::Unreadable(_) | Self::OtherWorkflow { .. } | Self::OtherSdk { .. } => None,
        }
    }
}
