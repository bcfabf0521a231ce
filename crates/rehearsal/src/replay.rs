//! Replays of recorded histories: does the code of today still do what production recorded?

mod error;
mod payloads;

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use rehearsal_activation::{Definition, Trouble};
use rehearsal_history::{EventId, EventKind, History, Payload};
use rehearsal_worker::{Grade, Mismatch, Profile, ReplayOptions, Replayed, slice};
use rehearsal_workflow::{Context, Workflow, WorkflowError, definition};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::error::ReplayError;
pub(crate) use self::payloads::Encodings;

/// Reads a recorded history, as `temporal workflow show --output json` or the Web UI export it, to be replayed.
///
/// `file` is the text, or the bytes of the file as it is: the page [`replays`](crate::replays) lists the forms that are read.
///
/// Name the code to replay it against next: [`Recorded::workflow`], or with feature `temporal` `Recorded::official`.
/// Commands are compared one by one and attribute by attribute, stricter than Temporal's own replayers: a difference that
/// breaks production is an error, milder ones are listed with their grade. In a test,
/// [`assert_faithful`](Replayed::assert_faithful) says whether the code still does what was recorded.
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
/// replay(&json).workflow(NAP, nap)?.assert_faithful();
///
/// // Temporal would not notice that the nap has another length.
/// let replayed = replay(&json).workflow(NAP, longer_nap)?;
/// assert_eq!(replayed.differences[0].grade, Grade::ChangesBehavior);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay(file: impl AsRef<[u8]>) -> Recorded {
    Recorded { history: read(file.as_ref()), rules: None, encodings: Encodings::DEFAULT }
}

fn read(file: &[u8]) -> Result<History, ReplayError> {
    #[cfg(feature = "temporal")]
    if rehearsal_history::is_protobuf(file) {
        let history = rehearsal_temporal::history::decode(file);
        return history.map_err(|error| {
            rehearsal_history::DecodeError::Protobuf { message: error.to_string() }.into()
        });
    }
    Ok(History::from_bytes(file)?)
}

/// A recorded history that waits for code. Made by [`replay`].
#[derive(Debug)]
#[must_use = "nothing is replayed before the code is named"]
pub struct Recorded {
    history: Result<History, ReplayError>,
    rules: Option<Profile>,
    /// What the code can read.
    encodings: Encodings,
}

impl Recorded {
    /// Judges the history by the rules of another SDK than the one that recorded it.
    ///
    /// Without this a history is judged by the rules of its own SDK only, and refused with
    /// [`ReplayError::OtherSdk`] if the code has others: which commands are sent for the same code, in which order and with
    /// which ids differs (C-22, C-35). The SDKs of Python, TypeScript, .NET, Ruby and Swift all run on the same core as
    /// that of Rust, so with [`Profile::Core`] their recordings can be replayed against a port in Rust. What core leaves to
    /// each SDK may differ all the same, such as the order in which several things are resolved in one task.
    ///
    /// Code of the official SDK always has the rules of core.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Profile, Workflow, WorkflowError, replay};
    ///
    /// const NOTHING: Workflow<(), ()> = Workflow::new("Nothing");
    ///
    /// async fn nothing(_ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     Ok(())
    /// }
    ///
    /// # let outcome = rehearsal::Scenario::new("nothing").workflow(NOTHING, nothing).client(|world| {
    /// #     world.start(NOTHING, "nothing-1", ());
    /// # }).run();
    /// # let json = rehearsal::History::new(outcome.main().unwrap().history.clone())?.to_json();
    /// let python = json.replace("temporal-go", "temporal-python");
    /// let refused = replay(&python).workflow(NOTHING, nothing).unwrap_err();
    /// assert!(refused.to_string().contains(".rules(Profile::Core)"));
    ///
    /// replay(&python).rules(Profile::Core).workflow(NOTHING, nothing)?.assert_faithful();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rules(mut self, rules: Profile) -> Self {
        self.rules = Some(rules);
        self
    }

    /// Decodes all payloads of the history first, by the codec that the workers of production have.
    ///
    /// `decode` is given each payload, and returns those as they are that it has not encoded. From then on the history
    /// holds what it made: it is replayed and compared decoded, so that a codec may encode the same value in another way
    /// each time, and tables, texts and reports show the values. Search attributes are left alone, as no codec encodes
    /// them.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, History, Payload, Workflow, WorkflowError, replay};
    ///
    /// const ECHO: Workflow<String, String> = Workflow::new("Echo");
    ///
    /// async fn echo(_ctx: Context, text: String) -> Result<String, WorkflowError> {
    ///     Ok(text)
    /// }
    ///
    /// /// Takes off what the codec of production puts before the data.
    /// fn decode(mut payload: Payload) -> Result<Payload, String> {
    ///     match payload.data.0.strip_prefix(b"sealed:") {
    ///         Some(data) => Ok(Payload::json(data.to_vec())),
    ///         None => Ok(payload),
    ///     }
    /// }
    ///
    /// # let outcome = rehearsal::Scenario::new("echo").workflow(ECHO, echo).client(|world| {
    /// #     world.start(ECHO, "echo-1", "hello".to_owned());
    /// # }).run();
    /// # let plain = History::new(outcome.main().unwrap().history.clone())?;
    /// # let sealed = plain.map_payloads(|_, payload| {
    /// #     let data = [b"sealed:".as_slice(), &payload.data.0].concat();
    /// #     let metadata = [("encoding".into(), rehearsal::Bytes(b"binary/sealed".to_vec()))];
    /// #     Ok::<_, std::convert::Infallible>(Payload {
    /// #         metadata: std::sync::Arc::new(metadata.into_iter().collect()),
    /// #         data: rehearsal::Bytes(data),
    /// #         unknown: Default::default(),
    /// #     })
    /// # })?;
    /// # let json = sealed.to_json();
    /// assert!(replay(&json).workflow(ECHO, echo).is_err());
    ///
    /// let recorded = replay(&json).codec(decode);
    /// assert!(recorded.history().unwrap().print().contains("hello"));
    /// recorded.workflow(ECHO, echo)?.assert_faithful();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn codec<E: Display>(
        mut self,
        mut decode: impl FnMut(Payload) -> Result<Payload, E>,
    ) -> Self {
        self.history = self.history.and_then(|history| {
            let decoded = history.map_payloads(|_, payload| decode(payload));
            decoded.map_err(|bad| ReplayError::undecodable(bad, "the codec says"))
        });
        self
    }

    /// The history, for its table, its text, or what was odd in the file.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Unreadable`], or [`ReplayError::Undecodable`] behind [`codec`](Self::codec).
    pub fn history(&self) -> Result<&History, &ReplayError> {
        self.history.as_ref()
    }

    /// Replays the history against a workflow of the native API, by the rules of the SDK that recorded it.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] says what kind of trouble it is: with the file, with the SDK that recorded it, with what Rehearsal can
    /// simulate, or with the code.
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
    /// As [`workflow`](Self::workflow).
    #[cfg(feature = "temporal")]
    pub fn official<W>(mut self) -> Result<Replayed, ReplayError>
    where
        W: rehearsal_temporal::bounds::WorkflowImplementation,
        <W::Run as rehearsal_temporal::bounds::WorkflowDefinition>::Input: Send,
    {
        self.encodings = Encodings::OFFICIAL;
        let definition: Arc<dyn Definition> = rehearsal_temporal::workflow::<W>();
        self.against(&definition, &[Profile::Core])
    }

    /// The same with the data converter of the user's client. Its codec decodes the history first, as
    /// [`codec`](Self::codec) does.
    ///
    /// # Errors
    ///
    /// As [`workflow`](Self::workflow).
    #[cfg(feature = "temporal")]
    pub fn official_with<W>(
        mut self,
        converter: rehearsal_temporal::bounds::DataConverter,
    ) -> Result<Replayed, ReplayError>
    where
        W: rehearsal_temporal::bounds::WorkflowImplementation,
        <W::Run as rehearsal_temporal::bounds::WorkflowDefinition>::Input: Send,
    {
        let decoded = rehearsal_temporal::history::decode_payloads(&self.history?, &converter);
        self.history = decoded.map_err(|bad| ReplayError::undecodable(bad, "the codec says"));
        self.encodings = Encodings::Any;
        let definition: Arc<dyn Definition> =
            rehearsal_temporal::workflow_without_codec::<W>(converter);
        self.against(&definition, &[Profile::Core])
    }

    /// Replays by the rules that were asked for, or else by those of the SDK that recorded the history, which must be one
    /// of `profiles`; by the first if the history does not say.
    fn against(
        self,
        definition: &Arc<dyn Definition>,
        profiles: &[Profile],
    ) -> Result<Replayed, ReplayError> {
        let Self { history, rules, encodings } = self;
        let history = history?;
        let profile = rules_of(&history, rules, profiles)?;
        judge(&history, &encodings, definition, profile)
    }

    /// The rules that were asked for.
    pub(crate) const fn asked_rules(&self) -> Option<Profile> {
        self.rules
    }
}

/// By which rules a history is judged, if those of one of `profiles` can be meant.
pub(crate) fn rules_of(
    history: &History,
    rules: Option<Profile>,
    profiles: &[Profile],
) -> Result<Profile, ReplayError> {
    let sdk = recorded_by(history);
    let wanted = match (rules, sdk) {
        (Some(rules), _) => Some(rules),
        (None, None) => profiles.first().copied(),
        (None, Some("temporal-go")) => Some(Profile::Go),
        (None, Some("temporal-rust")) => Some(Profile::Core),
        (None, Some(_)) => None,
    };
    wanted.filter(|wanted| profiles.contains(wanted)).ok_or_else(|| {
        // Only `.rules(..)` asks for the rules of another SDK where the history does not say.
        let recorded = sdk.unwrap_or("temporal-go").to_owned();
        ReplayError::OtherSdk { recorded }
    })
}

/// Replays a history by these rules.
pub(crate) fn judge(
    history: &History,
    encodings: &Encodings,
    definition: &Arc<dyn Definition>,
    profile: Profile,
) -> Result<Replayed, ReplayError> {
    let (recorded, given) = (&history.started().workflow_type.name, definition.workflow_type());
    if recorded != given {
        let (recorded, given) = (recorded.to_string(), given.to_owned());
        return Err(ReplayError::OtherWorkflow { recorded, given });
    }
    let options = ReplayOptions { profile, cold_at: None };
    match rehearsal_worker::replay(history.events(), definition.as_ref(), options) {
        Ok(replayed) => accepted(history, encodings, replayed),
        Err(mismatch) => Err(refused(history, encodings, mismatch)),
    }
}

/// What is wrong although nothing breaks production: with the file, or with payloads that nobody could read.
fn accepted(
    history: &History,
    encodings: &Encodings,
    mut replayed: Replayed,
) -> Result<Replayed, ReplayError> {
    let changed = replayed.differences.iter().find(|found| found.grade > Grade::Cosmetic);
    if let Some(changed) = changed
        && let Some(error) = unread(history, encodings, changed)
    {
        return Err(error);
    }
    // A task that asked for nothing may end a history. Here it asks for something, so its events are missing.
    let completed = history
        .events()
        .last()
        .is_some_and(|last| matches!(last.kind, EventKind::WorkflowTaskCompleted(_)));
    let at_the_cut = replayed.differences.iter().find(|found| found.is_at_the_cut());
    if let Some(mismatch) = at_the_cut.filter(|_| completed) {
        return Err(ReplayError::may_be_cut(history, Box::new(mismatch.clone())));
    }
    if let Err(cut) = history.check_end() {
        return Err(ReplayError::Cut {
            event: cut.event,
            found: cut.found.to_string(),
            why: cut.missing.to_owned(),
            mismatch: None,
        });
    }
    replayed.notes = history.peculiarities().iter().map(ToString::to_string).collect();
    Ok(replayed)
}

/// What kind of trouble ended a replay.
fn refused(history: &History, encodings: &Encodings, mismatch: Box<Mismatch>) -> ReplayError {
    if let Some(Trouble::NotSimulated { what }) = &mismatch.trouble {
        return ReplayError::NotSimulated { what: what.clone(), mismatch };
    }
    if let Some(error) = unread(history, encodings, &mismatch) {
        return error;
    }
    if mismatch.is_at_the_cut() {
        return ReplayError::may_be_cut(history, mismatch);
    }
    ReplayError::Breaks(mismatch)
}

/// The payload that the code could not read, and that `mismatch` may come from: one that stands before it or in it.
fn unread(history: &History, encodings: &Encodings, mismatch: &Mismatch) -> Option<ReplayError> {
    let mut error = encodings.unread(history)?;
    if let ReplayError::Undecodable { event, mismatch: then, .. } = &mut error {
        if *event > place(history, mismatch) {
            return None;
        }
        *then = Some(Box::new(mismatch.clone()));
    }
    Some(error)
}

/// The event of a mismatch; of what is not recorded, the last of its task.
fn place(history: &History, mismatch: &Mismatch) -> EventId {
    let of_task = || {
        let task = slice(history.events()).tasks.into_iter().nth(mismatch.task.checked_sub(1)?)?;
        task.commands.last().or(task.completed.as_ref()).map(|event| event.id)
    };
    mismatch.at.or_else(of_task).unwrap_or(EventId::FIRST)
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
