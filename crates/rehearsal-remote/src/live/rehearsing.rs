//! A live world whose clients wait while what they asked is rehearsed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Query;
use rehearsal_engine::{Dialect, QueryHandle, Scenario, Sdk, WorkerSpec};
use rehearsal_history::event::WorkflowExecutionFailed;
use rehearsal_history::{Event, EventKind, Failure, SmolStr, Status, Timestamp};
use rehearsal_service::{Answer, Input, RequestError, RunRef, Target};

use super::waits::Wait;
use super::{Known, Live};
use crate::answer::HistoryPage;
use crate::ask::HistoryAsk;
use crate::house::make_hands;
use crate::inbox::Shared;
use crate::look;
use crate::recorded::Recorded;
use crate::rehearse::{Rehearsal, Rehearse};
use crate::script::{Script, When};

/// How far ahead of the clock on the wall worlds begin, at least: no clock of a worker is behind it.
const AHEAD: Duration = Duration::from_secs(3600);

/// What becomes of what clients ask.
pub(super) struct Rehearsing {
    rehearse: Rehearse,
    script: Script,
    /// Whether the script has been rehearsed as it is.
    done: bool,
    /// What is told in place of results.
    instead: BTreeMap<RunRef, Failure>,
}

/// The world of the clients stands as long as this is there.
struct Pause<'a>(&'a Shared);

impl<'a> Pause<'a> {
    fn of(shared: &'a Shared) -> Self {
        shared.pause();
        Self(shared)
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.resume();
    }
}

impl Live {
    /// This world, if anything of it is to be rehearsed.
    pub(crate) fn rehearsing(mut self, rehearse: Option<Rehearse>) -> Self {
        self.rehearsing = rehearse.map(|rehearse| Rehearsing {
            rehearse,
            script: Script::default(),
            done: false,
            instead: BTreeMap::new(),
        });
        self
    }

    /// Asks the service for a client.
    pub(super) fn ask(&mut self, input: Input) -> Result<Answer, RequestError> {
        if self.rehearsing.is_none() {
            return self.world.serve(input);
        }
        let when = self.when();
        let answer = self.world.serve(input.clone())?;
        let run = match &answer {
            Answer::Started(run) => Some(self.world.service().run(*run).run_id.clone()),
            _ => None,
        };
        self.note(when, |script| script.note(when, input, run));
        Ok(answer)
    }

    /// Asks a workflow for a client.
    pub(super) fn inquire(
        &mut self,
        target: Target,
        query: Query,
        patience: Duration,
    ) -> Result<QueryHandle, RequestError> {
        let when = self.when();
        let sent = self.world.inquire(target.clone(), query.clone(), patience)?;
        self.note(when, |script| script.note_query(when, target, query, patience));
        Ok(sent)
    }

    /// Writes down what was asked. Where nothing was open a script begins, with a start.
    fn note(&mut self, when: When, note: impl FnOnce(&mut Script)) {
        let Some(rehearsing) = &mut self.rehearsing else { return };
        let mut script =
            if when.idle { Script::default() } else { core::mem::take(&mut rehearsing.script) };
        note(&mut script);
        if !script.begins_with_a_start() {
            return;
        }
        (rehearsing.script, rehearsing.done) = (script, false);
        if when.idle {
            self.shared.inbox().recorded = Some(Recorded::default());
        }
    }

    fn when(&self) -> When {
        let idle = !self.world.service().has_open();
        let outside = self.shared.inbox().unseen.outside(self.wall.now());
        When { now: self.world.now(), outside, steps: self.steps, idle }
    }

    /// Somebody waits for this close, which has come: if nothing is open any more, all is rehearsed first.
    pub(super) fn rehearse_before(&mut self, run: RunRef, ask: &HistoryAsk) {
        if ask.wait && ask.close_only && !self.world.service().has_open() {
            self.rehearse(run);
        }
    }

    /// Somebody waits for a result, and nothing can happen any more. Returns whether it was rehearsed.
    pub(super) fn rehearse_at_rest(&mut self) -> bool {
        let waits_for = |wait: &Wait| match wait {
            Wait::History { run, ask, reply } if ask.close_only && reply.is_open() => Some(*run),
            Wait::History { .. }
            | Wait::Update { .. }
            | Wait::FastForward { .. }
            | Wait::Query { .. }
            | Wait::Sleep { .. }
            | Wait::Rest { .. } => None,
        };
        let run = self.waits.iter().find_map(waits_for);
        run.is_some_and(|run| self.rehearse(run))
    }

    /// Rehearses what clients asked, unless that is done.
    fn rehearse(&mut self, run: RunRef) -> bool {
        let Some(mut rehearsing) = self.rehearsing.take() else { return false };
        let due = !rehearsing.done && rehearsing.script.begins_with_a_start();
        if due {
            rehearsing.done = true;
            self.wait_for_polls();
            let rehearsal = self.rehearsal(run, rehearsing.script.clone());
            let began = self.wall.now();
            let failure = {
                let _pause = Pause::of(&self.shared);
                (rehearsing.rehearse)(&rehearsal)
            };
            self.shared.inbox().unseen.rehearses(self.wall.now().since(began));
            rehearsing.instead.extend(failure.map(|failure| (run, failure)));
            // Nobody here has seen that time pass.
            (self.paced, self.hushed, self.unpolled) = (None, None, None);
        }
        self.rehearsing = Some(rehearsing);
        due
    }

    /// Workers begin to poll for workflow tasks and for activities one after the other. Those that do one of it alone so far
    /// are given some real time to begin with the other; then they count as workers of that one.
    fn wait_for_polls(&mut self) {
        let until = self.wall.now().saturating_add(self.options.unpolled);
        loop {
            self.meet_workers();
            let mut there = self.workers.values().filter(|known| !known.gone);
            let now = self.wall.now();
            if there.all(|known| known.workflows == known.activities) || now >= until {
                return;
            }
            self.wall.wait(&self.shared.bell, Some(until.since(now)));
        }
    }

    fn rehearsal(&self, run: RunRef, script: Script) -> Rehearsal {
        let view = self.world.service().run(run);
        let begins = script.began().unwrap_or_default().max(ahead(self.wall.now()));
        let there = self.workers.values().filter(|known| !known.gone && known.workflows);
        let sdks: BTreeSet<SmolStr> = there.map(|known| known.sdk.clone()).collect();
        let scenario = Scenario::new(view.workflow_type.clone())
            .with_no_workers()
            .with_dialect(Dialect::Outside(the_one(&sdks)))
            .with_unsettled_apart()
            .with_service_config(self.options.service_config())
            .with_beginning(begins)
            .with_remote(make_hands(&self.shared, &self.wall, &self.options, true))
            .with_client(script.into_client());
        let workers = self.workers.iter().filter(|(_, known)| !known.gone);
        let scenario = workers.fold(scenario, |scenario, ((identity, queue), known)| {
            let spec = WorkerSpec::new(queue.clone()).with_identity(identity.clone()).remote();
            scenario.with_worker(match known {
                Known { workflows: false, .. } => spec.no_workflows(),
                Known { activities: false, .. } => spec.no_activities(),
                Known { .. } => spec,
            })
        });
        Rehearsal {
            real: scenario,
            sdks,
            recorded: self.shared.inbox().recorded.clone().unwrap_or_default(),
            workflow_id: view.workflow_id.clone(),
            workflow_type: view.workflow_type.clone(),
            history: self.world.service().visible_history(run),
            shared: Arc::clone(&self.shared),
        }
    }

    /// What is told of a history: in place of a result perhaps what its rehearsal came to.
    pub(super) fn told(&self, run: RunRef, ask: &HistoryAsk) -> HistoryPage {
        let mut page = look::page(self.world.service(), run, ask);
        let closed = self.world.service().run(run).status != Status::Running;
        let instead = self.rehearsing.as_ref().and_then(|it| it.instead.get(&run));
        if let Some(failure) = instead.filter(|_| ask.close_only && closed) {
            for event in &mut page.events {
                *event = Arc::new(failed(event, failure));
            }
        }
        page
    }
}

/// The SDK of all workers, if it is one and known.
fn the_one(sdks: &BTreeSet<SmolStr>) -> Sdk {
    let mut known = sdks.iter().map(|name| Sdk::named(name));
    match (known.next(), known.next()) {
        (Some(one), None) => one,
        (_, _) => Sdk::Any,
    }
}

/// A close that says this.
fn failed(close: &Event, failure: &Failure) -> Event {
    let failed = WorkflowExecutionFailed {
        failure: Some(failure.clone()),
        ..WorkflowExecutionFailed::default()
    };
    Event::new(close.id, close.time, EventKind::WorkflowExecutionFailed(Box::new(failed)))
}

/// The next whole hour that is far enough ahead.
fn ahead(wall: Timestamp) -> Timestamp {
    let hours = wall.saturating_add(AHEAD).since(Timestamp::EPOCH).as_secs().div_ceil(3600);
    Timestamp::EPOCH.saturating_add(Duration::from_secs(hours.saturating_mul(3600)))
}
