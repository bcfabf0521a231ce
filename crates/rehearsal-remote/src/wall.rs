//! Real time: the one thing that comes in from outside.

use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rehearsal_history::Timestamp;

/// Wakes the thread of a house.
#[derive(Default)]
pub struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

impl Bell {
    /// Wakes whoever waits, or whoever waits next.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    /// Waits until it rings, or that long. Returns whether it rang.
    pub fn wait(&self, at_most: Option<Duration>) -> bool {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        match at_most {
            None => {
                while !*rung {
                    rung = self.heard.wait(rung).unwrap_or_else(PoisonError::into_inner);
                }
            }
            Some(at_most) => {
                let waited = self.heard.wait_timeout_while(rung, at_most, |rung| !*rung);
                rung = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        core::mem::take(&mut rung)
    }
}

/// A clock on the wall.
pub trait Wall: Send + Sync {
    /// What it shows. It may never go back.
    fn now(&self) -> Timestamp;

    /// Waits until the bell rings, or that long; for good without a limit.
    fn wait(&self, bell: &Bell, at_most: Option<Duration>) {
        bell.wait(at_most);
    }
}
