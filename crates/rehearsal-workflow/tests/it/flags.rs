//! Rules that the Go SDK has changed: a replay follows them as they were.

use rehearsal_activation::{ChildStart, Job, MissingFlags, Seq, Update as Told};
use rehearsal_history::{Payload, Payloads};
use rehearsal_workflow::{ChildOptions, Update, Workflow};

use crate::play::{play_without, secs, v, workflow};

const CHILD: Workflow<(), ()> = Workflow::new("Child");
const WAIT: Update<u64, ()> = Update::new("wait");

/// By the rules of today, and by those from before all flags.
fn rules() -> [MissingFlags; 2] {
    [MissingFlags::default(), MissingFlags::beside(|_| false)]
}

#[test]
fn before_flag_2_the_start_of_a_child_whose_id_is_in_use_is_never_told() {
    let code = workflow(async |ctx| {
        let children = ctx.with_child_options(ChildOptions::new().with_id("c"));
        children.execute_child(CHILD, ()).started().await?;
        let second = children.execute_child(CHILD, ());
        let mut selector = ctx
            .selector()
            .child_started(&second.started(), |_| "start")
            .child(&second, |ended| if ended.is_err() { "end" } else { "nothing" });
        let first = selector.select().await;
        Ok(format!("{first} {}", v(&second.await)))
    });
    let started = Job::ResolveChildStart {
        seq: Seq(1),
        resolution: ChildStart::Started { workflow_id: "c".into(), run_id: "r".into() },
    };
    let log = rules().map(|missing| play_without(missing, &code, &[], &[vec![started.clone()]]));
    insta::assert_snapshot!(log.join("\n---\n"), @r#"
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for the start of child `c`
    ResolveChildStart 1
      ChildIdInUse
      CompleteWorkflow "start child workflow execution already started"
    ---
    Initialize
      StartChildWorkflow 1 Child id=c
      waits for the start of child `c`
    ResolveChildStart 1
      ChildIdInUse
      CompleteWorkflow "end child workflow execution already started"
    "#);
}

#[test]
fn before_flag_4_an_update_comes_behind_what_is_there() {
    let code = workflow(async |ctx| {
        let timer = ctx.timer(secs(1));
        ctx.on_update(WAIT, |ctx, seconds| async move { ctx.sleep(secs(seconds)).await }).await;
        ctx.timer(secs(2)).await?;
        timer.await?;
        Ok(String::new())
    });
    let update = Job::DoUpdate(Box::new(Told {
        id: "u".into(),
        protocol_instance_id: "u".into(),
        name: "wait".into(),
        input: Some(Payloads::one(Payload::json("9"))),
        ..Told::default()
    }));
    let log =
        rules().map(|missing| play_without(missing, &code, std::slice::from_ref(&update), &[]));
    insta::assert_snapshot!(log.join("\n---\n"), @r#"
    Initialize, DoUpdate
      StartTimer 1 1s
      RespondUpdate(RespondUpdate { protocol_instance_id: "u", response: Accepted })
      StartTimer 2 9s (Sleep)
      StartTimer 3 2s
      UpdateHandling
      waits for timer 2 of 9s
      waits for timer 3 of 2s
    ---
    Initialize, DoUpdate
      StartTimer 1 1s
      StartTimer 2 2s
      RespondUpdate(RespondUpdate { protocol_instance_id: "u", response: Accepted })
      StartTimer 3 9s (Sleep)
      UpdateHandling
      waits for timer 2 of 2s
      waits for timer 3 of 9s
    "#);
}
