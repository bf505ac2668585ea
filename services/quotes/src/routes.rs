//! Every handler.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_audit::{Change, record};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{CurrentMember, Member, Officer};
use grove_quotes_api as api;
use grove_shared::{
    Clock, db,
    envelope::{Data, Message},
    page::{Page, PageRequest},
};
use serde_json::json;
use sqlx::MySqlPool;

use crate::{
    error::QuoteError,
    quote::{Quote, QuoteText, Source, is_said_by},
    store,
};

type Quotes = Json<Data<Vec<api::Quote>>>;

/// Either shape of the list, for its description.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum QuoteList {
    Everything(Data<Vec<api::Quote>>),
    Page(Page<api::Quote>),
}

/// The quotes that the caller may see
///
/// A page, the newest first, if one is asked for. Old clients do not, and get everything in the old shape,
/// unapproved quotes first.
#[utoipa::path(
    get,
    path = "/quotes",
    params(PageRequest),
    responses((status = 200, description = "Everything, or a page", body = QuoteList)),
)]
pub(crate) async fn list(
    CurrentMember(viewer): CurrentMember,
    State(db): State<MySqlPool>,
    Query(request): Query<PageRequest>,
) -> Result<Response, ApiError> {
    if !request.is_given() {
        return Ok(everything(&db, &viewer).await?.into_response());
    }
    let quotes = store::page(&db, &viewer, request).await?;
    let page = Page::of(quotes, request, |quote| quote.id).map(api::Quote::from);
    Ok(PageResponse::new("/quotes", request, page).into_response())
}

/// How many quotes are shown, and how many wait for an officer
#[utoipa::path(
    get,
    path = "/quotes/counts",
    responses((status = 200, description = "The numbers", body = api::Counts)),
)]
pub(crate) async fn counts(
    _: Officer,
    State(db): State<MySqlPool>,
) -> Result<Json<api::Counts>, ApiError> {
    Ok(Json(store::counts(&db).await?))
}

/// A quote of the old system may have an author who is no member.
fn about_author(change: Change, quote: &Quote) -> Change {
    match quote.author.parse() {
        Ok(author) => change.about(&author),
        Err(_) => change,
    }
}

async fn everything(db: &MySqlPool, viewer: &Member) -> Result<Quotes, ApiError> {
    let quotes = store::list(db, viewer).await?;
    Ok(Json(Data::new(quotes.into_iter().map(Into::into).collect())))
}

/// One quote
#[utoipa::path(
    get,
    path = "/quotes/{id}",
    responses(
        (status = 200, description = "The quote", body = Data<api::Quote>),
        (status = 404, description = "There is none that the caller may see"),
    ),
)]
pub(crate) async fn show(
    CurrentMember(viewer): CurrentMember,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<Data<api::Quote>>, ApiError> {
    Ok(Json(Data::new(store::find(&db, id, &viewer).await?.into())))
}

/// Posts a quote, which waits for an officer
#[utoipa::path(
    post,
    path = "/quotes",
    responses(
        (status = 200, description = "Posted", body = Message),
        (status = 400, description = "A field is missing or too long, or the quote is there already"),
        (status = 403, description = "The author is not the caller"),
    ),
)]
pub(crate) async fn create(
    CurrentMember(Member { netid, .. }): CurrentMember,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Json(new): Json<api::NewQuote>,
) -> Result<Json<Message>, ApiError> {
    match new.author.as_deref() {
        None | Some("") => return Err(QuoteError::Missing("author").into()),
        Some(author) if author != netid.as_str() => return Err(QuoteError::OtherAuthor.into()),
        Some(_) => {}
    }
    let source = Source::parse(new.source.as_deref())?;
    let text = QuoteText::parse(new.text.as_deref())?;
    let id = store::insert(&db, &text, &netid, &source, clock.now()).await?;
    tracing::info!(quote.id = id, "quote {id} posted by {netid}");
    Ok(Json(Message::new("Quote uploaded successfully.")))
}

/// Approves a quote
#[utoipa::path(
    put,
    path = "/quotes/{id}/approve",
    responses(
        (status = 200, description = "Every quote", body = Data<Vec<api::Quote>>),
        (status = 400, description = "It is approved already"),
        (status = 404, description = "There is no such quote"),
    ),
)]
pub(crate) async fn approve(
    Officer(officer, ..): Officer,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Quotes, ApiError> {
    let mut transaction = db::begin(&db).await?;
    if !store::approve(&mut *transaction, id, &officer.netid).await? {
        store::find(&db, id, &officer).await?;
        return Err(QuoteError::AlreadyApproved.into());
    }
    let quote = store::find(&mut *transaction, id, &officer).await?;
    let approved = Change::new(&officer, "approved", "quote", id)
        .from(json!({ "approved": false }))
        .to(json!({ "approved": true }))
        .irreversible("Delete the quote if it should not be shown.");
    record(&mut transaction, about_author(approved, &quote), clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(quote.id = id, "quote {id} approved by {}", officer.netid);
    everything(&db, &officer).await
}

/// Deletes a quote and its votes
#[utoipa::path(
    delete,
    path = "/quotes/{id}",
    responses(
        (status = 200, description = "Every other quote", body = Data<Vec<api::Quote>>),
        (status = 404, description = "There is no such quote"),
    ),
)]
pub(crate) async fn delete(
    Officer(officer, ..): Officer,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Quotes, ApiError> {
    let mut transaction = db::begin(&db).await?;
    let quote = store::find(&mut *transaction, id, &officer).await?;
    if !store::delete(&mut *transaction, id).await? {
        return Err(QuoteError::NotFound.into());
    }
    let deleted = Change::new(&officer, "deleted", "quote", id)
        .from(json!({ "approved": quote.approved, "votes": quote.votes }))
        .irreversible("Its words are not kept: whoever has them can post it again.");
    record(&mut transaction, about_author(deleted, &quote), clock.now()).await?;
    transaction.commit().await?;
    tracing::info!(quote.id = id, "quote {id} deleted by {}", officer.netid);
    everything(&db, &officer).await
}

/// Hides a quote until an officer has decided on it again
#[utoipa::path(
    post,
    path = "/quotes/{id}/takedown",
    responses(
        (status = 200, description = "Hidden", body = Message),
        (status = 403, description = "The caller is not the person who is quoted"),
        (status = 404, description = "There is no such quote"),
    ),
)]
pub(crate) async fn take_down(
    member: Member,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    let quote = store::find(&db, id, &member).await?;
    if !is_said_by(&quote.source, &member.netid) {
        return Err(QuoteError::NotQuoted.into());
    }
    store::take_down(&db, id, clock.now()).await?;
    tracing::info!(quote.id = id, "quote {id} taken down by {}", member.netid);
    Ok(Json(Message::new("The quote is hidden until an officer has looked at it.")))
}

/// Votes for a quote
#[utoipa::path(
    post,
    path = "/quotes/{id}/vote",
    responses(
        (status = 200, description = "Counted", body = Message),
        (status = 404, description = "There is no such quote"),
        (status = 409, description = "The caller has voted for it already"),
    ),
)]
pub(crate) async fn vote(
    CurrentMember(Member { netid, .. }): CurrentMember,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    store::vote(&db, id, &netid, clock.now()).await?;
    Ok(Json(Message::new("Vote cast!")))
}

/// Takes the caller's vote back
#[utoipa::path(
    delete,
    path = "/quotes/{id}/vote",
    responses(
        (status = 200, description = "Taken back", body = Message),
        (status = 404, description = "There is no such vote"),
    ),
)]
pub(crate) async fn unvote(
    Member { netid, .. }: Member,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    store::unvote(&db, id, &netid).await?;
    Ok(Json(Message::new("Vote destroyed!")))
}
