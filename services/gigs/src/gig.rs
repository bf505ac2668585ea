//! What a gig is, and what makes one valid.

use chrono::{DateTime, Utc};
use grove_gigs_api as api;
use grove_identity::caller::Member;
use grove_shared::{
    NetId,
    lenient::{Lenient, Unreadable},
    text,
};

use crate::error::GigError;

/// Where a gig is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum State {
    /// Credits were asked for, and the answer is not known.
    Reserving,
    /// There were not enough credits; nobody sees it.
    Refused,
    Open,
    /// A claim was accepted.
    Fulfilled,
    Closed,
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "reserving" => Ok(Self::Reserving),
            "refused" => Ok(Self::Refused),
            "open" => Ok(Self::Open),
            "fulfilled" => Ok(Self::Fulfilled),
            "closed" => Ok(Self::Closed),
            _ => Err(format!("no gig is {name}")),
        }
    }
}

/// What a gig offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) title: String,
    pub(crate) details: String,
    pub(crate) credits: i64,
}

/// A gig.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Gig {
    pub(crate) id: u64,
    /// Nobody when they were forgotten.
    pub(crate) issuer: Option<NetId>,
    pub(crate) title: String,
    pub(crate) details: String,
    pub(crate) credits: i64,
    /// What credits keeps for it.
    pub(crate) escrowed: i64,
    pub(crate) admin_task: bool,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    /// Whether the payment of its accepted claim did not go through; nothing once it has arrived.
    pub(crate) unpaid: Option<bool>,
    pub(crate) created_at: DateTime<Utc>,
}

impl Gig {
    /// Whether `member` may claim it.
    pub(crate) fn check_claim(&self, member: &Member) -> Result<(), GigError> {
        if self.state != State::Open {
            Err(GigError::Inactive)
        } else if self.is_of(member) {
            Err(GigError::OwnGig)
        } else {
            Ok(())
        }
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms { title: self.title.clone(), details: self.details.clone(), credits: self.credits }
    }

    pub(crate) fn is_of(&self, member: &Member) -> bool {
        self.issuer.as_ref() == Some(&member.netid)
    }

    /// A gig that the chapter pays for needs an officer, even if it is the member's own.
    pub(crate) fn check_payer(&self, member: &Member) -> Result<(), GigError> {
        if self.admin_task && !member.is_officer() { Err(GigError::NotOfficer) } else { Ok(()) }
    }
}

impl From<&Gig> for api::GigState {
    fn from(gig: &Gig) -> Self {
        match gig.state {
            State::Reserving => Self::Reserving,
            State::Open => Self::Open,
            State::Fulfilled if gig.unpaid.is_some() => Self::Paying,
            State::Fulfilled => Self::Paid,
            State::Closed | State::Refused => Self::Closed,
        }
    }
}

/// What others call someone, who may be forgotten.
pub(crate) fn name_of(person: Option<&NetId>) -> String {
    person.map_or_else(|| grove_personal_data::FORMER_MEMBER.to_owned(), NetId::to_string)
}

impl From<Gig> for api::Gig {
    fn from(gig: Gig) -> Self {
        let state = api::GigState::from(&gig);
        Self {
            id: gig.id,
            issuer: name_of(gig.issuer.as_ref()),
            title: gig.title,
            details: gig.details,
            credits: gig.credits,
            active: gig.state == State::Open,
            admin_task: gig.admin_task,
            state,
            payment_failed: gig.unpaid == Some(true),
            created_at: gig.created_at,
        }
    }
}

/// A gig that someone wants to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) issuer: NetId,
    pub(crate) terms: Terms,
    pub(crate) admin_task: bool,
}

impl Draft {
    /// Reads a form of `member`, field by field.
    pub(crate) fn parse(new: &api::NewGig, member: &Member) -> Result<Self, GigError> {
        let issuer = new.issuer.as_deref().filter(|issuer| !issuer.is_empty());
        let issuer = issuer.ok_or(GigError::Missing("issuer"))?;
        let title = title(new.title.as_deref())?.ok_or(GigError::Missing("title"))?;
        let details = details(new.details.as_deref())?.unwrap_or_default();
        let credits = number("credits", &new.credits)?;
        let credits = reward(credits.ok_or(GigError::Missing("credits"))?)?;
        let admin_task = truth("admin_task", &new.admin_task)?.unwrap_or_default();
        if issuer != member.netid.as_str() {
            return Err(GigError::OtherIssuer);
        }
        if admin_task && !member.is_officer() {
            return Err(GigError::NotOfficer);
        }
        let terms = Terms { title, details, credits };
        Ok(Self { issuer: member.netid.clone(), terms, admin_task })
    }
}

/// What is to be different about a gig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    title: Option<String>,
    details: Option<String>,
    credits: Option<i64>,
    admin_task: bool,
    pub(crate) active: Option<bool>,
}

impl Change {
    /// Reads a form.
    pub(crate) fn parse(change: &api::GigChange) -> Result<Self, GigError> {
        let credits = number("credits", &change.credits)?;
        Ok(Self {
            title: title(change.title.as_deref())?,
            details: details(change.details.as_deref())?,
            credits: credits.filter(|credits| *credits != 0).map(reward).transpose()?,
            admin_task: truth("admin_task", &change.admin_task)?.unwrap_or_default(),
            active: truth("active", &change.active)?,
        })
    }

    /// What the gig offers with the change.
    pub(crate) fn applied_to(&self, gig: &Gig) -> Result<Terms, GigError> {
        if self.admin_task && !gig.admin_task {
            return Err(GigError::PayerIsFixed);
        }
        let Terms { title, details, credits } = gig.terms();
        Ok(Terms {
            title: self.title.clone().unwrap_or(title),
            details: self.details.clone().unwrap_or(details),
            credits: self.credits.unwrap_or(credits),
        })
    }
}

/// One line of 1 to 100 characters, fit for the subject of a mail.
fn title(text: Option<&str>) -> Result<Option<String>, GigError> {
    text_of("title", text, 100, text::is_clean)
}

/// Up to 150 characters.
fn details(text: Option<&str>) -> Result<Option<String>, GigError> {
    text_of("details", text, 150, text::is_clean_multiline)
}

fn text_of(
    field: &'static str,
    text: Option<&str>,
    most: usize,
    is_clean: fn(&str) -> bool,
) -> Result<Option<String>, GigError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let fault = if !is_clean(text) {
        "may have no control characters".to_owned()
    } else if text.chars().count() > most {
        format!("may have at most {most} characters")
    } else {
        return Ok(Some(text.to_owned()));
    };
    Err(GigError::Invalid { field, text: format!("{field} {fault}") })
}

/// Reads a whole number; a wrong one is refused in the words of the old system.
pub(crate) fn number(field: &'static str, value: &Lenient) -> Result<Option<i64>, GigError> {
    value.number().map_err(|Unreadable(text)| GigError::Invalid {
        field,
        text: format!("invalid literal for int() with base 10: '{text}'"),
    })
}

/// Reads a truth, as [`number`].
pub(crate) fn truth(field: &'static str, value: &Lenient) -> Result<Option<bool>, GigError> {
    value.truth().map_err(|Unreadable(text)| GigError::Invalid {
        field,
        text: format!("Invalid literal for boolean(): {text}"),
    })
}

fn reward(credits: i64) -> Result<i64, GigError> {
    const MOST: i64 = 1_000_000;
    let fault = match credits {
        ..=0 => "Credits must be positive".to_owned(),
        1..=MOST => return Ok(credits),
        _ => format!("Credits may be at most {MOST}"),
    };
    Err(GigError::Invalid { field: "credits", text: fault })
}
