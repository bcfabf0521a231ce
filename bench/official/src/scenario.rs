//! What is timed: the cancellation sample as it was recorded with the official SDK, canceled by its client at 3.5 s of
//! virtual time.

use std::hint::black_box;
use std::sync::Arc;

use rehearsal::{OfficialWorld as _, Outcome, Scenario, Status, Stub, Tape, World, millis, secs};
use rehearsal_activation::{Activation, Completion, Definition, WorkflowCommand};
use rehearsal_history::Event;
use rehearsal_worker::{Profile, ReplayOptions, ReplayStep, Replayed, Replayer, replay};
use temporalio_workflow::__private::sdk::TerminalOutcome;

use self::workflow::{Acts, YourWorkflow};
use crate::by_hand::ByHand;

#[expect(unreachable_pub, clippy::pedantic, reason = "the code stands here as it was recorded")]
#[rustfmt::skip]
#[path = "../../../fixtures/golden/rust/seed-cancel-running/workflow.rs"]
pub(crate) mod workflow;

/// What stands for the activities of the workflow.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Activities {
    /// Stubs that return what the activities return, at the same virtual time.
    Stubs,
    /// Their own code, in a runtime of tokio.
    Real,
}

/// The sample run, and what was recorded of it once.
pub(crate) struct Sample {
    stubbed: Scenario,
    real: Scenario,
    definition: Arc<dyn Definition>,
    activations: Vec<Activation>,
    by_hand: ByHand,
    events: usize,
}

impl Sample {
    /// Runs the sample once and keeps what its workflow was told.
    ///
    /// # Panics
    ///
    /// Panics if the run does not go the way that the figures are about: canceled and without a finding, the same events
    /// with stubs as with real activities, and the same commands when it is told by hand.
    pub(crate) fn record() -> Self {
        let stubbed = rehearsal_with_client()
            // A stub ignores its cancel. The real activity hears of it with its next heartbeat, at 4 s too.
            .stub(
                Acts::activity_to_be_canceled,
                Stub::returns("I am canceled by Done".to_owned()).after(secs(4)),
            )
            .stub(
                Acts::activity_to_be_skipped,
                Stub::returns("should never run after a cancel".to_owned()),
            )
            .stub(Acts::cleanup, Stub::returns("cleaned up".to_owned()));
        let real = rehearsal_with_client()
            .real(Acts::activity_to_be_canceled)
            .real(Acts::activity_to_be_skipped)
            .real(Acts::cleanup);
        let definition: Arc<dyn Definition> = rehearsal_temporal::workflow::<YourWorkflow>();

        let outcome = run(&stubbed);
        let recorded = &outcome.main().expect("one workflow was started").history;
        let (activations, commands) = activations(recorded, definition.as_ref());
        let by_hand = ByHand::new(&activations);
        let events = recorded.len();
        let sample = Self { stubbed, real, definition, activations, by_hand, events };

        for outcome in [&outcome, &sample.run(Activities::Real)] {
            assert_eq!(outcome.findings, [], "the sample run has no findings");
            assert_eq!(kinds(outcome), kinds(&sample.examine(Activities::Stubs)));
            assert_eq!(kinds(outcome), kinds(&sample.examine(Activities::Real)));
        }
        let told = sample.by_hand.tell();
        assert!(matches!(told.outcome, Some(TerminalOutcome::Cancelled(_))), "it ends canceled");
        assert_eq!(told.commands, commands, "told by hand it asks for the same");
        sample
    }

    /// How many activations the workflow is told.
    pub(crate) fn activations(&self) -> usize {
        self.activations.len()
    }

    /// How many jobs these hold.
    pub(crate) fn jobs(&self) -> usize {
        self.activations.iter().map(|activation| activation.jobs.len()).sum()
    }

    /// How many events its history has.
    pub(crate) fn events(&self) -> usize {
        self.events
    }

    /// The workflow alone: an instance of the SDK, told the same by hand.
    pub(crate) fn by_hand(&self) {
        black_box(self.by_hand.tell());
    }

    /// The same through Rehearsal's instance of it: with conversion both ways, and panics caught.
    pub(crate) fn hosted(&self) {
        let mut instance = self.definition.instantiate();
        for activation in black_box(&self.activations) {
            black_box(instance.activate(activation));
        }
    }

    /// One run with its history: a world, its client, the outcome. Nothing is checked.
    pub(crate) fn run(&self, activities: Activities) -> Outcome {
        run(self.scenario(activities))
    }

    /// One run with its history, and one replay of all of it from the start.
    pub(crate) fn run_and_replay(&self, activities: Activities) -> (Outcome, Replayed) {
        let outcome = self.run(activities);
        let recorded = &outcome.main().expect("one workflow was started").history;
        let options = ReplayOptions { profile: Profile::Core, cold_at: None };
        let replayed = replay(recorded, self.definition.as_ref(), options);
        let replayed = replayed.expect("the sample run replays");
        (outcome, replayed)
    }

    /// One run with all that is checked in every run of a sweep: the run again, its form, all its replays.
    pub(crate) fn examine(&self, activities: Activities) -> Outcome {
        let scenario = self.scenario(activities);
        scenario.try_run(&Tape::calm()).expect("the sample run has no findings")
    }

    fn scenario(&self, activities: Activities) -> &Scenario {
        match activities {
            Activities::Stubs => &self.stubbed,
            Activities::Real => &self.real,
        }
    }
}

fn rehearsal_with_client() -> Scenario {
    Scenario::new("cancellation").official::<YourWorkflow>().client(script)
}

fn script(world: &mut World) {
    let order = world.start_official::<YourWorkflow>("order-7", ());
    world.advance(millis(3500));
    world.cancel(&order).expect("it is running");
}

fn run(scenario: &Scenario) -> Outcome {
    let mut world = scenario.world();
    let order = world.start_official::<YourWorkflow>("order-7", ());
    world.advance(millis(3500));
    world.cancel(&order).expect("it is running");
    assert_eq!(world.wait(&order), Status::Canceled, "the sample run ends canceled");
    world.finish()
}

/// The events of a run by their kinds.
fn kinds(outcome: &Outcome) -> Vec<String> {
    let history = &outcome.main().expect("one workflow was started").history;
    history.iter().map(|event| event.kind.name().to_owned()).collect()
}

/// What an instance was told in the run that these events are of, as it was told it live, and how many commands it
/// answered each with, without the one that closes the workflow.
fn activations(
    recorded: &[Arc<Event>],
    definition: &dyn Definition,
) -> (Vec<Activation>, Vec<usize>) {
    // Cold at the first task: every activation says that it is live.
    let options = ReplayOptions { profile: Profile::Core, cold_at: Some(1) };
    let mut replayer = Replayer::new(recorded, options);
    let mut instance = definition.instantiate();
    let (mut activations, mut counts) = (Vec::new(), Vec::new());
    let mut step = replayer.step(None);
    while let ReplayStep::Activate(activation) = step {
        let completion = instance.activate(&activation);
        counts.push(asked(&completion));
        step = replayer.step(Some(completion));
        activations.push(activation);
    }
    (activations, counts)
}

fn asked(completion: &Completion) -> usize {
    let Completion::Commands(commands) = completion else { panic!("no task of the sample fails") };
    let closes =
        |command: &&WorkflowCommand| matches!(command, WorkflowCommand::CancelWorkflow { .. });
    commands.len() - commands.iter().filter(closes).count()
}
