//! Workflows that are changed while they run: generated code before a patch, with it, with the patch deprecated, and after
//! it was taken out; by the rules of Go and by those of core.

use std::time::Duration;

use proptest::prelude::*;
use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, DEFAULT_VERSION, Profile,
    ReplayError, Replayed, Scenario, Workflow, WorkflowError, millis, replay, secs,
};
use rehearsal_history::History;

const CHANGED: Workflow<(), u64> = Workflow::new("Changed");
const WORK: Activity<u8, u64> = Activity::new("Work");

/// What one version of the code does in a place.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Nothing.
    Nothing,
    /// Sleeps so many tenths of a second.
    Sleeps(u8),
    /// Executes an activity with this input.
    Works(u8),
}

/// A step of the workflow.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// It was never changed.
    Same(Does),
    /// It was changed, and the change has this number. One number may stand for changes in several places.
    Changed { number: u8, from: Does, to: Does },
}

/// A workflow, with all of its versions.
#[derive(Debug, Clone)]
pub struct Changed {
    parts: Vec<Part>,
    /// How often the parts are run, one after the other.
    rounds: u8,
    /// Whether it runs on after a cancel.
    deaf: bool,
    /// After how many tenths of a second the client cancels it.
    cancel: Option<u8>,
    core: bool,
}

/// Which version of the code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// As it was.
    Before,
    /// Asks for the patch, and knows both ways.
    Patched,
    /// Says that nobody is left who goes the old way.
    Deprecated,
    /// Says nothing of the patch any more.
    Removed,
}

impl Stage {
    /// All, in the order in which they are deployed.
    pub const ALL: [Self; 4] = [Self::Before, Self::Patched, Self::Deprecated, Self::Removed];

    /// Of what was recorded by this version, the versions that replay it: R-10 … R-13. By the rules of Go a version that
    /// was asked for once is asked for as long as such a run may be replayed.
    #[must_use]
    pub const fn replayed_by(self, core: bool) -> &'static [Self] {
        match (self, core) {
            (Self::Before, _) => &[Self::Before, Self::Patched],
            (Self::Deprecated, true) => &[Self::Patched, Self::Deprecated, Self::Removed],
            (Self::Patched, _) | (Self::Deprecated, false) => &[Self::Patched, Self::Deprecated],
            (Self::Removed, _) => &[Self::Removed],
        }
    }
}

fn any_does() -> impl Strategy<Value = Does> {
    prop_oneof![
        1 => Just(Does::Nothing),
        2 => (0..30_u8).prop_map(Does::Sleeps),
        2 => (0..3_u8).prop_map(Does::Works),
    ]
}

/// Any workflow with at least one change.
pub fn any_changed() -> impl Strategy<Value = Changed> {
    let change = || {
        (0..2_u8, any_does(), any_does()).prop_map(|(number, from, to)| Part::Changed {
            number,
            from,
            to,
        })
    };
    let part = prop_oneof![any_does().prop_map(Part::Same), change()];
    let parts = (prop::collection::vec(part, 0..3), change(), 0..3_usize).prop_map(
        |(mut parts, change, at)| {
            parts.insert(at.min(parts.len()), change);
            parts
        },
    );
    let cancel = prop::option::of(0..40_u8);
    (parts, 1..3_u8, any::<bool>(), cancel, any::<bool>()).prop_map(
        |(parts, rounds, deaf, cancel, core)| Changed { parts, rounds, deaf, cancel, core },
    )
}

impl Does {
    async fn run(self, ctx: &Context) -> Result<u64, WorkflowError> {
        match self {
            Self::Nothing => Ok(0),
            Self::Sleeps(count) => ctx.sleep(tenths(count)).await.map(|()| 1),
            Self::Works(input) => {
                let options =
                    ActivityOptions::start_to_close(secs(30)).with_wait_for_cancellation();
                ctx.with_activity_options(options).execute(WORK, input).await
            }
        }
    }
}

impl Changed {
    /// Whether it goes by the rules of core.
    #[must_use]
    pub const fn is_core(&self) -> bool {
        self.core
    }

    const fn profile(&self) -> Profile {
        if self.core { Profile::Core } else { Profile::Go }
    }

    async fn run(self, ctx: Context, stage: Stage) -> Result<u64, WorkflowError> {
        let ctx = if self.deaf { ctx.disconnected() } else { ctx };
        let mut sum = 0;
        for part in core::iter::repeat_n(&self.parts, usize::from(self.rounds)).flatten() {
            let does = match part {
                Part::Same(does) => *does,
                Part::Changed { number, from, to } => {
                    if self.goes_new(&ctx, stage, &format!("change-{number}")) {
                        *to
                    } else {
                        *from
                    }
                }
            };
            sum += does.run(&ctx).await?;
        }
        Ok(sum)
    }

    /// Whether a run goes the new way.
    fn goes_new(&self, ctx: &Context, stage: Stage, change: &str) -> bool {
        match stage {
            Stage::Before => false,
            Stage::Patched if self.core => ctx.patched(change),
            Stage::Patched => ctx.version(change, DEFAULT_VERSION, 1) == 1,
            Stage::Deprecated => {
                if self.core {
                    ctx.deprecate_patch(change);
                } else {
                    ctx.version(change, 1, 1);
                }
                true
            }
            Stage::Removed => true,
        }
    }

    /// The scenario that runs this version.
    #[must_use]
    pub fn scenario(&self, stage: Stage) -> Scenario {
        let (code, cancel) = (self.clone(), self.cancel);
        Scenario::new("changed")
            .profile(self.profile())
            .workflow(CHANGED, move |ctx, (): ()| code.clone().run(ctx, stage))
            .activity(WORK, |_: ActivityContext, input: u8| async move {
                Ok::<_, ActivityError>(u64::from(input))
            })
            .client(move |world| {
                let changed = world.start(CHANGED, "changed", ());
                if let Some(after) = cancel {
                    world.advance(tenths(after));
                    let _closed = world.cancel(&changed);
                }
            })
    }

    /// Replays what was recorded with this version.
    ///
    /// # Errors
    ///
    /// What was recorded cannot be read.
    pub fn replay(&self, history: &History, stage: Stage) -> Result<Replayed, ReplayError> {
        let code = self.clone();
        replay(history.to_json())
            .rules(self.profile())
            .workflow(CHANGED, move |ctx, (): ()| code.clone().run(ctx, stage))
    }
}

fn tenths(count: u8) -> Duration {
    millis(u64::from(count) * 100)
}
