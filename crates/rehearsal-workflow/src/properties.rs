//! What a run can be searched by, and its notes: read and changed by workflow code.

use std::panic::Location;

use rehearsal_activation::{Initialize, WorkflowCommand};
use rehearsal_history::{Memo, SearchAttributes, SearchUpdate};

use crate::context::Context;
use crate::error::WorkflowError;

/// The properties of a run, as workflow code sees them.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    memo: Memo,
    search_attributes: SearchAttributes,
}

impl Properties {
    /// Those that the run is started with.
    pub(crate) fn new(initialize: &Initialize) -> Self {
        Self {
            memo: initialize.memo.clone().unwrap_or_default(),
            search_attributes: initialize.search_attributes.clone().unwrap_or_default(),
        }
    }
}

/// The SDK's own (`TemporalChangeVersion` of sdk-go).
const RESERVED: &str = "TemporalChangeVersion";

impl Context {
    /// The notes of the run: those of its start, with what workflow code has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Memo, Scenario, StartOptions, Status, Workflow, WorkflowError};
    ///
    /// const SHIP: Workflow<(), Option<String>> = Workflow::new("Ship");
    ///
    /// async fn ship(ctx: Context, (): ()) -> Result<Option<String>, WorkflowError> {
    ///     ctx.memo().get("carrier").map_err(WorkflowError::new)
    /// }
    ///
    /// let mut world = Scenario::new("ship").workflow(SHIP, ship).world();
    /// let mut options = StartOptions::new("Ship", "ship-1");
    /// options.memo = Some(Memo::new().with("carrier", "owl"));
    /// let ship = world.start_workflow(options)?;
    /// assert_eq!(world.wait(&ship), Status::Completed);
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[must_use]
    pub fn memo(&self) -> Memo {
        self.shared.borrow().properties.memo.clone()
    }

    /// What the run can be searched by: what it was started with, with what workflow code has changed.
    #[must_use]
    pub fn search_attributes(&self) -> SearchAttributes {
        self.shared.borrow().properties.search_attributes.clone()
    }

    /// Changes the notes of the run. What `changed` does not name stays; what it has [`without`](Memo::without) a value
    /// goes.
    ///
    /// # Errors
    ///
    /// `memo is empty` if it names nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Memo, WorkflowError, mins};
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.upsert_memo(Memo::new().with("stage", "packing").with("boxes", 3))?;
    ///     ctx.sleep(mins(10)).await?;
    ///     ctx.upsert_memo(Memo::new().with("stage", "shipped").without("boxes"))
    /// }
    /// ```
    #[track_caller]
    pub fn upsert_memo(&self, changed: Memo) -> Result<(), WorkflowError> {
        self.seen(Location::caller());
        let mut state = self.shared.borrow_mut();
        state.advance();
        if changed.fields.is_empty() {
            return Err(WorkflowError::new("memo is empty"));
        }
        state.properties.memo.merge(&changed);
        state.push(WorkflowCommand::UpsertMemo(changed));
        Ok(())
    }

    /// Changes what the run can be searched by. Attributes that are not named stay.
    ///
    /// The service refuses an attribute that the namespace does not have, and a value of another type; that fails the
    /// workflow task.
    ///
    /// # Errors
    ///
    /// Those of Go: nothing is named, or the attribute that lists the versions of the run.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, SearchAttribute, Status, Workflow, WorkflowError};
    ///
    /// const STAGE: SearchAttribute<String> = SearchAttribute::keyword("Stage");
    /// const BOXES: SearchAttribute<i64> = SearchAttribute::int("Boxes");
    /// const ORDER: Workflow<(), ()> = Workflow::new("Order");
    ///
    /// async fn order(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.upsert_search_attributes([STAGE.set("packing"), BOXES.set(3)])?;
    ///     assert_eq!(BOXES.get(&ctx.search_attributes()), Some(3));
    ///     ctx.upsert_search_attributes([STAGE.set("shipped"), BOXES.unset()])
    /// }
    ///
    /// let scenario = Scenario::new("order").search_attribute(STAGE).search_attribute(BOXES);
    /// let mut world = scenario.workflow(ORDER, order).world();
    /// let order = world.start(ORDER, "order-7", ());
    /// assert_eq!(world.wait(&order), Status::Completed);
    /// let attributes = world.describe(&order).search_attributes;
    /// assert_eq!(STAGE.get(&attributes).as_deref(), Some("shipped"));
    /// assert_eq!(BOXES.get(&attributes), None);
    /// ```
    #[track_caller]
    pub fn upsert_search_attributes(
        &self,
        updates: impl IntoIterator<Item = SearchUpdate>,
    ) -> Result<(), WorkflowError> {
        self.seen(Location::caller());
        let changed = SearchAttributes::of(updates);
        let mut state = self.shared.borrow_mut();
        state.advance();
        if changed.indexed_fields.contains_key(RESERVED) {
            return Err(WorkflowError::new(format_args!(
                "{RESERVED} is a reserved key that cannot be set, please use other key"
            )));
        }
        if changed.indexed_fields.is_empty() {
            return Err(WorkflowError::new("search attributes is empty"));
        }
        state.properties.search_attributes.merge(&changed);
        state.push(WorkflowCommand::UpsertSearchAttributes(changed));
        Ok(())
    }
}
