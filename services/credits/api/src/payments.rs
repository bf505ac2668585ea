//! Payments by card, as the people who make them see them.

use grove_shared::{Call, NetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SERVICE;

/// What can be paid by card. For everyone.
pub fn payment_options() -> Call<PaymentOptions> {
    Call::get(SERVICE, "/credits/payment-options", &[])
}

/// Begins to buy credits; the answer says where to pay. For members, with a key; 503 when cards are not
/// taken.
pub fn top_up(amount: i64) -> Call<Payment> {
    Call::post(SERVICE, "/credits/top-ups", &[]).json(&NewTopUp { amount })
}

/// What became of a payment of the caller, or for admins of anyone's.
pub fn payment(id: u64) -> Call<Payment> {
    Call::get(SERVICE, "/credits/top-ups/{id}", &[&id])
}

/// Begins to pay somebody's dues; 404 when nobody is known by that NetID, 409 when they are paid. For
/// everyone, with a key; 503 when cards are not taken.
pub fn pay_membership(netid: &str) -> Call<Payment> {
    let body = NewMembershipPayment { netid: netid.to_owned() };
    Call::post(SERVICE, "/credits/membership-payments", &[]).json(&body)
}

/// What can be paid by card, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentOptions {
    /// Whether cards are taken at all.
    pub card: bool,
    /// The least that can be bought at once.
    pub minimum: i64,
    /// The most.
    pub maximum: i64,
    /// What a membership costs.
    pub membership: MembershipPrice,
}

/// What a membership costs, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipPrice {
    /// For the chapter.
    pub dues: i64,
    /// For the company that takes the card.
    pub fee: i64,
}

/// Credits to buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewTopUp {
    /// How much. Old clients send it as text.
    #[schema(minimum = 500, maximum = 5000, example = 1000)]
    pub amount: i64,
}

/// Dues to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewMembershipPayment {
    /// Whose.
    #[schema(value_type = NetId)]
    pub netid: String,
}

/// A payment by card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// Identifies the payment.
    pub id: u64,
    /// Where it is.
    pub state: PaymentState,
    /// How much, in cents.
    pub amount: i64,
    /// The page of the company that takes the card, while it is to be paid.
    pub url: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// Where a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// It is recorded; the company that takes the card has not answered yet.
    Created,
    /// It is to be paid.
    Pending,
    /// It has come.
    Succeeded,
    /// It will not come.
    Failed,
}
