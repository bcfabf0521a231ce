//! The worker and the client of campaigns: run it without arguments to see what it takes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command for a terminal")]

use std::error::Error;
use std::process::ExitCode;

use rehearsal_campaign::{Campaign, CampaignWorkflow, Processes, Report, Shards};
use temporalio_client::errors::WorkflowGetResultError;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, Url, WorkflowCancelOptions,
    WorkflowGetResultOptions, WorkflowStartOptions,
};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};

const USAGE: &str = "\
usage: rehearsal-campaign worker [--url URL] [--queue QUEUE]
       rehearsal-campaign start ID [--url URL] [--queue QUEUE] [--shards 4] [--at-once 4] [--budget 10m]
                          [--seed N] [--folder corpus] [--limit SECONDS] -- COMMAND...
       rehearsal-campaign cancel ID [--url URL]

`start` waits for the end and prints the report: 0 if all is well, 1 if not. With the id of a campaign that was
canceled it goes on where that was left.";

/// What stands on the command line.
struct Arguments {
    id: String,
    url: String,
    queue: String,
    campaign: Campaign,
}

impl Arguments {
    /// `None` if it cannot be understood.
    fn read(mut words: impl Iterator<Item = String>, with_id: bool) -> Option<Self> {
        let mut campaign = Campaign::new(Vec::<String>::new(), 4, "10m");
        let id = if with_id { words.next()? } else { String::new() };
        let (mut url, mut queue) = ("http://localhost:7233".to_owned(), "campaigns".to_owned());
        let mut at_once = None;
        while let Some(word) = words.next() {
            let mut value = || words.next();
            match word.as_str() {
                "--url" => url = value()?,
                "--queue" => queue = value()?,
                "--shards" => campaign.shards = value()?.parse().ok()?,
                "--at-once" => at_once = Some(value()?.parse().ok()?),
                "--budget" => campaign.budget = value()?,
                "--seed" => campaign.seed = Some(value()?.parse().ok()?),
                "--folder" => campaign.folder = value()?,
                "--limit" => campaign.limit = value()?.parse().ok()?,
                "--" => campaign.command = words.by_ref().collect(),
                _ => return None,
            }
        }
        campaign.at_once = at_once.unwrap_or(campaign.shards);
        Some(Self { id, url, queue, campaign })
    }

    async fn client(&self) -> Result<Client, Box<dyn Error>> {
        let url: Url = self.url.parse()?;
        let connection = Connection::connect(ConnectionOptions::new(url).build()).await?;
        Ok(Client::new(connection, ClientOptions::new("default").build())?)
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_default();
    let arguments = Arguments::read(words, what != "worker");
    match (what.as_str(), arguments) {
        ("worker", Some(arguments)) => work(arguments).await,
        ("start", Some(arguments)) if !arguments.campaign.command.is_empty() => {
            start(arguments).await
        }
        ("cancel", Some(arguments)) => {
            let client = arguments.client().await?;
            let handle = client.get_workflow_handle::<CampaignWorkflow>(&arguments.id);
            handle.cancel(WorkflowCancelOptions::default()).await?;
            println!("{}: asked to stop", arguments.id);
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

async fn work(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())?;
    let options = WorkerOptions::new(&arguments.queue)
        .register_workflow::<CampaignWorkflow>()?
        .register_activities(Shards::new(Processes))
        .build();
    println!("takes campaigns of {} from {}", arguments.queue, arguments.url);
    Worker::new(&runtime, arguments.client().await?, options)?.run().await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let client = arguments.client().await?;
    let Arguments { id, queue, campaign, .. } = arguments;
    let options = WorkflowStartOptions::new(queue, id.clone()).build();
    let handle = client.start_workflow(CampaignWorkflow::run, campaign, options).await?;
    println!("{id}: begun");
    let report = match handle.get_result(WorkflowGetResultOptions::default()).await {
        Ok(report) => report,
        Err(WorkflowGetResultError::Cancelled { details }) => {
            println!("{id}: canceled");
            details.deserialize::<Report>()?
        }
        Err(error) => return Err(error.into()),
    };
    print!("{}", report.text);
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
