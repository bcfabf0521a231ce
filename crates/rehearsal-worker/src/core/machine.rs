//! What all machines have in common.

use rehearsal_activation::Seq;

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    Activity(Seq),
    Timer(Seq),
    /// That of a local activity.
    Local(Seq),
    Child(Seq),
    /// That of a signal to another workflow.
    Signal(Seq),
    /// That of a cancel of another workflow, counted from 0; core itself asks for those of children.
    Cancel(u32),
    /// That of a patch, by its place among them.
    Patch(usize),
    /// That of a change of search attributes or of the memo, by the name that core gives it.
    Properties(&'static str),
    /// That of an update, by its place among them.
    Update(u32),
    /// That of a close command, by the name that core gives it.
    Close(&'static str),
}

/// A machine has no such arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoArc;
