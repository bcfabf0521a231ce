//! The official `WorkflowReplayer`, in a process of its own.
//!
//! It is a test utility of the SDK, and it can hang: an eviction that never comes, workflow code that never yields. So it
//! runs in a child, the binary `official-replayer`; a child that says nothing for 20 seconds is killed, and the next
//! history gets a new one. Histories go over as protobuf messages, with the name of the suite whose workflows they
//! belong to: scenarios call their workflows alike. Many of one suite can go over together: one worker replays them all.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::slice;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rehearsal::History;
use rehearsal_temporal::history;

/// How long a child may take for what is asked together. A history usually takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands before a verdict, so that nothing else which a child prints is taken for one.
const MARK: &str = "verdict: ";

/// What the official replayer says of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It replays.
    Accepted,
    /// It does not, and why.
    Refused(String),
    /// It came to no verdict in time, or died of it.
    Silent,
}

/// Asks the official replayer, and starts it anew whenever it hangs.
#[derive(Debug)]
pub struct Judge {
    program: PathBuf,
    patience: Duration,
    running: Option<Running>,
}

/// A child, and what it prints.
#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Judge {
    /// A judge that runs this program: `env!("CARGO_BIN_EXE_official-replayer")` in a test.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), patience: PATIENCE, running: None }
    }

    /// Kills a child after another time than usual.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Replays a history with the workflows of a suite.
    ///
    /// # Errors
    ///
    /// In a line for people: the child cannot be started, or the history cannot be written as the SDK's message.
    pub fn judge(&mut self, suite: &str, history: &History) -> Result<Verdict, String> {
        let verdict = self.judge_all(suite, slice::from_ref(history))?.pop();
        Ok(verdict.unwrap_or(Verdict::Silent))
    }

    /// Replays histories with the workflows of a suite; the verdicts are in their order, and are those that each of them
    /// gets by itself.
    ///
    /// # Errors
    ///
    /// As [`judge`](Self::judge).
    pub fn judge_all(
        &mut self,
        suite: &str,
        histories: &[History],
    ) -> Result<Vec<Verdict>, String> {
        let encoded = histories.iter().map(history::encode);
        let encoded: Vec<_> =
            encoded.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        if let Some(verdicts) = self.ask(suite, &encoded)? {
            return Ok(verdicts);
        }
        if encoded.len() < 2 {
            return Ok(vec![Verdict::Silent; encoded.len()]);
        }
        // Some of them make the child silent: which, is asked one by one.
        let each = encoded.chunks(1).map(|one| {
            let verdict = self.ask(suite, one)?.and_then(|mut verdicts| verdicts.pop());
            Ok(verdict.unwrap_or(Verdict::Silent))
        });
        each.collect()
    }

    /// What a child says of these histories; nothing if it hangs or dies.
    fn ask(&mut self, suite: &str, histories: &[Vec<u8>]) -> Result<Option<Vec<Verdict>>, String> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.program)
                .map_err(|error| format!("{}: {error}", self.program.display()))?,
        };
        let verdicts = running.ask(suite, histories, self.patience);
        if verdicts.is_some() {
            self.running = Some(running);
        }
        Ok(verdicts)
    }
}

impl Running {
    #[expect(
        clippy::disallowed_methods,
        reason = "a pipe can only be read with a time limit by a thread of its own; it touches no run"
    )]
    fn start(program: &PathBuf) -> io::Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Where panics of workflows go. The verdict says what they say.
            .stderr(Stdio::null())
            // Else the SDK puts a backtrace into each failure.
            .env("RUST_BACKTRACE", "0")
            .spawn()?;
        let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, lines })
    }

    fn ask(
        &mut self,
        suite: &str,
        histories: &[Vec<u8>],
        patience: Duration,
    ) -> Option<Vec<Verdict>> {
        write_question(&mut self.input, suite, histories).ok()?;
        let mut verdicts = Vec::with_capacity(histories.len());
        while verdicts.len() < histories.len() {
            let line = self.lines.recv_timeout(patience).ok()?;
            verdicts.extend(line.strip_prefix(MARK).map(Verdict::parse));
        }
        Some(verdicts)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Verdict {
    /// The line that a child prints.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Accepted => format!("{MARK}accepted"),
            Self::Refused(why) => format!("{MARK}refused {}", why.replace('\n', " ")),
            Self::Silent => format!("{MARK}silent"),
        }
    }

    fn parse(line: &str) -> Self {
        match line.split_once(' ') {
            Some(("refused", why)) => Self::Refused(why.to_owned()),
            _ if line == "accepted" => Self::Accepted,
            _ => Self::Silent,
        }
    }
}

/// Writes the name of a suite, and histories of it.
///
/// # Errors
///
/// That of `output`.
fn write_question(output: &mut impl Write, suite: &str, histories: &[Vec<u8>]) -> io::Result<()> {
    write_frame(output, suite.as_bytes())?;
    let count = u32::try_from(histories.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    output.write_all(&count.to_le_bytes())?;
    histories.iter().try_for_each(|history| write_frame(output, history))?;
    output.flush()
}

/// Reads the name of a suite and histories of it, as a [`Judge`] writes them; `None` at the end of `input`.
///
/// # Errors
///
/// That of `input`, also if it ends in the middle; the name is no text.
pub fn read_question(input: &mut impl Read) -> io::Result<Option<(String, Vec<Vec<u8>>)>> {
    let Some(suite) = read_frame(input)? else { return Ok(None) };
    let suite = String::from_utf8(suite).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut count = [0; 4];
    input.read_exact(&mut count)?;
    let histories = (0..u32::from_le_bytes(count))
        .map(|_| read_frame(input)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
    Ok(Some((suite, histories.collect::<io::Result<_>>()?)))
}

/// Writes the length of `bytes`, then `bytes`.
fn write_frame(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(bytes)
}

/// Reads what [`write_frame`] has written; `None` at the end of `input`.
fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}
