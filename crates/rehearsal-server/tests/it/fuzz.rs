//! Every RPC of the table with messages that are valid, spoiled, or no messages at all, one after another and many at once:
//! each has a clear answer, the server goes on, and it grows no further.
//!
//! The messages are made of the descriptors, with the tokens and runs that the server has handed out. A call that waits is
//! given up as often as not. Servers take turns, so that tokens are of others too.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

mod draw;
mod messages;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use prost::Message as _;
use rehearsal_server::{Arguments, InProcess, SERVED, Served};
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse, StartWorkflowExecutionResponse,
};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tonic::{Code, Status};

use self::draw::Draw;
use self::messages::{Known, Messages};

/// How many calls the suite makes, and how many one server gets.
const CALLS: u64 = 4_000;
const OF_ONE_SERVER: u64 = 2_000;

/// How long anything but a long poll may take; a machine that is busy counts as well.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// How many calls a flood has.
const FLOOD: usize = 200;

/// What a message has at most to say of itself, in bytes.
const MOST_TOLD: usize = 4_096;

const WORKFLOWS: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// The calls from which something comes.
const LIFE: &[&str] = &[
    "StartWorkflowExecution",
    "StartWorkflowExecution",
    "SignalWithStartWorkflowExecution",
    "ExecuteMultiOperation",
    "PollWorkflowTaskQueue",
    "PollWorkflowTaskQueue",
    "PollWorkflowTaskQueue",
    "RespondWorkflowTaskCompleted",
    "RespondWorkflowTaskCompleted",
    "RespondWorkflowTaskCompleted",
    "RespondWorkflowTaskFailed",
    "PollActivityTaskQueue",
    "PollActivityTaskQueue",
    "RespondActivityTaskCompleted",
    "RespondActivityTaskFailed",
    "RecordActivityTaskHeartbeat",
    "SignalWorkflowExecution",
    "UpdateWorkflowExecution",
    "QueryWorkflow",
    "RequestCancelWorkflowExecution",
    "TerminateWorkflowExecution",
    "GetWorkflowExecutionHistory",
];

/// Whether a call may wait for something to happen.
fn may_wait(rpc: &str) -> bool {
    rpc.starts_with("Poll")
        || rpc.contains("Sleep")
        || matches!(
            rpc,
            "GetWorkflowExecutionHistory"
                | "QueryWorkflow"
                | "UpdateWorkflowExecution"
                | "ExecuteMultiOperation"
        )
}

/// What has come of all calls.
#[derive(Default)]
struct Came {
    calls: u64,
    given_up: u64,
    answers: BTreeMap<String, u64>,
    /// The last calls, for whoever looks for the one that did harm.
    last: VecDeque<String>,
}

/// One server, and what it has handed out.
struct Fuzz<'a> {
    runtime: &'a Runtime,
    messages: &'a Messages,
    server: InProcess,
    draw: Draw,
    known: Known,
}

impl Fuzz<'_> {
    fn one(&mut self, came: &mut Came) {
        match self.draw.below(256) {
            0 => return self.flood(came),
            1..8 => return self.nonsense(came),
            _ => {}
        }
        let served = if self.draw.one_in(2) {
            *self.draw.pick(SERVED)
        } else {
            let rpc = *self.draw.pick(LIFE);
            Served { service: WORKFLOWS, rpc }
        };
        let message =
            self.messages.request((served.service, served.rpc), &mut self.draw, &self.known);
        came.calls += 1;
        came.noted(&served, &message);
        let waits = may_wait(served.rpc);
        let patience = match self.draw.below(4) {
            0 if waits => Duration::ZERO,
            _ if waits => Duration::from_millis(2),
            _ => ANSWERED_WITHIN,
        };
        let call = call(&self.server, served, &message);
        let Ok(answer) = self.runtime.block_on(async { timeout(patience, call).await }) else {
            assert!(waits, "no answer to {}\n{}", served.rpc, came.tell());
            came.given_up += 1;
            return;
        };
        self.learn(served.rpc, &answer);
        came.answered(&served, &answer);
    }

    /// Tokens, and runs.
    fn learn(&mut self, rpc: &str, answer: &Result<Vec<u8>, Status>) {
        let Ok(answer) = answer else { return };
        let Known { tokens, runs } = &mut self.known;
        match rpc {
            "PollWorkflowTaskQueue" => {
                let task = PollWorkflowTaskQueueResponse::decode(&**answer).unwrap();
                tokens.extend((!task.task_token.is_empty()).then_some(task.task_token));
            }
            "PollActivityTaskQueue" => {
                let task = PollActivityTaskQueueResponse::decode(&**answer).unwrap();
                tokens.extend((!task.task_token.is_empty()).then_some(task.task_token));
            }
            "StartWorkflowExecution" => {
                let started = StartWorkflowExecutionResponse::decode(&**answer).unwrap();
                runs.push(started.run_id);
            }
            _ => {}
        }
    }

    /// Many polls at once, of which nobody waits for the answers.
    fn flood(&mut self, came: &mut Came) {
        let rpc = *self.draw.pick(&[
            "PollWorkflowTaskQueue",
            "PollActivityTaskQueue",
            "GetWorkflowExecutionHistory",
            "QueryWorkflow",
        ]);
        let served = Served { service: WORKFLOWS, rpc };
        let path = (served.service, served.rpc);
        came.calls += FLOOD as u64;
        came.given_up += FLOOD as u64;
        let messages: Vec<Vec<u8>> =
            (0..FLOOD).map(|_| self.messages.request(path, &mut self.draw, &self.known)).collect();
        let at = &self.server;
        self.runtime.block_on(async {
            let calls = messages.into_iter().map(|message| {
                let at = at.clone();
                tokio::spawn(async move { call(&at, served, &message).await })
            });
            let calls: Vec<_> = calls.collect();
            tokio::task::yield_now().await;
            calls.iter().for_each(tokio::task::JoinHandle::abort);
        });
    }

    /// What is no message, for what may be no RPC.
    fn nonsense(&mut self, came: &mut Came) {
        let other = Served { service: WORKFLOWS, rpc: "ListSchedules" };
        let served = if self.draw.one_in(4) { other } else { *self.draw.pick(SERVED) };
        let message = self.draw.bytes(64);
        came.calls += 1;
        came.noted(&served, &message);
        let call = call(&self.server, served, &message);
        match self.runtime.block_on(async { timeout(Duration::from_millis(2), call).await }) {
            Ok(answer) => came.answered(&served, &answer),
            Err(_) => came.given_up += 1,
        }
    }
}

async fn call(at: &InProcess, served: Served, message: &[u8]) -> Result<Vec<u8>, Status> {
    let mut metadata = HeaderMap::new();
    metadata.insert("grpc-timeout", HeaderValue::from_static("5S"));
    at.call(served.service, served.rpc, metadata, message.to_vec().into()).await
}

impl Came {
    fn noted(&mut self, served: &Served, message: &[u8]) {
        if self.last.len() == 8 {
            self.last.pop_front();
        }
        let mut line = format!("{} ", served.rpc);
        for byte in message.iter().take(400) {
            let _ = write!(line, "{byte:02x}");
        }
        self.last.push_back(line);
    }

    /// The last calls, the latest at the end.
    fn tell(&self) -> String {
        let last: Vec<&str> = self.last.iter().map(String::as_str).collect();
        format!("call {}, after:\n{}", self.calls, last.join("\n"))
    }

    /// An answer is clear: it is none of those that clients of SDKs ask for again, unseen.
    fn answered(&mut self, served: &Served, answer: &Result<Vec<u8>, Status>) {
        let code = match answer {
            Ok(_) => Code::Ok,
            Err(status) => {
                let said = status.message();
                let unclear = match status.code() {
                    // What is no message at all: servers of gRPC say so.
                    Code::Internal => !said.starts_with("failed to decode Protobuf message"),
                    // `AbortedByServerErr` of the server, which has clients send an update again.
                    Code::Unavailable => said != "workflow update was aborted",
                    Code::Unknown | Code::DataLoss | Code::Aborted | Code::OutOfRange => true,
                    _ => said.is_empty() || said.len() > MOST_TOLD,
                };
                assert!(!unclear, "{}: {status:?}\n{}", served.rpc, self.tell());
                status.code()
            }
        };
        *self.answers.entry(format!("{code:?}")).or_default() += 1;
    }
}

/// How much memory the process has, in MiB; nothing where the system does not say.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4_096 / (1 << 20))
}

/// Goes on from one server to the next until `enough` has been done.
fn fuzz(mut enough: impl FnMut(u64) -> bool) -> Came {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let messages = Messages::read();
    let mut came = Came::default();
    let mut known = Known::default();
    let (mut seed, mut most) = (0, None);
    while !enough(came.calls) {
        let server = InProcess::start(&Arguments::at(([127, 0, 0, 1], 0).into())).unwrap();
        // Some tokens are of another server, or of another world.
        known.tokens.drain(..known.tokens.len().saturating_sub(16));
        known.runs.drain(..known.runs.len().saturating_sub(2));
        let draw = Draw::new(seed);
        let (runtime, messages) = (&runtime, &messages);
        let mut fuzz = Fuzz { runtime, messages, server, draw, known };
        let until = came.calls + OF_ONE_SERVER;
        while came.calls < until {
            fuzz.one(&mut came);
        }
        known = fuzz.known;
        let report = fuzz.server.end();
        assert_eq!(report.findings, Vec::<String>::new(), "{}", came.tell());
        seed += 1;
        if seed == 8 {
            most = memory().map(|now| now + 256);
        }
        if let (Some(now), Some(most)) = (memory(), most) {
            assert!(now < most, "{now} MiB, and {most} would be enough\n{}", came.tell());
        }
    }
    let Came { calls, given_up, answers, last: _ } = &came;
    println!("fuzz: {calls} calls, {given_up} given up, {seed} servers, memory {:?} MiB", memory());
    println!("fuzz: answers {answers:?}");
    came
}

/// A few thousand calls; or as long as the environment says in `REHEARSAL_FUZZ_SECONDS`.
#[test]
#[expect(clippy::disallowed_types, reason = "how long it goes on is all that depends on real time")]
#[expect(clippy::disallowed_methods, reason = "the one place that reads this knob")]
fn every_rpc_has_a_clear_answer_to_whatever_comes() {
    let seconds = std::env::var("REHEARSAL_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let came = match seconds.map(Duration::from_secs) {
        None => fuzz(|calls| calls >= CALLS),
        Some(most) => {
            let began = std::time::Instant::now();
            fuzz(move |_| began.elapsed() >= most)
        }
    };
    assert!(came.answers["Ok"] * 10 > came.calls - came.given_up, "{:?}", came.answers);
}
