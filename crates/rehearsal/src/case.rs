//! The run that the environment asks for: `REHEARSAL_CASE='SCENARIO/TAPE'`, as a report prints it.

use rehearsal_engine::{Code, Finding, Tape};

/// The environment variable that names one run.
const VARIABLE: &str = "REHEARSAL_CASE";

/// The tape that the environment asks for, if it names this scenario.
///
/// # Errors
///
/// A finding that says what is wrong with the variable.
pub(crate) fn requested(scenario: &str) -> Result<Option<Tape>, Finding> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads this knob")]
    let Ok(text) = std::env::var(VARIABLE) else { return Ok(None) };
    parse(&text, scenario)
}

fn parse(text: &str, scenario: &str) -> Result<Option<Tape>, Finding> {
    let refuse = |why: String| {
        Finding::new(Code::Setup, format!("{VARIABLE}={text} could not be read: {why}"))
    };
    let (name, tape) = text
        .rsplit_once('/')
        .ok_or_else(|| refuse("expected `SCENARIO/TAPE`, found no `/`".to_owned()))?;
    if name != scenario {
        return Ok(None);
    }
    tape.parse().map(Some).map_err(|error| refuse(format!("{error}")))
}

#[cfg(test)]
mod tests {
    use rehearsal_engine::Injection;

    use super::*;

    #[test]
    fn a_case_of_another_scenario_is_not_for_this_one() {
        assert_eq!(parse("order/cancel.0.3=1", "cancellation"), Ok(None));
        let tape = Tape::calm().with_cancel(3, Injection::Alone);
        assert_eq!(parse("order/cancel.0.3=1", "order"), Ok(Some(tape)));
    }

    #[test]
    fn a_case_that_cannot_be_read_is_a_finding() {
        let finding = parse("order/cancel", "order").unwrap_err();
        assert_eq!(
            finding.headline,
            "REHEARSAL_CASE=order/cancel could not be read: expected an answer such as `cancel.0.17=1`, found `cancel`"
        );
        assert!(parse("order", "order").is_err());
    }
}
