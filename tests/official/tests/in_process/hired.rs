//! The true worker of the SDK, on a server in this process: all of it, core too, but without a socket.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use http::HeaderMap;
use rehearsal_server::InProcess;
use temporalio_client::callback_based::{
    CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse,
};
use temporalio_client::tonic::Status;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, Url};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::sync::oneshot;

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Answer = Pin<Box<dyn Future<Output = Result<GrpcSuccessResponse, Status>> + Send>>;

/// A worker of the SDK, on a thread of its own.
pub(crate) struct Hired {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), String>>,
}

/// Puts a worker to work on a server, under an identity.
///
/// # Errors
///
/// What the SDK says if there is no worker.
pub(crate) fn hire(
    server: &InProcess,
    identity: &str,
    options: WorkerOptions,
) -> Result<Hired, String> {
    let (ready, told) = channel();
    let (server, of) = (server.clone(), identity.to_owned());
    let work = move || -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let worked = runtime.block_on(works(&server, &of, options, ready));
        worked.map_err(|error| format!("{of}: {error}"))
    };
    let thread = Builder::new().name(identity.to_owned()).spawn(work);
    let thread = thread.map_err(|error| error.to_string())?;
    match told.recv() {
        Ok(stop) => Ok(Hired { stop, thread }),
        Err(_) => Err(ended(thread).err().unwrap_or_else(|| format!("{identity} did not begin"))),
    }
}

impl Hired {
    /// Ends the worker. Its polls are answered by the server, which must be there until then.
    ///
    /// # Errors
    ///
    /// What the SDK says of a worker that did not end well.
    pub(crate) fn dismiss(self) -> Result<(), String> {
        // A worker that has ended before says so below.
        let _ended_before = self.stop.send(());
        ended(self.thread)
    }
}

fn ended(thread: JoinHandle<Result<(), String>>) -> Result<(), String> {
    thread.join().unwrap_or_else(|_| Err("a worker panicked".to_owned()))
}

async fn works(
    server: &InProcess,
    identity: &str,
    options: WorkerOptions,
    ready: Sender<oneshot::Sender<()>>,
) -> Result<(), Failed> {
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())?;
    let mut worker = Worker::new(&runtime, client(server, identity).await?, options)?;
    let shut_down = worker.shutdown_handle();
    let (stop, stopped) = oneshot::channel();
    ready.send(stop)?;
    let stops = async {
        if stopped.await.is_ok() {
            shut_down();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = worker.run() => Ok(ended?),
        () = stops => Ok(()),
    }
}

/// A client whose calls go to that server.
async fn client(server: &InProcess, identity: &str) -> Result<Client, Failed> {
    let server = server.clone();
    let callback = move |request: GrpcRequest| -> Answer {
        let server = server.clone();
        Box::pin(async move {
            let GrpcRequest { service, rpc, headers, proto } = request;
            let proto = server.call(&service, &rpc, headers, proto).await?;
            Ok(GrpcSuccessResponse { headers: HeaderMap::new(), proto })
        })
    };
    // Nobody is at this address: every call goes to the callback.
    let nobody: Url = "http://localhost:1".parse()?;
    let options = ConnectionOptions::new(nobody)
        .service_override(CallbackBasedGrpcService { callback: Arc::new(callback) })
        .dns_load_balancing(None)
        .identity(identity.to_owned())
        .build();
    let connection = Connection::connect(options).await?;
    Ok(Client::new(connection, ClientOptions::new("default").build())?)
}
