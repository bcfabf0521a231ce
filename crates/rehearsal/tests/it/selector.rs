//! Selectors and signals of names that are made at run time, in sweeps and random runs: no order of what comes makes a
//! replay go another way.

use rehearsal::{
    Activity, ActivityContext, ActivityError, ActivityOptions, Context, EventKind, History,
    Outcome, Payloads, Scenario, Signal, Stub, Workflow, WorkflowError, check, millis, mins, secs,
};

const ORDER: Workflow<Vec<String>, Vec<String>> = Workflow::new("Order");
const PACK: Activity<(), u32> = Activity::new("Pack");
const UNPACK: Activity<(), ()> = Activity::new("Unpack");
const NOTE: Signal<String> = Signal::new("note");

enum Step {
    Packed(Result<u32, WorkflowError>),
    Noted(String),
    Approved(&'static str),
    Late,
    Canceled,
}

fn approve(who: &str) -> Signal<()> {
    Signal::named(format!("approve-{who}"))
}

/// Undoes what was packed if it is canceled meanwhile.
async fn order(ctx: Context, approvers: Vec<String>) -> Result<Vec<String>, WorkflowError> {
    let options = ActivityOptions::start_to_close(mins(2)).with_heartbeat(secs(5));
    let ctx = ctx.with_activity_options(options.with_wait_for_cancellation());
    let packed = packed_and_approved(&ctx, &approvers).await;
    if ctx.is_canceled() {
        ctx.disconnected().execute(UNPACK, ()).await?;
        return Err(WorkflowError::canceled());
    }
    packed
}

/// Waits for the parcels and for two approvals, takes notes, and gives up after a minute.
async fn packed_and_approved(
    ctx: &Context,
    approvers: &[String],
) -> Result<Vec<String>, WorkflowError> {
    let [first, second] = approvers else {
        return Err(WorkflowError::new("two approvers are needed"));
    };
    let mut selector = ctx
        .selector()
        .done(ctx, || Step::Canceled)
        .activity(&ctx.execute(PACK, ()), Step::Packed)
        .signal(&ctx.signals(NOTE), Step::Noted)
        .signal(&ctx.signals(approve(first)), |()| Step::Approved("first"))
        .signal(&ctx.signals(approve(second)), |()| Step::Approved("second"))
        .timer(&ctx.timer(secs(60)), |_| Step::Late);
    let mut notes = Vec::new();
    let mut missing = 3;
    while missing > 0 {
        match selector.select().await {
            Step::Packed(parcels) => {
                notes.push(format!("{} parcels", parcels?));
                missing -= 1;
            }
            Step::Approved(who) => {
                notes.push(who.to_owned());
                missing -= 1;
            }
            Step::Noted(note) => notes.push(note),
            Step::Late => return Err(WorkflowError::application("too late", "Late")),
            Step::Canceled => return Err(WorkflowError::canceled()),
        }
    }
    Ok(notes)
}

async fn pack(ctx: ActivityContext, (): ()) -> Result<u32, ActivityError> {
    for parcel in 0..3_u32 {
        ctx.heartbeat(parcel);
        if ctx.sleep_or_canceled(millis(700)).await {
            return Err(ActivityError::canceled());
        }
    }
    Ok(3)
}

fn scenario() -> Scenario {
    Scenario::new("selector")
        .workflow(ORDER, order)
        .activity(PACK, pack)
        .stub(UNPACK, Stub::returns(()))
        .hold(2, secs(3))
        .client(|world| {
            let order = world.start(ORDER, "order-7", vec!["ada".into(), "grace".into()]);
            world.advance(millis(500));
            // A canceled order takes no signals any more.
            for (after, who) in [(secs(1), "grace"), (millis(600), "ada")] {
                let _closed = world.signal(&order, NOTE, format!("asked {who}"));
                world.advance(after);
                let _closed = world.signal(&order, approve(who), ());
            }
        })
        .check(check::cleanup_iff_canceled(UNPACK))
}

fn notes(outcome: &Outcome) -> Vec<String> {
    Payloads::decode(outcome.main().and_then(|main| main.result())).expect("a list of notes")
}

#[test]
fn what_comes_while_a_task_is_held_is_taken_as_it_came() {
    let outcome = scenario().run();
    insta::assert_snapshot!(notes(&outcome).join("\n"));
    let history = History::new(outcome.main().expect("an order").history.clone()).expect("one");
    let flags = history.events().iter().filter_map(|event| match &event.kind {
        EventKind::WorkflowTaskCompleted(completed) => completed.sdk_metadata.as_ref(),
        _ => None,
    });
    let flags: Vec<_> = flags.map(|said| said.lang_used_flags.clone()).collect();
    insta::assert_snapshot!(format!("{flags:?}"));
}

#[test]
fn a_sweep_over_a_selector_finds_nothing() {
    insta::assert_snapshot!(scenario().sweep().table());
}

#[test]
fn random_runs_of_a_selector_find_nothing() {
    assert_eq!(scenario().explore(500).runs().len(), 500);
}
