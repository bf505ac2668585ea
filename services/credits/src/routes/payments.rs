//! Payments by card, and what Stripe tells of them.

use axum::extract::State;
use bytes::Bytes;
use grove_client::Peers;
use grove_credits_api::{
    MembershipPrice, NewMembershipPayment, NewTopUp, Party, Payment, PaymentOptions,
};
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_identity::caller::{Admin, Caller, CurrentMember, Member};
use grove_outbox::IdempotencyKey;
use grove_shared::NetId;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    AppState,
    error::CreditsError,
    event::Event,
    member,
    payment::{DUES, FEE, PaymentRequest, TOP_UP},
    request::{self, Amount},
    store::payments::{self as store, Purpose, State as PaymentState},
    stripe::StripeError,
};

/// What can be paid by card
#[utoipa::path(
    get,
    path = "/credits/payment-options",
    responses((status = 200, description = "Whether cards are taken, and the amounts", body = PaymentOptions)),
)]
pub(crate) async fn options(
    _: Caller,
    State(AppState { payments, .. }): State<AppState>,
) -> Json<PaymentOptions> {
    Json(PaymentOptions {
        card: payments.stripe.is_some(),
        minimum: *TOP_UP.start(),
        maximum: *TOP_UP.end(),
        membership: MembershipPrice { dues: DUES, fee: FEE },
    })
}

/// A payment as the person who makes it sees it.
fn shown(payment: store::Payment) -> Json<Payment> {
    let store::Payment { id, state, amount, url, failure, .. } = payment;
    Json(Payment { id, state: state.into(), amount, url, failure })
}

/// What a member sends to buy credits: numbers may be text.
#[derive(Debug, Deserialize)]
pub(crate) struct TopUpForm {
    #[serde(default)]
    amount: Value,
}

/// Begins to buy credits
#[utoipa::path(
    post,
    path = "/credits/top-ups",
    request_body = NewTopUp,
    responses(
        (status = 200, description = "The payment, and the page on which it is made", body = Payment),
        (status = 400, description = "The amount is missing, malformed, too small or too large"),
        (status = 403, description = "The caller is no member today"),
        (status = 422, description = "The key was used for another payment"),
        (status = 503, description = "Cards are not taken, or Stripe does not answer"),
    ),
)]
pub(crate) async fn top_up(
    CurrentMember(member): CurrentMember,
    State(AppState { members, payments, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(TopUpForm { amount }): Json<TopUpForm>,
) -> Result<Json<Payment>, ApiError> {
    let amount = Amount::parse(&amount)?.positive()?;
    if !TOP_UP.contains(&amount) {
        let message = format!("A top-up is {} to {} credits", TOP_UP.start(), TOP_UP.end());
        return Err(CreditsError::field("amount", message).into());
    }
    payments.stripe()?;
    members.holder(Party::Member(member.netid.clone())).await?;
    let (netid, purpose) = (&member.netid, Purpose::TopUp);
    let request = PaymentRequest { key: key.parts(), netid, purpose, amount, token: None };
    let payment = payments.record(request).await?;
    Ok(shown(payments.open_page(payment).await?))
}

/// What became of a payment
#[utoipa::path(
    get,
    path = "/credits/top-ups/{id}",
    responses(
        (status = 200, description = "The payment", body = Payment),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
pub(crate) async fn show_top_up(
    member: Member,
    State(AppState { payments, .. }): State<AppState>,
    Path(id): Path<u64>,
) -> Result<Json<Payment>, ApiError> {
    let payment = payments.find(id).await?;
    if payment.netid.as_ref() != Some(&member.netid) && !member.is_one_of::<Admin>() {
        return Err(CreditsError::UnknownPayment.into());
    }
    Ok(shown(payment))
}

/// Whose dues are to be paid.
#[derive(Debug, Deserialize)]
pub(crate) struct MembershipForm {
    #[serde(default)]
    netid: Value,
}

/// Begins to pay somebody's dues
#[utoipa::path(
    post,
    path = "/credits/membership-payments",
    request_body = NewMembershipPayment,
    responses(
        (status = 200, description = "The payment, and the page on which it is made", body = Payment),
        (status = 400, description = "The NetID is missing or malformed"),
        (status = 404, description = "Nobody has joined under this NetID"),
        (status = 409, description = "The dues are paid already"),
        (status = 422, description = "The key was used for another payment"),
        (status = 503, description = "Cards are not taken, or Stripe does not answer"),
    ),
)]
pub(crate) async fn membership(
    _: Caller,
    State(AppState { peers, payments, .. }): State<AppState>,
    key: IdempotencyKey,
    Json(MembershipForm { netid }): Json<MembershipForm>,
) -> Result<Json<Payment>, ApiError> {
    let netid = request::netid(&netid)?;
    payments.stripe()?;
    if payments.earlier(key.parts()).await?.is_none() {
        needs_to_pay(&peers, &netid).await?;
    }
    let (purpose, amount) = (Purpose::Membership, DUES + FEE);
    let request = PaymentRequest { key: key.parts(), netid: &netid, purpose, amount, token: None };
    let payment = payments.record(request).await?;
    Ok(shown(payments.open_page(payment).await?))
}

async fn needs_to_pay(peers: &Peers, netid: &NetId) -> Result<(), CreditsError> {
    match member::is_member(peers, netid).await? {
        Some(false) => Ok(()),
        Some(true) => Err(ApiError::conflict("The dues are paid already").into()),
        None => Err(CreditsError::UnknownUser),
    }
}

/// A payment as old clients send it, with a token of Stripe's.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OldPayment {
    /// Who pays: the caller.
    #[serde(default)]
    #[schema(value_type = NetId, required = true)]
    netid: Value,
    /// How much, in cents: 500 to 5000 for credits, 4150 for the dues. It may be text.
    #[serde(default)]
    #[schema(value_type = i64, required = true, minimum = 500, maximum = 5000, example = 1000)]
    amount: Value,
    /// What Stripe gave for the card.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, example = "tok_visa")]
    token: Option<String>,
    /// Whether credits are bought, and not the dues paid. It may be text.
    #[serde(default)]
    #[schema(value_type = bool, default = true)]
    adjust_balance: Value,
}

/// What old clients read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Charged {
    /// Always true.
    successful: bool,
}

impl OldPayment {
    /// What is paid for: credits, or the dues.
    fn purpose(&self, amount: i64) -> Result<Purpose, CreditsError> {
        // Old clients send the word as text too.
        let adjust = match &self.adjust_balance {
            Value::String(text) => !text.eq_ignore_ascii_case("false"),
            Value::Bool(adjust) => *adjust,
            _ => true,
        };
        match amount {
            amount if adjust && TOP_UP.contains(&amount) => Ok(Purpose::TopUp),
            amount if !adjust && amount == DUES + FEE => Ok(Purpose::Membership),
            _ => Err(ApiError::bad_request("Invalid transaction amount.").into()),
        }
    }
}

/// Charges a card for credits or the dues, as old clients ask for it
///
/// A refusal has a member `successful`, which is false.
#[utoipa::path(
    post,
    path = "/payment",
    request_body = OldPayment,
    responses(
        (status = 200, description = "The card was charged", body = Charged),
        (status = 400, description = "A field is missing or malformed, or this is no amount to pay"),
        (status = 402, description = "The card was refused"),
        (status = 403, description = "The NetID is not the caller's, or they are no member and want credits"),
        (status = 404, description = "The caller has not joined"),
        (status = 409, description = "The dues are paid already"),
        (status = 422, description = "The key was used for another payment"),
        (status = 503, description = "Cards are not taken, or Stripe does not answer"),
    ),
)]
pub(crate) async fn pay(
    member: Member,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(request): Json<OldPayment>,
) -> Result<Json<Charged>, ApiError> {
    match charge(&member, &state, key, &request).await {
        Ok(()) => Ok(Json(Charged { successful: true })),
        // Old clients read nothing else.
        Err(cause) => Err(ApiError::from(cause).with("successful", false)),
    }
}

async fn charge(
    payer: &Member,
    AppState { members, peers, payments, .. }: &AppState,
    key: Option<IdempotencyKey>,
    request: &OldPayment,
) -> Result<(), CreditsError> {
    let netid = request::netid(&request.netid)?;
    if netid != payer.netid {
        return Err(ApiError::forbidden("You can pay for yourself only").into());
    }
    let amount = Amount::parse(&request.amount).map_or(0, Amount::get);
    let purpose = request.purpose(amount)?;
    let token = request.token.as_deref().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| ApiError::bad_request("Missing token"))?;
    payments.stripe()?;
    // A token of Stripe's works once, so it names the payment where there is no key.
    let key = key.unwrap_or_else(|| IdempotencyKey::new(format!("token:{netid}"), token));
    match purpose {
        Purpose::TopUp => {
            if let Some(refusal) = payer.standing.refusal() {
                return Err(ApiError::forbidden(refusal).into());
            }
            members.holder(Party::Member(netid.clone())).await?;
        }
        Purpose::Membership if payments.earlier(key.parts()).await?.is_some() => {}
        Purpose::Membership => needs_to_pay(peers, &netid).await?,
    }
    let request =
        PaymentRequest { key: key.parts(), netid: &netid, purpose, amount, token: Some(token) };
    let payment = payments.record(request).await?;
    match payment.state {
        PaymentState::Succeeded => Ok(()),
        PaymentState::Failed => {
            Err(StripeError::Declined(payment.failure.unwrap_or_default()).into())
        }
        PaymentState::Created | PaymentState::Pending => payments.charge(payment, token).await,
    }
}

/// Takes what Stripe tells of payments
#[utoipa::path(
    post,
    path = "/stripe/webhook",
    params(("stripe-signature" = String, Header, description = "When it was sent, and signed by whom")),
    request_body(
        content = Value,
        description = "An event: <https://docs.stripe.com/api/events/object>",
        content_type = "application/json",
    ),
    responses(
        (status = 200, description = "Taken, now or before; no body"),
        (status = 400, description = "The signature is wrong or old, or the event malformed"),
        (status = 503, description = "Cards are not taken"),
    ),
)]
pub(crate) async fn webhook(
    State(AppState { payments, clock, .. }): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let stripe = payments.stripe()?;
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let signature = signature.unwrap_or_default();
    stripe
        .verify(signature, &body, clock.now().timestamp())
        .map_err(|cause| ApiError::bad_request("The signature is wrong").because(cause))?;
    let event: Event = serde_json::from_slice(&body)
        .map_err(|cause| ApiError::bad_request("The event is malformed").because(cause))?;
    payments.take_event(&event).await?;
    Ok(StatusCode::OK)
}
