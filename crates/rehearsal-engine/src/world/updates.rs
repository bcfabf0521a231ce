//! Updates: sent by the client, which waits until they have come as far as it wants.

use std::time::Duration;

use rehearsal_activation::names::Update as UpdateName;
use rehearsal_history::event::{UpdateInput, UpdateMeta, UpdateRequest};
use rehearsal_history::{Failure, FailureInfo, Payloads, SmolStr, Timestamp};
use rehearsal_service::{Busy, Input, RequestError, RunRef, UpdateStage};
use rehearsal_worker::Profile;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::format_smolstr;

use super::client::{ClientError, IDENTITY, decoded, target};
use super::{Handle, World};

/// How long a client waits for an update if it says nothing else: a server answers a long poll after 20 s, and the SDKs
/// then ask again.
const PATIENCE: Duration = Duration::MAX;

/// How long a client waits before it sends an update again that was refused because the workflow is busy.
const BUSY_BACKOFF: Duration = Duration::from_millis(100);

/// How far an update must come for the client to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
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
    run: RunRef,
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
        let (id, workflow) = (self.ids.uuid(), &handle.workflow_id);
        self.update_workflow(workflow, None, &name, &id, input.as_ref(), PATIENCE)
    }

    /// Sends an update with this id to the current run of a workflow, or to the run that is named, and waits `patience`
    /// until it is accepted or rejected. A second update of one id is the first.
    ///
    /// While the workflow is busy the request is tried again, as the client of an SDK does.
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
        loop {
            let sent = self.send_update(workflow_id, run_id, name, update_id, input);
            let accepted = sent.and_then(|sent| {
                self.wait_for(&sent, Stage::Accepted, give_up).map(|_accepted| sent)
            });
            match accepted {
                Err(RequestError::ResourceExhausted(_)) if self.clock.now() < give_up => {
                    self.advance(BUSY_BACKOFF.min(give_up.since(self.clock.now())));
                }
                Err(RequestError::ResourceExhausted(_)) => return Err(ClientError::UpdateTimeout),
                accepted => return accepted,
            }
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
        let request = UpdateRequest {
            meta: Some(UpdateMeta {
                update_id: update_id.into(),
                identity: IDENTITY,
                ..UpdateMeta::default()
            }),
            input: Some(UpdateInput {
                header: self.scenario.profile.client_header(),
                name: name.into(),
                args: input.cloned(),
                ..UpdateInput::default()
            }),
            ..UpdateRequest::default()
        };
        self.moved = true;
        let run = match run_id {
            Some(run_id) => self.service.run_by_id(workflow_id, run_id),
            None => self.service.run_of(workflow_id),
        };
        let target = target(workflow_id, run_id);
        self.call(Input::UpdateWorkflow { target, request: Box::new(request) })?;
        let (update_id, workflow_id) = (update_id.into(), workflow_id.into());
        // It is there, or it would have been refused.
        run.map(|run| UpdateHandle { update_id, workflow_id, run })
            .ok_or(ClientError::UpdateTimeout)
    }

    /// Waits `patience` until an update is accepted, or rejected.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update); [`ClientError::ResourceExhausted`] if it is to be sent again.
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
    /// As [`update`](Self::update); [`ClientError::ResourceExhausted`] if it is to be sent again.
    pub fn update_result(
        &mut self,
        update: &UpdateHandle,
        patience: Duration,
    ) -> Result<Option<Payloads>, ClientError> {
        let give_up = self.clock.now().saturating_add(patience);
        self.wait_for(update, Stage::Completed, give_up)
    }

    /// Waits until an update has come so far.
    fn wait_for(
        &mut self,
        update: &UpdateHandle,
        stage: Stage,
        give_up: Timestamp,
    ) -> Result<Option<Payloads>, ClientError> {
        loop {
            match (self.service.update(update.run, &update.update_id), stage) {
                (Some(UpdateStage::Completed(Ok(result))), _) => return Ok(result.clone()),
                (Some(UpdateStage::Accepted | UpdateStage::Completed(Err(_))), Stage::Accepted) => {
                    return Ok(None);
                }
                (Some(UpdateStage::Completed(Err(failure))), Stage::Completed) => {
                    return Err(self.failed(failure));
                }
                (Some(UpdateStage::Rejected(failure)), _) => return Err(self.failed(failure)),
                (Some(UpdateStage::Cleared) | None, _) => return Err(Busy::Closing.into()),
                (Some(UpdateStage::Refused(error)), _) => return Err(error.clone()),
                (Some(UpdateStage::Admitted), _)
                | (Some(UpdateStage::Accepted), Stage::Completed) => {}
            }
            if !self.step(give_up) {
                return Err(ClientError::UpdateTimeout);
            }
        }
    }

    /// A failure as the client of the SDK prints it.
    fn failed(&self, failure: &Failure) -> ClientError {
        let message = &failure.message;
        match &failure.info {
            Some(FailureInfo::Application(info)) => {
                let kind = info.kind.clone();
                let message = if self.scenario.profile == Profile::Go && !kind.is_empty() {
                    let retryable = !info.non_retryable;
                    format_smolstr!("{message} (type: {kind}, retryable: {retryable})")
                } else {
                    message.clone()
                };
                ClientError::UpdateFailed { message, kind }
            }
            Some(FailureInfo::Canceled(_)) => {
                let kind = SmolStr::new_static("Canceled");
                let none = message.is_empty() || self.scenario.profile == Profile::Go;
                let message = if none { "canceled".into() } else { message.clone() };
                ClientError::UpdateFailed { message, kind }
            }
            _ => ClientError::UpdateFailed { message: message.clone(), kind: SmolStr::default() },
        }
    }
}
