//! Routines are polled in an order that never varies.

use std::cell::RefCell;
use std::rc::Rc;

use crate::play::{cancel, fire, play, secs, workflow};

#[test]
fn the_main_routine_first_then_others_in_the_order_of_their_birth() {
    let code = workflow(async |ctx| {
        let log = Rc::new(RefCell::new(Vec::new()));
        for name in ["a", "b"] {
            let (inner, log) = (ctx.clone(), Rc::clone(&log));
            ctx.spawn(async move {
                log.borrow_mut().push(name);
                let grandchild = (inner.clone(), Rc::clone(&log));
                inner.spawn(async move {
                    grandchild.1.borrow_mut().push("child");
                    grandchild.0.done().await;
                    grandchild.1.borrow_mut().push("child sees the cancel");
                });
                let _canceled = inner.timer(secs(5)).await;
                log.borrow_mut().push(name);
            });
        }
        log.borrow_mut().push("main");
        ctx.done().await;
        log.borrow_mut().push("main sees the cancel");
        ctx.disconnected().timer(secs(1)).await?;
        Ok(log.borrow().join(", "))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![cancel()], vec![fire(3)]]), @r#"
    Initialize
      StartTimer 1 5s
      StartTimer 2 5s
      waits for cancellation
      waits for timer 1 of 5s
      waits for timer 2 of 5s
      waits for cancellation
      waits for cancellation
    CancelWorkflow
      CancelTimer 1
      CancelTimer 2
      StartTimer 3 1s
      waits for timer 3 of 1s
    FireTimer 3
      CompleteWorkflow "main, a, b, child, child, main sees the cancel, a, b, child sees the cancel, child sees the cancel"
    "#);
}

#[test]
fn time_stands_still_within_a_task_and_info_is_at_hand() {
    let code = workflow(async |ctx| {
        let first = ctx.now();
        ctx.timer(secs(1)).await?;
        let info = ctx.info();
        let passed = ctx.now().since(first);
        Ok(format!(
            "{passed:?} {} {} {} {}",
            info.workflow_id, info.run_id, info.task_queue, info.attempt
        ))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "1s order-7 run-1 main 1"
    "#);
}
