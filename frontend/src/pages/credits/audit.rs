//! The ledger of everybody, and the proof that it adds up, for officers.

use std::sync::Arc;

use askama::Template;
use grove_shared::extract::Query;

use super::history::Ledger;
use crate::{
    amount::Amount,
    error::PageError,
    gateway::{Gateway, Part, Proof},
    moment::Moment,
    render::{Frame, Page},
    session::{OfficerVisitor, Person},
};

#[derive(Debug, Template)]
#[template(path = "credits/audit.html")]
pub(crate) struct Audit {
    frame: Frame,
    person: Arc<Person>,
    proof: Proof,
    ledger: Ledger,
}

/// A payment to settle.
#[derive(Debug)]
struct Settlement<'a> {
    payment: u64,
    netid: &'a str,
    owed: Amount,
    disputed: String,
}

impl Audit {
    fn debts(&self) -> Vec<Settlement<'_>> {
        let debts = self.proof.debts.iter().map(|debt| Settlement {
            payment: debt.payment,
            netid: &debt.netid,
            owed: Amount(debt.owed),
            disputed: debt.disputed_at.map_or_else(|| "no".to_owned(), |at| Moment(at).day()),
        });
        debts.collect()
    }
}

pub(crate) async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Page<Audit>, PageError> {
    let part = Part { netid: String::new(), ..part };
    let (proof, history) = tokio::try_join!(gateway.proof(), gateway.history(&part))?;
    let ledger = Ledger::new("/credits/audit".to_owned(), history, part);
    Ok(Page(Audit { frame, person, proof, ledger }))
}
