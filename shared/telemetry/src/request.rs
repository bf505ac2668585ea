//! What identifies a request on its way through the services.
//!
//! The gateway names each request and each service passes the name on, in its log lines, its errors
//! and its calls to other services. The trace context is that of W3C (`traceparent`, version 00).

use std::{fmt::Write, future::Future};

use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// The header that carries [`RequestContext::id`].
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that carries the trace of W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The status by which a request is counted whose client left before it was answered.
pub const CLIENT_LEFT: u16 = 499;

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The names of one request, or of one step of it: what a person reads out and what a trace is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// 1 to 64 letters, digits and hyphens.
    pub id: String,
    /// 32 hexadecimal digits, not all zero.
    trace_id: String,
    /// This step of the trace, not zero.
    span_id: u64,
    /// The step that caused this one.
    parent_id: Option<u64>,
    /// Who works for the request.
    service: Option<&'static str>,
}

impl RequestContext {
    /// A request that nobody has named yet.
    pub fn new() -> Self {
        Self::resume(None, None)
    }

    /// Takes the names that `headers` carry, and makes those that are missing or malformed.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        Self::resume(header(REQUEST_ID), header(TRACEPARENT))
    }

    /// A step of the request with this id, caused by the step that `traceparent` names.
    pub fn resume(id: Option<&str>, traceparent: Option<&str>) -> Self {
        let (trace_id, parent_id) = match traceparent.and_then(parent) {
            Some((trace_id, parent_id)) => (trace_id.to_owned(), Some(parent_id)),
            None => (format!("{:032x}", rand::random::<u128>().max(1)), None),
        };
        let id = id.filter(|id| is_request_id(id)).unwrap_or(&trace_id).to_owned();
        Self { id, trace_id, span_id: new_span_id(), parent_id, service: None }
    }

    /// The same, in the hands of `service`.
    #[must_use]
    pub fn served_by(self, service: &'static str) -> Self {
        Self { service: Some(service), ..self }
    }

    /// A step that this one causes, such as a call to another service.
    #[must_use]
    pub fn hop(self) -> Self {
        Self { parent_id: Some(self.span_id), span_id: new_span_id(), ..self }
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

    /// Names an outgoing request after this one, which causes it.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in [(REQUEST_ID, self.id.clone()), (TRACEPARENT, self.traceparent())] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }

    /// This step, as what it causes is told of it.
    pub fn traceparent(&self) -> String {
        let mut parent = String::with_capacity(55);
        let _ = write!(parent, "00-{}-{:016x}-01", self.trace_id, self.span_id);
        parent
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    pub(crate) fn span_id(&self) -> u64 {
        self.span_id
    }

    pub(crate) fn parent_id(&self) -> Option<u64> {
        self.parent_id
    }

    pub(crate) fn service(&self) -> Option<&'static str> {
        self.service
    }
}

impl Default for RequestContext {
    fn default() -> Self {
        Self::new()
    }
}

/// A method as a label of metrics: any client can invent one, so only known ones have a name.
pub fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn new_span_id() -> u64 {
    rand::random::<u64>().max(1)
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
fn parent(traceparent: &str) -> Option<(&str, u64)> {
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
    let parent_id = u64::from_str_radix(parent_id, 16).ok()?;
    (valid && parent_id != 0).then_some((trace_id, parent_id))
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
        assert_eq!(context.parent_id, Some(0x00f0_67aa_0ba9_02b7));

        let mut outgoing = HeaderMap::new();
        context.apply(&mut outgoing);
        let next = RequestContext::from_headers(&outgoing);
        assert_eq!((&next.id, &next.trace_id), (&context.id, &context.trace_id));
        assert_eq!(next.parent_id, Some(context.span_id));

        let parent = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for bad in ["", "00-0-0-0", &format!("ff{parent}"), &format!("00-{trace}-{:016}-01", 0)] {
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
