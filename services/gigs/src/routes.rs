//! Every handler.

pub(crate) mod claims;
pub(crate) mod gigs;

use axum::extract::FromRequestParts;
use grove_http::{ApiError, extract::Path};
use http::request::Parts;

use crate::error::GigError;

/// The gig that a path names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GigId(u64);

impl<S: Send + Sync> FromRequestParts<S> for GigId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<u64>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| GigError::UnknownGig.into())
    }
}

/// The claim that a path names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimId(u64);

impl<S: Send + Sync> FromRequestParts<S> for ClaimId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<u64>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| GigError::UnknownClaim.into())
    }
}

/// A parameter of a query string; an empty one is as good as none.
fn given(parameter: Option<String>) -> Option<String> {
    parameter.filter(|text| !text.is_empty())
}
