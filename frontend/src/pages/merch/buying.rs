//! Buying: what is chosen at the machine, a second look at what it costs, and the purchase.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_credits_api as credits;
use grove_http::extract::Query;
use grove_merch_api::{self as merch, Item, NewPurchase};
use grove_shared::Client;
use http::StatusCode;

use super::MAP;
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::MemberVisitor,
    typed::Typed,
};

const PAGE: &str = "/intranet/merch/buy";
/// What a field of the map is called, before the id of its item.
const FIELD: &str = "item-";
/// Things that the machine sells at once.
const MOST: usize = 10;

#[derive(Debug, Template)]
#[template(path = "merch/buy.html")]
struct Buy {
    frame: Frame,
    person: Arc<Person>,
    lines: Vec<Line>,
    total: Amount,
    /// Not known while credits do not answer.
    available: Option<Amount>,
    form: Form,
}

/// An item, and how many of it.
#[derive(Debug)]
struct Line {
    name: String,
    price: Amount,
    count: usize,
    sum: Amount,
}

impl Line {
    fn new(item: &Item, count: usize) -> Self {
        let price = Amount(item.price.into());
        let sum = Amount(price.0.saturating_mul(Amount::of(count).0));
        Self { name: item.name.clone(), price, count, sum }
    }
}

impl Buy {
    async fn load(
        person: Arc<Person>,
        frame: Frame,
        gateway: &Gateway,
        ids: &[u64],
    ) -> Result<Self, PageError> {
        let (items, balance) = tokio::join!(
            gateway.call(merch::items()),
            gateway.call(credits::balance(&person.netid))
        );
        let items = items?;
        let mut lines = Vec::new();
        for same in ids.chunk_by(|a, b| a == b) {
            let item = items.iter().find(|item| same.contains(&item.id));
            lines.push(Line::new(item.ok_or(PageError::NotFound)?, same.len()));
        }
        let total = Amount(lines.iter().map(|line| line.sum.0).fold(0, i64::saturating_add));
        let available = balance.ok().map(|balance| Amount(balance.available));
        let items = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let form = frame.restored(form()).with("items", items);
        Ok(Self { frame, person, lines, total, available, form })
    }

    /// What is left after the purchase; below zero it cannot be made.
    fn remaining(&self) -> Option<Amount> {
        Some(Amount(self.available?.0.saturating_sub(self.total.0)))
    }

    fn is_short(&self) -> bool {
        self.remaining().is_some_and(|remaining| remaining.0 < 0)
    }
}

fn form() -> Form {
    Form::new(PAGE, vec![Field::new(Kind::Hidden, "items", "")]).once()
}

/// The page of what is chosen, by the ids of items.
fn page(ids: &[u64]) -> String {
    let items = ids
        .chunk_by(|a, b| a == b)
        .filter_map(|same| same.first().map(|id| format!("{FIELD}{id}={}", same.len())));
    format!("{PAGE}?{}", items.collect::<Vec<_>>().join("&"))
}

/// Reads how many of each item are wanted. An item may lie in several slots.
fn read(fields: &[(String, String)]) -> Result<Vec<u64>, &'static str> {
    let mut wanted: BTreeMap<u64, usize> = BTreeMap::new();
    for (name, count) in fields {
        let Some(id) = name.strip_prefix(FIELD).and_then(|id| id.parse().ok()) else { continue };
        let count = if count.trim().is_empty() { "0" } else { count.trim() };
        let count: usize = count.parse().map_err(|_| "How many must be a whole number.")?;
        *wanted.entry(id).or_default() += count.min(MOST + 1);
    }
    match wanted.values().sum() {
        0 => Err("Choose something first: say how many of it you want."),
        1..=MOST => {
            let items = wanted.into_iter();
            Ok(items.flat_map(|(id, count)| std::iter::repeat_n(id, count)).collect())
        }
        _ => Err("The machine sells at most 10 things at once."),
    }
}

/// What is chosen on the map, and what it costs.
pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Query(fields): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    match read(&fields) {
        Ok(ids) => Ok(Page(Buy::load(person, frame, &gateway, &ids).await?).into_response()),
        Err(sentence) => {
            flash.error(sentence);
            Ok(see_other(MAP))
        }
    }
}

pub(crate) async fn submit(
    _: MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    let ids = form.value("items").split(',').map(|id| id.parse().ok());
    let mut ids: Vec<u64> = ids.collect::<Option<_>>().ok_or(PageError::Refused(
        StatusCode::BAD_REQUEST,
        "Choose what to buy at the machine first.".into(),
    ))?;
    ids.sort_unstable();
    if form.check()?
        && let Some(key) = &form.key
    {
        let new = NewPurchase { items: ids.clone() };
        match gateway.call(merch::buy(&new).once(key.as_str())).await {
            Ok(purchase) => return Ok(see_other(&super::purchases::page_of(purchase.id))),
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page(&ids), &form)
}
