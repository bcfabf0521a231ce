//! Ordinary activities: nothing here knows of the simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use temporalio_common::RetryPolicy;
use temporalio_common::error::{ApplicationErrorCategory, ApplicationFailure};
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tokio::sync::oneshot;
use tokio::time::{interval, sleep, timeout};

/// What a helper thread of the test answers a waiting activity with.
pub(crate) type Door = Arc<std::sync::Mutex<Option<oneshot::Sender<()>>>>;

#[derive(Default)]
pub(crate) struct Acts {
    pub(crate) started: AtomicU32,
    pub(crate) door: Door,
}

/// Details of a type that nobody has registered.
#[derive(serde::Serialize)]
pub(crate) struct Progress {
    pub(crate) done: u32,
}

#[activities]
impl Acts {
    /// Beats every second, from where the last attempt was, until it is canceled.
    #[activity]
    pub(crate) async fn long(
        self: Arc<Self>,
        ctx: ActivityContext,
        who: String,
    ) -> Result<String, ActivityError> {
        let mut done = ctx.heartbeat_details().deserialize::<u32>()?.unwrap_or(0);
        loop {
            tokio::select! {
                biased;
                () = ctx.cancelled() => return Ok(format!("canceled, says {who}")),
                () = sleep(Duration::from_secs(1)) => {
                    done += 1;
                    ctx.record_heartbeat(done).await?;
                }
            }
        }
    }

    #[activity]
    pub(crate) async fn counts(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<u32, ActivityError> {
        Ok(self.started.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Sleeps and beats, sleeps and beats.
    #[activity]
    pub(crate) async fn sleeps(
        self: Arc<Self>,
        ctx: ActivityContext,
        sleeps: Vec<u64>,
    ) -> Result<usize, ActivityError> {
        for (index, nanos) in sleeps.iter().enumerate() {
            sleep(Duration::from_nanos(*nanos)).await;
            ctx.record_heartbeat(index).await?;
        }
        Ok(sleeps.len())
    }

    /// Waits for tasks that beat.
    #[activity]
    pub(crate) async fn spawns(self: Arc<Self>, ctx: ActivityContext) -> Result<(), ActivityError> {
        let tasks: Vec<_> = (1..=3_u32)
            .map(|number| {
                let ctx = ctx.clone();
                tokio::spawn(async move {
                    sleep(Duration::from_millis(u64::from(number) * 250)).await;
                    ctx.record_heartbeat(format!("task {number}")).await
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    }

    /// Leaves a task behind that beats after the end.
    #[activity]
    pub(crate) async fn leaves(self: Arc<Self>, ctx: ActivityContext) -> Result<(), ActivityError> {
        tokio::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            ctx.record_heartbeat(1_u8).await
        });
        Ok(())
    }

    /// A hundred tasks, each of which wakes the next one, then the activity.
    #[activity]
    pub(crate) async fn relay(self: Arc<Self>, _ctx: ActivityContext) -> Result<(), ActivityError> {
        let (first, mut last) = oneshot::channel();
        for _ in 0..100 {
            let (sender, receiver) = oneshot::channel();
            let before = std::mem::replace(&mut last, receiver);
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                before.await.ok();
                sender.send(()).ok();
            });
        }
        first.send(()).ok();
        Ok(last.await?)
    }

    /// Synchronous: the SDK runs it on another thread.
    #[activity]
    pub(crate) fn sync(
        self: Arc<Self>,
        _ctx: ActivityContext,
        rounds: u64,
    ) -> Result<u64, ActivityError> {
        Ok((0..rounds).fold(0, |sum, round| std::hint::black_box(sum ^ round)))
    }

    #[activity]
    pub(crate) fn sync_panics(self: Arc<Self>, _ctx: ActivityContext) -> Result<(), ActivityError> {
        panic!("no luck")
    }

    /// Beats from the other thread.
    #[activity]
    pub(crate) fn sync_beats(self: Arc<Self>, ctx: ActivityContext) -> Result<(), ActivityError> {
        for number in 1..=3_u32 {
            futures::executor::block_on(ctx.record_heartbeat(number))?;
        }
        Ok(())
    }

    /// Blocking code in the middle, and in a task.
    #[activity]
    pub(crate) async fn blocks(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<u32, ActivityError> {
        sleep(Duration::from_millis(10)).await;
        let one = tokio::task::spawn_blocking(|| 1).await?;
        ctx.record_heartbeat(one).await?;
        let task = tokio::spawn(async {
            let two = tokio::task::spawn_blocking(|| 2).await?;
            tokio::task::spawn_blocking(move || two + 1).await
        });
        Ok(one + task.await??)
    }

    #[activity]
    pub(crate) async fn unknown_details(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        ctx.record_heartbeat(Progress { done: 7 }).await?;
        std::future::pending().await
    }

    #[activity]
    pub(crate) async fn many_details(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        ctx.record_heartbeat(()).await?;
        ctx.record_heartbeat(3_i16).await?;
        ctx.record_heartbeat(true).await?;
        ctx.record_heartbeat("text").await?;
        ctx.record_heartbeat(b"ab".to_vec()).await?;
        ctx.record_heartbeat(vec!["a".to_owned()]).await?;
        ctx.record_heartbeat(None::<u64>).await?;
        ctx.record_heartbeat(serde_json::json!({"done": 1})).await?;
        Ok(())
    }

    #[activity]
    pub(crate) async fn panics(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        sleep(Duration::from_millis(20)).await;
        panic!("ouch")
    }

    #[activity]
    pub(crate) async fn fails(self: Arc<Self>, _ctx: ActivityContext) -> Result<(), ActivityError> {
        let source = anyhow::anyhow!("the disk is full").context("cannot store the order");
        Err(ApplicationFailure::builder(source)
            .type_name("Storage".to_owned())
            .non_retryable(true)
            .details("order 42")
            .next_retry_delay(Duration::from_millis(1500))
            .category(ApplicationErrorCategory::Benign)
            .build()
            .into())
    }

    #[activity]
    pub(crate) async fn fails_plainly(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        let number: u32 = "x".parse()?;
        unreachable!("{number}")
    }

    #[activity]
    pub(crate) async fn gives_up(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        Err(ActivityError::cancelled_with_details("undone".to_owned()))
    }

    #[activity]
    pub(crate) async fn later(self: Arc<Self>, _ctx: ActivityContext) -> Result<(), ActivityError> {
        Err(ActivityError::WillCompleteAsync)
    }

    #[activity]
    pub(crate) async fn asks_server(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        let _client = ctx.client();
        Ok(())
    }

    #[activity]
    pub(crate) async fn times(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<String, ActivityError> {
        let slow = timeout(Duration::from_millis(70), std::future::pending::<()>()).await;
        ctx.record_heartbeat(format!("{slow:?}")).await?;
        let mut ticks = interval(Duration::from_millis(30));
        for _ in 0..3 {
            ticks.tick().await;
            ctx.record_heartbeat("tick").await?;
        }
        let quick = timeout(Duration::from_millis(70), async { 1 }).await;
        Ok(format!("{quick:?}"))
    }

    /// Waits for somebody outside of virtual time.
    #[activity]
    pub(crate) async fn waits_outside(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<(), ActivityError> {
        let (sender, receiver) = oneshot::channel();
        self.door.lock().expect("nobody panics with the door").replace(sender);
        Ok(receiver.await?)
    }

    #[activity]
    pub(crate) async fn tells_info(
        self: Arc<Self>,
        ctx: ActivityContext,
    ) -> Result<String, ActivityError> {
        let info = ctx.info();
        let policy = info.retry_policy.as_ref();
        let times = [
            info.scheduled_time,
            info.current_attempt_scheduled_time,
            info.started_time,
            info.deadline,
        ];
        let times = times.map(|time| time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()));
        Ok([
            format!(
                "token {:?}, attempt {}, queue {}",
                info.task_token, info.attempt, info.task_queue
            ),
            format!("activity {} {}", info.activity_type, info.activity_id),
            format!("workflow {:?} {:?}", info.workflow_type, info.workflow_id),
            format!("run {:?} in {}", info.workflow_run_id, info.namespace),
            format!("scheduled, again, started, to be done by {times:?}"),
            format!("heartbeat {:?}, local {}", info.heartbeat_timeout, info.is_local),
            format!("first retry {:?}", policy.map(RetryPolicy::initial_interval)),
            format!("attempts {:?}", policy.map(RetryPolicy::maximum_attempts)),
            format!("priority {:?}", info.priority.priority_key),
            format!("header {:?}", ctx.headers().get("trace").map(|value| &value.data)),
        ]
        .join("\n")
        .replace('"', "'"))
    }
}

/// Activities without a struct.
pub(crate) struct Plain;

#[activities]
impl Plain {
    #[activity(name = "plain-echo")]
    pub(crate) async fn echo(_ctx: ActivityContext, text: String) -> Result<String, ActivityError> {
        Ok(text)
    }

    #[activity]
    pub(crate) async fn waits_for_ever(_ctx: ActivityContext) -> Result<(), ActivityError> {
        std::future::pending().await
    }
}
