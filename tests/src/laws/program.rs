//! Workflows as data: a small language that covers what workflow code can do, with an interpreter on the native API.
//!
//! Every program ends: waits have timeouts, every activity and every child comes to an end by itself, and a chain has three
//! runs at most.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use proptest::prelude::*;
use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, ChildOptions, Context,
    DEFAULT_VERSION, LocalActivityOptions, Memo, ParentClosePolicy, Query, RetryPolicy, Scenario,
    Signal, Update, Workflow, WorkflowError, join, millis, secs, select,
};

const PROGRAM: Workflow<u8, u64> = Workflow::new("Program");
const CHILD: Workflow<u8, u64> = Workflow::new("Child");
const CLEANUP: Activity<(), u64> = Activity::new("Cleanup");
const GO: Signal<u64> = Signal::new("go");
const ADD: Update<u64, u64> = Update::new("add");
const TURN: Query<(), u8> = Query::new("turn");

/// What an activity does.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Returns at once.
    Quick,
    /// Takes three seconds and never heartbeats.
    Slow,
    /// Heartbeats every second, six times at most, and answers a cancel with a canceled error.
    Beats,
    /// Fails twice, then returns.
    Flaky,
    /// Fails for good.
    Fails,
    /// Never answers in time, twice.
    TimesOut,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Quick, Self::Slow, Self::Beats, Self::Flaky, Self::Fails, Self::TimesOut];

    const fn activity(self) -> Activity<(), u64> {
        Activity::new(match self {
            Self::Quick => "Quick",
            Self::Slow => "Slow",
            Self::Beats => "Beats",
            Self::Flaky => "Flaky",
            Self::Fails => "Fails",
            Self::TimesOut => "TimesOut",
        })
    }

    fn options(self, wait: bool) -> ActivityOptions {
        let options = ActivityOptions::start_to_close(secs(match self {
            Self::TimesOut => 2,
            _ => 30,
        }));
        let options = match self {
            Self::Beats => options.with_heartbeat(secs(3)),
            Self::TimesOut => options
                .with_retry_policy(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() }),
            _ => options,
        };
        if wait { options.with_wait_for_cancellation() } else { options }
    }

    /// The same for a local activity.
    fn local(self) -> LocalActivityOptions {
        match self {
            Self::TimesOut => LocalActivityOptions::start_to_close(secs(2))
                .with_retry_policy(RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() }),
            Self::Quick | Self::Slow | Self::Beats | Self::Flaky | Self::Fails => {
                LocalActivityOptions::start_to_close(secs(30))
            }
        }
    }

    async fn run(self, ctx: ActivityContext) -> Result<u64, ActivityError> {
        match self {
            Self::Slow => ctx.sleep(secs(3)).await,
            Self::Beats => {
                for beat in 0..6_u32 {
                    if ctx.sleep_or_canceled(secs(1)).await {
                        return Err(ActivityError::canceled_with_details(&beat));
                    }
                    ctx.heartbeat(beat);
                }
            }
            Self::Flaky if ctx.attempt() < 3 => return Err("not yet".into()),
            Self::Quick | Self::Flaky => {}
            Self::Fails => {
                return Err(ActivityError::application("for good", "Fatal").non_retryable());
            }
            Self::TimesOut => ctx.sleep(secs(5)).await,
        }
        Ok(u64::from(ctx.attempt()))
    }
}

/// What a child does.
#[derive(Debug, Clone, Copy)]
pub enum Kid {
    /// Returns at once.
    Quick,
    /// Takes two seconds.
    Slow,
    /// Takes three seconds, whether or not it is canceled.
    Deaf,
    /// Fails.
    Fails,
    /// Goes on in a second run.
    Again,
}

impl Kid {
    const ALL: [Self; 5] = [Self::Quick, Self::Slow, Self::Deaf, Self::Fails, Self::Again];

    /// The child that has the number of its kind as its input.
    async fn run(ctx: Context, number: u8) -> Result<u64, WorkflowError> {
        match Self::ALL.get(usize::from(number)) {
            Some(Self::Slow) => ctx.sleep(secs(2)).await?,
            Some(Self::Deaf) => ctx.disconnected().sleep(secs(3)).await?,
            Some(Self::Fails) => return Err(WorkflowError::new("no")),
            Some(Self::Again) => {
                ctx.sleep(secs(1)).await?;
                return Err(ctx.continue_as_new(CHILD, Self::Quick as u8));
            }
            Some(Self::Quick) | None => {}
        }
        Ok(u64::from(number))
    }
}

/// One thing that a program does.
#[derive(Debug, Clone)]
pub enum Op {
    /// Executes an activity.
    Activity {
        /// What it does.
        kind: Kind,
        /// Whether a cancel waits for its end.
        wait: bool,
    },
    /// Executes a local activity.
    Local(Kind),
    /// Notes this number in a side effect.
    Note(u64),
    /// Notes it in a mutable side effect, if it is another one than before.
    Change(u64),
    /// Asks for the version of this change.
    Version(u8),
    /// Notes it in the memo.
    Memo(u8),
    /// Starts a child and waits for its end.
    Child {
        /// What it does.
        kid: Kid,
        /// What becomes of it if the program closes first.
        policy: ParentClosePolicy,
    },
    /// Sleeps so many tenths of a second.
    Sleep(u16),
    /// Waits for a signal, so many tenths of a second at most.
    Wait(u16),
    /// Both at once, until both have ended.
    Both(Box<Self>, Box<Self>),
    /// Both at once, until one has ended; the other goes on unwatched.
    First(Box<Self>, Box<Self>),
    /// In a scope of its own that is canceled after so many tenths of a second, or at once.
    Scope(Box<Self>, u16),
    /// Where no cancel reaches it.
    Detached(Box<Self>),
}

/// A workflow.
#[derive(Debug, Clone)]
pub struct Program {
    ops: Vec<Op>,
    /// Whether an error ends it.
    propagate: bool,
    /// Whether it cleans up when it was canceled.
    cleanup: bool,
    /// How many runs follow the first.
    again: u8,
}

/// What a client does after so many tenths of a second.
#[derive(Debug, Clone)]
pub enum Action {
    /// Sends a signal.
    Signal,
    /// Requests a cancel.
    Cancel,
    /// Terminates.
    Terminate,
    /// Sends an update and does not wait.
    Update,
    /// Asks a question.
    Query,
}

/// A program and what its client does.
#[derive(Debug, Clone)]
pub struct Case {
    program: Program,
    script: Vec<(u16, Action)>,
}

/// Any case. Small numbers, so that things fall together.
pub fn any_case() -> impl Strategy<Value = Case> {
    let op = any_op();
    let again = prop_oneof![4 => Just(0_u8), 2 => 1..3_u8];
    let program = (prop::collection::vec(op, 0..5), any::<bool>(), any::<bool>(), again)
        .prop_map(|(ops, propagate, cleanup, again)| Program { ops, propagate, cleanup, again });
    let action = prop_oneof![
        4 => Just(Action::Signal),
        4 => Just(Action::Cancel),
        1 => Just(Action::Terminate),
        2 => Just(Action::Update),
        1 => Just(Action::Query),
    ];
    (program, prop::collection::vec((0..40_u16, action), 0..4))
        .prop_map(|(program, script)| Case { program, script })
}

fn any_op() -> impl Strategy<Value = Op> {
    let policy = prop_oneof![
        Just(ParentClosePolicy::Terminate),
        Just(ParentClosePolicy::RequestCancel),
        Just(ParentClosePolicy::Abandon),
    ];
    let leaf = prop_oneof![
        4 => (prop::sample::select(&Kind::ALL[..]), any::<bool>()).prop_map(|(kind, wait)| Op::Activity { kind, wait }),
        2 => prop::sample::select(&Kind::ALL[..]).prop_map(Op::Local),
        1 => prop_oneof![
            (0..3_u64).prop_map(Op::Note),
            (0..3_u64).prop_map(Op::Change),
            (0..3_u8).prop_map(Op::Version),
            (0..3_u8).prop_map(Op::Memo),
        ],
        2 => (prop::sample::select(&Kid::ALL[..]), policy).prop_map(|(kid, policy)| Op::Child { kid, policy }),
        2 => (0..50_u16).prop_map(Op::Sleep),
        1 => (0..50_u16).prop_map(Op::Wait),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let boxed = inner.prop_map(Box::new);
        prop_oneof![
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| Op::Both(a, b)),
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| Op::First(a, b)),
            (boxed.clone(), 0..30_u16).prop_map(|(op, after)| Op::Scope(op, after)),
            boxed.prop_map(Op::Detached),
        ]
    })
}

fn tenths(count: u16) -> Duration {
    millis(u64::from(count) * 100)
}

type Running = Pin<Box<dyn Future<Output = Result<u64, WorkflowError>>>>;

/// Starts an operation: what it asks for is asked for now, not when it is awaited.
#[expect(clippy::too_many_lines, reason = "an arm for each operation")]
fn start(ctx: &Context, op: &Op) -> Running {
    match op {
        Op::Activity { kind, wait } => {
            let ctx = ctx.with_activity_options(kind.options(*wait));
            let running = ctx.execute(kind.activity(), ());
            Box::pin(running)
        }
        Op::Local(kind) => {
            let ctx = ctx.with_local_activity_options(kind.local());
            Box::pin(ctx.execute_local(kind.activity(), ()))
        }
        Op::Note(number) => {
            let noted = ctx.side_effect(|| *number);
            Box::pin(async move { Ok(noted) })
        }
        Op::Change(number) => {
            let noted = ctx.mutable_side_effect("number", || *number, u64::eq);
            Box::pin(async move { Ok(noted) })
        }
        Op::Version(change) => {
            let version = ctx.version(&format!("change-{change}"), DEFAULT_VERSION, 1);
            Box::pin(async move { Ok(version.unsigned_abs()) })
        }
        Op::Memo(number) => {
            let noted = ctx.upsert_memo(Memo::new().with("noted", number));
            let number = u64::from(*number);
            Box::pin(async move { noted.map(|()| number) })
        }
        Op::Child { kid, policy } => {
            let options = ChildOptions::new().with_parent_close_policy(policy.clone());
            Box::pin(ctx.with_child_options(options).execute_child(CHILD, *kid as u8))
        }
        Op::Sleep(count) => {
            let timer = ctx.sleep(tenths(*count));
            Box::pin(async move { timer.await.map(|()| 0) })
        }
        Op::Wait(count) => {
            let signals = ctx.signals(GO);
            let (ctx, timeout) = (ctx.clone(), tenths(*count));
            Box::pin(async move {
                let came = ctx.wait_timeout(timeout, || !signals.is_empty()).await?;
                Ok(if came { signals.try_recv().unwrap_or(0) } else { 0 })
            })
        }
        Op::Both(a, b) => {
            let (a, b) = (start(ctx, a), start(ctx, b));
            Box::pin(async move {
                let (a, b) = join(a, b).await;
                Ok(a?.wrapping_add(b?))
            })
        }
        Op::First(a, b) => {
            let (a, b) = (start(ctx, a), start(ctx, b));
            Box::pin(async move {
                match select(a, b).await {
                    rehearsal::Either::Left(value) | rehearsal::Either::Right(value) => value,
                }
            })
        }
        Op::Scope(op, after) => {
            let (scope, cancel) = ctx.with_cancel();
            let running = start(&scope, op);
            let timer = ctx.disconnected().timer(tenths(*after));
            Box::pin(async move {
                match select(running, timer).await {
                    rehearsal::Either::Left(value) => value,
                    rehearsal::Either::Right(_) => {
                        cancel.cancel();
                        Ok(1)
                    }
                }
            })
        }
        Op::Detached(op) => start(&ctx.disconnected(), op),
    }
}

impl Program {
    async fn run(self, ctx: Context, turn: u8) -> Result<u64, WorkflowError> {
        ctx.on_query(TURN, move |()| Ok(turn));
        let added = |ctx: Context, amount: u64| async move {
            ctx.sleep(millis(500)).await.map(|()| amount)
        };
        ctx.on_update(ADD, added).await;
        let mut sum = 0_u64;
        let mut outcome = Ok(());
        for op in &self.ops {
            match start(&ctx, op).await {
                Ok(value) => sum = sum.wrapping_add(value),
                Err(error) if self.propagate => {
                    outcome = Err(error);
                    break;
                }
                Err(_) => {}
            }
        }
        if self.cleanup && ctx.is_canceled() {
            let ctx = ctx.disconnected().with_activity_options(Kind::Quick.options(false));
            sum = sum.wrapping_add(ctx.execute(CLEANUP, ()).await?);
        }
        outcome?;
        // What has come is read before the run goes on; what comes now keeps it from going on (W-12).
        while ctx.signals(GO).try_recv().is_some() {}
        if turn < self.again && !ctx.is_canceled() {
            return Err(ctx.continue_as_new(PROGRAM, turn + 1));
        }
        Ok(sum)
    }
}

impl Case {
    /// The scenario that runs it.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let program = self.program.clone();
        let scenario = Kind::ALL.into_iter().fold(Scenario::new("law"), |scenario, kind| {
            scenario.activity(kind.activity(), move |ctx, (): ()| kind.run(ctx))
        });
        let script = self.script.clone();
        scenario
            .activity(CLEANUP, |ctx, (): ()| Kind::Quick.run(ctx))
            .workflow(PROGRAM, move |ctx, turn| program.clone().run(ctx, turn))
            .workflow(CHILD, Kid::run)
            .client(move |world| {
                let handle = world.start(PROGRAM, "law", 0);
                for (after, action) in &script {
                    world.advance(tenths(*after));
                    // A workflow that has closed refuses some of it, which is fine.
                    let _answer = match action {
                        Action::Signal => world.signal(&handle, GO, 7),
                        Action::Cancel => world.cancel(&handle),
                        Action::Terminate => world.terminate(&handle, "enough"),
                        Action::Update => world.start_update(&handle, ADD, 2).map(drop),
                        Action::Query => world.query(&handle, TURN, ()).map(drop),
                    };
                }
            })
    }
}
