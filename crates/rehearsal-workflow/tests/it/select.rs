//! Waiting for several things: the first one given wins.

use rehearsal_workflow::{Either, join, join_all, select, select_all};

use crate::play::{WORK, completed, fire, go_t, play, secs, workflow};

#[test]
fn of_two_that_are_ready_the_first_one_given_wins() {
    let code = workflow(async |ctx| {
        let (left, right) = (ctx.timer(secs(1)), ctx.timer(secs(2)));
        let one = select(left.clone(), right.clone()).await;
        let two = select(right, left).await;
        Ok(format!("{} {}", matches!(one, Either::Left(_)), matches!(two, Either::Left(_))))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(2), fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      StartTimer 2 2s
      waits for timer 1 of 1s
      waits for timer 2 of 2s
    FireTimer 2, FireTimer 1
      CompleteWorkflow "true true"
    "#);
}

#[test]
fn the_loser_may_still_be_awaited() {
    let code = workflow(async |ctx| {
        let (mut work, mut timer) = (go_t(&ctx).execute(WORK, ()), ctx.timer(secs(1)));
        let first = match select(&mut work, &mut timer).await {
            Either::Left(_) => "work",
            Either::Right(_) => "timer",
        };
        Ok(format!("{first}, then {}", work.await?))
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![completed(1, r#""done""#)]]), @r#"
    Initialize
      ScheduleActivity 1 Work
      StartTimer 1 1s
      waits for Work (activity 1)
      waits for timer 1 of 1s
    FireTimer 1
      waits for Work (activity 1)
    Completed 1
      CompleteWorkflow "timer, then done"
    "#);
}

#[test]
fn all_of_many_in_the_order_they_were_given() {
    let code = workflow(async |ctx| {
        let timers: Vec<_> = (1..=40).map(|after| ctx.timer(secs(after))).collect();
        let (index, _) = select_all(timers.clone()).await;
        let all = join_all(timers.into_iter().map(async |timer| timer.await.is_ok())).await;
        let (one, two) = join(ctx.timer(secs(0)), async { 7 }).await;
        Ok(format!("{index} {} {} {two}", all.len(), one.is_ok()))
    });
    let all: Vec<_> = (1..=39).rev().map(fire).collect();
    let log = play(&code, &[], &[vec![fire(40)], all]);
    let ends = log.lines().filter(|line| line.contains("Complete")).collect::<String>();
    insta::assert_snapshot!(ends, @r#"  CompleteWorkflow "39 40 true 7""#);
}
