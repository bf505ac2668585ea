//! Steps as OTLP writes them in JSON.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>: ids are hexadecimal, integers of
//! 64 bits are strings, enums are numbers.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{Kind, Step};

const FAILED: u8 = 2;

/// The body of a request that tells of `steps`.
pub(super) fn body(steps: &[Box<Step>]) -> Value {
    let mut services: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for step in steps {
        services.entry(&step.service).or_default().push(span(step));
    }
    let resources = services.into_iter().map(|(service, spans)| {
        let attributes = json!([
            attribute("service.name", &service.into()),
            attribute("service.namespace", &"grove".into()),
            attribute("service.version", &env!("CARGO_PKG_VERSION").into()),
        ]);
        json!({
            "resource": { "attributes": attributes },
            "scopeSpans": [{ "scope": { "name": "grove" }, "spans": spans }],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<_>>() })
}

fn span(step: &Step) -> Value {
    let context = &step.context;
    let kind = match step.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    let mut attributes = vec![attribute("request.id", &context.id.as_str().into())];
    attributes.extend(step.attributes.iter().map(|(name, value)| attribute(name, value)));
    let mut span = json!({
        "traceId": context.trace_id(),
        "spanId": hex(context.span_id()),
        "name": step.name,
        "kind": kind,
        "startTimeUnixNano": nanoseconds(step.start),
        "endTimeUnixNano": nanoseconds(step.start + step.took),
        "attributes": attributes,
        "status": if step.failed { json!({ "code": FAILED }) } else { json!({}) },
    });
    if let Some(parent) = context.parent_id() {
        span["parentSpanId"] = hex(parent).into();
    }
    span
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::Bool(truth) => json!({ "boolValue": truth }),
        text => json!({ "stringValue": text.as_str() }),
    };
    json!({ "key": name, "value": value })
}

fn hex(id: u64) -> String {
    format!("{id:016x}")
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos().to_string()
}
