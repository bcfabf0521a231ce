//! What a user of the official SDK meets in the facade: what is refused, what is found, what is replayed.

#![expect(
    missing_docs,
    missing_debug_implementations,
    unnameable_types,
    clippy::missing_errors_doc,
    clippy::unused_async,
    reason = "what the SDK asks of workflows and activities, and what its macros make of them"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rehearsal::{
    Code, Grade, History, KnownDefect, OfficialWorld as _, Outcome, Profile, ReplayError, Scenario,
    Stub, Tape, check, replay, secs,
};
use rehearsal_tests_official::golden::rust_seed_cancel_running::{Acts, YourWorkflow};
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{
    ActivityOptions, SyncWorkflowContext, TimerOptions, WorkflowCancellationToken, WorkflowContext,
    WorkflowResult,
};

/// Packs parcels.
#[derive(Debug)]
pub struct Packer {
    parcels: u64,
}

#[activities]
impl Packer {
    #[activity]
    async fn pack(
        self: Arc<Self>,
        ctx: ActivityContext,
        order: String,
    ) -> Result<String, ActivityError> {
        for parcel in 0..self.parcels {
            ctx.record_heartbeat(parcel).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(format!("{} parcels for {order}", self.parcels))
    }

    #[activity]
    async fn unpack(_ctx: ActivityContext, _order: String) -> Result<(), ActivityError> {
        Ok(())
    }

    #[activity]
    async fn number(_ctx: ActivityContext, _order: String) -> Result<u64, ActivityError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Ok(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[activity]
    async fn calls_a_thread(_ctx: ActivityContext, _order: String) -> Result<(), ActivityError> {
        let mut called = false;
        std::future::poll_fn(|cx| {
            if called {
                return Poll::Ready(());
            }
            called = true;
            let waker = cx.waker().clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the mistake that is to be found"
            )]
            let thread = std::thread::spawn(move || waker.wake());
            thread.join().ok();
            Poll::Pending
        })
        .await;
        Ok(())
    }
}

fn options() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1))
        .heartbeat_timeout(Duration::from_secs(5))
        .build()
}

/// Packs an order and undoes that if it is canceled.
#[workflow]
#[derive(Debug, Default)]
pub struct Pack;

#[workflow_methods]
impl Pack {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<String> {
        let packed = ctx.execute_activity(Packer::pack, order.clone(), options()).await;
        if ctx.cancellation_token().is_cancelled() {
            let detached = ActivityOptions::with_start_to_close_timeout(Duration::from_mins(1))
                .cancellation_token(WorkflowCancellationToken::new())
                .build();
            ctx.execute_activity(Packer::unpack, order, detached).await?;
        }
        Ok(packed?)
    }
}

/// Runs one activity.
macro_rules! runs {
    ($workflow:ident, $activity:expr) => {
        #[doc = "Runs one activity."]
        #[workflow]
        #[derive(Debug, Default)]
        pub struct $workflow;

        #[workflow_methods]
        impl $workflow {
            #[run]
            pub async fn run(ctx: &mut WorkflowContext<Self>, order: String) -> WorkflowResult<()> {
                ctx.execute_activity($activity, order, options()).await?;
                Ok(())
            }
        }
    };
}
runs!(Number, Packer::number);
runs!(CallAThread, Packer::calls_a_thread);

fn packer() -> Packer {
    Packer { parcels: 3 }
}

fn packing() -> Scenario {
    Scenario::new("packing")
        .official::<Pack>()
        .activities(packer)
        .real(Packer::pack)
        .real(Packer::unpack)
        .stub(Packer::number, Stub::returns(7))
        .stub(Packer::calls_a_thread, Stub::returns(()))
        .client(|world| {
            world.start_official::<Pack>("order-7", "7".to_owned());
        })
}

fn refused(scenario: &Scenario) -> (Code, String) {
    let failure = scenario.try_run(&Tape::calm()).expect_err("there is something to find");
    let finding = &failure.findings()[0];
    (finding.code, finding.headline.clone())
}

fn json(outcome: &Outcome) -> String {
    let main = outcome.main().expect("a workflow was started");
    History::new(main.history.clone()).expect("its history is one").to_json()
}

#[test]
fn a_workflow_with_real_activities_is_swept() {
    let report = packing().check(check::cleanup_iff_canceled(Packer::unpack)).sweep();
    insta::assert_snapshot!(report.table());
}

/// `Packer` has others; only those that a run comes to need a name.
#[test]
fn an_activity_that_is_never_called_need_not_be_named() {
    let scenario =
        Scenario::new("packing").official::<Pack>().activities(packer).real(Packer::pack);
    let scenario = scenario.client(|world| {
        world.start_official::<Pack>("order-7", "7".to_owned());
    });
    assert_eq!(scenario.run().calls_named("Packer::pack").count(), 1);

    // A cancel has it come to another one.
    let failure = scenario.try_sweep().expect_err("unpack is not named");
    let finding = &failure.findings()[0];
    assert_eq!(finding.code, Code::Setup);
    assert_eq!(
        finding.headline,
        "activity `Packer::unpack` is scheduled, but has neither code nor a stub"
    );
}

/// With the fakes in it, as the run has left them.
#[test]
fn the_struct_of_a_run_is_handed_back_with_its_outcome() {
    let (one, two) = (packing().run(), packing().run());
    let parcels = |outcome: &Outcome| outcome.fake::<Packer>().expect("it was made").parcels;
    assert_eq!((parcels(&one), parcels(&two)), (3, 3));
    let of = |outcome: &Outcome| std::ptr::from_ref(outcome.fake::<Packer>().expect("it was made"));
    assert_ne!(of(&one), of(&two), "each run has its own");
}

#[test]
fn an_activity_whose_struct_is_missing_is_listed() {
    let (_, headline) = refused(&Scenario::new("packing").official::<Pack>().real(Packer::pack));
    assert!(headline.ends_with("`.activities(..)`: Packer::pack"), "{headline}");
}

#[test]
fn what_is_named_last_counts() {
    let stubbed = packing().stub(Packer::pack, Stub::returns("stubbed".to_owned()));
    assert_eq!(stubbed.run().calls_named("Packer::pack").next().unwrap().ended, Some(secs(0)));
    let real = stubbed.real(Packer::pack);
    assert_eq!(real.run().calls_named("Packer::pack").next().unwrap().ended, Some(secs(3)));
}

#[tokio::test]
async fn inside_a_tokio_test_one_error_says_what_to_do() {
    let (code, headline) = refused(&packing());
    assert_eq!(code, Code::Setup);
    assert!(headline.contains("use a plain `#[test]` in place of `#[tokio::test]`"), "{headline}");
}

#[test]
fn an_activity_that_does_not_repeat_itself_is_named() {
    let scenario =
        Scenario::new("number").official::<Number>().real(Packer::number).client(|world| {
            world.start_official::<Number>("order-7", "7".to_owned());
        });
    let (code, headline) = refused(&scenario);
    assert_eq!(code, Code::ActivityNotRepeatable);
    assert_eq!(headline, "activity Packer::number of order-7 does not repeat itself");
}

#[test]
fn an_activity_that_another_thread_wakes_is_named() {
    let scenario = Scenario::new("thread")
        .official::<CallAThread>()
        .real(Packer::calls_a_thread)
        .client(|world| {
            world.start_official::<CallAThread>("order-7", "7".to_owned());
        });
    let (code, headline) = refused(&scenario);
    assert_eq!(code, Code::ForeignActivity);
    assert!(headline.contains("Packer::calls_a_thread"), "{headline}");
}

/// Waits for a timer and, with another length, does what production did not.
#[workflow]
#[derive(Debug, Default)]
pub struct Nap {
    woken: bool,
}

#[workflow_methods]
impl Nap {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<bool> {
        ctx.timer(Duration::from_secs(seconds)).await;
        Ok(ctx.state(|nap| nap.woken))
    }

    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {
        self.woken = true;
    }
}

/// `Nap` as it was changed.
#[workflow]
#[derive(Debug, Default)]
pub struct ChangedNap;

#[workflow_methods]
impl ChangedNap {
    #[run(name = "Nap")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<bool> {
        ctx.timer(Duration::from_secs(seconds + 998)).await;
        Ok(false)
    }
}

/// `Nap` as it must not be changed.
#[workflow]
#[derive(Debug, Default)]
pub struct BrokenNap;

#[workflow_methods]
impl BrokenNap {
    #[run(name = "Nap")]
    pub async fn run(_ctx: &mut WorkflowContext<Self>, _seconds: u64) -> WorkflowResult<bool> {
        Ok(false)
    }
}

fn nap() -> String {
    let scenario = Scenario::new("nap").official::<Nap>().client(|world| {
        let nap = world.start_official::<Nap>("nap-1", 1);
        world.signal_official(&nap, Nap::wake, ()).expect("it is open");
    });
    json(&scenario.run())
}

#[test]
fn a_recorded_history_is_replayed_and_differences_are_graded() {
    let json = nap();
    assert!(replay(&json).official::<Nap>().unwrap().differences.is_empty());

    // The official replayer accepts 1 s that became 999 s.
    let replayed = replay(&json).official::<ChangedNap>().unwrap();
    let grades: Vec<Grade> = replayed.differences.iter().map(|found| found.grade).collect();
    assert_eq!(grades, [Grade::ChangesBehavior, Grade::ChangesBehavior]);

    let error = replay(&json).official::<BrokenNap>().unwrap_err();
    assert_eq!(error.grade(), Some(Grade::BreaksProduction));
    assert!(error.to_string().contains("TimerStarted"), "{error}");
}

#[test]
fn a_history_of_another_workflow_or_sdk_is_refused_by_name() {
    let error = replay(nap()).official::<Pack>().unwrap_err();
    assert_eq!(error.to_string(), "the history is one of workflow type `Nap`, not of `Pack`");

    let foreign = nap().replace("temporal-rust", "temporal-go");
    let error = replay(&foreign).official::<Nap>().unwrap_err();
    assert!(matches!(&error, ReplayError::OtherSdk { recorded } if recorded == "temporal-go"));

    assert!(matches!(replay("{}").official::<Nap>(), Err(ReplayError::Unreadable(_))));
}

/// Naps in the workflow's own scope, while its tasks take long.
#[workflow]
#[derive(Debug, Default)]
pub struct Doze;

#[workflow_methods]
impl Doze {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        ctx.timer(Duration::from_secs(3)).await;
        let detached = TimerOptions::builder(Duration::from_secs(1))
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        ctx.timer(detached).await;
        Ok(())
    }

    #[signal]
    pub fn poke(&mut self, _ctx: &mut SyncWorkflowContext<Self>) {}
}

#[test]
fn a_known_defect_of_the_sdk_has_a_code_of_its_own() {
    // C-39a: the second task takes from 1 s to 4 s; the cancel comes at 2 s, the timer fires at 3 s.
    let scenario = Scenario::new("doze").official::<Doze>().hold(2, secs(3)).client(|world| {
        let doze = world.start_official::<Doze>("doze-1", ());
        world.advance(secs(1));
        world.signal_official(&doze, Doze::poke, ()).unwrap();
        world.advance(secs(1));
        world.cancel(&doze).unwrap();
    });
    let failure = scenario.try_run(&Tape::calm()).unwrap_err();
    assert_eq!(failure.findings()[0].code, Code::SdkDefect);
    assert!(failure.findings()[0].headline.contains("C-39a"), "{failure}");
}

#[test]
fn a_known_defect_that_is_accepted_is_counted_by_sweeps_and_explorations() {
    let scenario = Scenario::new("doze")
        .official::<Doze>()
        .hold(2, secs(3))
        .client(|world| {
            let doze = world.start_official::<Doze>("doze-1", ());
            world.advance(secs(1));
            let _closed = world.signal_official(&doze, Doze::poke, ());
        })
        .accept(KnownDefect::CanceledTimer, "cured in the next SDK");
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| line.contains("accepted"))
            .map(str::to_owned)
            .collect()
    };
    insta::assert_snapshot!(lines(&scenario.sweep().table()).join("\n"), @"
    known defect C-39a accepted, runs: 28 (cured in the next SDK)
    ");
    insta::assert_snapshot!(lines(&scenario.explore(200).to_string()).join("\n"), @"
    known defect C-39a accepted, runs: 20 (cured in the next SDK)
    ");
}

#[test]
fn the_cancellation_sample_is_swept() {
    let report = Scenario::new("cancellation")
        .official::<YourWorkflow>()
        .activities(Acts::default)
        .real(Acts::activity_to_be_canceled)
        .real(Acts::activity_to_be_skipped)
        .real(Acts::cleanup)
        .client(|world| {
            world.start_official::<YourWorkflow>("seed", ());
        })
        .check(check::cleanup_iff_canceled(Acts::cleanup))
        .check(check::skipped_reported_as_canceled())
        .check(check::no_activity_outlives_close())
        .sweep();
    insta::assert_snapshot!(report.table());
}

/// Seals payloads with a salt of its own, and opens them whatever their salt is.
#[derive(Debug)]
struct Seal(u64);

type Coded = BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>>;

impl PayloadCodec for Seal {
    fn encode(&self, _context: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        let salt = self.0.to_be_bytes();
        let seal = move |payload: Payload| {
            let data = [salt.as_slice(), &payload.data].concat();
            let metadata = [("encoding".to_owned(), b"binary/sealed".to_vec())];
            Payload { metadata: metadata.into_iter().collect(), data, ..Payload::default() }
        };
        async move { Ok(payloads.into_iter().map(seal).collect()) }.boxed()
    }

    fn decode(&self, _context: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        let open = |payload: Payload| {
            if payload.metadata.get("encoding").is_none_or(|encoding| encoding != b"binary/sealed")
            {
                return Ok(payload);
            }
            let data = payload.data.get(8..).ok_or(PayloadConversionError::WrongEncoding)?;
            let metadata = [("encoding".to_owned(), b"json/plain".to_vec())];
            Ok(Payload {
                metadata: metadata.into_iter().collect(),
                data: data.to_vec(),
                ..Payload::default()
            })
        };
        async move { payloads.into_iter().map(open).collect() }.boxed()
    }
}

fn sealing(salt: u64) -> DataConverter {
    let (payloads, failures) = (PayloadConverter::default(), DefaultFailureConverter::default());
    DataConverter::new(payloads, failures, Seal(salt))
}

#[test]
fn a_history_of_sealed_payloads_is_replayed_decoded() {
    let outcome = Scenario::new("sealed")
        .official::<Pack>()
        .data_converter(sealing(1))
        .activities(packer)
        .real(Packer::pack)
        .real(Packer::unpack)
        .stub(Packer::number, Stub::returns(7))
        .stub(Packer::calls_a_thread, Stub::returns(()))
        .client(|world| {
            world.start_official::<Pack>("order-7", "7".to_owned());
        })
        .run();
    let file = json(&outcome);
    let sealed = replay(&file);
    assert!(!sealed.history().unwrap().print().contains("parcels for"));

    // Another salt makes other bytes of the same values.
    sealed.official_with::<Pack>(sealing(2)).unwrap().assert_faithful();

    let error = replay(&file).official::<Pack>().unwrap_err();
    assert!(matches!(error, ReplayError::Undecodable { .. }), "{error:?}");
    assert_eq!(error.grade(), None);

    // Cut off in the seal, no codec opens it.
    let torn = History::from_json(&file).unwrap().map_payloads(|_, mut payload| {
        payload.data.0.truncate(4);
        Ok::<_, std::convert::Infallible>(payload)
    });
    let error = replay(torn.unwrap().to_json()).official_with::<Pack>(sealing(2)).unwrap_err();
    assert!(matches!(error, ReplayError::Undecodable { .. }), "{error:?}");
}

#[test]
fn binary_protobuf_is_replayed_as_it_is() {
    let history = History::from_json(&nap()).unwrap();
    let file = rehearsal_temporal::history::encode(&history).unwrap();
    replay(&file).official::<Nap>().unwrap().assert_faithful();
    let error = replay(&file[..file.len() / 2]).official::<Nap>().unwrap_err();
    assert!(matches!(error, ReplayError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().starts_with("not a history in binary protobuf"), "{error}");
}

#[test]
fn the_rules_of_another_sdk_on_core_are_chosen() {
    let python = nap().replace("temporal-rust", "temporal-python");
    let error = replay(&python).official::<Nap>().unwrap_err();
    assert!(error.to_string().contains("`.rules(Profile::Core)`"), "{error}");
    replay(&python).rules(Profile::Core).official::<Nap>().unwrap().assert_faithful();
    // Code of the official SDK has the rules of core, whatever is asked for.
    let error = replay(nap()).rules(Profile::Go).official::<Nap>().unwrap_err();
    assert!(matches!(error, ReplayError::OtherSdk { .. }), "{error:?}");
}
