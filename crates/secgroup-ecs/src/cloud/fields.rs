//! Parameters read by name: text, numbers, and numbered lists.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ApiError;
use super::request::Parameters;

/// The parameters whose names begin with one prefix, by the rest of their names.
///
/// An empty value is the same as none, but for [`Fields::raw`]; names that no
/// operation asks for are ignored (5.0.8).
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    parameters: &'a Parameters,
    prefix: String,
}

impl<'a> Fields<'a> {
    /// Returns all parameters of a call.
    pub(crate) const fn new(parameters: &'a Parameters) -> Self {
        Self {
            parameters,
            prefix: String::new(),
        }
    }

    /// Returns the name of a field as the caller wrote it: `Permissions.2.Policy`.
    pub(crate) fn name(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    /// Returns the part of the request these fields are: `Permissions.2`, or
    /// the empty string (5.0.3).
    pub(crate) fn place(&self) -> &str {
        self.prefix.strip_suffix('.').unwrap_or("")
    }

    /// Returns a field as it was sent, also when it is empty.
    pub(crate) fn raw(&self, field: &str) -> Option<&'a str> {
        if self.prefix.is_empty() {
            self.parameters.get(field)
        } else {
            self.parameters.get(&self.name(field))
        }
    }

    /// Returns a field that has a value.
    pub(crate) fn text(&self, field: &str) -> Option<&'a str> {
        self.raw(field).filter(|value| !value.is_empty())
    }

    /// Returns a field without which the operation makes no sense.
    pub(crate) fn required(&self, field: &str) -> Result<&'a str, ApiError> {
        self.text(field)
            .ok_or_else(|| ApiError::missing(&self.name(field)))
    }

    /// Reads a whole number.
    pub(crate) fn integer(&self, field: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(field) else {
            return Ok(None);
        };
        let number = text.parse::<i64>();
        number
            .map(Some)
            .map_err(|_| ApiError::invalid(&self.name(field)))
    }

    /// Reads `true` or `false` in any case: Python sends `True`.
    pub(crate) fn boolean(&self, field: &str) -> Result<Option<bool>, ApiError> {
        match self.text(field).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid(&self.name(field))),
        }
    }

    /// Returns the values of `field.1`, `field.2`, … by number, empty ones
    /// left out.
    pub(crate) fn list(&self, field: &str) -> Vec<&'a str> {
        let start = self.name(field) + ".";
        let mut values = BTreeMap::new();
        for (name, value) in self.parameters.under(&start) {
            let number = name.strip_prefix(&start).and_then(number);
            if let Some(number) = number.filter(|_| !value.is_empty()) {
                values.insert(number, value);
            }
        }
        values.into_values().collect()
    }

    /// Returns the groups of fields `field.1.…`, `field.2.…`, … by number,
    /// those left out in which every field is empty.
    pub(crate) fn numbered(&self, field: &str) -> Vec<Self> {
        let start = self.name(field) + ".";
        let mut numbers = BTreeSet::new();
        for (name, value) in self.parameters.under(&start) {
            let rest = name
                .strip_prefix(&start)
                .and_then(|rest| rest.split_once('.'));
            let number = rest.and_then(|(digits, _)| number(digits));
            numbers.extend(number.filter(|_| !value.is_empty()));
        }
        let fields = numbers.into_iter().map(|number| Self {
            parameters: self.parameters,
            prefix: format!("{start}{number}."),
        });
        fields.collect()
    }

    /// Returns the name of an item of the list `field`, such as `field.101`,
    /// that has a value and is not one of `field.1` to `field.most`.
    pub(crate) fn number_beyond(&self, field: &str, most: u32) -> Option<String> {
        let start = self.name(field) + ".";
        let mut given = self.parameters.under(&start);
        let beyond = given.find_map(|(name, value)| {
            let rest = name.strip_prefix(&start)?;
            let digits = rest.split_once('.').map_or(rest, |(digits, _)| digits);
            (!value.is_empty() && is_beyond(digits, most)).then_some(digits)
        });
        beyond.map(|digits| start.clone() + digits)
    }
}

/// Tells whether a part of a name is a number, but not one from 1 to `most`.
fn is_beyond(digits: &str, most: u32) -> bool {
    let zeros = digits.starts_with('0') && digits != "0";
    let plain = !digits.is_empty() && !zeros && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && number(digits).is_none_or(|number| number > most)
}

/// Reads a number in a name: from 1, without a sign or leading zeros.
pub(super) fn number(digits: &str) -> Option<u32> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn lists_go_by_number_not_by_arrival_or_spelling() {
        let sent = parameters(&[
            ("Id.10", "ten"),
            ("Id.2", "two"),
            ("Id.1", "one"),
            ("Id.3", ""),
            ("Id.01", "x"),
            ("Id.x", "x"),
            ("Id.-1", "x"),
            ("Id.99999999999999999999", "x"),
            ("Ids.1", "x"),
        ]);
        assert_eq!(Fields::new(&sent).list("Id"), ["one", "two", "ten"]);
    }

    #[test]
    fn groups_of_fields_go_by_number_and_know_their_place() {
        let sent = parameters(&[
            ("P.10.A", "ten"),
            ("P.2.A", "two"),
            ("P.3.A", ""),
            ("P.2.B", ""),
        ]);
        let groups = Fields::new(&sent).numbered("P");
        let read: Vec<_> = groups
            .iter()
            .map(|one| (one.place(), one.text("A")))
            .collect();
        assert_eq!(read, [("P.2", Some("two")), ("P.10", Some("ten"))]);
        assert_eq!(groups[0].name("A"), "P.2.A");
        assert_eq!(groups[0].text("B"), None);
        assert_eq!(groups[0].raw("B"), Some(""));
    }

    #[test]
    fn numbers_outside_of_a_list_are_told_by_name() {
        for (name, beyond) in [
            ("P.1.A", None),
            ("P.100.A", None),
            ("P.101.A", Some("P.101")),
            ("P.0.A", Some("P.0")),
            ("P.101", Some("P.101")),
            ("P.99999999999999999999.A", Some("P.99999999999999999999")),
            ("P.0101.A", None),
            ("P.x.A", None),
            ("Q.101.A", None),
        ] {
            let sent = parameters(&[(name, "x")]);
            let found = Fields::new(&sent).number_beyond("P", 100);
            assert_eq!(found.as_deref(), beyond, "{name}");
        }
        let empty = parameters(&[("P.101.A", "")]);
        assert_eq!(Fields::new(&empty).number_beyond("P", 100), None);
    }

    #[test]
    fn booleans_are_read_in_any_case() {
        let sent = parameters(&[("A", "True"), ("B", "false"), ("C", "yes"), ("D", "")]);
        let fields = Fields::new(&sent);
        assert_eq!(fields.boolean("A").unwrap(), Some(true));
        assert_eq!(fields.boolean("B").unwrap(), Some(false));
        assert_eq!(fields.boolean("D").unwrap(), None);
        assert_eq!(fields.boolean("C").unwrap_err().code, "InvalidParameter");
    }
}
