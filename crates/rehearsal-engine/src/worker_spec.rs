//! What a scenario says of a worker.

use std::collections::BTreeMap;
use std::time::Duration;

use rehearsal_activation::names::Workflow;
use rehearsal_history::SmolStr;

/// When a worker runs and what it polls.
///
/// ```
/// use rehearsal::{WorkerSpec, secs};
///
/// let dies_early = WorkerSpec::new("main").until(secs(3)).crash();
/// let takes_over = WorkerSpec::new("main").from(secs(5));
/// ```
#[expect(clippy::struct_excessive_bools, reason = "none of them says anything of another")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSpec {
    pub(crate) queue: SmolStr,
    pub(crate) from: Duration,
    pub(crate) until: Option<Duration>,
    pub(crate) crash: bool,
    /// Whether its process ends with it.
    pub(crate) exits: bool,
    pub(crate) workflows: bool,
    pub(crate) activities: bool,
    /// The types of workflows for which it runs what is registered under another name.
    pub(crate) code: BTreeMap<SmolStr, SmolStr>,
    /// How many workflows its SDK is told to keep; `None` for all.
    pub(crate) cache: Option<usize>,
    /// How many activities it runs at a time; `None` for no limit.
    pub(crate) activity_slots: Option<usize>,
    /// How long it lets its activities go on when it stops; `None` for until they end.
    pub(crate) stop_timeout: Option<Duration>,
    pub(crate) remote: bool,
    pub(crate) identity: Option<SmolStr>,
}

impl WorkerSpec {
    /// A worker that polls `queue` for workflow and activity tasks from the beginning to the end.
    #[must_use]
    pub fn new(queue: impl Into<SmolStr>) -> Self {
        Self {
            queue: queue.into(),
            from: Duration::ZERO,
            until: None,
            crash: false,
            exits: false,
            workflows: true,
            activities: true,
            code: BTreeMap::new(),
            cache: None,
            activity_slots: None,
            stop_timeout: None,
            remote: false,
            identity: None,
        }
    }

    /// It starts this long after the run began.
    #[must_use]
    pub fn from(mut self, from: Duration) -> Self {
        self.from = from;
        self
    }

    /// It stops this long after the run began: it polls no more, and finishes what it has.
    #[must_use]
    pub fn until(mut self, until: Duration) -> Self {
        self.until = Some(until);
        self
    }

    /// Instead of stopping it dies: no completion, heartbeat or failure is sent any more.
    #[must_use]
    pub fn crash(mut self) -> Self {
        self.crash = true;
        self
    }

    /// Its process ends when it stops: the activities that it still runs are lost then, as nothing of them is sent any
    /// more. It waits for them until its stop timeout if it has one ([`with_stop_timeout`](Self::with_stop_timeout)), and
    /// not at all if it has none, which is how a worker of Go stops unless `WorkerStopTimeout` is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Payloads, Scenario, WorkerSpec,
    ///     Workflow, WorkflowError, mins, secs,
    /// };
    ///
    /// const COUNT: Workflow<(), u32> = Workflow::new("Count");
    /// const SHEEP: Activity<(), u32> = Activity::new("Sheep");
    ///
    /// async fn count(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     ctx.with_activity_options(ActivityOptions::start_to_close(mins(5))).execute(SHEEP, ()).await
    /// }
    ///
    /// async fn sheep(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    ///     ctx.sleep(mins(2)).await;
    ///     Ok(ctx.attempt())
    /// }
    ///
    /// let outcome = Scenario::new("lights out")
    ///     .workflow(COUNT, count)
    ///     .activity(SHEEP, sheep)
    ///     .worker(WorkerSpec::new("main").until(mins(1)).exits())
    ///     .worker(WorkerSpec::new("main").from(mins(2)))
    ///     .client(|world| drop(world.start(COUNT, "count-1", ())))
    ///     .run();
    /// let attempt: u32 = Payloads::decode(outcome.main().unwrap().result()).unwrap();
    /// assert_eq!(attempt, 2);
    /// ```
    #[must_use]
    pub const fn exits(mut self) -> Self {
        self.exits = true;
        self
    }

    /// It takes activity tasks only.
    #[must_use]
    pub fn no_workflows(mut self) -> Self {
        self.workflows = false;
        self
    }

    /// It takes workflow tasks only. By the rules of core it runs no local activities either: a worker of the official SDK
    /// without registered activities leaves them alone, and the workflow task that waits for one times out.
    #[must_use]
    pub fn no_activities(mut self) -> Self {
        self.activities = false;
        self
    }

    /// For `workflow` it runs what is registered as `code`: so workers of one queue can have different code, as while a
    /// new version is deployed. What such a run has recorded is replayed with the code of the worker that completed its
    /// last workflow task.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Status, WorkerSpec, Workflow, WorkflowError, mins, secs};
    ///
    /// const NAP: Workflow<(), String> = Workflow::new("Nap");
    /// const NAP_V2: Workflow<(), String> = Workflow::new("Nap, second version");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     ctx.sleep(mins(5)).await?;
    ///     Ok("first".to_owned())
    /// }
    ///
    /// async fn nap_v2(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ///     ctx.sleep(mins(5)).await?;
    ///     Ok("second".to_owned())
    /// }
    ///
    /// let mut world = Scenario::new("deployment")
    ///     .workflow(NAP, nap)
    ///     .workflow(NAP_V2, nap_v2)
    ///     .worker(WorkerSpec::new("main").until(secs(60)))
    ///     .worker(WorkerSpec::new("main").from(secs(90)).with_code(NAP, NAP_V2))
    ///     .world();
    /// let run = world.start(NAP, "nap-1", ());
    /// assert_eq!(world.wait(&run), Status::Completed);
    /// ```
    #[must_use]
    pub fn with_code<I, O>(mut self, workflow: Workflow<I, O>, code: Workflow<I, O>) -> Self {
        self.code.insert(workflow.into_name(), code.into_name());
        self
    }

    /// It keeps so many workflows that have nothing to do; the one whose last task is longest ago goes first, and is
    /// replayed from the start when its next task comes. Without this it keeps all.
    ///
    /// The number is what its SDK is told, so each reads it in its own way. With zero both keep none, and every task comes
    /// from the normal queue with the whole history. Go (`SetStickyWorkflowCacheSize`) keeps one less than it is told
    /// (`newWorkerCache` in `internal_worker_cache.go` of Go SDK 1.47). Core (`max_cached_workflows`) keeps as many as it
    /// is told, and a task of another workflow waits in the worker while all of them have tasks of their own
    /// (`buffer_resp_on_full_cache` in `workflow_stream.rs` of core 0.10.1).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, EventKind, Scenario, WorkerSpec, Workflow, WorkflowError, mins};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(mins(5)).await
    /// }
    ///
    /// let outcome = Scenario::new("forgetful")
    ///     .workflow(NAP, nap)
    ///     .worker(WorkerSpec::new("main").with_cache(0))
    ///     .client(|world| drop(world.start(NAP, "nap-1", ())))
    ///     .run();
    /// let nap = outcome.main().unwrap();
    /// let queues = nap.history.iter().filter_map(|event| match &event.kind {
    ///     EventKind::WorkflowTaskScheduled(task) => Some(task.task_queue.name.as_str()),
    ///     _ => None,
    /// });
    /// assert!(queues.eq(["main", "main"]));
    /// ```
    #[must_use]
    pub const fn with_cache(mut self, workflows: usize) -> Self {
        self.cache = Some(workflows);
        self
    }

    /// It runs so many activities at a time, local ones apart; others wait in their queue until one of them has ended, or
    /// another worker takes them. Without this it takes all at once.
    ///
    /// Go calls it `MaxConcurrentActivityExecutionSize`, and has 1,000 of them; the Rust SDK has 100, in its tuner.
    ///
    /// # Panics
    ///
    /// Panics if there is none: a worker that takes no activities is one with [`no_activities`](Self::no_activities).
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, WorkerSpec,
    ///     Workflow, WorkflowError, mins, secs,
    /// };
    ///
    /// const BAKE: Workflow<(), ()> = Workflow::new("Bake");
    /// const LOAF: Activity<(), ()> = Activity::new("Loaf");
    ///
    /// async fn bake(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let ctx = ctx.with_activity_options(ActivityOptions::start_to_close(mins(5)));
    ///     let [one, two] = [ctx.execute(LOAF, ()), ctx.execute(LOAF, ())];
    ///     one.await?;
    ///     two.await
    /// }
    ///
    /// async fn loaf(ctx: ActivityContext, (): ()) -> Result<(), ActivityError> {
    ///     ctx.sleep(mins(1)).await;
    ///     Ok(())
    /// }
    ///
    /// let outcome = Scenario::new("one oven")
    ///     .workflow(BAKE, bake)
    ///     .activity(LOAF, loaf)
    ///     .worker(WorkerSpec::new("main").with_activity_slots(1))
    ///     .client(|world| drop(world.start(BAKE, "bake-1", ())))
    ///     .run();
    /// let started: Vec<_> = outcome.calls(LOAF).map(|call| call.started).collect();
    /// assert_eq!(started, [secs(0), secs(60)]);
    /// ```
    #[must_use]
    pub const fn with_activity_slots(mut self, slots: usize) -> Self {
        assert!(
            slots > 0,
            "a worker without slots for activities takes none: `no_activities` says so"
        );
        self.activity_slots = Some(slots);
        self
    }

    /// When it stops, its activities may go on for so long; what still runs then is told that its context is over. Without
    /// this they go on until they end.
    ///
    /// Activity code sees the beginning with [`worker_stops`](crate::ActivityContext::worker_stops) and the end as a cancel. In
    /// Go this is `WorkerStopTimeout`, and zero if nothing is said; in the Rust SDK `graceful_shutdown_period`, and never.
    /// What the code then returns is sent to the service all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Payloads, Scenario, WorkerSpec,
    ///     Workflow, WorkflowError, mins, secs,
    /// };
    ///
    /// const COUNT: Workflow<(), u64> = Workflow::new("Count");
    /// const SHEEP: Activity<(), u64> = Activity::new("Sheep");
    ///
    /// async fn count(ctx: Context, (): ()) -> Result<u64, WorkflowError> {
    ///     ctx.with_activity_options(ActivityOptions::start_to_close(mins(5))).execute(SHEEP, ()).await
    /// }
    ///
    /// async fn sheep(ctx: ActivityContext, (): ()) -> Result<u64, ActivityError> {
    ///     let begun = ctx.now();
    ///     ctx.worker_stops().await;
    ///     ctx.canceled().await;
    ///     Ok(ctx.now().since(begun).as_secs())
    /// }
    ///
    /// let outcome = Scenario::new("closing time")
    ///     .workflow(COUNT, count)
    ///     .activity(SHEEP, sheep)
    ///     .worker(WorkerSpec::new("main").no_workflows().until(secs(60)).with_stop_timeout(secs(30)))
    ///     .worker(WorkerSpec::new("main").no_activities())
    ///     .client(|world| drop(world.start(COUNT, "count-1", ())))
    ///     .run();
    /// let seconds: u64 = Payloads::decode(outcome.main().unwrap().result()).unwrap();
    /// assert_eq!(seconds, 90);
    /// ```
    #[must_use]
    pub const fn with_stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = Some(timeout);
        self
    }

    /// It is a process of its own: what it does comes from outside ([`Remote`](crate::Remote)).
    #[must_use]
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// What it calls itself; `worker-1` and so on unless it is said.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<SmolStr>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// The queue that it polls.
    #[must_use]
    pub const fn queue(&self) -> &SmolStr {
        &self.queue
    }

    /// How many workflows it keeps in its cache, if that is said.
    #[must_use]
    pub const fn cache(&self) -> Option<usize> {
        self.cache
    }

    /// What is registered for the workflows of this type is known by this name.
    #[must_use]
    pub fn code_of<'a>(&'a self, workflow_type: &'a str) -> &'a str {
        self.code.get(workflow_type).map_or(workflow_type, SmolStr::as_str)
    }
}
