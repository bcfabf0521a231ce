//! Answering queries: handlers that workflow code sets, and what becomes of a query.
//!
//! As in Go, a handler is a function that is called while no routine runs, for as long as the instance lives: also after
//! the workflow has closed (`setQueryHandler` and `queryHandler.execute` in `internal/internal_workflow.go` of Go SDK
//! 1.47).

use std::collections::BTreeMap;
use std::rc::Rc;

use rehearsal_activation::quiet;
use rehearsal_activation::{AnswerQuery, QueryWorkflow};
use rehearsal_history::{Failure, Payloads, SmolStr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::error::WorkflowError;
use crate::names::Query;
use crate::state::{Shared, State};

/// A handler without its types.
type Handler = Rc<dyn Fn(Option<&Payloads>) -> Result<Option<Payloads>, WorkflowError>>;

/// The queries that Go's SDK answers itself, in the order in which it names them.
const BUILT_IN: [&str; 3] = ["__stack_trace", "__open_sessions", "__temporal_workflow_metadata"];

/// What a handler panics with that calls what only a routine may, as `queryHandler.execute` of Go's SDK words it.
const ILLEGAL: &str = "query handler must not use temporal context to do things like workflow.NewChannel(), \
                       workflow.Go() or to call any workflow blocking functions like Channel.Get() or Future.Get()";

/// The handlers of one run, by the names of their queries.
#[derive(Default, Clone)]
pub(crate) struct QueryHandlers(BTreeMap<SmolStr, Handler>);

impl QueryHandlers {
    /// Sets the handler of a query; one of the same name is replaced.
    pub(crate) fn set<I, O>(
        &mut self,
        query: Query<I, O>,
        handler: impl Fn(I) -> Result<O, WorkflowError> + 'static,
    ) where
        I: DeserializeOwned,
        O: Serialize,
    {
        let name = query.into_name();
        let of = name.clone();
        let handler = move |input: Option<&Payloads>| {
            let input = codec::decode(input).map_err(|error| {
                WorkflowError::new(format_args!(
                    "unable to decode the input for queryType: {of}, with error: {error}"
                ))
            })?;
            let output = handler(input)?;
            codec::encode_result(&output).map_err(WorkflowError::new)
        };
        self.0.insert(name, Rc::new(handler));
    }

    /// What Go answers to a query without a handler. It names the queries in the order of a map; here they are sorted.
    fn unknown(&self, name: &str) -> WorkflowError {
        let known: Vec<&str> =
            BUILT_IN.into_iter().chain(self.0.keys().map(SmolStr::as_str)).collect();
        WorkflowError::new(format_args!(
            "unknown queryType {name}. KnownQueryTypes=[{}]",
            known.join(" ")
        ))
    }

    /// Answers a query. Its handler may look at the state of the run, and no more.
    pub(crate) fn answer(&self, shared: &Shared, query: &QueryWorkflow) -> AnswerQuery {
        let before = begin(&mut shared.borrow_mut());
        let (answer, panicked) = self.ask(query);
        let meddled = end(&mut shared.borrow_mut(), before);
        let meddling = meddled.or_else(|| {
            let tried = panicked.is_some_and(|message| message == ILLEGAL);
            tried.then(|| "it asks for something that only the workflow itself may".into())
        });
        AnswerQuery { query_id: query.query_id.clone(), answer: answer.map_err(text), meddling }
    }

    /// The answer, and what a handler that panicked said.
    fn ask(
        &self,
        query: &QueryWorkflow,
    ) -> (Result<Option<Payloads>, WorkflowError>, Option<String>) {
        let name = &query.name;
        let Some(handler) = self.0.get(name) else { return (Err(self.unknown(name)), None) };
        match quiet::catch(|| handler(query.input.as_ref())) {
            Ok(answer) => (answer, None),
            Err(panic) => {
                let error = WorkflowError::new(format_args!(
                    "query handler panic: {}, stack trace: query handler [panic]:",
                    panic.message
                ));
                (Err(error), Some(panic.message))
            }
        }
    }
}

/// A query is answered from now on: gives what [`end`] compares with.
fn begin(state: &mut State) -> u128 {
    state.forbidden = Some(ILLEGAL);
    state.random.drawn()
}

/// The query was answered: says what its handler did to the workflow, if anything.
fn end(state: &mut State, drawn: u128) -> Option<SmolStr> {
    state.forbidden = None;
    (state.random.drawn() != drawn).then(|| "it draws a random number".into())
}

/// The error as a client sees it: as Go prints it.
fn text(error: WorkflowError) -> Box<Failure> {
    let message = error.to_string().into();
    Box::new(Failure { message, ..error.into_recorded() })
}
