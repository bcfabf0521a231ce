//! Time that passes where the code of activities runs, if that is more than the engine's own executor.

use rehearsal_history::Timestamp;

use super::World;

impl World {
    /// Whether there is code that goes on with time and is not on the agenda.
    pub(super) fn passes_around(&self) -> bool {
        self.surroundings.is_some() && self.executor.has_running()
    }

    /// Lets time pass where the code of activities runs, up to `until`. Returns whether some of it can go on before:
    /// then the clock stands at that time.
    pub(super) fn pass_around(&mut self, until: Timestamp) -> bool {
        let Some(surroundings) = &mut self.surroundings else { return false };
        let longest = self.record.began + self.scenario.limits.virtual_time;
        let Some(reached) = self.executor.pass(surroundings.as_mut(), until.min(longest)) else {
            return false;
        };
        if !self.executor.has_woken() {
            return false;
        }
        self.advance_clock(reached);
        self.poll_woken();
        true
    }
}
