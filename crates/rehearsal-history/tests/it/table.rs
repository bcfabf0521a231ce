//! The table for snapshots.

use rehearsal_history::{History, HistoryBuilder};

use crate::fixtures;

const A: &str = "0b6c3dbe-7f9a-4c4e-8a9a-0d9a6a1f0a11";
const B: &str = "5d3f9a52-1b5e-4d0f-9b58-3a9c1f2f7c22";

#[test]
fn what_differs_from_run_to_run_is_not_in_it() {
    let run = |id: &str| {
        let mut builder = HistoryBuilder::new("order");
        builder.signal(&format!("paid-{id}"), None);
        builder.complete_task();
        builder.build().table()
    };
    assert_eq!(run(A), run(B));
    insta::assert_snapshot!(run(A), @"
    1  0s  WorkflowExecutionStarted   order
    2  0s  WorkflowExecutionSignaled  paid-00000000-0000-0000-0000-000000000001
    3  0s  WorkflowTaskScheduled
    4  0s  WorkflowTaskStarted
    5  0s  WorkflowTaskCompleted
    ");
}

#[test]
fn a_recorded_history_fits_on_a_screen() {
    let (_, text) = fixtures()
        .into_iter()
        .find(|(path, _)| path.ends_with("seed-cancel-running/history.json"))
        .unwrap();
    insta::assert_snapshot!(History::from_json(&text).unwrap().table(), @"
     1  0s      WorkflowExecutionStarted          YourWorkflow
     2  0s      WorkflowTaskScheduled
     3  0.026s  WorkflowTaskStarted
     4  0.029s  WorkflowTaskCompleted
     5  0.029s  ActivityTaskScheduled             ActivityToBeCanceled
     6  3.508s  WorkflowExecutionCancelRequested
     7  3.508s  WorkflowTaskScheduled
     8  3.518s  WorkflowTaskStarted
     9  3.542s  WorkflowTaskCompleted
    10  3.542s  ActivityTaskCancelRequested       ActivityToBeCanceled
    11  0.029s  ActivityTaskStarted               ActivityToBeCanceled
    12  5.061s  ActivityTaskCompleted             ActivityToBeCanceled
    13  5.061s  WorkflowTaskScheduled
    14  5.063s  WorkflowTaskStarted
    15  5.067s  WorkflowTaskCompleted
    16  5.067s  ActivityTaskScheduled             ActivityToBeSkipped
    17  5.068s  ActivityTaskCancelRequested       ActivityToBeSkipped
    18  5.068s  ActivityTaskCanceled              ActivityToBeSkipped
    19  5.068s  WorkflowTaskScheduled
    20  5.068s  WorkflowTaskStarted
    21  5.071s  WorkflowTaskCompleted
    22  5.071s  ActivityTaskScheduled             CleanupActivity
    23  5.071s  ActivityTaskStarted               CleanupActivity
    24  5.073s  ActivityTaskCompleted             CleanupActivity
    25  5.073s  WorkflowTaskScheduled
    26  5.075s  WorkflowTaskStarted
    27  5.079s  WorkflowTaskCompleted
    28  5.079s  WorkflowExecutionCanceled
    ");
}
