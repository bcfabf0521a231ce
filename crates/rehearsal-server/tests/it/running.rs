//! A server that runs while a test needs it.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use rehearsal_remote::Report;
use rehearsal_server::{Arguments, Server, Stop};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

/// A server on a free port, a runtime for clients, and a connection.
pub(crate) struct Running {
    pub(crate) runtime: Runtime,
    pub(crate) address: SocketAddr,
    stop: Option<Stop>,
    server: Option<JoinHandle<Report>>,
}

impl Running {
    /// A server without anything on its command line.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// A server with other arguments.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server has a thread, as it has a process elsewhere"
    )]
    pub(crate) fn with(change: impl FnOnce(&mut Arguments)) -> Self {
        let mut arguments = Arguments::at(([127, 0, 0, 1], 0).into());
        change(&mut arguments);
        let server = Server::bind(&arguments).unwrap();
        let (address, stop) = (server.address(), server.stop());
        let server = std::thread::spawn(move || server.run().unwrap());
        let mut running = Self::at(address);
        (running.stop, running.server) = (Some(stop), Some(server));
        running
    }

    /// A server that is a process of its own.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, address, stop: None, server: None }
    }

    fn stop(&self) {
        self.stop.iter().for_each(Stop::now);
    }

    /// A connection of its own.
    pub(crate) fn connect(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        self.runtime.block_on(endpoint.connect()).unwrap()
    }

    /// Ends the server; what it has found.
    pub(crate) fn end(mut self) -> Report {
        self.stop();
        self.server.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if let Some(server) = self.server.take() {
            drop(server.join());
        }
    }
}
