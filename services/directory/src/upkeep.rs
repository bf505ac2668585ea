//! What the service does by itself: changes that wait, the daily report, and the metrics.

use grove_directory_api::Report;

use crate::{entry, error::DirectoryError, reconciliation, state::AppState, store};

/// Looks after everything, and tells the metrics how that stands.
pub(crate) async fn round(state: &AppState) -> anyhow::Result<()> {
    let looked_after = look_after(state).await;
    let report = store::reports::newest(&state.db).await?;
    measure(state, report.as_ref());
    looked_after.map_err(|cause| anyhow::anyhow!(cause.reason()))
}

/// Makes changes that wait, and the day's report if nobody did.
pub(crate) async fn look_after(state: &AppState) -> Result<(), DirectoryError> {
    let Some(campus) = &state.campus else { return Ok(()) };
    let now = state.clock.now();
    entry::fulfil_waiting(&state.db, campus, now).await?;
    let day = state.time.day_of(now);
    if store::reports::begin_daily(&state.db, day, now).await? {
        reconciliation::reconcile(state, reconciliation::AT_LEISURE).await?;
        store::reports::finish_daily(&state.db, day, now, state.clock.now()).await?;
    }
    Ok(())
}

/// Tells the metrics how the group differs from the members.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn measure(state: &AppState, report: Option<&Report>) {
    let Some(report) = report else { return };
    for (kind, count) in [
        ("missing", report.missing.len()),
        ("surplus", report.surplus.len()),
        ("unknown", report.unknown.len()),
    ] {
        metrics::gauge!("directory_drift", "kind" => kind).set(count as f64);
    }
    let age = state.clock.now() - report.made_at;
    metrics::gauge!("directory_report_age_seconds").set(age.as_seconds_f64());
}
