//! How the directory is configured, and whom the service believes.

use chrono::TimeDelta;
use grove_directory::{Campus, look_after};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    PEOPLE, World, configuration,
    slapd::{Slapd, dn},
};

#[tokio::test]
async fn tls_is_used_from_the_beginning_or_before_anything_is_said() {
    for protection in ["ldaps", "starttls"] {
        let slapd = Slapd::start(&PEOPLE).await;
        let url = if protection == "ldaps" { slapd.tls_url() } else { slapd.url() };
        let campus = Campus::new(&configuration(&slapd, &url, &[])).unwrap();
        let world = World::with_campus(slapd, campus).await;
        let status = world.status().await;
        assert_eq!(status["protection"], protection);
        assert_eq!((&status["reachable"], &status["error"]), (&true.into(), &Value::Null));
        assert_eq!(world.add("ada").await.status, StatusCode::OK);
        assert_eq!(world.slapd.listed().await, [dn("ada")]);
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let elsewhere = Slapd::start(&[]).await;
    let other_ca = format!("--directory-ca-file={}", elsewhere.ca_file().display());
    for secure in [true, false] {
        for (flags, host, reason) in [
            // Another authority of the same name.
            (vec![other_ca.as_str()], "127.0.0.1", "BadSignature"),
            (vec!["--directory-ca-file="], "127.0.0.1", "UnknownIssuer"),
            (vec![], "localhost", "not valid for name"),
        ] {
            let slapd = Slapd::start(&PEOPLE).await;
            let url = if secure { slapd.tls_url() } else { slapd.url() };
            let config = configuration(&slapd, &url.replace("127.0.0.1", host), &flags);
            let world = World::with_campus(slapd, Campus::new(&config).unwrap()).await;
            assert_eq!(world.add("ada").await.status, StatusCode::SERVICE_UNAVAILABLE);
            let (_, error) = world.entry("ada").await;
            assert!(error.as_ref().is_some_and(|error| error.contains(reason)), "{error:?}");
            assert_eq!(world.status().await["reachable"], false);
            assert!(world.slapd.listed().await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_wrong_password_or_a_wrong_name_is_told_to_officers() {
    for (flag, reason) in [
        ("--directory-bind-password=wrong", "invalidCredentials"),
        ("--directory-user-base-dn=ou=Nowhere,o=Campus", "noSuchObject"),
        ("--directory-group-dn=cn=nothing,ou=Groups,o=Campus", "noSuchObject"),
        ("--directory-group-dn=cn=ada,ou=People,o=Campus", "insufficientAccessRights"),
    ] {
        let slapd = Slapd::start(&PEOPLE).await;
        let campus = Campus::new(&configuration(&slapd, &slapd.url(), &[flag])).unwrap();
        let world = World::with_campus(slapd, campus).await;
        let reply = world.add("ada").await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!String::from_utf8_lossy(&reply.body).contains("rc="));
        let (_, error) = world.entry("ada").await;
        assert!(error.as_ref().is_some_and(|error| error.contains(reason)), "{flag}: {error:?}");
    }
}

#[tokio::test]
async fn without_tls_only_this_machine_is_spoken_to() {
    let slapd = Slapd::start(&PEOPLE).await;
    let plain = "--directory-allow-plain";
    for (url, accepted) in [
        (slapd.url().as_str(), true),
        ("ldap://localhost", true),
        ("ldap://[::1]:389", true),
        ("ldap://directory.example.edu", false),
        ("ldap://10.0.0.1", false),
        ("ldap://localhost.example.edu", false),
    ] {
        let campus = Campus::new(&configuration(&slapd, url, &[plain]));
        assert_eq!(campus.is_ok(), accepted, "{url}");
    }
    // This server takes a password through TLS only, so this shows that there is none.
    let campus = Campus::new(&configuration(&slapd, &slapd.url(), &[plain])).unwrap();
    let world = World::with_campus(slapd, campus).await;
    let status = world.status().await;
    assert_eq!((&status["protection"], &status["reachable"]), (&"plain".into(), &false.into()));
    assert!(status["error"].as_str().unwrap().contains("confidentialityRequired"), "{status}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_stops_the_start() {
    let slapd = Slapd::start(&[]).await;
    for (flag, error) in [
        ("--directory-bind-password=", "DIRECTORY_BIND_PASSWORD is empty"),
        ("--directory-bind-dn= ", "set DIRECTORY_BIND_DN"),
        ("--directory-user-base-dn=", "set DIRECTORY_USER_BASE_DN"),
        ("--directory-group-dn=", "set DIRECTORY_GROUP_DN"),
        ("--directory-user-attribute=uid)(cn=*", "is no name of an attribute"),
        ("--directory-member-attribute=", "is no name of an attribute"),
        ("--directory-ca-file=/nonexistent", "DIRECTORY_CA_FILE: cannot read"),
        ("--directory-url=http://127.0.0.1", "ldaps:// or ldap://"),
        ("--directory-url=127.0.0.1:389", "DIRECTORY_URL"),
        ("--directory-url=ldap:///o=Campus", "names no host"),
    ] {
        let refused = Campus::new(&configuration(&slapd, &slapd.url(), &[flag])).unwrap_err();
        assert!(format!("{refused:#}").contains(error), "{flag}: {refused:#}");
    }
    let campus = Campus::new(&configuration(&slapd, &slapd.url(), &[])).unwrap();
    assert!(!format!("{campus:?}").contains(crate::slapd::PASSWORD));
}

#[tokio::test]
async fn without_a_directory_changes_are_recorded_until_there_is_one() {
    let mut world = World::with_campus(Slapd::start(&PEOPLE).await, None).await;
    world.slapd.plant(&dn("max")).await;
    for (reply, netid) in [(world.add("ada").await, "ada"), (world.remove("max").await, "max")] {
        assert_eq!(reply.status, StatusCode::OK);
        let message = "No directory is configured; nothing was changed";
        assert_eq!(reply.json::<Value>(), json!({ "message": message }));
        assert_eq!(world.entry(netid).await, ("waiting".to_owned(), None));
    }
    assert_eq!(
        world.status().await,
        json!({
            "configured": false, "protection": null, "reachable": null, "error": null,
            "waiting": 2, "refused": 0, "last_report_at": null,
        })
    );
    for path in ["/directory/reconcile", "/directory/repair"] {
        let reply = world.officer().post(path, &json!({})).await;
        assert_eq!(
            (reply.status.as_u16(), reply.error().as_str()),
            (409, "No directory is configured")
        );
    }
    look_after(&world.state).await.unwrap();

    let config = configuration(&world.slapd, &world.slapd.url(), &[]);
    world.state.campus = Campus::new(&config).unwrap();
    world.state.clock.advance(TimeDelta::minutes(2));
    look_after(&world.state).await.unwrap();
    assert_eq!(world.slapd.listed().await, [dn("ada")]);
    assert_eq!(world.entry("ada").await, ("done".to_owned(), None));
}
