//! Whether a service's schema can be used.

use grove_http::Readiness;
use sqlx::MySqlPool;

/// Ready when the database answers.
pub fn readiness(db: &MySqlPool) -> Readiness {
    let db = db.clone();
    Readiness::new(move || {
        let db = db.clone();
        Box::pin(async move {
            let answered = sqlx::query("SELECT 1").execute(&db).await;
            measure(&db);
            answered.map(drop).map_err(Into::into)
        })
    })
}

/// Tells the metrics how many connections there are: with each check of health, which is often enough.
fn measure(db: &MySqlPool) {
    let options = db.connect_options();
    let schema = options.get_database().unwrap_or_default();
    let idle = u32::try_from(db.num_idle()).unwrap_or(u32::MAX);
    for (state, count) in [
        ("idle", idle),
        ("used", db.size().saturating_sub(idle)),
        ("most", db.options().get_max_connections()),
    ] {
        let labels = [("schema", schema.to_owned()), ("state", state.to_owned())];
        metrics::gauge!("database_connections", &labels).set(f64::from(count));
    }
}
