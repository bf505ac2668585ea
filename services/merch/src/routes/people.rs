//! Customers and their PINs.

use axum::extract::State;
use grove_shared::{
    ApiError, NetId,
    api::{envelope::Data, merch as api},
    caller::{Caller, Member, Officer, not_an_officer},
    extract::{Json, Path},
};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{AppState, error::MerchError, form::Form, kiosk, member, pin, store::customers};

/// New PINs that are drawn when one belongs to somebody, before giving up.
const DRAWS: usize = 10;

pub(crate) async fn list(
    _: Officer,
    State(state): State<AppState>,
) -> Result<Json<Data<Vec<api::Customer>>>, ApiError> {
    let customers = customers::list(&state.db).await?;
    Ok(Json(Data::new(member::with_balances(&state.peers, customers).await)))
}

pub(crate) async fn show(
    viewer: Member,
    State(state): State<AppState>,
    Path(netid): Path<String>,
) -> Result<Json<Data<api::Customer>>, ApiError> {
    if viewer.netid.as_str() != netid && !viewer.is_officer() {
        return Err(not_an_officer());
    }
    let netid: NetId = netid.parse().map_err(|_| MerchError::NotAMember)?;
    if !member::is_current(&state.peers, &netid).await.map_err(MerchError::from)? {
        return Err(MerchError::NotAMember.into());
    }
    let customer = customers::find(&state.db, &netid).await?;
    Ok(Json(Data::new(member::with_balance(&state.peers, &netid, customer).await)))
}

/// The member behind a PIN.
pub(crate) async fn find_by_pin(
    caller: Caller,
    State(state): State<AppState>,
    Json(body): Json<Value>,
) -> Result<Json<Data<api::Customer>>, ApiError> {
    let pin = Form::from(body).text("pin")?;
    let customer = kiosk::identify(&state, &caller, &pin).await?;
    let netid = customer.netid.clone();
    Ok(Json(Data::new(member::with_balance(&state.peers, &netid, Some(customer)).await)))
}

/// Makes a PIN, or another in its place. This reply is the only place that ever shows it.
pub(crate) async fn make_pin(
    owner: Member,
    State(state): State<AppState>,
    Path(netid): Path<String>,
) -> Result<Json<Data<api::NewPin>>, ApiError> {
    if owner.netid.as_str() != netid {
        return Err(ApiError::forbidden("A PIN is made by its owner only"));
    }
    let key = state.pin_key.as_ref().ok_or(MerchError::NoPinKey)?;
    if !member::is_current(&state.peers, &owner.netid).await.map_err(MerchError::from)? {
        return Err(MerchError::MembersOnly.into());
    }
    let now = state.clock.now();
    customers::ensure(&state.db, &owner.netid, now).await?;
    for _ in 0..DRAWS {
        let pin = pin::draw();
        let hash = key.hash(pin.expose_secret());
        if customers::set_pin(&state.db, &owner.netid, hash, now).await? {
            tracing::info!("PIN of {} made", owner.netid);
            let pin = pin.expose_secret().to_owned();
            return Ok(Json(Data::new(api::NewPin { netid, pin })));
        }
    }
    Err(ApiError::unavailable("No free PIN was found, please try again"))
}
