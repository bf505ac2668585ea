//! Services learn who asks from the gateway, and from nobody else.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use grove_gateway::clients::Scope;
use grove_identity::{Identity, Subject};
use grove_shared::{Role, Standing};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{House, fake::session, reply, requests::RequestBuilder};

impl House {
    /// Who a service was told that the request comes from.
    async fn told(&self, service: &str, request: RequestBuilder) -> Identity {
        let through = reply(request).await;
        assert_eq!(through.status, StatusCode::OK, "{}", String::from_utf8_lossy(&through.body));
        let arrived: Value = through.json();
        let tokens = arrived["headers"]["x-grove-identity"].as_array().unwrap();
        assert_eq!(tokens.len(), 1);
        self.keys.verifier(service).verify(tokens[0].as_str().unwrap()).unwrap()
    }
}

fn person(netid: &str, roles: &[Role], session: Option<u64>) -> Subject {
    let (netid, roles) = (netid.parse().unwrap(), roles.to_vec());
    Subject::Person { netid, roles, standing: Standing::Member, session }
}

#[tokio::test]
async fn a_service_is_told_the_client_the_person_and_the_address() {
    let house = House::start().await;
    let nobody = house.told("events", house.request("GET", "/events")).await;
    let address = Some([127, 0, 0, 1].into());
    let client = Some("kiosk".to_owned());
    assert_eq!(nobody, Identity { subject: Subject::Client, client, address });

    let member = house.told("quotes", house.member("GET", "/quotes")).await;
    assert_eq!(member.subject, person("member", &[], Some(1)));
    let officer = house.told("users", house.officer("GET", "/users")).await;
    assert_eq!(officer.subject, person("officer", &[Role::Top4], Some(2)));
    for name in ["token", "meme-token", "credits-token"] {
        let request = house.request("GET", "/quotes").header(name, "member-session");
        assert_eq!(house.told("quotes", request).await.subject, member.subject, "{name}");
    }
}

#[tokio::test]
async fn nobody_vouches_for_themselves() {
    let house = House::start().await;
    let forged = house.keys.key("users").sign_own("quotes").unwrap();
    let names = [
        "x-grove-identity",
        "X_Grove_Identity",
        "x-grove-roles",
        "x-user-netid",
        "X_User_Role",
        "x-forwarded-for",
        "x_forwarded_for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "forwarded",
        "x-real-ip",
        "x_real_ip",
        "x-original-url",
        "x-rewrite-url",
        "x-http-method-override",
    ];
    let mut request = house.member("GET", "/quotes");
    for name in names {
        request = request.header(name, &forged);
    }
    request = request.header("netid", "member").header("connection", "close, x-grove-identity");
    request = request.header("recruiter_token", "r1").header("recruiter-token", "r2");
    let through = reply(request).await;
    let arrived: Value = through.json();
    assert!(!arrived["headers"].to_string().contains(&forged), "{arrived}");
    let secrets = ["authorization", "token", "netid", "connection"];
    for name in names.iter().chain(&secrets).filter(|name| **name != "x-grove-identity") {
        assert_eq!(arrived["headers"][name.to_lowercase()], Value::Null, "{name}");
    }
    assert!(
        !arrived.to_string().contains(&house.token) && !arrived.to_string().contains("-session")
    );
    assert_eq!(arrived["headers"]["recruiter_token"], json!(["r1"]));
    assert_eq!(arrived["headers"]["recruiter-token"], json!(["r2"]));
    assert_eq!(arrived["headers"]["host"], json!([house.fake.address.to_string()]));
}

#[tokio::test]
async fn a_netid_that_is_not_the_sessions_is_refused() {
    let house = House::start().await;
    let other = reply(house.member("GET", "/quotes").header("netid", "officer")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    other.error();
    let twice = house.member("GET", "/quotes").header("netid", "member").header("netid", "officer");
    assert_eq!(reply(twice).await.status, StatusCode::BAD_REQUEST);
    let sessions = house.member("GET", "/quotes").header("credits-token", "officer-session");
    assert_eq!(reply(sessions).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn a_route_asks_for_the_person_it_needs() {
    let house = House::start().await;
    let status = async |request| reply(request).await.status;
    assert_eq!(status(house.request("GET", "/quotes")).await, StatusCode::UNAUTHORIZED);
    let ended = house.request("GET", "/quotes").header("token", "ended");
    assert_eq!(status(ended).await, StatusCode::UNAUTHORIZED);
    // An old client does not notice that its session has ended where it needs none.
    let ended = house.request("GET", "/events").header("token", "ended");
    assert_eq!(house.told("events", ended).await.subject, Subject::Client);
    let netid = house.request("GET", "/quotes").header("netid", "member");
    assert_eq!(status(netid).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(house.request("GET", "/users")).await, StatusCode::UNAUTHORIZED);
    let refused = reply(house.member("GET", "/users")).await;
    assert_eq!(refused.error(), "Request did not originate from valid admin privileges");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_route_is_for_the_committees_that_it_names_and_for_members_of_today() {
    let house = House::start().await;
    let status =
        async |method: &str, path: &str| reply(house.officer(method, path)).await.status.as_u16();
    for (role, expected) in [
        (Role::Admin, [200, 200, 200, 403]),
        (Role::Top4, [200, 200, 403, 403]),
        (Role::Corporate, [200, 403, 403, 200]),
    ] {
        house.fake.known.lock().unwrap().roles.insert("officer".to_owned(), vec![role]);
        assert_eq!(status("PUT", "/users/me").await, 200);
        let routes = [
            ("DELETE", "/quotes/1"),
            ("GET", "/users"),
            ("GET", "/credits/audit"),
            ("GET", "/recruiters"),
        ];
        for ((method, path), expected) in routes.into_iter().zip(expected) {
            assert_eq!(status(method, path).await, expected, "{role} {method} {path}");
        }
    }
    for (standing, expected) in [
        (Standing::Applicant, [200, 403]),
        (Standing::Expired, [200, 403]),
        (Standing::Member, [200, 200]),
    ] {
        house.fake.known.lock().unwrap().standings.insert("officer".to_owned(), standing);
        let own = status("PUT", "/users/me").await;
        assert_eq!([own, status("GET", "/quotes").await], expected, "{standing:?}");
    }
}

#[tokio::test]
async fn nobody_passes_when_it_cannot_be_checked_who_they_are() {
    for down in ["auth", "groups", "users"] {
        let house = House::start().await;
        house.fake.known.lock().unwrap().down = vec![down];
        for path in ["/quotes", "/users"] {
            let refused = reply(house.officer("GET", path)).await;
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{down} {path}");
            assert!(refused.headers.contains_key("retry-after"));
            refused.error();
        }
        let public = house.told("events", house.officer("GET", "/events")).await;
        assert_eq!(public.subject, Subject::Client);
    }
}

#[tokio::test]
async fn a_session_is_asked_for_once_a_second_until_something_changes() {
    let house = House::start().await;
    let resolved = || house.fake.known.lock().unwrap().resolved;
    for _ in 0..20 {
        assert_eq!(reply(house.member("GET", "/quotes")).await.status, StatusCode::OK);
    }
    assert!(resolved() < 10, "{}", resolved());
    house.fake.known.lock().unwrap().sessions.remove("member-session");
    let logout = house.member("POST", "/users/logout").body("{\"token\":\"member-session\"}");
    assert_eq!(reply(logout).await.status, StatusCode::OK);
    assert_eq!(reply(house.member("GET", "/quotes")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_is_over_within_a_second() {
    let house = House::start().await;
    for _ in 0..3 {
        assert_eq!(reply(house.member("GET", "/quotes")).await.status, StatusCode::OK);
        let ended = house.fake.known.lock().unwrap().sessions.remove("member-session").unwrap();
        let began = Instant::now();
        while reply(house.member("GET", "/quotes")).await.status == StatusCode::OK {}
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        house.fake.known.lock().unwrap().sessions.insert("member-session".to_owned(), ended);
        reply(house.officer("PUT", "/users/me")).await;
    }
}

#[tokio::test]
async fn a_change_of_role_counts_at_once() {
    let house = House::start().await;
    assert_eq!(reply(house.officer("GET", "/users")).await.status, StatusCode::OK);
    house.fake.known.lock().unwrap().roles.clear();
    let change = house.officer("DELETE", "/groups/committees/top4/roles/1");
    assert_eq!(reply(change).await.status, StatusCode::OK);
    assert_eq!(reply(house.officer("GET", "/users")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_counts_for_members_and_those_who_were_and_for_no_applicant() {
    let house = House::start().await;
    for (standing, status, told) in [
        (Standing::Member, StatusCode::OK, vec![Role::Top4]),
        (Standing::Expired, StatusCode::OK, vec![Role::Top4]),
        (Standing::Applicant, StatusCode::FORBIDDEN, vec![]),
    ] {
        house.fake.known.lock().unwrap().standings.insert("officer".to_owned(), standing);
        // A change through the gateway makes it ask again.
        assert_eq!(reply(house.member("PUT", "/users/me")).await.status, StatusCode::OK);
        assert_eq!(reply(house.officer("GET", "/users")).await.status, status, "{standing:?}");
        let subject = house.told("users", house.officer("GET", "/users/me")).await.subject;
        let netid = "officer".parse().unwrap();
        let expected = Subject::Person { netid, roles: told, standing, session: Some(2) };
        assert_eq!(subject, expected);
    }
}

#[tokio::test]
async fn an_officers_session_ends_sooner_than_a_members() {
    let house = House::start().await;
    let ended = async |idle: i64, age: i64, netid: &str| {
        let token = format!("{netid}-{idle}-{age}");
        let mut old = session(7, netid);
        old.last_used_at -= TimeDelta::minutes(idle);
        old.created_at -= TimeDelta::minutes(age);
        house.fake.known.lock().unwrap().sessions.insert(token.clone(), old);
        reply(house.request("GET", "/quotes").header("token", token)).await.status
    };
    assert_eq!(ended(59, 59, "officer").await, StatusCode::OK);
    assert_eq!(ended(61, 61, "officer").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ended(1, 12 * 60 - 1, "officer").await, StatusCode::OK);
    assert_eq!(ended(1, 12 * 60 + 1, "officer").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ended(61, 13 * 60, "member").await, StatusCode::OK);
    assert_eq!(house.fake.known.lock().unwrap().ended, ["officer-61-61", "officer-1-721"]);
}

#[tokio::test]
async fn only_a_client_with_the_scope_speaks_for_members() {
    let house = House::start().await;
    let old_site = house.client("old-site", &[Scope::ActAs]).await;
    let vote = |token: &str, body: &'static str| {
        house.request_by(token, "PUT", "/memes/1/vote").body(body)
    };
    let named = "{\"netid\":\"mdoe3\"}";
    let told = house.told("memes", vote(&old_site, named)).await;
    assert_eq!(told.subject, person("mdoe3", &[], None));
    let through: Value = reply(vote(&old_site, named)).await.json();
    assert_eq!(through["body"], named);
    assert_eq!(reply(vote(&house.token, named)).await.status, StatusCode::UNAUTHORIZED);
    for nobody in ["", "{}", "[]", "{\"netid\":7}", "not JSON"] {
        assert_eq!(
            reply(vote(&old_site, nobody)).await.status,
            StatusCode::UNAUTHORIZED,
            "{nobody}"
        );
    }
    let malformed = reply(vote(&old_site, "{\"netid\":\"Robert'); --\"}")).await;
    assert_eq!(malformed.error(), "A valid netid must be entered");

    let query = house.request_by(&old_site, "GET", "/memes?page=1&netid=mdoe3");
    assert_eq!(house.told("memes", query).await.subject, person("mdoe3", &[], None));
    let header = house.request_by(&old_site, "GET", "/quotes").header("netid", "mdoe3");
    assert_eq!(house.told("quotes", header).await.subject, person("mdoe3", &[], None));
    // Never with an officer's rights, and never against a session.
    let officer = house.request_by(&old_site, "GET", "/users").header("netid", "officer");
    assert_eq!(reply(officer).await.status, StatusCode::FORBIDDEN);
    let session = vote(&old_site, named).header("token", "member-session");
    assert_eq!(house.told("memes", session).await.subject, person("member", &[], Some(1)));
}

#[tokio::test]
async fn a_client_speaks_for_members_of_today_and_only_where_old_clients_do() {
    let house = House::start().await;
    let old_site = house.client("old-site", &[Scope::ActAs]).await;
    for (method, path) in [
        ("POST", "/merch/users/mdoe3/pin"),
        ("POST", "/merch/purchases"),
        ("POST", "/credits/transfers"),
        ("GET", "/credits/export"),
        ("GET", "/sessions"),
        ("DELETE", "/sessions/1"),
        ("PUT", "/password"),
        ("PUT", "/users/me"),
        ("PUT", "/groups/committees/top4"),
        ("POST", "/groups/committees/top4/roles"),
    ] {
        let request = house.request_by(&old_site, method, path).header("netid", "mdoe3");
        let refused = reply(request.body("{\"netid\":\"mdoe3\"}")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for standing in [Standing::Applicant, Standing::Expired] {
        let mut known = house.fake.known.lock().unwrap();
        known.standings.insert(format!("no{standing:?}").to_lowercase()[..8].to_owned(), standing);
    }
    for invented in ["noapplic", "noexpire"] {
        let vote = house.request_by(&old_site, "PUT", "/memes/1/vote");
        let refused = reply(vote.body(format!("{{\"netid\":\"{invented}\"}}"))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{invented}");
    }
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn only_a_client_with_the_scope_names_addresses() {
    let house = House::start().await;
    let site = house.client("site", &[Scope::ForwardAddress]).await;
    let address = async |token: &str, named: &str| {
        let request = house.request_by(token, "GET", "/events").header("x-forwarded-for", named);
        house.told("events", request).await.address.unwrap().to_string()
    };
    assert_eq!(address(&site, "203.0.113.9").await, "203.0.113.9");
    assert_eq!(address(&site, "10.1.1.1, 2001:db8::7").await, "2001:db8::7");
    assert_eq!(address(&site, "nowhere").await, "127.0.0.1");
    assert_eq!(address(&house.token, "203.0.113.9").await, "127.0.0.1");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_address() {
    let house = House::with(&["--trusted-proxies=127.0.0.0/8,10.9.0.1"]).await;
    let site = house.client("site", &[Scope::ForwardAddress]).await;
    for (token, forwarded, expected) in [
        (&house.token, "203.0.113.9", "203.0.113.9"),
        (&house.token, "198.51.100.6, 203.0.113.9", "203.0.113.9"),
        (&house.token, "203.0.113.9, 10.9.0.1", "203.0.113.9"),
        (&house.token, "198.51.100.6, nonsense", "127.0.0.1"),
        // The site wrote the first entry, and the proxy in front of it the second.
        (&site, "198.51.100.6, 203.0.113.9", "198.51.100.6"),
        (&site, "203.0.113.9", "203.0.113.9"),
    ] {
        let request =
            house.request_by(token, "GET", "/events").header("x-forwarded-for", forwarded);
        let address = house.told("events", request).await.address.unwrap().to_string();
        assert_eq!(address, expected, "{forwarded}");
    }
}

#[tokio::test]
async fn a_route_for_anyone_needs_no_token_and_nobody_is_vouched_for_on_it() {
    let house = House::start().await;
    let event = r#"{ "type":  "charge.refunded" }"#;
    let url = format!("http://{}/stripe/webhook", house.address);
    let request = house.http.post(url).header("stripe-signature", "t=1,v1=ab").body(event);
    let request = request.header("token", "officer-session").header("authorization", "whatever");
    let arrived: Value = reply(request.clone()).await.json();
    assert_eq!(arrived["body"], event, "the signature is over these very bytes");
    assert_eq!(arrived["headers"]["stripe-signature"], json!(["t=1,v1=ab"]));
    assert!(arrived["headers"]["authorization"].is_null() && arrived["headers"]["token"].is_null());
    let identity = house.told("credits", request).await;
    assert_eq!((identity.subject, identity.client), (Subject::Client, None));
}
