//! What is timed: the sample of Temporal's cancellation guide, canceled by its client at 3.5 s of virtual time.

use std::hint::black_box;
use std::sync::Arc;

use rehearsal::{Outcome, Scenario, Status, Tape, millis};
use rehearsal_activation::{Activation, Definition, Job};
use rehearsal_examples::cancellation::{YOUR_WORKFLOW, rehearsal_of, your_workflow};
use rehearsal_history::Event;
use rehearsal_worker::{Profile, ReplayOptions, ReplayStep, Replayed, Replayer, replay};
use rehearsal_workflow::definition;

/// The sample run, and what was recorded of it once.
pub(crate) struct Sample {
    scenario: Scenario,
    definition: Arc<dyn Definition>,
    activations: Vec<Activation>,
    events: usize,
}

impl Sample {
    /// Runs the sample once and keeps what its workflow was told.
    ///
    /// # Panics
    ///
    /// Panics if the run does not go the way that the figures are about: canceled, and without a finding.
    pub(crate) fn record() -> Self {
        let scenario =
            rehearsal_of("cancellation").workflow(YOUR_WORKFLOW, your_workflow).client(|world| {
                let order = world.start(YOUR_WORKFLOW, "order-7", ());
                world.advance(millis(3500));
                world.cancel(&order).expect("it is running");
            });
        let definition = definition(YOUR_WORKFLOW, your_workflow);
        let mut sample = Self { scenario, definition, activations: Vec::new(), events: 0 };

        let outcome = sample.run();
        let recorded = &outcome.main().expect("one workflow was started").history;
        sample.activations = activations(recorded, sample.definition.as_ref());
        sample.events = recorded.len();

        assert_eq!(outcome.findings, [], "the sample run has no findings");
        let checked = sample.examine();
        let checked = &checked.main().expect("one workflow was started").history;
        assert_eq!(recorded, checked, "the run that is timed is the run that is checked");
        sample
    }

    /// What the workflow is told, one activation for each of its tasks.
    pub(crate) fn activations(&self) -> &[Activation] {
        &self.activations
    }

    /// How many events its history has.
    pub(crate) fn events(&self) -> usize {
        self.events
    }

    /// The empty loop: looks at every job of every activation and does nothing.
    pub(crate) fn touch(&self) -> usize {
        let mut jobs = 0;
        for activation in black_box(&self.activations) {
            for job in &activation.jobs {
                black_box::<&Job>(job);
                jobs += 1;
            }
        }
        jobs
    }

    /// The workflow alone: a fresh instance, told the same by hand.
    pub(crate) fn guest(&self) {
        let mut instance = self.definition.instantiate();
        for activation in black_box(&self.activations) {
            black_box(instance.activate(activation));
        }
    }

    /// One run with its history: a world, its client, the outcome. Nothing is checked.
    pub(crate) fn run(&self) -> Outcome {
        let mut world = self.scenario.world();
        let order = world.start(YOUR_WORKFLOW, "order-7", ());
        world.advance(millis(3500));
        world.cancel(&order).expect("it is running");
        assert_eq!(world.wait(&order), Status::Canceled, "the sample run ends canceled");
        world.finish()
    }

    /// One run with its history, and one replay of it from the start.
    pub(crate) fn run_and_replay(&self) -> (Outcome, Replayed) {
        let outcome = self.run();
        let recorded = &outcome.main().expect("one workflow was started").history;
        let replayed = replay(recorded, self.definition.as_ref(), ReplayOptions::default());
        let replayed = replayed.expect("the sample run replays");
        (outcome, replayed)
    }

    /// One run with all that is checked in every run of a sweep: the run again, its form, all its replays.
    pub(crate) fn examine(&self) -> Outcome {
        self.scenario.try_run(&Tape::calm()).expect("the sample run has no findings")
    }
}

/// What an instance was told in the run that these events are of, as it was told it live.
fn activations(recorded: &[Arc<Event>], definition: &dyn Definition) -> Vec<Activation> {
    // Cold at the first task: every activation says that it is live.
    let options = ReplayOptions { profile: Profile::Go, cold_at: Some(1) };
    let mut replayer = Replayer::new(recorded, options);
    let mut instance = definition.instantiate();
    let mut activations = Vec::new();
    let mut step = replayer.step(None);
    while let ReplayStep::Activate(activation) = step {
        step = replayer.step(Some(instance.activate(&activation)));
        activations.push(activation);
    }
    activations
}
