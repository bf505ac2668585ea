//! The members' first page: where they stand, and what is theirs to use.

mod purse;

use std::sync::Arc;

use askama::Template;
use grove_shared::api::users::UserState;

use self::purse::Purse;
use super::account::standing::Standing;
use crate::{
    gateway::Gateway,
    render::{Frame, Page},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "intranet/index.html")]
pub(crate) struct Intranet {
    frame: Frame,
    person: Arc<Person>,
    standing: Standing,
    waiting: Waiting,
    purse: Purse,
}

/// What waits for officers; nothing when there is none, or it is not known.
#[derive(Debug, Default)]
struct Waiting {
    people: usize,
    quotes: usize,
}

impl Waiting {
    async fn for_officers(gateway: &Gateway) -> Self {
        let (users, quotes) = tokio::join!(gateway.users(), gateway.quotes());
        let users = users.unwrap_or_default().into_iter();
        Self {
            people: users.filter(|user| user.state == UserState::AwaitingPayment).count(),
            quotes: quotes.unwrap_or_default().iter().filter(|quote| !quote.approved).count(),
        }
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Page<Intranet> {
    let waiting = async {
        if person.is_officer() { Waiting::for_officers(&gateway).await } else { Waiting::default() }
    };
    let (waiting, purse) = tokio::join!(waiting, Purse::of(&person, &gateway));
    let standing = Standing::of(&person);
    Page(Intranet { frame, person, standing, waiting, purse })
}
