//! The ledger of everybody, and the proof that it adds up, for officers.

use std::sync::Arc;

use askama::Template;
use grove_credits_api as credits;
use grove_http::extract::Query;
use grove_shared::Client;

use super::history::{Ledger, Part};
use crate::{
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    period::Period,
    person::Person,
    render::{Frame, Page},
    session::AdminVisitor,
};

#[derive(Debug, Template)]
#[template(path = "credits/audit.html")]
pub(crate) struct Audit {
    frame: Frame,
    person: Arc<Person>,
    proof: credits::Audit,
    ledger: Ledger,
}

/// A payment to settle.
#[derive(Debug)]
struct Settlement<'a> {
    payment: u64,
    netid: &'a str,
    owed: Amount,
    disputed: Option<Moment>,
}

impl Audit {
    fn debts(&self) -> Vec<Settlement<'_>> {
        let debts = self.proof.debts.iter().map(|debt| Settlement {
            payment: debt.payment,
            netid: &debt.netid,
            owed: Amount(debt.owed),
            disputed: debt.disputed_at.map(Moment),
        });
        debts.collect()
    }
}

pub(crate) async fn show(
    AdminVisitor(person): AdminVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Page<Audit>, PageError> {
    let part = Part { netid: String::new(), ..part };
    let period = Period::read(&part.from, &part.to);
    let (proof, history) = tokio::try_join!(
        gateway.call(credits::audit()),
        gateway.call(credits::history(&part.request(&period)))
    )?;
    let ledger = Ledger::new("/credits/audit".to_owned(), history, part, period);
    Ok(Page(Audit { frame, person, proof, ledger }))
}
