//! `grove-setup`, which knows the schemas without the services, and the services agree.

use std::os::unix::fs::MetadataExt;

use clap::Parser;
use grove_gateway::clients;
use grove_setup::Cli;
use grove_shared::Clock;

use crate::world::{PASSWORD, World, token_of};

#[tokio::test]
async fn its_first_officer_sets_a_password_and_is_an_admin_and_a_member() {
    let folder = tempfile::tempdir().unwrap();
    let me = std::fs::metadata(folder.path()).unwrap().uid().to_string();
    let path = folder.path().to_str().unwrap();
    let users = ["--user", &me, "--database-user", &me];
    let secrets =
        Cli::parse_from([["grove-setup", "secrets"].as_slice(), &users, &[path]].concat());
    secrets.run().await.unwrap();

    let secrets = folder.path().join("secrets");
    let arguments = ["grove-setup", "setup", secrets.to_str().unwrap(), "--first-officer=boss1"];
    let Cli::Setup(setup) = Cli::parse_from(arguments) else { unreachable!() };
    let database = World::new_database().await;
    let said = setup.prepare(&database, Clock::system().now()).await.unwrap();
    let token = std::fs::read_to_string(secrets.join("frontend/gateway-token")).unwrap();
    let gateway = database.open("gateway").unwrap();
    assert_eq!(clients::check(&gateway, &token).await.unwrap().as_deref(), Some("website"));
    let registered = &clients::list(&gateway).await.unwrap()[0];
    assert_eq!(registered.scopes, [clients::Scope::ForwardAddress]);

    let world = World::start_on(database).await;
    let boss = world.use_link(token_of(&said), PASSWORD).await;
    assert_eq!(boss.get("/users").await.status, 200);
    assert_eq!(boss.get("/users/boss1/is_member").await.json["data"]["is_member"], true);
    // The term is the one that a payment today would buy.
    world.add_account("payer1", &[]).await;
    let own = boss.get("/users/me").await.json;
    let paid = world.sign_in("payer1", PASSWORD).await.get("/users/me").await.json;
    assert_eq!(own["data"]["memberships"], paid["data"]["memberships"]);
    assert_eq!(own["data"]["memberships"].as_array().unwrap().len(), 1, "{own}");
    world.end().await;
}
