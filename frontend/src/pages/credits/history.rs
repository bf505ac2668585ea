//! A page of a ledger: of one person, or of everybody.

use grove_credits_api::{History, HistoryRequest, Transaction};
use serde::Deserialize;

use crate::{
    amount::Amount,
    form::{Field, Kind},
    moment::Moment,
    period::Period,
};

/// Which part of a history, as the page's address says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    /// Whose; empty for everybody's.
    pub(super) netid: String,
    /// The first day, or nothing.
    pub(super) from: String,
    /// The last day, or nothing.
    pub(super) to: String,
    /// Only what is older than this transaction.
    pub(super) after: String,
}

impl Part {
    /// What to ask for.
    pub(super) fn request(&self, period: &Period) -> HistoryRequest {
        HistoryRequest {
            netid: Some(self.netid.clone()).filter(|netid| !netid.is_empty()),
            after: self.after.parse().ok(),
            limit: None,
            from: period.from,
            to: period.to,
        }
    }
}

/// A page of a ledger.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The page that shows it.
    pub(super) base: String,
    pub(super) part: Part,
    pub(super) period: Period,
    pub(super) lines: Vec<Line>,
    /// The page with what came before.
    pub(super) older: Option<String>,
    /// Whether there is an actor or person to show in each line.
    pub(super) everybody: bool,
}

/// One line of a ledger.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    /// Whether the line before is not of the same transaction: between two members there are two.
    pub(super) is_first: bool,
    pub(super) when: Moment,
    pub(super) description: String,
    pub(super) amount: Amount,
    /// Whose account; nobody's when the chapter's accounts are among themselves.
    pub(super) user: Option<String>,
    pub(super) actor: String,
    pub(super) reverses: Option<Other>,
    pub(super) reversed_by: Option<Other>,
}

/// Another transaction, wherever in the ledger it is.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) id: u64,
    pub(super) link: String,
}

impl Line {
    fn new(line: Transaction, other: impl Fn(u64) -> Other) -> Self {
        let actor = line.actor.strip_prefix("service:").unwrap_or(&line.actor).to_owned();
        Self {
            id: line.id,
            is_first: true,
            when: Moment(line.created_at),
            description: line.description,
            amount: Amount(line.amount),
            user: line.user,
            actor,
            reverses: line.reverses.map(&other),
            reversed_by: line.reversed_by.map(&other),
        }
    }

    /// Why it is to be undone.
    pub(super) fn reason(&self) -> Field {
        Field::new(Kind::Text, "reason", "Why")
            .id(format!("reason-{}", self.id))
            .required("Say why the transaction is undone.")
            .most(150)
    }

    /// Whether it still counts and is no correction itself; once for a transaction.
    pub(super) fn is_reversible(&self) -> bool {
        self.is_first && self.reverses.is_none() && self.reversed_by.is_none()
    }
}

impl Ledger {
    pub(super) fn new(base: String, history: History, part: Part, period: Period) -> Self {
        let shown: Vec<u64> = history.transactions.iter().map(|line| line.id).collect();
        let other = |id: u64| Other {
            link: if shown.contains(&id) {
                format!("#transaction-{id}")
            } else {
                format!("{base}?after={}#transaction-{id}", id.saturating_add(1))
            },
            id,
        };
        let lines = history.transactions.into_iter().map(|line| Line::new(line, other));
        let mut lines: Vec<_> = lines.collect();
        for (line, before) in lines.iter_mut().skip(1).zip(&shown) {
            line.is_first = line.id != *before;
        }
        let everybody = part.netid.is_empty();
        let mut ledger = Self { base, lines, older: None, everybody, part, period };
        ledger.older = history.next.map(|next| ledger.page(&next.to_string()));
        ledger
    }

    /// The page with what is older than a transaction, in the same period.
    fn page(&self, after: &str) -> String {
        let fields = [("from", self.part.from.as_str()), ("to", &self.part.to), ("after", after)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => self.base.clone(),
            query => format!("{}?{query}", self.base),
        }
    }

    /// The page that begins the period.
    pub(super) fn newest(&self) -> Option<String> {
        (!self.part.after.is_empty()).then(|| self.page(""))
    }

    /// Whether only a part of the time is shown.
    pub(super) fn has_period(&self) -> bool {
        !self.part.from.is_empty() || !self.part.to.is_empty()
    }
}
