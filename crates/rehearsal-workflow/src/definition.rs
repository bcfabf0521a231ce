//! Registering workflow code: from a typed function to what a worker hosts.

use std::rc::Rc;
use std::sync::Arc;

use rehearsal_activation::{Definition, Instance};
use rehearsal_history::{Payloads, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::context::Context;
use crate::error::WorkflowError;
use crate::instance::NativeInstance;
use crate::names::Workflow;
use crate::state::{Routine, Shared};

/// A workflow type with its code, for a worker to register.
///
/// A workflow that other code calls with several arguments takes them as a tuple.
///
/// The code is called once for each run and each replay of it, when its first workflow task runs.
///
/// # Examples
///
/// ```
/// use rehearsal_workflow::{Context, Workflow, WorkflowError, definition};
///
/// const DOUBLE: Workflow<u64, u64> = Workflow::new("Double");
///
/// async fn double(_ctx: Context, number: u64) -> Result<u64, WorkflowError> {
///     Ok(number * 2)
/// }
///
/// assert_eq!(definition(DOUBLE, double).workflow_type(), "Double");
/// ```
pub fn definition<I, O, F, Fut>(workflow: Workflow<I, O>, code: F) -> Arc<dyn Definition>
where
    F: Fn(Context, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, WorkflowError>> + 'static,
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
{
    let code = Arc::new(code);
    Arc::new(Native {
        name: workflow.into_name(),
        start: move |shared: &Shared, input: Option<&Payloads>| {
            let input: I = codec::decode_arguments(input)?;
            let code = Arc::clone(&code);
            let shared = Rc::clone(shared);
            let main: Routine = Box::pin(async move {
                let context = Context::root(Rc::clone(&shared));
                // Called in the first poll and not before: code outside of the future may do anything too.
                let result = code(context, input).await.and_then(|output| {
                    codec::encode_result(&output).map_err(|error| {
                        WorkflowError::new(format_args!("unable to encode the result: {error}"))
                    })
                });
                shared.borrow_mut().result = Some(result);
            });
            Ok(main)
        },
    })
}

/// Makes the main routine of a run; the error says why the arguments could not be read.
pub(crate) type Start = dyn Fn(&Shared, Option<&Payloads>) -> Result<Routine, String> + Send + Sync;

/// The types are hidden in `start`.
struct Native<S> {
    name: SmolStr,
    start: S,
}

impl<S> Definition for Native<S>
where
    S: Fn(&Shared, Option<&Payloads>) -> Result<Routine, String> + Clone + Send + Sync + 'static,
{
    fn workflow_type(&self) -> &str {
        &self.name
    }

    fn instantiate(&self) -> Box<dyn Instance> {
        Box::new(NativeInstance::new(Box::new(self.start.clone())))
    }
}
