//! What a client script is given beside the service: the value of its scenario, and the fakes of the run.

use std::any::Any;
use std::sync::Arc;

use super::World;

impl World {
    /// The value that was given with [`Scenario::with_extension`](crate::Scenario::with_extension), if it is a `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use rehearsal_engine::{Calm, Scenario};
    /// let world = Scenario::new("order").with_extension(Arc::new(7_u32)).world(Box::new(Calm));
    /// assert_eq!(world.extension::<u32>(), Some(&7));
    /// assert_eq!(world.extension::<String>(), None);
    /// ```
    #[must_use]
    pub fn extension<T: Any>(&self) -> Option<&T> {
        self.scenario.extension.as_deref()?.downcast_ref()
    }

    /// The fake of this type that the scenario has made for this run, which its activities share:
    /// [`ActivityContext::fake`](crate::ActivityContext::fake).
    ///
    /// # Panics
    ///
    /// Panics if the scenario makes no such fake.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// # use rehearsal::Scenario;
    ///
    /// /// Whether the shop is open.
    /// #[derive(Default)]
    /// struct Shop(AtomicBool);
    ///
    /// let world = Scenario::new("order").fake(Shop::default).world();
    /// world.fake::<Shop>().0.store(true, Ordering::Relaxed);
    /// assert!(world.finish().fake::<Shop>().unwrap().0.load(Ordering::Relaxed));
    /// ```
    #[must_use]
    pub fn fake<T: Any + Send + Sync>(&self) -> Arc<T> {
        self.executor.fakes.expect()
    }
}
