//! Finds where JSON values begin and end in a stream, without building anything from them.

use std::io::{self, BufRead, ErrorKind};

use serde::de::Error as _;

/// A place in the text, counted from 1 in lines and from 0 in bytes of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// An error of a value that begins here, told by its place in the whole text.
    pub(super) fn locate(self, error: &serde_json::Error) -> serde_json::Error {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = text.strip_suffix(&place).unwrap_or(&text);
        let column = if error.line() > 1 { 0 } else { self.column };
        let lines = error.line().saturating_sub(1);
        Self { line: self.line + lines, column: column + error.column() }.error(message)
    }

    /// An error at this place.
    pub(super) fn error(self, message: &str) -> serde_json::Error {
        let Self { line, column } = self;
        serde_json::Error::custom(format_args!("{message} at line {line} column {column}"))
    }
}

/// A stream of JSON text. It holds nothing but its place.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    input: R,
    place: Place,
}

/// Whether a byte belongs to what is being taken.
enum Step {
    /// It does.
    Goes,
    /// It does, as the last one.
    Last,
    /// It does not.
    Beyond,
}

impl<R: BufRead> Scanner<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, place: Place { line: 1, column: 0 } }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The next byte that is not white space, which is not taken; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        self.take(None, |byte| if is_space(byte) { Step::Goes } else { Step::Beyond })?;
        Ok(self.fill()?.first().copied())
    }

    /// The bytes that come next, at least one unless the text is over; how many is the business of the input.
    pub(super) fn head(&mut self) -> io::Result<&[u8]> {
        self.fill()
    }

    /// Takes the byte order mark of UTF-8, if the next bytes are one.
    pub(super) fn skip_mark(&mut self) -> io::Result<()> {
        for byte in "\u{feff}".bytes() {
            if self.fill()?.first() != Some(&byte) {
                return Ok(());
            }
            self.input.consume(1);
        }
        Ok(())
    }

    /// Takes one byte.
    pub(super) fn bump(&mut self) -> io::Result<()> {
        self.take(None, |_| Step::Last)
    }

    /// Appends the value that begins at the next byte, up to its end or that of the text.
    pub(super) fn value(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        self.rest(0, into)
    }

    /// Appends the rest of a value that is `depth` containers deep at the next byte.
    pub(super) fn rest(&mut self, mut depth: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let (mut quoted, mut escaped) = (false, false);
        self.take(Some(into), |byte| {
            if quoted {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                quoted = !ends;
                return if ends && depth == 0 { Step::Last } else { Step::Goes };
            }
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return Step::Beyond,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Step::Last;
                    }
                }
                space if depth == 0 && is_space(space) => return Step::Beyond,
                _ => {}
            }
            Step::Goes
        })
    }

    fn fill(&mut self) -> io::Result<&[u8]> {
        while let Err(error) = self.input.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.input.fill_buf()
    }

    /// Takes bytes as long as `step` says so.
    fn take(
        &mut self,
        mut into: Option<&mut Vec<u8>>,
        mut step: impl FnMut(u8) -> Step,
    ) -> io::Result<()> {
        loop {
            let mut place = self.place;
            let chunk = self.fill()?;
            let (mut taken, mut over) = (0, chunk.is_empty());
            for &byte in chunk {
                match step(byte) {
                    Step::Goes => {}
                    Step::Last => over = true,
                    Step::Beyond => {
                        over = true;
                        break;
                    }
                }
                taken += 1;
                if byte == b'\n' {
                    place = Place { line: place.line + 1, column: 0 };
                } else {
                    place.column += 1;
                }
                if over {
                    break;
                }
            }
            if let Some(into) = &mut into {
                into.extend_from_slice(&chunk[..taken]);
            }
            self.input.consume(taken);
            self.place = place;
            if over {
                return Ok(());
            }
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}
