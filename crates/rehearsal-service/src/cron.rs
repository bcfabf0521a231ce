//! Cron schedules, as the server reads them (`common/backoff/cron.go`, which parses with `cron.ParseStandard` of
//! robfig/cron, version 3): five fields, descriptors such as `@hourly`, and `@every 5m`. Times are UTC, or those of a time
//! zone whose clocks are never changed ([`zone`]). A schedule that names another one is read by nobody here: the
//! simulation has no table of when clocks are changed.

mod zone;

use core::time::Duration;

use rehearsal_history::Timestamp;

const NANOS: u64 = 1_000_000_000;
const MINUTES_A_DAY: u64 = 1440;

/// When a workflow runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// At that interval, in whole seconds, from the time that the last run was scheduled for.
    Every(u64),
    /// At the minutes that all fields allow, by a clock that is so many seconds ahead of UTC.
    Fields(Fields, i64),
}

/// Why a text is no schedule that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CronError {
    /// It is none.
    Invalid,
    /// No time in the next five years satisfies it.
    Never,
    /// It names a time zone that may change its clocks.
    TimeZone,
}

/// What is not simulated of a schedule that gives [`CronError::TimeZone`].
pub(crate) const TIME_ZONES: &str = "time zones of cron schedules that change their clocks";

/// The values that each field allows, as bits; `STAR` if it allows all by being left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// The bit of a field that was written `*` or `?`.
const STAR: u64 = 1 << 63;

/// What a field may hold.
struct Bounds {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { least: 0, most: 59, names: &[] };
const HOURS: Bounds = Bounds { least: 0, most: 23, names: &[] };
const DAYS: Bounds = Bounds { least: 1, most: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds =
    Bounds { least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// When the round of a cron schedule is due that comes after one which was due at `scheduled`; `None` if there is none,
/// or the text is no schedule that is simulated.
///
/// # Examples
///
/// ```
/// use rehearsal_history::Timestamp;
/// use rehearsal_service::next_round;
///
/// let noon = Timestamp::from_nanos(43_200_000_000_000);
/// let next = next_round("@every 5m", noon);
/// assert_eq!(next.map(|next| next.since(noon).as_secs()), Some(300));
/// ```
#[must_use]
pub fn next_round(schedule: &str, scheduled: Timestamp) -> Option<Timestamp> {
    Schedule::parse(schedule, scheduled).ok()?.next(scheduled, scheduled)
}

impl Schedule {
    /// Reads a schedule and makes sure that it is met some time after `now` (`ValidateSchedule`).
    pub(crate) fn parse(text: &str, now: Timestamp) -> Result<Self, CronError> {
        let (text, ahead) = Self::zoned(text)?;
        let schedule = match text.strip_prefix('@') {
            Some(descriptor) => Self::describe(descriptor, ahead),
            None => Fields::parse(text).map(|fields| Self::Fields(fields, ahead)),
        };
        let schedule = schedule.ok_or(CronError::Invalid)?;
        schedule.next(now, now).map(|_| schedule).ok_or(CronError::Never)
    }

    /// Whether it names a time zone that is not simulated ([`TIME_ZONES`]).
    pub(crate) fn is_elsewhere(text: &str) -> bool {
        Self::zoned(text) == Err(CronError::TimeZone)
    }

    /// Takes the time zone off a schedule: the rest, and how many seconds its clock is ahead of UTC.
    fn zoned(text: &str) -> Result<(&str, i64), CronError> {
        let zoned = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ="));
        let Some(zoned) = zoned else { return Ok((text, 0)) };
        let (name, rest) = zoned.split_once(' ').ok_or(CronError::Invalid)?;
        Ok((rest.trim(), zone::ahead_of_utc(name).ok_or(CronError::TimeZone)?))
    }

    fn describe(descriptor: &str, ahead: i64) -> Option<Self> {
        let fields = match descriptor {
            "yearly" | "annually" => "0 0 1 1 *",
            "monthly" => "0 0 1 * *",
            "weekly" => "0 0 * * 0",
            "daily" | "midnight" => "0 0 * * *",
            "hourly" => "0 * * * *",
            other => {
                let every = duration(other.strip_prefix("every ")?)?;
                return Some(Self::Every(every.as_secs().max(1)));
            }
        };
        Fields::parse(fields).map(|fields| Self::Fields(fields, ahead))
    }

    /// How long the first workflow task of the next run waits, in whole seconds, rounded up; `None` if there is no next
    /// run (`GetBackoffForNextSchedule`). `scheduled` is what the last run was scheduled for.
    pub(crate) fn backoff(self, scheduled: Timestamp, now: Timestamp) -> Option<Duration> {
        let next = if now < scheduled { scheduled } else { self.next(scheduled, now)? };
        Some(Duration::from_secs(
            u64::try_from(next.since(now).as_nanos().div_ceil(NANOS.into())).ok()?,
        ))
    }

    /// The first time after `now` in the row that goes on from `scheduled`.
    ///
    /// The server also takes a time that is just now. In virtual time, a run that ends just when the next one is due has
    /// ended a moment after that on a server, and the next one is skipped.
    fn next(self, scheduled: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let second = match self {
            Self::Every(seconds) => {
                let base = scheduled.as_nanos() / NANOS;
                let past = now.as_nanos().saturating_sub(base.saturating_mul(NANOS));
                let rounds = (past / seconds.saturating_mul(NANOS)).saturating_add(1);
                base.saturating_add(rounds.saturating_mul(seconds))
            }
            Self::Fields(fields, ahead) => {
                let there = fields.next((now.as_nanos() / NANOS).saturating_add_signed(ahead))?;
                there.saturating_add_signed(-ahead)
            }
        };
        Some(Timestamp::from_nanos(second.saturating_mul(NANOS)))
    }
}

impl Fields {
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_whitespace();
        let mut field = |bounds: &Bounds| parse_field(fields.next()?, bounds);
        let parsed = Self {
            minutes: field(&MINUTES)?,
            hours: field(&HOURS)?,
            days: field(&DAYS)?,
            months: field(&MONTHS)?,
            weekdays: field(&WEEKDAYS)?,
        };
        fields.next().is_none().then_some(parsed)
    }

    /// The first second after `second` that is at the beginning of a minute they all allow; none within five years counts
    /// as none.
    fn next(&self, second: u64) -> Option<u64> {
        let first = second.saturating_add(1).div_ceil(60);
        let last_year = Day::of(first / MINUTES_A_DAY).year.saturating_add(5);
        (first / MINUTES_A_DAY..)
            .map(|day| (day, Day::of(day)))
            .take_while(|(_, date)| date.year <= last_year)
            .filter(|(_, date)| self.allows(date))
            .find_map(|(day, _)| {
                let midnight = day * MINUTES_A_DAY;
                let open =
                    |minute: &u64| has(self.hours, minute / 60) && has(self.minutes, minute % 60);
                let minute = (first.saturating_sub(midnight)..MINUTES_A_DAY).find(open)?;
                Some((midnight + minute) * 60)
            })
    }

    /// Days and weekdays are alternatives unless one of them is left open (`dayMatches`).
    fn allows(&self, date: &Day) -> bool {
        let (day, weekday) = (has(self.days, date.of_month), has(self.weekdays, date.of_week));
        let open = (self.days | self.weekdays) & STAR != 0;
        has(self.months, date.month) && if open { day && weekday } else { day || weekday }
    }
}

fn has(bits: u64, value: u64) -> bool {
    bits & (1 << value) != 0
}

/// A list of ranges.
fn parse_field(text: &str, bounds: &Bounds) -> Option<u64> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| parse_range(part, bounds)).try_fold(0, |bits, part| Some(bits | part?))
}

/// `*`, `N` or `N-M`, each with `/STEP` or without (`getRange`).
fn parse_range(text: &str, bounds: &Bounds) -> Option<u64> {
    let (range, step) = match text.split_once('/') {
        None => (text, None),
        Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
    };
    let (low, high) = match range.split_once('-') {
        None => (range, None),
        Some((low, high)) => (low, Some(high)),
    };
    let star = matches!(low, "*" | "?");
    let (from, to) = match high {
        _ if star => (bounds.least, bounds.most),
        Some(high) => (value(low, bounds)?, value(high, bounds)?),
        // `N/STEP` means from there on.
        None if step.is_some() => (value(low, bounds)?, bounds.most),
        None => (value(low, bounds)?, value(low, bounds)?),
    };
    if from < bounds.least || to > bounds.most || from > to {
        return None;
    }
    let step = step.unwrap_or(1);
    let all = if star && step == 1 { STAR } else { 0 };
    let steps = (from..=to).step_by(usize::try_from(step).ok()?);
    Some(steps.fold(all, |bits, value| bits | 1 << value))
}

/// A number, or the name of a month or weekday.
fn value(text: &str, bounds: &Bounds) -> Option<u32> {
    let named = bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match named {
        Some(place) => u32::try_from(place).ok()?.checked_add(bounds.least),
        None => text.parse().ok(),
    }
}

/// A duration as Go writes it, such as `1h30m` or `1.5s`; one below zero counts as zero.
fn duration(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && decimals.is_empty() {
            return None;
        }
        let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
        let scale = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
        let fraction = digits(decimals)?.checked_mul(unit)? / scale;
        nanos = nanos.checked_add(digits(whole)?.checked_mul(unit)?)?.checked_add(fraction)?;
        rest = tail;
    }
    let nanos = if negative { 0 } else { u64::try_from(nanos).ok()? };
    Some(Duration::from_nanos(nanos))
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    year: u64,
    /// From 1.
    month: u64,
    /// From 1.
    of_month: u64,
    /// From 0, which is Sunday.
    of_week: u64,
}

impl Day {
    /// The day that is `days` after 1970-01-01. Years are counted from March, so that the leap day is their last.
    fn of(days: u64) -> Self {
        let shifted = days.saturating_add(719_468);
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self { year, month, of_month: day, of_week: (days + 4) % 7 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn backoff(schedule: &str, scheduled: &str, now: &str) -> Result<u64, CronError> {
        let scheduled = at(scheduled);
        let now = if now.is_empty() { scheduled } else { at(now) };
        let schedule = Schedule::parse(schedule, now)?;
        Ok(schedule.backoff(scheduled, now).unwrap().as_secs())
    }

    const HOUR: u64 = 3600;

    /// The cases of the server's own test (`common/backoff/cron_test.go`).
    #[test]
    fn the_next_time_is_the_one_that_the_server_finds() {
        for (schedule, scheduled, now, expected) in [
            ("0 10 * * *", "2018-12-17T08:00:00-08:00", "", 18 * HOUR),
            ("0 10 * * *", "2018-12-18T02:00:00-08:00", "", 24 * HOUR),
            ("0 * * * *", "2018-12-17T08:08:00Z", "", 52 * 60),
            ("0 * * * *", "2018-12-17T09:00:00Z", "", HOUR),
            ("* * * * *", "2018-12-17T08:08:18Z", "", 42),
            ("0 10 * * *", "2018-12-17T08:00:00Z", "2018-12-20T00:00:00Z", 10 * HOUR),
            ("0 10 * * *", "2018-12-17T08:00:00Z", "2018-12-17T09:00:00Z", HOUR),
            ("*/10 * * * *", "2018-12-17T00:04:00Z", "2018-12-17T01:02:00Z", 8 * 60),
            ("@every 5h", "2018-12-17T08:00:00Z", "2018-12-17T09:00:00Z", 4 * HOUR),
            ("@every 5h", "2018-12-17T08:00:00Z", "2018-12-18T00:00:00Z", 4 * HOUR),
            ("0 3 * * 0-6", "2018-12-17T08:00:00-08:00", "", 11 * HOUR),
            ("@every 30s", "2020-07-17T09:00:02-01:00", "", 30),
            ("@every 30s", "2020-07-17T09:00:02-01:00", "2020-09-17T03:00:53-01:00", 9),
            ("@every 30m", "2020-07-17T09:00:00-01:00", "2020-07-17T08:45:00-01:00", 15 * 60),
        ] {
            assert_eq!(backoff(schedule, scheduled, now), Ok(expected), "{schedule} {now}");
        }
    }

    #[test]
    fn a_part_of_a_second_is_rounded_up() {
        let now = "2026-01-01T00:00:00.250Z";
        assert_eq!(backoff("* * * * *", now, ""), Ok(60));
        assert_eq!(backoff("@every 3s", now, ""), Ok(3));
    }

    #[test]
    fn a_run_that_ends_when_the_next_is_due_skips_it() {
        let began = "2026-01-01T00:00:03Z";
        assert_eq!(backoff("@every 3s", began, "2026-01-01T00:00:06Z"), Ok(3));
    }

    #[test]
    fn days_and_weekdays_are_alternatives_unless_one_is_open() {
        // The 2nd of January 2026 is a Friday.
        let now = "2026-01-01T00:00:00Z";
        assert_eq!(backoff("0 0 13 * fri", now, ""), Ok(24 * HOUR));
        assert_eq!(backoff("0 0 13 * *", now, ""), Ok(12 * 24 * HOUR));
        assert_eq!(backoff("0 0 */12 * FRI", now, ""), Ok(24 * HOUR));
        assert_eq!(backoff("0 0 29 feb ?", now, ""), Ok(789 * 24 * HOUR));
    }

    #[test]
    fn descriptors_stand_for_fields() {
        let now = "2026-01-01T00:00:00Z";
        assert_eq!(backoff("@yearly", now, ""), Ok(365 * 24 * HOUR));
        assert_eq!(backoff("@monthly", now, ""), Ok(31 * 24 * HOUR));
        assert_eq!(backoff("@weekly", now, ""), Ok(3 * 24 * HOUR));
        assert_eq!(backoff("@midnight", now, ""), Ok(24 * HOUR));
        assert_eq!(backoff("@hourly", now, ""), Ok(HOUR));
        assert_eq!(backoff("@every 1h30m", now, ""), Ok(HOUR + 1800));
        assert_eq!(backoff("@every 1.5s", now, ""), Ok(1));
        assert_eq!(backoff("@every 10ms", now, ""), Ok(1));
        assert_eq!(backoff("CRON_TZ=UTC 5 * * * *", now, ""), Ok(300));
    }

    #[test]
    fn fields_are_read_by_the_clock_of_a_time_zone() {
        let now = "2026-01-01T00:10:00Z";
        assert_eq!(backoff("CRON_TZ=Asia/Kolkata * * * * *", now, ""), Ok(60));
        // It is 05:40 there.
        assert_eq!(backoff("TZ=Asia/Kolkata 0 * * * *", now, ""), Ok(20 * 60));
        assert_eq!(backoff("TZ=Asia/Kolkata @daily", now, ""), Ok(18 * HOUR + 20 * 60));
        // And 17:10 of the day before here.
        assert_eq!(backoff("TZ=America/Phoenix 0 18 31 12 *", now, ""), Ok(50 * 60));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "invalid-cron-spec",
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "1-2-3 * * * *",
            "* * 0 * *",
            "@never",
            "@every",
            "@every soon",
            "TZ=UTC",
        ] {
            assert_eq!(
                backoff(text, "2026-01-01T00:00:00Z", ""),
                Err(CronError::Invalid),
                "{text}"
            );
        }
        let zone = "CRON_TZ=America/New_York 5 16 * * *"; // Its clocks are changed twice a year.
        assert_eq!(backoff(zone, "2026-01-01T00:00:00Z", ""), Err(CronError::TimeZone));
        let never = backoff("0 0 31 2 *", "2026-01-01T00:00:00Z", "");
        assert_eq!(never, Err(CronError::Never));
    }
}
