//! What clients ask, and where the answer goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rehearsal_activation::Query;
use rehearsal_history::event::UpdateRequest;
use rehearsal_history::{Payloads, SearchType, SmolStr, Timestamp};
use rehearsal_service::{Input, QueryRejectCondition, RequestError, StartWorkflow, Target};

use crate::answer::{
    ActivityHeard, Changeable, Described, FastForward, FastForwardStanding, HistoryPage, Listed,
    QueryAnswer, Refused, Started, UpdateStanding,
};
use crate::ask::{ActivityDone, AttributesAsk, Change, HistoryAsk, UpdateWait, WorkerGone};
use crate::door::Slot;
use crate::inbox::Says;
use crate::token::Token;

/// What a client asks.
#[derive(Debug)]
pub(crate) enum Request {
    Start {
        start: Box<StartWorkflow>,
        reply: Slot<Started>,
    },
    SignalWithStart {
        start: Box<StartWorkflow>,
        name: SmolStr,
        input: Option<Payloads>,
        reply: Slot<Started>,
    },
    Act {
        input: Box<Input>,
        reply: Slot<()>,
    },
    ActivityById {
        target: Target,
        activity_id: SmolStr,
        done: ActivityDone,
        identity: SmolStr,
        reply: Slot<ActivityHeard>,
    },
    /// What is said of something that nobody has in hand any more.
    TooLate {
        token: Token,
        says: Says,
    },
    WorkerGone {
        gone: WorkerGone,
        reply: Slot<()>,
    },
    ResetSticky {
        target: Target,
        reply: Slot<()>,
    },
    Query {
        target: Target,
        query: Query,
        condition: QueryRejectCondition,
        patience: Duration,
        reply: Slot<QueryAnswer>,
    },
    Update {
        target: Target,
        request: Box<UpdateRequest>,
        wait: UpdateWait,
        reply: Slot<UpdateStanding>,
    },
    PollUpdate {
        target: Target,
        update_id: SmolStr,
        wait: UpdateWait,
        reply: Slot<UpdateStanding>,
    },
    /// What of a workflow can be changed, once that is changed which is said.
    Change {
        target: Target,
        change: Change,
        identity: SmolStr,
        reply: Slot<Changeable>,
    },
    PollFastForward {
        target: Target,
        id: SmolStr,
        /// What was known when the wait began, for who waits no longer.
        known: Arc<Mutex<Option<FastForward>>>,
        reply: Slot<FastForwardStanding>,
    },
    UpdateWithStart {
        start: Box<StartWorkflow>,
        request: Box<UpdateRequest>,
        wait: UpdateWait,
        /// What it was started with, or runs already, for who waits no longer.
        ran: Arc<Mutex<Option<Started>>>,
        reply: Slot<(Started, UpdateStanding)>,
    },
    History {
        ask: HistoryAsk,
        reply: Slot<HistoryPage>,
    },
    Describe {
        target: Target,
        reply: Slot<Described>,
    },
    List {
        query: SmolStr,
        reply: Slot<Vec<Listed>>,
    },
    Pollers {
        queue: SmolStr,
        reply: Slot<(Vec<SmolStr>, Vec<SmolStr>)>,
    },
    Lock {
        reply: Slot<()>,
    },
    Unlock {
        reply: Slot<()>,
    },
    Sleep {
        by: Duration,
        unlocks: bool,
        reply: Slot<()>,
    },
    SleepUntil {
        until: Timestamp,
        reply: Slot<()>,
    },
    Now {
        reply: Slot<Timestamp>,
    },
    Attributes {
        ask: AttributesAsk,
        reply: Slot<BTreeMap<SmolStr, SearchType>>,
    },
}

impl Request {
    /// The request, if it only looks. Else it is answered here: workers may go and forget what they like, and there is no
    /// other client than that of the scenario.
    pub(super) fn of_worker(self) -> Option<Self> {
        match self {
            Self::History { ref ask, .. } if !ask.wait => Some(self),
            Self::Describe { .. } | Self::List { .. } | Self::Now { .. } => Some(self),
            Self::WorkerGone { reply, .. } | Self::ResetSticky { reply, .. } => {
                reply.tell(Ok(()));
                None
            }
            other => {
                let what = "a client beside that of the scenario";
                other.refuse(RequestError::NotSimulated { what }.into());
                None
            }
        }
    }

    pub(crate) fn refuse(self, refused: Refused) {
        let _told = match self {
            Self::Start { reply, .. } | Self::SignalWithStart { reply, .. } => {
                reply.answer(Err(refused))
            }
            Self::Act { reply, .. }
            | Self::WorkerGone { reply, .. }
            | Self::ResetSticky { reply, .. }
            | Self::Lock { reply }
            | Self::Unlock { reply }
            | Self::Sleep { reply, .. }
            | Self::SleepUntil { reply, .. } => reply.answer(Err(refused)),
            Self::ActivityById { reply, .. } => reply.answer(Err(refused)),
            Self::TooLate { says, .. } => {
                says.refuse(refused);
                true
            }
            Self::Query { reply, .. } => reply.answer(Err(refused)),
            Self::Update { reply, .. } | Self::PollUpdate { reply, .. } => {
                reply.answer(Err(refused))
            }
            Self::UpdateWithStart { reply, .. } => reply.answer(Err(refused)),
            Self::Change { reply, .. } => reply.answer(Err(refused)),
            Self::PollFastForward { reply, .. } => reply.answer(Err(refused)),
            Self::History { reply, .. } => reply.answer(Err(refused)),
            Self::Describe { reply, .. } => reply.answer(Err(refused)),
            Self::List { reply, .. } => reply.answer(Err(refused)),
            Self::Pollers { reply, .. } => reply.answer(Err(refused)),
            Self::Now { reply } => reply.answer(Err(refused)),
            Self::Attributes { reply, .. } => reply.answer(Err(refused)),
        };
    }
}
