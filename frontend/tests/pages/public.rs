//! The pages for everybody.

use grove_frontend::events::{Event, Place};
use grove_groups_api::{Group, Office};
use http::Method;
use serde_json::json;

use crate::{
    browser::Browser,
    gateway::{FakeGateway, message},
};

pub(crate) fn group(name: &str) -> Group {
    Group {
        name: name.to_owned(),
        description: String::new(),
        chairs: "Ada, Grace".to_owned(),
        meeting_day: "Tuesday".to_owned(),
        meeting_time: "6:00 PM".to_owned(),
        meeting_loc: "Room 100".to_owned(),
        site: "https://sig.example".to_owned(),
        email: "sig@example.edu".to_owned(),
        roles: vec![],
        member_count: 3,
    }
}

fn event(name: &str, url: &str, start_time: &str, place: &str) -> Event {
    Event {
        name: name.to_owned(),
        url: Some(url.to_owned()),
        start_time: start_time.to_owned(),
        end_time: None,
        place: Some(Place { name: place.to_owned() }),
    }
}

#[tokio::test]
async fn groups_with_hostile_texts_are_shown_and_do_nothing() {
    let gateway = FakeGateway::start().await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let text = || hostile.to_owned();
    let office = Office { name: text(), holder: text(), email: "x@y?bcc=z".to_owned() };
    let sig = Group {
        description: text(),
        chairs: text(),
        meeting_day: text(),
        meeting_loc: text(),
        site: "javascript:alert(1)".to_owned(),
        email: "a@b\"><script>".to_owned(),
        roles: vec![office],
        ..group(hostile)
    };
    gateway.answers(Method::GET, "/groups/sigs", 200, [&sig, &group("SIG Graphics")]);
    gateway.answers(Method::GET, "/groups/committees", 200, [&sig]);
    let event = event(hostile, "javascript:alert(1)", hostile, hostile);
    gateway.answers(Method::GET, "/events/upcoming", 200, [event]);
    let mut browser = Browser::new(&gateway);
    for path in ["/", "/about", "/sigs", "/join"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("alert(1)"), "{path} shows it");
        assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"), "{path}");
        assert!(!page.body.contains("javascript:") && !page.body.contains("bcc="), "{path}");
    }
    let page = browser.get("/sigs").await;
    assert!(
        page.body.contains("href=\"https://sig.example/\"")
            && page.body.contains("Tuesday, 6:00 PM")
    );
}

#[tokio::test]
async fn the_calendar_shows_what_comes_or_says_that_nothing_does() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    assert!(browser.get("/").await.body.contains("No events scheduled."));
    let event = event("Open House", "https://e.example/1", "March 4 2026, 7:00 PM", "Room 100");
    let end_time = Some("March 4 2026, 9:00 PM".to_owned());
    gateway.answers(Method::GET, "/events/upcoming", 200, [Event { end_time, ..event }]);
    // Another website each time, since it remembers what everybody sees.
    let page = Browser::new(&gateway).get("/").await;
    assert!(page.body.contains("Mar 4, 7:00 PM - 9:00 PM") && page.body.contains("Room 100"));
    gateway.answers(Method::GET, "/events/upcoming", 503, json!({ "error": "no" }));
    let page = Browser::new(&gateway).get("/").await;
    assert!(page.body.contains("The calendar is not available right now."));
}

#[tokio::test]
async fn someone_joins_and_learns_what_remains() {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/groups/sigs", 200, [group("SIG Graphics"), group("netid")]);
    let done = message("Your request was successful.");
    gateway.answers(Method::POST, "/users", 200, done);
    let mut browser = Browser::new(&gateway);
    assert!(browser.get("/join").await.body.contains("SIG Graphics"));
    let fields = [
        ("first_name", "Jo"),
        ("last_name", "Smith"),
        ("netid", "JSmith2"),
        ("uin", "123456789"),
        ("sig", "SIG Graphics"),
        ("sig", "netid"),
    ];
    let done = browser.submit("/join", &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/join/next"));
    let call = &gateway.calls(&Method::POST, "/users")[0];
    let expected = json!({ "first_name": "Jo", "last_name": "Smith", "netid": "jsmith2",
                           "uin": "123456789", "SIG Graphics": "on" });
    assert_eq!(call.body, expected, "a group cannot take the place of a field");
    assert!(browser.get("/join/next").await.body.contains("Pay"));

    let refusal = json!({ "error": "User already exists" });
    gateway.answers(Method::POST, "/users", 400, refusal);
    let page = browser.submit_and_follow("/join", &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("User already exists") && page.body.contains("value=\"jsmith2\""));
    assert!(page.body.contains("value=\"SIG Graphics\" checked"));
}

#[tokio::test]
async fn old_addresses_lead_to_where_things_are() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    for (from, to) in [("/quotes", "/intranet/quotes"), ("/history", "/about/history")] {
        let moved = browser.get(from).await;
        assert_eq!((moved.status.as_u16(), moved.location()), (308, to));
    }
    assert_eq!(browser.get("/account/password").await.location(), "/account/forgot");
    assert_eq!(browser.get("/logout").await.location(), "/");
}

#[tokio::test]
async fn every_file_that_a_page_names_is_there() {
    let gateway = FakeGateway::start().await;
    let mut browser = Browser::new(&gateway);
    let page = browser.get("/").await;
    let files: Vec<_> = page
        .body
        .split('"')
        .filter(|part| part.starts_with("/static/"))
        .map(str::to_owned)
        .collect();
    assert!(files.len() >= 6);
    for file in files {
        assert_eq!(browser.get(&file).await.status, 200, "{file}");
    }
}
