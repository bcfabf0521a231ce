//! Which runs a client's query finds.
//!
//! Simulated are equalities of ids, types, statuses and attributes, joined by `AND`. All else that the server takes is
//! refused as not simulated. The server's store lags behind a little; here what is recorded is found at once.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_history::{Payload, SearchType, SmolStr};

use crate::error::{InvalidRequest, RequestError};
use crate::view::RunView;

/// A query that is simulated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query(Vec<Equality>);

/// One of its conditions.
#[derive(Debug, Clone, PartialEq)]
enum Equality {
    WorkflowId(SmolStr),
    RunId(SmolStr),
    WorkflowType(SmolStr),
    Status(SmolStr),
    Attribute { name: SmolStr, kind: SearchType, value: Value },
}

/// A value in a query.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(SmolStr),
    Number(f64),
    Bool(bool),
}

const OTHER: RequestError =
    RequestError::NotSimulated { what: "queries of lists other than equalities joined by AND" };

impl Query {
    /// Reads a query; `custom` are the attributes of the namespace.
    ///
    /// # Errors
    ///
    /// An attribute that there is not, as the server says it, or what is not simulated.
    pub(crate) fn parse(
        text: &str,
        custom: &BTreeMap<SmolStr, SearchType>,
    ) -> Result<Self, RequestError> {
        let mut tokens = Tokens(text.trim());
        let mut equalities = Vec::new();
        while !tokens.is_empty() {
            if !equalities.is_empty() && !tokens.keyword("and") {
                return Err(OTHER);
            }
            let name = tokens.name().ok_or(OTHER)?;
            if !tokens.symbol('=') {
                return Err(OTHER);
            }
            equalities.push(equality(name, tokens.value().ok_or(OTHER)?, custom)?);
        }
        Ok(Self(equalities))
    }

    /// Whether it finds this run.
    pub(crate) fn finds(&self, run: &RunView) -> bool {
        self.0.iter().all(|equality| match equality {
            Equality::WorkflowId(id) => run.workflow_id == *id,
            Equality::RunId(id) => run.run_id == *id,
            Equality::WorkflowType(name) => run.workflow_type == *name,
            Equality::Status(status) => run.status.as_str() == *status,
            Equality::Attribute { name, kind, value } => run
                .search_attributes
                .indexed_fields
                .get(name)
                .is_some_and(|found| holds(found, *kind, value)),
        })
    }
}

fn equality(
    name: SmolStr,
    value: Value,
    custom: &BTreeMap<SmolStr, SearchType>,
) -> Result<Equality, RequestError> {
    Ok(match (name.as_str(), value) {
        ("WorkflowId", Value::Text(id)) => Equality::WorkflowId(id),
        ("RunId", Value::Text(id)) => Equality::RunId(id),
        ("WorkflowType", Value::Text(name)) => Equality::WorkflowType(name),
        ("ExecutionStatus", Value::Text(status)) => Equality::Status(status),
        ("WorkflowId" | "RunId" | "WorkflowType" | "ExecutionStatus", _) => return Err(OTHER),
        (attribute, value) => {
            let kind = match custom.get(&name) {
                Some(kind) => *kind,
                None if attribute == "TemporalChangeVersion" => SearchType::KeywordList,
                None if crate::words::attributes::is_servers(attribute) => return Err(OTHER),
                None => return Err(InvalidRequest::NoSuchAttribute { name }.into()),
            };
            match (kind, &value) {
                (SearchType::Keyword | SearchType::KeywordList, Value::Text(_))
                | (SearchType::Int | SearchType::Double, Value::Number(_))
                | (SearchType::Bool, Value::Bool(_)) => Equality::Attribute { name, kind, value },
                // Texts are searched by their words, times by ranges; other pairs are errors in the server's words.
                _ => return Err(OTHER),
            }
        }
    })
}

/// Whether an attribute of this type has this value, or has it among others.
fn holds(found: &Payload, kind: SearchType, value: &Value) -> bool {
    match (kind, value) {
        (SearchType::KeywordList | SearchType::Keyword, Value::Text(text)) => {
            let is_it = |found: String| found == *text;
            found.to_value::<String>().is_some_and(is_it)
                || found.to_value::<Vec<String>>().is_some_and(|all| all.into_iter().any(is_it))
        }
        (SearchType::Int | SearchType::Double, Value::Number(number)) => {
            found.to_value::<f64>().is_some_and(|found| found.total_cmp(number).is_eq())
        }
        (SearchType::Bool, Value::Bool(bool)) => found.to_value::<bool>() == Some(*bool),
        _ => false,
    }
}

/// The words of a query that are still to be read.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn advance(&mut self, by: usize) -> &'a str {
        let (token, rest) = self.0.split_at(by);
        self.0 = rest.trim_start();
        token
    }

    /// A name of an attribute, maybe in backticks.
    fn name(&mut self) -> Option<SmolStr> {
        if let Some(rest) = self.0.strip_prefix('`') {
            let end = rest.find('`')?;
            let quoted = self.advance(end + 2);
            return Some(quoted.trim_matches('`').into());
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        (end > 0).then(|| self.advance(end).into())
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let word = self.0.split_whitespace().next().unwrap_or_default();
        let is_it = word.eq_ignore_ascii_case(keyword);
        if is_it {
            self.advance(word.len());
        }
        is_it
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let is_it = self.0.starts_with(symbol);
        if is_it {
            self.advance(symbol.len_utf8());
        }
        is_it
    }

    fn value(&mut self) -> Option<Value> {
        if let Some(quote) = self.0.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            return self.text(quote).map(|text| Value::Text(text.into()));
        }
        let end = self.0.find(char::is_whitespace).unwrap_or(self.0.len());
        Some(match self.advance(end) {
            word if word.eq_ignore_ascii_case("true") => Value::Bool(true),
            word if word.eq_ignore_ascii_case("false") => Value::Bool(false),
            word => Value::Number(word.parse().ok()?),
        })
    }

    /// A text in quotes; a backslash takes the next character as it is, and so do two quotes.
    fn text(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut rest = self.0[quote.len_utf8()..].char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            match c {
                '\\' => text.push(rest.next()?.1),
                c if c == quote => {
                    if rest.next_if(|(_, next)| *next == quote).is_none() {
                        self.advance(at + 2 * quote.len_utf8());
                        return Some(text);
                    }
                    text.push(quote);
                }
                c => text.push(c),
            }
        }
        None
    }
}
