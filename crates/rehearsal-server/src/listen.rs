//! The socket, the connections, and the thread of the house.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rehearsal_history::Timestamp;
use rehearsal_remote::{Door, House, Options, Report, Wall, open};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::arguments::Arguments;
use crate::clock::WallClock;
use crate::front::{Front, Hands};
use crate::namespaces::Namespaces;
use crate::rehearse::rehearse;
use crate::table;

/// How many connections there may be at once; one more waits.
const CONNECTIONS: usize = 1024;

/// How many calls a connection may have open, long polls among them.
const CALLS: u32 = 1000;

/// How far ahead of the wall clock the first world begins, so that no worker's clock is ahead of it.
const AHEAD: Duration = Duration::from_secs(3600);

/// Another number for each process on this machine, and for each server in it.
fn house_number(now: Timestamp) -> u64 {
    let process = u64::from(std::process::id());
    let number = u64::from(now.since(Timestamp::EPOCH).subsec_nanos());
    // An odd number with bits all over: times that are near each other give numbers that are not.
    (number ^ (process << 32) | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Ends a server, from any thread.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// The server ends: what waits is answered, then [`Server::run`] returns.
    pub fn now(&self) {
        self.0.send_replace(true);
    }
}

/// A server with an open socket. It answers from [`run`](Self::run) on; who connects earlier waits.
#[derive(Debug)]
pub struct Server {
    listener: std::net::TcpListener,
    address: SocketAddr,
    front: Front,
    house: House,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Opens the socket. A port that another server has just left can be taken at once.
    ///
    /// Time begins at a whole hour ahead of the clock on the wall. If it is locked, it begins with the clock on the wall.
    ///
    /// # Errors
    ///
    /// What the system says, for instance that the port is in use.
    pub fn bind(arguments: &Arguments) -> io::Result<Self> {
        let (front, house) = furnish(arguments);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(async {
            let socket = match arguments.address {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            }?;
            socket.set_reuseaddr(true)?;
            socket.bind(arguments.address)?;
            socket.listen(1024)?.into_std()
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, front, house, stop: watch::Sender::new(false) })
    }

    /// Where it listens; the port is a free one if none was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ends it.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop(self.stop.clone())
    }

    /// Serves until it is stopped, or the process is told to end, and returns what was found.
    ///
    /// # Errors
    ///
    /// What the system says of the socket or of a thread.
    pub fn run(self) -> io::Result<Report> {
        let Self { listener, address: _, front, house, stop } = self;
        let door = front.door.clone();
        // The house has a thread of its own; the sockets share the one that is here.
        let house = std::thread::Builder::new()
            .name("rehearsal-house".to_owned())
            .spawn(move || house.run())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            serve(listener, front, stop.subscribe(), &door).await
        });
        // Only now: calls that were open are answered, and their streams written.
        door.close();
        runtime.shutdown_timeout(Duration::from_millis(200));
        served?;
        house.join().map_err(|_| io::Error::other("the house has panicked"))
    }
}

/// What stands behind a server, with a socket or without.
pub(crate) fn furnish(arguments: &Arguments) -> (Front, House) {
    let wall = WallClock::start();
    let mut options = Options::new(begins(wall.now(), arguments.locked));
    options.locked = arguments.locked;
    options.house = house_number(wall.now());
    options.search_attributes = arguments.search_attributes.iter().cloned().collect();
    let (door, house) = open(options, Arc::new(wall));
    let house = match &arguments.plan {
        Some(plan) => house.rehearsing(rehearse(plan.clone())),
        None => house,
    };
    let namespaces = Namespaces::named(&arguments.namespaces);
    (Front { door, namespaces, hands: Hands::default() }, house)
}

/// When the first world begins.
fn begins(now: Timestamp, locked: bool) -> Timestamp {
    if locked {
        return now;
    }
    let hour = AHEAD.as_secs();
    let whole = now.saturating_add(AHEAD).since(Timestamp::EPOCH).as_secs();
    let hours = whole.div_ceil(hour).saturating_mul(hour);
    Timestamp::EPOCH.saturating_add(Duration::from_secs(hours))
}

/// Takes connections until the end.
async fn serve(
    listener: TcpListener,
    front: Front,
    mut stop: watch::Receiver<bool>,
    door: &Door,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut end = std::pin::pin!(told_to_end());
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let permit = Arc::clone(&room).acquire_owned().await;
                (listener.accept().await, permit)
            } => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            () = &mut end => break,
        };
        // A connection that broke off before it was taken is nothing to the others.
        if let (Ok((stream, _)), Ok(permit)) = accepted {
            let front = Front { hands: Hands::default(), ..front.clone() };
            let stop = stop.clone();
            tokio::spawn(async move {
                let front = Arc::new(front);
                connection(stream, Arc::clone(&front), stop).await;
                front.hands.let_go(&front.door);
                drop(permit);
            });
        }
    }
    door.close();
    // Answers that are on their way are written.
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(())
}

async fn connection(stream: TcpStream, front: Arc<Front>, mut stop: watch::Receiver<bool>) {
    // Small messages go at once.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, std::convert::Infallible>(table::answer(front, request).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(CALLS)
        .max_header_list_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // How a connection ends is the client's affair.
        _ = &mut connection => return,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}

/// The process is told to end: by SIGTERM, or from the keyboard.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut int)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            return;
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending::<()>().await;
}
