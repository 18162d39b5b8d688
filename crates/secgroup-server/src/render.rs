//! Answers as text: JSON or XML (5.0.1, 5.0.2, 5.0.3).

use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use secgroup_ecs::Answer;
use serde_json::Value;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The content type, to the letter: one of the clients compares it whole.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    /// Writes an answer.
    pub(crate) fn render(self, answer: &Answer) -> Vec<u8> {
        match self {
            Self::Json => answer.body.to_string().into_bytes(),
            Self::Xml => to_xml(answer),
        }
    }
}

fn to_xml(answer: &Answer) -> Vec<u8> {
    let root = if answer.succeeded() {
        format!("{}Response", answer.action)
    } else {
        "Error".to_owned()
    };
    let mut tree = Tree(Writer::new(Vec::new()));
    tree.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    tree.element(&root, &answer.body);
    tree.0.into_inner()
}

/// Elements on their way into a document.
struct Tree(Writer<Vec<u8>>);

impl Tree {
    /// Writes a value as the element `name`; a list as one element for each item.
    ///
    /// Values of the cloud are no deeper than its answers, so that recursion ends.
    fn element(&mut self, name: &str, value: &Value) {
        if let Value::Array(items) = value {
            for item in items {
                self.element(name, item);
            }
            return;
        }
        self.event(Event::Start(BytesStart::new(name)));
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.element(name, value);
                }
            }
            Value::String(text) => self.text(text),
            Value::Null => {}
            plain => self.text(&plain.to_string()),
        }
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn text(&mut self, text: &str) {
        let carried: String = text.chars().map(carried).collect();
        // A bare carriage return would be read as a line feed.
        let escaped = escape(carried.as_str()).replace('\r', "&#13;");
        self.event(Event::Text(BytesText::from_escaped(escaped)));
    }

    fn event(&mut self, event: Event<'_>) {
        self.0
            .write_event(event)
            .expect("a vector takes everything");
    }
}

/// Replaces what no XML document can carry, not even escaped.
const fn carried(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
            character
        }
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn xml(status: u16, body: Value) -> String {
        let answer = Answer {
            status,
            action: "DescribeThings".to_owned(),
            body,
        };
        String::from_utf8(Format::Xml.render(&answer)).unwrap()
    }

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    #[test]
    fn lists_repeat_the_singular_inside_the_plural_5_0_1() {
        let body = json!({"Things": {"Thing": [{"Id": "a", "Tags": {"Tag": []}}, {"Id": "b"}]},
            "PageSize": 10, "Last": true, "Ids": ["x", "y"], "None": null});
        let wanted = "<DescribeThingsResponse><Ids>x</Ids><Ids>y</Ids><Last>true</Last>\
            <None></None><PageSize>10</PageSize><Things><Thing><Id>a</Id><Tags></Tags></Thing>\
            <Thing><Id>b</Id></Thing></Things></DescribeThingsResponse>";
        assert_eq!(xml(200, body), format!("{HEAD}{wanted}"));
    }

    #[test]
    fn errors_have_a_root_of_their_own_5_0_3() {
        let body = json!({"Code": "A.B", "Message": "a < b & \"c\""});
        let wanted =
            "<Error><Code>A.B</Code><Message>a &lt; b &amp; &quot;c&quot;</Message></Error>";
        assert_eq!(xml(404, body), format!("{HEAD}{wanted}"));
    }

    #[test]
    fn text_that_xml_cannot_carry_is_replaced() {
        let text = xml(
            200,
            json!({"A": "\u{0}\u{1b}[0m\t\r\n\u{fffe}名\u{10ffff}]]>"}),
        );
        let wanted = "<A>\u{fffd}\u{fffd}[0m\t&#13;\n\u{fffd}名\u{10ffff}]]&gt;</A>";
        assert!(text.contains(wanted), "{text}");
    }
}
