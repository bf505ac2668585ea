//! Which messages the visitor gets, and on which way.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_notifications_api::{
    self as notifications, Preference, PreferenceChange, PreferenceChanges,
};
use grove_shared::Client;

use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    pages::notifications::{channel, kind},
    person::Person,
    render::{Frame, Page, see_other},
    session::SignedIn,
    typed::Typed,
};

const PAGE: &str = "/account/notifications";

/// The table of kinds and channels.
#[derive(Debug, Template)]
#[template(path = "account/notifications.html")]
pub(crate) struct Choices {
    frame: Frame,
    person: Arc<Person>,
    /// What the columns are called.
    channels: Vec<&'static str>,
    rows: Vec<Row>,
    form: Form,
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
    fn new(frame: Frame, person: Arc<Person>, preferences: &[Preference], form: Form) -> Self {
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
        Self { frame, person, channels, rows, form }
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

/// What was shown, and what of it is ticked.
fn form() -> Form {
    let list = |name| Field::new(Kind::Ticks(Vec::new()), name, "");
    Form::new(PAGE, vec![list("shown"), list("on")])
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Choices>, PageError> {
    let mut preferences = gateway.call(notifications::preferences()).await?.preferences;
    let form = frame.restored(form());
    let typed = chosen(&form);
    for preference in &mut preferences {
        let typed = typed
            .iter()
            .find(|typed| typed.kind == preference.kind && typed.channel == preference.channel);
        preference.enabled = typed.map_or(preference.enabled, |typed| typed.enabled);
    }
    Ok(Page(Choices::new(frame, person, &preferences, form)))
}

/// What was shown, and what of it is ticked: what the form did not show stays as it is.
fn chosen(form: &Form) -> Vec<PreferenceChange> {
    let shown = form.field("shown").values.iter().filter_map(|name| {
        let (kind, channel) = name.split_once(':')?;
        let enabled = form.field("on").has(name);
        Some(PreferenceChange { kind: kind.to_owned(), channel: channel.to_owned(), enabled })
    });
    shown.collect()
}

pub(crate) async fn save(
    _: SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    let changes = PreferenceChanges { preferences: chosen(&form) };
    match gateway.call(notifications::change_preferences(&changes)).await {
        Ok(_) => {
            flash.success("Saved. It counts from the next message on.");
            Ok(see_other(PAGE))
        }
        Err(error) => {
            form.refuse(error)?;
            frame.again(PAGE, &form)
        }
    }
}
