//! Tags in requests: `Tag.N.Key` and `Tag.N.Value` that a call sets
//! ([`new_tags`], [`added_tags`]) or asks for ([`TagFilter`]).
//!
//! Where tags are kept and how any object's are found is in `tagging`.

use std::collections::BTreeMap;

use super::error::ApiError;
use super::fields::Fields;
use super::objects::Tags;

/// How many tags an object has at most, and a call names at most (5.1.1).
pub(crate) const MAX_TAGS: usize = 20;

/// The greatest length of a key and of a value, in characters.
const MAX_LENGTH: usize = 128;

/// How operations word the same faults.
struct Wording {
    too_many: fn() -> ApiError,
    key: &'static str,
    value: &'static str,
}

/// The words of the calls that make an object with tags.
const CREATING: Wording = Wording {
    too_many: || {
        let message = format!("The maximum number of tags, {MAX_TAGS}, is exceeded.");
        ApiError::new(403, "QuotaExceed.Tags", message)
    },
    key: "Specified tag key is not valid.",
    value: "Specified tag value is not valid.",
};

/// The words of the calls about tags, and of filters.
const TAGGING: Wording = Wording {
    too_many: too_many_tags,
    key: "The specified Tag.n.Key is not valid.",
    value: "The specified Tag.n.Value is not valid.",
};

/// Reads the tags of an object to be made (5.1.1, 5.8.1).
///
/// # Errors
///
/// `403 QuotaExceed.Tags`, `400 InvalidTagKey.Malformed`, `400
/// InvalidTagValue.Malformed` and `400 Duplicate.TagKey`.
pub(crate) fn new_tags(fields: &Fields<'_>) -> Result<Tags, ApiError> {
    read(fields, &CREATING)
}

/// Reads the tags that a call adds to objects that exist.
///
/// # Errors
///
/// As [`new_tags`], but `400 NumberExceed.Tags` for more than [`MAX_TAGS`].
pub(crate) fn added_tags(fields: &Fields<'_>) -> Result<Tags, ApiError> {
    read(fields, &TAGGING)
}

/// More tags in a call about tags than it may have.
pub(crate) fn too_many_tags() -> ApiError {
    let message = format!("The Tags parameter's number is exceed , Valid : {MAX_TAGS}");
    ApiError::new(400, "NumberExceed.Tags", message)
}

fn read(fields: &Fields<'_>, wording: &Wording) -> Result<Tags, ApiError> {
    let sent = fields.numbered("Tag");
    if sent.len() > MAX_TAGS {
        return Err((wording.too_many)());
    }
    let mut tags = BTreeMap::new();
    for tag in sent {
        // Of all parameters, tag values alone may be empty.
        let (key, value) = (
            tag.text("Key").unwrap_or(""),
            tag.raw("Value").unwrap_or(""),
        );
        if !is_key(key) {
            return Err(ApiError::new(400, "InvalidTagKey.Malformed", wording.key));
        }
        if !is_value(value) {
            let code = "InvalidTagValue.Malformed";
            return Err(ApiError::new(400, code, wording.value));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(duplicate_key());
        }
    }
    Ok(Tags(tags))
}

fn duplicate_key() -> ApiError {
    let message = "The Tag.N.Key contain duplicate key.";
    ApiError::new(400, "Duplicate.TagKey", message)
}

/// Tells whether `key` can be set: "aliyun" and "acs:" begin the keys of the
/// platform.
fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.starts_with("aliyun") && is_value(key)
}

/// Tells whether `value` can be set; the empty one can.
fn is_value(value: &str) -> bool {
    let address = value.contains("http://") || value.contains("https://");
    value.chars().count() <= MAX_LENGTH && !value.starts_with("acs:") && !address
}

/// The `Tag.N` of a query: all of them must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagFilter<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> TagFilter<'a> {
    /// Reads the filter of a query; a key without a value means any value,
    /// a value that was sent empty means the empty one.
    ///
    /// # Errors
    ///
    /// `400 NumberExceed.Tags`, `400 InvalidParameter.TagValue` for a value
    /// without a key, and `400 Duplicate.TagKey`.
    pub(crate) fn read(fields: &Fields<'a>) -> Result<Self, ApiError> {
        let sent = fields.numbered("Tag");
        if sent.len() > MAX_TAGS {
            return Err((TAGGING.too_many)());
        }
        let mut asked: Vec<(&str, Option<&str>)> = Vec::with_capacity(sent.len());
        for tag in sent {
            let Some(key) = tag.text("Key") else {
                let code = "InvalidParameter.TagValue";
                return Err(ApiError::new(400, code, TAGGING.value));
            };
            if asked.iter().any(|(other, _)| *other == key) {
                return Err(duplicate_key());
            }
            asked.push((key, tag.raw("Value")));
        }
        Ok(Self(asked))
    }

    /// Tells whether nothing is asked, so that every object matches.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether one tag is among those asked for.
    pub(crate) fn names(&self, key: &str, value: &str) -> bool {
        let mut asked = self.0.iter();
        let is = |(named, wanted): &(&str, Option<&str>)| {
            *named == key && wanted.is_none_or(|wanted| wanted == value)
        };
        self.is_empty() || asked.any(is)
    }

    /// Tells whether an object with these tags is asked for.
    pub(crate) fn matches(&self, tags: &Tags) -> bool {
        self.0.iter().all(|(key, value)| {
            let own = tags.0.get(*key);
            own.is_some_and(|own| value.is_none_or(|value| own == value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Parameters;
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Parameters {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    fn code(pairs: &[(&str, &str)]) -> String {
        let sent = sent(pairs);
        let read = new_tags(&Fields::new(&sent));
        read.map_or_else(|error| error.code.into_owned(), |tags| format!("{tags:?}"))
    }

    #[test]
    fn a_tag_has_a_key_and_may_have_an_empty_value_5_1_1() {
        let pairs = [
            ("Tag.1.Key", "env"),
            ("Tag.1.Value", ""),
            ("Tag.10.Key", "cloud"),
            ("Tag.10.Value", "aliyun"),
        ];
        let sent = sent(&pairs);
        let Tags(tags) = new_tags(&Fields::new(&sent)).unwrap();
        let tags: Vec<_> = tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(tags, [("cloud", "aliyun"), ("env", "")]);
    }

    #[test]
    fn what_cannot_be_a_tag_is_refused_5_1_1() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for key in ["aliyun.x", "acs:x", "ahttp://x", "https://x", &long] {
            assert_eq!(
                code(&[("Tag.1.Key", key)]),
                "InvalidTagKey.Malformed",
                "{key}"
            );
        }
        for value in ["acs:x", "a http://x", "https://x", &long] {
            let pairs = [("Tag.1.Key", "k"), ("Tag.1.Value", value)];
            assert_eq!(code(&pairs), "InvalidTagValue.Malformed", "{value}");
        }
        assert_eq!(code(&[("Tag.1.Value", "v")]), "InvalidTagKey.Malformed");
        let twice = [("Tag.1.Key", "k"), ("Tag.2.Key", "k")];
        assert_eq!(code(&twice), "Duplicate.TagKey");
        let longest = "字".repeat(MAX_LENGTH);
        assert!(code(&[("Tag.1.Key", &longest)]).starts_with("Tags"));
    }

    #[test]
    fn a_call_names_at_most_twenty_tags_5_1_1() {
        let numbered = |count: usize| -> Parameters {
            let pairs = (1..=count).map(|n| (format!("Tag.{n}.Key"), format!("k{n}")));
            pairs.collect()
        };
        let (most, more) = (numbered(20), numbered(21));
        assert_eq!(new_tags(&Fields::new(&most)).unwrap().0.len(), 20);
        let code = |error: ApiError| (error.status, error.code.into_owned());
        assert_eq!(
            code(new_tags(&Fields::new(&more)).unwrap_err()),
            (403, "QuotaExceed.Tags".to_owned())
        );
        assert_eq!(
            code(added_tags(&Fields::new(&more)).unwrap_err()),
            (400, "NumberExceed.Tags".to_owned())
        );
    }

    #[test]
    fn a_filter_wants_every_tag_it_names_and_any_value_where_it_names_none_5_7_2() {
        let tags = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Tags(owned.collect())
        };
        let matches = |asked: &[(&str, &str)], own: &[(&str, &str)]| {
            let asked = sent(asked);
            TagFilter::read(&Fields::new(&asked))
                .unwrap()
                .matches(&tags(own))
        };
        let both = [("a", "1"), ("b", "")];
        assert!(matches(&[], &both));
        assert!(matches(&[("Tag.1.Key", "a")], &both));
        assert!(matches(&[("Tag.1.Key", "a"), ("Tag.1.Value", "1")], &both));
        assert!(!matches(&[("Tag.1.Key", "a"), ("Tag.1.Value", "2")], &both));
        assert!(!matches(&[("Tag.1.Key", "a"), ("Tag.1.Value", "")], &both));
        assert!(matches(&[("Tag.1.Key", "b"), ("Tag.1.Value", "")], &both));
        assert!(!matches(&[("Tag.1.Key", "a"), ("Tag.2.Key", "c")], &both));
    }
}
