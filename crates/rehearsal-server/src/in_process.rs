//! The server without a socket: for a worker and a client in the same process.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use rehearsal::{Profile, Scenario};
use rehearsal_history::{SmolStr, Timestamp};
use rehearsal_remote::{House, Options, Report, open};
use tonic::{Code, Status};

use crate::arguments::Arguments;
use crate::clock::WallClock;
use crate::front::{Front, Hands};
use crate::listen::furnish;
use crate::namespaces::Namespaces;
use crate::table;

/// How long the head of a message is: whether it is compressed, and how many bytes follow.
const HEAD: usize = 5;

/// A server in this process. A clone is the same server; it ends with the last one.
///
/// It is what the service override of the connection of the official Rust SDK calls
/// (`temporalio_client::callback_based::CallbackBasedGrpcService`), so that its worker and its client, as they are, run on the
/// simulated service in virtual time. [`call`](Self::call) has the types of that callback, and knows nothing of the SDK: any
/// version of it will do.
///
/// [`start`](Self::start) is for a worker and a client, [`of`](Self::of) for the workers of a scenario.
#[derive(Debug, Clone)]
pub struct InProcess(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    front: Arc<Front>,
    behind: Mutex<Option<Behind>>,
}

/// What stands behind the door.
#[derive(Debug)]
enum Behind {
    /// A world, kept by a thread.
    Kept(JoinHandle<Report>),
    /// A house for the runs of a scenario, whoever makes them.
    Of(House),
}

impl InProcess {
    /// Starts a server; the address among its arguments is not used. Calls need a runtime of `tokio` with its timer.
    ///
    /// # Errors
    ///
    /// What the system says of the thread that keeps the house.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_server::{Arguments, InProcess};
    ///
    /// let server = InProcess::start(&Arguments::at(([127, 0, 0, 1], 0).into()))?;
    /// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    /// let service = "temporal.api.workflowservice.v1.WorkflowService";
    /// let call = server.call(service, "GetSystemInfo", http::HeaderMap::new(), Vec::new().into());
    ///
    /// assert!(runtime.block_on(call).is_ok());
    /// assert!(server.end().findings.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start(arguments: &Arguments) -> io::Result<Self> {
        let (front, house) = furnish(arguments);
        let house = std::thread::Builder::new()
            .name("rehearsal-house".to_owned())
            .spawn(move || house.run())?;
        Ok(Self::new(front, Behind::Kept(house)))
    }

    /// A server for the workers of a scenario, and the scenario with its workers there. Workers of the SDK do the workflow
    /// tasks of each run, one run after another, and the activities for which the scenario has no code or stub. The client is
    /// that of the scenario, and so are the checks, the sweep and the faults.
    ///
    /// A worker is known by its identity, which its connection has: `worker-1`, `worker-2` and so on, in the order of the
    /// scenario's workers. It polls the queue of that worker, `main` unless the scenario says otherwise. A worker that does
    /// not poll for half a minute of real time is a finding of the report.
    ///
    /// One run at a time is made. Workers are shut down before the server [ends](Self::end): it answers their polls.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Scenario, Workflow, check};
    /// use rehearsal_server::InProcess;
    ///
    /// const ORDER: Workflow<u64, String> = Workflow::new("Order");
    ///
    /// let order = Scenario::new("order").client(|world| {
    ///     world.start(ORDER, "order-7", 49);
    /// });
    /// let (server, order) = InProcess::of(order);
    /// // Now a thread runs `temporalio_sdk::Worker` on a connection to `server`, and the test sweeps: `order.sweep()`.
    /// # drop(order.check(check::recommended()));
    /// assert!(server.end().findings.is_empty());
    /// ```
    #[must_use]
    pub fn of(scenario: Scenario) -> (Self, Scenario) {
        let (door, house) = open(Options::new(Timestamp::EPOCH), Arc::new(WallClock::start()));
        let scenario = scenario.with_engine(|engine| {
            engine.with_profile(Profile::Core).with_workers_outside().with_remote(house.hands())
        });
        let namespaces = Namespaces::named(&[SmolStr::new_static("default")]);
        let front = Front { door, namespaces, hands: Hands::default() };
        (Self::new(front, Behind::Of(house)), scenario)
    }

    fn new(front: Front, behind: Behind) -> Self {
        Self(Arc::new(Inside { front: Arc::new(front), behind: Mutex::new(Some(behind)) }))
    }

    /// Answers an RPC: its service with the package, its name, its metadata, and the bytes of its message, which are not
    /// compressed. Gives the bytes of the answer. Whoever does not wait any more for an answer drops the call.
    ///
    /// # Errors
    ///
    /// What the RPC answers; [`Code::Unimplemented`] if there is none of this name, [`Code::Unavailable`] once the server has
    /// ended.
    pub async fn call(
        &self,
        service: &str,
        rpc: &str,
        metadata: HeaderMap,
        message: Bytes,
    ) -> Result<Vec<u8>, Status> {
        let Ok(length) = u32::try_from(message.len()) else {
            return Err(Status::resource_exhausted("a request of more than 4 GiB"));
        };
        let mut framed = Vec::with_capacity(HEAD + message.len());
        framed.push(0);
        framed.extend(length.to_be_bytes());
        framed.extend(message);
        let mut request = http::Request::new(Full::new(Bytes::from(framed)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("/{service}/{rpc}")
            .parse()
            .map_err(|_| Status::invalid_argument("not the name of an RPC"))?;
        *request.headers_mut() = metadata;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        let (head, body) = table::answer(Arc::clone(&self.0.front), request).await.into_parts();
        refused(&head.headers)?;
        let whole = body.collect().await?;
        if let Some(trailers) = whole.trailers() {
            refused(trailers)?;
        }
        Ok(whole.to_bytes().get(HEAD..).unwrap_or_default().to_vec())
    }

    /// Ends the server; what it has found, unless that was asked for before.
    ///
    /// # Panics
    ///
    /// Panics if the house has panicked.
    #[must_use]
    pub fn end(&self) -> Report {
        self.0.front.door.close();
        let behind = self.0.behind.lock().unwrap_or_else(PoisonError::into_inner).take();
        match behind {
            Some(Behind::Kept(house)) => house.join().expect("the house has panicked"),
            Some(Behind::Of(house)) => house.close(),
            None => Report::default(),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.front.door.close();
        let behind = self.behind.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Behind::Kept(house)) = behind {
            // A panic was told where it happened.
            drop(house.join());
        }
    }
}

/// What the head or the end of an answer says of the call, if it is no success.
fn refused(headers: &HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(headers) {
        Some(status) if status.code() != Code::Ok => Err(status),
        Some(_) | None => Ok(()),
    }
}
