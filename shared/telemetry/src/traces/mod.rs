//! Traces: how long each step of a request took, told to a collector in the form of OTLP.
//!
//! Off unless [`start`] is called, and then free: no thread runs and nothing is kept. A span is one
//! step; its names in the trace are those of a [`RequestContext`]. Each carries the request's id, so
//! that the id on an error page finds the whole trace (ADR 14).

mod export;
mod otlp;
mod statements;

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::request::RequestContext;

pub use export::{flush, is_on, start};
pub(crate) use statements::Statements;

/// Which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work that is no call.
    Internal,
    /// Answers a call.
    Server,
    /// Waits for the answer of a call.
    Client,
}

/// A step of a request, which lasts until this is dropped. Nothing while traces are off.
#[derive(Debug)]
pub struct Span(Option<Box<Step>>);

/// What is told of a step.
#[derive(Debug)]
pub(crate) struct Step {
    context: RequestContext,
    service: String,
    kind: Kind,
    name: String,
    start: SystemTime,
    began: Instant,
    took: Duration,
    failed: bool,
    attributes: Vec<(&'static str, Value)>,
}

impl Span {
    /// Begins the step of `service` that `context` names.
    pub fn begin(
        context: &RequestContext,
        service: &str,
        kind: Kind,
        name: impl FnOnce() -> String,
    ) -> Self {
        Self(is_on().then(|| Box::new(Step::new(context.clone(), service, kind, name()))))
    }

    /// Adds what else is known of it, by a name of OpenTelemetry's semantic conventions.
    pub fn note<V: Into<Value>>(&mut self, name: &'static str, value: impl FnOnce() -> V) {
        if let Some(step) = &mut self.0 {
            step.attributes.push((name, value().into()));
        }
    }

    /// Gives it another name, once more is known.
    pub fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(step) = &mut self.0 {
            step.name = name();
        }
    }

    /// Adds what was asked and how it was answered.
    pub fn answered(&mut self, method: &str, route: &str, status: u16) {
        self.note("http.request.method", || method);
        self.note("http.route", || route);
        self.note("http.response.status_code", || status);
        if (500..600).contains(&status) {
            self.fail();
        }
    }

    /// Marks it as failed.
    pub fn fail(&mut self) {
        if let Some(step) = &mut self.0 {
            step.failed = true;
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(mut step) = self.0.take() {
            step.took = step.began.elapsed();
            export::tell(step);
        }
    }
}

impl Step {
    fn new(context: RequestContext, service: &str, kind: Kind, name: String) -> Self {
        Self {
            context,
            service: service.to_owned(),
            kind,
            name,
            start: SystemTime::now(),
            began: Instant::now(),
            took: Duration::ZERO,
            failed: false,
            attributes: Vec::new(),
        }
    }
}
