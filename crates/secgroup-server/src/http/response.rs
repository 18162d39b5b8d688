//! Answers as bytes.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// An answer on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: &'a str,
    /// Whether the connection ends behind it.
    pub(crate) last: bool,
    /// Whether the body is left out, as for `HEAD`.
    pub(crate) bodyless: bool,
}

impl Response<'_> {
    /// Writes the answer.
    pub(crate) fn to_bytes(&self, now: Timestamp) -> Vec<u8> {
        let status = self.status;
        let reason = reason(status);
        let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
        let mut line = |name: &str, value: &str| {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        };
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
            line("Date", &date);
        }
        line("Content-Type", self.content_type);
        line("Content-Length", &self.body.len().to_string());
        line("x-acs-request-id", self.request_id);
        match status {
            405 => line("Allow", "GET, POST"),
            503 => line("Retry-After", "1"),
            _ => (),
        }
        line("Connection", if self.last { "close" } else { "keep-alive" });
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if !self.bodyless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        // A reason may be empty, and nobody reads it.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16) -> Response<'static> {
        Response {
            status,
            content_type: "application/json;charset=utf-8",
            body: b"{}".to_vec(),
            request_id: "ID",
            last: status != 200,
            bodyless: status == 405,
        }
    }

    fn text(status: u16) -> String {
        String::from_utf8(response(status).to_bytes(Timestamp::UNIX_EPOCH)).unwrap()
    }

    #[test]
    fn an_answer_has_its_length_and_id() {
        let wanted = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
            Content-Type: application/json;charset=utf-8\r\nContent-Length: 2\r\n\
            x-acs-request-id: ID\r\nConnection: keep-alive\r\n\r\n{}";
        assert_eq!(text(200), wanted);
    }

    #[test]
    fn refusals_say_what_to_do_next() {
        assert!(text(503).contains("\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{}"));
        assert!(text(405).contains("\r\nAllow: GET, POST\r\n"));
        assert!(text(405).ends_with("\r\n\r\n"), "no body for HEAD");
    }
}
