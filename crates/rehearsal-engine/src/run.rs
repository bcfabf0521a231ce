//! One whole run: the client script, and then on to the end.

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

impl Scenario {
    /// Runs the client script, then on until every workflow is closed.
    ///
    /// What goes wrong is in the outcome's findings. A client script that fails ends the run with finding RH503.
    #[must_use]
    pub fn run(&self, chooser: Box<dyn Chooser>, patience: Patience) -> Outcome {
        let _silence = self.listen(None);
        self.play(self.world(chooser), patience)
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
        let again = self.play(world, outcome.patience).record;
        (outcome.record.logs, outcome.record.logs_dropped) = (again.logs, again.logs_dropped);
    }

    fn play(&self, mut world: World, patience: Patience) -> Outcome {
        let played = self.client.as_ref().map_or(Ok(()), |script| script(&mut world));
        match played {
            Ok(()) => world.run_to_end(patience == Patience::MayStayOpen),
            Err(message) => world.fail(Finding::new(
                Code::ClientPanicked,
                format!("the client script panicked: {message}"),
            )),
        }
        Outcome { patience, ..world.finish() }
    }
}
