//! The ledger of credits, and card payments.

use axum::body::Body;
use chrono::{DateTime, Utc};
use grove_shared::api::credits::{Balance, Transaction};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Gateway, GatewayError};
use crate::once::OnceKey;

/// A page of a history, the newest first.
#[derive(Debug, Clone, Deserialize)]
pub struct History {
    /// The lines.
    pub transactions: Vec<Transaction>,
    /// The sum of all entries of the person whose history it is.
    #[serde(default)]
    pub balance: i64,
    /// What is set aside of it.
    #[serde(default)]
    pub held: i64,
    /// What may be spent.
    #[serde(default)]
    pub available: i64,
    /// What to ask for the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

/// Which part of a history.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Part {
    /// Whose; empty for everybody's.
    #[serde(default)]
    pub netid: String,
    /// The first day, or nothing.
    #[serde(default)]
    pub from: String,
    /// The last day, or nothing.
    #[serde(default)]
    pub to: String,
    /// Only what is older than this transaction.
    #[serde(default)]
    pub after: String,
}

impl Part {
    fn query(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("netid", self.netid.as_str()),
            ("from", &self.from),
            ("to", &self.to),
            ("after", &self.after),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// What can be paid by card.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PaymentOptions {
    /// Whether cards are taken at all.
    pub card: bool,
    /// The least that can be bought at once.
    pub minimum: i64,
    /// The most.
    pub maximum: i64,
    /// What a membership costs.
    pub membership: Price,
}

/// What a membership costs, in cents.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Price {
    /// For the chapter.
    pub dues: i64,
    /// For the company that takes the card.
    pub fee: i64,
}

/// A payment by card.
#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    /// Identifies the payment.
    pub id: u64,
    /// Where it is: `created`, `pending`, `succeeded` or `failed`.
    pub state: String,
    /// How much, in cents.
    #[serde(default)]
    pub amount: i64,
    /// Why it failed.
    #[serde(default)]
    pub failure: Option<String>,
    /// The page of the company that takes the card, while it is to be paid.
    #[serde(default)]
    pub url: Option<String>,
}

/// Whether the ledger adds up.
#[derive(Debug, Clone, Deserialize)]
pub struct Proof {
    /// Whether it does.
    pub ok: bool,
    /// How many accounts were looked at.
    pub accounts: i64,
    /// How many transactions.
    pub transactions: i64,
    /// How many entries.
    pub entries: i64,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
    /// How many transactions are sealed.
    #[serde(default)]
    pub sealed: u64,
    /// The last seal.
    #[serde(default)]
    pub head: String,
    /// Money that went back, and whose credits did not.
    #[serde(default)]
    pub debts: Vec<Debt>,
}

/// A payment that was refunded or is disputed.
#[derive(Debug, Clone, Deserialize)]
pub struct Debt {
    /// The payment.
    pub payment: u64,
    /// Who paid.
    pub netid: String,
    /// Credits that were spent before the refund.
    pub owed: i64,
    /// When the bank told that the member disputes the payment.
    #[serde(default)]
    pub disputed_at: Option<DateTime<Utc>>,
}

impl Gateway {
    /// What everybody has, for officers.
    pub async fn balances(&self) -> Result<Vec<Balance>, GatewayError> {
        self.get(&["credits", "users"]).await
    }

    /// What someone has; for officers, or the person.
    pub async fn balance(&self, netid: &str) -> Result<Balance, GatewayError> {
        self.get(&["credits", "users", netid]).await
    }

    /// A page of someone's history, or for officers of everybody's.
    pub async fn history(&self, part: &Part) -> Result<History, GatewayError> {
        self.get_with(&["credits", "transactions"], &part.query()).await
    }

    /// The same as a file, all of it.
    pub async fn export_history(&self, part: &Part) -> Result<Body, GatewayError> {
        let part = Part { after: String::new(), ..part.clone() };
        self.download(&["credits", "export"], &part.query()).await
    }

    /// Gives credits of the visitor to someone; 402 when there are not enough.
    pub async fn transfer(
        &self,
        to: &str,
        amount: i64,
        description: &str,
        key: &OnceKey,
    ) -> Result<(), GatewayError> {
        let transfer = json!({ "to": to, "amount": amount, "description": description });
        self.post_once::<Value>(&["credits", "transfers"], &transfer, key).await.map(drop)
    }

    /// Changes what someone has, as an officer.
    pub async fn adjust(
        &self,
        netid: &str,
        amount: i64,
        reason: &str,
        key: &OnceKey,
    ) -> Result<(), GatewayError> {
        let adjustment = json!({ "netid": netid, "amount": amount, "description": reason });
        self.post_once::<Value>(&["credits", "transactions"], &adjustment, key).await.map(drop)
    }

    /// Undoes a transaction with another one, as an officer.
    pub async fn reverse(&self, id: u64, reason: &str) -> Result<(), GatewayError> {
        let path = ["credits", "transactions", &id.to_string()];
        self.delete_with::<Value>(&path, &[("reason", reason)]).await.map(drop)
    }

    /// Whether the ledger adds up, for officers.
    pub async fn proof(&self) -> Result<Proof, GatewayError> {
        self.get(&["credits", "audit"]).await
    }

    /// What can be paid by card.
    pub async fn payment_options(&self) -> Result<PaymentOptions, GatewayError> {
        self.get(&["credits", "payment-options"]).await
    }

    /// Begins to buy credits by card.
    pub async fn top_up(&self, amount: i64, key: &OnceKey) -> Result<Payment, GatewayError> {
        self.post_once(&["credits", "top-ups"], &json!({ "amount": amount }), key).await
    }

    /// What became of a payment of the visitor.
    pub async fn payment(&self, id: &str) -> Result<Payment, GatewayError> {
        self.get(&["credits", "top-ups", id]).await
    }

    /// Begins to pay someone's dues by card.
    pub async fn pay_membership(
        &self,
        netid: &str,
        key: &OnceKey,
    ) -> Result<Payment, GatewayError> {
        let path = ["credits", "membership-payments"];
        self.post_once(&path, &json!({ "netid": netid }), key).await
    }
}
