//! Headers and cookies that every answer carries.

use grove_users_api::SignedIn;
use http::Method;

use crate::{
    browser::{Browser, Reply, site},
    gateway::{FakeGateway, data, user},
};

fn assert_protected(reply: &Reply) {
    let policy = reply.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'nonce-", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
    assert!(reply.header("strict-transport-security").starts_with("max-age=31536000"));
    assert!(!reply.header("referrer-policy").is_empty());
    assert!(!reply.header("permissions-policy").is_empty());
    assert!(!reply.header("cache-control").is_empty());
    assert_eq!(reply.headers.get_all("x-request-id").iter().count(), 1);
}

#[tokio::test]
async fn every_answer_is_protected_whatever_happens() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let paths = [
        "/",
        "/about",
        "/about/history",
        "/sigs",
        "/join",
        "/login",
        "/logout",
        "/account/forgot",
        "/account/password?token=x",
        "/nowhere",
        "/static/nothing.css",
        "/conference",
        "/livez",
        "/intranet",
        "/favicon.ico",
        "/login?next=%00&next=x",
        "/%ff",
    ];
    for path in paths {
        assert_protected(&browser.get(path).await);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::TRACE] {
        for path in ["/", "/join", "/login", "/nowhere"] {
            assert_protected(&browser.send(method.clone(), path, &[], "x").await);
        }
    }
}

#[tokio::test]
async fn a_nonce_is_used_once_and_by_every_script() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = browser.get("/").await;
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let scripts = page.body.matches("<script").count();
        assert_eq!(page.body.matches(&format!("nonce=\"{nonce}\"")).count(), scripts);
        assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="));
        assert!(!seen.contains(&nonce));
        seen.push(nonce);
    }
}

#[tokio::test]
async fn every_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts() {
    let gateway = FakeGateway::start().await;
    let signed_in = SignedIn { user: user("jsmith2", "member"), token: "s3cret".to_owned() };
    gateway.answers(Method::POST, "/users/login", 200, data(signed_in));
    let mut browser = Browser::new(&gateway);
    let mut lines: Vec<String> = Vec::new();
    let mut note = |reply: &Reply| {
        let set = reply.headers.get_all("set-cookie").iter();
        lines.extend(set.map(|line| line.to_str().unwrap().to_owned()));
    };
    note(&browser.get("/login").await);
    note(&browser.submit("/login", &[("netid", "jsmith2"), ("password", "p")]).await);
    gateway.knows("s3cret", "jsmith2", &[]);
    note(&browser.get("/").await);
    note(&browser.submit("/logout", &[]).await);
    note(&browser.get("/").await);
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        assert!(line.starts_with("__Host-"), "{line}");
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(line.contains(attribute), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
}

#[tokio::test]
async fn what_a_person_sees_is_stored_nowhere_and_files_are_kept_for_ever() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let page = browser.get("/about/history").await;
    assert_eq!(page.header("cache-control"), "private, no-cache");
    let css = page.body.split("href=\"").find(|part| part.contains("/static/site.")).unwrap();
    let css = browser.get(css.split('"').next().unwrap()).await;
    assert_eq!(css.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");

    browser.sign_in(&gateway, "jsmith2", &[]);
    assert_eq!(browser.get("/about/history").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn who_edits_a_stylesheet_sees_it_at_the_next_request() {
    let gateway = FakeGateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    let styles = folder.path().join("css");
    std::fs::create_dir(&styles).unwrap();
    for file in std::fs::read_dir("static/css").unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), styles.join(file.file_name())).unwrap();
    }
    let assets = folder.path().display().to_string();
    let mut browser = Browser::at(site(&gateway.url, &["--assets-folder", &assets]));
    let page = browser.get("/").await;
    let css = page.body.split('"').find(|part| part.starts_with("/static/site.")).unwrap();
    let before = browser.get(css).await;
    assert_eq!(before.header("cache-control"), "no-store");
    std::fs::write(styles.join("base.css"), "/* edited */").unwrap();
    let after = browser.get(css).await;
    assert!(!before.body.contains("/* edited */") && after.body.contains("/* edited */"));

    std::fs::remove_file(styles.join("base.css")).unwrap();
    assert_eq!(browser.get(css).await.status, 500);
}

#[tokio::test]
async fn a_page_of_another_version_finds_its_files() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    for old in ["/static/site.AAAAAAAAAAAA.css", "/static/live-form.BBBBBBBBBBBB.js"] {
        let file = browser.get(old).await;
        assert_eq!(
            (file.status.as_u16(), file.header("cache-control")),
            (200, "no-store"),
            "{old}"
        );
        assert!(!file.body.is_empty());
    }
    for none in ["/static/nothing.AAAAAAAAAAAA.css", "/static/site.css", "/static/site.A.js"] {
        assert_eq!(browser.get(none).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn the_hosts_below_are_for_tls_alone_only_where_that_is_said() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let header = "strict-transport-security";
    assert_eq!(browser.get("/").await.header(header), "max-age=31536000");
    let mut browser = Browser::at(site(&gateway.url, &["--strict-subdomains"]));
    assert!(browser.get("/").await.header(header).ends_with("; includeSubDomains"));
}

#[tokio::test]
async fn the_website_answers_at_its_own_address_only() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::at(site(&gateway.url, &["--site-url", "https://chapter.example"]));
    let mut at = async |hosts: &[(&str, &str)]| browser.send(Method::GET, "/sigs", hosts, "").await;
    assert_eq!(at(&[("host", "chapter.example")]).await.status, 200);
    for bad in ["evil.example", "chapter.example.evil.example", "chapter.example@evil.example"] {
        let refused = at(&[("host", bad)]).await;
        assert!([400, 421].contains(&refused.status.as_u16()), "{bad}");
        assert!(!refused.body.contains("evil"));
    }
    let both = [("host", "chapter.example"), ("host", "evil.example")];
    assert_eq!(at(&both).await.status, 400);
    let forwarded = [("host", "chapter.example"), ("x-forwarded-host", "evil.example")];
    assert!(!at(&forwarded).await.body.contains("evil"));
}
