//! Addresses as visitors and members entered them, and where a link may lead.

use url::Url;

/// An address of the web as someone entered it, if a link may lead there.
pub(crate) fn web_url(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// A mail address as someone entered it, if it is nothing more than that.
pub(crate) fn mail_address(text: &str) -> Option<String> {
    let text = text.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "?&,;:/\\<>\"%".contains(c);
    (text.contains('@') && !text.contains(odd)).then(|| text.to_owned())
}

/// The login page, which leads to `next` afterwards.
pub(crate) fn login_url(next: &str) -> String {
    if next == "/" {
        return "/login".to_owned();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("/login?{}", query.append_pair("next", next).finish())
}

/// `next` if it stays on this website, else nothing: browsers read `//host`, `/\host` and tabs
/// within either as other hosts.
pub(crate) fn local_path(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let safe = !rest.starts_with(['/', '\\']) && !next.contains(|c: char| c.is_control());
    (safe && next.is_ascii()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_website_are_local() {
        for good in ["/", "/intranet", "/login?next=%2Fx", "/a//b"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in
            ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/x", "/a\nb"]
        {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
