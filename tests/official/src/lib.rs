//! Suites that need the official Rust SDK.
