//! Gigs: small jobs that members offer each other for credits. The list, and posting one.

mod claims;
mod gig;
mod new;
mod offer;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    routing::{get, post},
};
use grove_gigs_api::{self as gigs, GigFilter, GigState};
use grove_http::extract::Query;
use grove_shared::Client;
use serde::Deserialize;

use crate::{
    AppState,
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page},
    session::MemberVisitor,
};

const LIST: &str = "/intranet/gigs";

/// The pages on gigs.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(LIST, get(show).post(new::create))
        .route("/intranet/gigs/new", get(new::show))
        .route("/intranet/gigs/{id}", get(gig::show))
        .route("/intranet/gigs/{id}/edit", post(gig::edit))
        .route("/intranet/gigs/{id}/close", post(gig::close))
        .route("/intranet/gigs/{id}/delete", post(gig::delete))
        .route("/intranet/gigs/{id}/claim", post(claims::make))
        .route("/intranet/gigs/{id}/claims/{claim}/accept", post(claims::accept))
        .route("/intranet/gigs/{id}/claims/{claim}/reject", post(claims::reject))
        .route("/intranet/gigs/{id}/claims/{claim}/withdraw", post(claims::withdraw))
}

/// The page of a gig.
fn page_of(id: u64) -> String {
    format!("{LIST}/{id}")
}

/// Which gigs to show.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    /// In addresses, as on the old website.
    name: &'static str,
    label: &'static str,
    /// What there is to say when there are none.
    none: &'static str,
}

const FILTERS: [Filter; 4] = [
    Filter { name: "all", label: "All", none: "Nobody has offered a gig yet." },
    Filter { name: "active", label: "Open", none: "There is no open gig right now." },
    Filter { name: "mine", label: "Yours", none: "You have not offered a gig." },
    Filter { name: "claimed", label: "Claimed by you", none: "You have not claimed a gig." },
];

impl Filter {
    /// What to ask for, for a visitor.
    fn query(&self, netid: &str) -> GigFilter {
        let own = || Some(netid.to_owned());
        match self.name {
            "active" => GigFilter { active: Some(true), ..GigFilter::default() },
            "mine" => GigFilter { issuer: own(), ..GigFilter::default() },
            "claimed" => GigFilter { claimed_by: own(), ..GigFilter::default() },
            _ => GigFilter::default(),
        }
    }
}

/// A gig in a list or on its page.
#[derive(Debug)]
struct Gig {
    page: String,
    title: String,
    details: String,
    issuer: String,
    reward: Amount,
    /// Whether the chapter pays.
    admin_task: bool,
    state: GigState,
    payment_failed: bool,
    posted: Moment,
    mine: bool,
}

impl Gig {
    fn new(gig: gigs::Gig, visitor: &Person) -> Self {
        Self {
            page: page_of(gig.id),
            mine: gig.issuer == visitor.netid,
            title: gig.title,
            details: gig.details,
            issuer: gig.issuer,
            reward: Amount(gig.credits),
            admin_task: gig.admin_task,
            state: gig.state,
            payment_failed: gig.payment_failed,
            posted: Moment(gig.created_at),
        }
    }

    fn is_open(&self) -> bool {
        self.state == GigState::Open
    }

    /// Whether the reward lies ready and has not gone anywhere.
    fn is_undecided(&self) -> bool {
        matches!(self.state, GigState::Open | GigState::Reserving)
    }

    fn badge(&self) -> &'static str {
        match self.state {
            GigState::Open => "badge badge-good",
            GigState::Paying if self.payment_failed => "badge badge-bad",
            GigState::Reserving | GigState::Paying => "badge badge-warn",
            GigState::Paid | GigState::Closed => "badge",
        }
    }

    fn label(&self) -> &'static str {
        match self.state {
            GigState::Reserving => "setting the reward aside",
            GigState::Open => "open",
            GigState::Paying if self.payment_failed => "done, the payment did not go through",
            GigState::Paying => "done, being paid",
            GigState::Paid => "done and paid",
            GigState::Closed => "closed",
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "gigs/index.html")]
pub(crate) struct List {
    frame: Frame,
    person: Arc<Person>,
    filter: &'static Filter,
    gigs: Vec<Gig>,
    page: i64,
    pages: i64,
    newer: Option<i64>,
    older: Option<i64>,
}

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    page: String,
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Page<List>, PageError> {
    let filter = FILTERS.iter().find(|filter| filter.name == part.filter).unwrap_or(&FILTERS[0]);
    let asked = GigFilter { page: part.page.parse().ok(), ..filter.query(&person.netid) };
    let list = gateway.call(gigs::list(&asked)).await?;
    let gigs = list.gigs.into_iter().map(|gig| Gig::new(gig, &person)).collect();
    Ok(Page(List {
        frame,
        person,
        filter,
        gigs,
        page: list.page,
        pages: list.num_pages,
        newer: list.prev_page,
        older: list.next_page,
    }))
}
