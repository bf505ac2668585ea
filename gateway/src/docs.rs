//! The description of the API as a page for people: Swagger UI, out of this program alone.

use std::sync::{Arc, LazyLock};

use axum::{body::Body, response::IntoResponse};
use grove_http::ApiError;
use http::{HeaderName, header};
use http_body_util::Either;
use utoipa_swagger_ui::{Config, serve};

use crate::{
    own::Answer,
    routes::{DESCRIPTION, DOCS},
};

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grove API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The same for programs: <a href="/openapi.json">openapi.json</a></noscript>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

/// Nothing from elsewhere. Swagger UI sets styles of its own, and draws from data: URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // Otherwise it shows the document to a validator on the internet.
    Arc::new(Config::new([DESCRIPTION]).validator_url("none").doc_expansion("none"))
});

/// The page.
pub(crate) fn page() -> Answer {
    answer("text/html; charset=utf-8", "no-cache", PAGE)
}

/// A file that the page is made of, by the path at which it was asked for.
pub(crate) fn file(path: &str) -> Result<Answer, ApiError> {
    let name = path.strip_prefix(DOCS).and_then(|rest| rest.strip_prefix('/'));
    // The page that comes with them leads to a pet shop.
    let name = name.filter(|name| !["", "index.html"].contains(name));
    let name = name.ok_or_else(|| ApiError::not_found("Not found"))?;
    let file = serve(name, CONFIG.clone())
        .map_err(|cause| ApiError::internal(anyhow::anyhow!("{name} cannot be made: {cause}")))?;
    let file = file.ok_or_else(|| ApiError::not_found("Not found"))?;
    Ok(answer(&file.content_type, "max-age=3600", file.bytes.into_owned()))
}

fn answer(content_type: &str, caching: &'static str, body: impl Into<Body>) -> Answer {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, body.into()).into_response().map(Either::Right)
}
