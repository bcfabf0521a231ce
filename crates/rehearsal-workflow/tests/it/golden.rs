//! Recorded Go workflows, ported call for call: the commands are those that their histories hold.

use rehearsal_history::{Failure, TimeoutType};
use rehearsal_workflow::{Activity, ActivityOptions, Context, Signal, WorkflowError};

use crate::play::{
    WORK, cancel, canceled, completed, failed, fire, go_t, go_w, play, secs, signal, v, workflow,
};

#[test]
fn seed_cancel_running() {
    const TO_BE_CANCELED: Activity<(), String> = Activity::new("ActivityToBeCanceled");
    const TO_BE_SKIPPED: Activity<(), ()> = Activity::new("ActivityToBeSkipped");
    const CLEANUP: Activity<(), ()> = Activity::new("CleanupActivity");
    let code = workflow(async |ctx| {
        let ctx = go_w(&ctx);
        let _result = ctx.execute(TO_BE_CANCELED, ()).await;
        let skipped = ctx.execute(TO_BE_SKIPPED, ()).await;
        if ctx.err().is_some() {
            let _cleaned = ctx.disconnected().execute(CLEANUP, ()).await;
        }
        skipped.map(|()| String::new())
    });
    let later = vec![
        vec![cancel()],
        vec![completed(1, r#""I am canceled by Done""#)],
        vec![canceled(2)],
        vec![completed(3, "null")],
    ];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      ScheduleActivity 1 ActivityToBeCanceled
      waits for ActivityToBeCanceled (activity 1)
    CancelWorkflow
      RequestCancelActivity 1
      waits for ActivityToBeCanceled (activity 1)
    Completed 1
      ScheduleActivity 2 ActivityToBeSkipped
      RequestCancelActivity 2
      waits for ActivityToBeSkipped (activity 2)
    Failed 2
      ScheduleActivity 3 CleanupActivity
      waits for CleanupActivity (activity 3)
    Completed 3
      CancelWorkflow "ACTIVITY_ID_NOT_STARTED"
    "#);
}

#[test]
fn start_and_cancel_in_one_task() {
    let code = workflow(async |ctx| {
        let (child, cancel) = go_w(&ctx).with_cancel();
        let timer = child.timer(secs(10));
        let work = child.execute(WORK, ());
        cancel.cancel();
        Ok(format!("timer: {}, activity: {}", v(&timer.await), v(&work.await)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![canceled(1)]]), @r#"
    Initialize
      StartTimer 1 10s
      ScheduleActivity 1 Work
      CancelTimer 1
      RequestCancelActivity 1
      waits for Work (activity 1)
    Failed 1
      CompleteWorkflow "timer: canceled, activity: activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): canceled"
    "#);
}

#[test]
fn buffered_cancel_and_completion() {
    async fn code(ctx: Context) -> Result<String, WorkflowError> {
        let work = ctx.execute(WORK, ());
        ctx.disconnected().sleep(std::time::Duration::from_millis(1500)).await?;
        let result = work.await;
        Ok(format!("result {:?}, error {}", result.as_deref().unwrap_or_default(), v(&result)))
    }
    let later = || vec![vec![fire(1)], vec![cancel(), completed(1, r#""worked""#)]];
    let no_wait = workflow(async |ctx| code(go_t(&ctx)).await);
    insta::assert_snapshot!(play(&no_wait, &[], &later()), @r#"
    Initialize
      ScheduleActivity 1 Work
      StartTimer 1 1.5s (Sleep)
      waits for timer 1 of 1.5s
    FireTimer 1
      waits for Work (activity 1)
    CancelWorkflow, Completed 1
      RequestCancelActivity 1
      CompleteWorkflow "result \"\", error canceled"
    "#);
    let wait = workflow(async |ctx| code(go_w(&ctx)).await);
    insta::assert_snapshot!(play(&wait, &[], &later()), @r#"
    Initialize
      ScheduleActivity 1 Work
      StartTimer 1 1.5s (Sleep)
      waits for timer 1 of 1.5s
    FireTimer 1
      waits for Work (activity 1)
    CancelWorkflow, Completed 1
      RequestCancelActivity 1
      CompleteWorkflow "result \"worked\", error \u003cnil\u003e"
    "#);
}

#[test]
fn await_timeout_elapses() {
    let code = workflow(async |ctx| {
        let first = ctx.wait_timeout(secs(1), || false).await?;
        let channel = ctx.signals(Signal::<u8>::new("go"));
        let second = ctx.wait_timeout(secs(10), || !channel.is_empty()).await;
        Ok(format!("{first} {} {}", second.as_ref().is_ok_and(|met| *met), v(&second)))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![signal("go", "1")]]), @r#"
    Initialize
      StartTimer 1 1s (AwaitWithTimeout)
      waits for a condition
      waits for timer 1 of 1s
    FireTimer 1
      StartTimer 2 10s (AwaitWithTimeout)
      waits for a condition
      waits for timer 2 of 10s
    SignalWorkflow
      CompleteWorkflow "false true \u003cnil\u003e"
    "#);
}

#[test]
fn saga_compensates() {
    const BOOK: Activity<&str, ()> = Activity::new("Book");
    const COMPENSATE: Activity<&str, ()> = Activity::new("Compensate");
    let code = workflow(async |ctx| {
        let ctx = go_w(&ctx);
        let mut compensations = Vec::new();
        let mut result = Ok(());
        for step in ["flight", "hotel", "car"] {
            compensations.push(step);
            result = ctx.execute(BOOK, step).await;
            if result.is_err() {
                break;
            }
        }
        if result.is_err() {
            let apart = ctx.disconnected();
            for step in compensations.into_iter().rev() {
                let _compensated = apart.execute(COMPENSATE, step).await;
            }
        }
        result.map(|()| String::new())
    });
    let sold_out =
        WorkflowError::application("no car left", "SoldOut").non_retryable().into_failure();
    let later = vec![
        vec![completed(1, "null")],
        vec![completed(2, "null")],
        vec![failed(3, sold_out)],
        vec![completed(4, "null")],
        vec![completed(5, "null")],
        vec![completed(6, "null")],
    ];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      ScheduleActivity 1 Book "flight"
      waits for Book (activity 1)
    Completed 1
      ScheduleActivity 2 Book "hotel"
      waits for Book (activity 2)
    Completed 2
      ScheduleActivity 3 Book "car"
      waits for Book (activity 3)
    Failed 3
      ScheduleActivity 4 Compensate "car"
      waits for Compensate (activity 4)
    Completed 4
      ScheduleActivity 5 Compensate "hotel"
      waits for Compensate (activity 5)
    Completed 5
      ScheduleActivity 6 Compensate "flight"
      waits for Compensate (activity 6)
    Completed 6
      FailWorkflow activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): no car left (type: SoldOut, retryable: false)
    "#);
}

#[test]
fn activity_timeouts() {
    let code = workflow(async |ctx| {
        let mut seen = Vec::new();
        for options in [
            ActivityOptions::start_to_close(secs(30))
                .with_schedule_to_start(secs(1))
                .with_task_queue("nobody"),
            ActivityOptions::schedule_to_close(secs(1)).with_id("mine"),
        ] {
            let error = ctx.with_activity_options(options).execute(WORK, ()).await.unwrap_err();
            seen.push(
                error
                    .timeout_type()
                    .map_or_else(|| error.to_string(), |timeout| format!("{timeout:?}")),
            );
        }
        Ok(seen.join(", "))
    });
    let later = vec![
        vec![failed(
            1,
            Failure::timeout("activity ScheduleToStart timeout", TimeoutType::ScheduleToStart),
        )],
        vec![failed(2, Failure::application("broken", ""))],
    ];
    insta::assert_snapshot!(play(&code, &[], &later), @r#"
    Initialize
      ScheduleActivity 1 Work queue=nobody
      waits for Work (activity 1)
    Failed 1
      ScheduleActivity 2 Work id=mine
      waits for Work (activity 2)
    Failed 2
      CompleteWorkflow "ScheduleToStart, activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): broken"
    "#);
}

#[test]
fn unhandled_command() {
    let code = workflow(async |ctx| {
        let mut n = 0;
        while ctx.signals(Signal::<u8>::new("go")).try_recv().is_some() {
            n += 1;
        }
        Ok(format!("{n} signals"))
    });
    insta::assert_snapshot!(play(&code, &[signal("go", "1")], &[]), @r#"
    Initialize, SignalWorkflow
      CompleteWorkflow "1 signals"
    "#);
}
