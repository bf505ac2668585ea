//! The time that statements of SQL take: sqlx tells of each that has ended, and it becomes a span.

use std::{fmt, time::Duration};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::Context,
};

use super::{Kind, Step, export};
use crate::request::RequestContext;

/// Where sqlx tells of statements.
const TARGET: &str = "sqlx::query";

/// Takes sqlx's events, when they belong to a request.
#[derive(Debug)]
pub(crate) struct Statements;

impl Statements {
    /// What it wants to hear of, whatever is logged.
    pub(crate) fn filter() -> Targets {
        Targets::new().with_target(TARGET, LevelFilter::DEBUG)
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some((service, request)) =
            RequestContext::current().and_then(|request| Some((request.service()?, request)))
        else {
            return;
        };
        let mut told = Fields::default();
        event.record(&mut told);
        let mut step = Step::new(request.hop(), service, Kind::Client, told.summary);
        step.start -= told.took;
        step.took = told.took;
        let text = if told.text.is_empty() { step.name.clone() } else { told.text };
        step.attributes = vec![
            ("db.system.name", "mysql".into()),
            ("db.query.text", text.into()),
            ("db.response.returned_rows", told.rows.into()),
        ];
        export::tell(Box::new(step));
    }
}

/// What sqlx says of a statement. Its text has placeholders where its values go.
#[derive(Default)]
struct Fields {
    summary: String,
    text: String,
    rows: u64,
    took: Duration,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.took = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
