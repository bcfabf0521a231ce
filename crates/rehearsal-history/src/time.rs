//! Points in time, as nanoseconds since the Unix epoch.

use core::fmt;
use core::ops::Add;
use core::time::Duration;

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, up to the year 2554.
///
/// The simulated clock and the events of recorded histories use the same type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// The last point in time that can be told.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This point moved on by `by`; [`Timestamp::MAX`] if that is out of range.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(u64::try_from(by.as_nanos()).map_or(u64::MAX, |nanos| self.0.saturating_add(nanos)))
    }

    /// This point moved back by `by`; [`Timestamp::EPOCH`] if that is out of range.
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(u64::try_from(by.as_nanos()).map_or(0, |nanos| self.0.saturating_sub(nanos)))
    }

    /// How long after `earlier` this point is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Reads RFC 3339 text with up to nine decimals and any offset.
    ///
    /// Returns `None` if `text` is not RFC 3339, lies before 1970 or after the year 2554.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
        u64::try_from(nanos).ok().map(Self)
    }

    /// RFC 3339 text in UTC with 0, 3, 6 or 9 decimals, as protobuf JSON writes it.
    ///
    /// # Panics
    ///
    /// Never: the range of a `Timestamp` lies within what RFC 3339 can tell.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let nanos = self.0 % 1_000_000_000;
        let precision = decimals(u32::try_from(nanos).expect("less than a second"));
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => format!("{time:.precision$}", precision = usize::from(precision)),
            Err(_) => unreachable!("jiff's range contains every u64 of nanoseconds"),
        }
    }

    /// RFC 3339 text in UTC as Go's `RFC3339Nano` writes it: as [`to_rfc3339`](Self::to_rfc3339), but without zeros at the
    /// end of the fraction.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal_history::Timestamp;
    ///
    /// let time = Timestamp::from_nanos(1_500_000_000);
    /// assert_eq!(time.to_rfc3339_nano(), "1970-01-01T00:00:01.5Z");
    /// assert_eq!(time.to_rfc3339(), "1970-01-01T00:00:01.500Z");
    /// ```
    #[must_use]
    pub fn to_rfc3339_nano(self) -> String {
        let text = self.to_rfc3339();
        match text.trim_end_matches('Z').split_once('.') {
            Some((seconds, decimals)) => format!("{seconds}.{}Z", decimals.trim_end_matches('0')),
            None => text,
        }
    }
}

/// How many decimals protobuf JSON writes for this fraction of a second: 0, 3, 6 or 9.
pub(crate) const fn decimals(nanos: u32) -> u8 {
    if nanos == 0 {
        0
    } else if nanos.is_multiple_of(1_000_000) {
        3
    } else if nanos.is_multiple_of(1_000) {
        6
    } else {
        9
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        self.saturating_add(by)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}
