//! Random numbers are seeded from the run id, so every replay draws the same (R-20).

use rehearsal_activation::{Completion, WorkflowCommand};

use crate::play::{activation, initialize, play, workflow};

#[test]
fn equal_over_replays() {
    let code =
        workflow(async |ctx| Ok(format!("{:x} {} {:x}", ctx.random(), ctx.new_id(), ctx.random())));
    // The snapshot pins the generator: another one would change what running workflows do.
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CompleteWorkflow "b7f55e764e9620a1 6ff04eb3-e698-4b2f-851d-3ed1cdb62b89 e052d238c7b036e"
    "#);
}

#[test]
fn different_over_runs() {
    let code = workflow(async |ctx| Ok(ctx.new_id()));
    let id = |run_id: &str| match code
        .instantiate()
        .activate(&activation(0, vec![initialize(run_id)]))
    {
        Completion::Commands(commands) => match commands.as_slice() {
            [WorkflowCommand::CompleteWorkflow { result: Some(result) }] => {
                result.as_slice()[0].as_json().unwrap().trim_matches('"').to_owned()
            }
            other => panic!("{other:?}"),
        },
        Completion::Failed(failure) => panic!("{failure:?}"),
    };
    let ids: std::collections::BTreeSet<String> =
        (0..100).map(|run| id(&format!("run-{run}"))).collect();
    assert_eq!(ids.len(), 100);
    for id in ids {
        let bytes = id.as_bytes();
        assert_eq!((id.len(), bytes[14]), (36, b'4'), "{id}");
        assert!(b"89ab".contains(&bytes[19]), "{id}");
    }
}
