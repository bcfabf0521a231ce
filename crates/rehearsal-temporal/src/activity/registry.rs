//! Which activities run for real, and the structs they belong to.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rehearsal_history::{Payloads, SmolStr};
use temporalio_common::data_converters::{DataConverter, TemporalSerializable};
use temporalio_sdk::activities::{ActivityImplementer, ExecutableActivity};

use super::attempt::{Attempt, Equipment};
use super::execution::{Code, Instance, code_of};
use super::heartbeat::HeartbeatTypes;
use super::info::AttemptInfo;
use super::runtime::Runtime;
use super::waker::{AttemptWaker, Threads};

/// The activities of a scenario that run for real, and the structs they belong to.
///
/// The structs are made anew for every run, so that nothing one run leaves behind is seen by the next.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use rehearsal_temporal::activity::Registry;
/// use temporalio_macros::activities;
/// use temporalio_sdk::activities::{ActivityContext, ActivityError};
///
/// struct Shop {
///     fake_gateway: bool,
/// }
///
/// #[activities]
/// impl Shop {
///     #[activity]
///     async fn ship(self: Arc<Self>, _: ActivityContext, order: String) -> Result<bool, ActivityError> {
///         Ok(self.fake_gateway && order == "42")
///     }
///
///     #[activity]
///     async fn charge(self: Arc<Self>, _: ActivityContext) -> Result<(), ActivityError> {
///         Ok(())
///     }
/// }
///
/// let registry = Registry::default().activities(|| Shop { fake_gateway: true }).real(Shop::ship);
///
/// assert!(registry.names().eq(["Shop::ship"]));
/// assert!(registry.homeless().is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    structs: Vec<Struct>,
    code: BTreeMap<String, Real>,
    heartbeats: HeartbeatTypes,
    converter: DataConverter,
}

/// Makes a struct.
#[derive(Clone)]
struct Struct {
    id: TypeId,
    name: &'static str,
    make: Arc<dyn Fn() -> Instance + Send + Sync>,
}

/// An activity that runs for real.
#[derive(Clone)]
struct Real {
    code: Code,
    /// The type of its struct.
    implementer: TypeId,
    takes_self: bool,
}

impl Registry {
    /// The same with one more struct, which `make` makes, once for each run. Of two of the same type the later one counts.
    #[must_use]
    pub fn activities<S>(mut self, make: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: ActivityImplementer + Send + Sync + 'static,
    {
        let id = TypeId::of::<S>();
        self.structs.retain(|one| one.id != id);
        let name = type_name::<S>();
        self.structs.push(Struct { id, name, make: Arc::new(move || Arc::new(make())) });
        self
    }

    /// The same with one more activity that runs for real, under the name of its definition. One that takes `self` needs
    /// its struct from [`activities`](Self::activities), before or after.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "markers are values in all calls of the SDK")]
    pub fn real<A: ExecutableActivity + 'static>(mut self, activity: A) -> Self {
        let real = Real {
            code: code_of::<A>(),
            implementer: TypeId::of::<A::Implementer>(),
            takes_self: A::REQUIRES_INSTANCE,
        };
        self.code.insert(activity.name().to_owned(), real);
        self
    }

    /// The same with heartbeats that may have details of type `T`. Numbers, text, `bool`, JSON values and lists of them
    /// need not be registered.
    #[must_use]
    pub fn heartbeat_type<T: TemporalSerializable + 'static>(mut self) -> Self {
        self.heartbeats.add::<T>();
        self
    }

    /// The same with the data converter of the user's client, which activities read their input and write their results
    /// with.
    #[must_use]
    pub fn with_data_converter(mut self, converter: DataConverter) -> Self {
        self.converter = converter;
        self
    }

    /// Whether there is neither an activity nor a struct.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.structs.is_empty()
    }

    /// The names of the activities that run for real, in the order of the alphabet.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.code.keys().map(String::as_str)
    }

    /// The activities that take `self` and whose struct was not given.
    #[must_use]
    pub fn homeless(&self) -> Vec<String> {
        let lacks = |real: &Real| {
            real.takes_self && !self.structs.iter().any(|one| one.id == real.implementer)
        };
        self.code.iter().filter(|(_, real)| lacks(real)).map(|(name, _)| name.clone()).collect()
    }

    /// Makes the structs of one run.
    #[must_use]
    pub fn instances(&self, runtime: &Runtime) -> Instances {
        let make = || self.structs.iter().map(|one| (one.id, one.name, (one.make)())).collect();
        Instances(Arc::new(Inner {
            code: Arc::new(self.code.clone()),
            structs: runtime.with_context(make),
            converter: self.converter.clone(),
            heartbeats: Arc::new(self.heartbeats.clone()),
            threads: Arc::clone(runtime.threads()),
        }))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.code.keys()).finish()
    }
}

/// The structs of one run, and the code of their activities. Clones are the same structs.
#[derive(Clone)]
pub struct Instances(Arc<Inner>);

struct Inner {
    code: Arc<BTreeMap<String, Real>>,
    structs: Vec<(TypeId, &'static str, Instance)>,
    converter: DataConverter,
    heartbeats: Arc<HeartbeatTypes>,
    threads: Arc<Threads>,
}

impl Instances {
    /// The structs, each with its type and the name of that.
    pub fn structs(
        &self,
    ) -> impl Iterator<Item = (TypeId, &'static str, Arc<dyn Any + Send + Sync>)> {
        self.0.structs.iter().map(|(id, name, instance)| (*id, *name, Arc::clone(instance)))
    }

    /// Starts an attempt of the activity that `info` names; `None` if that does not run for real. Nothing runs before it
    /// is polled.
    #[must_use]
    pub fn start(&self, info: AttemptInfo, input: Option<&Payloads>) -> Option<Attempt> {
        let inner = &*self.0;
        let name: SmolStr = info.activity_type.clone();
        let real = inner.code.get(name.as_str())?;
        let home = inner.structs.iter().find(|(id, ..)| *id == real.implementer);
        let equipment = Equipment {
            code: Arc::clone(&real.code),
            instance: home.map(|(.., instance)| Arc::clone(instance)),
            converter: inner.converter.clone(),
            heartbeats: Arc::clone(&inner.heartbeats),
            waker: AttemptWaker::new(&name, Arc::clone(&inner.threads)),
        };
        Some(Attempt::new(equipment, info, input))
    }
}

impl fmt::Debug for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.code.keys()).finish()
    }
}
