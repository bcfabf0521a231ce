//! The true worker of the SDK on our service, in this process: no socket, no hidden API, virtual time.

#![expect(clippy::print_stdout, reason = "figures and differences are what the suite is for")]

mod hired;

use std::env;
use std::sync::Arc;

use rehearsal::{OfficialWorld as _, Outcome, Report, Scenario, Stub, secs};
use rehearsal_history::{Event, EventKind, History, scrub};
use rehearsal_server::InProcess;
use rehearsal_tests::each::each;
use rehearsal_tests::golden::{self, Folder, Recording};
use rehearsal_tests_official::golden::rust_seed_no_cancel::{Acts, YourWorkflow};
use rehearsal_tests_official::golden::{ALL, hosted};
use temporalio_sdk::WorkerOptions;

use crate::hired::{Hired, hire};

/// The sample of the guide. Its first activity takes a second, in virtual time; the others are whoever's.
fn sample() -> Scenario {
    Scenario::new("sample")
        .official::<YourWorkflow>()
        .stub(Acts::activity_to_be_canceled, Stub::returns("done".to_owned()).after(secs(1)))
        .client(|world| {
            world.start_official::<YourWorkflow>("order-7", ());
        })
}

/// A table without what is known of instances in the engine alone: what workflow code asks for.
fn table(report: &Report) -> Vec<String> {
    let report = report.to_string();
    let lines = report.lines().take_while(|line| !line.contains("not seen in any run"));
    lines.map(ToOwned::to_owned).collect()
}

fn scrubbed(outcome: &Outcome) -> String {
    let events = outcome.main().expect("the sample was started").history.clone();
    let history = History::new(events).expect("the service numbers what it records");
    serde_json::to_string_pretty(&scrub(&history).json).expect("JSON is written")
}

/// Canceled at every point, by the worker of the SDK and in our own hosting: one table, and one history each.
#[test]
fn the_true_worker_is_swept_as_our_own_hosting_is() {
    let inside = sample().activities(Acts::default);
    let inside = inside.real(Acts::activity_to_be_skipped).real(Acts::cleanup).sweep();

    let (server, scenario) = InProcess::of(sample());
    let options = WorkerOptions::new("main").register_workflow::<YourWorkflow>().unwrap();
    let worker = hire(&server, "worker-1", options.register_activities(Acts).build()).unwrap();
    let outside = scenario.sweep();
    worker.dismiss().unwrap();
    assert_eq!(server.end(), rehearsal_remote::Report::default());

    assert_eq!(table(&inside), table(&outside));
    assert_eq!(scrubbed(inside.baseline()), scrubbed(outside.baseline()));
    let runs = inside.runs().zip(outside.runs());
    let otherwise = runs.filter(|(inside, outside)| scrubbed(inside.1) != scrubbed(outside.1));
    let names: Vec<String> = otherwise.map(|(inside, _)| inside.1.tape.to_string()).collect();
    println!("in process: {} runs alike, not these: {names:?}", inside.runs().count());
    assert!(names.is_empty());
}

/// How many scenarios are one that is played, unless all are.
const SOME: usize = 10;

/// What is wrong with a recorded scenario whose workflow tasks are done by workers of the SDK, in lines for people.
fn played(folder: &Folder) -> Vec<String> {
    let register = folder.register.expect("every scenario has code");
    let recording = Recording::read(folder).expect("the golden suite reads it");
    let (mut server, mut hired) = (None, Ok(Vec::new()));
    let simulated = golden::simulate_in(folder, &recording.script, register, |scenario, tape| {
        let (begun, scenario) = InProcess::of(scenario.clone());
        hired = staff(&begun, folder, &recording, &scenario);
        server = Some(begun);
        scenario.world_of(tape)
    });
    let mut problems = simulated.problems;
    let histories = simulated.histories.iter().map(|(file, of)| (file.clone(), plain(of)));
    problems.extend(golden::differences(&recording, &histories.collect()));
    let dismissed = hired.and_then(|hired| hired.into_iter().try_for_each(Hired::dismiss));
    problems.extend(dismissed.err());
    problems.extend(server.map(|server| server.end().findings).unwrap_or_default());
    problems
}

/// A history without the backtraces that the SDK puts into failures where the environment wants them (`RUST_BACKTRACE`).
fn plain(history: &History) -> History {
    let plain = |event: &Arc<Event>| {
        let mut event = Event::clone(event);
        if let EventKind::WorkflowTaskFailed(failed) = &mut event.kind
            && let Some(failure) = &mut failed.failure
            && let Some((said, _)) = failure.message.split_once("\n\nStack backtrace:")
        {
            failure.message = said.into();
        }
        Arc::new(event)
    };
    History::new(history.events().iter().map(plain).collect()).expect("it was one before")
}

/// The workers of a scenario that do workflow tasks: what they do not do is the engine's.
fn staff(
    server: &InProcess,
    folder: &Folder,
    recording: &Recording,
    scenario: &Scenario,
) -> Result<Vec<Hired>, String> {
    let hosted = hosted(folder.name).expect("every scenario has code");
    let mut hired = Vec::new();
    for (index, (identity, spec)) in scenario.engine().workers().enumerate() {
        let of = recording.script.workers.get(index);
        if of.is_some_and(|of| !of.workflows) {
            continue;
        }
        let code = of.and_then(|of| of.code.as_deref()).unwrap_or_default();
        let mut options = WorkerOptions::new(spec.queue().as_str())
            .max_cached_workflows(spec.cache().unwrap_or(1000))
            .build();
        (hosted.hire)(&mut options, code).map_err(|error| error.to_string())?;
        hired.push(hire(server, &identity, options)?);
    }
    Ok(hired)
}

/// What is played besides. A task of the child is handed out while the answer to that of the parent is to bring the next one,
/// and core does not answer the first before it has the second.
const BESIDES: &[&str] = &["child-try-cancel-before-started"];

/// What has a local activity of which no history tells, as nobody runs it. The task that waits for it comes again while core
/// still has it in hand, which a core with debug assertions does not survive (`incoming_wft` in its `managed_run.rs`).
const LOCAL: &[&str] = &["program-local-activity-without-activities"];

/// Whether it is for a worker whose time is real: how long local activities take there passes in no world.
fn is_for_workers(folder: &Folder) -> bool {
    let recording = Recording::read(folder).expect("the golden suite reads it");
    let marked = recording.histories.values().any(|it| it.contains("core_local_activity"));
    !marked && !LOCAL.contains(&folder.name)
}

/// The workflow tasks and queries of recorded scenarios are done by the true worker, in virtual time: the histories, and what
/// the client is answered, are the recorded ones. So the rules of core that we simulate are those of core. One in ten is
/// played; all of them if the environment says `all` in `REHEARSAL_WORKERS`, or those whose names it lists there.
#[test]
#[expect(clippy::disallowed_methods, reason = "the one place that reads this knob")]
fn golden_scenarios_by_the_true_worker() {
    let wanted = env::var("REHEARSAL_WORKERS").ok();
    let is_wanted = |(index, folder): &(usize, &Folder)| match wanted.as_deref() {
        None => index % SOME == 0 || BESIDES.contains(&folder.name),
        Some("all") => true,
        Some(names) => names.split(',').any(|name| name == folder.name),
    };
    let folders = ALL.iter().enumerate().filter(is_wanted).map(|(_, folder)| folder);
    let (folders, local): (Vec<&Folder>, Vec<&Folder>) =
        folders.partition(|folder| is_for_workers(folder));
    let problems = each(&folders, |folder| played(folder));
    let (mut alike, mut otherwise) = (0, Vec::new());
    for (folder, problems) in folders.iter().zip(&problems) {
        if problems.is_empty() {
            alike += 1;
        } else {
            otherwise.push(folder.name);
            println!("{} differs:\n  {}", folder.name, problems.join("\n  "));
        }
    }
    println!(
        "golden rust, workers: {alike} of {} ({} more have local activities, whose time is real)",
        folders.len(),
        local.len()
    );
    assert!(otherwise.is_empty(), "these differ from their recordings: {otherwise:?}; see above");
}
