//! What can go wrong between a customer and the machine.

use std::time::Duration;

use grove_http::ApiError;
use grove_shared::CallError;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MerchError {
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error("Items should be specified in an array")]
    NoArray,
    #[error("{0}")]
    Malformed(String),
    #[error("Invalid location specified. Valid locations are A-E for row, 1-9 for column")]
    InvalidLocation,
    #[error("Item not found")]
    ItemNotFound,
    #[error("Item not found")]
    SlotEmpty,
    #[error("{slot} holds {name}; clear it first")]
    SlotTaken { slot: String, name: String },
    #[error("Another item is called {0}")]
    NameTaken(String),
    #[error("{0} is out of stock. Please ask someone to refill this item.")]
    OutOfStock(String),
    #[error("User does not have sufficient credits")]
    InsufficientCredits,
    #[error("Error fetching balance. Please check the credits service.")]
    NoBalance(#[source] CallError),
    #[error("No such user exists with that pin")]
    UnknownPin,
    #[error("Too many wrong PINs, please wait")]
    Locked(Duration),
    #[error("PINs are not set up here")]
    NoPinKey,
    #[error("User netid was not found in users service")]
    NotAMember,
    #[error("Only current members can buy")]
    MembersOnly,
    #[error("The vending machine is not connected")]
    NoMachine,
    #[error("Purchase not found")]
    PurchaseNotFound,
    #[error("Only an unknown outcome can be resolved, and once")]
    NotUnknown,
    #[error("You may see your own purchases only")]
    NotYours,
    #[error(transparent)]
    Peer(#[from] CallError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<MerchError> for ApiError {
    fn from(error: MerchError) -> Self {
        use MerchError as E;
        let message = error.to_string();
        match error {
            E::Missing(_)
            | E::NoArray
            | E::Malformed(_)
            | E::SlotEmpty
            | E::OutOfStock(_)
            | E::InsufficientCredits => Self::bad_request(message),
            E::InvalidLocation
            | E::ItemNotFound
            | E::UnknownPin
            | E::NotAMember
            | E::PurchaseNotFound => Self::not_found(message),
            E::MembersOnly | E::NotYours => Self::forbidden(message),
            E::SlotTaken { .. } | E::NameTaken(_) | E::NoPinKey | E::NoMachine | E::NotUnknown => {
                Self::conflict(message)
            }
            E::Locked(wait) => {
                Self::new(http::StatusCode::TOO_MANY_REQUESTS, message).retry_after(wait)
            }
            E::NoBalance(cause) => Self::unavailable(message).because(cause),
            E::Peer(cause) => cause.into(),
            E::Database(cause) => cause.into(),
        }
    }
}
