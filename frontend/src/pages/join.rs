//! Asking to become a member.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use grove_groups_api as groups;
use grove_shared::Client;
use grove_users_api::{self as users, NewUser};

use super::credits::payment;
use crate::{
    AppState,
    csrf::Protected,
    error::PageError,
    exchange::Exchange,
    form::{Choice, Field, Form, Kind},
    gateway::Gateway,
    render::{Frame, Page, see_other},
    session::Visitor,
    typed::Typed,
};

const PAGE: &str = "/join";
/// What the service says of someone who has joined already.
const KNOWN: &str = "User already exists";

#[derive(Debug, Template)]
#[template(path = "join.html")]
struct Join {
    frame: Frame,
    form: Form,
}

/// The form; `sigs` are the groups to tick.
fn form(sigs: Vec<Choice>) -> Form {
    let first_name = Field::new(Kind::Text, "first_name", "First name")
        .required("Enter your first name.")
        .most(50)
        .autocomplete("given-name");
    let last_name = Field::new(Kind::Text, "last_name", "Last name")
        .required("Enter your last name.")
        .most(50)
        .autocomplete("family-name");
    let netid = Field::new(Kind::NetId, "netid", "NetID")
        .required("Enter your NetID.")
        .autocomplete("username")
        .hint("Your university login, such as jsmith2.");
    let uin = Field::new(Kind::Text, "uin", "UIN")
        .required("Enter your UIN: the nine digits on your university card.")
        .most(9)
        .hint(
            "The nine digits on your university card. Officers use it to look you up, nobody else \
             sees it.",
        );
    let sigs = Field::new(Kind::Ticks(sigs), "sig", "SIGs you are curious about (optional)");
    Form::new(PAGE, vec![first_name, last_name, netid, uin, sigs])
}

/// The groups are an extra: without them one can still join.
async fn sigs(gateway: &Gateway) -> Vec<Choice> {
    let sigs = gateway.public(groups::list("sigs")).await.unwrap_or_default();
    sigs.into_iter().map(|sig| Choice::new(sig.name.clone(), sig.name)).collect()
}

pub(crate) async fn show(Visitor(person): Visitor, frame: Frame, gateway: Gateway) -> Response {
    if person.is_some() {
        return see_other("/intranet");
    }
    let form = frame.restored(form(sigs(&gateway).await));
    Page(Join { frame, form }).into_response()
}

pub(crate) async fn submit(
    frame: Frame,
    exchange: Exchange,
    State(state): State<AppState>,
    gateway: Gateway,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form(Vec::new()).filled(&typed);
    let is_uin = |uin: &str| uin.len() == 9 && uin.bytes().all(|byte| byte.is_ascii_digit());
    if !form.value("uin").is_empty() && !is_uin(form.value("uin")) {
        form.wrong("uin", "A UIN is nine digits.");
    }
    if form.check()? {
        // Each joining sends a mail to somebody.
        let counted = state.joinings.count(exchange.address(), state.clock.now());
        counted.map_err(|wait| PageError::TooMany(Some(wait)))?;
        let text = |name: &str| Some(form.value(name).to_owned());
        let new = NewUser {
            first_name: text("first_name"),
            last_name: text("last_name"),
            netid: text("netid"),
            uin: text("uin"),
        };
        match gateway.call(users::join(&new, &interests(&typed))).await {
            Ok(_) => return Ok(see_other("/join/next")),
            Err(error) => form.refuse(error)?,
        }
        if form.says(KNOWN) {
            form.blame("netid", "User already exists: log in, or ask for a new password.");
        }
    }
    frame.again(PAGE, &form)
}

/// The groups that are ticked; as on the old website each may be a field of its own.
fn interests(typed: &Typed) -> Vec<String> {
    let known = ["first_name", "last_name", "netid", "uin", "sig"];
    let of_old = typed.iter().filter(|(name, value)| *value == "on" && !known.contains(name));
    let names = typed.all("sig").chain(of_old.map(|(name, _)| name));
    names.map(str::to_owned).collect()
}

#[derive(Debug, Template)]
#[template(path = "join_next.html")]
pub(crate) struct Next {
    frame: Frame,
    /// Whether the dues can be paid by card here.
    card: bool,
}

/// The steps that remain.
pub(crate) async fn next(frame: Frame, gateway: Gateway) -> Page<Next> {
    let card = payment::takes_cards(&gateway).await;
    Page(Next { frame, card })
}
