//! `secgroup replay --report`: the page for people.

use super::run::{DEMO, Folder, Run};

/// Each packet by itself, so that the numbers are those of the demo's text.
const INPUTS: &str = "data/demo/traffic.pcap data/demo/flows.csv --mode packets";

fn page(folder: &Folder, inputs: &str, rest: &str) -> String {
    let file = folder.name("page.html");
    Run::of(&format!("replay {DEMO} {inputs} --report {file} {rest}")).exits(0);
    folder.text("page.html")
}

/// Returns what stands between two texts, the first time.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let found = page
        .split_once(from)
        .and_then(|(_, rest)| rest.split_once(to));
    let (inside, _) = found.expect("the page has both texts");
    inside
}

/// Counts the rows of a table's body.
fn rows(section: &str) -> usize {
    let body = between(section, "<tbody>", "</tbody>");
    body.matches("<tr").count()
}

#[test]
fn the_page_has_everything_that_the_summary_has() {
    let folder = Folder::new();
    let page = page(&folder, INPUTS, "");
    assert!(page.starts_with("<!DOCTYPE html>\n") && page.trim_end().ends_with("</html>"));
    let section = |id: &str| between(&page, &format!("<section id=\"{id}\">"), "</section>");
    for verdict in [
        "<b>1,965</b>accept, 88.4 %",
        "<b>256</b>drop, 11.5 %",
        "<b>2</b>outside",
    ] {
        assert!(section("verdicts").contains(verdict), "{verdict}");
    }
    assert!(section("verdicts").contains("<b>5</b>of 45 rules unused"));
    assert!(section("verdicts").contains("<b>2</b>contradictions"));
    // Every rule, those without flows marked.
    assert_eq!(rows(section("rules")), 45);
    assert_eq!(section("rules").matches("class=\"tag unused\"").count(), 5);
    assert!(section("rules").contains("sgr-web-early-access"));
    // What dropped is named before who was.
    let dropping = between(section("dropped"), "By which rule", "Who was dropped most");
    assert!(dropping.contains("sgr-guard-ssh") && dropping.contains("eni-bastion-1"));
    assert_eq!(
        rows(between(
            section("dropped"),
            "id=\"conversations\"",
            "</table>"
        )),
        170
    );
    let conversations = between(section("dropped"), "id=\"conversations\"", "</table>");
    assert!(conversations.contains("sgr-guard-crawler at eni-web-2"));
    for cause in ["unexplained", "possible:network-acl", "unknown-address"] {
        assert!(section("recorded").contains(cause), "{cause}");
    }
    assert!(section("others").contains("intra-group access"));
    assert_eq!(rows(section("inputs")), 2);
    assert!(section("inputs").contains("3 arp"));
    // The bars are the flows that tell their time: all of them.
    let drawn = section("time").matches("<title>").map(|_| 1).sum::<u64>();
    assert!(drawn > 50, "{drawn}");
    let flows: u64 = section("time")
        .split("<title>")
        .skip(1)
        .map(|bar| {
            let words: Vec<&str> = between(bar, ": ", "</title>").split(' ').collect();
            words[0].parse::<u64>().unwrap()
        })
        .sum();
    assert_eq!(flows, 2_223);
}

#[test]
fn the_page_tells_of_sessions_changes_and_the_greatest_in_every_mode() {
    let folder = Folder::new();
    let fleet = std::fs::read_to_string(super::run::demo("fleet.json")).unwrap();
    let other = folder.file("other.json", fleet.replace("443/443", "444/444"));
    for (mode, most) in [
        ("sessions", "10.10.1.11 → 10.10.2.21"),
        ("packets", "tcp 443"),
    ] {
        let inputs = format!("data/demo/traffic.pcap --mode {mode}");
        let page = page(&folder, &inputs, &format!("--against {other}"));
        let section = |id: &str| between(&page, &format!("<section id=\"{id}\">"), "</section>");
        assert_eq!(
            page.contains("498 sessions were opened"),
            mode == "sessions"
        );
        let changed = section("changed");
        assert!(changed.contains("sgr-web-https at eni-web-1"), "{changed}");
        // The example is the flow that was asked for, and not an answer.
        assert!(changed.contains("→ 10.10.1.11 port 443"), "{changed}");
        let (dropped, accepted) = section("most").split_once("<h3>Accepted</h3>").unwrap();
        assert_eq!(rows(dropped), 10);
        assert!(accepted.contains(most) && accepted.contains("These numbers are exact"));
        assert!(section("unused").contains("sgr-web-early-access"));
    }
}

#[test]
fn the_summary_has_the_warnings_about_configurations() {
    let line = "--config data/demo/fleet.json data/demo/traffic.pcap --format json";
    let run = Run::of(&format!("replay {line}")).exits(0);
    let warnings = run.json()["warnings"].as_array().unwrap().clone();
    assert!(!warnings.is_empty());
    for warning in warnings {
        assert!(run.err.contains(warning.as_str().unwrap()), "{warning}");
    }
}

#[test]
fn the_page_needs_nothing_else_and_is_the_same_for_any_number_of_threads() {
    let folder = Folder::new();
    let one = page(&folder, INPUTS, "--threads 1");
    for word in ["http://", "https://", "src=", "@import", "url(", "<link"] {
        assert!(!one.contains(word), "{word}");
    }
    assert!(one.contains("default-src 'none'"));
    assert!(one.contains("prefers-color-scheme: dark") && one.contains("@media print"));
    for threads in ["2", "8"] {
        assert_eq!(page(&folder, INPUTS, &format!("--threads {threads}")), one);
    }
}

#[test]
fn names_of_others_are_text_and_never_markup() {
    let folder = Folder::new();
    let name = "<img-src=x-onerror=alert(1)>&'\".csv";
    let table = "src_ip,dst_ip,protocol,src_port,dst_port,note\n203.0.113.9,10.10.1.11,tcp,1,443,\n\
                 <b>,10.10.1.11,tcp,1,443,\n";
    let input = folder.file(name, table);
    let file = folder.name("page.html");
    Run::of(&format!("replay {DEMO} {input} --report {file}")).exits(4);
    let page = folder.text("page.html");
    assert!(!page.contains("<img") && !page.contains("<b>,"), "{page}");
    assert!(
        page.contains("&lt;img-src=x-onerror=alert(1)&gt;&amp;&#x27;&quot;.csv"),
        "{page}"
    );
    assert!(page.contains("line 3, column src_ip: `&lt;b&gt;` is not an address"));
}

#[test]
fn an_empty_replay_has_a_page_too() {
    let folder = Folder::new();
    let none = folder.file("none.csv", "src_ip,dst_ip,protocol,src_port,dst_port\n");
    let page = page(&folder, &none, "");
    assert!(page.contains("<h1>0 flows judged"));
    assert!(page.contains("of 45 rules unused"));
    assert!(!page.contains("<svg") && !page.contains("id=\"recorded\""));
}

#[test]
fn the_page_ranks_by_packets_as_the_text_does_and_says_so() {
    let folder = Folder::new();
    for input in [
        "data/demo/traffic.pcap",
        "data/demo/traffic.pcap --mode packets",
        "data/demo/flows.csv",
    ] {
        let page = page(&folder, input, "");
        let text = Run::of(&format!("replay {DEMO} {input}")).exits(0).out;
        // Flows, packets, and bytes with their unit stand before the group.
        let listed = between(&text, "Rules that decided most, by packets", "\n\n");
        let listed = listed.lines().skip(2).map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[5].to_owned()
        });
        let table = between(&page, "<h2>Rules by packets decided</h2>", "</table>");
        let ranked = table.split("<td class=\"code\">").skip(2).step_by(2);
        let ranked = ranked.map(|cell| cell.split('<').next().unwrap().to_owned());
        let listed: Vec<String> = listed.collect();
        assert_eq!(listed.len(), 10, "{text}");
        assert_eq!(ranked.take(10).collect::<Vec<_>>(), listed, "{input}");
        for id in ["dropped", "others", "most"] {
            let section = format!("<section id=\"{id}\">");
            let by = between(&page, &section, "</section>").contains("By packets.");
            assert!(by, "{id}");
        }
    }
}

#[test]
fn times_that_lie_close_together_are_told_apart() {
    let folder = Folder::new();
    let list = |apart: u64| {
        let rows = (0..40_u64).map(|number| {
            let time = number * apart;
            format!(
                "203.0.113.9,10.10.1.11,tcp,40000,443,{}.{:03}\n",
                1_772_445_600 + time / 1000,
                time % 1000
            )
        });
        let rows: String = rows.collect();
        let header = "src_ip,dst_ip,protocol,src_port,dst_port,timestamp";
        folder.file("times.csv", format!("{header}\n{rows}"))
    };
    let close = page(&folder, &list(5), "");
    assert!(close.contains("From 2026-03-02 10:00:00.000 to 2026-03-02 10:00:00.195 UTC."));
    let times = |page: &str| -> Vec<String> {
        let drawing = between(page, "<svg", "</svg>");
        let labels = drawing.split("text-anchor=").skip(1);
        let labels = labels.map(|label| between(label, ">", "<").to_owned());
        labels.filter(|label| label.contains(':')).collect()
    };
    let mut labels = times(&close);
    assert_eq!(labels.len(), 5);
    assert!(labels.iter().all(|label| label.contains('.')), "{labels:?}");
    labels.dedup();
    assert_eq!(labels.len(), 5, "{labels:?}");
    let apart = page(&folder, &list(100_000), "");
    assert!(apart.contains("From 2026-03-02 10:00:00 to 2026-03-02 11:05:00 UTC."));
    assert!(times(&apart).iter().all(|label| !label.contains('.')));
}
