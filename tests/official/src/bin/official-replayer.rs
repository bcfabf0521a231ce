//! Replays histories with the official `WorkflowReplayer`: reads them from standard input, writes a verdict a line.
//!
//! `judge.rs` is the other side, and says why this is a process of its own.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::exit;

use prost::Message as _;
use rehearsal_tests_official::judge::{Verdict, read_question};
use rehearsal_tests_official::{golden, probes};
use temporalio_client::WorkflowHistory;
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let mut input = io::stdin().lock();
    while let Some((suite, histories)) = read_question(&mut input)? {
        let histories = histories.iter().map(|history| History::decode(history.as_slice()));
        let histories = histories.collect::<Result<Vec<_>, _>>()?;
        for verdict in judge(&suite, &histories).await? {
            writeln!(io::stdout(), "{}", verdict.line())?;
        }
    }
    // Core leaves threads behind, and nothing is left for them to do.
    exit(0)
}

/// What the replayer says of each history.
///
/// It tells its failures by how many runs have left its worker's cache before. A history whose run never came there would
/// shift those behind it. So what is replayed together counts only if it is the same of all: without a failure there is
/// none to be shifted, and of as many failures as histories each has one. What differs is asked one by one.
async fn judge(suite: &str, histories: &[History]) -> Result<Vec<Verdict>, Failed> {
    let replayer = replayer(suite)?;
    if histories.len() > 1
        && let Ok(results) = replayer.replay_workflows(histories.iter().map(whole)).await
    {
        let failures: Vec<_> =
            results.into_iter().filter_map(|result| result.replay_failure).collect();
        if failures.is_empty() {
            return Ok(vec![Verdict::Accepted; histories.len()]);
        }
        if failures.len() == histories.len() {
            let refused = failures.iter().map(|failure| Verdict::Refused(failure.to_string()));
            return Ok(refused.collect());
        }
    }
    let mut verdicts = Vec::with_capacity(histories.len());
    for history in histories {
        verdicts.push(match replayer.replay_workflow(whole(history)).await {
            Ok(()) => Verdict::Accepted,
            Err(error) => Verdict::Refused(error.to_string()),
        });
    }
    Ok(verdicts)
}

fn whole(history: &History) -> WorkflowHistory {
    WorkflowHistory::from(history.clone())
}

/// A replayer with the workflows of a suite.
fn replayer(suite: &str) -> Result<WorkflowReplayer, Failed> {
    let mut options = WorkflowReplayerOptions::new().build();
    if suite == probes::SUITE {
        probes::register(&mut options)?;
    } else {
        let hosted = golden::hosted(suite).ok_or_else(|| format!("no suite {suite}"))?;
        (hosted.replay)(&mut options)?;
    }
    Ok(WorkflowReplayer::new(options)?)
}
