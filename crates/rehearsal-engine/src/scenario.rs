//! Scenarios: what is rehearsed, as a value that builds worlds.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_activation::Definition;
use rehearsal_history::{SearchType, SmolStr, Timestamp};
use rehearsal_service::ServiceConfig;
use rehearsal_worker::Profile;

use crate::activity::ActivityCode;
use crate::cause::{Dialect, KnownDefect};
use crate::choice::Chooser;
use crate::fake::MakeFakes;
use crate::host::identity;
use crate::journal::{Journal, Listener};
use crate::limits::Limits;
use crate::origin::Origin;
use crate::remote::{MakeRemote, Remote};
use crate::surroundings::{MakeSurroundings, Surroundings};
use crate::unsettled::OfUnsettled;
use crate::worker_spec::WorkerSpec;
use crate::world::World;

/// What a client does, from top to bottom. An error is the message of its panic.
pub type ClientScript = Arc<dyn Fn(&mut World) -> Result<(), String> + Send + Sync>;

/// The queue that workers poll and workflows are started on unless something else is said.
pub const DEFAULT_QUEUE: &str = "main";

/// What is rehearsed: workflows, activities, workers, and what the client does.
///
/// A value: it is cloned cheaply and runs any number of times. [`World`]s are built from it, one for each run.
#[derive(Clone)]
pub struct Scenario {
    pub(crate) name: SmolStr,
    pub(crate) workflows: Arc<BTreeMap<SmolStr, Arc<dyn Definition>>>,
    pub(crate) activities: Arc<BTreeMap<SmolStr, Arc<dyn ActivityCode>>>,
    /// The names of activities whose code lives in the surroundings.
    pub(crate) surrounded: Arc<BTreeSet<SmolStr>>,
    pub(crate) surroundings: Option<MakeSurroundings>,
    /// What makes the workers outside.
    pub(crate) remote: Option<MakeRemote>,
    /// When its runs begin, if that is said.
    pub(crate) begins: Option<Timestamp>,
    pub(crate) ids_of: u64,
    pub(crate) of_unsettled: OfUnsettled,
    /// Whether it has no worker unless it names one.
    pub(crate) lonely: bool,
    /// Activities that are meant to fail.
    pub(crate) failing: Arc<BTreeSet<SmolStr>>,
    /// Signals that are sent although nobody can read them.
    pub(crate) unread: Arc<BTreeSet<SmolStr>>,
    /// Types of workflows that no worker is meant to have.
    pub(crate) unregistered: Arc<BTreeSet<SmolStr>>,
    pub(crate) extension: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) fakes: MakeFakes,
    pub(crate) profile: Profile,
    pub(crate) dialect: Dialect,
    /// Known defects of the SDK that are no findings, each with a reason.
    pub(crate) accepted: BTreeMap<KnownDefect, SmolStr>,
    pub(crate) workers: Vec<WorkerSpec>,
    /// By the types of workflows, the names of the code that takes over.
    pub(crate) deployment: Arc<BTreeMap<SmolStr, SmolStr>>,
    /// The recorded run that every run goes on from.
    pub(crate) origin: Option<Arc<Origin>>,
    pub(crate) holds: BTreeMap<u32, Duration>,
    /// The same for the tasks of one workflow id.
    pub(crate) holds_of: BTreeMap<(SmolStr, u32), Duration>,
    pub(crate) client: Option<ClientScript>,
    /// Whether the client sends a signal again that is refused because the workflow is busy.
    pub(crate) client_retries: bool,
    /// Whether faults are asked for.
    pub(crate) faults: bool,
    /// How long closed executions are kept; for good, if there is none.
    pub(crate) retention: Option<Duration>,
    /// How many closed executions are kept of a world that nobody examines; all, if there is no number.
    pub(crate) most_closed: Option<usize>,
    pub(crate) config: ServiceConfig,
    pub(crate) limits: Limits,
    pub(crate) listener: Option<Arc<dyn Listener>>,
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("name", &self.name)
            .field("workflows", &self.workflows.keys().collect::<Vec<_>>())
            .field("activities", &self.activities.keys().collect::<Vec<_>>())
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

impl Scenario {
    /// A scenario with nothing in it; `name` is what reports call it.
    #[must_use]
    pub fn new(name: impl Into<SmolStr>) -> Self {
        Self {
            name: name.into(),
            workflows: Arc::default(),
            activities: Arc::default(),
            surrounded: Arc::default(),
            surroundings: None,
            remote: None,
            begins: None,
            ids_of: 0,
            of_unsettled: OfUnsettled::default(),
            lonely: false,
            failing: Arc::default(),
            unread: Arc::default(),
            unregistered: Arc::default(),
            extension: None,
            fakes: MakeFakes::default(),
            profile: Profile::default(),
            dialect: Dialect::default(),
            accepted: BTreeMap::new(),
            workers: Vec::new(),
            deployment: Arc::default(),
            origin: None,
            holds: BTreeMap::new(),
            holds_of: BTreeMap::new(),
            client: None,
            client_retries: true,
            faults: true,
            retention: None,
            most_closed: None,
            config: ServiceConfig::default(),
            limits: Limits::default(),
            listener: None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same under another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<SmolStr>) -> Self {
        self.name = name.into();
        self
    }

    /// The API that its workflows are written in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Registers a workflow; one of the same type is replaced.
    #[must_use]
    pub fn with_workflow(mut self, definition: Arc<dyn Definition>) -> Self {
        let workflow_type = definition.workflow_type().into();
        Arc::make_mut(&mut self.workflows).insert(workflow_type, definition);
        self
    }

    /// Registers a workflow under another name than that of its type: as the code that some workers have for it.
    #[must_use]
    pub fn with_code(mut self, name: impl Into<SmolStr>, definition: Arc<dyn Definition>) -> Self {
        Arc::make_mut(&mut self.workflows).insert(name.into(), definition);
        self
    }

    /// The definition of a workflow type.
    #[must_use]
    pub fn definition(&self, workflow_type: &str) -> Option<&Arc<dyn Definition>> {
        self.workflows.get(workflow_type)
    }

    /// The names under which workflows are registered.
    pub fn workflow_types(&self) -> impl Iterator<Item = &SmolStr> {
        self.workflows.keys()
    }

    /// Registers the code of an activity; that of the same name is replaced.
    #[must_use]
    pub fn with_activity(mut self, name: impl Into<SmolStr>, code: Arc<dyn ActivityCode>) -> Self {
        Arc::make_mut(&mut self.activities).insert(name.into(), code);
        self
    }

    /// Takes back the code of an activity, if there is any.
    #[must_use]
    pub fn without_activity(mut self, name: &str) -> Self {
        if self.activities.contains_key(name) {
            Arc::make_mut(&mut self.activities).remove(name);
        }
        self
    }

    /// Whether an activity of this name is registered.
    #[must_use]
    pub fn has_activity(&self, name: &str) -> bool {
        self.activities.contains_key(name) || self.surrounded.contains(name)
    }

    /// Whether an activity of this name has code of its own here, a stub for example.
    #[must_use]
    pub fn has_own_code(&self, name: &str) -> bool {
        self.activities.contains_key(name)
    }

    /// Has every run's activities in surroundings that `make` makes for it, given when it begins; `names` are those whose code lives there.
    /// The code of [`with_activity`](Self::with_activity) goes before.
    #[must_use]
    pub fn with_surroundings(
        mut self,
        names: impl IntoIterator<Item = SmolStr>,
        make: Arc<dyn Fn(Timestamp) -> Box<dyn Surroundings> + Send + Sync>,
    ) -> Self {
        self.surrounded = Arc::new(names.into_iter().collect());
        self.surroundings = Some(MakeSurroundings(make));
        self
    }

    /// Has the workers that are [`remote`](WorkerSpec::remote) in `make`, which makes what is outside of each run.
    ///
    /// Activities for which the scenario has code are run by the engine, wherever their workers are.
    #[must_use]
    pub fn with_remote(mut self, make: Arc<dyn Fn() -> Box<dyn Remote> + Send + Sync>) -> Self {
        self.remote = Some(MakeRemote(make));
        self
    }

    /// Has no worker at first, not even the one that polls the queue `main`:
    /// [`World::connect`](crate::World::connect) adds some.
    #[must_use]
    pub fn with_no_workers(mut self) -> Self {
        self.workers.clear();
        self.lonely = true;
        self
    }

    /// Has all its workers outside.
    #[must_use]
    pub fn with_workers_outside(mut self) -> Self {
        self.workers = self.specs();
        self.workers.iter_mut().for_each(|worker| worker.remote = true);
        self
    }

    /// Whether any of its workers is outside.
    #[must_use]
    pub fn has_workers_outside(&self) -> bool {
        self.workers.iter().any(|worker| worker.remote)
    }

    /// What its workers call themselves, and what is said of each.
    pub fn workers(&self) -> impl Iterator<Item = (SmolStr, WorkerSpec)> + '_ {
        let of = |(index, spec): (usize, WorkerSpec)| {
            (spec.identity.clone().unwrap_or_else(|| identity(index)), spec)
        };
        self.specs().into_iter().enumerate().map(of)
    }

    /// Has every run begin then, unless it goes on from a recorded one.
    #[must_use]
    pub fn with_beginning(mut self, begins: Timestamp) -> Self {
        self.begins = Some(begins);
        self
    }

    /// Has runs and requests other ids than those of every scenario: ids that go with this number, unless it is 0.
    #[must_use]
    pub const fn with_ids_of(mut self, number: u64) -> Self {
        self.ids_of = number;
        self
    }

    /// Has what is found in a run that cannot be made again exactly set apart ([`Record::unsettled`](crate::Record::unsettled)):
    /// it is no finding, and whoever asks for this tells of it.
    #[must_use]
    pub const fn with_unsettled_apart(mut self) -> Self {
        self.of_unsettled = OfUnsettled::Apart;
        self
    }

    /// Says that an activity is meant to fail: that it never succeeds is no finding.
    #[must_use]
    pub fn with_failing(mut self, name: impl Into<SmolStr>) -> Self {
        Arc::make_mut(&mut self.failing).insert(name.into());
        self
    }

    /// Says that a signal is sent although nobody can read it: that is no finding.
    #[must_use]
    pub fn with_unread(mut self, signal: impl Into<SmolStr>) -> Self {
        Arc::make_mut(&mut self.unread).insert(signal.into());
        self
    }

    /// Says that no worker has workflows of this type: their tasks fail, as on a server, and that is no finding.
    #[must_use]
    pub fn with_unregistered(mut self, workflow_type: impl Into<SmolStr>) -> Self {
        Arc::make_mut(&mut self.unregistered).insert(workflow_type.into());
        self
    }

    /// The types of workflows that no worker is meant to have.
    pub fn unregistered(&self) -> impl Iterator<Item = &SmolStr> {
        self.unregistered.iter()
    }

    /// The activities that are meant to fail.
    pub fn failing(&self) -> impl Iterator<Item = &SmolStr> {
        self.failing.iter()
    }

    /// Keeps a value that client scripts can ask for by its type, with [`World::extension`]; it replaces an earlier one.
    #[must_use]
    pub fn with_extension(mut self, value: Arc<dyn Any + Send + Sync>) -> Self {
        self.extension = Some(value);
        self
    }

    /// Which SDK its workers and its client behave like; the default is Go's.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The API that its workflows are written in, for the words of reports; the default is the native one.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Takes a known defect of the SDK for no finding: [`Record::accepted`](crate::Record::accepted) counts it.
    #[must_use]
    pub fn with_accepted(mut self, defect: KnownDefect, reason: impl Into<SmolStr>) -> Self {
        self.accepted.insert(defect, reason.into());
        self
    }

    /// Adds a worker. Without any, one polls the queue `main` from the beginning to the end; of a scenario that goes on from
    /// a recorded run, one each queue that its history names.
    #[must_use]
    pub fn with_worker(mut self, worker: WorkerSpec) -> Self {
        self.workers.push(worker);
        self
    }

    /// Says which code takes over for the workflows of a type: what is registered under the name `code`.
    ///
    /// When it does is asked before every workflow task ([`ChoiceKind::Deploy`](crate::ChoiceKind::Deploy)): all workers
    /// stop in good order, and others like them start, with that code. In the calm run it never does.
    #[must_use]
    pub fn with_deployment(
        mut self,
        workflow_type: impl Into<SmolStr>,
        code: impl Into<SmolStr>,
    ) -> Self {
        Arc::make_mut(&mut self.deployment).insert(workflow_type.into(), code.into());
        self
    }

    /// This scenario once the code that takes over has done so: no worker has other code any more.
    #[must_use]
    pub fn deployed(mut self) -> Self {
        let deployment = core::mem::take(&mut self.deployment);
        for (workflow_type, code) in deployment.iter() {
            if let Some(definition) = self.workflows.get(code).cloned() {
                Arc::make_mut(&mut self.workflows).insert(workflow_type.clone(), definition);
            }
        }
        self
    }

    /// Whether there is code that can take over.
    #[must_use]
    pub fn has_deployment(&self) -> bool {
        !self.deployment.is_empty()
    }

    /// Its workers; then, if there is code that can take over, as many that have it.
    pub(crate) fn specs(&self) -> Vec<WorkerSpec> {
        let mut specs = self.workers.clone();
        if specs.is_empty() {
            let queues = self.origin.as_ref().map_or(BTreeSet::new(), |origin| origin.queues());
            specs.extend(queues.into_iter().map(WorkerSpec::new));
        }
        if specs.is_empty() && !self.lonely {
            specs.push(WorkerSpec::new(DEFAULT_QUEUE));
        }
        if self.has_deployment() {
            specs.extend_from_within(..);
            let first = specs.len() / 2;
            for spec in &mut specs[first..] {
                let code = self.deployment.iter();
                spec.code.extend(code.map(|(of, code)| (of.clone(), code.clone())));
            }
        }
        specs
    }

    /// The workflow task number `task`, counting deliveries to workers from 1, takes this long from start to
    /// completion, so that events can arrive meanwhile. If it runs local activities it takes this long from their end.
    #[must_use]
    pub fn with_hold(mut self, task: u32, takes: Duration) -> Self {
        self.holds.insert(task, takes);
        self
    }

    /// The same, counting only the tasks of the workflow with this id.
    #[must_use]
    pub fn with_hold_of(
        mut self,
        workflow_id: impl Into<SmolStr>,
        task: u32,
        takes: Duration,
    ) -> Self {
        self.holds_of.insert((workflow_id.into(), task), takes);
        self
    }

    /// What the client does; it replaces an earlier script.
    #[must_use]
    pub fn with_client(mut self, script: ClientScript) -> Self {
        self.client = Some(script);
        self
    }

    /// Says that the client sends each signal, update and query once, as the bare service of a connection does
    /// (`workflow_service()` of the Rust SDK): it is told of a workflow that is busy (W-13). The clients of both SDKs try
    /// again. What the server itself tries again it does all the same, and so is what activities ask.
    #[must_use]
    pub fn with_bare_client(mut self) -> Self {
        self.client_retries = false;
        self
    }

    /// Says that no [fault](crate::ChoiceKind::FAULTS) is asked for: none strikes in a random run, and a tape that has one
    /// is refused.
    #[must_use]
    pub fn with_no_faults(mut self) -> Self {
        self.faults = false;
        self
    }

    /// Adds a search attribute to those that the namespace has.
    #[must_use]
    pub fn with_search_attribute(mut self, name: impl Into<SmolStr>, kind: SearchType) -> Self {
        self.config.search_attributes.insert(name.into(), kind);
        self
    }

    /// Settings of the simulated service; the default is those of the server. Search attributes that were added stay.
    #[must_use]
    pub fn with_service_config(mut self, mut config: ServiceConfig) -> Self {
        config.search_attributes.append(&mut self.config.search_attributes);
        self.config = config;
        self
    }

    /// Bounds on each run.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whoever hears what user code logs in a run.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Listener>) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Until what is returned is dropped, what user code logs goes to `journal`, or nowhere.
    pub(crate) fn listen(&self, journal: Option<Rc<Journal>>) -> Option<Box<dyn Any>> {
        self.listener.as_ref().map(|listener| listener.listen(journal))
    }

    /// A world at its beginning, with the workers that start at once, and nothing done yet.
    #[must_use]
    pub fn world(&self, chooser: Box<dyn Chooser>) -> World {
        World::new(self.clone(), chooser)
    }
}
