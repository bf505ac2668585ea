//! Where one HTTP/1 request of a connection ends and the next begins, and whether all is well formed.

use crate::head::{Framing, Head, Refusal, field};

const MAX_CHUNK_LINE_BYTES: usize = 256;
const MAX_TRAILER_BYTES: usize = 8 * 1024;

/// What came of reading some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// So many are well formed and may be read by others; the rest has to be shown again.
    pub(crate) passed: usize,
    pub(crate) verdict: Verdict,
}

/// How the rest goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is well formed as far as it has come.
    Fine,
    /// The head that follows is refused.
    Refused(Refusal),
    /// The body that goes on is malformed.
    Broken,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Body(u64),
    ChunkLine,
    Chunk(u64),
    ChunkEnd,
    Trailer(usize),
    /// The answer to an upgrade is awaited.
    Upgrade,
    /// The connection is no longer HTTP.
    Tunnel,
}

/// Follows the requests of one connection.
#[derive(Debug)]
pub(crate) struct Scanner(State);

impl Scanner {
    pub(crate) fn new() -> Self {
        Self(State::Head(Head::default()))
    }

    /// Whether nothing may be read until the answer to an upgrade is known.
    pub(crate) fn awaits_upgrade(&self) -> bool {
        matches!(self.0, State::Upgrade)
    }

    /// Goes on after the answer to an upgrade.
    pub(crate) fn upgrade(&mut self, accepted: bool) {
        self.0 = if accepted { State::Tunnel } else { State::Head(Head::default()) };
    }

    /// Reads on in `bytes`, which begin with what the call before did not pass.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Scanned {
        let mut passed = 0;
        loop {
            match self.step(&bytes[passed..]) {
                Ok(Some(read)) => passed += read,
                Ok(None) => return Scanned { passed, verdict: Verdict::Fine },
                Err(verdict) => return Scanned { passed, verdict },
            }
        }
    }

    /// Reads the next element; none when `bytes` do not hold all of it.
    fn step(&mut self, bytes: &[u8]) -> Result<Option<usize>, Verdict> {
        match &mut self.0 {
            State::Head(head) => {
                let Some((read, framing)) = head.read(bytes).map_err(Verdict::Refused)? else {
                    return Ok(None);
                };
                self.0 = match framing {
                    Framing::Length(length) => State::Body(length),
                    Framing::Chunked => State::ChunkLine,
                    Framing::Upgrade => State::Upgrade,
                };
                Ok(Some(read))
            }
            State::Body(0) => {
                self.0 = State::Head(Head::default());
                Ok(Some(0))
            }
            State::Chunk(0) => {
                self.0 = State::ChunkEnd;
                Ok(Some(0))
            }
            State::Upgrade => Ok(None),
            _ if bytes.is_empty() => Ok(None),
            State::Tunnel => Ok(Some(bytes.len())),
            State::Body(left) | State::Chunk(left) => {
                let read = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= read as u64;
                Ok(Some(read))
            }
            State::ChunkLine | State::ChunkEnd | State::Trailer(_) => self.chunk_line(bytes),
        }
    }

    fn chunk_line(&mut self, bytes: &[u8]) -> Result<Option<usize>, Verdict> {
        let limit = if let State::Trailer(left) = self.0 { left } else { MAX_CHUNK_LINE_BYTES };
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            return if bytes.len() > limit { Err(Verdict::Broken) } else { Ok(None) };
        };
        let line = bytes[..end].strip_suffix(b"\r").ok_or(Verdict::Broken)?;
        let left = limit.checked_sub(end).ok_or(Verdict::Broken)?;
        self.0 = match (&self.0, line.is_empty()) {
            (State::ChunkEnd, true) => State::ChunkLine,
            (State::Trailer(_), true) => State::Head(Head::default()),
            (State::Trailer(_), false) if field(line).is_ok() => State::Trailer(left),
            (State::ChunkLine, false) => match chunk_size(line).ok_or(Verdict::Broken)? {
                0 => State::Trailer(MAX_TRAILER_BYTES),
                size => State::Chunk(size),
            },
            _ => return Err(Verdict::Broken),
        };
        Ok(Some(end + 1))
    }
}

/// A chunk's size; its extensions mean nothing to us (RFC 9112, section 7.1.1).
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    let printable = |byte: &u8| matches!(byte, b'\t' | b' '..=0x7e);
    let well_formed = extension.is_empty() || extension[0] == b';';
    if digits > 15 || !well_formed || !extension.iter().all(printable) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests there are in `bytes`, and how they end, fed whole and byte by byte.
    fn scan(bytes: &[u8]) -> Scanned {
        let whole = Scanner::new().scan(bytes);
        let (mut scanner, mut passed) = (Scanner::new(), 0);
        let mut last = Scanned { passed: 0, verdict: Verdict::Fine };
        for end in 1..=bytes.len() {
            last = scanner.scan(&bytes[passed..end]);
            passed += last.passed;
            if last.verdict != Verdict::Fine {
                break;
            }
        }
        assert_eq!((passed, last.verdict), (whole.passed, whole.verdict), "{bytes:?}");
        whole
    }

    const FINE: &[&str] = &[
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET /a?b=c|{} HTTP/1.0\r\nhost:a:80\r\nX: \t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcdeGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
         3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ];

    #[test]
    fn well_formed_requests_pass_however_they_are_cut() {
        for text in FINE {
            let all = Scanned { passed: text.len(), verdict: Verdict::Fine };
            assert_eq!(scan(text.as_bytes()), all, "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let heads = [
            "GET / HTTP/1.1\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET /  HTTP/1.1\r\n",
            "GET / HTTP/1.1 \r\n",
            " GET / HTTP/1.1\r\n",
            "get / HTTP/1.1\r\n",
            "GET\t/ HTTP/1.1\r\n",
            "GET / HTTP/1.2\r\n",
            "GET / HTTP/2.0\r\n",
            "GET /\r\n",
            "GET http://b/ HTTP/1.1\r\n",
            "CONNECT a:1 HTTP/1.1\r\n",
            "GET /#a HTTP/1.1\r\n",
            "GET /\u{1} HTTP/1.1\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
            "GET / HTTP/1.1\r\nHost: a, b\r\n",
            "GET / HTTP/1.1\r\nHost: a@b\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        ];
        for head in heads {
            let Scanned { passed, verdict } = scan(head.as_bytes());
            assert!(passed == 0 && matches!(verdict, Verdict::Refused(_)), "{head:?}: {verdict:?}");
        }
    }

    #[test]
    fn a_malformed_body_is_noticed_where_it_is_malformed() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for body in [
            "g\r\n",
            "\r\n",
            "1\nx",
            "1 \r\n",
            "1\r\nxy\r\n",
            "1\r\nx\n",
            "0\r\nx\r\n",
            "1;\0\r\n",
            "-1\r\n",
        ] {
            let Scanned { verdict, .. } = scan(format!("{head}{body}").as_bytes());
            assert!(matches!(verdict, Verdict::Broken), "{body:?}: {verdict:?}");
        }
    }

    #[test]
    fn heads_have_limits() {
        let refused = |text: String| match Scanner::new().scan(text.as_bytes()).verdict {
            Verdict::Refused(refusal) => refusal.status,
            other => panic!("{other:?}"),
        };
        let path = "a".repeat(17 * 1024);
        assert_eq!(refused(format!("GET /{path}")), 414);
        assert_eq!(refused(format!("GET /{path} HTTP/1.1\r\n")), 414);
        let value = "a".repeat(61 * 1024);
        assert_eq!(refused(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {value}")), 431);
        let fields = "X: a\r\n".repeat(101);
        assert_eq!(refused(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")), 431);
    }

    #[test]
    fn after_an_upgrade_nothing_is_read_until_it_is_answered() {
        let request =
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        for accepted in [true, false] {
            let mut scanner = Scanner::new();
            assert_eq!(scanner.scan(&[request, &b"\x81\x80"[..]].concat()).passed, request.len());
            assert!(scanner.awaits_upgrade());
            scanner.upgrade(accepted);
            assert_eq!(scanner.scan(b"\x81\n").passed, if accepted { 2 } else { 0 });
        }
    }
}
