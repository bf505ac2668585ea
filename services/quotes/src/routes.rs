//! Every handler.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_http::{
    ApiError,
    extract::{Json, Path, Query},
    page::PageResponse,
};
use grove_identity::caller::{CurrentMember, Member, Officer};
use grove_quotes_api as api;
use grove_shared::{
    Clock,
    envelope::{Data, Message},
    page::{Page, PageRequest},
};
use sqlx::MySqlPool;

use crate::{
    error::QuoteError,
    quote::{QuoteText, Source, is_said_by},
    store,
};

type Quotes = Json<Data<Vec<api::Quote>>>;

/// A page, if one is asked for. Old clients do not, and get everything in the old shape.
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

async fn everything(db: &MySqlPool, viewer: &Member) -> Result<Quotes, ApiError> {
    let quotes = store::list(db, viewer).await?;
    Ok(Json(Data::new(quotes.into_iter().map(Into::into).collect())))
}

pub(crate) async fn show(
    CurrentMember(viewer): CurrentMember,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<Data<api::Quote>>, ApiError> {
    Ok(Json(Data::new(store::find(&db, id, &viewer).await?.into())))
}

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

pub(crate) async fn approve(
    Officer(officer, ..): Officer,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Quotes, ApiError> {
    if !store::approve(&db, id, &officer.netid).await? {
        store::find(&db, id, &officer).await?;
        return Err(QuoteError::AlreadyApproved.into());
    }
    tracing::info!(quote.id = id, "quote {id} approved by {}", officer.netid);
    everything(&db, &officer).await
}

pub(crate) async fn delete(
    Officer(officer, ..): Officer,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Quotes, ApiError> {
    if !store::delete(&db, id).await? {
        return Err(QuoteError::NotFound.into());
    }
    tracing::info!(quote.id = id, "quote {id} deleted by {}", officer.netid);
    everything(&db, &officer).await
}

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

pub(crate) async fn vote(
    CurrentMember(Member { netid, .. }): CurrentMember,
    State(db): State<MySqlPool>,
    State(clock): State<Clock>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    store::vote(&db, id, &netid, clock.now()).await?;
    Ok(Json(Message::new("Vote cast!")))
}

pub(crate) async fn unvote(
    Member { netid, .. }: Member,
    State(db): State<MySqlPool>,
    Path(id): Path<u64>,
) -> Result<Json<Message>, ApiError> {
    store::unvote(&db, id, &netid).await?;
    Ok(Json(Message::new("Vote destroyed!")))
}
