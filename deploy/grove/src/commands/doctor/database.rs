//! The database.

use sqlx::Row;

use super::Finding;
use crate::schema::{DatabaseServer, OWNERS, Owner};

/// The schemas, and the effects that wait in them.
pub(super) async fn look(server: &DatabaseServer) -> Vec<Finding> {
    let mut findings = vec![match server.version().await {
        Ok(version) => Finding::good(format!("the database answers: {version}")),
        Err(cause) => {
            return vec![Finding::bad(
                format!("{cause:#}"),
                "is the server running, and are user and password in DATABASE_URL right?",
            )];
        }
    }];
    for Owner { name: owner, migrator, .. } in OWNERS {
        let known = migrator.iter().count();
        findings.push(match applied(server, owner).await {
            Ok(applied) if applied >= known => Finding::good(format!("{owner}: schema up to date")),
            Ok(applied) => {
                Finding::bad(format!("{owner}: {applied} of {known} migrations"), "grove migrate")
            }
            Err(_) => Finding::bad(format!("{owner}: no schema"), "grove migrate"),
        });
    }
    for Owner { name: owner, .. } in OWNERS {
        // Not every schema has an outbox.
        if let Ok(dead @ 1..) = dead_effects(server, owner).await {
            findings.push(Finding::bad(
                format!("{owner}: {dead} effects were given up"),
                "officers see why under Effects on the website, and have them delivered again",
            ));
        }
    }
    findings
}

async fn applied(server: &DatabaseServer, owner: &str) -> anyhow::Result<usize> {
    let count = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
    let row = sqlx::query(count).fetch_one(&server.open(owner)?).await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?)?)
}

async fn dead_effects(server: &DatabaseServer, owner: &str) -> anyhow::Result<i64> {
    let count = "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL";
    Ok(sqlx::query(count).fetch_one(&server.open(owner)?).await?.try_get(0)?)
}
