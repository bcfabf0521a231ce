//! The one painter: a text whose parts know what they are, plain or with colors.

use std::fmt;
use std::io::IsTerminal;

use crate::case;

/// Whether a report is painted with colors.
///
/// `Display` and everything that returns a `String` without asking are plain, so that they can be snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// With escape sequences, as terminals read them. Without these it is the plain text.
    Always,
}

impl Color {
    /// What suits `stream`: colors if it is a terminal.
    ///
    /// The environment decides first: no colors if `NO_COLOR` is set and not empty; colors if `CLICOLOR_FORCE` is, and
    /// is not `0`.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Color, Failure};
    ///
    /// fn show(failure: &Failure) {
    ///     print!("{}", failure.paint(Color::of(&std::io::stdout())));
    /// }
    /// ```
    #[must_use]
    pub fn of(stream: &impl IsTerminal) -> Self {
        let (never, force) = (case::knob("NO_COLOR"), case::knob("CLICOLOR_FORCE"));
        Self::wished(never.as_deref(), force.as_deref(), || stream.is_terminal())
    }

    fn wished(never: Option<&str>, force: Option<&str>, terminal: impl Fn() -> bool) -> Self {
        let force = force.is_some_and(|force| force != "0");
        if never.is_none() && (force || terminal()) { Self::Always } else { Self::Never }
    }
}

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    /// The code of a finding, and whatever else is wrong.
    Bad,
    /// What is wrong, in one line.
    Headline,
    /// What a finding points at, and what warns.
    Mark,
    /// What stands around it.
    Dim,
    /// What can be typed.
    Command,
}

impl Role {
    /// The parameter of the escape sequence that begins it.
    const fn style(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bad => Some("1;31"),
            Self::Headline => Some("1"),
            Self::Mark => Some("33"),
            Self::Dim => Some("2"),
            Self::Command => Some("36"),
        }
    }
}

/// A text in parts. What is written with `write!` is plain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(Vec<(Role, String)>);

impl Text {
    /// Adds a part.
    pub(crate) fn say(&mut self, role: Role, part: &str) {
        match self.0.last_mut() {
            Some((last, text)) if *last == role => text.push_str(part),
            _ => self.0.push((role, part.to_owned())),
        }
    }

    /// Adds a part that is a line of its own.
    pub(crate) fn line(&mut self, role: Role, line: &str) {
        self.say(role, line);
        self.say(Role::Plain, "\n");
    }

    pub(crate) fn append(&mut self, other: &Self) {
        for (role, part) in &other.0 {
            self.say(*role, part);
        }
    }

    /// How many lines it has.
    pub(crate) fn lines(&self) -> usize {
        self.0.iter().map(|(_, part)| part.matches('\n').count()).sum()
    }

    pub(crate) fn paint(&self, color: Color) -> String {
        let mut painted = String::new();
        for (role, part) in &self.0 {
            match role.style().filter(|_| color == Color::Always) {
                Some(style) => {
                    painted.extend(["\u{1b}[", style, "m", part, "\u{1b}[0m"]);
                }
                None => painted.push_str(part),
            }
        }
        painted
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.say(Role::Plain, part);
        Ok(())
    }
}

/// The plain text.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.paint(Color::Never))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn each_role_begins_and_ends_with_its_part() {
        let mut text = Text::default();
        text.say(Role::Bad, "RH201");
        let _ = write!(text, "  ");
        text.line(Role::Headline, "Refund did not run");
        text.line(Role::Mark, ">");
        text.line(Role::Dim, "around");
        text.line(Role::Command, "cargo test");
        assert_eq!(
            text.paint(Color::Always),
            "\u{1b}[1;31mRH201\u{1b}[0m  \u{1b}[1mRefund did not run\u{1b}[0m\n\
             \u{1b}[33m>\u{1b}[0m\n\u{1b}[2maround\u{1b}[0m\n\u{1b}[36mcargo test\u{1b}[0m\n"
        );
        assert_eq!(text.to_string(), "RH201  Refund did not run\n>\naround\ncargo test\n");
        assert_eq!(text.lines(), 4);
    }

    #[test]
    fn the_environment_decides_before_the_terminal_does() {
        let of = |never, force, terminal: bool| Color::wished(never, force, || terminal);
        assert_eq!(of(None, None, true), Color::Always);
        assert_eq!(of(None, None, false), Color::Never);
        assert_eq!(of(None, Some("1"), false), Color::Always);
        assert_eq!(of(None, Some("0"), false), Color::Never);
        assert_eq!(of(Some("1"), Some("1"), true), Color::Never);
    }
}
