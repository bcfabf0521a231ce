//! What our own server asks of the facade: sweeps of workers outside, whose runs it follows.

use rehearsal_explore::Observer;

use crate::campaign::Asked;
use crate::explore::{Exploration, Explored};
use crate::failure::Failure;
use crate::report::Report;
use crate::scenario::Scenario;

impl Scenario {
    /// [`try_sweep`](Self::try_sweep), of which every run is told, and which ends as soon as `told` does not go on.
    #[doc(hidden)]
    pub fn try_sweep_told(&self, told: &dyn Observer) -> Result<Report, Failure> {
        self.swept(|scenario, checks, keeper| {
            rehearsal_explore::sweep(scenario, checks, &(keeper, told))
        })
    }

    /// [`try_sweep_faults`](Self::try_sweep_faults), likewise.
    #[doc(hidden)]
    pub fn try_sweep_faults_told(&self, told: &dyn Observer) -> Result<Report, Failure> {
        self.swept(|scenario, checks, keeper| {
            rehearsal_explore::sweep_faults(scenario, checks, &(keeper, told))
        })
    }

    /// [`try_explore`](Self::try_explore), likewise; the environment is not asked.
    #[doc(hidden)]
    pub fn try_explore_told(
        &self,
        exploration: Exploration,
        told: &dyn Observer,
    ) -> Result<Explored, Failure> {
        self.may_be_explored()?;
        self.explored(exploration, &Asked::NOTHING, told)
    }
}
