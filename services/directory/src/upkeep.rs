//! What the service does by itself: wishes that wait, the daily report, and the metrics.

use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::{AppState, drift::Report, entry, error::DirectoryError, reconciliation, store};

const INTERVAL: Duration = Duration::from_mins(1);

/// Looks after everything at once and then every minute, until `stop` is cancelled.
pub(crate) async fn run(state: AppState, stop: CancellationToken) {
    let mut minute = tokio::time::interval(INTERVAL);
    while stop.run_until_cancelled(minute.tick()).await.is_some() {
        let round = std::panic::AssertUnwindSafe(round(&state)).catch_unwind();
        match stop.run_until_cancelled(round).await {
            None | Some(Ok(Ok(()))) => {}
            Some(Ok(Err(cause))) => {
                tracing::warn!(cause = cause.reason(), "the directory is not looked after");
            }
            Some(Err(_)) => tracing::error!("looking after the directory panicked"),
        }
    }
}

async fn round(state: &AppState) -> Result<(), DirectoryError> {
    let looked_after = look_after(state).await;
    let report = store::reports::newest(&state.db).await?;
    measure(state, report.as_ref());
    looked_after
}

/// Carries out wishes that wait, and makes the day's report if nobody did.
pub(crate) async fn look_after(state: &AppState) -> Result<(), DirectoryError> {
    let Some(campus) = &state.campus else { return Ok(()) };
    let now = state.clock.now();
    entry::fulfil_waiting(&state.db, campus, now).await?;
    let day = now.date_naive();
    if store::reports::begin_daily(&state.db, day, now).await? {
        reconciliation::reconcile(state, reconciliation::AT_LEISURE).await?;
        store::reports::finish_daily(&state.db, day, state.clock.now()).await?;
    }
    Ok(())
}

/// Tells the metrics how the group differs from the members.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn measure(state: &AppState, report: Option<&Report>) {
    let Some(report) = report else { return };
    let drift = &report.drift;
    for (kind, count) in [
        ("missing", drift.missing.len()),
        ("surplus", drift.surplus.len()),
        ("unknown", drift.unknown.len()),
    ] {
        metrics::gauge!("directory_drift", "kind" => kind).set(count as f64);
    }
    let age = state.clock.now() - report.made_at;
    metrics::gauge!("directory_report_age_seconds").set(age.as_seconds_f64());
}
