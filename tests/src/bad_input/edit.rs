//! Random edits of bytes, the same in every run.

/// A text with a few bytes edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text; it may not be UTF-8 any more.
    pub text: Vec<u8>,
    /// Where the first byte was edited.
    pub at: usize,
    /// What was done, for people.
    pub what: &'static str,
}

/// Bytes that mean something in JSON, which random bytes seldom are.
const TELLING: &[u8] = b"{}[]\",:\\0123456789-+.eEntfsZT \n\xff";

/// A series of edits, always the same one.
#[derive(Debug, Clone)]
pub struct Edits(u64);

impl Edits {
    /// The series with this number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `below`, from Knuth's linear congruential generator.
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        if self.next(4) == 0 {
            u8::try_from(self.next(256)).unwrap_or(0)
        } else {
            TELLING[self.next(TELLING.len())]
        }
    }

    /// The next edit of `text`.
    pub fn edit(&mut self, text: &[u8]) -> Edited {
        let mut text = text.to_vec();
        let at = self.next(text.len());
        let end = at + 1 + self.next((text.len() - at).min(40));
        let what = match self.next(8) {
            0 | 1 => {
                text[at] = self.byte();
                "a byte replaced"
            }
            2 => {
                text[at] ^= 1 << self.next(8);
                "a bit flipped"
            }
            3 => {
                let byte = self.byte();
                text.insert(at, byte);
                "a byte inserted"
            }
            4 => {
                text.remove(at);
                "a byte removed"
            }
            5 => {
                text.drain(at..end.min(text.len()));
                "bytes removed"
            }
            6 => {
                let bytes = text[at..end.min(text.len())].to_vec();
                text.splice(at..at, bytes);
                "bytes doubled"
            }
            _ => {
                // A digit becomes another one, so that the text stays readable and what it says does not.
                let digit = text[at..].iter().position(u8::is_ascii_digit).map_or(at, |by| at + by);
                text[digit] = b'0' + u8::try_from(self.next(10)).unwrap_or(0);
                "a digit changed"
            }
        };
        Edited { text, at, what }
    }
}
