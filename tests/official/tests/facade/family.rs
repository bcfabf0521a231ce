//! What a child of the official SDK knows of its family.

use rehearsal::{OfficialWorld as _, Payloads, Scenario};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{ChildWorkflowOptions, WorkflowContext, WorkflowResult};

#[workflow]
#[derive(Default)]
pub struct Grandparent;

#[workflow_methods]
impl Grandparent {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Vec<String>> {
        let options = ChildWorkflowOptions::workflow_id("parent-1".to_owned());
        let child = ctx.start_child_workflow(Parent::run, (), options).await?;
        let mut known = vec![family_of(ctx)];
        known.extend(child.result().await?);
        Ok(known)
    }
}

#[workflow]
#[derive(Default)]
pub struct Parent;

#[workflow_methods]
impl Parent {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Vec<String>> {
        let options = ChildWorkflowOptions::workflow_id("child-1".to_owned());
        let child = ctx.start_child_workflow(Child::run, (), options).await?;
        let mut known = vec![family_of(ctx)];
        known.extend(child.result().await?);
        Ok(known)
    }
}

#[workflow]
#[derive(Default)]
pub struct Child;

#[workflow_methods]
impl Child {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Vec<String>> {
        Ok(vec![family_of(ctx)])
    }
}

/// What a workflow knows: its parent with its namespace, the root, who started it, and how long a run may take.
fn family_of<W>(ctx: &WorkflowContext<W>) -> String {
    let info = ctx.info();
    let parent = info.parent().map(|it| format!("{}/{}", it.namespace(), it.workflow_id()));
    let root = info.raw().root_workflow.clone().map(|it| it.workflow_id);
    let (identity, run_timeout) = (&info.raw().identity, info.run_timeout());
    let original = info.raw().original_execution_run_id == info.run_id();
    format!("{parent:?} {root:?} {identity:?} {run_timeout:?} {original}")
}

/// As core tells it, by the first event of each (`start_workflow_from_attribs` in `src/protos/mod.rs` of
/// temporalio-protos 0.10.2). A server writes a run timeout of zero for a child (recorded: `child-signaled`).
#[test]
fn a_child_knows_its_parent_and_where_its_line_comes_from() {
    let mut world = Scenario::new("family")
        .official::<Grandparent>()
        .official::<Parent>()
        .official::<Child>()
        .world();
    let started = world.start_official::<Grandparent>("grandparent-1", ());
    world.wait(&started);
    let outcome = world.finish();
    assert_eq!(outcome.findings, []);
    let result = outcome.main().unwrap().result();
    let known: Vec<String> = Payloads::decode(result).unwrap();
    assert_eq!(
        known,
        [
            r#"None None "client" None true"#,
            r#"Some("default/grandparent-1") Some("grandparent-1") "" Some(0ns) true"#,
            r#"Some("default/parent-1") Some("grandparent-1") "" Some(0ns) true"#,
        ]
    );
}
