//! What the command line says: in the form of the test server, or in that of the dev server.
//!
//! | form | who starts a server so |
//! |---|---|
//! | `PORT [--enable-time-skipping]` | the test environments of Python, TypeScript, .NET, Ruby, PHP, by an option for the path |
//! | `server start-dev --port PORT ..` | `testsuite.StartDevServer` of Go, `start_local` of Rust, Java |
//!
//! What only concerns a server that keeps data or has a page to show is read and not heeded: each such argument is named in
//! `IGNORED` below.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;

use rehearsal::Tape;
use rehearsal_history::{SearchType, SmolStr};
use rehearsal_remote::Activities;

use crate::plan::{NoSuchCheck, Plan};

/// How to use the server.
pub const USAGE: &str = "\
usage: rehearsal-server PORT [--enable-time-skipping] [OPTIONS]
       rehearsal-server server start-dev [--port PORT] [--ip ADDRESS] [OPTIONS]

  PORT                      0 for a free one, which is printed
  --ip ADDRESS              listen there; 127.0.0.1 unless it is said, and no other than a loopback address without
                            --anyone
  --anyone                  listen also where others than this machine can connect
  --port PORT               of the dev server: 7233 unless it is said
  --namespace NAME          one more namespace beside `default`
  --search-attribute N=TYPE a search attribute: Keyword, Text, Int, Double, Bool, Datetime or KeywordList
  --lock-time               time runs as on the wall until a client unlocks it

  --sweep                   before a client is told a result, cancel the workflow at every point, by the same workers
  --check NAME=ACTIVITY     with --sweep: cleanup-iff-canceled=A, compensated=STEP:UNDO,
                            compensated-at-least-once=STEP:UNDO or finally=A:B must hold in every run
  --fail                    with --sweep: what is found is told in place of the result
  --report FILE             with --sweep: the report, also as far as it is known while the sweep goes on
  --activities WHO          with --sweep: `recorded`, who do what they did before the sweep, unless it is said; or `real`,
                            the worker
  --faults                  with --sweep: also each fault once, wherever one can strike: a worker that dies or is away, an
                            answer that is lost, late or comes twice, a lost heartbeat, a lost cache
  --explore N               with --sweep: then N runs more, in other orders, with cancels and faults
  --seed N                  with --explore: other runs than those that go with the type of the workflow
  --only TAPE               with --sweep: this one run alone, as a report names it";

/// Options of other servers that say nothing to this one, with a value.
const IGNORED: &[&str] = &[
    "--db-filename",
    "--dynamic-config-value",
    "--http-port",
    "--log-config",
    "--log-format",
    "--log-level",
    "--metrics-port",
    "--sqlite-pragma",
    "--ui-asset-path",
    "--ui-codec-endpoint",
    "--ui-ip",
    "--ui-port",
    "--ui-public-path",
];

/// The same, without one.
const IGNORED_SWITCHES: &[&str] = &["--headless", "--log-config"];

/// Why a command line cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArguments {
    /// Neither of the two forms.
    #[error("expected a port or `server start-dev`, found `{found}`")]
    Form {
        /// What stands there.
        found: String,
    },
    /// There is no such option.
    #[error("there is no option `{option}`")]
    Unknown {
        /// The option.
        option: String,
    },
    /// An option has no value.
    #[error("`{option}` without a value")]
    NoValue {
        /// The option.
        option: String,
    },
    /// The value of an option cannot be meant.
    #[error("`{option}`: expected {expected}, found `{found}`")]
    Value {
        /// The option.
        option: String,
        /// What could stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// There is no such check.
    #[error(transparent)]
    Check(#[from] NoSuchCheck),
    /// An option says something of what another one asks for, which is not there.
    #[error("`{option}` without `{of}`")]
    Without {
        /// The option.
        option: String,
        /// The other one.
        of: &'static str,
    },
    /// The address is not one of this machine alone.
    #[error("`{ip}` is no loopback address: others could connect; say `--anyone` if they may")]
    NotLoopback {
        /// The address.
        ip: IpAddr,
    },
}

/// What the command line says.
///
/// # Examples
///
/// ```
/// use rehearsal_server::Arguments;
///
/// let arguments = Arguments::parse(["7233", "--enable-time-skipping"])?;
/// assert_eq!(arguments.address.to_string(), "127.0.0.1:7233");
/// assert!(!arguments.locked);
/// # Ok::<(), rehearsal_server::BadArguments>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// Where to listen.
    pub address: SocketAddr,
    /// Whether time is locked at first: it runs as on the wall.
    pub locked: bool,
    /// The namespaces that there are.
    pub namespaces: Vec<SmolStr>,
    /// The search attributes that there are, beside those of every server.
    pub search_attributes: Vec<(SmolStr, SearchType)>,
    /// What is rehearsed before a client is told a result; nothing, if there is no plan.
    pub plan: Option<Plan>,
}

impl Arguments {
    /// A server of this address alone.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            locked: false,
            namespaces: vec![SmolStr::new_static("default")],
            search_attributes: Vec::new(),
            plan: None,
        }
    }

    /// Reads a command line, without the name of the program.
    ///
    /// A test server without `--enable-time-skipping` has its time locked, as the Java test server; a dev server has not: a
    /// wait for a result moves time.
    ///
    /// # Errors
    ///
    /// [`BadArguments`] names the argument.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, BadArguments> {
        let mut words = words.into_iter();
        let form = words.next().unwrap_or_default();
        let (mut port, mut locked) = match form {
            "server" => {
                let next = words.next().unwrap_or_default();
                if next != "start-dev" {
                    return Err(BadArguments::Form { found: format!("server {next}") });
                }
                (7233, false)
            }
            form => {
                let port =
                    form.parse().map_err(|_| BadArguments::Form { found: form.to_owned() })?;
                (port, true)
            }
        };
        let (mut ip, mut anyone) = (IpAddr::V4(Ipv4Addr::LOCALHOST), false);
        let mut read = Self::at(SocketAddr::new(ip, port));
        let (mut sweep, mut plan, mut of_sweep) = (false, Plan::default(), None);
        while let Some(word) = words.next() {
            let (option, joined) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value)),
                _ => (word, None),
            };
            let mut value = || {
                let no_value = || BadArguments::NoValue { option: option.to_owned() };
                joined.or_else(|| words.next()).ok_or_else(no_value)
            };
            match option {
                "--enable-time-skipping" => locked = false,
                "--lock-time" => locked = true,
                "--anyone" => anyone = true,
                "--ip" => ip = typed(option, "an address", value()?)?,
                "--port" | "-p" => port = typed(option, "a port", value()?)?,
                "--namespace" | "-n" => {
                    let name = SmolStr::from(value()?);
                    if !read.namespaces.contains(&name) {
                        read.namespaces.push(name);
                    }
                }
                "--sweep" => sweep = true,
                "--search-attribute" => read.search_attributes.push(attribute(option, value()?)?),
                _ if IGNORED_SWITCHES.contains(&option) => {}
                _ if IGNORED.contains(&option) => drop(value()?),
                _ if is_of_sweep(&mut plan, option, &mut value)? => {
                    of_sweep.get_or_insert(option);
                }
                _ => return Err(BadArguments::Unknown { option: option.to_owned() }),
            }
        }
        if !anyone && !ip.is_loopback() {
            return Err(BadArguments::NotLoopback { ip });
        }
        read.address = SocketAddr::new(ip, port);
        read.locked = locked;
        if let Some(option) = of_sweep.filter(|_| !sweep) {
            return Err(BadArguments::Without { option: option.to_owned(), of: "--sweep" });
        }
        if plan.seed.is_some() && plan.explore.is_none() {
            return Err(BadArguments::Without { option: "--seed".to_owned(), of: "--explore" });
        }
        read.plan = sweep.then_some(plan);
        Ok(read)
    }
}

/// Reads an option that says how a sweep is made, and means nothing without one; whether it is one.
fn is_of_sweep<'a>(
    plan: &mut Plan,
    option: &str,
    value: &mut impl FnMut() -> Result<&'a str, BadArguments>,
) -> Result<bool, BadArguments> {
    match option {
        "--activities" => plan.activities = activities(option, value()?)?,
        "--check" => plan.checks.push(value()?.parse()?),
        "--explore" => {
            let runs: NonZeroU32 = typed(option, "a number of runs above 0", value()?)?;
            plan.explore = Some(runs);
        }
        "--fail" => plan.fail = true,
        "--faults" => plan.faults = true,
        "--only" => plan.only = Some(typed::<Tape>(option, "a tape", value()?)?),
        "--report" => plan.report = Some(value()?.into()),
        "--seed" => plan.seed = Some(typed(option, "a number", value()?)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn typed<T: FromStr>(option: &str, expected: &'static str, found: &str) -> Result<T, BadArguments> {
    found.parse().map_err(|_| BadArguments::Value {
        option: option.to_owned(),
        expected,
        found: found.to_owned(),
    })
}

fn activities(option: &str, found: &str) -> Result<Activities, BadArguments> {
    match found {
        "recorded" => Ok(Activities::Recorded),
        "real" => Ok(Activities::Real),
        _ => Err(BadArguments::Value {
            option: option.to_owned(),
            expected: "`recorded` or `real`",
            found: found.to_owned(),
        }),
    }
}

fn attribute(option: &str, found: &str) -> Result<(SmolStr, SearchType), BadArguments> {
    let wrong = || BadArguments::Value {
        option: option.to_owned(),
        expected: "NAME=TYPE",
        found: found.to_owned(),
    };
    let (name, kind) = found.split_once('=').ok_or_else(wrong)?;
    let kind = match kind {
        "Keyword" => SearchType::Keyword,
        "Text" => SearchType::Text,
        "Int" => SearchType::Int,
        "Double" => SearchType::Double,
        "Bool" => SearchType::Bool,
        "Datetime" => SearchType::Datetime,
        "KeywordList" => SearchType::KeywordList,
        _ => return Err(wrong()),
    };
    Ok((name.into(), kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(line: &str) -> Arguments {
        Arguments::parse(line.split_whitespace()).unwrap()
    }

    #[track_caller]
    fn refused(line: &str) -> String {
        Arguments::parse(line.split_whitespace()).unwrap_err().to_string()
    }

    #[test]
    fn both_forms_are_read() {
        let test = read("4711");
        assert_eq!((test.address.to_string().as_str(), test.locked), ("127.0.0.1:4711", true));
        assert!(!read("4711 --enable-time-skipping").locked);

        let dev = read(
            "server start-dev --ip 127.0.0.1 --port 99 --namespace shop --headless --log-level error \
             --dynamic-config-value a=b --search-attribute Color=Keyword",
        );
        assert_eq!((dev.address.to_string().as_str(), dev.locked), ("127.0.0.1:99", false));
        assert_eq!(dev.namespaces, ["default", "shop"]);
        assert_eq!(dev.search_attributes, [("Color".into(), SearchType::Keyword)]);
        assert_eq!(read("server start-dev --port=12 --log-format=json").address.port(), 12);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let all = [
            refused(""),
            refused("server stop"),
            refused("4711 --sweeep"),
            refused("4711 --ip"),
            refused("4711 --ip 0.0.0.0"),
            refused("4711 --search-attribute Color=Blue"),
            refused("server start-dev --port 70000"),
            refused("4711 --fail"),
            refused("4711 --faults"),
            refused("4711 --sweep --seed 7"),
            refused("4711 --sweep --explore 0"),
            refused("4711 --sweep --explore 5 --seed many"),
            refused("4711 --sweep --only nonsense"),
            refused("4711 --sweep --check cleanup=Refund"),
            refused("4711 --sweep --activities fake"),
        ]
        .join("\n");
        insta::assert_snapshot!(all, @r"
        expected a port or `server start-dev`, found ``
        expected a port or `server start-dev`, found `server stop`
        there is no option `--sweeep`
        `--ip` without a value
        `0.0.0.0` is no loopback address: others could connect; say `--anyone` if they may
        `--search-attribute`: expected NAME=TYPE, found `Color=Blue`
        `--port`: expected a port, found `70000`
        `--fail` without `--sweep`
        `--faults` without `--sweep`
        `--seed` without `--explore`
        `--explore`: expected a number of runs above 0, found `0`
        `--seed`: expected a number, found `many`
        `--only`: expected a tape, found `nonsense`
        no check `cleanup=Refund`: there are cleanup-iff-canceled=ACTIVITY, compensated=STEP:UNDO, compensated-at-least-once=STEP:UNDO and finally=ACTIVITY:ACTIVITY
        `--activities`: expected `recorded` or `real`, found `fake`
        ");
        assert!(read("4711 --ip 0.0.0.0 --anyone").address.ip().is_unspecified());
    }

    #[test]
    fn a_sweep_has_a_plan() {
        assert_eq!(read("4711").plan, None);
        assert_eq!(read("4711 --sweep").plan, Some(Plan::default()));
        let line = "server start-dev --fail --sweep --report out.txt --check finally=Lock:Unlock \
                    --check=cleanup-iff-canceled=Cleanup --only=cancel.0.3=1 --activities real \
                    --faults --explore 500 --seed=7";
        let plan = read(line).plan.unwrap();
        assert!(plan.fail);
        assert!(plan.faults);
        assert_eq!((plan.explore.map(NonZeroU32::get), plan.seed), (Some(500), Some(7)));
        assert_eq!(plan.activities, Activities::Real);
        assert_eq!(plan.checks.len(), 2);
        assert_eq!(plan.report.as_deref(), Some("out.txt".as_ref()));
        assert_eq!(plan.only.unwrap().to_string(), "cancel.0.3=1");
    }

    #[test]
    fn the_usage_names_every_option_of_ours() {
        for option in [
            "--ip",
            "--anyone",
            "--port",
            "--namespace",
            "--search-attribute",
            "--lock-time",
            "--sweep",
            "--activities",
            "--check",
            "--fail",
            "--faults",
            "--explore",
            "--seed",
            "--report",
            "--only",
        ] {
            assert!(USAGE.contains(option), "{option}");
        }
    }
}
