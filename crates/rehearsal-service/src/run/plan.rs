//! What the commands of a completion come to, before any of it happens (W-10 to W-15).
//!
//! Commands build on each other: one may cancel what another has started. So the plan keeps the entities that earlier
//! commands have touched beside the run, evolved by the events it foretells, and the run itself stays as it is until the
//! whole plan holds. Ids are known in advance, as these events stand in one block (H-11).

use alloc::sync::Arc;
use alloc::vec::Vec;

use rehearsal_history::{Event, EventId, SmolStr};

use super::Turn;
use super::command::Command;
use super::index::Index;
use super::state::State;
use crate::machine::activity::{self, Planned};
use crate::machine::child::{self, Child};
use crate::machine::external::{self, External};
use crate::machine::timer::{self, Timer};
use crate::machine::update::{self, Update};
use crate::machine::{close, marker, properties};
use crate::refusal::Refusal;
use crate::words::{Decision, Origin, Overlay, Step, Table as _};

/// The outcome of a completion's commands.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Whether a workflow task must follow: events wait in the buffer, or an activity was canceled in its worker's
    /// place (C-24).
    pub(crate) needs_task: bool,
}

/// Plans `commands` in order. `task` is the `WorkflowTaskCompleted` that they stand behind, `buffered` says how many
/// events wait in the buffer.
///
/// # Errors
///
/// [`Refusal`] of the first command that does not hold.
pub(crate) fn plan(
    (state, index): (&State, &Index),
    turn: &Turn<'_>,
    task: EventId,
    identity: &SmolStr,
    buffered: usize,
    commands: Vec<Command>,
) -> Result<Plan, Refusal> {
    let mut planner = Planner {
        turn,
        origin: Origin {
            now: turn.now,
            task,
            next: task.next(),
            identity,
            task_queue: &state.view.task_queue,
            run_timeout: state.settings.run_timeout,
            namespace: &turn.config.namespace,
            limits: &turn.config.limits,
            search_attributes: &turn.config.search_attributes,
            chain: state.chain(turn),
        },
        buffered,
        activities: Planned::new(Overlay::new(&state.activities), index.ids()),
        timers: Overlay::new(&state.timers),
        children: Overlay::new(&state.children),
        externals: Overlay::new(&state.externals),
        updates: Overlay::new(&state.updates),
        steps: Vec::new(),
        needs_task: false,
    };
    for command in commands {
        planner.add(command)?;
    }
    Ok(Plan { needs_task: planner.buffered > 0 || planner.needs_task, steps: planner.steps })
}

struct Planner<'a> {
    turn: &'a Turn<'a>,
    origin: Origin<'a>,
    /// How many events that came before this completion still wait in the buffer (W-12).
    buffered: usize,
    /// The entities as the commands so far will leave them.
    activities: Planned<'a>,
    timers: Overlay<'a, SmolStr, Timer>,
    children: Overlay<'a, EventId, Child>,
    externals: Overlay<'a, EventId, External>,
    updates: Overlay<'a, SmolStr, Update>,
    steps: Vec<Step>,
    needs_task: bool,
}

impl Planner<'_> {
    fn add(&mut self, command: Command) -> Result<(), Refusal> {
        if command.is_close() && self.buffered > 0 {
            return Err(Refusal::UnhandledCommand);
        }
        let mut decision = Decision::default();
        let (origin, out) = (&self.origin, &mut decision);
        match command {
            Command::Activity(command) => activity::plan(command, origin, &self.activities, out)?,
            Command::Timer(command) => timer::plan(command, origin, &self.timers, out)?,
            Command::Child(command) => child::plan(command, origin, &self.children, out)?,
            Command::External(command) => {
                let is_new = |id: &str| self.children.all().any(|it| it.is_new(origin.task, id));
                external::plan(command, origin, &self.externals, is_new, out)?;
            }
            Command::Update(command) => update::plan(command, origin, &self.updates, out)?,
            Command::Close(command) => close::plan(command, origin, out)?,
            Command::Marker(marker) => marker::plan(*marker, origin, out)?,
            Command::Properties(command) => properties::plan(command, origin, out)?,
        }
        self.turn.bend(&mut decision);
        self.extend(decision);
        Ok(())
    }

    fn extend(&mut self, decision: Decision) {
        self.needs_task |= decision.needs_task;
        for step in decision.steps {
            match step {
                Step::Event(event) => self.foretell(event),
                Step::Unbuffer { .. } => {
                    self.buffered = self.buffered.saturating_sub(1);
                    self.steps.push(step);
                }
                Step::Note(_) | Step::Transfer(_) => self.steps.push(step),
            }
        }
    }

    /// Gives an event the id it will have, and evolves what it concerns.
    fn foretell(&mut self, mut event: Arc<Event>) {
        if !event.kind.is_buffered() {
            Arc::make_mut(&mut event).id = self.origin.next;
            self.origin.next = self.origin.next.next();
        }
        activity::evolve(&mut self.activities, &event);
        self.activities.look();
        timer::evolve(&mut self.timers, &event);
        child::evolve(&mut self.children, &event);
        external::evolve(&mut self.externals, &event);
        update::evolve(&mut self.updates, &event);
        self.steps.push(Step::Event(event));
    }
}
