//! Findings and assertions as SARIF and JUnit: valid, and pointing at the
//! right lines.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use secgroup_tests::program::{report, workspace};
use serde_json::Value;

use super::program::{FLEET, parsed, run};

/// The schema of SARIF.
const SCHEMA: &str = "data/sarif/sarif-2.1.0-rtm.5.json";

/// Returns what `lint` and `test` print as SARIF, with waivers and failures.
fn documents() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let waivers = path(
        "waivers.yml",
        "waivers:\n  - {code: internet-exposure, rule: sgr-default-rdp, reason: 'the \"move\"'}\n  \
         - {code: internet-exposure, rule: sgr-none, reason: nobody}\n",
    );
    let tests = path(
        "a b.yml",
        "tests:\n  - {name: 'closed é', from: internet, to: sg-web, expect: all-dropped}\n\n  - name: \
         nothing\n    from: 203.0.113.1\n    to: 203.0.113.2\n    expect: all-dropped\n",
    );
    let form = ["-q", "--config", FLEET, "--format", "sarif"];
    let lint = run(&[&["lint", "--waivers", &waivers][..], &form].concat());
    let test = run(&[&["test", &tests][..], &form].concat());
    let fine = run(&[&["test", "data/demo/assertions.yml"][..], &form].concat());
    [lint, test, fine].map(|(_, text, _)| parsed(&text)).into()
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let has_validator = Command::new("python3")
        .args(["-c", "import jsonschema"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_validator {
        report("SARIF is not validated: there is no Python with jsonschema");
        return;
    }
    let validate = |documents: &[Value]| {
        let mut validator = Command::new("python3")
            .args(["tests/sarif/validate.py", SCHEMA])
            .current_dir(workspace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = validator.stdin.take().unwrap();
        for document in documents {
            writeln!(input, "{document}").unwrap();
        }
        drop(input);
        let output = validator.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let mut documents = documents();
    assert_eq!(validate(&documents), (0, String::new()));
    // A validator that finds nothing wrong with this is none.
    documents[0]["runs"][0]["results"][0]["levle"] = "error".into();
    let (code, text) = validate(&documents);
    assert!(code == 1 && text.contains("levle"), "{text}");
}

/// Returns what stands at a place of a file.
fn at<'a>(text: &'a str, region: &Value) -> &'a str {
    let number = |field: &str| usize::try_from(region[field].as_u64().unwrap()).unwrap();
    let lines = text.split_inclusive('\n').take(number("startLine") - 1);
    let line = &text[lines.map(str::len).sum::<usize>()..];
    let chars = line.chars().take(number("startColumn") - 1);
    &line[chars.map(char::len_utf8).sum::<usize>()..]
}

/// Returns the first JSON value of a text.
fn first(text: &str) -> Value {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    values.next().unwrap().unwrap()
}

#[test]
fn findings_point_at_what_they_are_about() {
    let documents = documents();
    let text = fs::read_to_string(workspace().join(FLEET)).unwrap();
    let (mut kinds, mut related) = (BTreeMap::new(), 0);
    for result in documents[0]["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0];
        let physical = &place["physicalLocation"];
        let logical = &place["logicalLocations"][0];
        let name = &logical["fullyQualifiedName"];
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        if result["ruleId"] == "unused-waiver" {
            assert!(uri.ends_with("/waivers.yml"), "{uri}");
            assert_eq!(physical["region"]["startLine"], 3);
            continue;
        }
        assert_eq!(uri, FLEET);
        let kind = logical["kind"].as_str().unwrap();
        let field = match kind {
            "rule" => "SecurityGroupRuleId",
            "group" => "SecurityGroupId",
            "interface" => "NetworkInterfaceId",
            _ => "PrefixListId",
        };
        assert_eq!(&first(at(&text, &physical["region"]))[field], name);
        *kinds.entry(kind.to_owned()).or_insert(0) += 1;
        for other in result["relatedLocations"].as_array().into_iter().flatten() {
            let rule = first(at(&text, &other["physicalLocation"]["region"]));
            let name = rule["SecurityGroupRuleId"].as_str().unwrap();
            assert_eq!(other["message"]["text"], format!("rule {name}"));
            related += 1;
        }
    }
    assert!(kinds["rule"] > 3 && related > 2, "{kinds:?} {related}");

    let results = &documents[1]["runs"][0]["results"];
    let place = &results[0]["locations"][0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    assert!(
        uri.starts_with("file:///") && uri.ends_with("/a%20b.yml"),
        "{uri}"
    );
    assert_eq!(place["region"]["startLine"], 2);
    let against = results[0]["relatedLocations"].as_array().unwrap();
    let rules = against.iter().map(|other| {
        first(at(&text, &other["physicalLocation"]["region"]))["SecurityGroupRuleId"].clone()
    });
    assert!(rules.collect::<Vec<_>>().contains(&"sgr-web-https".into()));
    let place = &results[1]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], 4);
    assert_eq!(documents[2]["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn findings_in_other_formats_point_at_their_lines_there() {
    for (file, rule) in [
        ("data/imports/shop/fleet.yaml", "{"),
        ("data/imports/shop/state.json", "{"),
    ] {
        let (_, text, errors) = run(&["lint", "-q", "--config", file, "--format", "sarif"]);
        let document = parsed(&text);
        let content = fs::read_to_string(workspace().join(file)).unwrap();
        let results = document["runs"][0]["results"].as_array().unwrap();
        let about_rules = results
            .iter()
            .filter(|result| result["locations"][0]["logicalLocations"][0]["kind"] == "rule");
        let mut seen = 0;
        for result in about_rules {
            let physical = &result["locations"][0]["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uri"], file);
            let found = at(&content, &physical["region"]);
            assert!(found.starts_with(rule), "{file}: {found:.60}");
            seen += 1;
        }
        assert!(seen > 0, "{file}: {text} {errors}");
    }
}

#[test]
fn junit_is_xml_with_as_many_cases_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tests.yml");
    let hostile = r#"]]> <b> & "\u0001" 'x'"#;
    fs::write(
        &path,
        format!(
            "tests:\n  - {{name: {hostile:?}, from: internet, to: sg-web, expect: all-dropped}}\n"
        ),
    )
    .unwrap();
    let file = path.display().to_string();
    let form = ["-q", "--config", FLEET, "--format", "junit"];
    for arguments in [vec!["test", &file], vec!["lint", "--fail-on", "note"]] {
        let (code, xml, errors) = run(&[&arguments[..], &form].concat());
        assert_eq!(code, 1, "{errors}");
        let mut reader = Reader::from_str(&xml);
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let mut said = (0, 0);
        loop {
            let event = reader.read_event().unwrap();
            let start = match event {
                Event::Eof => break,
                Event::Start(start) | Event::Empty(start) => start,
                _ => continue,
            };
            let name = start.name().into_inner().to_owned();
            let value = |wanted: &str| {
                let found = start.try_get_attribute(wanted).unwrap()?;
                Some(
                    found
                        .normalized_value(XmlVersion::Implicit1_0)
                        .unwrap()
                        .into_owned(),
                )
            };
            match name.as_str() {
                "testsuite" => {
                    let number = |name| value(name).unwrap().parse::<u64>().unwrap();
                    said = (number("tests"), number("failures"));
                }
                "testcase" if arguments[0] == "test" => {
                    assert!(value("name").unwrap().starts_with("]]> <b> & \""));
                }
                _ => {}
            }
            *found.entry(name).or_default() += 1;
        }
        assert_eq!((found["testcase"], found["failure"]), said);
        assert!(said.1 > 0);
    }
}
