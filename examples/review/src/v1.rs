//! The workflow before the change.

use rehearsal::{Context, WorkflowError};

use crate::{CHARGE, REFUND, RELEASE_STOCK, RESERVE_STOCK, SHIP, Undo, approved, options};

/// Fulfills an order, or undoes what was done.
///
/// # Errors
///
/// What went wrong; or what went wrong while that was undone.
pub async fn fulfill_order(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let ctx = ctx.with_activity_options(options());
    let mut undo = Undo::default();
    let outcome = steps(&ctx, &order, &mut undo).await;
    if outcome.is_err() {
        undo.run(&ctx, &order).await?;
    }
    outcome
}

async fn steps(ctx: &Context, order: &str, undo: &mut Undo) -> Result<String, WorkflowError> {
    undo.note(RELEASE_STOCK);
    ctx.execute(RESERVE_STOCK, order.to_owned()).await?;
    approved(ctx).await?;
    undo.note(REFUND);
    ctx.execute(CHARGE, order.to_owned()).await?;
    ctx.execute(SHIP, order.to_owned()).await
}
