//! Buying: what is chosen at the machine, a second look at what it costs, and the purchase.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{api::merch::Item, extract::Query};
use http::StatusCode;
use serde::Deserialize;

use super::MAP;
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other},
    session::{Person, SignedIn},
};

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
    /// The ids of the items, as the form sends them on.
    items: String,
    error: Option<String>,
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
        let (items, balance) = tokio::join!(gateway.items(), gateway.balance(&person.netid));
        let items = items?;
        let mut lines = Vec::new();
        for same in ids.chunk_by(|a, b| a == b) {
            let item = items.iter().find(|item| same.contains(&item.id));
            lines.push(Line::new(item.ok_or(PageError::NotFound)?, same.len()));
        }
        let total = Amount(lines.iter().map(|line| line.sum.0).fold(0, i64::saturating_add));
        let available = balance.ok().map(|balance| Amount(balance.available));
        let items = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Ok(Self { frame, person, lines, total, available, items, error: None })
    }

    /// What is left after the purchase; below zero it cannot be made.
    fn remaining(&self) -> Option<Amount> {
        Some(Amount(self.available?.0.saturating_sub(self.total.0)))
    }

    fn is_short(&self) -> bool {
        self.remaining().is_some_and(|remaining| remaining.0 < 0)
    }
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
    SignedIn(person): SignedIn,
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

/// What was chosen.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    items: String,
    key: OnceKey,
}

pub(crate) async fn submit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Protected(Wish { items, key }): Protected<Wish>,
) -> Result<Response, PageError> {
    let ids: Option<Vec<u64>> = items.split(',').map(|id| id.parse().ok()).collect();
    let ids = ids.ok_or(PageError::Refused(
        StatusCode::BAD_REQUEST,
        "Choose what to buy at the machine first.".into(),
    ))?;
    match gateway.buy(ids.clone(), &key).await {
        Ok(purchase) => Ok(see_other(&super::purchases::page_of(purchase.id))),
        Err(error) => {
            let Refusal { status, message } = error.refusal_or_absence()?;
            let page = Buy::load(person, frame, &gateway, &ids).await?;
            Ok((status, Page(Buy { error: Some(message), ..page })).into_response())
        }
    }
}
