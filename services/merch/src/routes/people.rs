//! Customers and their PINs.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{AdminOrTop4, Caller, CurrentMember, Member, Officer, not_an_officer};
use grove_merch_api as api;
use grove_shared::{
    NetId,
    envelope::Data,
    lenient::Object,
    page::{Page, PageRequest},
};
use secrecy::ExposeSecret;

use crate::{
    error::MerchError, item::required, kiosk, member, pin, state::AppState, store::customers,
};

/// New PINs that are drawn when one belongs to somebody, before giving up.
const DRAWS: usize = 10;

/// A page, if one is asked for. Old clients do not, and get everyone in the old shape.
pub(crate) async fn list(
    _: Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    if !request.is_given() {
        let customers = customers::list(&state.db).await?;
        let customers = member::with_balances(&state.peers, customers).await;
        return Ok(Json(Data::new(customers)).into_response());
    }
    let customers = customers::page(&state.db, request).await?;
    let Page { items, next } = Page::of(customers, request, |customer| customer.id);
    let page = Page { items: member::with_balances(&state.peers, items).await, next };
    Ok(PageResponse::new("/merch/users", request, page).into_response())
}

pub(crate) async fn show(
    viewer: Member,
    State(state): State<AppState>,
    Path(netid): Path<String>,
) -> Result<Json<Data<api::Customer>>, ApiError> {
    if viewer.netid.as_str() != netid && !viewer.is_one_of::<AdminOrTop4>() {
        return Err(not_an_officer());
    }
    let netid: NetId = netid.parse().map_err(|_| MerchError::NotAMember)?;
    if !member::is_current(&state.peers, &netid).await.map_err(MerchError::from)? {
        return Err(MerchError::NotAMember.into());
    }
    let customer = customers::find(&state.db, &netid).await?;
    Ok(Json(Data::new(member::with_balance(&state.peers, &netid, customer.as_ref()).await)))
}

/// The member behind a PIN.
pub(crate) async fn find_by_pin(
    caller: Caller,
    State(state): State<AppState>,
    Json(Object(form)): Json<Object<api::PinForm>>,
) -> Result<Json<Data<api::Customer>>, ApiError> {
    let pin = required("pin", &form.pin)?;
    let customer = kiosk::identify(&state, &caller, &pin).await?;
    let customer = member::with_balance(&state.peers, &customer.netid, Some(&customer)).await;
    Ok(Json(Data::new(customer)))
}

/// Makes a PIN, or another in its place. This reply is the only place that ever shows it.
pub(crate) async fn make_pin(
    CurrentMember(owner): CurrentMember,
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
