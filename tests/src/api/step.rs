//! One call of a case, and what it must be answered.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a call must be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Success, and nothing but a request id where the operation returns nothing.
    Success,
    /// This status, code and, if given, message.
    Error {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: String,
        /// The message.
        message: Option<String>,
    },
    /// Success, and this value at a JSON pointer; `/length` is that of a list.
    Value {
        /// The pointer.
        pointer: String,
        /// The value as text.
        value: String,
    },
}

/// One call.
#[derive(Clone, Debug)]
pub struct Step {
    /// As it stands in the corpus.
    pub text: String,
    /// The action.
    pub action: String,
    /// The parameters.
    pub parameters: BTreeMap<String, String>,
    /// What it must be answered.
    pub expected: Expected,
}

impl Step {
    /// Reads a step; one with `{1..20}` is as many.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let each = expand(text)?;
        each.iter().map(|text| Self::read_one(text)).collect()
    }

    fn read_one(text: &str) -> Result<Self, String> {
        let (call, expected) = match text.strip_prefix("? ") {
            Some(question) => {
                let at = question.find(" /").ok_or("a question has a JSON pointer")?;
                let (call, rest) = question.split_at(at);
                let (pointer, value) = rest.trim_start().split_once(' ').ok_or("no value")?;
                let value = if value == "''" { "" } else { value };
                let (pointer, value) = (pointer.to_owned(), value.to_owned());
                (call, Expected::Value { pointer, value })
            }
            None => {
                let (call, answer) = text.split_once(" => ").ok_or("no answer")?;
                (call, expected(answer)?)
            }
        };
        let mut words = call.split_whitespace();
        let first = words.next().ok_or("no action")?;
        let mut parameters = BTreeMap::from([("RegionId".to_owned(), "cn-hangzhou".to_owned())]);
        let action = match first {
            "in" | "out" => {
                let group = words.next().ok_or("no group")?;
                let cidr = if first == "in" {
                    "SourceCidrIp"
                } else {
                    "DestCidrIp"
                };
                for (name, value) in [
                    ("SecurityGroupId", group),
                    ("IpProtocol", "TCP"),
                    ("PortRange", "22/22"),
                    (cidr, "10.0.0.0/8"),
                ] {
                    parameters.insert(name.to_owned(), value.to_owned());
                }
                let egress = if first == "in" { "" } else { "Egress" };
                format!("AuthorizeSecurityGroup{egress}")
            }
            action => action.to_owned(),
        };
        for word in words {
            let (name, value) = word.split_once('=').ok_or("a parameter is NAME=VALUE")?;
            if value.is_empty() {
                parameters.remove(name);
            } else {
                parameters.insert(name.to_owned(), value.replace('+', " "));
            }
        }
        Ok(Self {
            text: text.to_owned(),
            action,
            parameters,
            expected,
        })
    }

    /// Compares an answer with what it must be.
    ///
    /// # Errors
    ///
    /// Says what it is instead.
    pub fn check(&self, status: u16, body: &Value) -> Result<(), String> {
        let is_id = |id: &str| id.len() == 36 && id == id.to_uppercase();
        if !body["RequestId"].as_str().is_some_and(is_id) {
            return Err(format!("no RequestId in {body}"));
        }
        match &self.expected {
            Expected::Success if status == 200 => Ok(()),
            Expected::Value { pointer, value } if status == 200 => {
                let found = match pointer.strip_suffix("/length") {
                    Some(list) => body
                        .pointer(list)
                        .and_then(Value::as_array)
                        .map(|list| list.len().to_string()),
                    None => body.pointer(pointer).map(|found| match found {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    }),
                };
                if found.as_ref() == Some(value) {
                    Ok(())
                } else {
                    Err(format!("found {found:?} in {body}"))
                }
            }
            Expected::Error {
                status: want,
                code,
                message,
            } => {
                let (found, said) = (body["Code"].as_str(), body["Message"].as_str());
                let host = body["HostId"].is_string() && body["Recommend"].is_string();
                let same = status == *want && found == Some(code) && host;
                if same
                    && message
                        .as_deref()
                        .is_none_or(|message| said == Some(message))
                {
                    Ok(())
                } else {
                    Err(format!("answered {status} {body}"))
                }
            }
            Expected::Success | Expected::Value { .. } => Err(format!("answered {status} {body}")),
        }
    }
}

/// Reads an answer: `200`, or `STATUS CODE` and perhaps `: MESSAGE`.
fn expected(text: &str) -> Result<Expected, String> {
    if text == "200" {
        return Ok(Expected::Success);
    }
    let (status, rest) = text
        .split_once(' ')
        .ok_or("an answer is 200 or STATUS CODE")?;
    let (code, message) = match rest.split_once(": ") {
        Some((code, message)) => (code, Some(message.to_owned())),
        None => (rest, None),
    };
    Ok(Expected::Error {
        status: status
            .parse()
            .map_err(|_| format!("`{status}` is no status"))?,
        code: code.to_owned(),
        message,
    })
}

/// Repeats a text for every number of the ranges `{1..20}` in it.
fn expand(text: &str) -> Result<Vec<String>, String> {
    let Some((before, rest)) = text.split_once('{') else {
        return Ok(vec![text.to_owned()]);
    };
    let (range, after) = rest.split_once('}').ok_or("a range is not closed")?;
    let (first, last) = range.split_once("..").ok_or("a range is FIRST..LAST")?;
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| format!("`{text}` is no number"))
    };
    let numbers = number(first)?..=number(last)?;
    Ok(numbers
        .map(|number| format!("{before}{number}{after}"))
        .collect())
}
