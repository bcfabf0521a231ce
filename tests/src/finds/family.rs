//! Families: a parent leaves work to a child, and must know what became of it.

use rehearsal::{
    Activity, ChildOptions, Code, Context, Either, Outcome, ParentClosePolicy, Scenario, Status,
    Stub, Workflow, WorkflowError, check, mins, secs, select,
};

use super::{Bug, Needs, Twin, careful, end_of, was_done};

const IMPORT: Workflow<(), ()> = Workflow::new("Import");
const PART: Workflow<(), ()> = Workflow::new("Part");
const CLEAN_UP: Workflow<(), ()> = Workflow::new("CleanUp");
const LOCK: Activity<(), ()> = Activity::new("Lock");
const UNLOCK: Activity<(), ()> = Activity::new("Unlock");
const LOAD: Activity<(), ()> = Activity::new("Load");
const UNDO: Activity<(), ()> = Activity::new("Undo");

const TWIN: Twin = Twin { name: "import by a child", scenario: twin };
const CLEANED: Twin = Twin { name: "import that a child cleans up after", scenario: cleaned_twin };

/// The mistakes.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "child orphaned by its close policy",
        scenario: || locked(load).workflow(IMPORT, leaves_the_child),
        twin: TWIN,
        code: Code::ChildOrphaned,
        needs: Needs::One,
        known: None,
    },
    Bug {
        name: "lock kept, as the child died after the cancel",
        scenario: || locked(load_as_it_comes).workflow(IMPORT, unlocks_if_it_knows),
        twin: TWIN,
        code: Code::NotFollowed,
        needs: Needs::More,
        known: None,
    },
    Bug {
        name: "cleanup by a child that is canceled as well",
        scenario: || cleaned().workflow(CLEAN_UP, cleans_up_on_its_context),
        twin: CLEANED,
        code: Code::Custom,
        needs: Needs::More,
        known: None,
    },
];

/// The import as it should be.
#[must_use]
pub fn twin() -> Scenario {
    locked(load).workflow(IMPORT, import)
}

/// The import with a child that cleans up, as it should be.
#[must_use]
pub fn cleaned_twin() -> Scenario {
    cleaned().workflow(CLEAN_UP, cleans_up)
}

fn base<F>(part: fn(Context, ()) -> F) -> Scenario
where
    F: Future<Output = Result<(), WorkflowError>> + 'static,
{
    Scenario::new("finds-import")
        .workflow(PART, part)
        .stub(LOAD, Stub::returns(()).after(secs(3)))
        .client(|world| {
            world.start(IMPORT, "import-7", ());
        })
        .check(check::ends_within(mins(10)))
}

fn locked<F>(part: fn(Context, ()) -> F) -> Scenario
where
    F: Future<Output = Result<(), WorkflowError>> + 'static,
{
    base(part)
        .stub(LOCK, Stub::returns(()))
        .stub(UNLOCK, Stub::returns(()))
        .check(check::finally(LOCK, UNLOCK))
        .check(check::no_child_orphaned_at_close())
}

fn cleaned() -> Scenario {
    base(load)
        .workflow(IMPORT, has_it_cleaned_up)
        .stub(UNDO, Stub::returns(()).after(secs(1)))
        .check(check::always("what is canceled is undone", |outcome: &Outcome| {
            let canceled = outcome.main_status() == Status::Canceled;
            let begun = outcome.calls(LOAD).count() > 0;
            if canceled && begun && !outcome.calls(UNDO).any(was_done) {
                return Err("nobody has undone it".to_owned());
            }
            Ok(())
        }))
}

/// This context with children that are waited for and asked to cancel when their parent closes.
fn with_children(ctx: &Context) -> Context {
    let options = ChildOptions::new()
        .with_parent_close_policy(ParentClosePolicy::RequestCancel)
        .with_wait_for_cancellation();
    careful(ctx).with_child_options(options)
}

async fn load(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = careful(&ctx);
    end_of(&ctx, ctx.execute(LOAD, ()).await)
}

/// Ends as its activity does.
async fn load_as_it_comes(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    careful(&ctx).execute(LOAD, ()).await
}

async fn import(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_children(&ctx);
    let imported = match ctx.execute(LOCK, ()).await {
        Ok(()) => ctx.execute_child(PART, ()).await,
        Err(error) => Err(error),
    };
    ctx.disconnected().execute(UNLOCK, ()).await?;
    end_of(&ctx, imported)
}

/// The child is to go on if its parent is lost, and does so when its parent is canceled too.
async fn leaves_the_child(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_children(&ctx);
    let options = ChildOptions::new().with_parent_close_policy(ParentClosePolicy::Abandon);
    let imported = match ctx.execute(LOCK, ()).await {
        Ok(()) => {
            let child = ctx.disconnected().with_child_options(options).execute_child(PART, ());
            match select(child, ctx.done()).await {
                Either::Left(imported) => imported,
                Either::Right(()) => Err(WorkflowError::canceled()),
            }
        }
        Err(error) => Err(error),
    };
    ctx.disconnected().execute(UNLOCK, ()).await?;
    end_of(&ctx, imported)
}

/// A child that ends in another way than it knows of still holds what it had, for all that it knows.
async fn unlocks_if_it_knows(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_children(&ctx);
    let imported = match ctx.execute(LOCK, ()).await {
        Ok(()) => ctx.execute_child(PART, ()).await,
        Err(error) => {
            ctx.disconnected().execute(UNLOCK, ()).await?;
            return end_of(&ctx, Err(error));
        }
    };
    if imported.as_ref().map_or_else(WorkflowError::is_canceled, |()| true) {
        ctx.disconnected().execute(UNLOCK, ()).await?;
    }
    end_of(&ctx, imported)
}

async fn has_it_cleaned_up(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    let ctx = with_children(&ctx);
    let imported = ctx.execute_child(PART, ()).await;
    if imported.is_err() {
        // That it was canceled is what it tells; the cleanup is another matter.
        let _how = ctx.disconnected().execute_child(CLEAN_UP, ()).await;
    }
    end_of(&ctx, imported)
}

async fn cleans_up(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    careful(&ctx.disconnected()).execute(UNDO, ()).await
}

/// Nobody cancels a cleanup.
async fn cleans_up_on_its_context(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    careful(&ctx).execute(UNDO, ()).await
}
