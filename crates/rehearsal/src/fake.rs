//! Fakes in scenarios: made for each run, shared by its activities and its client, handed back with its outcome.

use std::any::Any;

use crate::scenario::Scenario;

impl Scenario {
    /// Has each run begin with a fake of the world outside that `make` makes: a bank, a warehouse, a mailbox. One of the
    /// same type is replaced.
    ///
    /// Activities and the client reach it by its type, with [`ActivityContext::fake`](crate::ActivityContext::fake) and
    /// [`World::fake`](crate::World::fake); checks find it as the run has left it, with
    /// [`Outcome::fake`](crate::Outcome::fake). A static or an `Arc` that the scenario captures would be shared by all runs
    /// instead, so that none could be repeated (RH104, RH107).
    ///
    /// It survives workers that die, as what is outside does. It is shared, so what changes in it is in a `Mutex`, a cell of
    /// the standard library that is `Sync`, or an atomic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Code, Context, Exploration, Scenario, Workflow,
    ///     WorkflowError, check, secs,
    /// };
    ///
    /// const BUY: Workflow<(), ()> = Workflow::new("Buy");
    /// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
    ///
    /// /// What was charged, in cents.
    /// #[derive(Default)]
    /// struct Bank(Mutex<Vec<u64>>);
    ///
    /// /// The mistake: an attempt does not know whether the one before it has charged.
    /// async fn charge(ctx: ActivityContext, cents: u64) -> Result<(), ActivityError> {
    ///     ctx.fake::<Bank>().0.lock().unwrap().push(cents);
    ///     ctx.sleep(secs(1)).await;
    ///     Ok(())
    /// }
    ///
    /// async fn buy(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.with_activity_options(ActivityOptions::start_to_close(secs(10))).execute(CHARGE, 995).await
    /// }
    ///
    /// let scenario = Scenario::new("buy")
    ///     .workflow(BUY, buy)
    ///     .activity(CHARGE, charge)
    ///     .fake(Bank::default)
    ///     .client(|world| drop(world.start(BUY, "purchase-7", ())))
    ///     .check(check::always("charged once", |outcome| {
    ///         match outcome.fake::<Bank>().unwrap().0.lock().unwrap().len() {
    ///             0 | 1 => Ok(()),
    ///             charges => Err(format!("the bank has {charges} charges")),
    ///         }
    ///     }));
    /// let failure = scenario.try_explore(Exploration::new(500)).unwrap_err();
    /// assert_eq!(failure.findings()[0].code, Code::Custom);
    /// assert_eq!(failure.tape().len(), 1);
    /// ```
    #[must_use]
    pub fn fake<T: Any + Send + Sync>(
        mut self,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        self.inner = self.inner.with_fake(make);
        self
    }
}
