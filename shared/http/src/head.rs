//! The head of an HTTP/1 request, line by line, as strictly as RFC 9112 allows.
//!
//! hyper is lenient where the RFC lets it be: it takes `Content-Length` beside `Transfer-Encoding`,
//! two equal lengths, a bare line feed. Two programs in a row that are lenient in different ways are
//! request smuggling, so what could be read in two ways is refused before hyper sees it.

/// The bytes that a request line and its headers may have together.
pub(crate) const MAX_HEAD_BYTES: usize = 60 * 1024;
const MAX_REQUEST_LINE_BYTES: usize = 16 * 1024;
const MAX_FIELDS: usize = 100;

/// Why a request is not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// 400 to 499, or 501.
    pub(crate) status: u16,
    /// What the client should change.
    pub(crate) message: &'static str,
}

const fn bad(message: &'static str) -> Refusal {
    Refusal { status: 400, message }
}

/// How long the body is that follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// This many bytes.
    Length(u64),
    /// Chunks, the last of them empty (RFC 9112, section 7.1).
    Chunked,
    /// No body, and the answer decides whether the connection stays HTTP.
    Upgrade,
}

/// A head of which some lines are read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header that was seen")]
pub(crate) struct Head {
    /// Where the next line begins.
    at: usize,
    /// Up to where there is no further line feed.
    searched: usize,
    fields: Option<usize>,
    http10: bool,
    host: bool,
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

impl Head {
    /// Reads on in `bytes`, which begin where the head begins. When the head is complete, tells its
    /// length and what follows it.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Option<(usize, Framing)>, Refusal> {
        while let Some(found) = bytes[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + found;
            let line = &bytes[self.at..end];
            let line = line.strip_suffix(b"\r").ok_or(bad("A line must end with CR LF"))?;
            (self.at, self.searched) = (end + 1, end + 1);
            if self.at > MAX_HEAD_BYTES {
                return Err(self.too_large());
            }
            match (self.fields, line.is_empty()) {
                (None, true) if self.at == 2 => {} // RFC 9112, section 2.2: one empty line before
                (None, _) => self.request_line(line)?,
                (Some(_), true) => return Ok(Some((self.at, self.framing()?))),
                (Some(fields), false) => self.field(fields, line)?,
            }
        }
        self.searched = bytes.len();
        let first_line = self.fields.is_none() && bytes.len() > MAX_REQUEST_LINE_BYTES;
        if first_line || bytes.len() > MAX_HEAD_BYTES { Err(self.too_large()) } else { Ok(None) }
    }

    fn too_large(&self) -> Refusal {
        match self.fields {
            None => Refusal { status: 414, message: "The path is too long" },
            Some(_) => Refusal { status: 431, message: "The headers are too large" },
        }
    }

    fn request_line(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if line.len() > MAX_REQUEST_LINE_BYTES {
            return Err(self.too_large());
        }
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad("The request line must be a method, a path and a version"));
        };
        if method.is_empty() || !method.iter().all(u8::is_ascii_uppercase) {
            return Err(bad("The method is malformed"));
        }
        if !is_target(target) {
            return Err(bad("The request target must be a path"));
        }
        self.http10 = match version {
            b"HTTP/1.1" => false,
            b"HTTP/1.0" => true,
            _ => return Err(bad("The version must be HTTP/1.1")),
        };
        self.fields = Some(0);
        Ok(())
    }

    fn field(&mut self, fields: usize, line: &[u8]) -> Result<(), Refusal> {
        self.fields = Some(fields + 1);
        if fields >= MAX_FIELDS {
            return Err(self.too_large());
        }
        let (name, value) = field(line)?;
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.host(value),
            7 if name.eq_ignore_ascii_case(b"upgrade") => {
                self.upgrade = true;
                Ok(())
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => self.content_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.transfer_encoding(value),
            _ => Ok(()),
        }
    }

    fn host(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
        if self.host || value.is_empty() || !value.iter().all(allowed) {
            return Err(bad("There must be one Host, a name and a port"));
        }
        self.host = true;
        Ok(())
    }

    fn content_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let malformed = bad("There may be one Content-Length, a number");
        let digits = (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
        if self.length.is_some() || !digits {
            return Err(malformed);
        }
        let length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
        self.length = Some(length.ok_or(malformed)?);
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(bad("The only Transfer-Encoding is chunked"));
        }
        self.chunked = true;
        Ok(())
    }

    fn framing(&self) -> Result<Framing, Refusal> {
        if !self.host {
            return Err(bad("There must be one Host, a name and a port"));
        }
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(bad("Content-Length and Transfer-Encoding exclude each other")),
            (true, None) if self.http10 => Err(bad("HTTP/1.0 has no Transfer-Encoding")),
            (true, None) => Ok(Framing::Chunked),
            (false, None | Some(0)) if self.upgrade && !self.http10 => Ok(Framing::Upgrade),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// Splits a field line, of a head or of a trailer section.
pub(crate) fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.ok_or(bad("A header has no colon"))?);
    // Also refuses a line that continues the one before (RFC 9112, section 5.2) and a blank before
    // the colon (section 5.1).
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(bad("The name of a header is malformed"));
    }
    let value = value[1..].trim_ascii();
    // Looking at every byte is quicker than stopping at the first: it is done many at a time.
    let bad_byte = |byte: u8| byte == 0x7f || (byte < b' ' && byte != b'\t');
    if value.iter().fold(false, |bad, byte| bad | bad_byte(*byte)) {
        return Err(bad("The value of a header is malformed"));
    }
    Ok((name, value))
}

/// Origin form, or the asterisk of OPTIONS (RFC 9112, section 3.2).
fn is_target(target: &[u8]) -> bool {
    let allowed = |byte: &u8| matches!(byte, b'!'..=0x7e | 0x80..) && !b"#<>`".contains(byte);
    target == b"*"
        || target.starts_with(b"/")
            && target.iter().all(allowed)
            && std::str::from_utf8(target).is_ok()
}

fn is_token(byte: u8) -> bool {
    const TOKEN: [bool; 256] = {
        let mut token = [false; 256];
        let mut byte = 0;
        while byte < 128_u8 {
            token[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
                );
            byte += 1;
        }
        token
    };
    TOKEN[usize::from(byte)]
}
