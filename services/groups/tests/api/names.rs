//! Names that pass for others.

use http::StatusCode;
use serde_json::json;

use crate::Setting;

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused() {
    let setting = Setting::new().await;
    let officer = setting.officer();
    let make = async |name: &str| {
        let reply = officer.post("/groups/committees", &json!({ "name": name })).await;
        let error = if reply.status == StatusCode::CREATED { String::new() } else { reply.error() };
        (reply.status.as_u16(), error)
    };
    for name in ["Аdmin", "Admіn", "Tοp4"] {
        assert_eq!(
            make(name).await,
            (400, "name takes letters of one script".to_owned()),
            "{name}"
        );
    }
    for (name, other) in [("ADMİN", "Admin"), ("Àdmin", "Admin"), ("adrnin", "Admin")] {
        let error = format!("This name looks like that of the group {other}");
        assert_eq!(make(name).await, (409, error), "{name}");
    }
    // Full-width letters are those of another width, so this is the name itself.
    assert_eq!(make("Ａｄｍｉｎ").await, (409, "Group already exists".to_owned()));
    assert_eq!(make("Εκδηλώσεις").await.0, 201);
    // A SIG may be called as a committee is.
    let sig = officer.post("/groups/sigs", &json!({ "name": "Admins" })).await;
    assert_eq!(sig.status, StatusCode::CREATED);
}

#[tokio::test]
async fn of_names_that_look_alike_made_at_once_one_is_taken() {
    let setting = Setting::new().await;
    let tries: Vec<_> = ["SIG1", "SIGl", "SIG1", "SIGI", "sigl", "SİG1"]
        .into_iter()
        .map(|name| {
            let officer = setting.officer();
            let new = json!({ "name": name });
            tokio::spawn(async move { officer.post("/groups/sigs", &new).await.status })
        })
        .collect();
    let mut made = 0;
    for status in tries {
        let status = status.await.unwrap();
        made += usize::from(status == StatusCode::CREATED);
        assert!([201, 409, 503].contains(&status.as_u16()), "{status}");
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_title_turns_no_text_around() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    for field in ["name", "title"] {
        let mut new = json!({ "netid": "jsmith2" });
        new[field] = json!("\u{202e}tnediserP");
        let reply = setting.officer().post("/groups/sigs/SIGMusic/roles", &new).await;
        let error = format!("{field} may not contain control characters");
        assert_eq!((reply.status.as_u16(), reply.error()), (400, error));
    }
}
