//! Rules about the text of this repository that no compiler checks.
//!
//! Each rule is a function from a file to complaints. Before it is applied to
//! the files it must find a planted violation, so that no rule can rot into
//! one that never fails. Words that rules look for are written in two pieces
//! here, because this file is looked at, too.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use secgroup_tests::corpus::{clauses, examples};
use secgroup_tests::program::workspace;

/// The greatest number of lines of a source file.
const MOST_LINES: usize = 600;

/// Module names that say nothing and attract everything.
const GRAB_BAGS: [&str; 5] = ["utils", "util", "common", "types", "helpers"];

/// The statement of the law that code cites.
const SEMANTICS: &str = "docs/semantics.md";

/// A text file of the repository.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn is_document(&self) -> bool {
        self.path.ends_with(".md")
    }
}

/// Returns the text files that git tracks, or would if they were added.
pub(crate) fn tracked() -> Vec<File> {
    let listed = Command::new("git")
        // A checkout of another user is listed, too.
        .args(["-c", "safe.directory=*"])
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let paths = String::from_utf8(listed.stdout).unwrap();
    let paths: BTreeSet<&str> = paths.split_terminator('\0').collect();
    let files = paths.into_iter().filter_map(|path| {
        // Binary files are no text, and a deleted file is still listed.
        let text = fs::read_to_string(workspace().join(path)).ok()?;
        (!text.contains('\0')).then(|| File::new(path, &text))
    });
    let files: Vec<File> = files.collect();
    assert!(
        files.len() > 50,
        "only {} text files are tracked",
        files.len()
    );
    files
}

/// Returns the numbered lines of a source without their comments.
pub(crate) fn code_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines());
    lines.map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
}

/// Returns the numbered comments of a source.
fn comments_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(number, line)| Some((number, line.split_once("//")?.1)))
}

/// Applies a rule to every file, after it has found the planted violation and
/// passed the harmless file.
#[track_caller]
fn hold(rule: impl Fn(&File) -> Vec<String>, planted: (&str, &str), harmless: (&str, &str)) {
    let try_on = |(path, text): (&str, &str)| rule(&File::new(path, text));
    assert_ne!(
        try_on(planted),
        [""; 0],
        "the rule does not find what was planted"
    );
    assert_eq!(
        try_on(harmless),
        [""; 0],
        "the rule complains about what is fine"
    );
    let found: Vec<String> = tracked().iter().flat_map(rule).collect();
    assert!(
        found.is_empty(),
        "{} violations:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// Complains about lines that hold one of `words`.
fn lines_with<'a>(
    path: &str,
    lines: impl Iterator<Item = (usize, &'a str)>,
    words: &[&str],
) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in lines {
        let words = words.iter().filter(|word| line.contains(**word));
        found.extend(words.map(|word| format!("{path}:{number}: {word}")));
    }
    found
}

#[test]
fn nothing_is_left_to_do_and_nothing_prints_for_debugging() {
    const WORDS: [&str; 5] = [
        concat!("dbg", "!("),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    let rule = |file: &File| {
        let source = file.is_rust() || file.path.ends_with(".toml") || file.path == ".ci/run";
        if !source {
            return Vec::new();
        }
        lines_with(&file.path, (1..).zip(file.text.lines()), &WORDS)
    };
    hold(rule, ("a.rs", WORDS[4]), ("a.rs", "//! What to do."));
}

#[test]
fn no_module_is_a_grab_bag_or_a_mod_file() {
    let rule = |file: &File| {
        if !file.is_rust() {
            return Vec::new();
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let bag = |name: &str| GRAB_BAGS.contains(&name) || name == "mod";
        let mut found = Vec::new();
        if bag(name.trim_end_matches(".rs")) {
            found.push(file.path.clone());
        }
        for (number, line) in code_of(&file.text) {
            let line = line
                .trim()
                .trim_start_matches("pub(crate) ")
                .trim_start_matches("pub ");
            let declared = line
                .strip_prefix("mod ")
                .map(|rest| rest.trim_end_matches([';', '{', ' ']));
            if declared.is_some_and(bag) {
                found.push(format!("{}:{number}: {line}", file.path));
            }
        }
        found
    };
    hold(rule, ("a/mod.rs", "//! A."), ("a.rs", "mod model;"));
    hold(
        rule,
        ("a.rs", "pub(crate) mod utils;"),
        ("common_ends.rs", "mod typeset {"),
    );
}

#[test]
fn every_source_begins_with_what_it_is_and_has_at_most_600_lines() {
    let rule = |file: &File| {
        let mut found = Vec::new();
        let lines = file.text.lines().count();
        if file.is_rust() && !file.text.starts_with("//! ") {
            found.push(format!("{}: no module documentation", file.path));
        }
        if file.is_rust() && lines > MOST_LINES {
            found.push(format!("{}: {lines} lines", file.path));
        }
        found
    };
    let long = format!("//! A.\n{}", "\n".repeat(MOST_LINES));
    let fits = format!("//! A.\n{}", "\n".repeat(MOST_LINES - 1));
    hold(rule, ("a.rs", &long), ("a.rs", &fits));
    hold(rule, ("a.rs", "use std::fs;"), ("a.md", "# A"));
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    const PATHS: [&str; 3] = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let rule = |file: &File| lines_with(&file.path, (1..).zip(file.text.lines()), &PATHS);
    hold(rule, ("a.md", PATHS[2]), ("a.md", "the home/ of work"));
}

/// Returns the attributes of a source that relax lints, with their lines.
fn relaxed_lints(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    let opens = |rest: &str| {
        ["#[", "#!["]
            .iter()
            .flat_map(|start| {
                ["allow(", "expect("].map(|word| rest.find(&format!("{start}{word}")))
            })
            .flatten()
            .min()
    };
    while let Some(at) = opens(rest) {
        let attribute = &rest[at..];
        let end = attribute.find(")]").map_or(attribute.len(), |end| end + 2);
        let line = text[..text.len() - attribute.len()].lines().count();
        found.push((line, &attribute[..end]));
        rest = &attribute[end..];
    }
    found
}

#[test]
fn every_relaxed_lint_says_why() {
    let rule = |file: &File| {
        if !file.is_rust() {
            return Vec::new();
        }
        let relaxed = relaxed_lints(&file.text).into_iter();
        relaxed
            .filter(|(_, attribute)| !attribute.contains("reason = \""))
            .map(|(line, attribute)| format!("{}:{line}: {attribute}", file.path))
            .collect()
    };
    let planted = concat!("fn a() {}\n#", "[allow(dead_code)]\nfn b() {}");
    let harmless = concat!(
        "#",
        "[expect(\n  dead_code,\n  reason = \"shown\"\n)]\nfn b() {}"
    );
    hold(rule, ("a.rs", planted), ("a.rs", harmless));
}

/// The one module that reads through pointers, with its folder.
const UNSAFE: [&str; 2] = [
    "crates/secgroup-matcher/src/classifier/simd.rs",
    "crates/secgroup-matcher/src/classifier/simd/",
];

#[test]
fn unsafe_code_is_in_one_module() {
    let rule = |file: &File| {
        let words = |line: &str| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|w| w == concat!("un", "safe"))
        };
        let elsewhere = file.is_rust() && !UNSAFE.iter().any(|own| file.path.starts_with(own));
        let code = code_of(&file.text).filter(|(_, line)| elsewhere && words(line));
        code.map(|(number, line)| format!("{}:{number}: {line}", file.path))
            .collect()
    };
    let planted = concat!("let a = un", "safe { *b };");
    hold(
        rule,
        ("a.rs", planted),
        ("a.rs", "// unsafe_code is forbidden"),
    );
}

/// Complains about dependencies with a version of their own that no comment
/// introduces. One comment may stand above several lines.
fn unexplained_dependencies(file: &File) -> Vec<String> {
    if !file.path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut section, mut explained) = ("", false);
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.starts_with('[') {
            (section, explained) = (line, false);
        } else if line.starts_with('#') {
            explained = true;
        } else if line.trim().is_empty() {
            explained = false;
        } else {
            let third_party = section.contains("dependencies]")
                && line.contains(" = ")
                && !line.contains("workspace = true")
                && !line.contains("path = ");
            if third_party && !explained {
                found.push(format!("{}:{number}: {line}", file.path));
            }
        }
    }
    found
}

#[test]
fn every_third_party_dependency_has_a_comment_above() {
    let planted = "[workspace.dependencies]\n# Addresses.\nipnet = \"2\"\n\nserde = \"1\"\n";
    let harmless =
        "[dependencies]\nipnet.workspace = true\n# Arguments.\nclap = \"4\"\nman = \"1\"\n";
    hold(
        unexplained_dependencies,
        ("Cargo.toml", planted),
        ("Cargo.toml", harmless),
    );
}

/// Returns the clauses that a comment cites: `(3.5.11)`, `(2.8.1 to 2.8.3)`,
/// `of 8.2`. Versions, addresses and measures are none.
fn citations(comment: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut last_end = None;
    let mut at = 0;
    while let Some(offset) = comment[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + offset;
        let run = &comment[start..];
        let length = run
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(run.len());
        at = start + length;
        let number = run[..length].trim_end_matches('.');
        let parts = number.split('.').collect::<Vec<_>>();
        let numbered =
            parts.iter().all(|part| (1..=2).contains(&part.len())) && parts[0].len() == 1;
        let joined = |c: char| c.is_alphanumeric() || "`_:/-%.".contains(c);
        let alone = !comment[..start].ends_with(joined)
            && !comment[start + number.len()..].starts_with(|c: char| joined(c) && c != '.');
        let before = &comment[..start];
        let introduced = ["(", "of ", "clause ", "clauses ", "Clause "];
        let listed = last_end
            .is_some_and(|end: usize| [", ", " and ", " or ", " to "].contains(&&before[end..]));
        let cited = match parts.len() {
            2 => listed || introduced.iter().any(|words| before.ends_with(words)),
            3 => true,
            _ => false,
        };
        if numbered && alone && cited {
            found.push(number);
            last_end = Some(start + number.len());
        }
    }
    found
}

/// Returns the clauses that a document states: `**3.5.11**`.
fn stated(document: &str) -> BTreeSet<&str> {
    let bold = document.split("**").skip(1).step_by(2);
    bold.filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

fn semantics() -> String {
    fs::read_to_string(workspace().join(SEMANTICS)).unwrap()
}

#[test]
fn citations_are_told_from_other_numbers() {
    for (comment, clauses) in [
        (
            "\"only that side is judged.\" (3.10.1)",
            ["3.10.1"].as_slice(),
        ),
        (
            "Warns of (2.8.1 to 2.8.3), see 3.9.2 and 3.9.5.",
            &["2.8.1", "2.8.3", "3.9.2", "3.9.5"],
        ),
        ("The defaults are those of 8.2. Flags", &["8.2"]),
        ("Protocol and ports (2.4, 2.6).", &["2.4", "2.6"]),
        (
            "between 10.0.0.1 and 10.0.0.0/8, pcap 2.4, 2.9 ns against 4.0",
            &[],
        ),
        ("`1.0` is no port, RFC 1918, v1.2.3", &[]),
    ] {
        assert_eq!(citations(comment), clauses, "{comment}");
    }
}

#[test]
fn every_clause_that_code_cites_is_stated_in_the_semantics() {
    let document = semantics();
    let stated = stated(&document);
    assert!(
        stated.len() > 80,
        "only {} clauses are stated",
        stated.len()
    );
    let rule = |file: &File| {
        let mut found = Vec::new();
        for (number, comment) in comments_of(&file.text).filter(|_| file.is_rust()) {
            let unknown = citations(comment)
                .into_iter()
                .filter(|cited| !stated.contains(cited));
            found.extend(unknown.map(|cited| format!("{}:{number}: {cited}", file.path)));
        }
        found
    };
    hold(
        rule,
        ("a.rs", concat!("/", "/ Nobody says so (3.99", ".1)")),
        ("a.rs", "// (3.5.11)"),
    );
}

/// Returns the names of all tests.
fn test_names(files: &[File]) -> BTreeSet<&str> {
    let sources = files.iter().filter(|file| file.is_rust());
    let tests = sources.flat_map(|file| file.text.split("#[test]").skip(1));
    tests
        .filter_map(|after| after.split_once("fn ")?.1.split_once('('))
        .map(|(name, _)| name)
        .collect()
}

/// Complains about tests that documents name and nobody wrote: those in
/// backticks behind `Tests:`, up to the end of the sentence.
fn invented_tests(file: &File, tests: &BTreeSet<&str>) -> Vec<String> {
    if !file.is_document() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for named in line.split("Tests: ").skip(1) {
            let sentence = named.split(". ").next().unwrap_or_default();
            let names = sentence.split('`').skip(1).step_by(2);
            let unknown = names.filter(|name| !tests.contains(name));
            found.extend(unknown.map(|name| format!("{}:{number}: {name}", file.path)));
        }
    }
    found
}

#[test]
fn every_test_that_a_document_names_exists() {
    let files = tracked();
    let tests = test_names(&files);
    let document = files.iter().find(|file| file.path == SEMANTICS).unwrap();
    let named = document.text.matches("Tests: ").count();
    assert!(named > 40, "only {named} clauses name tests");
    let rule = |file: &File| invented_tests(file, &tests);
    let harmless = "Tests: `citations_are_told_from_other_numbers`. Flag `x`.";
    hold(
        rule,
        ("a.md", "x. Tests: `nobody_wrote_this`."),
        ("a.md", harmless),
    );
}

/// Returns, for every clause of the document, the examples it names.
fn examples_named(document: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for line in document.lines() {
        let (Some(clause), Some((_, named))) = (
            stated(line).into_iter().next(),
            line.split_once("Examples: "),
        ) else {
            continue;
        };
        let names = named.trim_end_matches('.').split(", ");
        found.extend(names.map(|name| (clause.to_owned(), name.to_owned())));
    }
    found
}

#[test]
fn each_clause_names_exactly_the_examples_about_it() {
    let planted = examples_named("**3.3.1** Numbers. Examples: E02, E07.");
    let pair = |clause: &str, id: &str| (clause.to_owned(), id.to_owned());
    assert_eq!(
        planted,
        BTreeSet::from([pair("3.3.1", "E02"), pair("3.3.1", "E07")])
    );

    let mut expected = BTreeSet::new();
    for example in examples() {
        let clauses = example.clauses.split(' ');
        expected.extend(clauses.map(|clause| pair(clause, &example.id)));
    }
    let named = examples_named(&semantics());
    let missing: Vec<_> = expected.difference(&named).collect();
    let invented: Vec<_> = named.difference(&expected).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "missing {missing:?}, invented {invented:?}"
    );
}

#[test]
fn every_clause_that_the_corpus_is_about_is_stated() {
    let document = semantics();
    let stated = stated(&document);
    let unknown = |clauses: &str| clauses.split(' ').any(|clause| !stated.contains(clause));
    assert!(unknown("3.3.1 3.99"));
    let cases = clauses().into_iter().chain(examples());
    let wrong: Vec<String> = cases
        .filter(|case| unknown(&case.clauses))
        .map(|case| format!("{}: {}", case.id, case.clauses))
        .collect();
    assert_eq!(wrong, [""; 0]);
}

/// Returns the targets of a document's links into the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Returns the paths of the repository that a document names in backticks.
fn paths_named(text: &str) -> impl Iterator<Item = &str> {
    const ROOTS: [&str; 6] = ["crates/", "tests/", "benches/", "data/", "docs/", ".ci/"];
    let quoted = text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|name| {
        ROOTS.iter().any(|root| name.starts_with(root)) && !name.contains([' ', '*'])
    })
}

#[test]
fn every_path_and_link_of_a_document_leads_somewhere() {
    let rule = |file: &File| {
        // The notes on captures of others name paths in the others' repositories.
        if !file.is_document() || file.path.starts_with("data/captures/") {
            return Vec::new();
        }
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let linked = links(&file.text).map(|target| workspace().join(folder).join(target));
        let named = paths_named(&file.text).map(|path| workspace().join(path));
        let gone = linked.chain(named).filter(|path| !path.exists());
        gone.map(|path| format!("{}: {} does not exist", file.path, path.display()))
            .collect()
    };
    hold(
        rule,
        ("docs/a.md", "see [b](b.md)"),
        ("docs/a.md", "[law](semantics.md#3), [x](https://x)"),
    );
    hold(
        rule,
        ("a.md", "see `crates/gone/src`"),
        ("a.md", "see `crates/secgroup-model`"),
    );
}
