//! What of a call's failure a visitor can mend.

use grove_shared::CallError;
use http::StatusCode;

use crate::error::PageError;

/// Tells of a key that went with another form.
const ALREADY_SENT: &str = "This form was sent and carried out before, with other entries. \
    See what became of that; send it again only if you want this too.";

/// The sentence that belongs next to the form that was sent; that what it names does not exist is a part
/// of it.
///
/// # Errors
/// When the failure has nothing to do with what was typed: that is a page of its own.
pub(crate) fn sentence(error: CallError) -> Result<String, PageError> {
    match error {
        CallError::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, .. } => {
            Ok(ALREADY_SENT.to_owned())
        }
        CallError::Refused {
            status:
                StatusCode::BAD_REQUEST
                | StatusCode::PAYMENT_REQUIRED
                | StatusCode::NOT_FOUND
                | StatusCode::CONFLICT,
            message,
            ..
        } => Ok(message),
        error => Err(error.into()),
    }
}
