//! What a scenario expects of its runs beside its checks: what is meant to go wrong, and that everything is seen.

use rehearsal_engine::{Check, Code, Finding, Outcome, Seen};
use rehearsal_history::Status;

use crate::case;
use crate::failure::Failure;
use crate::names::ActivityName;
use crate::scenario::Scenario;

impl Scenario {
    /// Says that an activity is meant to fail in this scenario, whatever its code does: that it panics in every attempt is
    /// no finding then (RH601), and that no run sees it succeed is not said at the end (RH603). A stub that says so itself,
    /// with [`Stub::fails`](crate::Stub::fails), needs no word more.
    ///
    /// An activity that the scenario does not know is a finding, RH502.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, RetryPolicy, Scenario, Workflow,
    ///     WorkflowError, secs,
    /// };
    ///
    /// const SHIP: Workflow<(), ()> = Workflow::new("Ship");
    /// const PACK: Activity<(), ()> = Activity::new("Pack");
    ///
    /// async fn ship(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let once = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    ///     let options = ActivityOptions::start_to_close(secs(60)).with_retry_policy(once);
    ///     ctx.with_activity_options(options).execute(PACK, ()).await
    /// }
    ///
    /// async fn pack(_: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     panic!("nothing to pack")
    /// }
    ///
    /// let broken = Scenario::new("broken").workflow(SHIP, ship).activity(PACK, pack).client(|world| {
    ///     world.start(SHIP, "order-7", ());
    /// });
    /// assert!(broken.try_sweep().is_err());
    /// assert!(broken.expect_failing(PACK).try_sweep().is_ok());
    /// ```
    #[must_use]
    pub fn expect_failing<K>(mut self, activity: impl ActivityName<K>) -> Self {
        self.inner = self.inner.with_failing(activity.activity_name());
        self
    }

    /// Says that a signal of this name is sent in vain: that its workflow listens for it nowhere (RH602), or drops it
    /// because it carries something else (RH108), is no finding then.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Signal, Workflow, WorkflowError, secs};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// const WAKE: Signal<()> = Signal::new("wake");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let deaf = Scenario::new("deaf").workflow(NAP, nap).client(|world| {
    ///     let nap = world.start(NAP, "nap-1", ());
    ///     world.advance(secs(5));
    ///     let _closed = world.signal(&nap, WAKE, ());
    /// });
    /// assert!(deaf.try_sweep().is_err());
    /// assert!(deaf.expect_unread(WAKE.name()).try_sweep().is_ok());
    /// ```
    #[must_use]
    pub fn expect_unread(mut self, signal: &str) -> Self {
        self.inner = self.inner.with_unread(signal);
        self
    }

    /// Says that no worker has workflows of this type: a child of another team whose workers are away, for example. Each
    /// of their workflow tasks fails, as on a server, until they time out or are terminated; without this word that ends
    /// the run (RH502).
    ///
    /// A type that the scenario has code for is a finding, RH502.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{ChildOptions, Context, Scenario, Workflow, WorkflowError, secs};
    ///
    /// const BILL: Workflow<(), String> = Workflow::new("Bill");
    /// const LEDGER: Workflow<(), ()> = Workflow::new("Ledger");
    ///
    /// async fn bill(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     let ctx = ctx.with_child_options(ChildOptions::new().with_run_timeout(secs(30)));
    ///     Ok(ctx.execute_child(LEDGER, ()).await.map_or("late".to_owned(), |()| "booked".to_owned()))
    /// }
    ///
    /// let away = Scenario::new("away").workflow(BILL, bill).client(|world| {
    ///     world.start(BILL, "bill-7", ());
    /// });
    /// assert!(away.try_sweep().is_err());
    /// assert!(away.expect_unregistered(LEDGER.name()).try_sweep().is_ok());
    /// ```
    #[must_use]
    pub fn expect_unregistered(mut self, workflow_type: &str) -> Self {
        self.inner = self.inner.with_unregistered(workflow_type);
        self
    }

    /// What no run of a sweep or an exploration saw is a finding: an await that none of them got past (RH603), a signal
    /// that none of them read (RH602), a check that had nothing to judge (RH604). Without this they are listed at the end of
    /// the report. `REHEARSAL_STRICT=1` in the environment does the same for all scenarios.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Code, Context, Scenario, Signal, Workflow, WorkflowError, secs};
    ///
    /// const WAIT: Workflow<(), bool> = Workflow::new("Wait");
    /// const APPROVE: Signal<()> = Signal::new("approve");
    ///
    /// async fn wait(ctx: Context, (): ()) -> Result<bool, WorkflowError> {
    ///     let approvals = ctx.signals(APPROVE);
    ///     ctx.wait_timeout(secs(60), || !approvals.is_empty()).await
    /// }
    ///
    /// // Nobody approves, so only the other half of the workflow is rehearsed.
    /// let scenario = Scenario::new("wait").workflow(WAIT, wait).client(|world| {
    ///     world.start(WAIT, "article-7", ());
    /// });
    /// assert!(scenario.sweep().table().ends_with("not seen in any run: signal `approve` comes\n"));
    /// let failure = scenario.strict().try_sweep().unwrap_err();
    /// assert_eq!(failure.findings()[0].code, Code::NeverPassed);
    /// ```
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Whether what no run saw is a finding.
    pub(crate) fn is_strict(&self) -> Result<bool, Failure> {
        case::strict().map(|strict| strict || self.strict).map_err(Failure::of_finding)
    }

    /// The signals that nobody listens for in a calm run which is all that is known: only of one that never ended. Others
    /// may have taken another path than the one that listens.
    pub(crate) fn never_read(&self, calm: &Outcome) -> Vec<Finding> {
        if calm.main().is_none_or(|main| main.status != Status::Running) {
            return Vec::new();
        }
        let mut seen = Seen::new(&self.inner, &[]);
        seen.note(calm);
        seen.never_read()
    }

    /// What the scenario names and does not have, or has and should not.
    pub(crate) fn misnamed(&self) -> Vec<Finding> {
        let mut findings = self.unknown_activities();
        findings.extend(self.checked_in_vain());
        let registered = self.inner.unregistered();
        let registered = registered.filter(|name| self.inner.definition(name).is_some());
        findings.extend(registered.map(|name| {
            let headline =
                format!("`expect_unregistered` names workflow type `{name}`, which is registered");
            Finding::new(Code::Setup, headline)
        }));
        findings
    }

    /// That nothing is [`misnamed`](Self::misnamed), before many runs are made.
    ///
    /// # Errors
    ///
    /// A failure with the first that is.
    pub(crate) fn knows_its_names(&self) -> Result<(), Failure> {
        self.misnamed()
            .into_iter()
            .next()
            .map_or(Ok(()), |finding| Err(Failure::of_finding(finding)))
    }

    /// A check that names an activity which the scenario does not know would pass for ever. What workers outside have is
    /// not known.
    pub(crate) fn unknown_activities(&self) -> Vec<Finding> {
        if self.inner.has_workers_outside() {
            return Vec::new();
        }
        let checked = self.checks.iter().flat_map(Check::activities);
        let checked = checked.map(|name| ("a check", name));
        let failing = self.inner.failing().map(|name| ("`expect_failing`", name.clone()));
        checked
            .chain(failing)
            .filter(|(_, name)| !self.inner.has_activity(name))
            .map(|(who, name)| {
                Finding::new(
                    Code::Setup,
                    format!("{who} names activity `{name}`, which has neither code nor a stub"),
                )
            })
            .collect()
    }
}
