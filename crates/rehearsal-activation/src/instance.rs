//! What hosts a workflow: one trait for a running instance, one for its definition.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::activation::Activation;
use crate::asked::{AskedAt, Awaited, Misread};
use crate::command::Completion;
use crate::signals::Signals;

/// One run of workflow code in the cache of a worker.
///
/// It is told what happened, never asks, and answers at once. Whatever goes wrong inside, a panic included, is part of
/// its [`Completion`]; `activate` itself does not panic.
pub trait Instance {
    /// Applies the jobs in order, runs the routines until none gets any further, and says what they ask for.
    fn activate(&mut self, activation: &Activation) -> Completion;

    /// What its routines wait for, one short line each, in the order in which it was asked for.
    fn pending(&self) -> Vec<String>;

    /// The same, with the types of activities.
    fn awaited(&self) -> Vec<Awaited> {
        let line = |what| Awaited { what, ..Awaited::default() };
        self.pending().into_iter().map(line).collect()
    }

    /// What became of the signals that it was told of, also once it asked to be closed. A host that does not know says
    /// nothing, which is never a finding.
    fn signals(&self) -> Signals {
        Signals::default()
    }

    /// Where workflow code has asked for what it waits for, so far, each line once. A host that does not know says nothing.
    fn asked(&self) -> BTreeSet<AskedAt> {
        BTreeSet::new()
    }

    /// The results of activities that workflow code could not read, so far. A host that does not know says nothing.
    fn misread(&self) -> BTreeSet<Misread> {
        BTreeSet::new()
    }

    /// The handlers that had not ended when the main routine did, one short line each, in the order in which they were
    /// started: `signal approve`; none before it did. A host that starts no handlers by itself has none.
    fn unfinished(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A workflow as it is registered: makes a fresh instance for each run and for each replay.
pub trait Definition: Send + Sync {
    /// The name it is registered under.
    fn workflow_type(&self) -> &str;

    /// A fresh instance; its first activation begins with [`Job::Initialize`](crate::Job::Initialize).
    fn instantiate(&self) -> Box<dyn Instance>;
}
