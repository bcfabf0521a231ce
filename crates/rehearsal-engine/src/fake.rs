//! Fakes: what stands in for the world outside in one run. Each run has its own, and its outcome hands them back.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use crate::activity::ActivityContext;
use crate::outcome::Outcome;
use crate::scenario::Scenario;

/// A fake that was made.
#[derive(Clone)]
struct Made {
    type_id: TypeId,
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

type Make = dyn Fn() -> Made + Send + Sync;

/// Makes the fakes of each run.
#[derive(Clone, Default)]
pub(crate) struct MakeFakes(Vec<Arc<Make>>);

impl MakeFakes {
    /// Those of a run that begins.
    pub(crate) fn make(&self) -> Fakes {
        let mut fakes: Vec<Made> = Vec::new();
        for make in &self.0 {
            let made = make();
            fakes.retain(|other| other.type_id != made.type_id);
            fakes.push(made);
        }
        Fakes(fakes.into())
    }
}

/// The fakes of one run, one of each type.
#[derive(Clone, Default)]
pub struct Fakes(Arc<[Made]>);

impl Fakes {
    /// Those that were made elsewhere: each with its type and the name of that.
    #[must_use]
    pub fn of(
        made: impl IntoIterator<Item = (TypeId, &'static str, Arc<dyn Any + Send + Sync>)>,
    ) -> Self {
        let made = made.into_iter().map(|(type_id, name, value)| Made { type_id, name, value });
        Self(made.collect())
    }

    /// These and others; of two of a type that of `self`.
    pub(crate) fn and(&self, others: &Self) -> Self {
        Self(self.0.iter().chain(others.0.iter()).cloned().collect())
    }

    /// The fake of this type, if the scenario makes one.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let of = self.0.iter().find(|made| made.type_id == TypeId::of::<T>())?;
        Arc::clone(&of.value).downcast().ok()
    }

    /// The same, by reference.
    fn look<T: Any + Send + Sync>(&self) -> Option<&T> {
        let of = self.0.iter().find(|made| made.type_id == TypeId::of::<T>())?;
        of.value.downcast_ref()
    }

    /// The fake of this type.
    ///
    /// # Panics
    ///
    /// Panics if the scenario makes none.
    pub(crate) fn expect<T: Any + Send + Sync>(&self) -> Arc<T> {
        self.get().unwrap_or_else(|| {
            let known: Vec<&str> = self.0.iter().map(|made| made.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            panic!("the scenario makes no fake of type {}; it makes {known}", type_name::<T>())
        })
    }
}

/// The names of their types.
impl fmt::Debug for Fakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|made| made.name)).finish()
    }
}

impl Scenario {
    /// Has each run begin with a fake that `make` makes; one of the same type is replaced.
    #[must_use]
    pub fn with_fake<T: Any + Send + Sync>(
        mut self,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let make = move || Made {
            type_id: TypeId::of::<T>(),
            name: type_name::<T>(),
            value: Arc::new(make()),
        };
        self.fakes.0.push(Arc::new(make));
        self
    }
}

impl ActivityContext {
    /// The fake of this type that the scenario has made for this run: a bank, a warehouse, a mailbox.
    ///
    /// All activities of a run and its client share it, and no other run does. When the run is over it is in the
    /// outcome: [`Outcome::fake`]. In production there is none, so only code of a test asks for it.
    ///
    /// # Panics
    ///
    /// Panics if the scenario makes no such fake, which fails the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    /// # use rehearsal::{ActivityContext, ActivityError};
    ///
    /// #[derive(Default)]
    /// struct Bank(Mutex<Vec<(String, u64)>>);
    ///
    /// async fn charge(ctx: ActivityContext, cents: u64) -> Result<(), ActivityError> {
    ///     let key = format!("{}/{}", ctx.info().run_id, ctx.info().activity_id);
    ///     ctx.fake::<Bank>().0.lock().unwrap().push((key, cents));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn fake<T: Any + Send + Sync>(&self) -> Arc<T> {
        self.0.fakes.expect()
    }
}

impl Outcome {
    /// The fake of this type as the run has left it; `None` if the scenario makes none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use rehearsal::{
    ///     Activity, ActivityContext, ActivityError, ActivityOptions, Context, Scenario, Workflow, WorkflowError, check,
    ///     secs,
    /// };
    ///
    /// const BUY: Workflow<(), ()> = Workflow::new("Buy");
    /// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
    ///
    /// /// What was charged, in cents.
    /// #[derive(Default)]
    /// struct Bank(Mutex<u64>);
    ///
    /// async fn charge(ctx: ActivityContext, cents: u64) -> Result<(), ActivityError> {
    ///     *ctx.fake::<Bank>().0.lock().unwrap() += cents;
    ///     Ok(())
    /// }
    ///
    /// async fn buy(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.with_activity_options(ActivityOptions::start_to_close(secs(10))).execute(CHARGE, 995).await
    /// }
    ///
    /// let outcome = Scenario::new("buy")
    ///     .workflow(BUY, buy)
    ///     .activity(CHARGE, charge)
    ///     .fake(Bank::default)
    ///     .client(|world| drop(world.start(BUY, "purchase-7", ())))
    ///     .run();
    /// assert_eq!(*outcome.fake::<Bank>().unwrap().0.lock().unwrap(), 995);
    /// ```
    #[must_use]
    pub fn fake<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.fakes.look()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_fakes_of_its_own_and_the_last_of_a_type_counts() {
        let scenario = Scenario::new("a").with_fake(|| 1_u32).with_fake(|| 2_u32).with_fake(|| 'a');
        let (one, two) = (scenario.fakes.make(), scenario.fakes.make());
        assert_eq!(one.get::<u32>().as_deref(), Some(&2));
        assert_eq!(one.look::<char>(), Some(&'a'));
        assert!(!Arc::ptr_eq(&one.expect::<u32>(), &two.expect::<u32>()));
        assert_eq!(one.get::<String>(), None);
        assert_eq!(format!("{one:?}"), r#"{"u32", "char"}"#);
    }

    #[test]
    #[should_panic(expected = "the scenario makes no fake of type u8; it makes u32")]
    fn a_fake_that_nobody_makes_is_named() {
        let _none = Scenario::new("a").with_fake(|| 1_u32).fakes.make().expect::<u8>();
    }
}
