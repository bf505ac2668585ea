//! What happened on accounts.

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{Call, NetId};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::{IntoParams, ToSchema};

use crate::{Party, SERVICE};

/// A page of a history, the newest first: the caller's, or for admins anyone's and everyone's.
pub fn history(request: &HistoryRequest) -> Call<History> {
    request.on("/credits/transactions").query("after", request.after).query("limit", request.limit)
}

/// The same as a file of comma-separated values, all of it: its answer is for a person, not for
/// [`Call::read`].
pub fn export(request: &HistoryRequest) -> Call<IgnoredAny> {
    request.on("/credits/export")
}

/// Which part of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryRequest {
    /// Whose; for admins everyone's if nothing is said.
    #[param(value_type = Option<NetId>)]
    pub netid: Option<String>,
    /// What is older than this transaction.
    pub after: Option<u64>,
    /// How many transactions: up to 1000, 100 if nothing is said. Not for a file, which has all of them.
    #[param(minimum = 0)]
    pub limit: Option<u32>,
    /// The first day, as the chapter's time zone has it.
    pub from: Option<NaiveDate>,
    /// The last day, as the chapter's time zone has it.
    pub to: Option<NaiveDate>,
}

impl HistoryRequest {
    fn on<T: serde::de::DeserializeOwned>(&self, path: &str) -> Call<T> {
        Call::get(SERVICE, path, &[])
            .query("netid", self.netid.as_ref())
            .query("from", self.from)
            .query("to", self.to)
    }
}

/// A page of a history, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// One line for each member's account that changed.
    pub transactions: Vec<Transaction>,
    /// What is on the account, when one is asked for.
    #[serde(flatten)]
    #[schema(value_type = SumsOfOne)]
    pub account: Option<AccountSums>,
    /// What to send as `after` for the next page; null on the last one.
    pub next: Option<u64>,
}

/// What is on the account, when one is asked for: for the description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct SumsOfOne {
    /// The sum of all entries.
    #[schema(required = false)]
    balance: i64,
    /// What is set aside of it.
    #[schema(required = false)]
    held: i64,
    /// What may be spent.
    #[schema(required = false)]
    available: i64,
}

/// What is on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountSums {
    /// The sum of all entries.
    pub balance: i64,
    /// What is set aside of it.
    pub held: i64,
    /// What may be spent.
    pub available: i64,
}

/// One line of a member's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Identifies the transaction.
    pub id: u64,
    /// Whose account the amount is for; null for a transaction between accounts of the chapter, or for
    /// somebody who was forgotten.
    #[schema(example = "jsmith2")]
    pub user: Option<String>,
    /// What changed on that account; negative when credits went out.
    pub amount: i64,
    /// What for.
    pub description: String,
    /// Where the credits went to or came from; null when it was somebody who was forgotten, and in an
    /// answer from before it was told.
    pub counterparty: Option<Party>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who caused it: a NetID, `service:` and a name, or `a former member`.
    #[schema(example = "service:gigs")]
    pub actor: String,
    /// The transaction that this one undoes.
    pub reverses: Option<u64>,
    /// The transaction that undid this one.
    pub reversed_by: Option<u64>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_history_has_sums_when_it_is_of_one_account() {
        let everyone = json!({ "transactions": [], "next": null });
        let one = json!({ "transactions": [], "balance": 5, "held": 2, "available": 3, "next": 7 });
        for (wire, account) in
            [(everyone, None), (one, Some(AccountSums { balance: 5, held: 2, available: 3 }))]
        {
            let history: History = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(history.account, account);
            assert_eq!(serde_json::to_value(history).unwrap(), wire);
        }
    }

    #[test]
    fn a_request_asks_for_what_it_says() {
        let request = HistoryRequest {
            netid: Some("ada2".to_owned()),
            after: Some(7),
            from: NaiveDate::from_ymd_opt(2026, 9, 1),
            ..HistoryRequest::default()
        };
        let path = "?netid=ada2&from=2026-09-01";
        let target = history(&request).target().unwrap();
        assert_eq!(target, format!("/credits/transactions{path}&after=7"));
        assert_eq!(export(&request).target().unwrap(), format!("/credits/export{path}"));
        assert_eq!(history(&HistoryRequest::default()).body().unwrap(), None::<&Value>);
    }
}
