//! Answers that need not be sent twice: each has a validator, and who shows it again learns that nothing has
//! changed (RFC 9110, sections 8.8.3 and 13.1.2).
//!
//! It is for routes that answer the same to whoever asks, and stands inside of whatever encodes bodies. The
//! answer is made all the same: what is saved is the way of its bytes, and reading them.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::ApiError;

/// A larger answer, or one whose size nobody knows, goes by as it is.
const MOST_BYTES: u64 = 1024 * 1024;

/// axum middleware for routes of GET.
///
/// # Errors
/// When the answer cannot be read.
pub async fn revalidate(request: Request, next: Next) -> Result<Response, ApiError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let conditions = request.headers().get_all(header::IF_NONE_MATCH);
    let conditions: Vec<HeaderValue> = conditions.iter().cloned().collect();
    let response = next.run(request).await;
    let is_whole = response.body().size_hint().exact().is_some_and(|size| size <= MOST_BYTES);
    if !reads || response.status() != StatusCode::OK || !is_whole {
        return Ok(response);
    }
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(ApiError::internal)?;
    let hash = Sha256::digest(&body);
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]));
    let is_known = conditions.iter().any(|condition| names(condition, &tag));
    head.headers.insert(header::ETAG, tag.parse().map_err(ApiError::internal)?);
    // Whoever keeps it asks each time: it may change at any time.
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    if !is_known {
        return Ok(Response::from_parts(head, body.into()));
    }
    head.status = StatusCode::NOT_MODIFIED;
    head.headers.remove(header::CONTENT_TYPE);
    head.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(head, Body::empty()))
}

/// The weak comparison, which is that of If-None-Match. No tag of ours has a comma.
fn names(condition: &HeaderValue, tag: &str) -> bool {
    let condition = condition.to_str().unwrap_or_default();
    let mut tags = condition.split(',').map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware, routing::get};
    use http::HeaderMap;
    use tower::ServiceExt;

    use super::*;

    async fn send(method: Method, path: &str, condition: &str) -> (StatusCode, HeaderMap, usize) {
        let large = "x".repeat(1024 * 1024 + 1);
        let routes = Router::new()
            .route("/", get(async || "[1]").post(async || "[1]"))
            .route("/other", get(async || "[2]"))
            .route("/large", get(async move || large))
            .route_layer(middleware::from_fn(revalidate));
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::IF_NONE_MATCH, condition).body(Body::empty());
        let (head, body) = routes.oneshot(request.unwrap()).await.unwrap().into_parts();
        (head.status, head.headers, to_bytes(body, usize::MAX).await.unwrap().len())
    }

    #[tokio::test]
    async fn who_has_the_answer_already_gets_none() {
        let (status, first, size) = send(Method::GET, "/", "\"else\"").await;
        assert_eq!(
            (status, size, &first["cache-control"]),
            (StatusCode::OK, 3, &"no-cache".parse().unwrap())
        );
        let tag = first["etag"].to_str().unwrap();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag}");
        for method in [Method::GET, Method::HEAD] {
            for condition in [tag, &format!("W/{tag}"), &format!("\"a,b\", {tag}"), "*"] {
                let (status, headers, size) = send(method.clone(), "/", condition).await;
                assert_eq!((status, size), (StatusCode::NOT_MODIFIED, 0), "{method} {condition}");
                assert_eq!(headers["etag"], tag);
                assert!(!headers.contains_key("content-type"));
            }
        }
        let (status, headers, size) = send(Method::HEAD, "/", "\"else\"").await;
        assert_eq!((status, size, &headers["etag"]), (StatusCode::OK, 0, &first["etag"]));
        assert_eq!(headers["content-length"], "3");
    }

    #[tokio::test]
    async fn another_answer_has_another_tag_and_what_is_no_reading_or_large_has_none() {
        let tag = send(Method::GET, "/", "").await.1["etag"].to_str().unwrap().to_owned();
        assert_eq!(send(Method::GET, "/other", &tag).await.0, StatusCode::OK);
        for (method, path) in [(Method::POST, "/"), (Method::GET, "/large"), (Method::GET, "/none")]
        {
            let (status, headers, _) = send(method, path, "*").await;
            assert_ne!(status, StatusCode::NOT_MODIFIED, "{path}");
            assert!(!headers.contains_key("etag"), "{path}");
        }
    }
}
