//! What identifies a request on its way through the services.
//!
//! The gateway names each request and each service passes the name on, in its log lines, its errors
//! and its calls to other services. The trace context is that of W3C (`traceparent`, version 00).

use std::{fmt::Write, future::Future};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries [`RequestContext::id`].
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that carries the trace of W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The names of one request: what a person quotes and what a trace is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// 1 to 64 letters, digits and hyphens.
    pub id: String,
    /// 32 hexadecimal digits, not all zero.
    trace_id: String,
}

impl RequestContext {
    /// A request that nobody has named yet.
    pub fn new() -> Self {
        let trace_id = format!("{:032x}", rand::random::<u128>().max(1));
        Self { id: trace_id.clone(), trace_id }
    }

    /// Takes the names that `headers` carry, and makes those that are missing or malformed.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let trace_id = header(TRACEPARENT).and_then(trace_id_of);
        let id = header(REQUEST_ID).filter(|id| is_request_id(id));
        match (id, trace_id) {
            (Some(id), Some(trace)) => Self { id: id.to_owned(), trace_id: trace.to_owned() },
            (None, Some(trace)) => Self { id: trace.to_owned(), trace_id: trace.to_owned() },
            (Some(id), None) => Self { id: id.to_owned(), ..Self::new() },
            (None, None) => Self::new(),
        }
    }

    /// The request that this task works for, if it works for one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs `work` as a part of this request.
    pub fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        // Not an async fn, which would hold the work twice: once as an argument, once as awaited.
        CURRENT.scope(self, work)
    }

    /// Names an outgoing request after the one that this task works for, if it works for one.
    pub fn apply_current(headers: &mut HeaderMap) {
        let _ = CURRENT.try_with(|request| request.apply(headers));
    }

    /// Names an outgoing request after this one, as its child span.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let mut parent = String::with_capacity(55);
        let _ = write!(parent, "00-{}-{:016x}-01", self.trace_id, rand::random::<u64>().max(1));
        for (name, value) in [(REQUEST_ID, self.id.clone()), (TRACEPARENT, parent)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

impl Default for RequestContext {
    fn default() -> Self {
        Self::new()
    }
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
fn trace_id_of(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace_id, parent_id) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, len| {
        text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace_id, 32)
        && trace_id.bytes().any(|b| b != b'0')
        && is_hex(parent_id, 16);
    valid.then_some(trace_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_and_a_malformed_one_is_replaced() {
        let mut headers = HeaderMap::new();
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        headers.insert(TRACEPARENT, format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
        let context = RequestContext::from_headers(&headers);
        assert_eq!(context.trace_id, trace);

        let mut outgoing = HeaderMap::new();
        context.apply(&mut outgoing);
        assert_eq!(RequestContext::from_headers(&outgoing), context);

        for bad in ["", "00-0-0-0", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
            headers.insert(TRACEPARENT, bad.parse().unwrap());
            assert_ne!(RequestContext::from_headers(&headers).trace_id, trace);
        }
    }

    #[test]
    fn a_request_id_cannot_forge_a_log_line() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, "a b".parse().unwrap());
        assert_ne!(RequestContext::from_headers(&headers).id, "a b");
    }
}
