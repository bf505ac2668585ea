//! A page of a list as an answer: JSON, and a link to the next one (RFC 8288).

use axum::response::{IntoResponse, Response};
use grove_shared::page::{Page, PageRequest};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::extract::Json;

/// A page of a list, which names the next one in `Link: <...>; rel="next"`.
#[derive(Debug, Clone)]
pub struct PageResponse<T> {
    body: T,
    next: Option<String>,
}

impl<T: Serialize> PageResponse<Page<T>> {
    /// The page of the list at `path`, which may have a query, as `request` asked for it.
    pub fn new(path: &str, request: PageRequest, page: Page<T>) -> Self {
        Self { next: next(path, request, page.next), body: page }
    }
}

impl<T: Serialize> PageResponse<T> {
    /// The same for old clients, which want the entries in another shape: `next` is what comes after the
    /// last of them.
    pub fn in_old_shape(path: &str, request: PageRequest, next_mark: Option<u64>, body: T) -> Self {
        Self { next: next(path, request, next_mark), body }
    }
}

fn next(path: &str, request: PageRequest, after: Option<u64>) -> Option<String> {
    let and = if path.contains('?') { '&' } else { '?' };
    let limit = request.limit();
    after.map(|after| format!("<{path}{and}after={after}&limit={limit}>; rel=\"next\""))
}

impl<T: Serialize> IntoResponse for PageResponse<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Some(next) = self.next.and_then(|next| HeaderValue::try_from(next).ok()) {
            response.headers_mut().insert(header::LINK, next);
        }
        response
    }
}
