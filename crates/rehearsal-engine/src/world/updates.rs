//! Updates: sent by the client, which waits until they have come as far as it wants.

use std::time::Duration;

use rehearsal_activation::go_error::GoError;
use rehearsal_activation::names::Update as UpdateName;
use rehearsal_history::event::{UpdateInput, UpdateMeta, UpdateRequest};
use rehearsal_history::{Failure, FailureInfo, Payloads, SmolStr, Timestamp};
use rehearsal_service::{Input, RequestError, RunRef, UpdateStage, UpdateWithStart};
use rehearsal_worker::Profile;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::format_smolstr;

use super::client::{ClientError, IDENTITY, decoded, target};
use super::{Handle, World};

/// How long a client waits for an update if it says nothing else: a server answers a long poll after 20 s, and the SDKs
/// then ask again.
pub(super) const PATIENCE: Duration = Duration::MAX;

/// How long a client waits before it sends an update again that was refused because the workflow is busy.
const BUSY_BACKOFF: Duration = Duration::from_millis(100);

/// How far an update must come for the client to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Accepted,
    Completed,
}

/// An update that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateHandle {
    /// Its id.
    pub update_id: SmolStr,
    /// The workflow.
    pub workflow_id: SmolStr,
    pub(super) run: RunRef,
    /// If it came with a start: whether that started the workflow.
    pub(super) with_start: Option<bool>,
}

impl UpdateHandle {
    /// Whether it came with a start that started the workflow; `None` if it came without a start.
    #[must_use]
    pub const fn started_workflow(&self) -> Option<bool> {
        self.with_start
    }

    /// What the client gets if the update is refused after it was sent.
    fn refused(&self, error: &RequestError) -> ClientError {
        if self.with_start.is_none() {
            return error.clone();
        }
        RequestError::UpdateWithStart {
            part: UpdateWithStart::Update,
            error: Box::new(error.clone()),
        }
    }
}

impl World {
    /// Updates a workflow and waits for the result.
    ///
    /// # Errors
    ///
    /// What the client gets: the update was rejected, or its handler failed ([`ClientError::UpdateFailed`]); the workflow
    /// is closed, or closes first; nobody answers ([`ClientError::UpdateTimeout`]); the result is no `O`.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Update, Workflow, WorkflowError, mins};
    /// # const DOOR: Workflow<(), ()> = Workflow::new("Door");
    /// const OPEN: Update<u64, String> = Update::new("open");
    /// # async fn door(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    /// #     let check = |code: &u64| if *code == 7 { Ok(()) } else { Err(WorkflowError::new("wrong code")) };
    /// #     ctx.on_update_if(OPEN, check, |_ctx, _code| async { Ok("open".to_owned()) }).await;
    /// #     ctx.sleep(mins(5)).await
    /// # }
    /// let mut world = Scenario::new("door").workflow(DOOR, door).world();
    /// let door = world.start(DOOR, "door-1", ());
    /// assert_eq!(world.update(&door, OPEN, 7)?, "open");
    /// assert_eq!(world.update(&door, OPEN, 8).unwrap_err().to_string(), "wrong code");
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn update<I: Serialize, O: DeserializeOwned>(
        &mut self,
        handle: &Handle,
        update: UpdateName<I, O>,
        input: I,
    ) -> Result<O, ClientError> {
        let sent = self.start_update(handle, update, input)?;
        let result = self.update_result(&sent, PATIENCE)?;
        decoded(result.as_ref())
    }

    /// Updates a workflow and waits until it has accepted the update, or rejected it.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON.
    pub fn start_update<I: Serialize, O>(
        &mut self,
        handle: &Handle,
        update: UpdateName<I, O>,
        input: I,
    ) -> Result<UpdateHandle, ClientError> {
        let name = update.into_name();
        let input = Payloads::encode(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.update_workflow(&handle.workflow_id, None, &name, "", input.as_ref(), PATIENCE)
    }

    /// Sends an update with this id to the current run of a workflow, or to the run that is named, and waits `patience`
    /// until it is accepted or rejected. A second update of one id is the first. An empty id stands for a new one.
    ///
    /// What is to be sent again is: while the workflow is busy, unless the scenario has a
    /// [bare client](crate::Scenario::with_bare_client).
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update). An update that was rejected is an error here, one whose handler fails is not.
    pub fn update_workflow(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        update_id: &str,
        input: Option<&Payloads>,
        patience: Duration,
    ) -> Result<UpdateHandle, ClientError> {
        let give_up = self.clock.now().saturating_add(patience);
        let update_id = self.update_id(update_id);
        loop {
            let sent = self.send_update(workflow_id, run_id, name, &update_id, input);
            let accepted = sent.and_then(|sent| {
                self.wait_for(&sent, Stage::Accepted, give_up).map(|_accepted| sent)
            });
            let again = accepted.as_ref().is_err_and(|error| self.sends_again(error));
            if !again {
                let sent = accepted?;
                if self.reply_is_lost(sent.run, || format_smolstr!("update {name}")) {
                    return Err(ClientError::UpdateTimeout);
                }
                return Ok(sent);
            }
            self.back_off(give_up)?;
        }
    }

    /// Lets the client wait before it sends an update again.
    ///
    /// # Errors
    ///
    /// Its patience is over.
    pub(super) fn back_off(&mut self, give_up: Timestamp) -> Result<(), ClientError> {
        let now = self.clock.now();
        if now >= give_up {
            return Err(ClientError::UpdateTimeout);
        }
        self.advance(BUSY_BACKOFF.min(give_up.since(now)));
        Ok(())
    }

    /// Whether an update is sent again that was refused: by the server, or by the client of an SDK.
    pub(super) fn sends_again(&self, error: &ClientError) -> bool {
        match error {
            RequestError::UpdateWithStart { error, .. } => self.sends_again(error),
            RequestError::Unavailable => true,
            RequestError::ResourceExhausted(_) => self.scenario.client_retries,
            _ => false,
        }
    }

    /// Sends an update and does not wait for anything.
    ///
    /// # Errors
    ///
    /// What the server answers: no such workflow, it is closed, closing or fails its tasks, or has too many updates.
    pub fn send_update(
        &mut self,
        workflow_id: &str,
        run_id: Option<&str>,
        name: &str,
        update_id: &str,
        input: Option<&Payloads>,
    ) -> Result<UpdateHandle, ClientError> {
        let update_id = self.update_id(update_id);
        let request = Box::new(self.update_request(name, update_id.clone(), input, IDENTITY));
        self.moved = true;
        let target = target(workflow_id, run_id);
        let run = self.service.meant(&target)?;
        self.call(Input::UpdateWorkflow { target, request })?;
        Ok(UpdateHandle { update_id, workflow_id: workflow_id.into(), run, with_start: None })
    }

    /// The id of an update; a new one if it is empty.
    pub(super) fn update_id(&mut self, id: &str) -> SmolStr {
        if id.is_empty() { self.ids.uuid() } else { id.into() }
    }

    /// What a worker is asked.
    pub(super) fn update_request(
        &self,
        name: &str,
        update_id: SmolStr,
        input: Option<&Payloads>,
        identity: SmolStr,
    ) -> UpdateRequest {
        UpdateRequest {
            meta: Some(UpdateMeta { update_id, identity, ..UpdateMeta::default() }),
            input: Some(UpdateInput {
                header: self.scenario.profile.client_header(),
                name: name.into(),
                args: input.cloned(),
                ..UpdateInput::default()
            }),
            ..UpdateRequest::default()
        }
    }

    /// Waits `patience` until an update is accepted, or rejected.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update); [`ClientError::ResourceExhausted`] or [`ClientError::Unavailable`] if it is to be sent
    /// again.
    pub fn update_accepted(
        &mut self,
        update: &UpdateHandle,
        patience: Duration,
    ) -> Result<(), ClientError> {
        let give_up = self.clock.now().saturating_add(patience);
        self.wait_for(update, Stage::Accepted, give_up).map(drop)
    }

    /// Waits `patience` for the result of an update.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update); [`ClientError::ResourceExhausted`] or [`ClientError::Unavailable`] if it is to be sent
    /// again.
    pub fn update_result(
        &mut self,
        update: &UpdateHandle,
        patience: Duration,
    ) -> Result<Option<Payloads>, ClientError> {
        let give_up = self.clock.now().saturating_add(patience);
        self.wait_for(update, Stage::Completed, give_up)
    }

    /// Waits until an update has come so far.
    pub(super) fn wait_for(
        &mut self,
        update: &UpdateHandle,
        stage: Stage,
        give_up: Timestamp,
    ) -> Result<Option<Payloads>, ClientError> {
        loop {
            self.bound();
            if let Some(come_to) = self.come_to(update, stage) {
                return come_to;
            }
            if !self.step(give_up) {
                return Err(ClientError::UpdateTimeout);
            }
        }
    }

    /// What an update has come to, once it has come so far.
    pub(super) fn come_to(
        &self,
        update: &UpdateHandle,
        stage: Stage,
    ) -> Option<Result<Option<Payloads>, ClientError>> {
        let come_to = match (self.service.update(update.run, &update.update_id), stage) {
            (Some(UpdateStage::Completed(Ok(result))), _) => Ok(result.clone()),
            (Some(UpdateStage::Accepted | UpdateStage::Completed(Err(_))), Stage::Accepted) => {
                Ok(None)
            }
            (Some(UpdateStage::Completed(Err(failure))), Stage::Completed) => {
                Err(self.failed(failure))
            }
            (Some(UpdateStage::Rejected(failure)), _) => Err(self.failed(failure)),
            (Some(UpdateStage::Cleared) | None, _) => Err(RequestError::Unavailable),
            (Some(UpdateStage::Refused(error)), _) => Err(update.refused(error)),
            (Some(UpdateStage::Admitted), _) | (Some(UpdateStage::Accepted), Stage::Completed) => {
                return None;
            }
        };
        Some(come_to)
    }

    /// A failure as the client of the SDK prints it.
    fn failed(&self, failure: &Failure) -> ClientError {
        let message = &failure.message;
        let error = GoError::received(failure);
        let (message, kind) = match &failure.info {
            Some(FailureInfo::Canceled(_))
                if message.is_empty() || self.scenario.profile == Profile::Go =>
            {
                ("canceled".into(), error.kind().into())
            }
            Some(FailureInfo::Canceled(_)) => (message.clone(), error.kind().into()),
            _ if self.scenario.profile == Profile::Go => {
                (format_smolstr!("{error}"), error.kind().into())
            }
            Some(FailureInfo::Application(info)) => (message.clone(), info.kind.clone()),
            _ => (message.clone(), SmolStr::default()),
        };
        ClientError::UpdateFailed { message, kind }
    }
}
