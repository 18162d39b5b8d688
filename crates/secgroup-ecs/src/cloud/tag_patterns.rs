//! `TagFilter.N` of ListTagResources: tags asked for by part of their text.
//!
//! Tags asked for exactly are in `tag_parameters`.

use super::error::ApiError;
use super::objects::Tags;
use super::operation::Call;
use super::request::Product;

/// How many filters a call has at most, and how many values one of them.
const MOST: usize = 5;

/// The filters of a call, all of which must match.
#[derive(Debug, Default)]
pub(crate) struct TagPatterns<'a>(Vec<Wanted<'a>>);

/// One filter.
#[derive(Debug)]
enum Wanted<'a> {
    /// A tag whose key is like this.
    Key(Pattern<'a>),
    /// A tag with this very key, and a value like one of these.
    Value(&'a str, Vec<Pattern<'a>>),
}

/// Text with a star behind it, or around it.
#[derive(Clone, Copy, Debug)]
enum Pattern<'a> {
    Exactly(&'a str),
    Starts(&'a str),
    Contains(&'a str),
}

impl<'a> TagPatterns<'a> {
    /// Reads the filters; the VPC API has none.
    ///
    /// # Errors
    ///
    /// `400 InvalidParameter` for more than five filters or values, or a filter
    /// without a key.
    pub(crate) fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        if call.request.product != Product::Ecs {
            return Ok(Self::default());
        }
        let sent = call.fields.numbered("TagFilter");
        if MOST < sent.len() {
            return Err(ApiError::invalid("TagFilter"));
        }
        let wanted = sent.iter().map(|filter| {
            let Some(key) = filter.text("TagKey") else {
                return Err(ApiError::invalid(&filter.name("TagKey")));
            };
            let values = filter.list("TagValues");
            if MOST < values.len() {
                return Err(ApiError::invalid(&filter.name("TagValues")));
            }
            if values.is_empty() {
                return Ok(Wanted::Key(Pattern::of(key)));
            }
            let values = values.into_iter().map(Pattern::of);
            Ok(Wanted::Value(key, values.collect()))
        });
        wanted.collect::<Result<_, _>>().map(Self)
    }

    /// Tells whether nothing is asked, so that every object matches.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether an object with these tags is asked for.
    pub(crate) fn matches(&self, tags: &Tags) -> bool {
        self.0.iter().all(|wanted| match wanted {
            Wanted::Key(pattern) => tags.0.keys().any(|key| pattern.matches(key)),
            Wanted::Value(key, patterns) => tags
                .0
                .get(*key)
                .is_some_and(|value| patterns.iter().any(|pattern| pattern.matches(value))),
        })
    }
}

impl<'a> Pattern<'a> {
    /// Reads `env*`, `*env*` or, without a star at the end, the text itself.
    fn of(text: &'a str) -> Self {
        match text.strip_suffix('*') {
            None => Self::Exactly(text),
            Some(start) => start
                .strip_prefix('*')
                .map_or(Self::Starts(start), Self::Contains),
        }
    }

    fn matches(self, text: &str) -> bool {
        match self {
            Self::Exactly(whole) => text == whole,
            Self::Starts(start) => text.starts_with(start),
            Self::Contains(part) => text.contains(part),
        }
    }
}
