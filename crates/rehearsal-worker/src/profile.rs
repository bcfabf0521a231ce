//! Which SDK a worker behaves like.

/// The SDK whose rules a worker follows. Histories of one profile are never judged by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Temporal's Go SDK, version 1.47.
    #[default]
    Go,
}
