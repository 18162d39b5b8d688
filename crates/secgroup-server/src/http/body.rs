//! Where the body of a request ends.

use super::head::Head;
use crate::limits::{BODY, CHUNK_FRAMING};
use crate::refusal::Refusal;

/// The longest line that gives the size of a chunk.
const CHUNK_LINE: usize = 1024;

/// How the body of a request is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length, which is at most [`BODY`].
    Length(usize),
    /// By a chunk of no length.
    Chunked,
}

impl Framing {
    /// Finds out how the body is delimited, and refuses what could be read in
    /// two ways.
    pub(crate) fn of(head: &Head) -> Result<Self, Refusal> {
        let headers = &head.headers;
        if headers
            .all("content-encoding")
            .any(|coding| !coding.eq_ignore_ascii_case("identity"))
        {
            let message = "A body with a Content-Encoding is not accepted; send it plain.";
            return Err(Refusal::malformed(message));
        }
        let length = headers.only("content-length")?;
        match (headers.only("transfer-encoding")?, length) {
            (None, None) => Ok(Self::Length(0)),
            (None, Some(length)) => read_length(length).map(Self::Length),
            (Some(_), Some(_)) => Err(Refusal::malformed(
                "Content-Length and Transfer-Encoding contradict each other.",
            )),
            (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") && !head.old => {
                Ok(Self::Chunked)
            }
            (Some(_), None) => Err(Refusal::malformed(
                "This Transfer-Encoding is not accepted; send a Content-Length.",
            )),
        }
    }
}

fn read_length(text: &str) -> Result<usize, Refusal> {
    // `parse` would take a sign, too.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::malformed("The Content-Length is not a number."));
    }
    match text.parse() {
        Ok(length) if length <= BODY => Ok(length),
        _ => Err(too_large()),
    }
}

pub(crate) fn too_large() -> Refusal {
    let message = format!("The body of the request exceeds {BODY} bytes.");
    Refusal::new(413, "RequestBodyTooLarge", message)
}

/// A chunked body on its way in.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    body: Vec<u8>,
    /// How many bytes of the chunk are still to come.
    left: usize,
    /// Whether the line end behind a chunk is still to come.
    ending: bool,
    framing: usize,
}

impl Chunks {
    /// Takes what it can from the front of `bytes`. Returns how much that was,
    /// and whether the body is whole.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Result<(usize, bool), Refusal> {
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            if self.left > 0 {
                let piece = rest.len().min(self.left);
                self.body.extend_from_slice(&rest[..piece]);
                self.left -= piece;
                taken += piece;
                if self.left > 0 {
                    return Ok((taken, false));
                }
            } else if self.ending {
                match rest {
                    [b'\r', b'\n', ..] => (),
                    [] | [b'\r'] => return Ok((taken, false)),
                    _ => return Err(malformed()),
                }
                self.ending = false;
                taken += self.count(2)?;
            } else {
                let Some((line, size)) = size_line(rest)? else {
                    return Ok((taken, false));
                };
                if size == 0 {
                    return match &rest[line..] {
                        [b'\r', b'\n', ..] => Ok((taken + line + 2, true)),
                        [] | [b'\r'] => Ok((taken, false)),
                        _ => Err(Refusal::malformed("Trailers are not accepted.")),
                    };
                }
                if size > BODY - self.body.len() {
                    return Err(too_large());
                }
                taken += self.count(line)?;
                self.left = size;
                self.ending = true;
            }
        }
    }

    /// Returns the body when it is whole.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Counts bytes that are not part of the body.
    fn count(&mut self, bytes: usize) -> Result<usize, Refusal> {
        self.framing += bytes;
        if self.framing > CHUNK_FRAMING {
            return Err(Refusal::malformed(
                "The body comes in too many or too ornate chunks.",
            ));
        }
        Ok(bytes)
    }
}

/// Reads the line before a chunk: its length, and the size it gives.
fn size_line(bytes: &[u8]) -> Result<Option<(usize, usize)>, Refusal> {
    match httparse::parse_chunk_size(bytes) {
        Ok(httparse::Status::Complete((line, size))) if line <= CHUNK_LINE => {
            // The parser takes a line without digits for zero.
            if !bytes.first().is_some_and(u8::is_ascii_hexdigit) {
                return Err(malformed());
            }
            Ok(Some((line, usize::try_from(size).unwrap_or(usize::MAX))))
        }
        Ok(httparse::Status::Partial) if bytes.len() <= CHUNK_LINE => Ok(None),
        _ => Err(malformed()),
    }
}

fn malformed() -> Refusal {
    Refusal::malformed("The chunks of the body are malformed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(headers: &str) -> Result<Framing, u16> {
        let head = Head::read(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes()).unwrap();
        Framing::of(&head).map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_body_is_delimited_in_one_way() {
        assert_eq!(framing(""), Ok(Framing::Length(0)));
        assert_eq!(framing("Content-Length: 7\r\n"), Ok(Framing::Length(7)));
        assert_eq!(
            framing("Content-Length: 1048576\r\n"),
            Ok(Framing::Length(BODY))
        );
        assert_eq!(framing("Content-Length: 1048577\r\n"), Err(413));
        assert_eq!(
            framing("Transfer-Encoding: Chunked\r\n"),
            Ok(Framing::Chunked)
        );
        for refused in [
            "Content-Length: -1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Content-Encoding: gzip\r\n",
        ] {
            assert_eq!(framing(refused), Err(400), "{refused}");
        }
        assert_eq!(
            framing("Content-Length: 99999999999999999999999\r\n"),
            Err(413)
        );
    }

    /// Reads a chunked body that comes in pieces of `step`; returns it with
    /// what was left over.
    fn read(bytes: &[u8], step: usize) -> Result<Option<(Vec<u8>, usize)>, u16> {
        let mut chunks = Chunks::default();
        let mut pending = Vec::new();
        for piece in bytes.chunks(step) {
            pending.extend_from_slice(piece);
            let (taken, whole) = chunks.advance(&pending).map_err(|refusal| refusal.status)?;
            pending.drain(..taken);
            if whole {
                return Ok(Some((chunks.into_body(), pending.len())));
            }
        }
        Ok(None)
    }

    #[test]
    fn chunks_are_joined_wherever_the_pieces_end() {
        let bytes = b"4;a=b\r\nRust\r\nA\r\n0123456789\r\n0\r\n\r\n";
        for step in 1..bytes.len() {
            let (body, _) = read(bytes, step).unwrap().unwrap();
            assert_eq!(body, b"Rust0123456789", "{step}");
        }
        assert_eq!(read(&bytes[..bytes.len() - 1], 3), Ok(None));
        assert_eq!(read(b"0\r\n\r\nGET", 8), Ok(Some((Vec::new(), 3))));
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for wrong in [
            "z\r\n",
            "\r\n\r\n",
            "-1\r\na",
            "4\r\nRustX",
            "4\nRust\r\n",
            "0\r\nTrailer: a\r\n\r\n",
            ";a=b\r\n",
            " 4\r\nRust\r\n",
            "FFFFFFFFFFFFFFFFF\r\n",
        ] {
            assert_eq!(read(wrong.as_bytes(), 64), Err(400), "{wrong:?}");
        }
    }

    #[test]
    fn chunked_bodies_have_the_limits_of_others() {
        let of = |size: usize| format!("{size:x}\r\n{}\r\n0\r\n\r\n", "a".repeat(size));
        let (body, _) = read(of(BODY).as_bytes(), 1 << 14).unwrap().unwrap();
        assert_eq!(body.len(), BODY);
        assert_eq!(read(of(BODY + 1).as_bytes(), 1 << 14), Err(413));
        assert_eq!(read(b"FFFFFFFFFFFFFFFF\r\n", 64), Err(413));
        // Six bytes of framing for one of body.
        let single = |count: usize| "1\r\na\r\n".repeat(count) + "0\r\n\r\n";
        let most = CHUNK_FRAMING / 5;
        assert!(read(single(most).as_bytes(), 1 << 14).unwrap().is_some());
        assert_eq!(read(single(most + 1).as_bytes(), 1 << 14), Err(400));
        let ornate = |length: usize| format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(length - 4));
        assert!(read(ornate(CHUNK_LINE).as_bytes(), 64).unwrap().is_some());
        assert_eq!(read(ornate(CHUNK_LINE + 1).as_bytes(), 64), Err(400));
    }
}
