//! Reading and writing event by event, with bounded memory.

use std::cell::Cell;
use std::io::{self, BufReader, Read, Write};
use std::rc::Rc;
use std::time::Duration;

use rehearsal_history::event::{TimerFired, WorkflowExecutionStarted};
use rehearsal_history::{Event, EventId, EventKind, EventReader, EventWriter, History, Timestamp};

use crate::{chain, fixtures};

/// How many events the long history has.
const EVENTS: u64 = 100_000;
/// The buffer between the generator and the reader.
const BUFFER: usize = 4096;

fn generated(id: u64) -> Event {
    let kind: EventKind = if id == 1 {
        Box::new(WorkflowExecutionStarted { workflow_type: "order".into(), ..Default::default() })
            .into()
    } else {
        let started_event_id = EventId(id - 1);
        TimerFired { timer_id: "5".into(), started_event_id, ..Default::default() }.into()
    };
    Event::new(EventId(id), Timestamp::from_nanos(1) + Duration::from_secs(id), kind)
}

/// A text that is made while it is read: never more of it exists than one event.
struct Generator {
    pipe: Pipe,
    writer: Option<EventWriter<Pipe>>,
    made: u64,
    given: Rc<Cell<u64>>,
}

/// Holds what one write leaves for the next read.
#[derive(Default, Clone)]
struct Pipe {
    held: Rc<Cell<Vec<u8>>>,
    most: Rc<Cell<usize>>,
}

impl Pipe {
    fn take(&self, most: usize) -> Vec<u8> {
        let mut held = self.held.take();
        let rest = held.split_off(most.min(held.len()));
        self.held.set(rest);
        held
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.held.take();
        held.extend_from_slice(bytes);
        self.most.set(self.most.get().max(held.len()));
        self.held.set(held);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Generator {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(into.len() <= BUFFER, "asked for {} bytes at once", into.len());
        loop {
            let bytes = self.pipe.take(into.len());
            if !bytes.is_empty() {
                into[..bytes.len()].copy_from_slice(&bytes);
                return Ok(bytes.len());
            }
            let Some(mut writer) = self.writer.take() else { return Ok(0) };
            if self.made == EVENTS {
                writer.finish()?;
                continue;
            }
            self.made += 1;
            let ahead = self.made - self.given.get();
            assert!(ahead <= 32, "{ahead} events were read ahead");
            writer.write(&generated(self.made))?;
            self.writer = Some(writer);
        }
    }
}

#[test]
fn a_hundred_thousand_events_pass_through_a_pipe() {
    let (pipe, given) = (Pipe::default(), Rc::new(Cell::new(0)));
    let writer = Some(EventWriter::new(pipe.clone()));
    let generator = Generator { pipe: pipe.clone(), writer, made: 0, given: Rc::clone(&given) };
    let input = BufReader::with_capacity(BUFFER, generator);

    let out = Pipe::default();
    let mut writer = EventWriter::new(out.clone());
    for event in EventReader::new(input) {
        let event = event.unwrap();
        given.set(event.id.0);
        assert_eq!(event, generated(event.id.0));
        writer.write(&event).unwrap();
        out.take(usize::MAX);
    }
    writer.finish().unwrap();
    assert_eq!(given.get(), EVENTS);
    assert!(pipe.most.get() < 1024, "{} bytes were held before the reader", pipe.most.get());
    assert!(out.most.get() < 1024, "{} bytes were held behind the writer", out.most.get());
}

#[test]
fn a_stream_is_read_and_written_as_text_is() {
    for (path, text) in fixtures() {
        let whole = History::from_json(&text).unwrap();
        // A buffer that is too small for anything cuts every token.
        let streamed = History::from_reader(BufReader::with_capacity(1, text.as_bytes()));
        assert_eq!(streamed.unwrap(), whole, "{}", path.display());
        let mut written = Vec::new();
        whole.to_writer(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), whole.to_json());
    }
}

/// The errors and events of a text, read event by event.
fn read(text: &[u8]) -> String {
    let event = |event: Result<Event, _>| match event {
        Ok(event) => event.kind.name().to_owned(),
        Err(error) => chain(&error).replace('\n', ": "),
    };
    EventReader::new(text).map(event).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_error_ends_it() {
    let events = |rest: &str| {
        let mut json = Vec::new();
        let mut writer = EventWriter::new(&mut json);
        writer.write(&generated(1)).unwrap();
        writer.finish().unwrap();
        let text = String::from_utf8(json).unwrap();
        read(text.replace("\n  ]\n}", rest).as_bytes())
    };
    insta::assert_snapshot!(events("\n  ]\n} x"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: trailing characters at line 14 column 2
    ");
    insta::assert_snapshot!(events("\n  ]"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: EOF while parsing an object at line 13 column 3
    ");
    insta::assert_snapshot!(events("\n  ], \"events\": []}"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: key `events` stands twice in one object at line 13 column 13
    ");
    insta::assert_snapshot!(events("]; \"a\": 1}"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: expected `,` or `}` at line 12 column 6
    ");
    insta::assert_snapshot!(events("],,\"a\": 1}"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: key must be a string at line 12 column 7
    ");
    insta::assert_snapshot!(events(""), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: EOF while parsing a list at line 12 column 5
    ");
    insta::assert_snapshot!(events("{"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: expected `,` or `]` at line 12 column 5
    ");
    insta::assert_snapshot!(events(",\n {\"eventId\":\n tru"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: EOF while parsing a value at line 14 column 4
    ");
    insta::assert_snapshot!(events(", {\"eventId\": 2, \"eventId\": 3}]}"), @"
    WorkflowExecutionStarted
    not JSON from event 2 on: key `eventId` stands twice in one object at line 12 column 31
    ");
    insta::assert_snapshot!(events(", {\"eventId\": 3, \"eventType\": \"New\"}]}"), @"
    WorkflowExecutionStarted
    not a history: expected event 2, found event 3
    ");
    insta::assert_snapshot!(events(", {\"error\": \"deadline exceeded\"}]}"), @"
    WorkflowExecutionStarted
    expected event 2, found the error `deadline exceeded` of a server
    ");
    insta::assert_snapshot!(read(b"{\"events\": [{\"\xff\": 1}]}"), @"not JSON from event 1 on: invalid UTF-8 in the value at line 1 column 12");
    insta::assert_snapshot!(read(b"[{\"events\": []}, {\"events\": []}]"), @"not a history: expected at least one event, found none");
    insta::assert_snapshot!(read(b"[]"), @"expected one history, found 0");
    insta::assert_snapshot!(read(b""), @"not a history in JSON: EOF while parsing a value at line 1 column 0");
}

/// Gives some text, then an error.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn an_input_that_breaks_is_an_error() {
    let error = History::from_reader(BufReader::new(Broken(b"{\"events\": ["))).unwrap_err();
    insta::assert_snapshot!(chain(&error), @"
    cannot read the history
    the disk is gone
    ");
}
