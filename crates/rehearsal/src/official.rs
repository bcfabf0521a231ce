//! Workflows and activities of the official Rust SDK in scenarios.
//!
//! The type that a production worker registers is the type that is rehearsed: nothing of it changes.

mod around;
mod client;

use std::sync::Arc;

use rehearsal_activation::Definition as _;
use rehearsal_activation::names::NamesActivity;
use rehearsal_engine::{BEGINNING, Cause, Code, Dialect, Finding};
use rehearsal_history::{Payloads, SmolStr};
use rehearsal_temporal::activity::{Registry, Runtime, Setup};
use rehearsal_temporal::bounds::{
    ActivityDefinition, ActivityImplementer, DataConverter, ExecutableActivity,
    TemporalSerializable, WorkflowDefinition, WorkflowImplementation,
};
use rehearsal_temporal::{SdkWorkflow, encode_result, workflow, workflow_with};
use rehearsal_worker::Profile;

use self::around::Around;
pub use self::client::OfficialWorld;
use crate::names::ActivityName;
use crate::scenario::{Scenario, deployed};
use crate::watchdog;

/// The [`ActivityName`]s of the official SDK: markers such as `Shop::ship`.
#[derive(Debug)]
pub enum Official {}

impl<A: ActivityDefinition> ActivityName<Official> for A {
    type Input = A::Input;
    type Output = A::Output;

    fn activity_name(self) -> String {
        self.name().to_owned()
    }

    fn encode(value: &A::Output) -> Result<Option<Payloads>, String> {
        encode_result(value)
    }
}

/// So that [`Outcome::calls`](rehearsal_engine::Outcome::calls) takes them too.
impl<A: ActivityDefinition> NamesActivity<Official> for (A,) {
    fn activity_name(self) -> SmolStr {
        self.0.name().into()
    }
}

/// Makes the definition of a workflow with a data converter.
type Define = fn(DataConverter) -> Arc<SdkWorkflow>;

/// What a scenario holds of the official SDK.
#[derive(Clone, Default)]
pub(crate) struct Hosted {
    registry: Registry,
    /// That of the user; `None` for the SDK's own.
    converter: Option<DataConverter>,
    /// Makes each workflow, given the data converter, and the name that it has if that is not its own.
    workflows: Vec<(Option<SmolStr>, Define)>,
}

impl Scenario {
    /// Registers a workflow of the official SDK, as it stands; one of the same type is replaced.
    ///
    /// From here on the workers and the client of the scenario behave as those of the Rust SDK, also towards workflows of
    /// the native API: how ids are given, what a cancel suppresses, how long sticky queues are kept.
    ///
    /// `examples/official` in the repository is a whole package with production code and the tests that rehearse it.
    #[must_use]
    pub fn official<W>(mut self) -> Self
    where
        W: WorkflowImplementation,
        <W::Run as WorkflowDefinition>::Input: Send,
    {
        let converter = self.hosted.converter.clone();
        let definition = converter.map_or_else(workflow::<W>, workflow_with::<W>);
        self.hosted.workflows.push((None, workflow_with::<W>));
        self.inner =
            self.inner.with_profile(Profile::Core).with_workflow(watchdog::watched(definition));
        self.inner = self.inner.with_dialect(Dialect::Official);
        self
    }

    /// Registers a workflow of the official SDK under another name than its own: as the code that some workers have for a
    /// workflow, [`WorkerSpec::with_code`](rehearsal_engine::WorkerSpec::with_code). So two versions of one type can be
    /// rehearsed in one deployment.
    #[must_use]
    pub fn official_as<W>(mut self, name: &str) -> Self
    where
        W: WorkflowImplementation,
        <W::Run as WorkflowDefinition>::Input: Send,
    {
        let converter = self.hosted.converter.clone();
        let definition = converter.map_or_else(workflow::<W>, workflow_with::<W>);
        self.hosted.workflows.push((Some(name.into()), workflow_with::<W>));
        self.inner = self.inner.with_code(name, watchdog::watched(definition));
        self
    }

    /// The code of the official SDK that takes over for the workflows of its type, as
    /// [`deploy`](Self::deploy) says it of native code.
    ///
    /// It is a type of its own with the same name: `#[run(name = "Order")]` beside its run method.
    #[must_use]
    pub fn deploy_official<W>(mut self) -> Self
    where
        W: WorkflowImplementation,
        <W::Run as WorkflowDefinition>::Input: Send,
    {
        let name = workflow::<W>().workflow_type().to_owned();
        let code = deployed(&name);
        self.inner = self.inner.with_deployment(name, code.clone());
        self.official_as::<W>(&code)
    }

    /// Gives the struct whose activities are to run. `make` is called for each run, so that nothing which one run leaves
    /// behind is seen by the next. When the run is over its outcome has it, as it has the fakes of
    /// [`fake`](Self::fake): `outcome.fake::<Shop>()`, so that a check sees what is left of the gateways in it.
    ///
    /// Those of its activities that a run comes to must be named with [`real`](Self::real) or [`stub`](Self::stub): the
    /// SDK has no call that runs an activity by its name alone. One that is scheduled and was not named is a finding
    /// (RH502); one that is never scheduled need not be named.
    #[must_use]
    pub fn activities<S>(mut self, make: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: ActivityImplementer + Send + Sync + 'static,
    {
        self.hosted.registry = self.hosted.registry.activities(make);
        self.surrounded()
    }

    /// Runs an activity of the official SDK for real, in virtual time: its timers, its heartbeats, its cancellation.
    ///
    /// One that takes `self` needs its struct from [`activities`](Self::activities).
    #[must_use]
    pub fn real<A: ExecutableActivity + 'static>(mut self, activity: A) -> Self {
        self.inner = self.inner.without_activity(activity.name());
        self.hosted.registry = self.hosted.registry.real(activity);
        self.surrounded()
    }

    /// Lets activities heartbeat with details of type `T`. Numbers, text, `bool`, JSON values and lists of them need not
    /// be registered: the SDK hands details over without their type.
    #[must_use]
    pub fn heartbeat_type<T: TemporalSerializable + 'static>(mut self) -> Self {
        self.hosted.registry = self.hosted.registry.heartbeat_type::<T>();
        self.surrounded()
    }

    /// Uses the data converter of the user's client, for workflows, activities and the client of the scenario.
    #[must_use]
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        for (name, make) in &self.hosted.workflows {
            let definition = watchdog::watched(make(converter.clone()));
            self.inner = match name {
                Some(name) => self.inner.with_code(name.clone(), definition),
                None => self.inner.with_workflow(definition),
            };
        }
        self.hosted.registry = self.hosted.registry.with_data_converter(converter.clone());
        self.hosted.converter = Some(converter.clone());
        self.inner = self.inner.with_extension(Arc::new(converter));
        self.surrounded()
    }

    /// Has the activities of the registry run in surroundings of their own.
    fn surrounded(mut self) -> Self {
        let registry = self.hosted.registry.clone();
        let names: Vec<_> = registry.names().map(Into::into).collect();
        self.inner = self.inner.with_surroundings(
            names,
            Arc::new(move |began| Box::new(Around::new(&registry, began))),
        );
        self
    }

    /// Why no run of this scenario can be made here.
    pub(crate) fn official_setup(&self) -> Option<Finding> {
        if self.hosted.registry.is_empty() {
            return None;
        }
        let error = Runtime::new(&Setup::new(BEGINNING)).err().map(|error| error.to_string());
        let homeless = self.hosted.registry.homeless();
        let homeless = (!homeless.is_empty()).then(|| {
            format!("their struct was not given with `.activities(..)`: {}", homeless.join(", "))
        });
        let what = error.or(homeless)?;
        let finding = Finding::new(Code::Setup, format!("activities of the official SDK: {what}"));
        Some(finding.with_cause(Cause::NoActivity))
    }
}
