//! Paths that two programs could read in two ways are refused; all others go on as they came.

use grove_http::ApiError;

/// Checks a raw path: what it says must not change when it is decoded or normalised.
pub(crate) fn check(path: &str) -> Result<(), ApiError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_~".contains(&byte);
    if path.bytes().all(plain) && !path.contains("//") {
        return Ok(());
    }
    if path == "*" || is_unambiguous(path) {
        return Ok(());
    }
    Err(ApiError::bad_request("The path is ambiguous: send it normalised, without encoded slashes"))
}

fn is_unambiguous(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else { return false };
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last segment may be empty, and then the path matches no route.
        if segment.is_empty() && segments.peek().is_some() {
            return false;
        }
        let Some(decoded) = decode(segment) else { return false };
        let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\');
        if decoded == "." || decoded == ".." || decoded.contains(forbidden) {
            return false;
        }
        // What decodes to something encoded is read differently by whoever decodes twice.
        if segment.contains([';', '\\']) || decoded != *segment && has_escape(&decoded) {
            return false;
        }
    }
    true
}

/// Percent-decodes once; none when an escape is malformed or the result is not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next()?)? << 4 | hex(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

fn has_escape(text: &str) -> bool {
    text.as_bytes().windows(3).any(|w| w[0] == b'%' && hex(w[1]).is_some() && hex(w[2]).is_some())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_odd_paths_pass() {
        for path in [
            "/",
            "/users/jsmith2",
            "/quotes/",
            "/groups/sigs/SIGPwny%21",
            "/groups/sigs/100%25",
            "/groups/sigs/a%20b",
            "/users/j.smith",
            "/a/...",
            "/a/.hidden",
            "/groups/sigs/caf%C3%A9",
            "/a/b:c@d,e+f=g&h",
            "/a/\"{}|",
            "*",
        ] {
            assert!(check(path).is_ok(), "{path}");
        }
    }
}
