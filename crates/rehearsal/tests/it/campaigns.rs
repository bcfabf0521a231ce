//! Campaigns: their budgets, shards and folders, and what is left of one that is killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rehearsal::{Case, Choices, Exploration, Scenario, Tape, check, merge_campaigns};

use crate::parcel::{self, SHIP, ship};

fn scenario() -> Scenario {
    parcel::scenario("campaigned").workflow(SHIP, ship)
}

/// Run by the tests below with variables set; alone it has nothing to do.
#[test]
#[expect(clippy::print_stdout, reason = "what the tests below look at")]
fn in_a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let variable = std::env::var("REHEARSAL_TEST_CAMPAIGNS");
    if variable.is_ok() {
        match scenario().try_explore(Exploration::new(40)) {
            Ok(explored) => println!("{explored}"),
            Err(failure) => println!("{failure}"),
        }
    }
}

fn command(variables: &[(&str, &str)]) -> Command {
    test_process("campaigns::in_a_process_of_its_own", variables)
}

/// This test binary, which is to run that one test.
fn test_process(test: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this test"));
    command
        .args([test, "--exact", "--nocapture"])
        .env("REHEARSAL_TEST_CAMPAIGNS", "yes")
        .envs(variables.iter().copied());
    command
}

fn process(variables: &[(&str, &str)]) -> Output {
    command(variables).output().expect("this test can be started")
}

/// What the campaign says with these variables, without the words of the test harness.
fn report(variables: &[(&str, &str)]) -> String {
    let output = process(variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = said.lines().filter(|line| !line.is_empty() && !line.starts_with("test "));
    let lines = lines.filter(|line| !line.starts_with("running "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A folder of its own for each test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("campaigns").join(name);
    let _absent = fs::remove_dir_all(&folder);
    folder
}

/// The cases in a folder.
fn cases(folder: &Path) -> Vec<Case> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let files = entries.map(|entry| entry.expect("a file").path());
    let cases = files.filter(|path| path.extension().is_some_and(|of| of == "case"));
    let read = |path: PathBuf| fs::read_to_string(&path).expect("a text").parse();
    cases.map(|path| read(path).expect("a whole case")).collect()
}

#[test]
fn a_budget_replaces_what_the_test_asks_for_and_is_told_of() {
    assert!(report(&[]).starts_with("40 runs from seed "));
    let output = process(&[("REHEARSAL_BUDGET", "300")]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("300 runs from seed "));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("campaigned: 128 of 300 runs, "), "{told}");
    assert!(told.contains("campaigned: 300 runs in "), "{told}");

    // A budget of time ends it where it is, and it is said why.
    let said = report(&[("REHEARSAL_BUDGET", "1s")]);
    assert!(said.contains("ended there: the time is up"), "{said}");
}

#[test]
fn a_value_that_cannot_be_read_is_one_clear_error() {
    let damaged = folder("damaged");
    fs::create_dir_all(&damaged).unwrap();
    fs::write(damaged.join("campaigned-1.case"), "rehearsal case 1\nharness 0.1.0\nscenario")
        .unwrap();
    let cut = folder("cut");
    fs::create_dir_all(&cut).unwrap();
    fs::write(cut.join("campaigned.campaign"), "rehearsal campaign 1\nseed 7\n").unwrap();

    let said = [
        report(&[("REHEARSAL_BUDGET", "soon")]),
        report(&[("REHEARSAL_SHARD", "17/16")]),
        report(&[("REHEARSAL_CAMPAIGN", damaged.to_str().unwrap())]),
        report(&[("REHEARSAL_CAMPAIGN", cut.to_str().unwrap())]),
    ];
    let root = env!("CARGO_TARGET_TMPDIR");
    insta::assert_snapshot!(said.concat().replace(root, "TMP"), @"
    RH502  REHEARSAL_BUDGET=soon could not be read: expected a number of runs such as `5000`, or a time such as `90s`, `10m` or `2h`, above 0
    RH502  REHEARSAL_SHARD=17/16 could not be read: expected a shard such as `3/16`, with a first number from 1 to the second, and that at most 16
    RH502  corpus: TMP/campaigns/damaged/campaigned-1.case could not be read: line 4: expected `tape`, found ``
    RH502  corpus: TMP/campaigns/cut/campaigned.campaign could not be read: line 3: expected `ended` or `goes on`, found ``
    ");
    let failure = merge_campaigns(&cut).unwrap_err();
    assert!(failure.report().contains("campaigned.campaign"), "{failure}");
}

#[test]
fn a_campaign_that_is_killed_leaves_what_can_be_used_and_goes_on() {
    let (corpus, kept) = (folder("killed-corpus"), folder("killed-cases"));
    let folders = [
        ("REHEARSAL_CAMPAIGN", corpus.to_str().unwrap()),
        ("REHEARSAL_CASES", kept.to_str().unwrap()),
    ];
    let with = |budget: &str| -> Vec<(&str, String)> {
        let folders = folders.iter().map(|(name, folder)| (*name, (*folder).to_owned()));
        folders.chain([("REHEARSAL_BUDGET", budget.to_owned())]).collect()
    };
    let variables = with("1000000");
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut child = command(&variables)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test can be started");
    let told = BufReader::new(child.stderr.take().expect("it is piped"));
    let line = told.lines().map(|line| line.expect("a text")).find(|line| line.contains(" runs, "));
    assert!(line.expect("it tells how far it is").starts_with("campaigned: 128 of 1000000 runs"));
    // On Unix this is SIGKILL: nothing of the process runs after it.
    child.kill().expect("it runs");
    child.wait().expect("it is gone");

    let [stopped] = merge_campaigns(&corpus).expect("it is whole").try_into().expect("one");
    let made = stopped.made();
    assert!(made >= 128 && made % 128 == 0 && !stopped.is_clean(), "{stopped}");
    assert!(stopped.to_string().contains("was stopped"), "{stopped}");
    let learned = cases(&corpus);
    assert!(learned.len() > 5, "{learned:?}");
    // The run that went on, if one did just then, and those of the corpus.
    for case in cases(&kept).iter().chain(&learned) {
        assert!(scenario().try_case(case).is_ok(), "{case}");
    }

    let budget = (made + 256).to_string();
    let variables = with(&budget);
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let output = process(&variables);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(&format!("campaigned: {} of {budget} runs, ", made + 128)), "{told}");
    let went_on = String::from_utf8_lossy(&output.stdout).into_owned();
    let never_stopped = report(&[("REHEARSAL_BUDGET", &budget)]);
    assert!(went_on.contains(never_stopped.trim_end()), "{went_on}\n{never_stopped}");
    let [whole] = merge_campaigns(&corpus).expect("it is whole").try_into().expect("one");
    assert!(whole.is_clean(), "{whole}");

    // What has ended does not go on: it is another campaign, and begins with what this one has learned.
    let again = report(&variables);
    assert!(again.starts_with(&format!("{budget} runs from seed ")), "{again}");
}

#[test]
fn shards_are_put_together_again() {
    let corpus = folder("shards");
    let of = |shard| {
        report(&[
            ("REHEARSAL_CAMPAIGN", corpus.to_str().unwrap()),
            ("REHEARSAL_BUDGET", "300"),
            ("REHEARSAL_SHARD", shard),
        ])
    };
    insta::assert_snapshot!(of("1/2"));
    let [half] = merge_campaigns(&corpus).expect("it is whole").try_into().expect("one");
    assert!(!half.is_clean() && half.to_string().contains("1 shards are not there"), "{half}");
    of("2/2");
    let [whole] = merge_campaigns(&corpus).expect("both are whole").try_into().expect("one");
    assert_eq!((whole.made(), whole.is_clean()), (300, true));
    insta::assert_snapshot!(whole.to_string().replace("    ", " "));
}

#[test]
fn an_exploration_that_sees_nothing_new_says_so() {
    let explored = scenario().try_explore(Exploration::new(100_000).until_settled(200)).unwrap();
    assert!(explored.made() < 20_000, "{explored}");
    assert!(explored.to_string().contains("ended there: 200 runs saw nothing new"), "{explored}");
    assert!(explored.coverage().len() > 20);
}

/// Two things are wrong with it.
fn wrong() -> Scenario {
    let never = |what: &'static str, kind: &'static str| {
        check::always(what, move |outcome| {
            let struck = outcome.tape.iter().any(|(key, _)| key.kind.to_string() == kind);
            if struck { Err(format!("a run with {kind}")) } else { Ok(()) }
        })
    };
    scenario().check(never("no end is lost", "report")).check(never("no worker dies", "die"))
}

#[test]
fn a_campaign_that_goes_on_reports_each_thing_once() {
    let failure = wrong().try_explore(Exploration::new(400).past_findings()).unwrap_err();
    insta::assert_snapshot!(failure.report());
    let codes: Vec<&str> = failure.findings().iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["RH900", "RH900"]);
    // Without the option it ends at the first.
    let first = wrong().try_explore(Exploration::new(400)).unwrap_err();
    assert_eq!(first.findings().len(), 1, "{first}");
}

/// Run by the test below with variables set.
#[test]
#[expect(clippy::print_stdout, reason = "what the test below looks at")]
fn wrong_in_a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "set by a test for its child process")]
    let variable = std::env::var("REHEARSAL_TEST_CAMPAIGNS");
    if variable.is_ok() {
        println!("{}", wrong().try_explore(Exploration::new(40)).unwrap_err());
    }
}

#[test]
fn with_a_budget_all_that_is_wrong_is_kept_and_merged() {
    let (corpus, kept) = (folder("wrong-corpus"), folder("wrong-cases"));
    for shard in ["1/2", "2/2"] {
        let variables = [
            ("REHEARSAL_CAMPAIGN", corpus.to_str().unwrap()),
            ("REHEARSAL_CASES", kept.to_str().unwrap()),
            ("REHEARSAL_BUDGET", "300"),
            ("REHEARSAL_SHARD", shard),
        ];
        let output = test_process("campaigns::wrong_in_a_process_of_its_own", &variables).output();
        let output = output.expect("this test can be started");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("2 things are wrong, found in "), "{said}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(", 2 findings, "), "{told}");
    }
    // One code, and two cases, which both shards have found. None of them is in the place of another.
    let cases = cases(&kept);
    assert_eq!(cases.len(), 4, "{cases:?}");
    assert!(kept.join("campaigned-2-2-RH900-2.case").exists());
    for case in &cases {
        assert!(wrong().try_case(case).is_err(), "{case}");
    }
    let [whole] = merge_campaigns(&corpus).expect("both are whole").try_into().expect("one");
    assert_eq!((whole.made(), whole.is_clean()), (300, false));
    insta::assert_snapshot!(whole.to_string());
}

#[test]
fn a_corpus_gets_rid_of_what_nobody_needs() {
    let corpus = folder("small-corpus");
    let run =
        || report(&[("REHEARSAL_CAMPAIGN", corpus.to_str().unwrap()), ("REHEARSAL_BUDGET", "300")]);
    run();
    let learned = cases(&corpus);
    // The same runs again, and a few of them do what several others do together.
    fs::write(
        corpus.join("campaigned-calm.case"),
        Case::new("campaigned", Choices::Tape(Tape::calm())).to_string(),
    )
    .unwrap();
    fs::write(
        corpus.join("other.case"),
        Case::new("other", Choices::Tape(Tape::calm())).to_string(),
    )
    .unwrap();
    run();
    assert!(!corpus.join("campaigned-calm.case").exists(), "the calm run is made anyway");
    assert!(corpus.join("other.case").exists(), "what belongs to others stays");
    let left = cases(&corpus);
    assert!(learned.iter().any(|case| !left.contains(case)), "{} of {}", left.len(), learned.len());
    assert!(learned.iter().any(|case| left.contains(case)), "{} of {}", left.len(), learned.len());
}
