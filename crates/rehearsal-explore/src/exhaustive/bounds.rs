//! Which answers are tried, and how many runs are made at most.

use rehearsal_engine::ChoiceKind;

/// What an exhaustive search varies: all orders and one cancel, unless something else is said.
///
/// What is not varied is calm. The search ends when all that is varied was tried, or when so many runs were made.
///
/// # Examples
///
/// ```
/// use rehearsal_explore::Bounds;
///
/// let bounds = Bounds::new(10_000).with_cancels(2).with_faults(1);
/// assert_eq!(bounds.to_string(), "any order, 2 cancels at most, 1 fault at most");
/// assert_eq!(Bounds::new(10).without_orders().to_string(), "1 cancel at most");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    runs: u32,
    orders: bool,
    cancels: u32,
    faults: u32,
    evictions: u32,
    deadlines: bool,
    reduction: bool,
    threads: usize,
}

impl Bounds {
    /// All orders of what is due at the same time, and one cancel at any point or none, in so many runs at most.
    #[must_use]
    pub const fn new(runs: u32) -> Self {
        Self {
            runs,
            orders: true,
            cancels: 1,
            faults: 0,
            evictions: 0,
            deadlines: false,
            reduction: true,
            threads: 1,
        }
    }

    /// With so many cancels at most in one run, of whichever executions.
    #[must_use]
    pub const fn with_cancels(mut self, most: u32) -> Self {
        self.cancels = most;
        self
    }

    /// With so many faults at most in one run: [`ChoiceKind::FAULTS`] and deaths of a worker in a workflow task, taken
    /// together.
    #[must_use]
    pub const fn with_faults(mut self, most: u32) -> Self {
        self.faults = most;
        self
    }

    /// With so many evictions at most in one run.
    #[must_use]
    pub const fn with_evictions(mut self, most: u32) -> Self {
        self.evictions = most;
        self
    }

    /// With all times at which a deadline can go off that was armed nearer than a second (T-9).
    #[must_use]
    pub const fn with_deadlines(mut self) -> Self {
        self.deadlines = true;
        self
    }

    /// What is due at the same time happens in the calm order.
    #[must_use]
    pub const fn without_orders(mut self) -> Self {
        self.orders = false;
        self
    }

    /// Every answer is tried, also where it leads to what was seen in another order.
    #[must_use]
    pub const fn without_reduction(mut self) -> Self {
        self.reduction = false;
        self
    }

    /// With so many threads that share the work: the result is the same for any number. None counts as one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread::available_parallelism;
    ///
    /// use rehearsal_explore::Bounds;
    ///
    /// let bounds = Bounds::new(100_000).with_threads(available_parallelism().map_or(1, usize::from));
    /// assert_eq!(bounds.to_string(), "any order, 1 cancel at most");
    /// ```
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How many threads share the work, one at least.
    #[must_use]
    pub const fn threads(&self) -> usize {
        if self.threads == 0 { 1 } else { self.threads }
    }

    /// The most runs that are made, those that are cut among them.
    #[must_use]
    pub const fn runs(&self) -> u32 {
        self.runs
    }

    /// Whether answers of this kind are varied.
    #[must_use]
    pub const fn varies(&self, kind: ChoiceKind) -> bool {
        match kind {
            ChoiceKind::Next => self.orders,
            ChoiceKind::Cancel => self.cancels > 0,
            ChoiceKind::Evict => self.evictions > 0,
            ChoiceKind::Late => self.deadlines,
            // New code that takes over is what the sweep of an upgrade is for.
            ChoiceKind::Deploy => false,
            _ => self.faults > 0,
        }
    }

    /// Orders lead to one state only where all of them are tried: a bound on some would count one, and not the other.
    pub(super) const fn reduces(&self) -> bool {
        self.reduction && self.orders
    }

    /// How much may strike in a run.
    pub(super) const fn left(&self) -> Left {
        Left { cancels: self.cancels, faults: self.faults, evictions: self.evictions }
    }

    /// How many answers to a question with so many are tried, with so much left: 1 is the calm one alone.
    pub(super) fn answers(&self, kind: ChoiceKind, count: usize, mut left: Left) -> usize {
        if !self.varies(kind) || left.of(kind).is_some_and(|left| *left == 0) {
            return 1;
        }
        // A cancel *with next* is the cancel alone, and then what was next, which is one of the orders.
        let with_next = kind == ChoiceKind::Cancel && self.reduces();
        if with_next { count.min(2) } else { count }
    }
}

/// How much may still strike in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    cancels: u32,
    faults: u32,
    evictions: u32,
}

impl Left {
    /// What is left of a kind; `None` if that is as much as there is.
    const fn of(&mut self, kind: ChoiceKind) -> Option<&mut u32> {
        match kind {
            ChoiceKind::Next | ChoiceKind::Late | ChoiceKind::Deploy => None,
            ChoiceKind::Cancel => Some(&mut self.cancels),
            ChoiceKind::Evict => Some(&mut self.evictions),
            _ => Some(&mut self.faults),
        }
    }

    /// This was the answer.
    pub(super) fn take(&mut self, kind: ChoiceKind, answer: usize) {
        if let Some(left) = self.of(kind).filter(|_| answer > 0) {
            *left = left.saturating_sub(1);
        }
    }
}

/// `any order, 1 cancel at most`; without anything that is varied, `nothing`.
impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let most = |count: u32, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what} at most")),
            many => Some(format!("{many} {what}s at most")),
        };
        let parts = [
            self.orders.then(|| "any order".to_owned()),
            most(self.cancels, "cancel"),
            most(self.faults, "fault"),
            most(self.evictions, "eviction"),
            self.deadlines.then(|| "any time of short deadlines".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "nothing" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}
