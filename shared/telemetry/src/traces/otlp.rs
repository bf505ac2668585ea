//! Steps as OTLP writes them in JSON.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>: ids are hexadecimal, integers of
//! 64 bits are strings, enums are numbers.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use serde_json::Value;

use super::{Kind, Step};

const FAILED: u8 = 2;

/// The body of a request that tells of steps.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traces<'a> {
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

/// Who tells.
#[derive(Serialize)]
struct Resource<'a> {
    attributes: [Attribute<'a>; 3],
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<OtlpSpan<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OtlpSpan<'a> {
    trace_id: &'a str,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    status: Status,
}

#[derive(Serialize)]
struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: AnyValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum AnyValue<'a> {
    StringValue(&'a str),
    IntValue(String),
}

impl<'a> Traces<'a> {
    pub(super) fn of(steps: &'a [Box<Step>]) -> Self {
        let mut services: BTreeMap<&str, Vec<OtlpSpan<'_>>> = BTreeMap::new();
        for step in steps {
            services.entry(&step.service).or_default().push(OtlpSpan::of(step));
        }
        let resource_spans = services.into_iter().map(|(service, spans)| ResourceSpans {
            resource: Resource {
                attributes: [
                    Attribute::text("service.name", service),
                    Attribute::text("service.namespace", "grove"),
                    Attribute::text("service.version", env!("CARGO_PKG_VERSION")),
                ],
            },
            scope_spans: [ScopeSpans { scope: Scope { name: "grove" }, spans }],
        });
        Self { resource_spans: resource_spans.collect() }
    }
}

impl<'a> OtlpSpan<'a> {
    fn of(step: &'a Step) -> Self {
        let context = &step.context;
        let mut attributes = vec![Attribute::text("request.id", &context.id)];
        attributes.extend(step.attributes.iter().map(|(key, value)| Attribute::of(key, value)));
        Self {
            trace_id: context.trace_id(),
            span_id: hex(context.span_id()),
            parent_span_id: context.parent_id().map(hex),
            name: &step.name,
            kind: match step.kind {
                Kind::Internal => 1,
                Kind::Server => 2,
                Kind::Client => 3,
            },
            start_time_unix_nano: nanoseconds(step.start),
            end_time_unix_nano: nanoseconds(step.start + step.took),
            attributes,
            status: Status { code: step.failed.then_some(FAILED) },
        }
    }
}

impl<'a> Attribute<'a> {
    fn text(key: &'a str, text: &'a str) -> Self {
        Self { key, value: AnyValue::StringValue(text) }
    }

    fn of(key: &'a str, value: &'a Value) -> Self {
        match value {
            Value::Number(number) => Self { key, value: AnyValue::IntValue(number.to_string()) },
            text => Self::text(key, text.as_str().unwrap_or_default()),
        }
    }
}

fn hex(id: u64) -> String {
    format!("{id:016x}")
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos().to_string()
}
