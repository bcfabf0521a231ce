//! The server over a loopback socket, with the generated clients.

#![expect(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    clippy::too_many_lines,
    reason = "calls one after another, which fail the test; fields of messages, most of which may be missing"
)]

mod asks;
mod carried;
mod described;
mod descriptor;
mod fuzz;
mod hand;
mod handshake;
mod hired;
mod hostile;
mod in_process;
mod operator;
mod play;
mod polls;
mod refused;
mod running;
mod skipping;
mod sweep;
mod table;
mod tasks;
mod with_start;
