//! How much a campaign may spend: runs or time.

use std::str::FromStr;
use std::time::Duration;

/// The budget of a campaign, as `REHEARSAL_BUDGET` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Budget {
    /// So many runs.
    Runs(u32),
    /// So much real time.
    Time(Duration),
}

/// What a text should be that is none.
const EXPECTED: &str =
    "expected a number of runs such as `5000`, or a time such as `90s`, `10m` or `2h`, above 0";

impl Budget {
    /// The most runs it allows.
    pub(crate) const fn runs(self) -> u32 {
        match self {
            Self::Runs(runs) => runs,
            Self::Time(_) => u32::MAX,
        }
    }

    /// The most time it allows.
    pub(crate) const fn time(self) -> Option<Duration> {
        match self {
            Self::Runs(_) => None,
            Self::Time(time) => Some(time),
        }
    }
}

impl FromStr for Budget {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let last = text.chars().next_back().ok_or(EXPECTED)?;
        let seconds = match last {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => {
                let runs: u32 = text.parse().map_err(|_| EXPECTED)?;
                return if runs == 0 { Err(EXPECTED) } else { Ok(Self::Runs(runs)) };
            }
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| EXPECTED)?;
        let time = Duration::from_secs(u64::from(count) * seconds);
        if time.is_zero() { Err(EXPECTED) } else { Ok(Self::Time(time)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_of_runs_or_a_time() {
        assert_eq!("5000".parse(), Ok(Budget::Runs(5000)));
        assert_eq!("90s".parse(), Ok(Budget::Time(Duration::from_secs(90))));
        assert_eq!("10m".parse(), Ok(Budget::Time(Duration::from_secs(600))));
        assert_eq!("2h".parse(), Ok(Budget::Time(Duration::from_secs(7200))));
        for text in ["", "0", "0s", "-5", "10 m", "1.5h", "m", "ten", "10d", "5000000000", "5ß"] {
            assert_eq!(text.parse::<Budget>(), Err(EXPECTED), "{text}");
        }
    }
}
