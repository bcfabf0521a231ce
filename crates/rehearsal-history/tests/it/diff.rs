//! Two histories side by side.

use std::time::Duration;

use rehearsal_history::{EventId, HistoryBuilder, Payloads, diff};

fn builder(signals: &[&str], result: &str) -> HistoryBuilder {
    let mut builder = HistoryBuilder::new("order");
    builder.complete_task();
    let charge = builder.schedule_activity("charge");
    for name in signals {
        builder.signal(name, None);
        builder.complete_task();
    }
    builder
        .at(Duration::from_secs(1))
        .complete_activity(charge, Payloads::encode(&result).unwrap());
    builder.complete_task();
    builder.complete(None);
    builder
}

#[test]
fn histories_that_differ_in_times_only_agree() {
    let left = builder(&["pay"], "done").build();
    let mut right = HistoryBuilder::new("order");
    right.at(Duration::from_secs(7));
    right.complete_task();
    let right = {
        let charge = right.schedule_activity("charge");
        right.signal("pay", None);
        right.complete_task();
        right.complete_activity(charge, Payloads::encode(&"done").unwrap());
        right.complete_task();
        right.complete(None);
        right.build()
    };
    let diff = diff(&left, &right);
    assert!(diff.is_same(), "{diff}");
    assert_eq!(diff.to_string(), "the histories agree\n");
    assert_eq!(diff.first_divergence(), None);
}

#[test]
fn an_event_more_moves_the_others_but_does_not_change_them() {
    let diff = diff(&builder(&[], "done").build(), &builder(&["pay"], "lost").build());
    let first = diff.first_divergence().unwrap();
    assert_eq!((first.left(), first.right()), (None, Some(EventId(6))));
    insta::assert_snapshot!(diff, @r#"
        …
        3  0s  WorkflowTaskStarted
        4  0s  WorkflowTaskCompleted
        5  0s  ActivityTaskScheduled      type=charge id=5
    +   6  0s  WorkflowExecutionSignaled  name=pay
    +   7  0s  WorkflowTaskScheduled
    +   8  0s  WorkflowTaskStarted
    +   9  0s  WorkflowTaskCompleted
        6  1s  ActivityTaskStarted        activity=charge scheduled=5
    ~   7  1s  ActivityTaskCompleted      activity=charge scheduled=5 result="done"
           activityTaskCompletedEventAttributes.result.payloads.0.data: "\"done\"" -> "\"lost\""
        8  1s  WorkflowTaskScheduled
        9  1s  WorkflowTaskStarted
       10  1s  WorkflowTaskCompleted
        …
    "#);
}
