//! The words that the machines share: what they decide, note, owe and wait for. Nothing here knows a machine or a run.

pub(crate) mod attributes;
mod bend;
mod chain;
mod due;
mod fingerprint;
mod id;
mod note;
mod origin;
pub(crate) mod priority;
mod replace;
pub(crate) mod retry;
mod size;
pub(crate) mod skipping;
mod step;
mod table;
mod tracked;

pub use self::bend::Bend;
pub(crate) use self::chain::Chain;
pub(crate) use self::due::{Due, Moment, Wake};
pub(crate) use self::fingerprint::fingerprint;
pub(crate) use self::note::{ActivityNote, Note, Slot, TaskNote, UpdateNote};
pub(crate) use self::origin::Origin;
pub use self::priority::BadPriority;
pub(crate) use self::priority::DEFAULT_PRIORITY_KEY;
pub(crate) use self::replace::replace;
pub(crate) use self::size::{Extent, size};
pub use self::skipping::BadSkipping;
pub(crate) use self::skipping::{Forward, HandedOn, Skipping};
pub use self::step::{Across, Decision};
pub(crate) use self::step::{HISTORY_SERVICE, IllegalTransition, Step, Transfer};
pub(crate) use self::table::{Overlay, Table};
pub(crate) use self::tracked::Tracked;
