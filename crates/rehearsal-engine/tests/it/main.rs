//! The engine, from outside.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod by_core;
