//! Shards as processes: a command with the variables of a campaign, in a folder of its own.
//!
//! Below the folder of the corpus each campaign has a folder by its workflow id, and in there each shard has one: a shard begins
//! with the corpus as it was when the campaign began, whatever other shards learn meanwhile. The merge brings what they
//! learned into the corpus. A process that is killed leaves whole files, so it is killed, with all that it has started, when
//! its shard is canceled, and when its worker is gone (`guard`).

mod guard;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::process::{Child, Command, Stdio};

use async_trait::async_trait;
use rehearsal::{MergedCampaign, SavedCampaign, merge_campaigns};

use self::guard::Guard;
use crate::machine::{Look, Machine, MachineError, Running, lines_of};
use crate::request::{End, Report, ShardTask, Standing};
use crate::shards::MergeTask;

/// What the process of a shard writes.
const OUTPUT: &str = "output.txt";

/// The report of a campaign.
const REPORT: &str = "report.txt";

/// How many of its last lines an error has.
const LAST_LINES: usize = 12;

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Processes;

#[async_trait]
impl Machine for Processes {
    async fn start(
        &self,
        id: &str,
        task: &ShardTask,
        before: Option<Standing>,
        first: bool,
    ) -> Result<Box<dyn Running>, MachineError> {
        let folder = shard_folder(id, task)?;
        prepare(&corpus(&task.campaign.folder)?, &folder, before.as_ref(), first)?;
        let mut process = Process { shard: task.shard(), folder, child: None, guard: None };
        // The attempt before may have died when its campaign had ended.
        if !process.standing()?.is_over() {
            let child = process.child.insert(spawn(task, &process.folder)?);
            let guard = Guard::of(child).map_err(|error| system(&process.folder, error))?;
            process.guard = Some(guard);
        }
        Ok(Box::new(process))
    }

    async fn merge(&self, id: &str, task: &MergeTask) -> Result<Report, MachineError> {
        let corpus = corpus(&task.campaign.folder)?;
        let folder = corpus.join(plain(id));
        let merged = folder.join("merged");
        let mut parts = task.parts.clone();
        let tasks = task.campaign.tasks().unwrap_or_default();
        for (part, task) in parts.iter_mut().zip(&tasks) {
            // Of a shard that was not asked, the folder may know.
            if part.standing.saved.is_empty() {
                let folder = shard_folder(id, task)?;
                part.standing = read(&folder)?;
            }
        }
        let written = || -> io::Result<()> {
            fs::create_dir_all(&merged)?;
            for (name, text) in parts.iter().flat_map(|part| &part.standing.saved) {
                fs::write(merged.join(plain(name)), text)?;
            }
            for task in &tasks {
                let folder = folder.join(folder_name(task));
                copy(&folder, &corpus, "case")?;
            }
            Ok(())
        };
        written().map_err(|error| system(&folder, error))?;
        let campaigns = merge_campaigns(&merged)
            .map_err(|failure| MachineError::Unreadable(failure.report().trim_end().to_owned()))?;
        let ended = parts.iter().all(|part| part.end == End::Ended);
        let clean =
            ended && !campaigns.is_empty() && campaigns.iter().all(MergedCampaign::is_clean);
        let text =
            campaigns.iter().map(ToString::to_string).collect::<String>() + &lines_of(&parts);
        fs::write(folder.join(REPORT), &text).map_err(|error| system(&folder, error))?;
        Ok(Report { text, clean })
    }
}

/// The process of a shard.
struct Process {
    shard: String,
    folder: PathBuf,
    /// `None` if there was nothing left to do.
    child: Option<Child>,
    /// What ends it when this worker is gone.
    guard: Option<Guard>,
}

#[async_trait]
impl Running for Process {
    async fn look(&mut self) -> Result<Look, MachineError> {
        let ended = match &mut self.child {
            Some(child) => child.try_wait().map_err(|error| system(&self.folder, error))?,
            None => return Ok(Look::Ended(self.standing()?)),
        };
        let standing = self.standing()?;
        match ended {
            None => Ok(Look::GoesOn(standing)),
            // A test that found something ends with an error, and has said all that there is to say.
            Some(_) if standing.is_over() => Ok(Look::Ended(standing.without_corpus())),
            Some(status) => Err(MachineError::Ended {
                shard: self.shard.clone(),
                status: status.to_string(),
                last: last_lines(&self.folder.join(OUTPUT)),
            }),
        }
    }

    async fn stop(&mut self) -> Standing {
        self.kill();
        self.standing().map(Standing::without_corpus).unwrap_or_default()
    }
}

impl Process {
    fn standing(&self) -> Result<Standing, MachineError> {
        read(&self.folder)
    }

    /// Ends the process and what it has started, such as the test that cargo runs.
    fn kill(&mut self) {
        // First, so that it ends nobody who has the number of this process later.
        self.guard = None;
        let Some(mut child) = self.child.take() else { return };
        if let Ok(Some(_)) = child.try_wait() {
            return;
        }
        #[cfg(unix)]
        {
            let group = format!("-{}", child.id());
            let _gone = Command::new("kill").args(["-KILL", "--", &group]).status();
        }
        // There is nobody left to be told of an error.
        let _gone = child.kill();
        let _ended = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Standing {
    /// Whether there is a campaign, and all have ended.
    fn is_over(&self) -> bool {
        let ended = |text: &String| text.parse().is_ok_and(|it: SavedCampaign| it.has_ended());
        !self.saved.is_empty() && self.saved.values().all(ended)
    }
}

fn spawn(task: &ShardTask, folder: &Path) -> Result<Child, MachineError> {
    // Behind what the attempt before wrote, whose process may live on for a moment where its worker was killed.
    let output = OpenOptions::new().create(true).append(true).open(folder.join(OUTPUT));
    let output = output.map_err(|error| system(folder, error))?;
    let errors = output.try_clone().map_err(|error| system(folder, error))?;
    let campaign = &task.campaign;
    let mut words = campaign.command.iter();
    let program = words.next().map_or("", String::as_str);
    let mut command = Command::new(program);
    command
        .args(words)
        .env("REHEARSAL_BUDGET", &campaign.budget)
        .env("REHEARSAL_SHARD", task.shard())
        .env("REHEARSAL_CAMPAIGN", folder)
        .env("REHEARSAL_CASES", folder.join("failed"))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    if let Some(seed) = campaign.seed {
        command.env("REHEARSAL_SEED", seed.to_string());
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| MachineError::System(program.to_owned(), error))
}

/// Makes the folder of a shard ready: with the corpus if it begins, and with where it stood if that was elsewhere.
fn prepare(
    corpus: &Path,
    folder: &Path,
    before: Option<&Standing>,
    first: bool,
) -> Result<(), MachineError> {
    let failed = |error| system(folder, error);
    fs::create_dir_all(folder).map_err(failed)?;
    let here = read(folder)?;
    for (name, text) in before.iter().flat_map(|before| &before.saved) {
        let made = |text| campaign(name, text).map(|it| it.made());
        let newer = match here.saved.get(name) {
            Some(here) => made(here)? < made(text)?,
            None => true,
        };
        if newer {
            fs::write(folder.join(plain(name)), text).map_err(failed)?;
        }
    }
    if first {
        for (name, text) in &here.saved {
            // What has ended belongs to a campaign before, with the same id. What has not goes on.
            if campaign(name, text)?.has_ended() {
                fs::remove_file(folder.join(name)).map_err(failed)?;
            }
        }
        copy(corpus, folder, "case").map_err(failed)?;
    }
    Ok(())
}

/// The files in a folder that say where campaigns stand, and what that is in words.
fn read(folder: &Path) -> Result<Standing, MachineError> {
    let failed = |error| system(folder, error);
    let mut standing = Standing::default();
    let mut progress = Vec::new();
    for path in files(folder, "campaign").map_err(failed)? {
        let text = fs::read_to_string(&path).map_err(failed)?;
        progress.push(in_words(&campaign(&path.display().to_string(), &text)?));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        standing.saved.insert(name.unwrap_or_default(), text);
    }
    standing.progress = progress.join("; ");
    Ok(standing)
}

/// Where the campaign stands whose file has this name and this text.
fn campaign(name: &str, text: &str) -> Result<SavedCampaign, MachineError> {
    text.parse().map_err(|error| MachineError::Unreadable(format!("{name}: {error}")))
}

/// Where a campaign stands, in words.
fn in_words(campaign: &SavedCampaign) -> String {
    let found = match campaign.findings() {
        0 => String::new(),
        1 => ", 1 finding".to_owned(),
        found => format!(", {found} findings"),
    };
    let (scenario, made, coverage) = (campaign.scenario(), campaign.made(), campaign.coverage());
    format!("{scenario}: {made} runs, coverage {coverage}{found}")
}

/// Copies the files with such a name that are not there.
fn copy(from: &Path, to: &Path, extension: &str) -> io::Result<()> {
    for path in files(from, extension)? {
        if let Some(name) = path.file_name().filter(|name| !to.join(name).exists()) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// The files of a folder with such a name, in the order of their names; none if there is no folder.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|of| of == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn last_lines(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Tests run elsewhere than their worker, so the folder is told in full.
fn corpus(folder: &str) -> Result<PathBuf, MachineError> {
    absolute(folder).map_err(|error| system(Path::new(folder), error))
}

fn shard_folder(id: &str, task: &ShardTask) -> Result<PathBuf, MachineError> {
    Ok(corpus(&task.campaign.folder)?.join(plain(id)).join(folder_name(task)))
}

fn folder_name(task: &ShardTask) -> String {
    format!("shard-{}-{}", task.nth, task.campaign.shards)
}

/// A name that every file system takes.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(plain).collect::<String>().replace("..", "--")
}

fn system(path: &Path, error: io::Error) -> MachineError {
    MachineError::System(path.display().to_string(), error)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const STOPPED: &str =
        "rehearsal campaign 1\nscenario order\nmade 128\ncorpus cancel.0.3=1\nmark b\ngoes on\n";
    const ENDED: &str =
        "rehearsal campaign 1\nscenario order\nmade 500\nmark b\nended all runs are made\n";

    fn standing(text: &str) -> Standing {
        let saved = BTreeMap::from([("order-1-2.campaign".to_owned(), text.to_owned())]);
        Standing { progress: String::new(), saved }
    }

    /// A folder of its own for each test, empty, with a corpus of one case.
    fn folders(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("rehearsal-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("corpus")).unwrap();
        fs::write(root.join("corpus/order-1.case"), "a case").unwrap();
        (root.join("corpus"), root.join("shard"))
    }

    #[test]
    fn a_shard_begins_with_the_corpus_and_goes_on_with_what_is_newest() {
        let (corpus, folder) = folders("newest");
        prepare(&corpus, &folder, None, true).unwrap();
        assert!(folder.join("order-1.case").exists());
        assert_eq!(read(&folder).unwrap(), Standing::default());

        // On another machine than the attempt before.
        prepare(&corpus, &folder, Some(&standing(STOPPED)), false).unwrap();
        assert_eq!(read(&folder).unwrap().progress, "order: 128 runs, coverage 1");
        // On the same machine, which was further than the last heartbeat.
        prepare(&corpus, &folder, Some(&standing(&STOPPED.replace("128", "64"))), false).unwrap();
        assert_eq!(read(&folder).unwrap().saved, standing(STOPPED).saved);
        fs::remove_dir_all(corpus.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_has_ended_is_over_for_a_later_attempt_and_gone_for_a_later_campaign() {
        let (corpus, folder) = folders("over");
        prepare(&corpus, &folder, Some(&standing(ENDED)), false).unwrap();
        assert!(read(&folder).unwrap().is_over() && !standing(STOPPED).is_over());
        prepare(&corpus, &folder, None, true).unwrap();
        assert_eq!(read(&folder).unwrap(), Standing::default());
        fs::remove_dir_all(corpus.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_merge_does_not_need_what_a_campaign_began_with() {
        let without = standing(STOPPED).without_corpus();
        let [text] = without.saved.values().collect::<Vec<_>>()[..] else { panic!("one file") };
        let campaign: SavedCampaign = text.parse().unwrap();
        assert_eq!(campaign, STOPPED.parse::<SavedCampaign>().unwrap().without_corpus());
        assert!(!text.contains("corpus"), "{text}");
        assert_eq!((campaign.made(), campaign.coverage(), campaign.has_ended()), (128, 1, false));
    }

    /// It is no campaign that has made no runs.
    #[test]
    fn a_file_that_is_cut_off_is_named_with_its_line_and_not_overwritten() {
        let (corpus, folder) = folders("cut");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("order-1-2.campaign");
        let cut = STOPPED.trim_end_matches("goes on\n");
        fs::write(&file, cut).unwrap();
        let error = prepare(&corpus, &folder, Some(&standing(STOPPED)), false).unwrap_err();
        let expected = "line 6: expected `ended` or `goes on`, found ``";
        assert_eq!(error.to_string(), format!("{}: {expected}", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), cut);

        // What a heartbeat carried is not guessed at either.
        fs::write(&file, STOPPED).unwrap();
        let error = prepare(&corpus, &folder, Some(&standing(cut)), false).unwrap_err();
        assert_eq!(error.to_string(), format!("order-1-2.campaign: {expected}"));
        fs::remove_dir_all(corpus.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(plain("nightly/26"), "nightly-26");
        assert_eq!(plain("../order-1-2.campaign"), "---order-1-2.campaign");
    }
}
