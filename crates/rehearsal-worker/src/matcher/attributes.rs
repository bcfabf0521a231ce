//! One event and its command, and what is found to differ between them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rehearsal_activation::ServerCommand;
use rehearsal_history::{Event, Header, Payloads, Priority, UserMetadata, side_by_side};

use super::Difference;
use super::strictness::{Context, Strictness};
use super::values::{Values, fields};
use crate::describe;
use crate::mismatch::Grade;

/// The attributes of one event and its command.
pub(super) struct Attributes<'a> {
    pub(super) context: Context,
    pub(super) event: &'a Event,
    pub(super) command: &'a ServerCommand,
    pub(super) differences: Vec<Difference>,
}

impl Attributes<'_> {
    /// They are not even of one kind, which every SDK looks at.
    pub(super) fn unlike(&mut self) {
        self.whole(Grade::BreaksProduction);
    }

    /// What names the timer or the activity of a request: Go looks, core goes by the order alone.
    pub(super) fn target(&mut self, same: bool) {
        if !same {
            self.whole(match self.context.strictness {
                Strictness::Go(_) => Grade::BreaksProduction,
                Strictness::Core { .. } => Grade::ChangesBehavior,
            });
        }
    }

    /// The arguments.
    pub(super) fn input(&mut self, recorded: Option<&Payloads>, attempted: Option<&Payloads>) {
        if let Some(grade) = Values::of(recorded, attempted).grade() {
            let (recorded, attempted) = (describe::whole(recorded), describe::whole(attempted));
            self.value("input", &recorded, &attempted, grade);
        }
    }

    /// Context of the caller.
    pub(super) fn header(&mut self, recorded: Option<&Header>, attempted: Option<&Header>) {
        if fields(recorded) != fields(attempted) {
            let (recorded, attempted) = (describe::header(recorded), describe::header(attempted));
            self.attribute("header", &recorded, &attempted, Grade::Cosmetic);
        }
    }

    /// Its place among the tasks of a queue: nothing set is the same as nothing said.
    pub(super) fn priority(&mut self, recorded: Option<&Priority>, attempted: Option<&Priority>) {
        let (recorded, attempted) = (describe::priority(recorded), describe::priority(attempted));
        self.behavior("priority", &recorded, &attempted);
    }

    /// What a person reads beside the event.
    pub(super) fn summary(&mut self, user_metadata: Option<&UserMetadata>) {
        let recorded = describe::summary(self.event.user_metadata.as_deref());
        let attempted = describe::summary(user_metadata);
        if recorded != attempted {
            self.value("summary", &recorded, &attempted, Grade::Cosmetic);
        }
        let recorded = describe::details(self.event.user_metadata.as_deref());
        let attempted = describe::details(user_metadata);
        if recorded != attempted {
            self.value("details", &recorded, &attempted, Grade::Cosmetic);
        }
    }

    /// Notes that `attribute` differs, if it does.
    pub(super) fn behavior(&mut self, attribute: &str, recorded: &str, attempted: &str) {
        if recorded != attempted {
            self.attribute(attribute, recorded, attempted, Grade::ChangesBehavior);
        }
    }

    /// Notes that a value of user code differs, and where.
    pub(super) fn value(&mut self, attribute: &str, recorded: &str, attempted: &str, grade: Grade) {
        let [recorded, attempted] = side_by_side(recorded, attempted, describe::LONGEST);
        self.attribute(attribute, &recorded, &attempted, grade);
    }

    /// Notes that `attribute` differs.
    pub(super) fn attribute(
        &mut self,
        attribute: &str,
        recorded: &str,
        attempted: &str,
        grade: Grade,
    ) {
        let event = format!("{}: {attribute} {recorded}", describe::event(self.event));
        let command = format!("{}: {attribute} {attempted}", describe::command(self.command));
        self.push(event, command, grade);
    }

    /// Notes a difference that shows in what the event and the command are called.
    pub(super) fn whole(&mut self, grade: Grade) {
        self.push(describe::event(self.event), describe::command(self.command), grade);
    }

    /// Notes a difference in these words.
    pub(super) fn push(&mut self, recorded: String, attempted: String, grade: Grade) {
        self.differences.push(Difference { at: Some(self.event.id), recorded, attempted, grade });
    }
}
