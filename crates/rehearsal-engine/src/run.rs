//! One whole run: the client script, and then on to the end.

use crate::cause::Cause;
use crate::choice::Chooser;
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::scenario::Scenario;
use crate::world::World;

/// What a run that stays open at rest means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is a hang (RH301).
    MustEnd,
    /// It is left at its horizon unless a cancel was requested: the baseline of a sweep.
    MayStayOpen,
}

/// Whether workers outside replay a run at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replay {
    Outside,
    Not,
}

impl Scenario {
    /// Runs the client script, then on until every workflow is closed.
    ///
    /// What goes wrong is in the outcome's findings. A client script that fails ends the run with finding RH503.
    #[must_use]
    pub fn run(&self, chooser: Box<dyn Chooser>, patience: Patience) -> Outcome {
        let _silence = self.listen(None);
        self.play(self.world(chooser), patience, Replay::Not)
    }

    /// The same; at its end workers outside replay what they have done.
    pub(crate) fn run_and_replay(&self, chooser: Box<dyn Chooser>, patience: Patience) -> Outcome {
        let _silence = self.listen(None);
        self.play(self.world(chooser), patience, Replay::Outside)
    }

    /// Makes the run of `outcome` again, and notes there what user code logs in it. Nothing is done if nobody listens.
    ///
    /// If the run is no function of its choices (RH104), this is another one.
    pub fn hear(&self, outcome: &mut Outcome) {
        if self.listener.is_none() {
            return;
        }
        let mut world = self.world(Box::new(outcome.tape.clone()));
        let _listening = self.listen(Some(world.keep_logs()));
        let again = self.play(world, outcome.patience, Replay::Not).record;
        (outcome.record.logs, outcome.record.logs_dropped) = (again.logs, again.logs_dropped);
    }

    fn play(&self, mut world: World, patience: Patience, replay: Replay) -> Outcome {
        let played = self.client.as_ref().map_or(Ok(()), |script| script(&mut world));
        // What a client would have done next that has given up, nobody knows, and a workflow may wait for it for ever.
        let gave_up = world.client_gave_up();
        match played {
            Ok(()) => world.run_to_end(gave_up || patience == Patience::MayStayOpen),
            Err(_) if gave_up => world.run_to_end(true),
            Err(message) => world.fail(Finding::new(
                Code::ClientPanicked,
                format!("the client script panicked: {message}"),
            )),
        }
        match replay {
            Replay::Outside => world.replay_outside(),
            Replay::Not => {}
        }
        world.note_silent();
        let mut outcome = Outcome { patience, ..world.finish() };
        if outcome.record.cancels.is_empty() {
            for finding in &mut outcome.findings {
                if finding.code == Code::ClientPanicked {
                    finding.cause = Some(Cause::ScriptUncanceled);
                }
            }
        }
        self.assert_no_bug(&outcome);
        outcome
    }

    /// In our own suites a bug of ours fails the test that met it, whatever the test is about and whatever else was
    /// found; only a service that is broken on purpose is let off. To a user it is a finding (RH401).
    ///
    /// # Panics
    ///
    /// With the feature `panic-on-bugs`, if there is such a finding.
    pub(crate) fn assert_no_bug(&self, outcome: &Outcome) {
        let may_break = !cfg!(feature = "panic-on-bugs") || self.config.bend.is_some();
        let bug = outcome.findings.iter().find(|finding| finding.code == Code::IllFormed);
        if let Some(bug) = bug.filter(|_| !may_break) {
            panic!("scenario `{}` with the tape `{}` met a bug: {bug}", self.name, outcome.tape);
        }
    }
}
