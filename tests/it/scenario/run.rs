//! One run of the program, and the files it is given.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secgroup_tests::program::{program, workspace};
use serde_json::Value;
use tempfile::TempDir;

/// The options that name the demo fleet, without the warnings about it.
pub(crate) const DEMO: &str = "-q --config data/demo/fleet.json";

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none if a signal ended the program.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Runs the program in the workspace with the words of `line`.
    pub(crate) fn of(line: &str) -> Self {
        Self::fed(line, b"")
    }

    /// Runs the program with something on standard input.
    pub(crate) fn fed(line: &str, input: &[u8]) -> Self {
        let mut command = Command::new(program());
        command
            .args(line.split_whitespace())
            .current_dir(workspace());
        Self::ended(command, input)
    }

    /// Runs a script whose `$SECGROUP` is the program, in a folder.
    #[cfg(unix)]
    pub(crate) fn shell(folder: &Path, script: &str) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(folder);
        command.env("SECGROUP", program());
        Self::ended(command, b"")
    }

    /// Runs a command to its end.
    pub(crate) fn ended(mut command: Command, input: &[u8]) -> Self {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut standard_input = child.stdin.take().expect("it is piped");
        let input = input.to_vec();
        // The program may end before it has read everything.
        let writer = std::thread::spawn(move || drop(standard_input.write_all(&input)));
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts the exit code; returns the run.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Asserts that standard error has a text; returns the run.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no `{text}`: {self:?}");
        self
    }

    /// Reads standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("one JSON document")
    }
}

/// A temporary folder.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.path().join(name), contents).expect("the folder takes files");
        self.name(name)
    }

    /// Returns the path of a file that need not exist.
    pub(crate) fn name(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// Returns what a file holds.
    pub(crate) fn text(&self, name: &str) -> String {
        let bytes = fs::read(self.path().join(name)).expect("the file is there");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns the names of all files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the folder is there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.expect("the folder can be listed");
            entry.file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Returns the path of a file of the demo data.
pub(crate) fn demo(name: &str) -> PathBuf {
    let path = workspace().join("data/demo").join(name);
    path.canonicalize().expect("the demo data is committed")
}

/// A snapshot of one group and one interface, 10.0.0.1 of `i-web`.
pub(crate) fn one_group(rules: &str) -> String {
    format!(
        r#"{{"SecurityGroups":{{"SecurityGroup":[{{"SecurityGroupId":"sg-web","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Accept",
   "Permissions":{{"Permission":[{rules}]}}}}]}},
 "NetworkInterfaceSets":{{"NetworkInterfaceSet":[{{"NetworkInterfaceId":"eni-web","InstanceId":"i-web","VpcId":"vpc-1",
   "PrivateIpSets":{{"PrivateIpSet":[{{"PrivateIpAddress":"10.0.0.1","Primary":true}}]}},"Ipv6Sets":{{"Ipv6Set":[]}},
   "SecurityGroupIds":{{"SecurityGroupId":["sg-web"]}}}}]}}}}"#
    )
}

/// The rule of the contract's example.
pub(crate) const HTTPS: &str = r#"{"SecurityGroupRuleId":"sgr-1","Direction":"ingress","IpProtocol":"TCP","PortRange":"443/443","SourceCidrIp":"0.0.0.0/0","Policy":"Accept","Priority":10}"#;
