//! Quotes members overheard, and the votes for them.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{
    api::quotes::{self as api, NewQuote},
    extract::Path,
};
use serde::Deserialize;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::{Gateway, GatewayError, Refusal},
    moment::Moment,
    render::{Frame, Page, see_other},
    session::{OfficerVisitor, Person, SignedIn},
};

const LIST: &str = "/intranet/quotes";

#[derive(Debug, Template)]
#[template(path = "quotes/index.html")]
struct Quotes {
    frame: Frame,
    person: Arc<Person>,
    waiting: Vec<Quote>,
    approved: Vec<Quote>,
    form: Wish,
    /// Whether the form is open.
    adding: bool,
    error: Option<String>,
}

/// What was typed so far.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    text: String,
    #[serde(default)]
    source: String,
}

/// A quote as one visitor sees it.
#[derive(Debug)]
struct Quote {
    id: u64,
    text: String,
    source: String,
    author: String,
    votes: i64,
    upvoted: bool,
    stage: Stage,
    posted: Moment,
    /// Whether the visitor said it.
    said_by_visitor: bool,
}

/// Where a quote is on its way to everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Approved,
    TakenDown,
}

impl Stage {
    fn of(quote: &api::Quote) -> Self {
        match quote {
            api::Quote { approved: true, .. } => Self::Approved,
            api::Quote { takedown_requested: true, .. } => Self::TakenDown,
            api::Quote { .. } => Self::Waiting,
        }
    }
}

impl Quote {
    fn new(quote: api::Quote, visitor: &Person) -> Self {
        Self {
            said_by_visitor: quote.source == visitor.netid,
            stage: Stage::of(&quote),
            posted: Moment(quote.created),
            id: quote.id,
            text: quote.text,
            source: quote.source,
            author: quote.author,
            votes: quote.votes,
            upvoted: quote.upvoted,
        }
    }

    /// The lists that change with it, its own first.
    fn lists(&self) -> &'static str {
        if self.stage == Stage::Approved { "quotes waiting" } else { "waiting quotes" }
    }

    fn counted_votes(&self) -> String {
        let unit = if self.votes == 1 { "vote" } else { "votes" };
        format!("{} {unit}", self.votes)
    }
}

async fn list(
    person: Arc<Person>,
    frame: Frame,
    gateway: &Gateway,
    form: Wish,
) -> Result<Quotes, GatewayError> {
    let quotes = gateway.quotes().await?.into_iter();
    let quotes = quotes.map(|quote| Quote::new(quote, &person));
    let (approved, waiting) = quotes.partition(|quote| quote.stage == Stage::Approved);
    Ok(Quotes { frame, person, waiting, approved, form, adding: false, error: None })
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    Ok(Page(list(person, frame, &gateway, Wish::default()).await?).into_response())
}

/// The list with its form open.
pub(crate) async fn show_form(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let quotes = list(person, frame, &gateway, Wish::default()).await?;
    Ok(Page(Quotes { adding: true, ..quotes }).into_response())
}

pub(crate) async fn create(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(wish): Protected<Wish>,
) -> Result<Response, PageError> {
    let new = NewQuote {
        author: Some(person.netid.clone()),
        source: Some(wish.source.clone()),
        text: Some(wish.text.clone()),
    };
    match gateway.post_quote(&new).await {
        Ok(_) => {
            flash.success("Thank you. Everyone sees your quote once an officer has approved it.");
            Ok(see_other(LIST))
        }
        Err(error) => {
            let Refusal { status, message } = error.refusal()?;
            let quotes = list(person, frame, &gateway, wish).await?;
            let page = Page(Quotes { adding: true, error: Some(message), ..quotes });
            Ok((status, page).into_response())
        }
    }
}

pub(crate) async fn vote(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    flash.unless_refused(gateway.vote(id).await)?;
    Ok(see_other(&format!("{LIST}#quote-{id}")))
}

pub(crate) async fn unvote(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    flash.unless_refused(gateway.unvote(id).await)?;
    Ok(see_other(&format!("{LIST}#quote-{id}")))
}

pub(crate) async fn approve(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.approve_quote(id).await)?.is_some() {
        flash.success("The quote is approved: every member sees it.");
    }
    Ok(see_other(LIST))
}

pub(crate) async fn delete(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.delete_quote(id).await)?.is_some() {
        flash.success("The quote is deleted.");
    }
    Ok(see_other(LIST))
}

/// Only the quoted person may ask for this, which the service checks.
pub(crate) async fn take_down(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if let Some(message) = flash.unless_refused(gateway.take_down_quote(id).await)? {
        flash.success(message);
    }
    Ok(see_other(LIST))
}
