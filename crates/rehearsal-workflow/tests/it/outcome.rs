//! How a workflow ends, and what fails a workflow task instead (semantics §3.9).

use std::sync::Arc;

use rehearsal_activation::{Completion, Instance, Job, Trouble, WorkflowCommand};
use rehearsal_history::{ApplicationFailureInfo, Failure, FailureInfo, Payload, Payloads};
use rehearsal_workflow::{Activity, Context, Workflow, WorkflowError, definition};

use crate::play::{
    WORK, activation, cancel, canceled, failed, fire, go_t, go_w, initialize, initialize_with,
    play, secs, workflow,
};

#[test]
fn a_result_completes_it_even_after_a_cancel() {
    let code = workflow(async |_| Ok("done".to_owned()));
    insta::assert_snapshot!(play(&code, &[cancel()], &[vec![cancel()]]), @r#"
    Initialize, CancelWorkflow
      CompleteWorkflow "done"
    CancelWorkflow
    "#);
}

#[test]
fn a_canceled_error_anywhere_closes_it_as_canceled_with_its_details() {
    let code = workflow(async |ctx| go_w(&ctx).execute(WORK, ()).await);
    insta::assert_snapshot!(play(&code, &[cancel()], &[vec![canceled(1)]]), @r#"
    Initialize, CancelWorkflow
      ScheduleActivity 1 Work
      RequestCancelActivity 1
      waits for Work (activity 1)
    Failed 1
      CancelWorkflow "ACTIVITY_ID_NOT_STARTED"
    "#);
    let code = workflow(async |_| {
        let reason = WorkflowError::canceled_with_details(&"stopped");
        Err(WorkflowError::application("broken", "Broken").with_cause(reason))
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CancelWorkflow "stopped"
    "#);
}

#[test]
fn any_other_error_fails_it() {
    let code = workflow(async |ctx| go_t(&ctx).execute(WORK, ()).await);
    let sold_out =
        Failure { source: "GoSDK".into(), ..Failure::application("no car left", "SoldOut") };
    insta::assert_snapshot!(play(&code, &[], &[vec![failed(1, sold_out)]]), @"
    Initialize
      ScheduleActivity 1 Work
      waits for Work (activity 1)
    Failed 1
      FailWorkflow activity error (type: Work, scheduledEventID: 5, startedEventID: 0, identity: worker-1): no car left (type: SoldOut, retryable: true)
    ");

    let mut instance = workflow(async |_| Err(WorkflowError::new("broken"))).instantiate();
    let Completion::Commands(commands) =
        instance.activate(&activation(0, vec![initialize("run-1")]))
    else {
        panic!("the task failed");
    };
    let [WorkflowCommand::FailWorkflow { failure }] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert_eq!((failure.message.as_str(), failure.source.as_str()), ("broken", "GoSDK"));
    let Some(FailureInfo::Application(info)) = &failure.info else { panic!("{failure:?}") };
    assert_eq!(info, &ApplicationFailureInfo::default());
}

#[test]
fn what_is_left_of_a_failure_from_elsewhere_is_signed() {
    let mut instance = workflow(async |ctx| go_t(&ctx).execute(WORK, ()).await).instantiate();
    instance.activate(&activation(0, vec![initialize("run-1")]));
    let Job::ResolveActivity { seq, .. } = canceled(1) else { unreachable!() };
    let unsigned =
        Failure { cause: Some(Box::new(Failure::application("broken", ""))), ..Failure::default() };
    let resolution = rehearsal_activation::ActivityResolution::Failed(Box::new(unsigned));
    let completion =
        instance.activate(&activation(1, vec![Job::ResolveActivity { seq, resolution }]));
    let Completion::Commands(commands) = completion else { panic!("the task failed") };
    let [WorkflowCommand::FailWorkflow { failure }] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert!(failure.chain().all(|failure| failure.source == "GoSDK"));
}

#[test]
fn other_routines_run_on_until_they_wait_and_their_commands_come_first() {
    let code = workflow(async |ctx| {
        let other = ctx.clone();
        ctx.spawn(async move {
            let _one = other.timer(secs(1));
            let _fired = other.timer(secs(2)).await;
            let _never = other.timer(secs(3)).await;
        });
        Ok("done".to_owned())
    });
    // Nothing is asked for after the close.
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 1s
      StartTimer 2 2s
      CompleteWorkflow "done"
    FireTimer 2
    "#);
}

#[test]
fn a_panic_fails_the_task_and_is_kept() {
    let code = workflow(async |ctx| {
        ctx.timer(secs(1)).await?;
        panic!("broken");
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![cancel()]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: broken
      Panicked { message: "broken\nat it/outcome.rs:114:9" }
    CancelWorkflow
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: broken
      Panicked { message: "broken\nat it/outcome.rs:114:9" }
    "#);
}

#[test]
fn a_panic_is_recorded_as_go_records_it() {
    let code = workflow(async |ctx: Context| {
        let _ = ctx.now();
        panic!("broken");
    });
    let mut instance = code.instantiate();
    let Completion::Failed(failure) = instance.activate(&activation(0, vec![initialize("run-1")]))
    else {
        panic!("the task did not fail");
    };
    assert_eq!(
        failure.cause.as_str(),
        "WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE"
    );
    assert_eq!(
        (failure.failure.message.as_str(), failure.failure.source.as_str()),
        ("broken", "GoSDK")
    );
    let Some(FailureInfo::Application(info)) = &failure.failure.info else { panic!("{failure:?}") };
    assert_eq!((info.kind.as_str(), info.non_retryable), ("PanicError", true));
    assert!(failure.failure.stack_trace.contains("outcome.rs:"), "{}", failure.failure.stack_trace);
    assert_eq!(
        failure.trouble,
        Trouble::Panicked { message: "broken\nat it/outcome.rs:133:9".to_owned() }
    );
    assert!(instance.pending().is_empty());
}

#[test]
fn a_panic_outside_of_the_future_is_caught_too() {
    let code = definition(Workflow::<u8, ()>::new("Workflow"), |_, number| {
        assert!(number > 7, "too few");
        async { Ok(()) }
    });
    let mut instance = code.instantiate();
    let input = Some(Payloads::one(Payload::json("7")));
    assert_eq!(
        trouble(&mut *instance, vec![initialize_with("run-1", input)]),
        Trouble::Panicked { message: "too few\nat it/outcome.rs:161:9".to_owned() }
    );
}

#[test]
fn arguments_that_cannot_be_read_fail_the_task() {
    let code = definition(Workflow::<u8, ()>::new("Workflow"), async |_, _| Ok(()));
    let input = Some(Payloads::one(Payload::json(r#""seven""#)));
    let trouble = trouble(&mut *code.instantiate(), vec![initialize_with("run-1", input)]);
    insta::assert_snapshot!(trouble, @r#"the arguments could not be read: cannot decode a value of type `u8` from `"seven"`: invalid type: string "seven", expected u8 at line 1 column 7"#);
}

#[test]
fn an_argument_that_cannot_be_written_is_a_panic() {
    const BAD: Activity<std::collections::BTreeMap<(u8, u8), u8>, ()> = Activity::new("Bad");
    let code = workflow(async |ctx| {
        ctx.execute(BAD, [((1, 2), 3)].into()).await?;
        Ok(String::new())
    });
    let trouble = trouble(&mut *code.instantiate(), vec![initialize("run-1")]);
    insta::assert_snapshot!(trouble, @r"
    workflow code panicked: unable to encode the input of activity `Bad`: cannot encode a value of type `BTreeMap<(u8, u8), u8>`: key must be a string
    at it/outcome.rs:184:13
    ");
}

#[test]
fn code_that_never_waits_is_stopped() {
    /// Asks for something when it is dropped, which is while the panic unwinds.
    struct Guard(Context);
    impl Drop for Guard {
        fn drop(&mut self) {
            let _timer = self.0.timer(secs(1));
        }
    }
    let code = workflow(async |ctx| {
        let _guard = Guard(ctx.clone());
        loop {
            ctx.sleep(secs(0)).await?;
        }
    });
    let trouble = trouble(&mut *code.instantiate(), vec![initialize("run-1")]);
    let said = trouble.to_string();
    let said = said.lines().next().unwrap_or_default();
    insta::assert_snapshot!(said, @"workflow code panicked: [TMPRL1101] Potential deadlock detected: workflow code went on for over 100000 steps without waiting");
}

/// Nothing of a run is left when its instance is gone, however it ended.
#[test]
fn all_that_a_run_holds_is_dropped_with_it() {
    let held = Arc::new(());
    let code = workflow({
        let held = Arc::clone(&held);
        move |ctx: Context| {
            let held = Arc::clone(&held);
            async move {
                let _held = Arc::clone(&held);
                ctx.spawn(async move {
                    std::future::pending::<()>().await;
                    drop(held);
                });
                ctx.done().await;
                Ok(String::new())
            }
        }
    });
    let base = Arc::strong_count(&held);
    for jobs in [vec![], vec![initialize("run-1")], vec![initialize("run-1"), fire(1)]] {
        let mut instance = code.instantiate();
        instance.activate(&activation(0, jobs));
        drop(instance);
        assert_eq!(Arc::strong_count(&held), base);
    }
    drop(code);
    assert_eq!(Arc::strong_count(&held), 1, "a routine that was never polled is still there");
}

/// Locals are dropped when the run ends; what their destructors do harms nobody and is asked of nobody.
#[test]
fn destructors_come_too_late() {
    struct Guard(Context);
    impl Drop for Guard {
        fn drop(&mut self) {
            let context = self.0.clone();
            self.0.spawn(async move {
                let _never = context.timer(secs(1)).await;
            });
            panic!("in a destructor");
        }
    }
    let code = workflow(async |ctx| {
        let guard = Guard(ctx.clone());
        ctx.spawn(async move {
            guard.0.done().await;
        });
        ctx.timer(secs(2)).await?;
        Ok("done".to_owned())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 2s
      waits for timer 1 of 2s
      waits for cancellation
    FireTimer 1
      CompleteWorkflow "done"
    "#);
}

#[test]
fn a_run_begins_with_initialize_and_only_once() {
    let code = workflow(async |ctx| {
        ctx.done().await;
        Ok(String::new())
    });
    let first = trouble(&mut *code.instantiate(), vec![cancel()]);
    insta::assert_snapshot!(first, @"the first job of a run is not Initialize");
    let twice = trouble(&mut *code.instantiate(), vec![initialize("run-1"), initialize("run-1")]);
    insta::assert_snapshot!(twice, @"a run is initialized twice");
}

#[track_caller]
fn trouble(instance: &mut dyn Instance, jobs: Vec<Job>) -> Trouble {
    match instance.activate(&activation(0, jobs)) {
        Completion::Failed(failure) => failure.trouble,
        Completion::Commands(commands) => panic!("the task did not fail: {commands:?}"),
    }
}
