//! `grove-setup setup`, run twice as at each start.

use chrono::TimeDelta;
use clap::Parser;
use grove_setup::{Cli, OWNERS, Setup};
use grove_shared::{Clock, token};
use sqlx::Row;

/// What the command is given after `secrets` filled a folder.
async fn setup(folder: &std::path::Path) -> Setup {
    setup_after(folder, &[]).await
}

/// The same, after secrets were replaced.
async fn setup_after(folder: &std::path::Path, flags: &[&str]) -> Setup {
    use std::os::unix::fs::MetadataExt;
    let me = std::fs::metadata(folder).unwrap().uid().to_string();
    let path = folder.to_str().unwrap();
    let users = ["--user", &me, "--database-user", &me];
    let secrets =
        Cli::parse_from([["grove-setup", "secrets"].as_slice(), flags, &users, &[path]].concat());
    secrets.run().await.unwrap();
    let path = folder.join("secrets");
    match Cli::parse_from(["grove-setup", "setup", path.to_str().unwrap()]) {
        Cli::Setup(setup) => *setup,
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn it_is_repeated_without_harm_until_the_first_officer_has_a_password() {
    let (server, folder) = (super::server().await, tempfile::tempdir().unwrap());
    let (setup, now) = (setup(folder.path()).await, Clock::system().now());
    let token = folder.path().join("secrets/frontend/gateway-token");
    let said = setup.prepare(&server, now).await.unwrap();
    assert!(said.contains("http://localhost:5000/account/password?token="), "{said}");
    let website = std::fs::read_to_string(&token).unwrap();
    assert!(setup.prepare(&server, now).await.unwrap().contains("token="));
    assert_eq!(std::fs::read_to_string(&token).unwrap(), website);
    for (owner, count) in [
        ("auth", "SELECT COUNT(*) FROM accounts"),
        ("users", "SELECT COUNT(*) FROM memberships"),
        ("groups", "SELECT COUNT(*) FROM group_roles WHERE ended_at IS NULL"),
        ("gateway", "SELECT COUNT(*) FROM clients WHERE expires_at IS NULL AND revoked_at IS NULL"),
    ] {
        let row = sqlx::query(count).fetch_one(&server.open(owner).unwrap()).await.unwrap();
        assert_eq!(row.get::<i64, _>(0), 1, "{count}");
    }

    let auth = server.open("auth").unwrap();
    sqlx::query("UPDATE accounts SET password_hash = 'x'").execute(&auth).await.unwrap();
    assert_eq!(setup.prepare(&server, now).await.unwrap(), "Officers sign in there.\n");

    std::fs::remove_file(&token).unwrap();
    setup.prepare(&server, now).await.unwrap();
    assert_ne!(std::fs::read_to_string(&token).unwrap(), website);
    server.remove().await.unwrap();
}

#[tokio::test]
async fn a_website_whose_token_is_replaced_is_known_by_both_for_a_while() {
    let (server, folder) = (super::server().await, tempfile::tempdir().unwrap());
    let now = Clock::system().now();
    setup(folder.path()).await.prepare(&server, now).await.unwrap();
    let token = folder.path().join("secrets/frontend/gateway-token");
    let before = std::fs::read_to_string(&token).unwrap();
    let rotated = setup_after(folder.path(), &["--rotate", "website"]).await;
    assert_eq!(std::fs::read_to_string(&token).unwrap(), before);
    rotated.prepare(&server, now).await.unwrap();
    let after = std::fs::read_to_string(&token).unwrap();
    assert_ne!(after, before);
    let gateway = server.open("gateway").unwrap();
    for (token, until) in
        [(&before, now + TimeDelta::minutes(4)), (&after, now + TimeDelta::days(90))]
    {
        let known = "SELECT COUNT(*) FROM clients WHERE token_hash = ? AND revoked_at IS NULL
                     AND (expires_at IS NULL OR expires_at > ?)";
        let known =
            sqlx::query_scalar::<_, i64>(known).bind(token::hash(token).to_vec()).bind(until);
        assert_eq!(known.fetch_one(&gateway).await.unwrap(), 1);
    }
    rotated.prepare(&server, now + TimeDelta::days(1)).await.unwrap();
    assert_eq!(std::fs::read_to_string(&token).unwrap(), after);
    server.remove().await.unwrap();
}

#[tokio::test]
async fn a_disabled_first_officer_gets_no_link() {
    let (server, folder) = (super::server().await, tempfile::tempdir().unwrap());
    let (setup, now) = (setup(folder.path()).await, Clock::system().now());
    setup.prepare(&server, now).await.unwrap();
    let auth = server.open("auth").unwrap();
    sqlx::query("UPDATE accounts SET disabled_at = NOW(6)").execute(&auth).await.unwrap();
    let refused = setup.prepare(&server, now).await.unwrap_err().to_string();
    assert!(refused.contains("name another first officer"), "{refused}");
    server.remove().await.unwrap();
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one_which_ends_with_the_next_run() {
    let (server, folder) = (super::server().await, tempfile::tempdir().unwrap());
    let (setup, now) = (setup(folder.path()).await, Clock::system().now());
    setup.prepare(&server, now).await.unwrap();
    let quotes = OWNERS.iter().find(|owner| owner.name == "quotes").unwrap();
    let file = folder.path().join("secrets/quotes/database-url");
    let password = || {
        let url = std::fs::read_to_string(&file).unwrap();
        let (_, rest) = url.split_once("grove_quotes:").unwrap();
        rest.split('@').next().unwrap().to_owned()
    };
    let old = password();
    let next = std::fs::read_to_string(&file).unwrap().replace(&old, &"n".repeat(43));
    std::fs::write(file.with_extension("next"), next).unwrap();
    let opens = async |password: String| server.opens(quotes, &password.into()).await.unwrap();
    setup.prepare(&server, now).await.unwrap();
    assert!(opens(old.clone()).await && opens(password()).await);
    setup.prepare(&server, now).await.unwrap();
    assert!(!opens(old).await && opens(password()).await);
    server.remove().await.unwrap();
}
