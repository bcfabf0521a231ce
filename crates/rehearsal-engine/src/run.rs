//! One whole run: the client script, and then on to the end.

use crate::choice::Chooser;
use crate::finding::{Code, Finding};
use crate::outcome::Outcome;
use crate::scenario::Scenario;

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
        let mut world = self.world(chooser);
        let played = self.client.as_ref().map_or(Ok(()), |script| script(&mut world));
        match played {
            Ok(()) => world.run_to_end(patience == Patience::MayStayOpen),
            Err(message) => world.fail(Finding::new(
                Code::ClientPanicked,
                format!("the client script panicked: {message}"),
            )),
        }
        world.finish()
    }
}
