//! Signals and updates that start their workflow if need be (T-14).

use std::time::Duration;

use rehearsal_activation::names::{Signal, Update as UpdateName};
use rehearsal_history::{Payloads, SmolStr, WorkflowIdConflictPolicy};
use rehearsal_service::{Answer, Input, InvalidRequest, NotFound, RequestError, UpdateWithStart};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::format_smolstr;

use super::client::{ClientError, IDENTITY, StartOptions, decoded};
use super::patience::BUSY_PATIENCE;
use super::updates::{PATIENCE, Stage};
use super::{Handle, UpdateHandle, World};

impl World {
    /// Signals a workflow, which is started first if none with this id is running: the signal stands right behind the
    /// start, so its first workflow task sees it.
    ///
    /// [`StartOptions::id_conflict_policy`] says what is done about a running one. By default that one is signaled.
    ///
    /// # Errors
    ///
    /// What the server answers: the id cannot be used again, the policies cannot be meant, or a running workflow has had
    /// enough signals, or tries to close for longer than the client tries (W-13). [`ClientError::DeadlineExceeded`] where a
    /// fault keeps the answer from the client: then it was taken.
    ///
    /// # Panics
    ///
    /// Panics if `value` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, StartOptions, Workflow, WorkflowError};
    /// use rehearsal::{Signal, Status};
    /// const APPROVE: Signal<String> = Signal::new("approve");
    ///
    /// # const ORDER: Workflow<(), String> = Workflow::new("Order");
    /// # async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> { Ok(ctx.signals(APPROVE).recv().await) }
    /// let mut world = Scenario::new("order").workflow(ORDER, order).world();
    /// let options = StartOptions::new("Order", "order-7");
    /// let order = world.signal_with_start(options, APPROVE, "ada".to_owned())?;
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn signal_with_start<T: Serialize>(
        &mut self,
        options: StartOptions,
        signal: Signal<T>,
        value: T,
    ) -> Result<Handle, ClientError> {
        let name = signal.into_name();
        let input = Payloads::encode(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.signal_with_start_workflow(options, &name, input.as_ref())
    }

    /// The same with a signal that is known by its name.
    ///
    /// # Errors
    ///
    /// As [`signal_with_start`](Self::signal_with_start).
    #[expect(clippy::needless_pass_by_value, reason = "as all starts are given theirs")]
    pub fn signal_with_start_workflow(
        &mut self,
        options: StartOptions,
        name: &str,
        input: Option<&Payloads>,
    ) -> Result<Handle, ClientError> {
        self.moved = true;
        let give_up = self.clock.now() + BUSY_PATIENCE;
        let tries = self.scenario.client_retries;
        let handle = self.patiently(tries, give_up, |world| {
            world.signal_with_start_as(options.clone(), name.into(), input.cloned(), IDENTITY)
        })?;
        if self.reply_is_lost(handle.run, || format_smolstr!("signal-with-start {name}")) {
            return Err(ClientError::DeadlineExceeded);
        }
        Ok(handle)
    }

    pub(super) fn signal_with_start_as(
        &mut self,
        options: StartOptions,
        name: SmolStr,
        input: Option<Payloads>,
        identity: SmolStr,
    ) -> Result<Handle, ClientError> {
        let mut start = Box::new(self.start_request(options, identity));
        start.run_id = self.fresh_id();
        self.started(Input::SignalWithStart { start, name, input })
    }

    /// Updates a workflow, which is started first if none with this id is running, and waits for the result.
    ///
    /// [`StartOptions::id_conflict_policy`] must be given: it says what is done about a running one. What an update of the
    /// same id has come to before is the result, also if its workflow has closed.
    ///
    /// # Errors
    ///
    /// What the client gets: the start is refused, or the update ([`ClientError::UpdateWithStart`]); the update is
    /// rejected, or its handler fails; the workflow closes first; nobody answers; the result is no `O`. A workflow that was
    /// started for an update that is rejected stays.
    ///
    /// # Panics
    ///
    /// Panics if `input` cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, StartOptions, Update, Workflow, WorkflowError, mins};
    /// use rehearsal::WorkflowIdConflictPolicy;
    /// # const CART: Workflow<(), ()> = Workflow::new("Cart");
    /// const ADD: Update<u64, u64> = Update::new("add");
    /// # async fn cart(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    /// #     ctx.on_update(ADD, |_ctx, n| async move { Ok(n) }).await;
    /// #     ctx.sleep(mins(5)).await
    /// # }
    /// let mut world = Scenario::new("cart").workflow(CART, cart).world();
    /// let options = StartOptions {
    ///     id_conflict_policy: WorkflowIdConflictPolicy::UseExisting,
    ///     ..StartOptions::new("Cart", "cart-7")
    /// };
    /// let (cart, added) = world.update_with_start(options.clone(), ADD, 2)?;
    /// assert_eq!(added, 2);
    /// let (same, _) = world.update_with_start(options, ADD, 3)?;
    /// assert_eq!(same.run_id, cart.run_id);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    pub fn update_with_start<I: Serialize, O: DeserializeOwned>(
        &mut self,
        options: StartOptions,
        update: UpdateName<I, O>,
        input: I,
    ) -> Result<(Handle, O), ClientError> {
        let name = update.into_name();
        let input = Payloads::encode(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (handle, sent) =
            self.update_with_start_workflow(options, &name, "", input.as_ref(), PATIENCE)?;
        let result = self.update_result(&sent, PATIENCE)?;
        Ok((handle, decoded(result.as_ref())?))
    }

    /// Sends an update with this id to a workflow, which is started first if need be, and waits `patience` until it is
    /// accepted or rejected. An empty id stands for a new one.
    ///
    /// What is to be sent again is, as with [`update_workflow`](Self::update_workflow); once also if a workflow that was
    /// running closes before it has looked at the update.
    ///
    /// # Errors
    ///
    /// As [`update_with_start`](Self::update_with_start). An update that was rejected is an error here, one whose handler
    /// fails is not.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as all that starts a workflow takes its options"
    )]
    pub fn update_with_start_workflow(
        &mut self,
        options: StartOptions,
        name: &str,
        update_id: &str,
        input: Option<&Payloads>,
        patience: Duration,
    ) -> Result<(Handle, UpdateHandle), ClientError> {
        let give_up = self.clock.now().saturating_add(patience);
        let update_id = self.update_id(update_id);
        let mut closed_before = false;
        loop {
            let sent = self.send_update_with_start(options.clone(), name, &update_id, input);
            let ran = sent.as_ref().is_ok_and(|(_, sent)| sent.with_start == Some(false));
            let accepted = sent.and_then(|(handle, sent)| {
                self.wait_for(&sent, Stage::Accepted, give_up).map(|_accepted| (handle, sent))
            });
            let error = match &accepted {
                Err(error) => error,
                Ok((handle, _)) => {
                    let what = || format_smolstr!("update-with-start {name}");
                    if self.reply_is_lost(handle.run, what) {
                        return Err(ClientError::UpdateTimeout);
                    }
                    return accepted;
                }
            };
            // `updateOnlyWasAbortedByClosingWorkflow`: by the server once, and then by the clients of SDKs.
            if ran && is_aborted(error) && (!closed_before || self.scenario.client_retries) {
                closed_before = true;
                continue;
            }
            if !self.sends_again(error) {
                return accepted;
            }
            self.back_off(give_up)?;
        }
    }

    /// Sends an update to a workflow, which is started first if need be, and does not wait for anything.
    ///
    /// A workflow that was running may close before it has looked at the update. The server sends the update once more
    /// then, which starts another workflow; here that is up to the caller, who is told by
    /// [`UpdateHandle::started_workflow`] that it was running. [`update_with_start`](Self::update_with_start) does so.
    ///
    /// # Errors
    ///
    /// What the server answers: the start is refused, or the update.
    pub fn send_update_with_start(
        &mut self,
        options: StartOptions,
        name: &str,
        update_id: &str,
        input: Option<&Payloads>,
    ) -> Result<(Handle, UpdateHandle), ClientError> {
        let unsaid = options.id_conflict_policy == WorkflowIdConflictPolicy::Unspecified;
        if unsaid && self.scenario.client_retries {
            return Err(InvalidRequest::NoConflictPolicy.into());
        }
        self.moved = true;
        self.update_with_start_as(options, name, update_id, input, IDENTITY)
    }

    pub(super) fn update_with_start_as(
        &mut self,
        options: StartOptions,
        name: &str,
        update_id: &str,
        input: Option<&Payloads>,
        identity: SmolStr,
    ) -> Result<(Handle, UpdateHandle), ClientError> {
        let workflow_id = options.workflow_id.clone();
        let before = self.service.run_of(&workflow_id);
        let update_id = self.update_id(update_id);
        let by = identity.clone();
        let request = Box::new(self.update_request(name, update_id.clone(), input, by));
        let start = Box::new(self.start_request(options, identity));
        let handle = self.started(Input::UpdateWithStart { start, request })?;
        let with_start = Some(before != Some(handle.run));
        let sent = UpdateHandle { update_id, workflow_id, run: handle.run, with_start };
        Ok((handle, sent))
    }

    /// Asks for something that is answered with a run.
    pub(super) fn started(&mut self, input: Input) -> Result<Handle, ClientError> {
        match self.call(input)? {
            Answer::Started(run) => {
                self.moved = true;
                let view = self.service.run(run);
                let (workflow_id, run_id) = (view.workflow_id.clone(), view.run_id.clone());
                Ok(Handle { workflow_id, run_id, run })
            }
            other => unreachable!("a start is answered with a run, not with {other:?}"),
        }
    }
}

/// Whether a workflow that was running has closed before it looked at an update.
pub(super) fn is_aborted(error: &ClientError) -> bool {
    match error {
        RequestError::UpdateWithStart { part: UpdateWithStart::Update, error } => {
            **error == RequestError::NotFound(NotFound::UpdateAborted)
        }
        _ => false,
    }
}
