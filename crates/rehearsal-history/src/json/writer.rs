//! Writes JSON text without building a tree first.

use core::fmt::Write as _;

/// Appends JSON to a string; commas and indentation are its business.
#[derive(Debug)]
pub(crate) struct JsonWriter {
    text: String,
    /// Spaces per level; `None` writes everything on one line.
    indent: Option<usize>,
    level: usize,
    /// Whether the current container has an element already.
    filled: bool,
}

impl JsonWriter {
    pub(crate) fn pretty() -> Self {
        Self::pretty_at(0)
    }

    /// Writes a value that stands within `level` containers.
    pub(crate) fn pretty_at(level: usize) -> Self {
        Self { text: String::new(), indent: Some(2), level, filled: false }
    }

    /// Writes everything on one line, without spaces.
    pub(crate) fn line() -> Self {
        Self { text: String::new(), indent: None, level: 0, filled: false }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Begins anew, at the same level.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.filled = false;
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if self.filled {
            self.text.push(',');
        }
        self.filled = true;
        self.new_line();
    }

    fn new_line(&mut self) {
        if let Some(width) = self.indent {
            self.text.push('\n');
            let spaces = width * self.level;
            self.text.extend(core::iter::repeat_n(' ', spaces));
        }
    }

    fn container(&mut self, open: char, close: char, content: impl FnOnce(&mut Self)) {
        self.text.push(open);
        let outer = core::mem::replace(&mut self.filled, false);
        self.level += 1;
        content(self);
        self.level -= 1;
        if self.filled {
            self.new_line();
        }
        self.filled = outer;
        self.text.push(close);
    }

    pub(crate) fn object(&mut self, content: impl FnOnce(&mut Self)) {
        self.container('{', '}', content);
    }

    pub(crate) fn array(&mut self, content: impl FnOnce(&mut Self)) {
        self.container('[', ']', content);
    }

    /// Starts a member of the current object; exactly one value must follow.
    pub(crate) fn key(&mut self, key: &str) {
        self.separate();
        self.string(key);
        self.text.push(':');
        if self.indent.is_some() {
            self.text.push(' ');
        }
    }

    /// Starts an element of the current array; exactly one value must follow.
    pub(crate) fn element(&mut self) {
        self.separate();
    }

    pub(crate) fn string(&mut self, value: &str) {
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                c if u32::from(c) < 0x20 => self.display(format_args!("\\u{:04x}", u32::from(c))),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    /// A value whose text needs no quotes or escapes, such as a number.
    pub(crate) fn display(&mut self, value: impl core::fmt::Display) {
        write!(self.text, "{value}").expect("a string takes any text");
    }

    /// A tree that is written as it is, keys in its order.
    pub(crate) fn value(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::Null => self.text.push_str("null"),
            serde_json::Value::Bool(b) => self.display(b),
            serde_json::Value::Number(n) => self.display(n),
            serde_json::Value::String(s) => self.string(s),
            serde_json::Value::Array(items) => self.array(|out| {
                for item in items {
                    out.element();
                    out.value(item);
                }
            }),
            serde_json::Value::Object(members) => self.object(|out| {
                for (key, member) in members {
                    out.key(key);
                    out.value(member);
                }
            }),
        }
    }
}
