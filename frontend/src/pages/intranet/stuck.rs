//! What did not go through and waits for an officer, beside the first page.

use futures_util::future::join_all;
use grove_shared::{
    Client,
    effects::{self, Effects},
};
use http::StatusCode;

use crate::{
    failed::{SERVICES, in_words},
    gateway::Gateway,
    moment::Moment,
};

/// What the first page names; the rest has a page of its own.
const NAMED: usize = 10;

/// What did not go through of what the officer may see.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    pub(super) rows: Vec<Row>,
    pub(super) total: i64,
    /// The services that do not say.
    pub(super) silent: Vec<&'static str>,
}

/// Something that did not go through.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) what: String,
    /// Whom it concerns.
    pub(super) person: Option<String>,
    pub(super) since: Moment,
}

impl Stuck {
    /// Asks every service at the same time.
    pub(super) async fn for_officers(gateway: &Gateway) -> Self {
        let gateway = gateway.in_haste();
        let answers = join_all(SERVICES.map(|service| gateway.call(effects::list(service, None))));
        let mut stuck = Self::default();
        for (service, answer) in SERVICES.into_iter().zip(answers.await) {
            match answer {
                Ok(effects) => stuck.add(effects),
                // It is for another committee.
                Err(cause) if cause.status() == Some(StatusCode::FORBIDDEN) => {}
                Err(cause) => {
                    tracing::debug!(%cause, "no word of what {} could not do", service.name);
                    stuck.silent.push(service.name);
                }
            }
        }
        stuck.rows.truncate(NAMED);
        stuck
    }

    fn add(&mut self, effects: Effects) {
        self.total += effects.dead;
        let dead = effects.effects.into_iter().filter(|effect| effect.dead_at.is_some());
        self.rows.extend(dead.map(|effect| Row {
            what: in_words(&effect),
            person: effect.concerns.map(|person| person.to_string()),
            since: Moment(effect.created_at),
        }));
    }

    /// How many there are beside those that are named.
    pub(super) fn further(&self) -> i64 {
        self.total.saturating_sub_unsigned(self.rows.len() as u64)
    }
}
