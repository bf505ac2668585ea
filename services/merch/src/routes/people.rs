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

/// Either shape of the list, for its description.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum CustomerList {
    Everyone(Data<Vec<api::Customer>>),
    Page(Page<api::Customer>),
}

/// Everyone who bought something or has a PIN
///
/// A page, those first who came first, if one is asked for. Old clients do not, and get everyone in the old
/// shape, by NetID.
#[utoipa::path(
    get,
    path = "/merch/users",
    operation_id = "list_customers",
    params(PageRequest),
    responses((status = 200, description = "Everyone, or a page", body = CustomerList)),
)]
pub(crate) async fn list(
    _: Officer<AdminOrTop4>,
    State(state): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    if !request.is_given() {
        let customers = customers::list(&state.db).await?;
        let customers = member::with_balances(&state.peers, state.time, customers).await;
        return Ok(Json(Data::new(customers)).into_response());
    }
    let customers = customers::page(&state.db, request).await?;
    let Page { items, next } = Page::of(customers, request, |customer| customer.id);
    let page = Page { items: member::with_balances(&state.peers, state.time, items).await, next };
    Ok(PageResponse::new("/merch/users", request, page).into_response())
}

/// One member as a customer
#[utoipa::path(
    get,
    path = "/merch/users/{netid}",
    operation_id = "show_customer",
    params(("netid" = NetId, Path)),
    responses(
        (status = 200, description = "The customer", body = Data<api::Customer>),
        (status = 403, description = "It is somebody else, and the caller no officer of admin or top4"),
        (status = 404, description = "Nobody of this name is a member today"),
    ),
)]
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
    let customer = member::with_balance(&state.peers, state.time, &netid, customer.as_ref()).await;
    Ok(Json(Data::new(customer)))
}

/// Tells a kiosk which member a PIN belongs to
#[utoipa::path(
    post,
    path = "/merch/users/pins",
    request_body = api::PinForm,
    responses(
        (status = 200, description = "The member", body = Data<api::Customer>),
        (status = 400, description = "There is no PIN"),
        (status = 404, description = "It is nobody's"),
        (status = 409, description = "PINs are not set up here"),
        (status = 429, description = "There were too many wrong ones"),
    ),
)]
pub(crate) async fn find_by_pin(
    caller: Caller,
    State(state): State<AppState>,
    Json(Object(form)): Json<Object<api::PinForm>>,
) -> Result<Json<Data<api::Customer>>, ApiError> {
    let pin = required("pin", &form.pin)?;
    let customer = kiosk::identify(&state, &caller, &pin).await?;
    let customer =
        member::with_balance(&state.peers, state.time, &customer.netid, Some(&customer)).await;
    Ok(Json(Data::new(customer)))
}

/// Makes a PIN for the caller, or another in its place
///
/// This reply is the only place that ever shows it.
#[utoipa::path(
    post,
    path = "/merch/users/{netid}/pin",
    params(("netid" = NetId, Path)),
    responses(
        (status = 200, description = "The PIN", body = Data<api::NewPin>),
        (status = 403, description = "It is not the caller's own, or they are no member today"),
        (status = 409, description = "PINs are not set up here"),
    ),
)]
pub(crate) async fn make_pin(
    CurrentMember(owner): CurrentMember,
    State(state): State<AppState>,
    Path(netid): Path<String>,
) -> Result<Json<Data<api::NewPin>>, ApiError> {
    if owner.netid.as_str() != netid {
        return Err(ApiError::forbidden("A PIN is made by its owner only"));
    }
    let key = state.pin_key.as_ref().ok_or(MerchError::NoPinKey)?;
    member::enrol(&state, &owner.netid).await?;
    let now = state.clock.now();
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
