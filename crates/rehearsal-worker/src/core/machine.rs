//! What all machines have in common.

use rehearsal_activation::Seq;

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    Activity(Seq),
    Timer(Seq),
    /// That of a close command, by the name that core gives it.
    Close(&'static str),
}

/// A machine has no such arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoArc;
