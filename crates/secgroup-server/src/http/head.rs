//! The head of a request: its first line and its header lines.

use secgroup_model::Shown;

use crate::limits::{HEADER_BLOCK, HEADER_LINES, REQUEST_LINE};
use crate::refusal::Refusal;

/// How many empty lines may stand before a request. Some old clients end a
/// body with a line end that belongs to nothing.
const EMPTY_LINES: usize = 2;

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// The target as it was sent.
    pub(crate) target: String,
    /// Whether the client speaks HTTP/1.0, where connections end by default.
    pub(crate) old: bool,
    pub(crate) headers: Headers,
}

/// Header lines in the order in which they came, their names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Returns the values of every line called `name`, which is in lower case.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter_map(move |(known, value)| (known == name).then_some(value))
    }

    /// Returns the first value of `name`.
    pub(crate) fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Returns the only value of `name`, or nothing where there is none.
    pub(crate) fn only<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Refusal> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Refusal::malformed(format!(
                "The header line `{name}` is given twice."
            ))),
        }
    }

    /// Returns all lines.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl Head {
    /// Tells whether the client wants the connection to stay.
    pub(crate) fn keeps_alive(&self) -> bool {
        let mut tokens = self
            .headers
            .all("connection")
            .flat_map(|value| value.split(','))
            .map(|token| token.trim().to_ascii_lowercase());
        if self.old {
            tokens.any(|token| token == "keep-alive")
        } else {
            tokens.all(|token| token != "close")
        }
    }

    /// Reads a head that [`Scan`] has found.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES];
        let mut request = httparse::Request::new(&mut lines);
        let read = request.parse(bytes).map_err(refusal)?;
        let (Some(method), Some(target), Some(version), true) = (
            request.method,
            request.path,
            request.version,
            read.is_complete(),
        ) else {
            return Err(Refusal::malformed("The head of the request is not whole."));
        };
        let headers = request.headers.iter().map(|line| {
            let value = std::str::from_utf8(line.value).map_err(|_| {
                let name = Shown(line.name);
                Refusal::malformed(format!("The header line `{name}` is not UTF-8."))
            })?;
            Ok((line.name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Ok(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            old: version == 0,
            headers: Headers(headers.collect::<Result<_, Refusal>>()?),
        })
    }
}

fn refusal(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => header_too_large(),
        httparse::Error::Version => {
            Refusal::malformed("Only HTTP/1.1 and HTTP/1.0 are spoken here.")
        }
        error => Refusal::malformed(format!("The head of the request is malformed: {error}.")),
    }
}

fn header_too_large() -> Refusal {
    let message = format!(
        "The header lines exceed {HEADER_BLOCK} bytes or {HEADER_LINES} lines; parameters belong \
         into the target or the body."
    );
    Refusal::new(431, "RequestHeaderTooLarge", message)
}

fn line_too_long() -> Refusal {
    let message = format!("The request line exceeds {REQUEST_LINE} bytes.");
    Refusal::new(414, "RequestLineTooLong", message)
}

/// A search for the end of a head in a buffer that grows.
///
/// It looks at every byte once, so that a head that comes in single bytes costs
/// no more than one that comes whole.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Where the request line begins.
    start: usize,
    /// Where the line begins that is being looked at.
    line: usize,
    /// The first byte that was not looked at.
    next: usize,
    /// Where the header lines begin.
    headers: Option<usize>,
    empty_lines: usize,
}

impl Scan {
    /// Looks at what is new in `buffer`; returns where the head begins and ends
    /// when it is whole.
    pub(crate) fn advance(&mut self, buffer: &[u8]) -> Result<Option<(usize, usize)>, Refusal> {
        while let Some(offset) = position(&buffer[self.next..], b'\n') {
            let end = self.next + offset;
            let line = &buffer[self.line..end];
            // A bare line feed ends a line for some programs and not for others.
            let Some(line) = line.strip_suffix(b"\r") else {
                return Err(Refusal::malformed(
                    "A line of the head does not end in CRLF.",
                ));
            };
            self.next = end + 1;
            self.line = end + 1;
            match self.headers {
                None if line.is_empty() => {
                    self.empty_lines += 1;
                    if self.empty_lines > EMPTY_LINES {
                        return Err(Refusal::malformed("There is no request line."));
                    }
                    self.start = end + 1;
                }
                None if line.len() > REQUEST_LINE => return Err(line_too_long()),
                None => self.headers = Some(end + 1),
                Some(headers) if end + 1 - headers > HEADER_BLOCK => return Err(header_too_large()),
                Some(_) if line.is_empty() => return Ok(Some((self.start, end + 1))),
                Some(_) => {}
            }
        }
        self.next = buffer.len();
        match self.headers {
            // The carriage return may be there already.
            None if self.next - self.start > REQUEST_LINE + 1 => Err(line_too_long()),
            Some(headers) if self.next - headers > HEADER_BLOCK => Err(header_too_large()),
            _ => Ok(None),
        }
    }

    /// Tells whether anything of a request has come.
    pub(crate) const fn has_begun(&self) -> bool {
        self.next > self.start
    }
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scans `bytes` as they come in pieces of `step`.
    fn scan(bytes: &[u8], step: usize) -> Result<Option<(usize, usize)>, Refusal> {
        let mut scan = Scan::default();
        let mut end = 0;
        while end < bytes.len() {
            end = (end + step).min(bytes.len());
            if let Some(found) = scan.advance(&bytes[..end])? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn status(bytes: &[u8]) -> u16 {
        let whole = scan(bytes, bytes.len()).map(|_| ());
        let single = scan(bytes, 1).map(|_| ());
        assert_eq!(whole, single, "in one piece or in many");
        whole.map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn the_end_of_a_head_is_found_wherever_the_pieces_end() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
        for step in 1..bytes.len() {
            assert_eq!(scan(bytes, step), Ok(Some((2, 29))), "{step}");
        }
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n", 3), Ok(None));
    }

    #[test]
    fn bare_line_feeds_and_missing_request_lines_are_refused() {
        assert_eq!(status(b"GET / HTTP/1.1\nHost: a\r\n\r\n"), 400);
        assert_eq!(status(b"GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
        assert_eq!(status(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 200);
        assert_eq!(status(b"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 400);
    }

    #[test]
    fn the_request_line_may_have_a_mebibyte_and_no_more() {
        let line = |length: usize| {
            let path = "a".repeat(length - "GET  HTTP/1.1".len());
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
        };
        assert_eq!(scan(&line(REQUEST_LINE), 4096).map(|_| ()), Ok(()));
        let refused = scan(&line(REQUEST_LINE + 1), 4096);
        assert_eq!(refused.map_err(|refusal| refusal.status), Err(414));
        // Without a line end it is refused as soon as it is too long.
        let endless = vec![b'a'; REQUEST_LINE + 2];
        assert_eq!(
            scan(&endless, 4096).map_err(|refusal| refusal.status),
            Err(414)
        );
    }

    #[test]
    fn header_lines_may_have_sixteen_kibibytes_and_no_more() {
        let block = |length: usize| {
            let value = "v".repeat(length - "X: \r\n\r\n".len());
            format!("GET / HTTP/1.1\r\nX: {value}\r\n\r\n").into_bytes()
        };
        assert_eq!(status(&block(HEADER_BLOCK)), 200);
        assert_eq!(status(&block(HEADER_BLOCK + 1)), 431);
        let lines = |count: usize| {
            let lines = "X: v\r\n".repeat(count);
            format!("GET / HTTP/1.1\r\n{lines}\r\n").into_bytes()
        };
        assert!(Head::read(&lines(HEADER_LINES)).is_ok());
        assert_eq!(
            Head::read(&lines(HEADER_LINES + 1)).map_err(|refusal| refusal.status),
            Err(431)
        );
    }

    #[test]
    fn a_head_is_taken_apart() {
        let head = Head::read(b"POST /?a=b HTTP/1.1\r\nHost: a:1\r\nX-Acs-Action:  J \r\n\r\n");
        let head = head.unwrap();
        assert_eq!(
            (head.method.as_str(), head.target.as_str()),
            ("POST", "/?a=b")
        );
        assert_eq!(head.headers.get("x-acs-action"), Some("J"));
        assert!(head.keeps_alive());
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for head in [
            "GET / HTTP/2.0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\n folded: a\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\0\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
            "GET  / HTTP/1.1\r\n\r\n",
            "GET\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ] {
            let refused = Head::read(head.as_bytes());
            assert_eq!(
                refused.map_err(|refusal| refusal.status),
                Err(400),
                "{head:?}"
            );
        }
    }

    #[test]
    fn old_clients_ask_to_stay_and_new_ones_to_leave() {
        let keeps = |head: &str| Head::read(head.as_bytes()).unwrap().keeps_alive();
        assert!(keeps("GET / HTTP/1.1\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.0\r\n\r\n"));
        assert!(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    }
}
