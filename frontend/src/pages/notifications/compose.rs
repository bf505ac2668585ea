//! Writing a message to people: the form, a look at what goes out and to how many, and sending it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_groups_api as groups;
use grove_notifications_api::{self as notifications, ANNOUNCEMENTS, Preview};
use grove_shared::{CallError, Client};
use http::StatusCode;

use super::{LOG, channel, draft};
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Choice, Field, Form, KEY, Kind},
    gateway::Gateway,
    once::OnceKey,
    person::Person,
    render::{Frame, Page, see_other},
    session::OfficerVisitor,
    typed::Typed,
};

const PAGE: &str = "/intranet/notifications/new";
const SILENT: &str = "There was no answer, so nobody knows whether the message went out. \
    Look at it and send it again: it goes out once.";
const NOBODY_LOOKED: &str = "There was no answer. Nothing was sent; try again in a moment.";

#[derive(Debug, Template)]
#[template(path = "notifications/new.html")]
struct New {
    frame: Frame,
    person: Arc<Person>,
    form: Form,
}

#[derive(Debug, Template)]
#[template(path = "notifications/preview.html")]
struct Look {
    frame: Frame,
    person: Arc<Person>,
    form: Form,
    preview: Preview,
    counts: Vec<(&'static str, u64)>,
}

/// What the service and the groups let an officer choose.
#[derive(Debug, Default)]
struct Choices {
    channels: Vec<Choice>,
    kinds: Vec<Choice>,
    senders: Vec<Choice>,
    /// SIGs and committees, as `sigs/SIGGraph` and by name.
    groups: Vec<Choice>,
}

impl Choices {
    async fn load(gateway: &Gateway) -> Result<Self, PageError> {
        let (channels, sigs, committees) = tokio::join!(
            gateway.call(notifications::channels()),
            gateway.public(groups::list("sigs")),
            gateway.public(groups::list("committees"))
        );
        let known = channels?;
        let mail = known.channels.iter().find(|channel| channel.name == "email");
        let senders = mail.map(|channel| channel.senders.clone()).unwrap_or_default();
        // Without the groups one can still write to everybody.
        let groups = [("sigs", sigs), ("committees", committees)];
        let groups = groups.into_iter().flat_map(|(kind, groups)| {
            let choice = move |group: groups::Group| {
                Choice::new(format!("{kind}/{}", group.name), group.name)
            };
            groups.unwrap_or_default().into_iter().map(choice)
        });
        let none = Choice::new("", "None");
        Ok(Self {
            channels: known.channels.into_iter().map(channel_choice).collect(),
            kinds: known.kinds.into_iter().map(kind_choice).collect(),
            senders: senders
                .into_iter()
                .map(|sender| Choice::new(sender.clone(), sender))
                .collect(),
            groups: [none].into_iter().chain(groups).collect(),
        })
    }
}

fn channel_choice(state: notifications::ChannelState) -> Choice {
    let label = channel(&state.name);
    let closed = if state.configured { "" } else { "not configured" };
    Choice { closed, ..Choice::new(state.name, label) }
}

fn kind_choice(state: notifications::KindState) -> Choice {
    let mut label = super::kind(&state.name);
    if state.mandatory {
        label += ", which everyone gets";
    }
    Choice::new(state.name, label)
}

fn form(choices: Choices) -> Form {
    let Choices { channels, kinds, senders, groups } = choices;
    let audiences = vec![
        Choice::new("members", "Every member"),
        Choice::new("officers", "Officers"),
        Choice::new("group", "A SIG or committee"),
        Choice::new("addresses", "Single people"),
    ];
    let fields = vec![
        Field::new(Kind::Ticks(channels), "channel", "How it goes out")
            .required("Choose at least one channel."),
        Field::new(Kind::Radios(audiences), "audience", "Who gets the mail")
            .required("Choose who gets the mail."),
        Field::new(Kind::Select(groups), "group", "SIG or committee")
            .hint("Counts when a SIG or committee gets it."),
        Field::new(Kind::ShortArea, "addresses", "People")
            .most(4000)
            .hint("Counts when single people get it: mail addresses or NetIDs, one a line."),
        Field::new(Kind::Text, "rooms", "Slack channels")
            .most(500)
            .placeholder("#general")
            .hint("Counts when it goes to Slack; several are separated by commas."),
        Field::new(Kind::Select(kinds), "kind", "Kind")
            .hint("Members choose which kinds they get."),
        Field::new(Kind::Select(senders), "sender", "From"),
        Field::new(Kind::Text, "subject", "Subject").most(200),
        Field::new(Kind::LongArea, "message", "Text").required("Write a text.").most(10_000),
        Field::new(Kind::LongArea, "html", "HTML").most(20_000).hint(
            "Mail programs that show HTML show this in place of the text. The text goes out too.",
        ),
        Field::new(Kind::Hidden, "step", ""),
    ];
    Form::new(PAGE, fields).once()
}

pub(super) async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let blank = form(Choices::default())
        .with("audience", "members")
        .with("channel", "email")
        .with("kind", ANNOUNCEMENTS);
    let form = frame.restored(blank);
    answer(person, frame, &gateway, form).await
}

/// The page that comes next for a form: the look at it, or the form itself.
async fn answer(
    person: Arc<Person>,
    frame: Frame,
    gateway: &Gateway,
    mut form: Form,
) -> Result<Response, PageError> {
    if form.value("step") == "look"
        && let Some(preview) = preview(gateway, &mut form).await?
    {
        let counts = preview.by_channel.iter();
        let counts = counts.map(|(name, count)| (channel(name), *count)).collect();
        let page = Look { frame, person, form, preview, counts };
        return Ok(Page(page).into_response());
    }
    form.offer(self::form(Choices::load(gateway).await?));
    Ok(Page(New { frame, person, form }).into_response())
}

/// What goes out and to how many; nothing when that cannot be told, which the form says then.
async fn preview(gateway: &Gateway, form: &mut Form) -> Result<Option<Preview>, PageError> {
    let Some(message) = draft::message(form) else { return Ok(None) };
    match gateway.call(notifications::preview(&message)).await {
        Ok(preview) => return Ok(Some(preview)),
        Err(CallError::Unreachable { .. } | CallError::Unavailable { .. }) => {
            form.error = Some(NOBODY_LOOKED.to_owned());
        }
        Err(error) => refuse(form, error)?,
    }
    Ok(None)
}

pub(super) async fn submit(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let known = OnceKey::try_from(typed.get(KEY).to_owned()).ok();
    let mut form = form(Choices::default()).without_key().filled(&typed);
    // The key stays while it is not known whether the message went out with it.
    form.key = Some(known.clone().unwrap_or_else(OnceKey::draw));
    let step = form.value("step").to_owned();
    form.set("step", "");
    if step != "edit" && draft::check(&mut form)? {
        match (known, draft::message(&mut form)) {
            (Some(key), Some(message)) if step == "send" => {
                match gateway.call(notifications::send(&message).once(key.as_str())).await {
                    Ok(sent) => {
                        flash.success("The message is on its way. Here is how far it came.");
                        return Ok(see_other(&format!("{LOG}/{}", sent.id)));
                    }
                    Err(CallError::Unreachable { .. } | CallError::Unavailable { .. }) => {
                        form.error = Some(SILENT.to_owned());
                    }
                    Err(error) => refuse(&mut form, error)?,
                }
            }
            (_, Some(_)) => form.set("step", "look"),
            (_, None) => {}
        }
    }
    match frame.again_if_short(PAGE, &form) {
        Some(response) => Ok(response),
        None => answer(person, frame, &gateway, form).await,
    }
}

/// What belongs next to the form; so does that the text is too long.
fn refuse(form: &mut Form, error: CallError) -> Result<(), PageError> {
    match error {
        CallError::Refused { status: StatusCode::PAYLOAD_TOO_LARGE, message, .. } => {
            form.wrong("message", message);
            Ok(())
        }
        error => form.refuse(error),
    }
}
