//! The architecture is a test: which crate may use which, how much they bring
//! along, and what the inner ones must not touch.
//!
//! `ARCHITECTURE.md` says why. Rules about text are in `tidy.rs`.

use std::collections::BTreeSet;
use std::process::Command;

use secgroup_tests::program::workspace;
use serde_json::{Value, json};

use crate::tidy::{File, code_of, tracked};

/// Every package of the workspace with the packages of ours it may use.
const ARROWS: [(&str, &[&str]); 12] = [
    ("secgroup-model", &[]),
    ("secgroup-report", &["secgroup-model"]),
    ("secgroup-ecs", &["secgroup-model", "secgroup-report"]),
    ("secgroup-import", &["secgroup-model", "secgroup-ecs"]),
    ("secgroup-matcher", &["secgroup-model"]),
    ("secgroup-analysis", &["secgroup-model"]),
    ("secgroup-replay", &["secgroup-model", "secgroup-matcher"]),
    ("secgroup-server", &["secgroup-model", "secgroup-ecs"]),
    ("secgroup-gen", &["secgroup-model"]),
    (
        "secgroup-cli",
        &[
            "secgroup-model",
            "secgroup-analysis",
            "secgroup-report",
            "secgroup-ecs",
            "secgroup-gen",
            "secgroup-import",
            "secgroup-matcher",
            "secgroup-replay",
            "secgroup-server",
        ],
    ),
    (
        "secgroup-tests",
        &[
            "secgroup-model",
            "secgroup-analysis",
            "secgroup-report",
            "secgroup-ecs",
            "secgroup-gen",
            "secgroup-import",
            "secgroup-matcher",
            "secgroup-replay",
            "secgroup-server",
        ],
    ),
    (
        "secgroup-benches",
        &[
            "secgroup-model",
            "secgroup-ecs",
            "secgroup-gen",
            "secgroup-import",
            "secgroup-matcher",
            "secgroup-replay",
            "secgroup-server",
        ],
    ),
];

/// What the model may use of others.
const MODEL_MAY_USE: [&str; 2] = ["ipnet", "thiserror"];

/// How many third-party crates may stand under a package, build scripts and
/// macros included, on the machine that tests. The program is counted without
/// its endpoint, which has a budget of its own.
const BUDGETS: [(&str, usize, &[&str]); 3] = [
    ("secgroup-matcher", 25, &[]),
    ("secgroup-cli", 135, &["--prune", "secgroup-server"]),
    ("secgroup-server", 100, &[]),
];

/// What the crates below the program must not do, as their code would write it.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    (
        "crates/secgroup-model/src/",
        &[
            "std::fs",
            "std::io",
            "std::env",
            "std::process",
            "std::thread",
            "std::time",
        ],
    ),
    // Otherwise the two could not be compared.
    ("crates/secgroup-matcher/src/", &["evaluate"]),
    // The same seed gives the same bytes on every platform.
    (
        "crates/secgroup-gen/src/",
        &[
            "std::fs",
            "std::env",
            "std::thread",
            "Instant",
            "SystemTime",
            "f32",
            "f64",
        ],
    ),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn metadata() -> Value {
    let metadata = cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]);
    serde_json::from_str(&metadata).unwrap()
}

/// Returns the names a package depends on, for whatever purpose.
fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    let dependencies = package["dependencies"].as_array().unwrap();
    dependencies
        .iter()
        .map(|used| used["name"].as_str().unwrap())
}

/// Finds arrows that the table does not have.
fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        let ours = dependencies(package).filter(|used| used.starts_with("secgroup-"));
        wrong.extend(
            ours.filter(|used| !allowed.contains(used))
                .map(|used| format!("{name} -> {used}")),
        );
    }
    wrong
}

/// Finds third-party crates that the model must not use.
fn strangers_in_model(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let model = packages
        .iter()
        .filter(|one| one["name"] == "secgroup-model");
    let used = model.flat_map(dependencies);
    used.filter(|used| !MODEL_MAY_USE.contains(used))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_use_only_what_the_table_of_arrows_allows() {
    let package = |name: &str, used: &str| json!({"name": name, "dependencies": [{"name": used}]});
    let planted = json!({"packages": [package("secgroup-model", "secgroup-ecs"),
        package("secgroup-replay", "secgroup-tests"), package("secgroup-utils", "serde"),
        package("secgroup-ecs", "secgroup-model")]});
    assert_eq!(
        wrong_arrows(&planted),
        [
            "secgroup-model -> secgroup-ecs",
            "secgroup-replay -> secgroup-tests",
            "secgroup-utils is not in the table"
        ]
    );
    let metadata = metadata();
    assert_eq!(wrong_arrows(&metadata), [""; 0]);
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(
        packages.len(),
        ARROWS.len(),
        "the table names a package that is gone"
    );
}

#[test]
fn the_model_knows_no_json_and_uses_two_crates_only() {
    let planted = json!({"packages": [{"name": "secgroup-model",
        "dependencies": [{"name": "ipnet"}, {"name": "serde"}]}]});
    assert_eq!(strangers_in_model(&planted), ["serde"]);
    assert_eq!(strangers_in_model(&metadata()), [""; 0]);
}

/// Counts the third-party crates in what `cargo tree` prints.
fn third_party(tree: &str) -> usize {
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    // Ours are shown with their path.
    let others = names.filter(|name| !name.is_empty() && !name.starts_with("secgroup-"));
    others.collect::<BTreeSet<_>>().len()
}

#[test]
fn third_party_crates_stay_within_their_budgets() {
    let planted = "secgroup-matcher v0.1.0 (here)\nipnet v2.12.2\nserde v1.0.0\nipnet v2.12.2 (*)";
    assert_eq!(third_party(planted), 2);
    for (package, budget, options) in BUDGETS {
        let arguments = [
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ];
        let tree = cargo(&[&arguments, options].concat());
        let count = third_party(&tree);
        println!("{count} third-party crates under {package}");
        assert!(
            0 < count && count <= budget,
            "{count} under {package}, at most {budget} allowed"
        );
    }
}

/// Finds what a file of an inner crate must not do.
fn out_of_bounds(file: &File) -> Vec<String> {
    let rules = FORBIDDEN
        .iter()
        .filter(|(folder, _)| file.path.starts_with(folder));
    let words = rules.flat_map(|(_, words)| *words);
    words
        .filter(|word| code_of(&file.text).any(|(_, line)| line.contains(**word)))
        .map(|word| format!("{}: {word}", file.path))
        .collect()
}

#[test]
fn the_model_does_no_io_and_the_matcher_never_asks_the_reference() {
    let planted = |path: &str, text: &str| out_of_bounds(&File::new(path, text));
    let model = "crates/secgroup-model/src/x.rs";
    assert_eq!(planted(model, "use std::time::Instant;").len(), 1);
    assert_eq!(planted(model, "// not std::time").len(), 0);
    let matcher = "crates/secgroup-matcher/src/x.rs";
    assert_eq!(planted(matcher, "let a = evaluate(snapshot);").len(), 1);
    assert_eq!(
        planted("crates/secgroup-cli/src/x.rs", "evaluate(snapshot)").len(),
        0
    );
    let found: Vec<String> = tracked().iter().flat_map(out_of_bounds).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn only_the_program_ends_the_process() {
    let ends = |file: &File| {
        let library = file.path.starts_with("crates/") && !file.path.contains("/secgroup-cli/");
        let mut code = code_of(&file.text);
        library && code.any(|(_, line)| line.contains("process::exit") || line.contains("abort()"))
    };
    let exit = "std::process::exit(1);";
    assert!(ends(&File::new("crates/secgroup-ecs/src/x.rs", exit)));
    assert!(!ends(&File::new("crates/secgroup-cli/src/x.rs", exit)));
    let found: Vec<String> = tracked()
        .into_iter()
        .filter(ends)
        .map(|file| file.path)
        .collect();
    assert_eq!(found, [""; 0]);
}
