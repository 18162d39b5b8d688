//! Alibaba's own SDKs against the running program.
//!
//! The scripts in `tests/clients` do the checking; each is run against a fresh
//! server of either profile. What they need is installed from the ordinary
//! registries into `target/clients`, and again only when the pins change. Where
//! that cannot be done a test says so and passes; with
//! `SECGROUP_REQUIRE_CLIENTS=1` it fails.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::scenario::run::Folder;
use secgroup_tests::program::{program, report, workspace};

/// How long an installation may take; it takes about a minute.
const INSTALLATION: Duration = Duration::from_secs(600);

/// How long a script may take; it takes seconds. An SDK that repeats a call
/// after a wrong answer would go on for longer.
const SCRIPT: Duration = Duration::from_secs(120);

/// Each script makes more checks than this.
const FEWEST_CHECKS: usize = 300;

/// Where a virtual environment has its programs.
const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

#[test]
fn the_python_sdk_tea_gets_what_it_expects() {
    drive("tea.py", python(), |folder| {
        Command::new(folder.join(PROGRAMS).join("python"))
    });
}

#[test]
fn the_older_python_sdk_gets_what_it_expects() {
    drive("classic.py", python(), |folder| {
        Command::new(folder.join(PROGRAMS).join("python"))
    });
}

#[test]
fn the_sdks_for_node_get_what_they_expect() {
    drive("sdk.js", &node(), |folder| {
        let mut command = Command::new("node");
        command.env("NODE_PATH", folder.join("node_modules"));
        command
    });
}

#[test]
fn the_script_of_the_readme_prints_accept() {
    let folder = match python() {
        Ok(folder) => folder,
        Err(why) => return skipped("the script of README.md", why),
    };
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, script) = readme
        .split_once("```python\n")
        .expect("README.md has a script");
    let (script, _) = script.split_once("```").expect("the script ends");
    assert!(
        script.lines().filter(|line| !line.is_empty()).count() <= 13,
        "it is short"
    );
    let fleet = workspace()
        .join("data/demo/fleet.json")
        .canonicalize()
        .unwrap();
    let server = Server::with(&["--config", fleet.to_str().unwrap()]);
    // As printed, but for the port.
    let printed = script.replace("127.0.0.1:8181", &server.endpoint);
    assert_ne!(printed, script, "it names the endpoint");
    let mut command = Command::new(folder.join(PROGRAMS).join("python"));
    command.args(["-c", &printed]);
    let said = run(&mut command, SCRIPT).unwrap_or_else(|said| panic!("{said}\n{}", server.log()));
    assert_eq!(said, "accept\n");
}

/// The folder where something is installed, or why it is not.
type Installed = Result<PathBuf, String>;

/// Says that a script cannot be run here, which is a fault where it must be.
#[track_caller]
fn skipped(script: &str, why: &str) {
    let required = env::var_os("SECGROUP_REQUIRE_CLIENTS").is_some_and(|set| set == "1");
    assert!(!required, "what {script} needs is not installed: {why}");
    report(&format!(
        "{script} skipped, what it needs is not installed: {why}"
    ));
}

/// Runs a script against a server of either profile.
#[track_caller]
fn drive(script: &str, installed: &Installed, interpreter: impl Fn(&Path) -> Command) {
    let folder = match installed {
        Ok(folder) => folder,
        Err(why) => return skipped(script, why),
    };
    for profile in ["seed", "current"] {
        let server = Server::start(profile);
        let mut command = interpreter(folder);
        command.arg(clients().join(script));
        command.args([&server.endpoint, "testId", "testSecret", profile]);
        command.arg(server.ca_file());
        command.env("NODE_EXTRA_CA_CERTS", server.ca_file());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        // The server is on this machine, where no proxy leads.
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        let result = run(&mut command, SCRIPT);
        let said = match &result {
            Ok(said) | Err(said) => said,
        };
        let context = || format!("{script}, profile {profile}: {said}\n{}", server.log());
        assert!(result.is_ok(), "{}", context());
        let last = said.lines().last().unwrap_or_default();
        let checks = last.strip_suffix(" checks passed");
        let checks: Option<usize> = checks.and_then(|number| number.parse().ok());
        let enough = checks.is_some_and(|checks| FEWEST_CHECKS < checks);
        assert!(enough, "few checks were made: {}", context());
    }
}

/// The folder of the scripts.
fn clients() -> PathBuf {
    workspace().join("tests/clients")
}

/// Returns the virtual environment with both SDKs for Python, which two tests
/// share.
fn python() -> &'static Installed {
    static PYTHON: OnceLock<Installed> = OnceLock::new();
    PYTHON.get_or_init(|| {
        install("python", "python3", &["requirements.txt"], |folder| {
            let mut command = Command::new("python3");
            run(command.args(["-m", "venv"]).arg(folder), INSTALLATION)?;
            let mut command = Command::new(folder.join(PROGRAMS).join("python"));
            command.args(["-m", "pip", "install", "--quiet", "--no-input"]);
            command.args(["--disable-pip-version-check", "--retries=1", "--timeout=20"]);
            command.arg("--requirement");
            command.arg(clients().join("requirements.txt"));
            run(&mut command, INSTALLATION)
        })
    })
}

/// Returns the folder with the SDKs for Node.js in its `node_modules`.
fn node() -> Installed {
    let pins = ["package.json", "package-lock.json"];
    install("node", "node", &pins, |folder| {
        for name in pins {
            fs::copy(clients().join(name), folder.join(name)).unwrap();
        }
        let mut command = Command::new("npm");
        // None of the packages needs its scripts.
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        command.args(["--fetch-retries=1", "--fetch-timeout=20000"]);
        run(command.current_dir(folder), INSTALLATION)
    })
}

/// Fills a folder of `target/clients`, unless it was filled with what the files
/// `pins` and the version of the interpreter say.
fn install(
    name: &str,
    interpreter: &str,
    pins: &[&str],
    fill: impl FnOnce(&Path) -> Result<String, String>,
) -> Installed {
    let mut wanted = run(Command::new(interpreter).arg("--version"), SCRIPT)?;
    for pin in pins {
        wanted += &fs::read_to_string(clients().join(pin)).unwrap();
    }
    let target = program().ancestors().nth(2).unwrap().join("clients");
    fs::create_dir_all(&target).unwrap();
    // Another run of the tests may want to fill the same folder.
    let lock = File::create(target.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let folder = target.join(name);
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir(&folder).unwrap();
    fill(&folder)?;
    fs::write(stamp, wanted).unwrap();
    Ok(folder)
}

/// Runs a command for so long at most; returns what it said, as an error unless
/// it succeeded.
fn run(command: &mut Command, longest: Duration) -> Result<String, String> {
    let mut output = tempfile::tempfile().unwrap();
    let copy = || output.try_clone().unwrap();
    command.stdin(Stdio::null()).stdout(copy()).stderr(copy());
    let child = command.spawn();
    let mut child =
        child.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let start = Instant::now();
    let ended = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status
                .success()
                .then_some(())
                .ok_or_else(|| status.to_string());
        }
        if longest < start.elapsed() {
            child.kill().unwrap();
            child.wait().unwrap();
            break Err(format!("not done after {longest:?}"));
        }
        thread::sleep(Duration::from_millis(20));
    };
    let mut said = Vec::new();
    output.rewind().unwrap();
    output.read_to_end(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said).into_owned();
    match ended {
        Ok(()) => Ok(said),
        Err(how) => Err(format!("{how}\n{said}")),
    }
}

/// A running `secgroup serve`, which ends with this.
struct Server {
    child: Child,
    endpoint: String,
    folder: Folder,
}

impl Server {
    fn start(profile: &str) -> Self {
        let profile = format!("profile={profile}");
        Self::with(&["--access-key", "testId:testSecret", "--set", &profile])
    }

    fn with(arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(program());
        command.args(["serve", "--listen", "127.0.0.1:0", "--ca-file", "ca.pem"]);
        command.args(arguments).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(log).spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let endpoint = line.trim_end().strip_prefix("listening on http://");
        let server = Self {
            child,
            endpoint: endpoint.unwrap_or_default().to_owned(),
            folder,
        };
        assert!(endpoint.is_some(), "{line:?}: {}", server.log());
        server
    }

    fn ca_file(&self) -> String {
        self.folder.name("ca.pem")
    }

    /// Returns the end of what the server wrote, a line for each request.
    fn log(&self) -> String {
        let log = self.folder.text("log");
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the script has noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
