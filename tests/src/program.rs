//! The program under test.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of the program `secgroup`, built as the tests were.
///
/// A package cannot see the programs of another one, so this asks cargo to
/// bring it up to date, once for each run of the tests.
///
/// # Panics
///
/// Panics when the program cannot be built.
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let directory = test.parent().and_then(std::path::Path::parent);
        let directory = directory.expect("tests lie in the `deps` folder of a profile");
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let built = cargo()
            .args([
                "build",
                "--quiet",
                "--package",
                "secgroup-cli",
                // With the features that the tests have, so that little is built.
                "--package",
                "secgroup-tests",
                "--profile",
                profile,
            ])
            .current_dir(workspace())
            .status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "secgroup-cli does not build"
        );
        directory.join(format!("secgroup{}", std::env::consts::EXE_SUFFIX))
    })
}

/// Returns cargo, in the environment that it was started in.
///
/// What it tells tests about their package would otherwise be taken for a change
/// by build scripts that look at it, and all that depends on those be built anew,
/// here and when cargo is started next.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let told = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(told) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Prints a line about a test that must be seen although the test passes;
/// `println!` would be captured.
pub fn report(line: &str) {
    // A closed standard error is no reason to fail.
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Returns the folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns a folder of the shared material, where it lies beside the checkout.
#[must_use]
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared").join(folder);
    path.is_dir().then_some(path)
}
