//! What everybody has, for officers.

pub(super) mod account;

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_credits_api::{self as credits, Balance};
use grove_http::extract::Query;
use grove_shared::Client;
use serde::Deserialize;

use crate::{
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::AdminVisitor,
};

#[derive(Debug, Template)]
#[template(path = "credits/admin.html")]
struct Balances {
    frame: Frame,
    person: Arc<Person>,
    rows: Vec<Row>,
    total: Amount,
    held: Amount,
}

/// What someone has.
#[derive(Debug)]
struct Row {
    netid: String,
    balance: Amount,
    held: Amount,
    available: Amount,
}

impl Row {
    fn new(balance: &Balance) -> Self {
        Self {
            netid: balance.netid.to_string(),
            balance: Amount(balance.balance),
            held: Amount(balance.held),
            available: Amount(balance.available),
        }
    }
}

/// Whose account to go to.
#[derive(Debug, Deserialize)]
pub(crate) struct Jump {
    #[serde(default)]
    netid: String,
}

/// The list; with a NetID, that person's account, which need not be in the list yet.
pub(crate) async fn show(
    AdminVisitor(person): AdminVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(Jump { netid }): Query<Jump>,
) -> Result<Response, PageError> {
    let netid = netid.trim().to_lowercase();
    if !netid.is_empty() {
        return Ok(see_other(&account::page_of(&netid)));
    }
    let balances = gateway.call(credits::balances()).await?;
    let sum =
        |of: fn(&Balance) -> i64| Amount(balances.iter().map(of).fold(0, i64::saturating_add));
    let (total, held) = (sum(|balance| balance.balance), sum(|balance| balance.held));
    let rows = balances.iter().map(Row::new).collect();
    Ok(Page(Balances { frame, person, rows, total, held }).into_response())
}
