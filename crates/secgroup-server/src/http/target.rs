//! The target of a request: in origin form, or absolute as proxies get it.

use crate::refusal::Refusal;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// The authority of a target in absolute form. Such targets come from
    /// clients without a setting for the endpoint that take this server for
    /// their proxy; any host will do.
    pub(crate) host: Option<&'a str>,
    pub(crate) path: &'a str,
    /// What stands behind the question mark.
    pub(crate) query: &'a str,
}

impl<'a> Target<'a> {
    /// Takes a target apart.
    pub(crate) fn read(target: &'a str) -> Result<Self, Refusal> {
        let (host, rest) = if target.starts_with('/') {
            (None, target)
        } else {
            let rest = strip_scheme(target).ok_or_else(|| {
                Refusal::malformed(
                    "The target is neither a path nor an absolute URL of http or https.",
                )
            })?;
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            host,
            path: if path.is_empty() { "/" } else { path },
            query,
        })
    }
}

fn strip_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    let known = ["http", "https"];
    known
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(rest)
}

/// Returns what the client calls us, if it can be said back to it.
///
/// It goes into answers, so it must look like the name of a host.
pub(crate) fn host_id(host: Option<&str>) -> Option<&str> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    host.filter(|host| (1..=255).contains(&host.len()) && host.chars().all(harmless))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_paths_or_absolute() {
        let read = |target| Target::read(target).map(|read| (read.host, read.path, read.query));
        assert_eq!(read("/"), Ok((None, "/", "")));
        assert_eq!(read("/?a=b?c"), Ok((None, "/", "a=b?c")));
        assert_eq!(read("/healthz"), Ok((None, "/healthz", "")));
        assert_eq!(
            read("HTTP://ecs.aliyuncs.com:80/?a=b"),
            Ok((Some("ecs.aliyuncs.com:80"), "/", "a=b"))
        );
        assert_eq!(read("https://ecs?a=b"), Ok((Some("ecs"), "/", "a=b")));
        assert_eq!(read("https://ecs"), Ok((Some("ecs"), "/", "")));
        assert_eq!(read("//ecs/?a"), Ok((None, "//ecs/", "a")));
        for wrong in ["*", "ecs:443", "ftp://ecs/", "", "?a=b"] {
            assert_eq!(
                read(wrong).map_err(|refusal| refusal.status),
                Err(400),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_host_is_said_back_only_if_it_looks_like_one() {
        assert_eq!(host_id(Some("127.0.0.1:80")), Some("127.0.0.1:80"));
        assert_eq!(host_id(Some("[::1]:80")), Some("[::1]:80"));
        for wrong in ["", "a b", "<b>", "a\"b", "ä", &"a".repeat(256)] {
            assert_eq!(host_id(Some(wrong)), None, "{wrong}");
        }
    }
}
