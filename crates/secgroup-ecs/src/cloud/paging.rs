//! Lists in pages: `MaxResults` with `NextToken`, or `PageNumber` with `PageSize`.
//!
//! A token names the last row of the page before, by its time and id. So the
//! next page begins behind that row whatever was made or deleted meanwhile: no
//! row comes twice, and none is left out that was there all the time.

use std::cmp::Ordering;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::objects::Time;
use super::operation::{Body, Call};

/// How an operation pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// `MaxResults`; none where the operation knows pages by number only.
    pub(crate) results: Option<Size>,
    /// `PageSize`; none where the operation knows tokens only.
    pub(crate) pages: Option<Size>,
    /// The order of the rows.
    pub(crate) order: Order,
}

/// How many rows a page has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) least: usize,
    pub(crate) usual: usize,
    pub(crate) most: usize,
    /// What to do with other numbers.
    pub(crate) outside: Outside,
}

/// What to do with a size that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Refuse it.
    Refused,
    /// Take the nearest one that is allowed.
    Moved,
}

/// The order of rows, by time and then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// The page that a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The operation, which its tokens are bound to.
    action: &'static str,
    order: Order,
    size: usize,
    start: Start,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    First,
    /// Behind the row of this time and id.
    Behind(Time, String),
    /// By number, the first page being 1.
    Number(usize),
}

/// The rows of a page, and what the answer says about the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) footer: Footer,
}

/// What an answer says about its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Footer {
    /// `NextToken`, empty on the last page.
    Token(String),
    /// `PageNumber`, `PageSize` and `TotalCount`.
    Numbers {
        number: usize,
        size: usize,
        total: usize,
        /// Whether the operation has tokens as well, so that the answer has an
        /// empty one.
        token: bool,
    },
}

impl Size {
    /// Reads the size a call asks for.
    fn read(self, call: &Call<'_>, field: &str) -> Result<usize, ApiError> {
        let Some(asked) = call.fields.integer(field)? else {
            return Ok(self.usual);
        };
        // Below zero there is no page at all.
        let size = usize::try_from(asked).unwrap_or(0);
        if (self.least..=self.most).contains(&size) {
            return Ok(size);
        }
        match self.outside {
            Outside::Refused => Err(ApiError::invalid(field)),
            Outside::Moved => Ok(size.clamp(self.least, self.most)),
        }
    }
}

impl Paging {
    /// Reads which page a call of `action` asks for.
    ///
    /// `MaxResults` or `NextToken` choose tokens; otherwise pages are counted,
    /// where the operation can.
    pub(crate) fn read(&self, call: &Call<'_>, action: &'static str) -> Result<Page, ApiError> {
        let fields = &call.fields;
        let asked = fields.text("MaxResults").is_some() || fields.text("NextToken").is_some();
        let (size, start) = match (self.results, self.pages) {
            (Some(results), pages) if asked || pages.is_none() => {
                let start = fields.text("NextToken").map(|token| opened(action, token));
                let start = start.transpose()?.unwrap_or(Start::First);
                (results.read(call, "MaxResults")?, start)
            }
            (_, Some(pages)) => {
                let number = fields.integer("PageNumber")?.unwrap_or(1);
                let number = usize::try_from(number).ok().filter(|number| 0 < *number);
                let number = number.ok_or_else(|| ApiError::invalid("PageNumber"))?;
                (pages.read(call, "PageSize")?, Start::Number(number))
            }
            // An operation without either has one page.
            (_, None) => (usize::MAX, Start::First),
        };
        Ok(Page {
            action,
            order: self.order,
            size,
            start,
        })
    }

    /// Tells whether the operation has tokens.
    pub(crate) const fn has_tokens(&self) -> bool {
        self.results.is_some()
    }
}

impl Page {
    /// Picks the page from all rows, which may come in any order; no two may
    /// have the same time and id.
    pub(crate) fn cut<T>(
        &self,
        paging: &Paging,
        mut rows: Vec<T>,
        position: impl for<'t> Fn(&'t T) -> (Time, &'t str),
    ) -> Cut<T> {
        let compare = |one: (Time, &str), other: (Time, &str)| match self.order {
            Order::OldestFirst => one.cmp(&other),
            Order::NewestFirst => other.cmp(&one),
        };
        rows.sort_by(|one, other| compare(position(one), position(other)));
        let total = rows.len();
        let skipped = match &self.start {
            Start::First => 0,
            Start::Behind(time, id) => {
                rows.partition_point(|row| compare(position(row), (*time, id)) != Ordering::Greater)
            }
            Start::Number(number) => (number - 1).saturating_mul(self.size).min(total),
        };
        rows.drain(..skipped);
        let more = self.size < rows.len();
        rows.truncate(self.size);
        let footer = match (self.start.clone(), rows.last().filter(|_| more)) {
            (Start::Number(number), _) => Footer::Numbers {
                number,
                size: self.size,
                total,
                token: paging.has_tokens(),
            },
            (_, None) => Footer::Token(String::new()),
            (_, Some(last)) => Footer::Token(sealed(self.action, position(last))),
        };
        Cut { rows, footer }
    }
}

impl Footer {
    /// Writes what an answer says about its page.
    ///
    /// "TotalCount" has no meaning beside tokens, so it is left out there.
    pub(crate) fn write(self, body: &mut Body) {
        let mut set = |name: &str, value| body.insert(name.to_owned(), value);
        match self {
            Self::Token(token) => {
                set("NextToken", Value::String(token));
            }
            Self::Numbers {
                number,
                size,
                total,
                token,
            } => {
                set("PageNumber", number.into());
                set("PageSize", size.into());
                set("TotalCount", total.into());
                if token {
                    set("NextToken", Value::String(String::new()));
                }
            }
        }
    }
}

/// How many bytes of a token are its check.
const CHECK: usize = 8;

/// The longest id a token may name, in bytes.
const LONGEST: usize = 256;

/// Writes a token that names a row.
fn sealed(action: &str, (time, id): (Time, &str)) -> String {
    let place = [&time.0.to_be_bytes(), id.as_bytes()].concat();
    let check = check(action, &place);
    let bytes = check.iter().chain(&place);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a token of this operation.
fn opened(action: &str, token: &str) -> Result<Start, ApiError> {
    let wrong = || {
        let message = "The parameter NextToken is invalid.";
        ApiError::new(400, "InValidParameter.NextToken", message)
    };
    let bytes = bytes(token).ok_or_else(wrong)?;
    let (seal, place) = bytes.split_at_checked(CHECK).ok_or_else(wrong)?;
    if seal != check(action, place) {
        return Err(wrong());
    }
    let (time, id) = place.split_first_chunk().ok_or_else(wrong)?;
    let id = str::from_utf8(id).map_err(|_| wrong())?;
    Ok(Start::Behind(
        Time(i64::from_be_bytes(*time)),
        id.to_owned(),
    ))
}

/// Returns the bytes that a token spells.
fn bytes(token: &str) -> Option<Vec<u8>> {
    if 2 * (CHECK + size_of::<i64>() + LONGEST) < token.len() {
        return None;
    }
    let (pairs, rest) = token.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pair = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    let bytes: Option<Vec<u8>> = pairs.iter().map(pair).collect();
    bytes.filter(|_| rest.is_empty())
}

/// Returns what tells a token of `action` from any other text.
fn check(action: &str, place: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new()
        .chain_update(action)
        .chain_update([0])
        .chain_update(place)
        .finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWEST: Paging = Paging {
        results: None,
        pages: None,
        order: Order::NewestFirst,
    };

    fn page(start: Start) -> Page {
        Page {
            action: "Describe",
            order: Order::NewestFirst,
            size: 2,
            start,
        }
    }

    /// Rows are called after their time.
    fn cut(page: &Page, rows: &[i64]) -> (Vec<String>, String) {
        let rows = rows.iter().map(|time| (*time, format!("id-{time}")));
        let cut = page.cut(&NEWEST, rows.collect(), |(time, id)| (Time(*time), id));
        let Footer::Token(token) = cut.footer else {
            panic!("{:?}", cut.footer);
        };
        (cut.rows.into_iter().map(|(_, id)| id).collect(), token)
    }

    #[test]
    fn a_page_begins_behind_the_last_row_of_the_one_before_though_it_is_gone() {
        let (rows, token) = cut(&page(Start::First), &[1, 2, 3, 4, 5]);
        assert_eq!(rows, ["id-5", "id-4"]);
        let next = page(opened("Describe", &token).unwrap());
        let (rows, token) = cut(&next, &[6, 5, 3, 2, 1]);
        assert_eq!(rows, ["id-3", "id-2"]);
        let next = page(opened("Describe", &token).unwrap());
        assert_eq!(
            cut(&next, &[6, 1]),
            (vec!["id-1".to_owned()], String::new())
        );
        assert_eq!(cut(&next, &[]), (Vec::new(), String::new()));
    }

    #[test]
    fn only_tokens_of_the_same_operation_open() {
        let token = sealed("Describe", (Time(-1), "id"));
        assert_eq!(
            opened("Describe", &token).unwrap(),
            Start::Behind(Time(-1), "id".to_owned())
        );
        for wrong in [
            "",
            "0",
            "00",
            &token[2..],
            &token.to_uppercase(),
            &format!("{token}00"),
        ] {
            assert!(opened("Describe", wrong).is_err(), "{wrong}");
        }
        assert!(opened("Other", &token).is_err());
    }
}
