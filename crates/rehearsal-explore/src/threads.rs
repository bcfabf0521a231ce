//! Threads that share the runs of a search.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

/// What the parts of a work come to, in order: each is made on a thread of its own, and gets its number, from 0. With one
/// thread, or none, there is one part, and no thread is started.
///
/// The engine is single-threaded: a world is made, run and dropped inside of one thread.
///
/// # Panics
///
/// Panics as a part does.
pub(crate) fn parts<T: Send>(threads: usize, part: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return vec![part(0)];
    }
    let part = &part;
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|nth| scope.spawn(move || part(nth))).collect();
        let joined = parts.into_iter().map(ScopedJoinHandle::join);
        joined.map(|part| part.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
