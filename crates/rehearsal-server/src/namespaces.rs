//! The namespaces of a server. All are of one world: one name finds no other workflows than another.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rehearsal_history::SmolStr;
use rehearsal_proto::status;
use tonic::Status;

/// How many there can be. A server knows no such limit; here strangers must not make it hold more and more.
const MOST: usize = 1000;

/// How long a name can be (`limit.maxIDLength`).
const LONGEST: usize = 1000;

/// What those of the command line say of how long closed workflows are kept.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// The least that a namespace can say (`system.namespaceMinRetentionLocal`).
const LEAST_RETENTION: Duration = Duration::from_secs(3600);

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namespace {
    pub(crate) name: SmolStr,
    /// What it says of how long closed workflows are kept; told, and not kept to.
    pub(crate) retention: Duration,
}

/// Those that there are, shared by all connections.
#[derive(Debug, Clone)]
pub(crate) struct Namespaces {
    /// The one that the histories of all others name, too.
    first: SmolStr,
    all: Arc<RwLock<Vec<Namespace>>>,
}

impl Namespaces {
    /// Those of these names.
    pub(crate) fn named(names: &[SmolStr]) -> Self {
        let namespace = |name: &SmolStr| Namespace { name: name.clone(), retention: RETENTION };
        Self {
            first: names.first().cloned().unwrap_or(SmolStr::new_static("default")),
            all: Arc::new(RwLock::new(names.iter().map(namespace).collect())),
        }
    }

    /// The name of the one that worlds are in.
    pub(crate) fn first(&self) -> &str {
        &self.first
    }

    pub(crate) fn all(&self) -> Vec<Namespace> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The namespace of this name.
    ///
    /// # Errors
    ///
    /// No name, or one of none (`NamespaceValidatorInterceptor`).
    pub(crate) fn get(&self, name: &str) -> Result<Namespace, Status> {
        if name.is_empty() {
            return Err(not_set());
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|namespace| namespace.name == name);
        found.cloned().ok_or_else(|| status::no_namespace(name))
    }

    /// One more.
    ///
    /// # Errors
    ///
    /// As `RegisterNamespace` of a server (`service/frontend/namespace_handler.go`); and that there are too many.
    pub(crate) fn register(&self, name: &str, retention: Duration) -> Result<(), Status> {
        if name.is_empty() {
            return Err(not_set());
        }
        if name.len() > LONGEST {
            return Err(Status::invalid_argument("Namespace length exceeds limit."));
        }
        if retention < LEAST_RETENTION {
            let wrong = "A valid retention period is not set on request.";
            return Err(Status::invalid_argument(wrong));
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|namespace| namespace.name == name) {
            return Err(status::namespace_exists(name));
        }
        if all.len() >= MOST {
            return Err(status::too_much(format!("there are {MOST} namespaces already")));
        }
        all.push(Namespace { name: name.into(), retention });
        Ok(())
    }
}

fn not_set() -> Status {
    Status::invalid_argument("Namespace not set on request.")
}
