//! Workers and clients that are processes of their own, on the simulated service.
//!
//! A [`Door`] is what the threads of a server call, one method for each request, in the types of this project: no
//! protobuf, no socket. A [`House`] is what stands behind it: one thread that owns the world, takes requests in, hands
//! tasks out, and decides when virtual time moves. Real time comes in through [`Wall`] alone.
//!
//! # Examples
//!
//! A client that sleeps for a day: nobody has anything in hand, so time leaps.
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::mpsc::channel;
//! use std::thread;
//! use std::time::Duration;
//!
//! use rehearsal_history::Timestamp;
//! use rehearsal_remote::{Options, Wall, open};
//!
//! /// Shows the same all the time.
//! struct Stopped;
//!
//! impl Wall for Stopped {
//!     fn now(&self) -> Timestamp {
//!         Timestamp::EPOCH
//!     }
//! }
//!
//! let day = Duration::from_secs(24 * 3600);
//! let (door, house) = open(Options::new(Timestamp::EPOCH), Arc::new(Stopped));
//! let (woken, wakes) = channel();
//! thread::scope(|scope| {
//!     let kept = scope.spawn(|| house.run());
//!     door.sleep(day, false, Box::new(move |over| woken.send(over).is_ok()));
//!     assert_eq!(wakes.recv(), Ok(Ok(())));
//!
//!     let (tell, told) = channel();
//!     door.now(Box::new(move |now| tell.send(now).is_ok()));
//!     assert_eq!(told.recv(), Ok(Ok(Timestamp::EPOCH + day)));
//!     door.close();
//!     assert!(kept.join().unwrap().findings.is_empty());
//! });
//! ```

mod answer;
mod ask;
mod door;
mod hands;
mod house;
mod inbox;
mod left;
mod live;
mod look;
mod options;
mod polls;
mod recorded;
mod rehearse;
mod script;
mod token;
mod wall;

pub use answer::{
    Accepted, ActivityHeard, ActivityWork, Changeable, Described, FastForward, FastForwardStanding,
    ForwardEnd, HistoryPage, Listed, PendingActivity, PendingTask, QueryAnswer, Refused, RunTime,
    Started, UpdateStanding, WorkflowWork,
};
pub use ask::{
    ActivityDone, ActivityPoll, AttributesAsk, Change, Completed, HistoryAsk, NexusPoll, Signal,
    UpdateWait, WorkerGone, WorkflowPoll,
};
pub use door::{Door, Reply, Ticket};
pub use house::{House, MakeHands, Report, open};
pub use options::{Options, Pace};
pub use rehearse::{Activities, Rehearsal, Rehearse};
pub use wall::{Bell, Wall};
