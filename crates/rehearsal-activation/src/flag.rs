//! Flags of the Go SDK: rules that it has changed, and that a replay follows as they were when the run was recorded.

/// A rule that the Go SDK has changed, by the number that its completions record (`internal/internal_flags.go` of Go SDK
/// 1.47). Only those are here on which what workflow code sees depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// 2: the future of the start of a child whose id is in use is told that as well, and not that of its end alone.
    ChildWorkflowErrorExecution,
    /// 4: updates run before the main routine, and as soon as their handler is set.
    PriorityUpdateHandling,
    /// 5: a signal that wakes a selector whose default waits is kept.
    BlockedSelectorSignalReceive,
    /// 8: of several selectors that are blocked on one channel each keeps what woke it.
    WorkflowNewChannelLostMessages,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ChildWorkflowErrorExecution,
        Self::PriorityUpdateHandling,
        Self::BlockedSelectorSignalReceive,
        Self::WorkflowNewChannelLostMessages,
    ];

    /// Its number in the history.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::ChildWorkflowErrorExecution => 2,
            Self::PriorityUpdateHandling => 4,
            Self::BlockedSelectorSignalReceive => 5,
            Self::WorkflowNewChannelLostMessages => 8,
        }
    }
}

/// The flags that a recorded task had no use of yet: there the old rules hold. None by default, which is what holds of
/// everything that is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MissingFlags(u32);

impl MissingFlags {
    /// Those that are not among these numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_activation::{Flag, MissingFlags};
    ///
    /// let missing = MissingFlags::beside(|flag| [3, 5].contains(&flag));
    /// assert!(missing.contains(Flag::WorkflowNewChannelLostMessages));
    /// assert!(!missing.contains(Flag::BlockedSelectorSignalReceive));
    /// ```
    #[must_use]
    pub fn beside(recorded: impl Fn(u32) -> bool) -> Self {
        let missing = Flag::ALL.into_iter().map(Flag::number).filter(|flag| !recorded(*flag));
        Self(missing.fold(0, |missing, flag| missing | 1 << flag))
    }

    /// Whether this one is missing.
    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag.number()) != 0
    }
}
