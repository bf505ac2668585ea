//! What can go wrong with a group or a place in it.

use grove_http::ApiError;
use grove_shared::{CallError, NetId};

use crate::kind::UnknownKind;

/// A request that the service understood and refused, or could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GroupError {
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    #[error("Group does not exist")]
    NotFound,
    #[error("Role does not exist in this group")]
    PlaceNotFound,
    #[error("Missing {0}")]
    Missing(&'static str),
    #[error("{field} may have at most {most} characters")]
    TooLong { field: &'static str, most: usize },
    #[error("{0} may not contain control characters")]
    ControlCharacter(&'static str),
    #[error("name takes letters, digits, spaces and . & + | ' - and needs a letter or digit")]
    Name,
    #[error("name takes letters of one script")]
    MixedScripts,
    #[error("This name looks like that of the group {0}")]
    LooksLike(String),
    #[error("Nobody has joined the chapter as {0}")]
    NobodyKnown(NetId),
    #[error("Only members of the chapter can be in this committee: {0} has to pay the dues first")]
    NotAMember(NetId),
    #[error("A group keeps its name: end it and make another instead")]
    Renamed,
    #[error("site must be an address that begins with http:// or https://, or empty")]
    Site,
    #[error("email must be a mail address, or empty")]
    Email,
    #[error("Group already exists")]
    Duplicate,
    #[error("{0} is in this group already: end that role first to give another")]
    AlreadyIn(NetId),
    #[error("This role has ended already")]
    PlaceEnded,
    #[error("The last member of Admin cannot leave it: add another one first")]
    LastAdmin,
    #[error("The committees admin, top4 and corporate cannot be ended")]
    Permanent,
    #[error("Only officers and the leads of this group may do this")]
    NotInCharge,
    #[error("Only members of the committees admin and top4 decide who is in this committee")]
    OfficerCommittee,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Peer(#[from] CallError),
}

impl From<GroupError> for ApiError {
    fn from(error: GroupError) -> Self {
        use GroupError as E;
        let message = error.to_string();
        match error {
            E::Kind(_) | E::NotFound | E::PlaceNotFound => Self::not_found(message),
            E::Missing(_)
            | E::TooLong { .. }
            | E::ControlCharacter(_)
            | E::Name
            | E::MixedScripts
            | E::NobodyKnown(_)
            | E::Renamed
            | E::Site
            | E::Email => Self::bad_request(message),
            E::Duplicate
            | E::LooksLike(_)
            | E::NotAMember(_)
            | E::AlreadyIn(_)
            | E::PlaceEnded
            | E::LastAdmin
            | E::Permanent => Self::conflict(message),
            E::NotInCharge | E::OfficerCommittee => Self::forbidden(message),
            E::Database(cause) => cause.into(),
            E::Peer(cause) => cause.into(),
        }
    }
}
