//! Names of many instances: one for all, numbered, or one for each.

use super::ID_IN_NAME;
use crate::cloud::error::ApiError;
use crate::cloud::interface_parameters::is_name;
use crate::cloud::operation::Call;

/// The greatest length of a host name.
const MAX_HOST_NAME: usize = 64;

/// How many digits the number in `name[begin,digits]` has at most and usually.
const MAX_DIGITS: usize = 6;

/// Reads `InstanceName`: one name for each instance, or none at all.
///
/// # Errors
///
/// `400 InvalidInstanceName.Malformed`.
pub(super) fn names(call: &Call<'_>, amount: usize) -> Result<Vec<String>, ApiError> {
    let Some(pattern) = call.fields.text("InstanceName") else {
        return Ok(Vec::new());
    };
    let names = numbered(call, pattern, amount)?;
    if names.iter().all(|name| is_name(name)) {
        return Ok(names);
    }
    let message = "The specified parameter \"InstanceName\" is not valid.";
    Err(ApiError::new(400, "InvalidInstanceName.Malformed", message))
}

/// Reads `HostName` or `HostNames.N`: one for each instance, or fewer.
///
/// # Errors
///
/// `400 InvalidHostName.Malformed`, and `400 InvalidParameter.Conflict` for both.
pub(super) fn host_names(call: &Call<'_>, amount: usize) -> Result<Vec<String>, ApiError> {
    let listed = call.fields.list("HostNames");
    let names = match call.fields.text("HostName") {
        Some(_) if !listed.is_empty() => {
            let message = "The parameters HostName and HostNames.N cannot be set at the same time.";
            return Err(ApiError::new(400, "InvalidParameter.Conflict", message));
        }
        Some(pattern) => numbered(call, pattern, amount)?,
        None if amount < listed.len() => return Err(ApiError::invalid("HostNames")),
        None => listed.into_iter().map(str::to_owned).collect(),
    };
    if names.iter().all(|name| is_host_name(name)) {
        return Ok(names);
    }
    let message = "The specified parameter \"HostName\" is not valid.";
    Err(ApiError::new(400, "InvalidHostName.Malformed", message))
}

/// Tells whether `text` is a host name: letters, digits and `-` in segments
/// that dots separate, which may have the id of the instance in them.
pub(crate) fn is_host_name(text: &str) -> bool {
    let text = text.replace(ID_IN_NAME, "i0");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let segment = |segment: &str| {
        let inner = !segment.starts_with('-') && !segment.ends_with('-');
        inner && !segment.is_empty() && !segment.contains("--") && segment.bytes().all(allowed)
    };
    (2..=MAX_HOST_NAME).contains(&text.len()) && text.split('.').all(segment)
}

/// Returns the names that `prefix[begin,digits]suffix` or `UniqueSuffix` make of
/// a pattern.
fn numbered(call: &Call<'_>, pattern: &str, amount: usize) -> Result<Vec<String>, ApiError> {
    let sequence = Sequence::read(pattern);
    let unique = call.fields.boolean("UniqueSuffix")? == Some(true) && 1 < amount;
    // Without a suffix of its own a sequence is unique.
    let unique = unique && sequence.as_ref().is_none_or(|one| !one.suffix.is_empty());
    let names = (0..amount).map(|number| {
        let name = match &sequence {
            Some(sequence) => sequence.name(number),
            None => pattern.to_owned(),
        };
        if unique {
            format!("{name}{:03}", number + 1)
        } else {
            name
        }
    });
    Ok(names.collect())
}

/// A name with a number in it.
struct Sequence<'a> {
    prefix: &'a str,
    begin: usize,
    digits: usize,
    suffix: &'a str,
}

impl<'a> Sequence<'a> {
    /// Reads `prefix[begin,digits]suffix`; both numbers may be left out.
    fn read(pattern: &'a str) -> Option<Self> {
        let (prefix, rest) = pattern.split_once('[')?;
        let (inner, suffix) = rest.split_once(']')?;
        let (begin, digits) = inner.split_once(',').unwrap_or((inner, ""));
        let number = |text: &str, usual| match text {
            "" => Some(usual),
            text => text.parse::<usize>().ok(),
        };
        let begin = number(begin, 0).filter(|begin| *begin <= 999_999)?;
        let digits = number(digits, MAX_DIGITS)?;
        (1..=MAX_DIGITS).contains(&digits).then_some(Self {
            prefix,
            begin,
            digits,
            suffix,
        })
    }

    fn name(&self, number: usize) -> String {
        let Self {
            prefix,
            begin,
            digits,
            suffix,
        } = self;
        format!("{prefix}{:0digits$}{suffix}", begin + number)
    }
}
