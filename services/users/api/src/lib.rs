//! People who joined on the wire: the contract of the users service.

#[cfg(feature = "fake")]
pub mod contract;
mod deletions;
#[cfg(feature = "fake")]
pub mod fake;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{
    Call, NetId, Role, Service, Standing,
    envelope::Message,
    lenient::Lenient,
    page::{Page, PageRequest},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny},
};
use utoipa::ToSchema;

pub use crate::deletions::{Deletion, DeletionStep, deletions, my_data};

/// The service of people and their terms of membership.
pub const SERVICE: Service = Service { name: "users", port: 8001 };

/// Everyone: non-members first, then the newest. For admin and top4.
pub fn list() -> Call<Vec<User>> {
    Call::get(SERVICE, "/users", &[]).enveloped()
}

/// A page of everyone, the newest first. For admin and top4.
pub fn page(PageRequest { after, limit }: PageRequest) -> Call<Page<User>> {
    let limit = limit.unwrap_or_default();
    Call::get(SERVICE, "/users", &[]).query("after", after).query("limit", Some(limit))
}

/// How many people are where on the way to membership. For admin and top4.
pub fn counts() -> Call<Counts> {
    Call::get(SERVICE, "/users/counts", &[])
}

/// One person: the caller, or for admin and top4 anyone.
pub fn find(netid: &str) -> Call<User> {
    Call::get(SERVICE, "/users/{netid}", &[&netid]).enveloped()
}

/// The caller's own record, with their roles and standing; 404 for someone with an account alone.
pub fn me() -> Call<Profile> {
    Call::get(SERVICE, "/users/me", &[]).enveloped()
}

/// Changes the caller's own record.
pub fn update_me(change: &ProfileChange) -> Call<Profile> {
    Call::put(SERVICE, "/users/me", &[]).json(change).enveloped()
}

/// Whether someone is a member today; 404 when nobody of that name has joined. For anyone.
pub fn is_member(netid: &str) -> Call<IsMember> {
    Call::get(SERVICE, "/users/{netid}/is_member", &[&netid]).enveloped()
}

/// Asks to join; `interests` are the names of the groups that the person is curious about. For anyone.
pub fn join(new: &NewUser, interests: &[String]) -> Call<Message> {
    /// The person's own fields come last, so that no group's name replaces one.
    #[derive(Serialize)]
    struct Form<'a> {
        #[serde(flatten)]
        interests: BTreeMap<&'a str, &'a str>,
        #[serde(flatten)]
        new: &'a NewUser,
    }
    let interests = interests.iter().map(|name| (name.as_str(), "on")).collect();
    Call::post(SERVICE, "/users", &[]).json(&Form { interests, new })
}

/// Signs in: 400 when the name or the password is wrong, 429 after too many tries. For anyone.
pub fn login(login: &Login) -> Call<SignedIn> {
    Call::post(SERVICE, "/users/login", &[]).json(login).enveloped()
}

/// Ends a session of the caller.
pub fn logout(logout: &Logout) -> Call<Message> {
    Call::post(SERVICE, "/users/logout", &[]).json(logout)
}

/// Records that someone paid their dues; gives everyone as [`list`] does. For admin and top4.
pub fn mark_paid(netid: &str) -> Call<Vec<User>> {
    Call::put(SERVICE, "/users/{netid}/paid", &[&netid]).enveloped()
}

/// Removes someone, here and in every service; gives the others as [`list`] does. For admin and top4.
pub fn delete(netid: &str) -> Call<Vec<User>> {
    Call::delete(SERVICE, "/users/{netid}", &[&netid]).enveloped()
}

/// Everyone who is a member today, by NetID. For the services directory, notifications, merch, credits.
pub fn members() -> Call<Vec<CurrentMember>> {
    Call::get(SERVICE, "/internal/members", &[])
}

/// Makes a member of someone who paid online; needs an idempotency key. 404 when nobody of that name has
/// joined, 409 when they are a member already. For the service credits.
pub fn admit(paid: &NewMembership) -> Call<CurrentMember> {
    Call::post(SERVICE, "/internal/memberships", &[]).json(paid)
}

/// Notes that a person proved their mail address. For the service auth.
pub fn verified(netid: &NetId) -> Call<IgnoredAny> {
    let netid = netid.clone();
    Call::post(SERVICE, "/internal/users/verified", &[]).json(&UserName { netid })
}

/// Where a person is on the way to membership; an applicant, when nobody of that name has joined. For the
/// gateway.
pub fn standing(netid: &NetId) -> Call<PersonStanding> {
    let netid = netid.clone();
    Call::post(SERVICE, "/internal/standing", &[]).json(&UserName { netid })
}

/// Who someone is; 404 when nobody of that name has joined. For the service groups.
pub fn person(netid: &NetId) -> Call<Person> {
    Call::get(SERVICE, "/internal/people/{netid}", &[netid])
}

/// Names one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserName {
    /// The login name.
    pub netid: NetId,
}

/// Where a person is on the way to membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonStanding {
    /// It.
    pub standing: Standing,
}

/// Someone who joined, as other services see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their login name.
    pub netid: NetId,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// Where they are on the way to membership.
    pub standing: Standing,
}

/// How many people are where on the way to membership.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Have not followed the link in the first mail.
    pub unverified: u64,
    /// Have an account and have not paid.
    pub awaiting_payment: u64,
    /// Are members today.
    pub members: u64,
    /// Were members.
    pub expired: u64,
}

/// Someone who joined, as officers see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// Their login name.
    #[schema(value_type = NetId)]
    pub netid: String,
    /// When they joined.
    pub created_at: DateTime<Utc>,
    /// Whether they are a member today.
    pub is_member: bool,
    /// Whether the campus directory lists them.
    pub added_to_directory: bool,
    /// Where they are on the way to membership.
    pub state: UserState,
}

/// The steps from joining to membership, and beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Has not followed the link in the first mail.
    Unverified,
    /// Has an account; the dues are not paid.
    AwaitingPayment,
    /// Is a member today.
    Member,
    /// Was a member.
    Expired,
}

/// A sign-in that succeeded: the person and their session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// The session's token, sent back as the header `Token`.
    pub token: String,
}

/// A membership check. The names are null unless the person published them or the caller may see all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IsMember {
    /// The login name.
    #[schema(value_type = NetId)]
    pub netid: String,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// Whether they are a member today.
    pub is_member: bool,
}

/// A form of someone who wants to join. Old clients send the UIN as text, others as a number.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewUser {
    /// The given name, without line breaks and any of `: / @ < > \`.
    #[schema(min_length = 1, max_length = 50, example = "Jane")]
    pub first_name: Option<String>,
    /// The family name, likewise.
    #[schema(min_length = 1, max_length = 50, example = "Smith")]
    pub last_name: Option<String>,
    /// The login name.
    #[schema(value_type = Option<NetId>)]
    pub netid: Option<String>,
    /// The number on the university's card: nine digits.
    #[serde(default, deserialize_with = "text_or_number")]
    #[schema(pattern = "^[0-9]{9}$", example = "612345678")]
    pub uin: Option<String>,
}

/// A term of membership; both days belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Membership {
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
}

/// Someone who is a member today, as other services see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentMember {
    /// Their login name.
    pub netid: NetId,
    /// Where they get mail.
    pub email: String,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// The last day of the term.
    pub member_until: NaiveDate,
}

/// Dues that someone paid online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMembership {
    /// Who becomes a member.
    pub netid: NetId,
    /// The reference of the payment.
    pub payment: String,
}

/// The caller's own record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// What officers see too.
    #[serde(flatten)]
    pub user: User,
    /// The officer roles that they hold, at most a few seconds old.
    pub roles: Vec<Role>,
    /// Where they are on the way to membership, as it counts everywhere.
    pub standing: Standing,
    /// Whether every member may see the name.
    pub published: bool,
    /// Newest first.
    pub memberships: Vec<Membership>,
}

/// What the caller may change of the own record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProfileChange {
    /// Whether every member may see the name.
    pub published: bool,
}

/// A login by NetID and password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Login {
    /// The login name, in any case, or the mail address.
    #[schema(example = "jsmith2")]
    pub netid: Option<String>,
    /// The password.
    #[schema(min_length = 1, example = "seven lamps above the quay")]
    pub password: Option<String>,
}

/// The end of a session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Logout {
    /// The session's token.
    #[schema(min_length = 1, example = "Zm9yLWFuLWV4YW1wbGU")]
    pub token: Option<String>,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let said = Lenient::deserialize(deserializer)?.text();
    said.map_err(|_| Error::custom("expected text or a number"))
}
