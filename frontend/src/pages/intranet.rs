//! The members' first page: where they stand, what did not go through, and what is theirs to use.

mod purse;
mod stuck;

use std::sync::Arc;

use askama::Template;
use grove_quotes_api as quotes;
use grove_shared::Client;
use grove_users_api::{self as users, Counts};

use self::{purse::Purse, stuck::Stuck};
use super::account::standing::Standing;
use crate::{
    failed::{self, Failed},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page},
    session::SignedIn,
};

#[derive(Debug, Template)]
#[template(path = "intranet/index.html")]
pub(crate) struct Intranet {
    frame: Frame,
    person: Arc<Person>,
    standing: Standing,
    /// Whether the dues can be paid by card here.
    card: bool,
    failed: Failed,
    waiting: Waiting,
    stuck: Stuck,
    purse: Purse,
}

/// What waits for officers; nothing when there is none, or it is not known.
#[derive(Debug, Default)]
struct Waiting {
    people: u64,
    quotes: u64,
}

impl Waiting {
    /// What waits for an officer, who may be one of the board.
    async fn for_officers(gateway: &Gateway, board: bool) -> Self {
        let people = async {
            let counts = if board { gateway.call(users::counts()).await.ok() } else { None };
            counts.map_or(0, |Counts { awaiting_payment, .. }| awaiting_payment)
        };
        let (people, quotes) = tokio::join!(people, gateway.call(quotes::counts()));
        Self { people, quotes: quotes.unwrap_or_default().waiting }
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Page<Intranet> {
    let for_officers = async {
        if person.is_officer() {
            let board = person.is_board();
            tokio::join!(Waiting::for_officers(&gateway, board), Stuck::for_officers(&gateway))
        } else {
            Default::default()
        }
    };
    let standing = Standing::of(&person);
    let (failed, (waiting, stuck), purse, card) = tokio::join!(
        Failed::of_visitor(&gateway, &failed::SERVICES),
        for_officers,
        Purse::of(&person, &gateway),
        standing.takes_cards(&gateway)
    );
    Page(Intranet { frame, person, standing, card, failed, waiting, stuck, purse })
}
