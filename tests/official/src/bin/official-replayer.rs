//! Replays histories with the official `WorkflowReplayer`: reads them from standard input, writes a verdict a line.
//!
//! `judge.rs` is the other side, and says why this is a process of its own.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::exit;

use prost::Message as _;
use rehearsal_tests_official::judge::{Verdict, read_frame};
use rehearsal_tests_official::{golden, probes};
use temporalio_client::WorkflowHistory;
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let mut input = io::stdin().lock();
    while let Some(suite) = read_frame(&mut input)? {
        let history = read_frame(&mut input)?.ok_or("a suite without a history")?;
        let verdict = replay(&String::from_utf8(suite)?, &history).await?;
        writeln!(io::stdout(), "{}", verdict.line())?;
    }
    // Core leaves threads behind, and nothing is left for them to do.
    exit(0)
}

async fn replay(suite: &str, history: &[u8]) -> Result<Verdict, Failed> {
    let mut options = WorkflowReplayerOptions::new().build();
    if suite == probes::SUITE {
        probes::register(&mut options)?;
    } else {
        let hosted = golden::hosted(suite).ok_or_else(|| format!("no suite {suite}"))?;
        (hosted.replay)(&mut options)?;
    }
    let history = WorkflowHistory::from(History::decode(history)?);
    Ok(match WorkflowReplayer::new(options)?.replay_workflow(history).await {
        Ok(()) => Verdict::Accepted,
        Err(error) => Verdict::Refused(error.to_string()),
    })
}
