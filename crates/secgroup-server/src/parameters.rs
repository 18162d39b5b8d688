//! Parameters of a call, out of query and form.
//!
//! Decoding is strict: what two programs could take for different values is
//! refused, because a signature is made over the decoded values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use secgroup_model::Shown;

use crate::limits::PARAMETERS;
use crate::refusal::Refusal;

/// Decoded parameters by name.
pub(crate) type Pairs = BTreeMap<String, String>;

/// The parameters of a request, by where they stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) query: Pairs,
    pub(crate) form: Pairs,
}

impl Sent {
    /// Decodes a query and a form.
    pub(crate) fn read(query: &[u8], form: &[u8]) -> Result<Self, Refusal> {
        let mut sent = Self::default();
        let mut count = 0;
        read_pairs(query, &mut sent.query, &mut count)?;
        read_pairs(form, &mut sent.form, &mut count)?;
        for (name, value) in &sent.query {
            match sent.form.remove(name) {
                // Clients put what is theirs, such as the region, into the query
                // themselves; that a caller says the same in the form is no other
                // value.
                None => {}
                Some(same) if same == *value => {}
                Some(_) => return Err(repeated(name)),
            }
        }
        Ok(sent)
    }

    /// Returns a parameter that has a value; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.query.get(name).or_else(|| self.form.get(name))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns all parameters by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.query.iter().chain(&self.form);
        let all: BTreeMap<&str, &str> = all
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.into_iter()
    }

    /// Returns all parameters together.
    pub(crate) fn into_pairs(mut self) -> Pairs {
        self.query.append(&mut self.form);
        self.query
    }
}

fn read_pairs(bytes: &[u8], pairs: &mut Pairs, count: &mut usize) -> Result<(), Refusal> {
    for piece in bytes.split(|byte| *byte == b'&') {
        if piece.is_empty() {
            continue;
        }
        *count += 1;
        if *count > PARAMETERS {
            return Err(Refusal::parameter(format!(
                "There are more than {PARAMETERS} parameters."
            )));
        }
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        if name.is_empty() {
            return Err(Refusal::parameter("A parameter has no name."));
        }
        if pairs.contains_key(&name) {
            return Err(repeated(&name));
        }
        pairs.insert(name, value);
    }
    Ok(())
}

fn repeated(name: &str) -> Refusal {
    Refusal::parameter(format!("The parameter `{}` is given twice.", Shown(name)))
}

/// Decodes one name or value. `+` and `%20` are both a space.
fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        let digits = bytes.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            let message = "A `%` in a parameter is not followed by two hexadecimal digits.";
            return Err(Refusal::parameter(message));
        }
    }
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    let text = String::from_utf8(decoded.into_owned())
        .map_err(|_| Refusal::parameter("A parameter is not UTF-8."))?;
    if text.contains('\0') {
        return Err(Refusal::parameter("A parameter contains a NUL."));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(encoded: &str) -> Result<String, u16> {
        let sent = Sent::read(format!("a={encoded}").as_bytes(), b"");
        let sent = sent.map_err(|refusal| refusal.status)?;
        Ok(sent.query["a"].clone())
    }

    #[test]
    fn values_are_decoded_once() {
        for (encoded, decoded) in [
            ("b+c%20d", "b c d"),
            ("%2B%26%3d=", "+&=="),
            ("%E5%90%8d", "名"),
            ("名", "名"),
            ("%2520", "%20"),
            ("!'()*~", "!'()*~"),
            ("", ""),
            ("%0a", "\n"),
        ] {
            assert_eq!(value(encoded).as_deref(), Ok(decoded), "{encoded}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for encoded in [
            "%zz",
            "%",
            "%4",
            "%4g",
            "%+1",
            "%00",
            "a%00b",
            "%ff",
            "%c0%af",
            "%ed%a0%80",
            "%E5%90",
            "%f4%90%80%80",
        ] {
            assert_eq!(value(encoded), Err(400), "{encoded}");
        }
        assert!(Sent::read(b"%zz=a", b"").is_err());
        assert!(Sent::read(b"", b"a=\0").is_err());
        assert!(Sent::read(b"", b"a=\xff").is_err());
        assert!(Sent::read(b"=a", b"").is_err());
    }

    #[test]
    fn query_and_form_are_merged() {
        let sent = Sent::read(b"b=1&&a=2&", b"c=3&d").unwrap();
        let all: Vec<_> = sent.iter().collect();
        assert_eq!(all, [("a", "2"), ("b", "1"), ("c", "3"), ("d", "")]);
        assert_eq!(sent.get("d"), None, "empty is absent");
        assert_eq!(sent.into_pairs().len(), 4);
    }

    #[test]
    fn a_parameter_stands_there_once() {
        for (query, form) in [
            ("a=1&a=1", ""),
            ("", "a=&a="),
            ("a=1", "a=2"),
            ("a=1&%61=2", ""),
        ] {
            let refused = Sent::read(query.as_bytes(), form.as_bytes());
            let message = refused.unwrap_err().message;
            assert_eq!(message, "The parameter `a` is given twice.");
        }
        assert!(Sent::read(b"a=1&A=1", b"").is_ok());
        // Once in each place with one value, as the SDK for Python sends a region.
        let sent = Sent::read(b"a=1", b"a=1&b=2").unwrap();
        assert_eq!(sent.into_pairs().len(), 2);
    }

    #[test]
    fn there_may_be_20000_parameters_and_no_more() {
        let query = |count: usize| {
            let pairs: Vec<_> = (0..count).map(|number| format!("p{number}=v")).collect();
            pairs.join("&").into_bytes()
        };
        assert_eq!(
            Sent::read(&query(PARAMETERS), b"").unwrap().query.len(),
            PARAMETERS
        );
        assert!(Sent::read(&query(PARAMETERS), b"a=b").is_err());
        assert!(Sent::read(&query(PARAMETERS + 1), b"").is_err());
    }
}
