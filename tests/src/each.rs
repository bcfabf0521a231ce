//! The same for each of many things, on all cores.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

/// What `of` comes to for each item, in the order of the items.
///
/// The items are shared by as many threads as there are cores. Each bears the name of the thread that asks, which is that
/// of the test: reports print it.
///
/// # Panics
///
/// Panics as `of` does.
#[must_use]
pub fn each<T: Sync, R: Send>(items: &[T], of: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (next, of) = (&AtomicUsize::new(0), &of);
    let share = || {
        let mut share = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return share };
            share.push((index, of(item)));
        }
    };
    let name = thread::current().name().unwrap_or("each").to_owned();
    let mut all = thread::scope(|scope| {
        let start = || Builder::new().name(name.clone()).spawn_scoped(scope, share);
        let shares: Vec<_> = (0..cores.min(items.len()))
            .map(|_| start().expect("a thread can be started"))
            .collect();
        let joined = shares
            .into_iter()
            .map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect::<Vec<_>>()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_know_whose_they_are() {
        let items: Vec<usize> = (0..100).collect();
        let name = thread::current().name().map(str::to_owned);
        let here = |item: &usize| (item * 10, thread::current().name().map(str::to_owned));
        let expected: Vec<_> = items.iter().map(|item| (item * 10, name.clone())).collect();
        assert_eq!(each(&items, here), expected);
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_is_one_of_the_caller() {
        let _ = each(&[1, 7], |item| assert_ne!(*item, 7, "seven"));
    }
}
