//! Messages to people on the wire: the contract of the notifications service.

#[cfg(feature = "fake")]
pub mod contract;
#[cfg(feature = "fake")]
pub mod fake;
mod log;
mod message;
mod preferences;

use grove_shared::{Call, Service};

pub use crate::{
    log::{
        ChannelState, Channels, Confirmation, Deliveries, Delivery, DeliveryState, KindState,
        LogFilter, SentNotification,
    },
    message::{
        ACCOUNT, ANNOUNCEMENTS, CREDITS, Channel, GIGS, MEMBERSHIP, MERCH, Notification, Preview,
        Sent,
    },
    preferences::{Preference, PreferenceChange, PreferenceChanges, Preferences, Unsubscribed},
};

/// The service of messages.
pub const SERVICE: Service = Service { name: "notifications", port: 1122 };

/// Sends a message. For officers, and for auth, users, credits, gigs, groups and merch.
pub fn send(message: &Notification) -> Call<Sent> {
    Call::post(SERVICE, "/notification", &[]).json(message)
}

/// What a message would look like, and how many it would reach; sends nothing. For officers.
pub fn preview(message: &Notification) -> Call<Preview> {
    Call::post(SERVICE, "/notifications/preview", &[]).json(message)
}

/// A message and what became of it. For officers, and for the service that sent it.
pub fn find(id: u64) -> Call<SentNotification> {
    Call::get(SERVICE, "/notification/{id}", &[&id])
}

/// A page of the delivery log, the newest first. For officers.
pub fn log(filter: &LogFilter) -> Call<Deliveries> {
    Call::get(SERVICE, "/notifications", &[])
        .query("after", filter.after)
        .query("limit", filter.limit)
        .query("state", filter.state)
        .query("recipient", filter.recipient.as_ref())
}

/// Has a delivery tried again that failed or was given up. For officers.
pub fn replay(delivery: u64) -> Call<Confirmation> {
    Call::post(SERVICE, "/notifications/deliveries/{id}/replay", &[&delivery])
}

/// The ways to people, and the kinds of messages. For officers.
pub fn channels() -> Call<Channels> {
    Call::get(SERVICE, "/notifications/channels", &[])
}

/// Which messages the caller gets.
pub fn preferences() -> Call<Preferences> {
    Call::get(SERVICE, "/notifications/preferences", &[])
}

/// Changes which messages the caller gets; gives all of them.
pub fn change_preferences(changes: &PreferenceChanges) -> Call<Preferences> {
    Call::put(SERVICE, "/notifications/preferences", &[]).json(changes)
}

/// Switches off the kind of message that held this token, for whoever got it. The token alone entitles
/// to that.
pub fn unsubscribe(token: &str) -> Call<Unsubscribed> {
    Call::post(SERVICE, "/notifications/unsubscribe/{token}", &[&token])
}
