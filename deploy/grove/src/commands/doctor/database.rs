//! The database.

use sqlx::{MySqlPool, Row};

use super::Finding;
use crate::schema::{DatabaseServer, OWNERS, Owner};

/// How a schema is made and brought up to date.
const SET_UP: &str = "docker compose up -d setup; without containers: grove migrate";

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
    for owner in OWNERS {
        match server.open(owner.name) {
            Ok(schema) => findings.extend(of_schema(owner, &schema).await),
            Err(cause) => findings.push(Finding::bad(format!("{}: {cause:#}", owner.name), SET_UP)),
        }
    }
    findings
}

async fn of_schema(Owner { name, migrator, .. }: &Owner, schema: &MySqlPool) -> Vec<Finding> {
    let known = i64::try_from(migrator.iter().count()).unwrap_or(i64::MAX);
    let applied = count(schema, "SELECT COUNT(*) FROM _sqlx_migrations WHERE success").await;
    let mut findings = vec![match applied {
        Ok(applied) if applied >= known => Finding::good(format!("{name}: schema up to date")),
        Ok(applied) => Finding::bad(format!("{name}: {applied} of {known} migrations"), SET_UP),
        Err(_) => Finding::bad(format!("{name}: no schema"), SET_UP),
    }];
    // Not every schema has an outbox.
    let dead = count(schema, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL").await;
    if let Ok(dead @ 1..) = dead {
        findings.push(Finding::bad(
            format!("{name}: {dead} effects were given up"),
            "officers see why under Undelivered on the website, and have them delivered again",
        ));
    }
    findings
}

async fn count(schema: &MySqlPool, query: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(query).fetch_one(schema).await?.try_get(0)
}
