//! Replays of recorded histories: what kind of trouble there is, and what is read.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use rehearsal::{
    Activity, ActivityOptions, Bytes, Context, EventKind, Grade, History, Payload, Peculiarity,
    Profile, ReplayError, Replayed, Scenario, Stub, Update, Workflow, WorkflowError, replay, secs,
};
use rehearsal_history::HistoryBuilder;
use rehearsal_history::event::WorkflowExecutionUpdateRejected;
use serde_json::{Value, json};

const SHIP: Workflow<String, String> = Workflow::new("Ship");
const PACK: Activity<String, String> = Activity::new("Pack");
const LABEL: Activity<String, String> = Activity::new("Label");

fn shipping(ctx: &Context) -> Context {
    ctx.with_activity_options(ActivityOptions::start_to_close(secs(60)))
}

async fn ship(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let ctx = shipping(&ctx);
    let (packed, labeled) =
        rehearsal::join(ctx.execute(PACK, order.clone()), ctx.execute(LABEL, order)).await;
    ctx.timer(secs(30)).await?;
    Ok(format!("{} {}", packed?, labeled?))
}

/// `ship` that waits longer.
async fn ship_later(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let ctx = shipping(&ctx);
    let (packed, labeled) =
        rehearsal::join(ctx.execute(PACK, order.clone()), ctx.execute(LABEL, order)).await;
    ctx.timer(secs(40)).await?;
    Ok(format!("{} {}", packed?, labeled?))
}

/// `ship` without the label.
async fn ship_bare(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let packed = shipping(&ctx).execute(PACK, order).await?;
    ctx.timer(secs(30)).await?;
    Ok(packed)
}

/// `ship` that gives up before the timer.
async fn ship_at_once(ctx: Context, order: String) -> Result<String, WorkflowError> {
    let ctx = shipping(&ctx);
    let (packed, labeled) =
        rehearsal::join(ctx.execute(PACK, order.clone()), ctx.execute(LABEL, order)).await;
    Ok(format!("{} {}", packed?, labeled?))
}

/// What production recorded of `ship`.
fn recorded() -> History {
    let outcome = Scenario::new("ship")
        .workflow(SHIP, ship)
        .stub(PACK, Stub::returns("packed".to_owned()).after(secs(2)))
        .stub(LABEL, Stub::returns("labeled".to_owned()).after(secs(5)))
        .client(|world| {
            world.start(SHIP, "ship-1", "order-7".to_owned());
        })
        .run();
    History::new(outcome.main().unwrap().history.clone()).unwrap()
}

/// The first events of a history.
fn first(history: &History, length: usize) -> History {
    History::new(history.events()[..length].to_vec()).unwrap()
}

fn replay_ship(history: &History) -> Result<Replayed, ReplayError> {
    replay(history.to_json()).workflow(SHIP, ship)
}

/// The report of what is no difference in the code.
#[track_caller]
fn report(result: Result<impl Debug, ReplayError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.grade(), None, "{error:?}");
    format!("{error:?}")
}

fn with_payloads(history: &History, data: impl Fn(&[u8]) -> Payload) -> History {
    history.map_payloads(|_, payload| Ok::<_, Infallible>(data(&payload.data.0))).unwrap()
}

/// What the codec of production makes of a value.
fn sealed(data: &[u8]) -> Payload {
    let encoding = ("encoding".into(), Bytes(b"binary/sealed".to_vec()));
    Payload {
        metadata: Arc::new([encoding].into_iter().collect()),
        data: Bytes(data.iter().map(|byte| byte ^ 0xff).collect()),
        unknown: rehearsal_history::Unknown::default(),
    }
}

fn unsealed(payload: Payload) -> Result<Payload, String> {
    match payload.encoding() {
        Some("binary/sealed") => {
            Ok(Payload::json(payload.data.0.iter().map(|byte| byte ^ 0xff).collect::<Vec<u8>>()))
        }
        Some("json/plain") => Ok(payload),
        other => Err(format!("no key for {other:?}")),
    }
}

#[test]
fn the_same_code_is_faithful() {
    let replayed = replay_ship(&recorded()).unwrap();
    assert_eq!(replayed.assert_faithful(), 0);
    insta::assert_snapshot!(replayed, @"4 workflow tasks replayed, up to the close of the run in event 22");
}

#[test]
fn a_change_that_temporal_would_not_notice_is_not_faithful() {
    let replayed = replay(recorded().to_json()).workflow(SHIP, ship_later).unwrap();
    let panic = std::panic::catch_unwind(|| replayed.assert_faithful()).unwrap_err();
    insta::assert_snapshot!(panic.downcast_ref::<String>().unwrap());
}

#[test]
fn code_that_breaks_production_is_told_with_its_grade() {
    let error = replay(recorded().to_json()).workflow(SHIP, ship_bare).unwrap_err();
    assert!(matches!(error, ReplayError::Breaks(_)));
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
    insta::assert_snapshot!(format!("{error:?}"));
}

#[test]
fn an_early_close_changes_behavior_with_go() {
    async fn waits_for_signal(ctx: Context, _: String) -> Result<String, WorkflowError> {
        ctx.wait(|| false).await?;
        Ok(String::new())
    }
    async fn closes(_: Context, order: String) -> Result<String, WorkflowError> {
        Ok(order)
    }
    let outcome = Scenario::new("wait")
        .workflow(SHIP, waits_for_signal)
        .client(|world| {
            let run = world.start(SHIP, "ship-1", "order-7".to_owned());
            world.advance(secs(1));
            world.signal(&run, rehearsal::Signal::<()>::new("go"), ()).unwrap();
            world.advance(secs(1));
            world.terminate(&run, "enough").unwrap();
        })
        .run();
    let history = History::new(outcome.main().unwrap().history.clone()).unwrap();
    let replayed = replay(history.to_json()).workflow(SHIP, closes).unwrap();
    let grades: Vec<Grade> = replayed.differences.iter().map(|one| one.grade).collect();
    assert_eq!(grades, [Grade::ChangesBehavior]);
    // A timer stands where the close is: that is no close behind all that is recorded.
    let error = replay(recorded().to_json()).workflow(SHIP, ship_at_once).unwrap_err();
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_the_name_of_its_form() {
    let shorthand = r#"{"events": [{"eventId": "1", "eventType": "WorkflowExecutionStarted",
        "workflowExecutionStartedEventAttributes": {"input": ["x"]}}]}"#;
    insta::assert_snapshot!(report(replay(shorthand).workflow(SHIP, ship)));
    let file = [0x1f, 0x8b, 8, 0];
    insta::assert_snapshot!(report(replay(file).workflow(SHIP, ship)));
    let cut = recorded().to_json();
    insta::assert_snapshot!(report(replay(&cut[..cut.len() / 2]).workflow(SHIP, ship)));
}

#[cfg(not(feature = "temporal"))]
#[test]
fn binary_protobuf_is_refused_by_name() {
    let error = replay([0x0a, 0x04, 0x08, 0x01, 0x12, 0x00]).workflow(SHIP, ship).unwrap_err();
    assert!(
        matches!(error, ReplayError::Unreadable(rehearsal::DecodeError::File { .. })),
        "{error:?}"
    );
    assert!(error.to_string().contains("with the feature `temporal`"), "{error}");
}

#[test]
fn a_history_of_another_workflow_or_sdk_is_told() {
    let other = Workflow::<String, String>::new("Other");
    insta::assert_snapshot!(report(replay(recorded().to_json()).workflow(other, ship)));
    for sdk in ["temporal-python", "temporal-java"] {
        let json = recorded().to_json().replace("temporal-go", sdk);
        insta::assert_snapshot!(sdk, report(replay(&json).workflow(SHIP, ship)));
        // Its rules, if they are asked for.
        replay(&json).rules(Profile::Go).workflow(SHIP, ship).unwrap().assert_faithful();
    }
    let python = recorded().to_json().replace("temporal-go", "temporal-python");
    let error = replay(&python).workflow(SHIP, ship).unwrap_err();
    assert!(error.to_string().contains("`.rules(Profile::Core)`"), "{error}");
}

#[test]
fn a_recording_of_an_sdk_on_core_is_replayed_by_its_rules() {
    const NAP: Workflow<(), ()> = Workflow::new("Nap");
    async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.timer(secs(60)).await
    }
    let mut builder = HistoryBuilder::new("Nap");
    builder.complete_task();
    let nap_started = builder.start_timer(secs(60));
    builder.fire_timer(nap_started);
    builder.complete_task();
    builder.complete(None);
    let mut tree: Value = serde_json::from_str(&builder.build().to_json()).unwrap();
    tree["events"][3]["workflowTaskCompletedEventAttributes"]["sdkMetadata"] = json!({"sdkName": "temporal-typescript", "sdkVersion": "1.24.0", "coreUsedFlags": [1, 2, 3]});
    // Core counts timers; Go's would be called 5, after its event.
    tree["events"][4]["timerStartedEventAttributes"]["timerId"] = json!("1");
    tree["events"][5]["timerFiredEventAttributes"]["timerId"] = json!("1");
    let file = tree.to_string();
    assert!(matches!(replay(&file).workflow(NAP, nap), Err(ReplayError::OtherSdk { .. })));
    replay(&file).rules(Profile::Core).workflow(NAP, nap).unwrap().assert_faithful();
    let error = replay(&file).rules(Profile::Go).workflow(NAP, nap).unwrap_err();
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
}

#[test]
fn a_payload_that_cannot_be_decoded_is_no_difference_in_the_code() {
    let history = with_payloads(&recorded(), sealed);
    insta::assert_snapshot!(report(replay_ship(&history)));
    // With the codec all is as it was, and what people read is decoded.
    let file = history.to_json();
    let recorded = replay(&file).codec(unsealed);
    assert!(recorded.history().unwrap().print().contains("order-7"));
    assert!(!history.print().contains("order-7"));
    assert_eq!(recorded.workflow(SHIP, ship).unwrap().assert_faithful(), 0);
    let broken = replay(&file).codec(unsealed).workflow(SHIP, ship_later).unwrap();
    assert!(broken.to_string().contains("40s"), "{broken}");

    let locked = with_payloads(&history, |data| Payload {
        metadata: Arc::new(
            [("encoding".into(), Bytes(b"binary/locked".to_vec()))].into_iter().collect(),
        ),
        data: Bytes(data.to_vec()),
        unknown: rehearsal_history::Unknown::default(),
    });
    insta::assert_snapshot!(report(replay(locked.to_json()).codec(unsealed).workflow(SHIP, ship)));
}

#[test]
fn a_break_before_the_first_sealed_payload_is_one() {
    let result =
        |event: &rehearsal::Event| matches!(event.kind, EventKind::ActivityTaskCompleted(_));
    let history = recorded();
    let at = history.events().iter().find(|event| result(event)).unwrap().id;
    let late = History::new(
        history
            .events()
            .iter()
            .zip(with_payloads(&history, sealed).events())
            .map(|(plain, sealed)| Arc::clone(if plain.id < at { plain } else { sealed }))
            .collect(),
    )
    .unwrap();
    assert!(
        matches!(replay_ship(&late), Err(ReplayError::Undecodable { event, .. }) if event == at)
    );
    let broken = replay(late.to_json()).workflow(SHIP, ship_bare).unwrap_err();
    assert_eq!(broken.grade(), Some(Grade::BreaksProduction));
}

#[test]
fn what_is_not_simulated_is_told_by_name() {
    async fn nothing(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.timer(secs(1)).await
    }
    let mut builder = HistoryBuilder::new("Ship");
    builder.complete_task();
    builder.push(Box::new(WorkflowExecutionUpdateRejected::default()));
    let workflow = Workflow::<(), ()>::new("Ship");
    let error = replay(builder.build().to_json()).workflow(workflow, nothing).unwrap_err();
    assert!(
        matches!(&error, ReplayError::NotSimulated { what, .. } if what == "recorded rejections of updates")
    );
    insta::assert_snapshot!(report(Err::<(), _>(error)));
}

#[test]
fn a_cut_file_is_told_wherever_it_is_cut() {
    let history = recorded();
    let mut cuts = Vec::new();
    for length in 1..history.events().len() {
        match replay_ship(&first(&history, length)) {
            Ok(replayed) => assert_eq!(replayed.differences, [], "cut behind event {length}"),
            Err(error @ ReplayError::Cut { .. }) => {
                assert_eq!(error.grade(), None);
                cuts.push(error.to_string());
            }
            Err(other) => panic!("cut behind event {length}: {other:?}"),
        }
    }
    insta::assert_snapshot!(cuts.join("\n"));
    insta::assert_snapshot!(report(replay_ship(&first(&history, 4))));
    let fired =
        history.events().iter().position(|event| matches!(event.kind, EventKind::TimerFired(_)));
    insta::assert_snapshot!(report(replay_ship(&first(&history, fired.unwrap() + 1))));
}

#[test]
fn what_was_odd_in_the_file_is_noted() {
    let mut tree: Value = serde_json::from_str(&recorded().to_json()).unwrap();
    tree["events"].as_array_mut().unwrap().reverse();
    let file = tree.to_string();
    let recorded = replay(&file);
    assert_eq!(recorded.history().unwrap().peculiarities(), [Peculiarity::Descending]);
    insta::assert_snapshot!(recorded.workflow(SHIP, ship).unwrap());
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(file.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    replay(wide).workflow(SHIP, ship).unwrap().assert_faithful();
}

#[test]
fn the_spelling_of_a_value_is_cosmetic() {
    let spaced = with_payloads(&recorded(), |data| Payload::json([b" ", data, b" "].concat()));
    let replayed = replay_ship(&spaced).unwrap();
    assert_eq!(replayed.assert_faithful(), replayed.count(Grade::Cosmetic));
    assert_eq!(replayed.count(Grade::Cosmetic), 3);
}

#[test]
fn a_session_is_refused_by_name() {
    const NAP: Workflow<(), ()> = Workflow::new("Nap");
    async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
        ctx.timer(secs(60)).await
    }
    let mut builder = HistoryBuilder::new("Nap");
    builder.complete_task();
    builder.schedule_activity("internalSessionCreationActivity");
    let error =
        replay(builder.build().to_json()).rules(Profile::Go).workflow(NAP, nap).unwrap_err();
    assert!(error.to_string().contains("not simulated: sessions"), "{error}");
}

const TILL: Workflow<(), i64> = Workflow::new("Till");
const PAY: Update<i64, i64> = Update::new("pay");

async fn till_that(ctx: Context, adds: fn(i64, i64) -> i64) -> Result<i64, WorkflowError> {
    let sum = Rc::new(Cell::new(0));
    let paid = Rc::clone(&sum);
    ctx.on_update(PAY, move |ctx, price| {
        let paid = Rc::clone(&paid);
        async move {
            ctx.sleep(secs(5)).await?;
            paid.set(adds(paid.get(), price));
            Ok(paid.get())
        }
    })
    .await;
    ctx.wait(|| sum.get() > 0).await?;
    Ok(sum.get())
}

async fn till(ctx: Context, (): ()) -> Result<i64, WorkflowError> {
    till_that(ctx, |sum, price| sum + price).await
}

/// `till` that gives a coin back.
async fn till_with_change(ctx: Context, (): ()) -> Result<i64, WorkflowError> {
    till_that(ctx, |sum, price| sum + price - 1).await
}

/// What `till` recorded, with the event of the accepted update behind that of the timer, and as if the SDK did not know
/// these flags.
fn updated_late(without: &[u64]) -> String {
    let outcome = Scenario::new("till")
        .workflow(TILL, till)
        .client(|world| {
            let till = world.start(TILL, "till-1", ());
            world.advance(secs(1));
            world.update(&till, PAY, 7).unwrap();
        })
        .run();
    let history = History::new(outcome.main().unwrap().history.clone()).unwrap();
    let mut tree: Value = serde_json::from_str(&history.to_json()).unwrap();
    let events = tree["events"].as_array_mut().unwrap();
    let is = |event: &Value, kind: &str| event["eventType"] == format!("EVENT_TYPE_{kind}");
    let update = "WORKFLOW_EXECUTION_UPDATE_ACCEPTED";
    let at = events.iter().position(|event| is(event, update)).unwrap();
    assert!(is(&events[at + 1], "TIMER_STARTED"));
    events.swap(at, at + 1);
    let ids = [(at + 1).to_string(), (at + 2).to_string()];
    for (event, id) in events[at..].iter_mut().zip(&ids) {
        event["eventId"] = json!(id);
    }
    for event in events {
        let attributes = event.as_object_mut().unwrap().values_mut().filter(|it| it.is_object());
        for attributes in attributes {
            for (of, was, is) in [("startedEventId", 1, 0), ("acceptedEventId", 0, 1)] {
                if let Some(id) = attributes.get_mut(of).filter(|id| **id == json!(ids[was])) {
                    *id = json!(ids[is]);
                }
            }
            let flags = attributes.pointer_mut("/sdkMetadata/langUsedFlags");
            if let Some(flags) = flags.and_then(Value::as_array_mut) {
                flags.retain(|flag| !without.iter().any(|it| *flag == json!(it)));
            }
        }
    }
    tree.to_string()
}

/// Before its flag 3 the Go SDK made no commands of what becomes of updates, and passes over their events.
#[test]
fn updates_have_no_places_in_histories_of_go_before_its_flag_3() {
    let replayed = replay(updated_late(&[3])).workflow(TILL, till).unwrap();
    assert_eq!(replayed.assert_faithful(), 0);

    let replayed = replay(updated_late(&[3])).workflow(TILL, till_with_change).unwrap();
    let grades: Vec<Grade> = replayed.differences.iter().map(|one| one.grade).collect();
    assert_eq!(grades, [Grade::ChangesBehavior; 2], "{replayed}");

    let error = replay(updated_late(&[])).workflow(TILL, till).unwrap_err();
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
}
