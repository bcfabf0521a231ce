//! A sweep cancels every execution of a world: children, theirs, and what a client starts besides.

use rehearsal::{
    ChildOptions, Code, Context, Outcome, Payloads, Scenario, Signal, Status, Tape, WorkerSpec,
    Workflow, WorkflowError, WorkflowExecution, check, secs,
};

const ORDER: Workflow<(), String> = Workflow::new("Order");
const SHIP: Workflow<(), String> = Workflow::new("Ship");
const LABEL: Workflow<(), String> = Workflow::new("Label");
const COUNT: Workflow<u32, ()> = Workflow::new("Count");
const KNOW: Workflow<u32, Vec<String>> = Workflow::new("Know");

async fn order(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let ctx = ctx.with_child_options(ChildOptions::new().with_id("ship-7"));
    ctx.execute_child(SHIP, ()).await
}

async fn ship(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ctx.sleep(secs(10)).await?;
    let ctx = ctx.with_child_options(ChildOptions::new().with_id("label-7"));
    ctx.execute_child(LABEL, ()).await
}

async fn label(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ctx.sleep(secs(10)).await?;
    Ok("7".to_owned())
}

/// Does not listen to its cancel.
async fn deaf(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ctx.disconnected().sleep(secs(10)).await?;
    Ok("7".to_owned())
}

async fn count(ctx: Context, left: u32) -> Result<(), WorkflowError> {
    ctx.sleep(secs(10)).await?;
    match left {
        0 => Ok(()),
        left => Err(ctx.continue_as_new(COUNT, left - 1)),
    }
}

/// What each of a line of children knows of those before it.
async fn know(ctx: Context, left: u32) -> Result<Vec<String>, WorkflowError> {
    let info = ctx.info();
    let id = |of: &Option<WorkflowExecution>| of.as_ref().map(|of| of.workflow_id.clone());
    let (parent, root) = (id(&info.parent), id(&info.root));
    let waited = ctx.now().since(info.started_at);
    let mut known = vec![format!("{parent:?} {root:?} {:?} {waited:?}", info.run_timeout)];
    if left > 0 {
        let options = ChildOptions::new().with_id(format!("know-{left}"));
        known.extend(ctx.with_child_options(options).execute_child(KNOW, left - 1).await?);
    }
    Ok(known)
}

/// As Go's `GetInfo` says it.
#[test]
fn a_child_knows_its_parent_and_where_its_line_comes_from() {
    let late = WorkerSpec::new("main").from(secs(2));
    let mut world = Scenario::new("family").workflow(KNOW, know).worker(late).world();
    let started = world.start(KNOW, "know", 2);
    world.wait(&started);
    let outcome = world.finish();
    let result = outcome.main().unwrap().result();
    let known: Vec<String> = Payloads::decode(result).unwrap();
    assert_eq!(
        known,
        [
            "None None None 2s",
            r#"Some("know") Some("know") None 0ns"#,
            r#"Some("know-2") Some("know") None 0ns"#,
        ]
    );
}

fn family() -> Scenario {
    Scenario::new("family").workflow(ORDER, order).workflow(SHIP, ship).client(|world| {
        world.start(ORDER, "order-7", ());
    })
}

#[test]
fn a_family_has_a_block_for_each_of_its_members() {
    let report = family().workflow(LABEL, label).sweep();
    insta::assert_snapshot!(report.table(), @"
    where                                points   Completed    Canceled  no effect  findings
    Order (order-7):
    before the first workflow task            1           -           1          -         -
    between two steps                        24           8          16          -         -
    while a workflow task is running          8           2           6          -         -
    with another job, before it               2           1           1          -         -
    with another job, after it                2           1           1          -         -
    canceled before, a second time          111          14          97          -         -
    after the end                             1           -           -          1         -
    Ship (ship-7):
    before the first workflow task            2           -           2          -         -
    between two steps                         5           1           4          -         -
    while a workflow task is running         10           2           8          -         -
    with another job, before it               3           1           2          -         -
    with another job, after it                3           1           2          -         -
    canceled before, a second time          102          14          88          -         -
    after the end                             1           -           -          1         -
    Label (label-7):
    before the first workflow task            2           -           2          -         -
    between two steps                         2           -           2          -         -
    while a workflow task is running          5           2           3          -         -
    with another job, before it               1           -           1          -         -
    with another job, after it                1           1           -          -         -
    canceled before, a second time           20           7          13          -         -
    after the end                             1           -           -          1         -
    307 points, all run and replayed        307          55         249          3         -
    a second cancel at every point of 29 canceled runs, one for each way a first one ends
    replayed from the start, and from a cold cache at every workflow task
    ");
}

#[test]
fn every_member_is_canceled_by_its_own_id() {
    let report = family().workflow(LABEL, label).sweep();
    let mut canceled = [0; 3];
    for (_, outcome) in report.runs() {
        let first = outcome.tape.iter().next().map(|(key, _)| key.execution).unwrap_or_default();
        let members: Vec<_> = outcome.first_runs().collect();
        let accepted = outcome.record.cancels.first().map(|cancel| &cancel.run_id);
        let member = members.get(first as usize).map(|member| &member.run_id);
        if accepted.is_some() {
            assert_eq!(accepted, member, "{}", outcome.tape);
        }
        canceled[first as usize] += 1;
    }
    assert!(canceled.into_iter().all(|points| points > 5), "{canceled:?}");
}

#[test]
fn a_run_of_a_chain_has_a_block_of_its_own() {
    let scenario = Scenario::new("count").workflow(COUNT, count).client(|world| {
        world.start(COUNT, "count-7", 1);
    });
    insta::assert_snapshot!(scenario.sweep().table(), @"
    where                                points   Completed    Canceled  no effect  findings
    Count (count-7), run 1:
    before the first workflow task            1           -           1          -         -
    between two steps                         2           -           2          -         -
    while a workflow task is running          4           2           2          -         -
    with another job, before it               1           -           1          -         -
    with another job, after it                1           1           -          -         -
    Count (count-7), run 2:
    before the first workflow task            1           -           1          -         -
    between two steps                         2           -           2          -         -
    while a workflow task is running          4           2           2          -         -
    with another job, before it               1           -           1          -         -
    with another job, after it                1           1           -          -         -
    canceled before, a second time           19           7          12          -         -
    after the end                             1           -           -          1         -
    38 points, all run and replayed          38          13          24          1         -
    a second cancel at every point of 6 canceled runs, one for each way a first one ends
    replayed from the start, and from a cold cache at every workflow task
    ");
}

#[test]
fn what_a_client_starts_besides_is_canceled_too() {
    let scenario = Scenario::new("two").workflow(COUNT, count).client(|world| {
        world.start(COUNT, "count-7", 0);
        world.start(COUNT, "count-8", 0);
    });
    insta::assert_snapshot!(scenario.sweep().table(), @"
    where                                points   Completed    Canceled  no effect  findings
    Count (count-7):
    before the first workflow task            1           -           1          -         -
    between two steps                         3           -           3          -         -
    while a workflow task is running          8           4           4          -         -
    with another job, before it               1           -           1          -         -
    with another job, after it                1           1           -          -         -
    canceled before, a second time           27          10          17          -         -
    after the end                             2           -           -          2         -
    Count (count-8):
    before the first workflow task            2           -           2          -         -
    between two steps                         1           -           1          -         -
    while a workflow task is running          6           3           3          -         -
    with another job, after it                2           2           -          -         -
    canceled before, a second time           18           8          10          -         -
    after the end                             1           -           -          1         -
    73 points, all run and replayed          73          28          42          3         -
    a second cancel at every point of 11 canceled runs, one for each way a first one ends
    replayed from the start, and from a cold cache at every workflow task
    ");
}

/// With cancels of the order alone nothing would be found.
#[test]
fn a_finding_says_which_execution_was_canceled() {
    let label = |outcome: &Outcome| {
        let label = outcome.executions.iter().find(|of| of.workflow_id == "label-7");
        let canceled = label.is_some_and(|label| {
            outcome.record.cancels.iter().any(|cancel| cancel.run_id == label.run_id)
        });
        if canceled && label.is_some_and(|label| label.status == Status::Completed) {
            return Err("it is".to_owned());
        }
        Ok(())
    };
    let scenario = family().workflow(LABEL, deaf);
    let failure = scenario.check(check::always("no label is printed", label)).try_sweep();
    let failure = failure.unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::Custom);
    insta::assert_snapshot!(failure.report(), @r#"
    RH900  no label is printed: it is

      Canceled label-7 at 10s, before the first workflow task: point 224 of 235. The same happens at 10 others.

         10  20s  ChildWorkflowExecutionCompleted  initiated=5 result="7"
         11  20s  WorkflowTaskScheduled            queue=sticky
         12  20s  WorkflowTaskStarted
         13  20s  WorkflowTaskCompleted
         14  20s  WorkflowExecutionCompleted       result="7"

      More: https://docs.rs/rehearsal/latest/rehearsal/diagnostics/#rh900

      Run exactly this again:  REHEARSAL_CASE='family/cancel.2.0=1' cargo test executions::a_finding_says_which_execution_was_canceled -- --exact

      where                                points   Completed    Canceled  no effect  findings
      Order (order-7):
      before the first workflow task            1           -           1          -         -
      between two steps                        24          20           4          -         -
      while a workflow task is running          8           2           6          -         -
      with another job, before it               2           1           1          -         -
      with another job, after it                2           1           1          -         -
      canceled before, a second time          100          14          86          -         -
      after the end                             1           -           -          1         -
      Ship (ship-7):
      before the first workflow task            2           -           2          -         -
      between two steps                         5           3           2          -         -
      while a workflow task is running         10           7           3          -         -
      with another job, before it               3           2           1          -         -
      with another job, after it                3           2           1          -         -
      canceled before, a second time           61          45          16          -         -
      after the end                             1           -           -          1         -
      Label (label-7):
      before the first workflow task            2           2           -          -         2
      between two steps                         2           2           -          -         2
      while a workflow task is running          5           5           -          -         5
      with another job, before it               1           1           -          -         1
      with another job, after it                1           1           -          -         1
      after the end                             1           -           -          1         -
      235 points, all run and replayed        235         108         124          3        11
      replayed from the start, and from a cold cache at every workflow task
    "#);
}

#[test]
fn a_tape_names_the_execution() {
    let tape: Tape = "cancel.1.4=1".parse().unwrap();
    let outcome = family().workflow(LABEL, label).try_run(&tape).unwrap();
    assert_eq!(outcome.status_of(1), Status::Canceled);
    let unknown: Tape = "cancel.9.0=1".parse().unwrap();
    let failure = family().workflow(LABEL, label).try_run(&unknown).unwrap_err();
    assert!(failure.report().contains("no such question is asked"), "{}", failure.report());
}

const GO: Signal<()> = Signal::new("go");

async fn listens(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    ctx.signals(GO).recv().await;
    Ok("gone".to_owned())
}

/// What is said of the calm run, which hangs.
fn waits(scenario: &Scenario) -> String {
    let failure = scenario.try_run(&Tape::calm()).expect_err("it waits for ever");
    let finding = &failure.findings()[0];
    assert_eq!(finding.code, Code::Hang);
    finding.details.join("\n")
}

#[test]
fn a_parent_that_stays_open_says_where_its_child_stands() {
    let scenario = family().workflow(LABEL, listens);
    insta::assert_snapshot!(waits(&scenario), @"
    order-7 waits for child `ship-7`: it runs
    ship-7 waits for child `label-7`: it runs
    label-7 waits for signal `go`
    ");
    let deaf = family().workflow(LABEL, listens).workflow(SHIP, listens).client(|world| {
        let order = world.start(ORDER, "order-7", ());
        world.advance(secs(1));
        world.cancel(&order).unwrap();
    });
    insta::assert_snapshot!(waits(&deaf), @"
    order-7 waits for child `ship-7`: it was asked to cancel, and runs on
    ship-7 waits for signal `go`
    ");
}

async fn every_hour(ctx: Context, (): ()) -> Result<String, WorkflowError> {
    let options = ChildOptions::new().with_id("label-7").with_cron_schedule("@every 1h");
    ctx.with_child_options(options).execute_child(LABEL, ()).await
}

#[test]
fn a_child_of_a_schedule_waits_for_its_next_run() {
    let scenario = Scenario::new("hourly").workflow(ORDER, every_hour).workflow(LABEL, label);
    let scenario = scenario.client(|world| {
        world.start(ORDER, "order-7", ());
    });
    let report = scenario.sweep();
    insta::assert_snapshot!(report.table(), @"
    canceled at every point, up to 3h: by then two full cycles have brought nothing new

      where                                points     Running    Canceled  no effect  findings
      Order (order-7):
      before the first workflow task            1           -           1          -         -
      between two steps                        28           -          28          -         -
      while a workflow task is running          4           -           4          -         -
      with another job, before it               1           -           1          -         -
      with another job, after it                1           -           1          -         -
      canceled before, a second time           77           -          77          -         -
      after the end                             1           -           -          1         -
      Label (label-7), run 1:
      before the first workflow task            3           -           3          -         -
      between two steps                         2           -           2          -         -
      while a workflow task is running          4           2           2          -         -
      with another job, before it               2           -           2          -         -
      with another job, after it                1           1           -          -         -
      Label (label-7), run 2:
      before the first workflow task            3           -           3          -         -
      between two steps                         2           -           2          -         -
      while a workflow task is running          4           2           2          -         -
      with another job, before it               2           -           2          -         -
      with another job, after it                1           1           -          -         -
      canceled before, a second time           10           7           3          -         -
      Label (label-7), run 3:
      before the first workflow task            3           -           3          -         -
      between two steps                         1           -           1          -         -
      while a workflow task is running          2           -           2          -         -
      with another job, before it               1           -           1          -         -
      canceled before, a second time           12           -          12          -         -
      after the end                             1           -           -          1         -
      167 points, all run and replayed        167          13         152          2         -
      a second cancel at every point of 13 canceled runs, one for each way a first one ends
      replayed from the start, and from a cold cache at every workflow task
    ");
}
