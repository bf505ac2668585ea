//! Which messages the visitor gets, and on which way.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Preference},
    pages::notifications::{channel, kind},
    render::{Frame, Page, see_other},
    session::{Person, SignedIn},
};

const PAGE: &str = "/account/notifications";

/// The table of kinds and channels.
#[derive(Debug, Template)]
#[template(path = "account/notifications.html")]
struct Choices {
    frame: Frame,
    person: Arc<Person>,
    /// What the columns are called.
    channels: Vec<&'static str>,
    rows: Vec<Row>,
    error: Option<String>,
}

/// A kind of message.
#[derive(Debug)]
struct Row {
    label: String,
    mandatory: bool,
    /// One a channel; nothing where it never goes out.
    cells: Vec<Option<Cell>>,
}

/// A kind of message on a channel.
#[derive(Debug)]
struct Cell {
    /// `kind:channel`
    name: String,
    channel: &'static str,
    on: bool,
    /// Whether everyone gets it.
    mandatory: bool,
}

impl Choices {
    fn new(
        frame: Frame,
        person: Arc<Person>,
        preferences: &[Preference],
        error: Option<String>,
    ) -> Self {
        let channels = distinct(preferences.iter().map(|preference| &preference.channel));
        let row = |name: &String| {
            let of_kind = || preferences.iter().filter(move |preference| preference.kind == *name);
            let cell = |channel: &&String| of_kind().find(|cell| cell.channel == **channel);
            Row {
                label: kind(name),
                mandatory: of_kind().all(|preference| preference.mandatory),
                cells: channels.iter().map(|channel| cell(channel).map(Cell::from)).collect(),
            }
        };
        let kinds = distinct(preferences.iter().map(|preference| &preference.kind));
        let rows = kinds.into_iter().map(row).collect();
        let channels = channels.into_iter().map(|name| channel(name)).collect();
        Self { frame, person, channels, rows, error }
    }
}

impl From<&Preference> for Cell {
    fn from(preference: &Preference) -> Self {
        Self {
            name: format!("{}:{}", preference.kind, preference.channel),
            channel: channel(&preference.channel),
            on: preference.enabled || preference.mandatory,
            mandatory: preference.mandatory,
        }
    }
}

/// Each name once, in the order of their first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    names.fold(Vec::new(), |mut seen, name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
        seen
    })
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let preferences = gateway.preferences().await?;
    Ok(Page(Choices::new(frame, person, &preferences, None)).into_response())
}

/// What was shown, and what of it is ticked: what the form did not show stays as it is.
fn chosen(fields: &[(String, String)]) -> Vec<Preference> {
    let values = |field: &'static str| {
        fields.iter().filter(move |(name, _)| name == field).map(|(_, value)| value)
    };
    let shown = values("shown").filter_map(|name| {
        let (kind, channel) = name.split_once(':')?;
        let enabled = values("on").any(|on| on == name);
        let (kind, channel) = (kind.to_owned(), channel.to_owned());
        Some(Preference { kind, channel, enabled, mandatory: false })
    });
    shown.collect()
}

pub(crate) async fn save(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(fields): Protected<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let chosen = chosen(&fields);
    let refused = match gateway.change_preferences(&chosen).await {
        Ok(()) => {
            flash.success("Saved. It counts from the next message on.");
            return Ok(see_other(PAGE));
        }
        Err(error) => error.refusal_or_absence()?,
    };
    let mut preferences = gateway.preferences().await?;
    for preference in &mut preferences {
        let typed = chosen.iter().find(|typed| typed.names(preference));
        preference.enabled = typed.map_or(preference.enabled, |typed| typed.enabled);
    }
    let page = Choices::new(frame, person, &preferences, Some(refused.message));
    Ok((refused.status, Page(page)).into_response())
}
