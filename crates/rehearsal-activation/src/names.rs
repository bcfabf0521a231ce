//! Typed names: one constant is used by the workflow, the worker, the stub and the check.

use core::fmt;
use core::marker::PhantomData;

use smol_str::SmolStr;

/// Writes one kind of name.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident<$($type:ident),+> as $shape:ty) => {
        $(#[$meta])*
        pub struct $name<$($type),+> {
            name: SmolStr,
            several: bool,
            types: PhantomData<$shape>,
        }

        impl<$($type),+> $name<$($type),+> {
            /// A name that is known when the code is written.
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                Self { name: SmolStr::new_static(name), several: false, types: PhantomData }
            }

            /// A name that is made at run time.
            #[must_use]
            pub fn named(name: impl Into<SmolStr>) -> Self {
                Self { name: name.into(), several: false, types: PhantomData }
            }

            /// The name that is recorded in histories.
            #[must_use]
            pub fn name(&self) -> &str {
                &self.name
            }

            /// The name itself.
            #[must_use]
            pub fn into_name(self) -> SmolStr {
                self.name
            }
        }

        impl<$($type),+> Clone for $name<$($type),+> {
            fn clone(&self) -> Self {
                Self { name: self.name.clone(), several: self.several, types: PhantomData }
            }
        }

        impl<$($type),+> PartialEq for $name<$($type),+> {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }

        impl<$($type),+> Eq for $name<$($type),+> {}

        impl<$($type),+> fmt::Debug for $name<$($type),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.name).finish()
            }
        }
    };
}

name! {
    /// A workflow type that takes an `I` and returns an `O`.
    ///
    /// ```
    /// # use rehearsal_activation::names as rehearsal;
    /// use rehearsal::Workflow;
    ///
    /// const ORDER: Workflow<String, u64> = Workflow::new("Order");
    /// assert_eq!(ORDER.name(), "Order");
    /// assert_eq!(Workflow::named(format!("Order{}", 2)), Workflow::<String, u64>::new("Order2"));
    /// ```
    Workflow<I, O> as fn(I) -> O
}

name! {
    /// An activity type that takes an `I` and returns an `O`.
    ///
    /// ```
    /// # use rehearsal_activation::names as rehearsal;
    /// use rehearsal::Activity;
    ///
    /// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
    /// assert_eq!(CHARGE.name(), "Charge");
    /// assert_eq!(Activity::named(format!("Charge{}", 2)), Activity::<u64, ()>::new("Charge2"));
    ///
    /// // `func Ship(ctx context.Context, address string, boxes int) error` in Go.
    /// const SHIP: Activity<(String, u64), ()> = Activity::new("Ship").with_several_arguments();
    /// assert!(SHIP.has_several_arguments());
    /// ```
    Activity<I, O> as fn(I) -> O
}

name! {
    /// A signal that carries a `T`.
    ///
    /// ```
    /// # use rehearsal_activation::names as rehearsal;
    /// use rehearsal::Signal;
    ///
    /// const APPROVE: Signal<String> = Signal::new("approve");
    /// assert_eq!(APPROVE.name(), "approve");
    ///
    /// // One for each approver: the name is made at run time.
    /// let approvals = ["ada", "grace"].map(|who| Signal::<()>::named(format!("approve-{who}")));
    /// assert_eq!(approvals[1].name(), "approve-grace");
    /// ```
    Signal<T> as fn(T)
}

name! {
    /// A query that takes an `I` and is answered with an `O`.
    ///
    /// ```
    /// # use rehearsal_activation::names as rehearsal;
    /// use rehearsal::Query;
    ///
    /// const TOTAL: Query<(), u64> = Query::new("total");
    /// assert_eq!(TOTAL.name(), "total");
    /// assert_eq!(Query::named(format!("total-{}", 2)), Query::<(), u64>::new("total-2"));
    /// ```
    Query<I, O> as fn(I) -> O
}

name! {
    /// An update that takes an `I` and is answered with an `O`.
    ///
    /// ```
    /// # use rehearsal_activation::names as rehearsal;
    /// use rehearsal::Update;
    ///
    /// const ADD: Update<u64, u64> = Update::new("add");
    /// assert_eq!(ADD.name(), "add");
    /// assert_eq!(Update::named(format!("add-{}", 2)), Update::<u64, u64>::new("add-2"));
    /// ```
    Update<I, O> as fn(I) -> O
}

/// Lets types of one kind take several arguments.
macro_rules! several {
    ($name:ident) => {
        impl<I, O> $name<I, O> {
            /// The same with several arguments: `I` is a tuple, and each of its members is sent as an argument of its
            /// own, as Go does. Without this, a tuple is one argument. What is registered reads both.
            #[must_use]
            pub const fn with_several_arguments(mut self) -> Self {
                self.several = true;
                self
            }

            /// Whether each member of the input is an argument of its own.
            #[must_use]
            pub const fn has_several_arguments(&self) -> bool {
                self.several
            }
        }
    };
}

several!(Workflow);
several!(Activity);

/// Tells the name of an activity from whatever names it: a constant here, a marker of a method elsewhere.
///
/// It is implemented for a tuple of one, so that whoever knows another SDK can implement it for all that names activities
/// there: a parameter may not stand alone in an implementation of a foreign trait. `Kind` tells the SDKs apart and is
/// never written.
///
/// ```
/// use rehearsal_activation::names::{Activity, NamesActivity as _};
///
/// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
/// assert_eq!((CHARGE,).activity_name(), "Charge");
/// ```
pub trait NamesActivity<Kind> {
    /// The name that is recorded in histories.
    fn activity_name(self) -> SmolStr;
}

/// The [`NamesActivity`]s of the native API.
#[derive(Debug)]
pub enum Native {}

impl<I, O> NamesActivity<Native> for (Activity<I, O>,) {
    fn activity_name(self) -> SmolStr {
        self.0.into_name()
    }
}
