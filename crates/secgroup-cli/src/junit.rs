//! Results as JUnit's XML, which most build servers show.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// One test, or one finding as a test that failed.
#[derive(Debug)]
pub(crate) struct Case {
    /// What it belongs to.
    pub(crate) class: String,
    /// What it is called.
    pub(crate) name: String,
    /// Why it failed, in short and at length.
    pub(crate) failure: Option<(String, String)>,
    /// Why it was left out.
    pub(crate) skipped: Option<String>,
}

/// Writes one suite of tests.
pub(crate) fn write(name: &str, cases: &[Case]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let count = |of: fn(&Case) -> bool| cases.iter().filter(|case| of(case)).count().to_string();
    let failures = count(|case| case.failure.is_some());
    let skipped = count(|case| case.skipped.is_some());
    let tests = cases.len().to_string();
    let totals = [("tests", tests.as_str()), ("failures", &failures)];
    let suites = writer.create_element("testsuites").with_attributes(totals);
    suites.write_inner_content(|writer| {
        let attributes = [
            ("name", name),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", "0"),
            ("skipped", &skipped),
        ];
        let suite = writer
            .create_element("testsuite")
            .with_attributes(attributes);
        suite.write_inner_content(|writer| {
            for case in cases {
                write_case(writer, case)?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let mut text = writer.into_inner();
    text.push(b'\n');
    Ok(text)
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let (class, name) = (plain(&case.class), plain(&case.name));
    let attributes = [("classname", class.as_str()), ("name", &name)];
    let element = writer
        .create_element("testcase")
        .with_attributes(attributes);
    if case.failure.is_none() && case.skipped.is_none() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|writer| {
        if let Some((short, long)) = &case.failure {
            let (short, long) = (plain(short), plain(long));
            let failure = writer.create_element("failure");
            let failure = failure.with_attribute(("message", short.as_str()));
            failure.write_text_content(BytesText::new(&long))?;
        }
        if let Some(why) = &case.skipped {
            let why = plain(why);
            let skipped = writer.create_element("skipped");
            skipped
                .with_attribute(("message", why.as_str()))
                .write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Replaces what XML cannot hold.
fn plain(text: &str) -> String {
    let allowed =
        |c: char| c == '\n' || c == '\t' || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars()
        .map(|c| if allowed(c) { c } else { '\u{fffd}' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_text_is_escaped() {
        let case = |name: &str, failure: Option<(&str, &str)>| Case {
            class: "a".to_owned(),
            name: name.to_owned(),
            failure: failure.map(|(short, long)| (short.to_owned(), long.to_owned())),
            skipped: None,
        };
        let cases = [case("<\u{1}>", Some(("\"&", "a -> b"))), case("fine", None)];
        let text = String::from_utf8(write("lint", &cases).unwrap()).unwrap();
        for wanted in [
            "tests=\"2\" failures=\"1\"",
            "name=\"&lt;\u{fffd}&gt;\"",
            "message=\"&quot;&amp;\"",
            "a -&gt; b",
            "<testcase classname=\"a\" name=\"fine\"/>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }
}
