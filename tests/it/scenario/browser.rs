//! The page of `replay --report` in a browser: it can be filtered, is dark
//! where that is wished, is printed whole, and asks nobody for anything.
//!
//! Needs `chromium`, which `SECGROUP_CHROMIUM` may name. Where there is none the
//! tests say so and pass.

use std::fs;
use std::process::Command;

use secgroup_tests::program::report;
use serde_json::Value;

use super::run::{DEMO, Folder, Run};

/// What a browser needs to run as anybody, anywhere, and to leave the network
/// alone.
const QUIET: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
];

/// Listens before anything of the page runs.
const BEFORE: &str = r##"<script>
var wrong = [];
addEventListener("error", function (event) { wrong.push("error: " + event.message); });
document.addEventListener("securitypolicyviolation", function (event) { wrong.push("refused: " + event.blockedURI); });
</script>"##;

/// Does what a reader does, and leaves what was seen in the page.
const BEHIND: &str = r##"<script>
function shown(id) {
  var rows = Array.from(document.querySelectorAll("#" + id + " tbody tr"));
  return rows.filter(function (row) { return row.getClientRects().length > 0; }).map(function (row) { return row.cells[4].textContent; });
}
function type(id, words) {
  var box = document.querySelector('input[data-table="' + id + '"]');
  box.value = words;
  box.dispatchEvent(new Event("input"));
}
var seen = { all: shown("rule-table").length };
type("rule-table", "SG-WEB ssh");
seen.filtered = shown("rule-table");
type("rule-table", "");
document.querySelector('input[data-unused="rule-table"]').click();
seen.unused = shown("rule-table");
seen.background = getComputedStyle(document.body).backgroundColor;
seen.sideways = document.documentElement.scrollWidth - innerWidth;
seen.requests = performance.getEntriesByType("resource").length;
seen.wrong = wrong;
document.body.dataset.seen = JSON.stringify(seen);
</script>"##;

/// Returns the browser, or says that there is none.
fn browser() -> Option<String> {
    let name = std::env::var("SECGROUP_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let there = Command::new(&name).arg("--version").output();
    if there.is_ok_and(|output| output.status.success()) {
        return Some(name);
    }
    report(&format!("the page is not opened: there is no `{name}`"));
    None
}

/// Runs the browser on a file of the folder.
fn open(browser: &str, folder: &Folder, file: &str, options: &[&str]) -> Run {
    let mut command = Command::new(browser);
    let profile = folder.name("profile");
    command
        .args(QUIET)
        .arg(format!("--user-data-dir={profile}"))
        .args(options)
        .arg(format!("file://{}", folder.name(file)));
    Run::ended(command, b"")
}

/// Writes the page of the demo, one that compares with another configuration,
/// and returns its text.
fn page(folder: &Folder) -> String {
    let file = folder.name("page.html");
    let fleet = fs::read_to_string(super::run::demo("fleet.json")).unwrap();
    let other = folder.file("other.json", fleet.replacen("\"Accept\"", "\"Drop\"", 1));
    let inputs = format!("data/demo/traffic.pcap --against {other}");
    Run::of(&format!("replay {DEMO} {inputs} --report {file}")).exits(0);
    folder.text("page.html")
}

/// Opens the page and returns what was seen in it.
fn seen(browser: &str, folder: &Folder, options: &[&str]) -> Value {
    let options: Vec<&str> = options.iter().copied().chain(["--dump-dom"]).collect();
    let run = open(browser, folder, "watched.html", &options).exits(0);
    let (_, rest) = run.out.split_once("data-seen=\"").expect("scripts ran");
    let (text, _) = rest.split_once('"').expect("the value ends");
    serde_json::from_str(&text.replace("&quot;", "\"")).expect("JSON")
}

#[test]
fn the_page_filters_follows_the_theme_and_asks_nobody() {
    let Some(browser) = browser() else {
        return;
    };
    let folder = Folder::new();
    let page = page(&folder);
    let watched = page.replacen("<head>", &format!("<head>{BEFORE}"), 1);
    let watched = watched.replacen("</body>", &format!("{BEHIND}</body>"), 1);
    folder.file("watched.html", watched);
    let light = seen(&browser, &folder, &[]);
    assert_eq!(light["all"], 45);
    assert_eq!(light["filtered"], serde_json::json!(["sgr-web-ssh"]));
    let unused = light["unused"].as_array().unwrap();
    assert!(
        unused.len() == 6 && unused.contains(&"sgr-app-ajp".into()),
        "{unused:?}"
    );
    assert_eq!(light["background"], "rgb(255, 255, 255)");
    let dark = seen(
        &browser,
        &folder,
        &["--blink-settings=preferredColorScheme=0"],
    );
    assert_eq!(dark["background"], "rgb(20, 23, 28)");
    // On a telephone the page is not wider than the screen.
    let narrow = seen(&browser, &folder, &["--window-size=500,900"]);
    for seen in [&light, &dark, &narrow] {
        assert_eq!(
            (&seen["requests"], &seen["wrong"]),
            (&0.into(), &Value::Array(vec![]))
        );
        assert!(seen["sideways"].as_i64().unwrap() <= 0, "{seen}");
    }
}

#[test]
fn the_page_is_printed_whole() {
    let Some(browser) = browser() else {
        return;
    };
    let folder = Folder::new();
    page(&folder);
    let paper = folder.name("page.pdf");
    open(
        &browser,
        &folder,
        "page.html",
        &[&format!("--print-to-pdf={paper}")],
    )
    .exits(0);
    let bytes = fs::read(&paper).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    // What scrolls on the screen is on paper from its first row to its last:
    // more than one page for 170 conversations and 45 rules.
    let pages = text.matches("/Type /Page\n").count();
    assert!(pages >= 5, "{pages} pages");
}
