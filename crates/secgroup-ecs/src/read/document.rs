//! From bytes to the JSON values of a document.

use secgroup_model::Shown;
use serde_json::Deserializer;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::Document;
use super::findings::{Findings, Place};
use super::node::Node;

/// The greatest number of objects and arrays inside each other.
pub const MAX_NESTING: usize = 128;

/// The text of a document, without a byte order mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    number: usize,
    text: &'a str,
    /// Whether `text` is the whole document, and may be JSON.
    whole: bool,
}

impl<'a> Page<'a> {
    /// Decodes the document with that number. Of one that is not UTF-8 only
    /// what precedes the first wrong byte is kept, to count its lines.
    pub(super) fn open(number: usize, document: &Document<'a>, findings: &mut Findings) -> Self {
        let mark = document.bytes.starts_with(b"\xEF\xBB\xBF");
        let start = if mark { 3 } else { 0 };
        let bytes = &document.bytes[start..];
        let (text, wrong) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let (valid, _) = bytes.split_at(error.valid_up_to());
                let text = std::str::from_utf8(valid).unwrap_or_default();
                (text, Some(start + error.valid_up_to()))
            }
        };
        let mut page = Self {
            number,
            text,
            whole: true,
        };
        let fault = if let [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] = bytes {
            let to_utf8 = "convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8";
            Some((0, format!("the document is UTF-16 or UTF-32; {to_utf8}")))
        } else if let Some(at) = wrong {
            Some((
                text.len(),
                format!("invalid UTF-8 at byte {at}; expected JSON in UTF-8"),
            ))
        } else {
            wrong_start(document.name, text)
        };
        if let Some((offset, message)) = fault {
            page.reject(offset, &message, findings);
            page.whole = false;
        }
        page
    }

    /// Returns the number of the document.
    pub(super) const fn number(self) -> usize {
        self.number
    }

    /// Returns the text.
    pub(super) const fn text(self) -> &'a str {
        self.text
    }

    /// Calls `each` with every JSON value of the document, up to the first
    /// wrong one.
    pub(super) fn for_each_root(
        self,
        findings: &mut Findings,
        mut each: impl FnMut(Node<'a, 'static>, &mut Findings),
    ) {
        if !self.whole {
            return;
        }
        let mut values = Deserializer::from_str(self.text).into_iter::<&'a RawValue>();
        let mut end = 0;
        while let Some(value) = values.next() {
            match value {
                Ok(value) => {
                    let root = Node::root(self, value.get());
                    match nested_too_deep(value.get()) {
                        Some(at) => {
                            let message = format!("nesting deeper than {MAX_NESTING} levels");
                            self.reject(root.offset() + at, &message, findings);
                        }
                        None => each(root, findings),
                    }
                    end = values.byte_offset();
                }
                Err(error) => {
                    let (offset, message) = self.syntax_error(&error, end);
                    return self.reject(offset, &message, findings);
                }
            }
        }
    }

    /// Notes why (the rest of) the document is not read.
    fn reject(self, offset: usize, message: &str, findings: &mut Findings) {
        let place = Place {
            page: self.number,
            offset,
            path: String::new(),
        };
        findings.problem(place, message);
        findings.lose_definition();
    }

    /// Returns the place of a syntax error, and what is wrong there. The value
    /// before it, if there is one, ends at byte `end`.
    fn syntax_error(self, error: &serde_json::Error, end: usize) -> (usize, String) {
        let lines = self.text.split_inclusive('\n');
        let before = lines.take(error.line().saturating_sub(1));
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        // For this one alone serde_json names the column before the fault.
        let counts_from_1 = usize::from(!why.starts_with("control character"));
        let column = error.column().saturating_sub(counts_from_1);
        let at = before.map(str::len).sum::<usize>() + column;
        let at = self.text.floor_char_boundary(at);
        let rest = &self.text[at..];
        let between = self.text.get(end..at).unwrap_or_default();
        let is_behind = end > 0 && between.trim_ascii().is_empty();
        let before = self.text[..at].trim_ascii_end();
        let message = if error.classify() == Category::Eof {
            format!("the document ends early ({why}); is the file complete?")
        } else if let Some(word) = ["NaN", "Infinity"]
            .iter()
            .find(|word| rest.starts_with(**word))
        {
            format!("{word} is not JSON; expected a number")
        } else if before.ends_with(',') && rest.starts_with(['}', ']']) {
            "not valid JSON: trailing comma".to_owned()
        } else if is_behind {
            let found = rest.lines().next().unwrap_or_default();
            let found = Shown(found.trim_end());
            format!("trailing characters: found `{found}` after the end of the JSON")
        } else {
            format!("not valid JSON: {why}")
        };
        (at, message)
    }
}

/// Finds out what a document is that does not begin as ECS's answers do.
fn wrong_start(name: &str, text: &str) -> Option<(usize, String)> {
    let json = text.trim_ascii_start();
    let message = match json.chars().next() {
        Some('{' | '[') => return None,
        None => "the document is empty; expected JSON with SecurityGroups".to_owned(),
        Some(_) if is_yaml(name) => "YAML is not read here, and YAML aliases are never expanded; \
                                     convert it to JSON"
            .to_owned(),
        Some(found) => {
            let found = found.to_string();
            format!(
                "expected JSON, beginning with {{ or [, found `{}`",
                Shown(&found)
            )
        }
    };
    Some((text.len() - json.len(), message))
}

fn is_yaml(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["yaml", "yml"]
        .iter()
        .any(|yaml| extension.eq_ignore_ascii_case(yaml))
}

/// Returns the byte at which valid JSON first nests deeper than [`MAX_NESTING`].
fn nested_too_deep(json: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == MAX_NESTING => return Some(at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
