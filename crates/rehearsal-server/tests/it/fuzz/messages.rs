//! Messages of any type of the API: as they may be, and as nobody would send them.

use std::collections::BTreeMap;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::draw::Draw;
use crate::descriptor::{Enum, Field, Type, Value, files};

/// How deep messages are in messages.
const DEPTH: usize = 8;

/// How large a message is, about.
const LARGE: usize = 1 << 20;

/// What is needed for anything to come of a message, so that it is there nearly always.
const NEEDED: &[&str] = &[
    "activity_id",
    "activity_type",
    "command_type",
    "commands",
    "execution",
    "identity",
    "name",
    "namespace",
    "query",
    "request",
    "signal_name",
    "start_to_close_timeout",
    "start_to_fire_timeout",
    "task_queue",
    "task_token",
    "timer_id",
    "update_ref",
    "workflow_execution",
    "workflow_id",
    "workflow_type",
];

/// What a server has handed out so far.
#[derive(Default)]
pub(super) struct Known {
    /// Tokens of tasks, and of pages.
    pub(super) tokens: Vec<Vec<u8>>,
    pub(super) runs: Vec<String>,
}

/// All types of messages and enums, by their names with a dot before.
pub(super) struct Messages {
    types: BTreeMap<String, Type>,
    enums: BTreeMap<String, Vec<Value>>,
    /// What each RPC takes, by service and name.
    inputs: BTreeMap<(String, String), String>,
}

impl Messages {
    pub(super) fn read() -> Self {
        let mut all =
            Self { types: BTreeMap::new(), enums: BTreeMap::new(), inputs: BTreeMap::new() };
        for file in files() {
            let package = format!(".{}", file.package);
            file.messages.into_iter().for_each(|message| all.add(&package, message));
            file.enums.into_iter().for_each(|of| all.add_enum(&package, of));
            for service in file.services {
                let name = format!("{}.{}", file.package, service.name);
                let inputs =
                    service.methods.into_iter().map(|it| ((name.clone(), it.name), it.input));
                all.inputs.extend(inputs);
            }
        }
        all
    }

    fn add(&mut self, within: &str, message: Type) {
        let name = format!("{within}.{}", message.name);
        message.nested.iter().for_each(|nested| self.add(&name, nested.clone()));
        message.enums.iter().for_each(|of| self.add_enum(&name, of.clone()));
        self.types.insert(name, message);
    }

    fn add_enum(&mut self, within: &str, of: Enum) {
        self.enums.insert(format!("{within}.{}", of.name), of.values);
    }

    /// A message for an RPC.
    pub(super) fn request(
        &self,
        (service, rpc): (&str, &str),
        draw: &mut Draw,
        known: &Known,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(of) = self.inputs.get(&(service.to_owned(), rpc.to_owned())) {
            self.message(of, draw, known, 0, &mut out);
        }
        if draw.one_in(4) {
            mutate(&mut out, draw);
        }
        out
    }

    fn message(&self, of: &str, draw: &mut Draw, known: &Known, depth: usize, out: &mut Vec<u8>) {
        let Some(message) = self.types.get(of).filter(|_| depth < DEPTH) else { return };
        // Few fields mostly: something that is not simulated is among many.
        let one_in = *draw.pick(&[2, 6, 24, 24]);
        let chosen = self.command(of, draw);
        for field in &message.fields {
            if let Some((kind, attributes)) = &chosen {
                if field.name == "command_type" {
                    encode_key(field.number, WireType::Varint, out);
                    encode_varint(*kind, out);
                    continue;
                }
                if field.name.ends_with("_command_attributes") && field.name != *attributes {
                    continue;
                }
            }
            let needed = NEEDED.contains(&field.name.as_str())
                || chosen.as_ref().is_some_and(|(_, attributes)| *attributes == field.name);
            let there = if needed { !draw.one_in(24) } else { draw.one_in(one_in) };
            if there && out.len() < LARGE {
                let times = if field.label == 3 { draw.below(4) } else { 1 };
                (0..times).for_each(|_| self.field(field, draw, known, depth, out));
            }
        }
    }

    /// A command and the field of its attributes, which should be of one type.
    fn command(&self, of: &str, draw: &mut Draw) -> Option<(u64, String)> {
        if of != ".temporal.api.command.v1.Command" || draw.one_in(16) {
            return None;
        }
        let kind = draw.pick(self.enums.get(".temporal.api.enums.v1.CommandType")?);
        let name = kind.name.trim_start_matches("COMMAND_TYPE_").to_lowercase();
        Some((varint(kind.number), format!("{name}_command_attributes")))
    }

    fn field(
        &self,
        field: &Field,
        draw: &mut Draw,
        known: &Known,
        depth: usize,
        out: &mut Vec<u8>,
    ) {
        let mut prefixed = |bytes: &[u8]| {
            encode_key(field.number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend(bytes);
        };
        match field.kind {
            9 => prefixed(text(&field.name, draw, known).as_bytes()),
            11 => {
                let mut inner = Vec::new();
                self.message(&field.of, draw, known, depth + 1, &mut inner);
                prefixed(&inner);
            }
            12 => prefixed(&bytes(&field.name, draw, known)),
            1 | 6 | 16 => {
                encode_key(field.number, WireType::SixtyFourBit, out);
                let odd = [0.0, 1.0, 2.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 0.1];
                out.extend(draw.pick(&odd).to_le_bytes());
            }
            2 | 7 | 15 => {
                encode_key(field.number, WireType::ThirtyTwoBit, out);
                out.extend(draw.pick(&[0.0_f32, 1.0, -1.0, f32::NAN]).to_le_bytes());
            }
            kind => {
                encode_key(field.number, WireType::Varint, out);
                encode_varint(self.number(field, kind, draw), out);
            }
        }
    }

    fn number(&self, field: &Field, kind: i32, draw: &mut Draw) -> u64 {
        let odd = [0, 1, 2, 10, 1 << 31, u64::MAX, (1 << 63) - 1, 1 << 63, 315_576_000_000];
        let usual = [0, 1, 1, 2, 5, 60, 3600];
        match (kind, self.enums.get(&field.of)) {
            (14, Some(values)) if !draw.one_in(16) => varint(draw.pick(values).number),
            (8, _) => u64::from(draw.one_in(2)),
            _ if draw.one_in(6) => *draw.pick(&odd),
            _ => *draw.pick(&usual),
        }
    }
}

/// A text for a field of this name.
fn text(field: &str, draw: &mut Draw, known: &Known) -> String {
    if draw.one_in(32) {
        let odd = ["", "\0", "%", "ß→\u{202e}", "' OR 1 = 1", "nowhere", "{}", "-1"];
        return match draw.below(12) {
            8 => "x".repeat(1_001),
            9 => "y".repeat(70_000),
            nth => (*odd.get(nth).unwrap_or(&"")).to_owned(),
        };
    }
    let of: &[&str] = match field {
        "namespace" => &["default"],
        "workflow_id" => &["order-1", "order-1", "order-2", "order-3"],
        "name" | "normal_name" => &["main", "main", "sticky", "Order", "go", "Charge"],
        "signal_name" | "query_type" => &["go", "__stack_trace"],
        "run_id" | "first_execution_run_id" | "workflow_run_id" => {
            return match known.runs.as_slice() {
                [] => String::new(),
                _ if draw.one_in(2) => String::new(),
                runs => draw.pick(runs).clone(),
            };
        }
        "identity" => &["worker", "worker", "client"],
        "cron_schedule" => &["", "", "* * * * *", "@every 1s", "0 0 30 2 *", "@every -1s"],
        "query" => &[
            "",
            "WorkflowId = 'order-1'",
            "WorkflowType = 'Order' AND ExecutionStatus = 'Running'",
            "StartTime > '2026-01-01'",
            "((((",
        ],
        "key" => &["encoding", "encoding", "a", "CustomKeywordField"],
        _ => &["1", "1", "2", "main", "Order"],
    };
    (*draw.pick(of)).to_owned()
}

fn bytes(field: &str, draw: &mut Draw, known: &Known) -> Vec<u8> {
    match (field, known.tokens.as_slice()) {
        ("task_token" | "next_page_token", [_, ..]) if !draw.one_in(8) => {
            // The latest ones are those that something may come of.
            let among = if draw.one_in(4) { known.tokens.len() } else { 4 };
            let back = draw.below(among);
            let at = known.tokens.len().saturating_sub(back + 1);
            let mut token = known.tokens[at].clone();
            if draw.one_in(8) {
                mutate(&mut token, draw);
            }
            token
        }
        ("data", _) if draw.one_in(200) => vec![b'7'; 3 << 20],
        ("data", _) => (*draw.pick(&[&b"json/plain"[..], b"\"a\"", b"7", b"null", b"{"])).to_vec(),
        _ => draw.bytes(24),
    }
}

/// Spoils a message.
pub(super) fn mutate(message: &mut Vec<u8>, draw: &mut Draw) {
    for _ in 0..=draw.below(3) {
        let at = draw.below(message.len());
        match draw.below(6) {
            0 => message.truncate(at),
            1 if at < message.len() => message[at] ^= 1 << draw.below(8),
            2 if at < message.len() => message[at] = *draw.pick(&[0, 0x7f, 0x80, 0xff]),
            3 if at < message.len() => {
                message.remove(at);
            }
            4 => {
                let more = draw.bytes(16);
                message.splice(at..at, more);
            }
            _ => {
                let again = message[at..].to_vec();
                message.extend(again);
                message.truncate(LARGE);
            }
        }
    }
}

/// How the number of an enum stands in a message: with its sign.
const fn varint(number: i32) -> u64 {
    (number as i64).cast_unsigned()
}
