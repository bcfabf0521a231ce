//! What ends the process of a shard when its worker is gone.
//!
//! A worker that is killed can do nothing any more. So a shell waits beside each process for the end of its own input, which
//! the worker alone holds open: the system closes it, however the worker went. Elsewhere than on Unix there is none, and the
//! process goes on until its budget is spent.

use std::io;
use std::process::Child;

/// Ends a process and all that it has started, unless it is dropped.
#[derive(Debug)]
pub(super) struct Guard {
    #[cfg(unix)]
    shell: Child,
}

#[cfg(unix)]
impl Guard {
    /// That of a process that leads a group of its own.
    pub(super) fn of(process: &Child) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        use std::process::{Command, Stdio};

        const WAIT: &str = r#"read -r _; kill -KILL "-$1""#;
        let shell = Command::new("sh")
            .args(["-c", WAIT, "guard", &process.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What ends the worker from its terminal must not end the guard.
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }

    /// The worker is gone: nobody holds the input open any more.
    #[cfg(test)]
    fn let_go(mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().expect("it ends by itself");
    }
}

#[cfg(unix)]
impl Drop for Guard {
    fn drop(&mut self) {
        // Before its input is closed. There is nobody to be told of an error.
        let _gone = self.shell.kill();
        let _ended = self.shell.wait();
    }
}

#[cfg(not(unix))]
impl Guard {
    /// Guards nothing.
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
    pub(super) fn of(_: &Child) -> io::Result<Self> {
        Ok(Self {})
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::{Command, Stdio};

    use super::*;

    /// A shell with a process of its own, as cargo has one; both wait for an input that never ends.
    #[expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]
    fn waiting() -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "cat; true"]).stdin(Stdio::piped()).process_group(0);
        command.spawn().unwrap()
    }

    #[test]
    fn when_the_worker_is_gone_its_process_is_ended() {
        let mut process = waiting();
        Guard::of(&process).unwrap().let_go();
        assert_eq!(process.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_guard_that_is_dropped_ends_nothing() {
        let mut process = waiting();
        drop(Guard::of(&process).unwrap());
        drop(process.stdin.take());
        assert!(process.wait().unwrap().success());
    }
}
