//! Taking messages, and showing what they would be.

use std::collections::{BTreeMap, BTreeSet};

use axum::{extract::State, response::IntoResponse};
use grove_shared::{
    ApiError, NetId,
    api::notifications::{ANNOUNCEMENTS, MEMBERSHIP},
    caller::{Caller, not_an_officer},
    db,
    extract::Json,
    idempotency::{IdempotencyKey, StoredReply},
    identity::Subject,
};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    AppState,
    audience::Contacts,
    channel::Channel,
    error::NotificationError as Error,
    kind::Kind,
    request::{Part, Request},
    store::{preferences, queue},
};

/// The services that send messages.
const SENDERS: [&str; 6] = ["auth", "credits", "gigs", "groups", "merch", "users"];

/// Who asks for a message: an officer or a service.
#[derive(Debug, Clone)]
struct Sender {
    /// A NetID, or `service:` and a name.
    name: String,
    is_officer: bool,
    /// What a message is that says no kind.
    usual: Kind,
}

impl Sender {
    fn new(Caller(caller): Caller) -> Result<Self, ApiError> {
        let usual = |name: &str| {
            let unknown = || anyhow::anyhow!("{name} is no kind of message");
            Kind::find(name).ok_or_else(|| ApiError::internal(unknown()))
        };
        match caller.subject {
            Subject::Service(name) if SENDERS.contains(&name.as_str()) => Ok(Self {
                name: format!("service:{name}"),
                is_officer: false,
                usual: usual(MEMBERSHIP)?,
            }),
            Subject::Service(_) => Err(ApiError::forbidden("This call is for services only")),
            Subject::Person { roles, .. } if roles.is_empty() => Err(not_an_officer()),
            Subject::Person { netid, .. } => {
                Ok(Self { name: netid.to_string(), is_officer: true, usual: usual(ANNOUNCEMENTS)? })
            }
            Subject::Client => Err(ApiError::unauthenticated()),
        }
    }

    /// Reads what they want to send.
    fn parse(&self, body: &Value, state: &AppState) -> Result<Request, ApiError> {
        let request = Request::parse(body, self.usual, &state.senders)?;
        if self.is_officer && request.kind.is_secret() {
            return Err(Error::invalid("Messages about accounts come from the services").into());
        }
        let off = request.parts.iter().map(|part| part.channel).find(|channel| {
            // Mail waits for a server: those who join before there is one are told later.
            *channel != Channel::Email && !state.carriers.carries(*channel)
        });
        match off {
            Some(channel) => {
                let message = format!("The channel {channel} is not configured here");
                Err(Error::invalid(message).into())
            }
            None => Ok(request),
        }
    }
}

/// Whom a part goes to: the address, and the member behind it.
type Recipients = Vec<(String, Option<NetId>)>;

/// Everyone whom a request is for, by part.
async fn recipients(state: &AppState, request: &Request) -> Result<Vec<Recipients>, Error> {
    let mut people = Vec::new();
    if request.audience.is_some() || !request.members.is_empty() {
        let contacts = Contacts::of_members(&state.peers).await?;
        if let Some(audience) = &request.audience {
            people = contacts.of(&state.peers, audience).await?;
        }
        people.extend(contacts.named(&request.members)?);
    }
    Ok(request.parts.iter().map(|part| of_part(state, part, &people)).collect())
}

fn of_part(state: &AppState, part: &Part, people: &[(NetId, String)]) -> Recipients {
    let mut seen = BTreeSet::new();
    let named = part.recipients.iter().map(|recipient| {
        let netid = (part.channel == Channel::Email).then(|| state.member_at(recipient)).flatten();
        (recipient.clone(), netid)
    });
    let people = people.iter().filter(|_| part.channel == Channel::Email);
    let people = people.map(|(netid, address)| (address.clone(), Some(netid.clone())));
    // A mailbox gets a message once, however it is written.
    named.chain(people).filter(|(address, _)| seen.insert(address.to_lowercase())).collect()
}

pub(crate) async fn send(
    caller: Caller,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(body): Json<Value>,
) -> Result<impl IntoResponse, ApiError> {
    let sender = Sender::new(caller)?;
    // A repetition gets the first reply, whatever has been configured or has failed since.
    if let Some(key) = &key
        && let Some(reply) = key.find(&state.db, &body).await?
    {
        return Ok(reply);
    }
    let request = sender.parse(&body, &state)?;
    let key = key.unwrap_or_else(|| IdempotencyKey::random(&sender.name));
    let recipients = recipients(&state, &request).await?;
    if recipients.iter().all(Vec::is_empty) {
        return Err(Error::invalid("The message would reach nobody").into());
    }
    queue(&state, &sender, &key, &body, &request, &recipients).await
}

async fn queue(
    state: &AppState,
    sender: &Sender,
    key: &IdempotencyKey,
    body: &Value,
    request: &Request,
    recipients: &[Recipients],
) -> Result<StoredReply, ApiError> {
    let now = state.clock.now();
    let mut transaction = db::begin(&state.db).await?;
    if let Some(reply) = key.begin(&mut transaction, body, now).await? {
        return Ok(reply);
    }
    let (name, kind, message) = (&sender.name, request.kind.name, &request.message);
    let id = queue::insert_notification(&mut transaction, name, kind, message, now).await?;
    for (part, recipients) in request.parts.iter().zip(recipients) {
        let part_id = queue::insert_part(&mut transaction, id, part).await?;
        let channel = part.channel;
        queue::insert_deliveries(&mut transaction, part_id, channel, recipients, now).await?;
    }
    let reply = json!({ "id": id, "message": "Notification(s) sent" });
    let reply = key.finish(&mut transaction, StatusCode::OK, &reply).await?;
    transaction.commit().await?;
    tracing::info!(notification.id = id, "{} sends a message of kind {kind}", sender.name);
    Ok(reply)
}

/// What a message would be.
#[derive(Debug, Serialize)]
pub(crate) struct Preview {
    /// How many messages go out.
    recipients: usize,
    by_channel: BTreeMap<Channel, usize>,
    /// How many more there would be if everyone wanted it.
    skipped: usize,
    subject: Option<String>,
    text: String,
    html: Option<String>,
}

pub(crate) async fn preview(
    caller: Caller,
    State(state): State<AppState>,
    Json(body): Json<Value>,
) -> Result<Json<Preview>, ApiError> {
    let sender = Sender::new(caller)?;
    if !sender.is_officer {
        return Err(not_an_officer());
    }
    let request = sender.parse(&body, &state)?;
    let recipients = recipients(&state, &request).await?;
    let (mut by_channel, mut skipped) = (BTreeMap::new(), 0);
    for (part, recipients) in request.parts.iter().zip(recipients) {
        let unwanted = unwanted(&state, request.kind, part.channel).await?;
        let all = recipients.len();
        let wanted = recipients
            .into_iter()
            .filter(|(_, netid)| netid.as_ref().is_none_or(|netid| !unwanted.contains(netid)))
            .count();
        skipped += all - wanted;
        by_channel.insert(part.channel, wanted);
    }
    let first = |pick: fn(&Part) -> Option<&String>| request.parts.iter().find_map(pick).cloned();
    Ok(Json(Preview {
        recipients: by_channel.values().sum(),
        by_channel,
        skipped,
        subject: first(|part| part.subject.as_ref()),
        html: first(|part| part.html.as_ref()),
        text: request.message,
    }))
}

async fn unwanted(
    state: &AppState,
    kind: Kind,
    channel: Channel,
) -> Result<BTreeSet<NetId>, Error> {
    if kind.mandatory {
        return Ok(BTreeSet::new());
    }
    let netids = preferences::unwanted_by(&state.db, kind.name, channel.as_str()).await?;
    Ok(netids.into_iter().collect())
}
