//! Typed names: one constant is used by the workflow, the worker, the stub and the check.

use core::fmt;
use core::marker::PhantomData;

/// Writes one kind of name.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident<$($type:ident),+> as $shape:ty) => {
        $(#[$meta])*
        pub struct $name<$($type),+> {
            name: &'static str,
            types: PhantomData<$shape>,
        }

        impl<$($type),+> $name<$($type),+> {
            /// The name that is recorded in histories.
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                Self { name, types: PhantomData }
            }

            /// The name that is recorded in histories.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.name
            }
        }

        impl<$($type),+> Clone for $name<$($type),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($type),+> Copy for $name<$($type),+> {}

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
    /// use rehearsal_activation::names::Workflow;
    ///
    /// const ORDER: Workflow<String, u64> = Workflow::new("Order");
    /// assert_eq!(ORDER.name(), "Order");
    /// ```
    Workflow<I, O> as fn(I) -> O
}

name! {
    /// An activity type that takes an `I` and returns an `O`.
    ///
    /// ```
    /// use rehearsal_activation::names::Activity;
    ///
    /// const CHARGE: Activity<u64, ()> = Activity::new("Charge");
    /// assert_eq!(CHARGE.name(), "Charge");
    /// ```
    Activity<I, O> as fn(I) -> O
}

name! {
    /// A signal that carries a `T`.
    ///
    /// ```
    /// use rehearsal_activation::names::Signal;
    ///
    /// const APPROVE: Signal<String> = Signal::new("approve");
    /// assert_eq!(APPROVE.name(), "approve");
    /// ```
    Signal<T> as fn(T)
}
