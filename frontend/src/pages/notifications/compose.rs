//! Writing a message to people: the form, a look at what goes out and to how many, and sending it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{
    LOG, channel,
    draft::{Draft, Step},
};
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{self, Gateway, GatewayError, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other},
    session::{OfficerVisitor, Person},
};

const SILENT: &str = "There was no answer, so nobody knows whether the message went out. \
    Look at it and send it again: it goes out once.";
const NOBODY_LOOKED: &str = "There was no answer. Nothing was sent; try again in a moment.";

#[derive(Debug, Template)]
#[template(path = "notifications/new.html")]
struct New {
    frame: Frame,
    person: Arc<Person>,
    choices: Choices,
    draft: Draft,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "notifications/preview.html")]
struct Look {
    frame: Frame,
    person: Arc<Person>,
    draft: Draft,
    preview: gateway::Preview,
    counts: Vec<(&'static str, u64)>,
}

/// What the form offers.
#[derive(Debug)]
struct Choices {
    channels: Vec<Choice>,
    kinds: Vec<Choice>,
    senders: Vec<String>,
    /// SIGs and committees, as `sigs/SIGGraph` and by name.
    groups: Vec<Choice>,
}

/// Something to choose.
#[derive(Debug)]
struct Choice {
    value: String,
    label: String,
    /// Whether it can be chosen.
    open: bool,
}

impl Choices {
    async fn load(gateway: &Gateway) -> Result<Self, PageError> {
        let (channels, sigs, committees) =
            tokio::join!(gateway.channels(), gateway.groups("sigs"), gateway.groups("committees"));
        let known = channels?;
        let groups = [("sigs", sigs), ("committees", committees)];
        let senders = known.channels.iter().find(|channel| channel.name == "email");
        Ok(Self {
            senders: senders.map(|channel| channel.senders.clone()).unwrap_or_default(),
            channels: known.channels.into_iter().map(Choice::of_channel).collect(),
            kinds: known.kinds.into_iter().map(Choice::of_kind).collect(),
            // Without the groups one can still write to everybody.
            groups: groups
                .into_iter()
                .flat_map(|(kind, groups)| {
                    groups.unwrap_or_default().into_iter().map(move |group| Choice {
                        value: format!("{kind}/{}", group.name),
                        label: group.name,
                        open: true,
                    })
                })
                .collect(),
        })
    }

    /// Whether a channel can be chosen.
    fn has(&self, name: &str) -> bool {
        self.channels.iter().any(|channel| channel.value == name && channel.open)
    }
}

impl Choice {
    fn of_channel(state: gateway::ChannelState) -> Self {
        let label = channel(&state.name).to_owned();
        Self { label, open: state.configured, value: state.name }
    }

    fn of_kind(state: gateway::KindState) -> Self {
        let mut label = super::kind(&state.name);
        if state.mandatory {
            label += ", which everyone gets";
        }
        Self { label, value: state.name, open: true }
    }
}

pub(super) async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let choices = Choices::load(&gateway).await?;
    Ok(Page(New { frame, person, choices, draft: Draft::blank(), error: None }).into_response())
}

/// Why the form is shown again, if anything is wrong.
enum Outcome {
    Preview(gateway::Preview),
    Sent(u64),
    Form(Option<Refusal>),
}

pub(super) async fn submit(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(fields): Protected<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let (mut draft, step) = Draft::read(fields);
    match carry_out(&gateway, &mut draft, step).await? {
        Outcome::Preview(preview) => {
            let counts = preview.by_channel.iter();
            let counts = counts.map(|(name, count)| (channel(name), *count)).collect();
            Ok(Page(Look { frame, person, draft, preview, counts }).into_response())
        }
        Outcome::Sent(id) => {
            flash.success("The message is on its way. Here is how far it came.");
            Ok(see_other(&format!("{LOG}/{id}")))
        }
        Outcome::Form(refused) => {
            let choices = Choices::load(&gateway).await?;
            let status = refused.as_ref().map_or(StatusCode::OK, |refused| refused.status);
            let error = refused.map(|refused| refused.message);
            Ok((status, Page(New { frame, person, choices, draft, error })).into_response())
        }
    }
}

async fn carry_out(gateway: &Gateway, draft: &mut Draft, step: Step) -> Result<Outcome, PageError> {
    if step == Step::Edit {
        return Ok(Outcome::Form(None));
    }
    if let Some(missing) = draft.missing() {
        return Ok(refused(StatusCode::BAD_REQUEST, missing));
    }
    // The key stays while it is not known whether the message went out with it.
    let key = draft.key.take();
    let message = draft.message();
    match (step, key) {
        (Step::Send, Some(key)) => match gateway.send_notification(&message, &key).await {
            Ok(id) => Ok(Outcome::Sent(id)),
            Err(GatewayError::Unavailable(_)) => {
                draft.key = Some(key);
                Ok(refused(StatusCode::SERVICE_UNAVAILABLE, SILENT))
            }
            Err(error) => Ok(Outcome::Form(Some(refusal(error)?))),
        },
        (_, key) => match gateway.preview_notification(&message).await {
            Ok(preview) => {
                draft.key = Some(key.unwrap_or_else(OnceKey::draw));
                Ok(Outcome::Preview(preview))
            }
            Err(GatewayError::Unavailable(_)) => {
                draft.key = key;
                Ok(refused(StatusCode::SERVICE_UNAVAILABLE, NOBODY_LOOKED))
            }
            Err(error) => Ok(Outcome::Form(Some(refusal(error)?))),
        },
    }
}

/// What belongs next to the form; so does that the text is too long.
fn refusal(error: GatewayError) -> Result<Refusal, PageError> {
    match error {
        GatewayError::Refused { status: StatusCode::PAYLOAD_TOO_LARGE, message, .. } => {
            Ok(Refusal { status: StatusCode::BAD_REQUEST, message })
        }
        error => error.refusal_or_absence(),
    }
}

fn refused(status: StatusCode, message: &str) -> Outcome {
    Outcome::Form(Some(Refusal { status, message: message.to_owned() }))
}
