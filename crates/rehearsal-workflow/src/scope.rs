//! The tree of cancellation: what is canceled with what, and in which order.
//!
//! A scope is what Go's `cancelCtx` is: contexts that are derived without a cancel of their own share one. Canceling a
//! scope cancels its pending operations in the order in which they were asked for, then its child scopes in the order
//! in which they were made. Go goes through child contexts in map order, which differs from run to run (C-16); ours is
//! one of the orders that Go may take.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::operation::Operation;

/// Names a scope of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeId(usize);

impl ScopeId {
    /// The scope that the workflow itself runs in: canceled when somebody asks the workflow to cancel.
    pub(crate) const ROOT: Self = Self(0);
}

/// The scopes of one run.
#[derive(Debug)]
pub(crate) struct Scopes(Vec<Scope>);

#[derive(Debug, Default)]
struct Scope {
    canceled: bool,
    /// Whether a selector that was woken by the cancel has left a value behind.
    left_over: bool,
    /// Made by linking; none for a scope that is disconnected.
    children: Vec<ScopeId>,
    /// Pending ones, in the order in which they were bound.
    operations: BTreeMap<u64, Rc<Operation>>,
}

impl Scopes {
    /// Only the root.
    pub(crate) fn new() -> Self {
        Self(vec![Scope::default()])
    }

    /// A scope that is canceled with `parent`: at once if that is canceled already.
    pub(crate) fn link(&mut self, parent: ScopeId) -> ScopeId {
        let child = self.disconnected();
        if self.is_canceled(parent) {
            self.0[child.0].canceled = true;
        } else {
            self.0[parent.0].children.push(child);
        }
        child
    }

    /// A scope that is canceled by its own handle only.
    pub(crate) fn disconnected(&mut self) -> ScopeId {
        self.0.push(Scope::default());
        ScopeId(self.0.len() - 1)
    }

    /// Whether it was canceled.
    pub(crate) fn is_canceled(&self, scope: ScopeId) -> bool {
        self.0[scope.0].canceled
    }

    /// A look at the channel that a cancel closes, as Go's: whether it is closed and empty.
    ///
    /// A selector that was blocked on it and woken by the cancel puts the value that it was given back (`recValue` in
    /// `selectorImpl.Select`, `internal/internal_workflow.go` of Go SDK 1.47), though there was none: so the next look
    /// finds a value, and only the one after that finds the channel closed.
    pub(crate) fn look(&mut self, scope: ScopeId) -> Look {
        let scope = &mut self.0[scope.0];
        if std::mem::take(&mut scope.left_over) {
            Look::LeftOver
        } else if scope.canceled {
            Look::Closed
        } else {
            Look::Open
        }
    }

    /// A selector that was blocked was woken by the cancel of `scope`.
    pub(crate) fn leave_over(&mut self, scope: ScopeId) {
        self.0[scope.0].left_over = true;
    }

    /// Has a pending operation canceled with its scope.
    pub(crate) fn bind(&mut self, operation: &Rc<Operation>) {
        self.0[operation.scope.0].operations.insert(operation.bound.get(), Rc::clone(operation));
    }

    /// Forgets an operation that has ended.
    pub(crate) fn release(&mut self, operation: &Operation) {
        self.0[operation.scope.0].operations.remove(&operation.bound.get());
    }

    /// Marks `scope` and those linked to it as canceled; returns each with the operations to cancel, in order. Empty the
    /// second time (C-38).
    pub(crate) fn cancel(&mut self, scope: ScopeId) -> Vec<(ScopeId, Vec<Rc<Operation>>)> {
        let mut canceled = Vec::new();
        // A stack instead of recursion: contexts may be nested as deep as workflow code likes.
        let mut stack = vec![scope];
        while let Some(id) = stack.pop() {
            let scope = &mut self.0[id.0];
            if !std::mem::replace(&mut scope.canceled, true) {
                canceled.push((id, std::mem::take(&mut scope.operations).into_values().collect()));
                stack.extend(std::mem::take(&mut scope.children).into_iter().rev());
            }
        }
        canceled
    }
}

/// What a look at the channel of a scope finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing: it was not canceled.
    Open,
    /// A value that a selector left behind; it is taken.
    LeftOver,
    /// That it was canceled.
    Closed,
}
