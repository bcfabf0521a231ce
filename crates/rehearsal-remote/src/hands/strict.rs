//! What is waited for where it is handed out, so that one thing is in hand at a time.

use std::time::Duration;

use rehearsal_engine::{RemoteWorker, SeenByRemote};

use super::Hands;
use crate::inbox::Inbox;
use crate::look;
use crate::polls::Poll;
use crate::token::Token;

impl Hands {
    /// Waits until `take` finds something in the inbox, that long at most. Meanwhile what only looks is answered.
    pub(super) fn wait_for<T>(
        &self,
        seen: SeenByRemote<'_>,
        at_most: Duration,
        mut take: impl FnMut(&mut Inbox) -> Option<T>,
    ) -> Option<T> {
        let until = self.wall.now().saturating_add(at_most);
        loop {
            {
                let mut inbox = self.shared.inbox();
                if let Some(taken) = take(&mut inbox) {
                    return Some(taken);
                }
                if inbox.closing {
                    return None;
                }
            }
            let alias = self.shared.alias(self.world);
            look::answer_what_looks(&self.shared, seen.service, seen.now, alias);
            let left = until.since(self.wall.now());
            if left.is_zero() {
                return None;
            }
            self.wall.wait(&self.shared.bell, Some(left));
        }
    }

    /// Hands work to a poll of this worker. Returns whether somebody took it.
    pub(super) fn hand_out<P: Poll>(
        &mut self,
        seen: SeenByRemote<'_>,
        worker: RemoteWorker<'_>,
        (token, sticky): (&Token, bool),
        work: &P::Work,
    ) -> bool {
        let queue = if sticky { worker.sticky_queue } else { worker.queue };
        self.shared.inbox().in_hand.insert(token.clone());
        // Whoever is gone is not waited for again.
        if self.shared.is_silent(worker.host) {
            return false;
        }
        loop {
            let found = self.wait_for(seen, self.options.patience, |inbox| {
                P::all(inbox).take(worker.identity, queue)
            });
            let Some(slot) = found else {
                self.nobody_polls(worker.host, worker.identity, worker.queue, P::OF);
                return false;
            };
            if slot.answer(Ok(Some(work.clone()))) {
                return true;
            }
        }
    }

    /// Whether somebody has said something of one of these attempts.
    pub(super) fn wait_for_any(
        &self,
        seen: SeenByRemote<'_>,
        tokens: &[Token],
        at_most: Duration,
    ) -> bool {
        let said = |inbox: &mut Inbox| {
            tokens.iter().any(|token| inbox.says.contains_key(token)).then_some(())
        };
        self.wait_for(seen, at_most, said).is_some()
    }
}
