//! Calls of a service, as values: what is sent, and how the answer reads.
//!
//! A contract crate has one function for each call of its service, which returns a [`Call`]. Whoever
//! has a [`Client`] makes it: a service signs it for itself, the website sends it through the gateway
//! with a visitor's session, an outbox keeps it until it has arrived.
//!
//! ```ignore
//! pub fn find(id: u64) -> Call<Shelf> {
//!     Call::get(SERVICE, "/shelves/{id}", &[&id]).enveloped()
//! }
//!
//! let shelf = peers.call(shelves::find(7)).await?;
//! ```

mod error;

use std::{fmt::Display, time::Duration};

use http::{HeaderName, Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::error::{CallError, FieldError};
use crate::envelope::Data;

/// Makes a repeated call have one effect (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A service, as those who call it know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Service {
    /// What it is called: `shelves`.
    pub name: &'static str,
    /// Where it listens on a machine that it shares with the others.
    pub port: u16,
}

/// A call of a service, whose answer is a `T`.
#[derive(Debug, Clone)]
pub struct Call<T> {
    service: String,
    method: Method,
    /// Nothing when a parameter cannot stand in a path.
    path: Option<String>,
    query: String,
    body: Result<Option<Value>, String>,
    key: Option<String>,
    read: fn(&[u8]) -> Result<T, serde_json::Error>,
}

impl<T: DeserializeOwned> Call<T> {
    /// `method` of the path that `template` and `parameters` make: each `{name}` of the template stands
    /// for the next parameter, as one segment whatever it holds.
    pub fn new(
        service: Service,
        method: Method,
        template: &str,
        parameters: &[&dyn Display],
    ) -> Self {
        Self {
            service: service.name.to_owned(),
            method,
            path: fill(template, parameters),
            query: String::new(),
            body: Ok(None),
            key: None,
            read: |answer| serde_json::from_slice(answer),
        }
    }

    /// See [`Call::new`].
    pub fn get(service: Service, template: &str, parameters: &[&dyn Display]) -> Self {
        Self::new(service, Method::GET, template, parameters)
    }

    /// See [`Call::new`]. Without [`Call::json`] it sends `{}`, which old services want.
    pub fn post(service: Service, template: &str, parameters: &[&dyn Display]) -> Self {
        Self::new(service, Method::POST, template, parameters).json(&serde_json::json!({}))
    }

    /// See [`Call::post`].
    pub fn put(service: Service, template: &str, parameters: &[&dyn Display]) -> Self {
        Self::new(service, Method::PUT, template, parameters).json(&serde_json::json!({}))
    }

    /// See [`Call::post`].
    pub fn delete(service: Service, template: &str, parameters: &[&dyn Display]) -> Self {
        Self::new(service, Method::DELETE, template, parameters).json(&serde_json::json!({}))
    }

    /// A call that was kept, as an outbox does: `method` of `path` of the service called `service`, with `body`.
    pub fn stored(service: &str, method: Method, path: &str, body: Value) -> Self {
        Self {
            service: service.to_owned(),
            method,
            path: Some(path.to_owned()),
            query: String::new(),
            body: Ok(Some(body)),
            key: None,
            read: |answer| serde_json::from_slice(answer),
        }
    }

    /// Reads the answer out of the envelope of the old services: `{"error": null, "data": ...}`.
    #[must_use]
    pub fn enveloped(mut self) -> Self {
        self.read = |answer| Ok(serde_json::from_slice::<Data<T>>(answer)?.data);
        self
    }
}

impl<T> Call<T> {
    /// Sends `body`.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_value(body).map(Some).map_err(|cause| cause.to_string());
        self
    }

    /// Adds a parameter to the query, if it has a value.
    #[must_use]
    pub fn query(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            self.query.push(if self.query.is_empty() { '?' } else { '&' });
            self.query.push_str(name);
            self.query.push('=');
            encode(&value.to_string(), &mut self.query);
        }
        self
    }

    /// Makes repetitions under the same key have one effect.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The service that is called.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its query.
    ///
    /// # Errors
    /// [`CallError::Refused`] with 404 when a parameter cannot stand in a path: empty, `.` and `..` would
    /// name another thing, so there is no such thing.
    pub fn target(&self) -> Result<String, CallError> {
        match &self.path {
            Some(path) => Ok(format!("{path}{}", self.query)),
            None => Err(CallError::Refused {
                service: self.service.clone(),
                status: StatusCode::NOT_FOUND,
                message: "Not found".to_owned(),
                fields: Vec::new(),
                retry_after: None,
            }),
        }
    }

    /// What is sent, if anything is.
    ///
    /// # Errors
    /// [`CallError::Unavailable`] when it cannot be written as JSON, which is a fault of the contract.
    pub fn body(&self) -> Result<Option<&Value>, CallError> {
        match &self.body {
            Ok(body) => Ok(body.as_ref()),
            Err(reason) => Err(self.unavailable(reason)),
        }
    }

    /// The key under which repetitions have one effect.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Reads the body of an answer that succeeded. An empty one reads as `null`.
    ///
    /// # Errors
    /// [`CallError::Unavailable`] when it is not what the contract says.
    pub fn read(&self, answer: &[u8]) -> Result<T, CallError> {
        let answer = if answer.is_empty() { b"null" } else { answer };
        (self.read)(answer).map_err(|cause| {
            self.unavailable(format_args!("its answer is not what was agreed: {cause}"))
        })
    }

    /// That the service takes no connection.
    pub fn unreachable(&self, reason: impl Display) -> CallError {
        CallError::Unreachable { service: self.service.clone(), reason: reason.to_string() }
    }

    /// That the service cannot be used now.
    pub fn unavailable(&self, reason: impl Display) -> CallError {
        let (service, reason) = (self.service.clone(), reason.to_string());
        CallError::Unavailable { service, reason, retry_after: None }
    }

    /// What an answer that is no success means. `body` is its problem (RFC 9457), if it has one.
    pub fn failure(
        &self,
        status: StatusCode,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> CallError {
        CallError::answered(&self.service, status, retry_after, body)
    }
}

/// Whoever can make calls.
pub trait Client {
    /// Makes a call.
    fn call<T: Send>(&self, call: Call<T>) -> impl Future<Output = Result<T, CallError>> + Send;
}

fn fill(template: &str, parameters: &[&dyn Display]) -> Option<String> {
    let mut path = String::with_capacity(template.len());
    let mut parameters = parameters.iter();
    for segment in template.strip_prefix('/')?.split('/') {
        path.push('/');
        if segment.starts_with('{') {
            let value = parameters.next()?.to_string();
            if matches!(value.as_str(), "" | "." | "..") {
                return None;
            }
            encode(&value, &mut path);
        } else {
            path.push_str(segment);
        }
    }
    parameters.next().is_none().then_some(path)
}

/// Writes text as it stands in one segment of a path and in one value of a query (RFC 3986, section 2.3).
fn encode(text: &str, into: &mut String) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELVES: Service = Service { name: "shelves", port: 1 };

    fn target(template: &str, parameters: &[&dyn Display]) -> Option<String> {
        Call::<Value>::get(SHELVES, template, parameters).target().ok()
    }

    #[test]
    fn a_parameter_is_one_segment_whatever_it_holds() {
        for (parameter, path) in [
            ("7", "/shelves/7/books"),
            ("a/b?c#d", "/shelves/a%2Fb%3Fc%23d/books"),
            ("50 %", "/shelves/50%20%25/books"),
            ("é", "/shelves/%C3%A9/books"),
            ("...", "/shelves/.../books"),
        ] {
            let made = target("/shelves/{id}/books", &[&parameter]);
            assert_eq!(made.as_deref(), Some(path), "{parameter}");
        }
        for other in ["", ".", ".."] {
            let refused = Call::<Value>::get(SHELVES, "/shelves/{id}", &[&other]).target();
            assert!(refused.unwrap_err().is_not_found(), "{other:?}");
        }
    }

    #[test]
    fn a_template_takes_as_many_parameters_as_it_names() {
        assert_eq!(target("/a/{b}/{c}", &[&1, &"x"]).as_deref(), Some("/a/1/x"));
        assert_eq!(target("/a/{b}", &[]), None);
        assert_eq!(target("/a", &[&1]), None);
    }

    #[test]
    fn a_query_has_the_parameters_that_have_values() {
        let call = Call::<Value>::get(SHELVES, "/shelves", &[])
            .query("after", Some(7))
            .query("limit", None::<u32>)
            .query("word", Some("a&b=c"));
        assert_eq!(call.target().unwrap(), "/shelves?after=7&word=a%26b%3Dc");
    }

    #[test]
    fn an_answer_is_what_was_agreed_or_an_error() {
        let plain = Call::<Vec<u8>>::get(SHELVES, "/shelves", &[]);
        assert_eq!(plain.read(b"[1]").unwrap(), [1]);
        assert!(matches!(plain.read(b"{}"), Err(CallError::Unavailable { .. })));
        let enveloped = Call::<Vec<u8>>::get(SHELVES, "/shelves", &[]).enveloped();
        assert_eq!(enveloped.read(br#"{"error": null, "data": [1]}"#).unwrap(), [1]);
        assert!(enveloped.read(b"[1]").is_err());
    }
}
