//! How long is waited before something is tried again, in integers.

use std::time::Duration;

use crate::policy::RetryPolicy;

/// Millionths of a backoff coefficient that are one.
const ONE: u128 = 1_000_000;

impl RetryPolicy {
    /// The wait after `attempt`, counted from 1: initial interval × coefficient ^ (attempt − 1), at most the maximum
    /// interval (T-5).
    #[must_use]
    pub fn wait_after(&self, attempt: u32) -> Duration {
        let initial = self.initial_interval.unwrap_or_default().as_nanos();
        let maximum = self.maximum_interval.unwrap_or_default().as_nanos();
        let coefficient = millionths(self.backoff_coefficient);
        // Millionths of a nanosecond, so that cutting off at each step does not add up to a nanosecond.
        let mut wait = initial.saturating_mul(ONE);
        let ceiling = maximum.saturating_mul(ONE);
        if coefficient != ONE {
            for _ in 1..attempt {
                if wait >= ceiling {
                    break;
                }
                wait = wait.saturating_mul(coefficient) / ONE;
            }
        }
        let nanos = (wait / ONE).min(maximum);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A coefficient in millionths, rounded; what is not a finite positive number counts as none.
///
/// Read off the bits, as floating-point arithmetic has no place in a machine.
fn millionths(coefficient: f64) -> u128 {
    let bits = coefficient.to_bits();
    let exponent = (bits >> 52) & 0x7ff;
    if coefficient.is_sign_negative() || exponent == 0 || exponent == 0x7ff {
        return 0;
    }
    let mantissa = u128::from((bits & ((1 << 52) - 1)) | (1 << 52)) * ONE;
    // The value is mantissa × 2^(exponent − 1075).
    let exponent = u32::try_from(exponent).unwrap_or(0);
    if exponent >= 1075 {
        return mantissa.saturating_mul(1_u128.checked_shl(exponent - 1075).unwrap_or(u128::MAX));
    }
    let down = 1075 - exponent;
    let half = 1_u128.checked_shl(down - 1).unwrap_or(0);
    mantissa.saturating_add(half).checked_shr(down).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_read_off_their_bits() {
        let read: Vec<u128> =
            [1.0, 1.1, 1.5, 2.0, 1e6, 0.5, 0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300]
                .into_iter()
                .map(millionths)
                .collect();

        assert_eq!(read, [ONE, 1_100_000, 1_500_000, 2 * ONE, ONE * ONE, 500_000, 0, 0, 0, 0, 0]);
    }
}
