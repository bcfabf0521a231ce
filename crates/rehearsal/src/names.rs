//! How activities are named: by a typed name of the native API, or by what an SDK calls them.

pub use rehearsal_activation::names::Native;
use rehearsal_history::Payloads;
use rehearsal_workflow::Activity;
use serde::Serialize;

/// Names an activity wherever the facade asks for one: in stubs and in checks.
///
/// Typed names ([`Activity`]) do, and with feature `temporal` the markers that the official SDK makes of methods, such as
/// `Shop::ship`. `Kind` tells them apart and is never written.
pub trait ActivityName<Kind>: Sized {
    /// What the activity takes.
    type Input;

    /// What the activity returns.
    type Output;

    /// The name that is recorded in histories.
    fn activity_name(self) -> String;

    /// A result as it is recorded, or why it cannot be.
    #[doc(hidden)]
    fn encode(value: &Self::Output) -> Result<Option<Payloads>, String>;
}

impl<I, O: Serialize> ActivityName<Native> for Activity<I, O> {
    type Input = I;
    type Output = O;

    fn activity_name(self) -> String {
        self.into_name().into()
    }

    fn encode(value: &O) -> Result<Option<Payloads>, String> {
        Payloads::encode_result(value).map_err(|error| error.to_string())
    }
}
