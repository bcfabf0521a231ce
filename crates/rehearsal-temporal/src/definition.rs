//! Registering workflows of the official SDK.

use std::fmt;
use std::sync::Arc;

use rehearsal_activation::{Definition, Instance};
use rehearsal_history::SmolStr;
use temporalio_common::WorkflowDefinition;
use temporalio_common::data_converters::DataConverter;
use temporalio_sdk::workflows::{WorkflowDefinitionDescriptor, WorkflowImplementation};

use crate::instance::{Instantiate, SdkInstance};
use crate::sdk;

/// A workflow of the official SDK, with the SDK's default data converter, for a worker to register.
///
/// `W` is a type with `#[workflow]` and `#[workflow_methods]`; it needs no change. The bounds are those of the SDK's
/// `WorkerOptions::register_workflow`.
///
/// # Examples
///
/// ```
/// use temporalio_macros::{workflow, workflow_methods};
/// use temporalio_sdk::{WorkflowContext, WorkflowResult};
///
/// #[workflow]
/// #[derive(Default)]
/// pub struct Double;
///
/// #[workflow_methods]
/// impl Double {
///     #[run]
///     pub async fn run(_ctx: &mut WorkflowContext<Self>, number: u64) -> WorkflowResult<u64> {
///         Ok(number * 2)
///     }
/// }
///
/// use rehearsal_activation::Definition as _;
/// assert_eq!(rehearsal_temporal::workflow::<Double>().workflow_type(), "Double");
/// ```
#[must_use]
pub fn workflow<W>() -> Arc<SdkWorkflow>
where
    W: WorkflowImplementation,
    <W::Run as WorkflowDefinition>::Input: Send,
{
    define::<W>(DataConverter::default(), false)
}

/// A workflow of the official SDK, with a data converter of the user's.
///
/// Its codec is applied where the SDK's worker applies it, around the whole of each activation and each completion, so
/// that histories hold what the codec made. A codec must answer at once: one that waits for something outside is
/// refused by name, since nothing in a simulated run could wake it.
///
/// # Examples
///
/// ```
/// use rehearsal_temporal::workflow_with;
/// use temporalio_common::data_converters::DataConverter;
/// # use temporalio_macros::{workflow, workflow_methods};
/// # use temporalio_sdk::{WorkflowContext, WorkflowResult};
/// # #[workflow]
/// # #[derive(Default)]
/// # pub struct Double;
/// # #[workflow_methods]
/// # impl Double {
/// #     #[run]
/// #     pub async fn run(_ctx: &mut WorkflowContext<Self>, number: u64) -> WorkflowResult<u64> {
/// #         Ok(number * 2)
/// #     }
/// # }
///
/// let double = workflow_with::<Double>(DataConverter::default());
/// assert!(double.descriptor().signals.is_empty());
/// ```
#[must_use]
pub fn workflow_with<W>(converter: DataConverter) -> Arc<SdkWorkflow>
where
    W: WorkflowImplementation,
    <W::Run as WorkflowDefinition>::Input: Send,
{
    define::<W>(converter, true)
}

/// A workflow of the official SDK, with the converters of a data converter but without its codec: for a replay of a
/// history that is [decoded](crate::history::decode_payloads).
#[must_use]
pub fn workflow_without_codec<W>(converter: DataConverter) -> Arc<SdkWorkflow>
where
    W: WorkflowImplementation,
    <W::Run as WorkflowDefinition>::Input: Send,
{
    define::<W>(converter, false)
}

fn define<W>(converter: DataConverter, has_codec: bool) -> Arc<SdkWorkflow>
where
    W: WorkflowImplementation,
    <W::Run as WorkflowDefinition>::Input: Send,
{
    let descriptor = W::definition();
    let mut signals: Vec<SmolStr> = descriptor.signals.iter().map(Into::into).collect();
    signals.sort_unstable();
    Arc::new(SdkWorkflow {
        descriptor,
        signals,
        converter,
        has_codec,
        instantiate: sdk::instantiate::<W>,
    })
}

/// A workflow of the official SDK as a worker registers it. See [`workflow`].
pub struct SdkWorkflow {
    descriptor: WorkflowDefinitionDescriptor,
    /// The names of the signals that it has a handler for, in the order of the alphabet.
    signals: Vec<SmolStr>,
    converter: DataConverter,
    /// Whether the converter may have a codec that does anything. The SDK's default one returns what it is given, and a
    /// tenth of a run would be spent on giving it everything.
    has_codec: bool,
    /// The type of the workflow is hidden in here.
    instantiate: Instantiate,
}

impl SdkWorkflow {
    /// What the SDK says of the workflow: the names of its signals, queries and updates among others.
    #[must_use]
    pub const fn descriptor(&self) -> &WorkflowDefinitionDescriptor {
        &self.descriptor
    }
}

impl fmt::Debug for SdkWorkflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdkWorkflow").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl Definition for SdkWorkflow {
    fn workflow_type(&self) -> &str {
        &self.descriptor.workflow_type
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        let converter = self.converter.clone();
        Box::new(SdkInstance::new(self.instantiate, converter, self.has_codec, &self.signals))
    }
}
