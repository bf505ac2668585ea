//! Quotes members overheard, and the votes for them.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_http::extract::Path;
use grove_quotes_api::{self as quotes, NewQuote};
use grove_shared::Client;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page, see_other},
    session::{MemberVisitor, OfficerVisitor, SignedIn},
    typed::Typed,
};

const LIST: &str = "/intranet/quotes";
const FORM: &str = "/intranet/quotes/new";

#[derive(Debug, Template)]
#[template(path = "quotes/index.html")]
pub(crate) struct Quotes {
    frame: Frame,
    person: Arc<Person>,
    waiting: Vec<Quote>,
    approved: Vec<Quote>,
    form: Form,
    /// Whether the form is open.
    adding: bool,
}

/// The form of a new quote.
fn form() -> Form {
    let text = Field::new(Kind::Area, "text", "What was said")
        .required("Write what was said.")
        .most(2000)
        .hint("Without quotation marks, at most 2000 characters.");
    let source = Field::new(Kind::Text, "source", "Who said it")
        .required("Say who said it: a NetID, or a name.")
        .most(50)
        .hint("A NetID, or a name. With a NetID that person can take the quote down.");
    Form::new(FORM, vec![text, source])
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
    fn of(quote: &quotes::Quote) -> Self {
        match quote {
            quotes::Quote { approved: true, .. } => Self::Approved,
            quotes::Quote { takedown_requested: true, .. } => Self::TakenDown,
            quotes::Quote { .. } => Self::Waiting,
        }
    }
}

impl Quote {
    fn new(quote: quotes::Quote, visitor: &Person) -> Self {
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
    form: Form,
    adding: bool,
) -> Result<Page<Quotes>, PageError> {
    let quotes = gateway.call(quotes::list()).await?.into_iter();
    let quotes = quotes.map(|quote| Quote::new(quote, &person));
    let (approved, waiting) = quotes.partition(|quote| quote.stage == Stage::Approved);
    Ok(Page(Quotes { frame, person, waiting, approved, form, adding }))
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Quotes>, PageError> {
    let form = frame.restored(form());
    let adding = form.again;
    list(person, frame, &gateway, form, adding).await
}

/// The list with its form open.
pub(crate) async fn show_form(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Quotes>, PageError> {
    let form = frame.restored(form());
    list(person, frame, &gateway, form, true).await
}

pub(crate) async fn create(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    if form.check()? {
        let new = NewQuote {
            author: Some(person.netid.clone()),
            source: Some(form.value("source").to_owned()),
            text: Some(form.value("text").to_owned()),
        };
        match gateway.call(quotes::create(&new)).await {
            Ok(_) => {
                flash.success(
                    "Thank you. Everyone sees your quote once an officer has approved it.",
                );
                return Ok(see_other(LIST));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    match frame.again_if_short(FORM, &form) {
        Some(response) => Ok(response),
        None => Ok(list(person, frame, &gateway, form, true).await?.into_response()),
    }
}

pub(crate) async fn vote(
    _: MemberVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    flash.unless_refused(gateway.call(quotes::vote(id)).await)?;
    Ok(see_other(&format!("{LIST}#quote-{id}")))
}

pub(crate) async fn unvote(
    _: MemberVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    flash.unless_refused(gateway.call(quotes::unvote(id)).await)?;
    Ok(see_other(&format!("{LIST}#quote-{id}")))
}

pub(crate) async fn approve(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(quotes::approve(id)).await)?.is_some() {
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
    if flash.unless_refused(gateway.call(quotes::delete(id)).await)?.is_some() {
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
    if let Some(message) = flash.unless_refused(gateway.call(quotes::take_down(id)).await)? {
        flash.success(message.message);
    }
    Ok(see_other(LIST))
}
