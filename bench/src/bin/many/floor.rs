//! What the memory of many orders takes by itself, whatever is done with it: the least that an event can cost in a world
//! that is in no cache.

use std::sync::Arc;

use rehearsal_history::Event;

use crate::worlds::{CpuTime, histories_of_one};

/// So many orders are open at a time.
const OPEN: [usize; 4] = [10, 100, 1_000, 10_000];

/// Orders in all, so that all sizes do the same.
const IN_ALL: usize = 10_000;

/// Events of an order.
const EVENTS: usize = 34;

/// Blocks of an order, each of 320 bytes: 41 KB.
const BLOCKS: usize = 128;

/// Each figure is the least of so many.
const TURNS: usize = 3;

/// A piece of memory that says where the next one of its order is.
struct Block {
    next: usize,
    _rest: [u64; 39],
}

/// Prints for each number of open orders what an event takes: of copying histories, and of walking over memory.
pub(crate) fn print() {
    println!("{:<16}  {:>14}  {:>14}  {:>14}", "ns an event", "histories", "15 lines", "70 lines");
    for orders in OPEN {
        let least = |took: &dyn Fn() -> u64| (0..TURNS).map(|_| took()).min().unwrap_or(0);
        let copied = least(&|| copy(orders));
        let (few, many) = (least(&|| walk(orders, 15)), least(&|| walk(orders, 70)));
        println!("{:<16}  {copied:>14}  {few:>14}  {many:>14}", format!("{orders} orders"));
    }
}

/// Writes the events of so many orders in turns, an event of each, and drops them all; nothing else is done or kept.
fn copy(orders: usize) -> u64 {
    let recorded = histories_of_one();
    let events: Vec<&Arc<Event>> = recorded.iter().flatten().collect();
    let began = CpuTime::now();
    for _ in 0..IN_ALL / orders {
        let mut copies: Vec<Vec<Arc<Event>>> = vec![Vec::new(); orders];
        for event in &events {
            for copy in &mut copies {
                copy.push(Arc::new(Event::clone(event)));
            }
        }
    }
    began.elapsed() / (IN_ALL * events.len()) as u64
}

/// Looks at so many lines of memory for each event, each of which says where the next one is; then it is another order's turn.
/// Making the memory does not count.
fn walk(orders: usize, lines: usize) -> u64 {
    // The blocks of an order lie as far apart as they do if all orders do the same in turns.
    let place = |order: usize, block: usize| block % BLOCKS * orders + order;
    let next = |at: usize| place(at % orders, at / orders + 37);
    let memory: Vec<Block> =
        (0..orders * BLOCKS).map(|at| Block { next: next(at), _rest: [0; 39] }).collect();
    let began = CpuTime::now();
    let mut last = 0;
    for event in 0..IN_ALL * EVENTS {
        // A prime, so that neighbors in time are none in memory.
        let order = event * 7_919 % orders;
        let mut at = place(order, event / orders * lines);
        for _ in 0..lines {
            at = memory[at].next;
        }
        last = at;
    }
    let took = began.elapsed();
    assert!(last < memory.len(), "the walk is not left out");
    took / (IN_ALL * EVENTS) as u64
}
