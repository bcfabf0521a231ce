//! Workflows and activities of the official Temporal Rust SDK, hosted unmodified.
