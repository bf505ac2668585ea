//! Where someone is on the way to membership.

use grove_users_api::{Profile, UserState};

use crate::{gateway::Gateway, moment, pages::credits::payment, person::Person};

/// Where someone is on the way to membership, with what they need to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// They have an account, but never asked to join.
    Unlisted,
    /// They have not followed the link in the first mail.
    Unverified,
    /// They have not paid.
    AwaitingPayment,
    /// A member until the end of this day.
    Member { until: String },
    /// A member until the end of that day.
    Expired { since: String },
}

impl Standing {
    pub(crate) fn of(person: &Person) -> Self {
        let Some(profile) = &person.profile else { return Self::Unlisted };
        match profile.user.state {
            UserState::Unverified => Self::Unverified,
            UserState::AwaitingPayment => Self::AwaitingPayment,
            UserState::Member => Self::Member { until: last_day(profile) },
            UserState::Expired => Self::Expired { since: last_day(profile) },
        }
    }
}

impl Standing {
    /// Whether the dues can be paid by card here; not asked when there is nothing to pay.
    pub(crate) async fn takes_cards(&self, gateway: &Gateway) -> bool {
        match self {
            Self::AwaitingPayment | Self::Expired { .. } => payment::takes_cards(gateway).await,
            Self::Unlisted | Self::Unverified | Self::Member { .. } => false,
        }
    }
}

/// The last day of the latest term, or nothing.
fn last_day(profile: &Profile) -> String {
    let last = profile.memberships.iter().map(|term| term.ends_on).max();
    last.map(moment::day).unwrap_or_default()
}
