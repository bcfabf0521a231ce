//! What clients asked while workflows were open, and when: enough to ask it again.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Query;
use rehearsal_engine::{ClientScript, World};
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_service::{Answer, Input, Target};

/// Times that passed with the clock on the wall are taken to multiples of this: how fast a machine is does not matter.
const BEAT: Duration = Duration::from_millis(500);

/// What comes so much sooner than on a beat is on it. A machine makes late, seldom early: so the rest of the beat is for late.
const EARLY: Duration = Duration::from_millis(100);

/// A time, taken to the beat that it may be late for.
pub(crate) fn on_the_beat(time: Duration, beat: Duration) -> Duration {
    let beats = time.saturating_add(EARLY).as_nanos() / beat.as_nanos();
    beat.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX))
}

/// What a client asked, as the service took it.
#[derive(Debug, Clone)]
enum Asked {
    /// With the run that it was answered with, if it was.
    Input(Box<Input>, Option<SmolStr>),
    Query(Target, Box<Query>, Duration),
}

#[derive(Debug, Clone)]
struct Line {
    /// When, from the first line on.
    at: Duration,
    /// How many steps the world had taken.
    steps: u64,
    asked: Asked,
}

/// What clients asked since nothing was open. It is asked again open-loop: at its times, whatever is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    /// When it began, in virtual time and by the clock of code outside.
    began: Option<(Timestamp, Timestamp)>,
    lines: Vec<Line>,
}

/// When something was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) now: Timestamp,
    /// The same by the clock of code outside, which goes on where time stands.
    pub(crate) outside: Timestamp,
    /// How many steps the world had taken.
    pub(crate) steps: u64,
    /// Whether no workflow was open.
    pub(crate) idle: bool,
}

impl Script {
    /// Something was asked that the service has taken.
    pub(crate) fn note(&mut self, when: When, input: Input, answered: Option<SmolStr>) {
        self.push(when, Asked::Input(Box::new(input), answered));
    }

    /// A workflow was asked.
    pub(crate) fn note_query(
        &mut self,
        when: When,
        target: Target,
        query: Query,
        patience: Duration,
    ) {
        self.push(when, Asked::Query(target, Box::new(query), patience));
    }

    fn push(&mut self, when: When, asked: Asked) {
        let (_, began) = *self.began.get_or_insert((when.now, when.outside));
        let at = on_the_beat(when.outside.since(began), BEAT);
        self.lines.push(Line { at, steps: when.steps, asked });
    }

    /// Whether there is something to ask, and it begins with the start of a workflow.
    pub(crate) fn begins_with_a_start(&self) -> bool {
        self.lines.first().is_some_and(|first| match &first.asked {
            Asked::Input(input, _) => matches!(
                **input,
                Input::StartWorkflow(_)
                    | Input::SignalWithStart { .. }
                    | Input::UpdateWithStart { .. }
            ),
            Asked::Query(..) => false,
        })
    }

    /// When the first line was asked.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        self.began.map(|(now, _)| now)
    }

    /// The same as what the client of a scenario does.
    pub(crate) fn into_client(self) -> ClientScript {
        let lines = self.lines;
        Arc::new(move |world: &mut World| {
            let mut client = Client { world, runs: Vec::new() };
            let (mut at, mut steps) = (Duration::ZERO, None);
            for line in &lines {
                // What was asked in one breath is asked so again.
                if steps.is_some_and(|steps| steps != line.steps) || line.at != at {
                    client.world.advance(line.at.saturating_sub(at));
                }
                (at, steps) = (line.at, Some(line.steps));
                client.ask(&line.asked);
            }
            Ok(())
        })
    }
}

/// A client that asks what was asked before, in another world.
struct Client<'a> {
    world: &'a mut World,
    /// The runs that were started then, and those that are in their place.
    runs: Vec<(SmolStr, SmolStr)>,
}

impl Client<'_> {
    /// Asks, and does not look at the answer: a refusal is one in this world alone.
    fn ask(&mut self, asked: &Asked) {
        match asked {
            Asked::Input(input, answered) => {
                let mut input = (**input).clone();
                self.translate(&mut input);
                if let Ok(Answer::Started(run)) = self.world.ask_again(input)
                    && let Some(then) = answered
                {
                    let now = self.world.service().run(run).run_id.clone();
                    self.runs.push((then.clone(), now));
                }
            }
            Asked::Query(target, query, patience) => {
                let target = self.meant(target.clone());
                let _refused = self.world.inquire(target, (**query).clone(), *patience);
            }
        }
    }

    /// The same of this world.
    fn translate(&mut self, input: &mut Input) {
        self.world.name_run(input);
        match input {
            Input::StartWorkflow(start)
            | Input::SignalWithStart { start, .. }
            | Input::UpdateWithStart { start, .. } => {
                // The answer goes nowhere, so the first task waits for a poll.
                start.eager = false;
            }
            Input::SignalWorkflow { target, .. }
            | Input::UpdateWorkflow { target, .. }
            | Input::UpdateTimeSkipping { target, .. }
            | Input::RequestCancelWorkflow { target, .. }
            | Input::TerminateWorkflow { target, .. }
            | Input::RespondActivityById { target, .. } => {
                *target = self.meant(core::mem::take(target));
            }
            Input::Query(_)
            | Input::StartWorkflowTask { .. }
            | Input::RespondWorkflowTask { .. }
            | Input::StartActivityTask { .. }
            | Input::RecordHeartbeat { .. }
            | Input::RespondActivityCompleted { .. }
            | Input::RespondActivityFailed { .. }
            | Input::RespondActivityCanceled { .. }
            | Input::Transfer { .. }
            | Input::Elapsed
            | Input::Shift { .. } => {}
        }
    }

    /// The run of this world that is in the place of the one that was meant. A run that no client started, the next of a
    /// chain for instance, is the current one here.
    fn meant(&self, mut target: Target) -> Target {
        let here = |id: SmolStr| {
            self.runs.iter().find(|(then, _)| *then == id).map(|(_, now)| now.clone())
        };
        target.run_id = target.run_id.filter(|id| !id.is_empty()).and_then(here);
        target.first_run_id = target.first_run_id.filter(|id| !id.is_empty()).and_then(here);
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_to_the_beat_that_they_are_late_for() {
        let millis = Duration::from_millis;
        let on = |time| on_the_beat(millis(time), BEAT).as_millis();
        assert_eq!([on(0), on(399), on(400), on(899)], [0, 0, 500, 500]);
        assert_eq!([on(2013), on(3390), on(86_400_000)], [2000, 3000, 86_400_000]);
    }
}
