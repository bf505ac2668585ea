//! Taking messages, and showing what they would be.

use std::collections::{BTreeMap, BTreeSet};

use axum::{extract::State, response::IntoResponse};
use grove_audit::record;
use grove_http::{ApiError, extract::Json};
use grove_identity::{
    Subject,
    caller::{AdminOrTop4, Caller, Committees, not_an_officer},
};
use grove_notifications_api::{Notification, Preview, Sent};
use grove_outbox::{IdempotencyKey, StoredReply};
use grove_shared::{NetId, Role, db};
use http::StatusCode;
use serde_json::Value;

use crate::{
    audience::{Audience, Contacts},
    channel::Channel,
    error::NotificationError as Error,
    kind::Kind,
    logged,
    request::{Part, Recipients, Request},
    state::AppState,
    store::{preferences, queue},
};

/// The services that send messages.
const SENDERS: [&str; 6] = ["auth", "credits", "gigs", "groups", "merch", "users"];

/// Who asks for a message.
#[derive(Debug, Clone)]
enum Sender {
    Officer(NetId, Vec<Role>),
    Service(String),
}

impl Sender {
    fn new(Caller(caller): Caller) -> Result<Self, ApiError> {
        match caller.subject {
            Subject::Service(name) if SENDERS.contains(&name.as_str()) => Ok(Self::Service(name)),
            Subject::Service(_) => Err(ApiError::forbidden("This call is for services only")),
            Subject::Person { roles, .. } if roles.is_empty() => Err(not_an_officer()),
            Subject::Person { netid, roles, .. } => Ok(Self::Officer(netid, roles)),
            Subject::Client => Err(ApiError::unauthenticated()),
        }
    }

    /// A NetID, or `service:` and a name.
    fn name(&self) -> String {
        match self {
            Self::Officer(netid, _) => netid.to_string(),
            Self::Service(name) => format!("service:{name}"),
        }
    }

    /// Reads what they want to send.
    fn parse(&self, body: &Value, state: &AppState) -> Result<Request, Error> {
        let usual = match self {
            Self::Officer(..) => Kind::ANNOUNCEMENTS,
            Self::Service(_) => Kind::MEMBERSHIP,
        };
        let request = Request::parse(body, usual, &state.senders)?;
        if let Self::Officer(_, roles) = self {
            request.check_text()?;
            if request.kind.is_secret() {
                return Err(Error::invalid("Messages about accounts come from the services"));
            }
            let may_reach_all = roles.iter().any(|role| AdminOrTop4::ROLES.contains(role));
            if request.audience == Some(Audience::Members) && !may_reach_all {
                return Err(Error::NotForEveryone);
            }
        }
        let off = request.parts.iter().map(|part| part.channel).find(|channel| {
            // Mail waits for a server: those who join before there is one are told later.
            *channel != Channel::Email && !state.carriers.carries(*channel)
        });
        off.map_or(Ok(request), |channel| {
            Err(Error::invalid(format!("The channel {channel} is not configured here")))
        })
    }
}

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

/// Sends a message
///
/// It is checked as a whole, queued, and delivered from there. Old clients may have the text of a mail be its
/// HTML by `"mimetype": "text/html"` in its channel, and send null for what they leave out.
#[utoipa::path(
    post,
    path = "/notification",
    request_body = Notification,
    responses(
        (status = 200, description = "Queued", body = Sent),
        (status = 400, description = "A field is missing or wrong, a channel is not configured, or nobody would get it; `errors` says it by field"),
        (status = 403, description = "The caller may send no messages, or none to every member"),
        (status = 413, description = "The text or the HTML is too long"),
        (status = 422, description = "The Idempotency-Key came with another message"),
    ),
)]
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
    let key = key.unwrap_or_else(|| IdempotencyKey::random("message"));
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
    let (name, kind, message) = (sender.name(), request.kind.name, &request.message);
    let id = queue::insert_notification(&mut transaction, &name, kind, message, now).await?;
    for (part, recipients) in request.parts.iter().zip(recipients) {
        let part_id = queue::insert_part(&mut transaction, id, part).await?;
        let channel = part.channel;
        queue::insert_deliveries(&mut transaction, part_id, channel, recipients, now).await?;
    }
    if let Sender::Officer(officer, _) = sender {
        record(&mut transaction, logged::sent(officer, id, request, recipients), now).await?;
    }
    let reply = Sent { id, message: "Notification(s) sent".to_owned() };
    let reply = key.finish(&mut transaction, StatusCode::OK, &reply).await?;
    transaction.commit().await?;
    tracing::info!(notification.id = id, "{name} sends a message of kind {kind}");
    Ok(reply)
}

/// What a message would look like, and how many it would reach
///
/// Sends nothing.
#[utoipa::path(
    post,
    path = "/notifications/preview",
    request_body = Notification,
    responses(
        (status = 200, description = "The message, and how many would get it", body = Preview),
        (status = 400, description = "A field is missing or wrong, or a channel is not configured; `errors` says it by field"),
        (status = 403, description = "The caller may send no messages, or none to every member"),
        (status = 413, description = "The text or the HTML is too long"),
    ),
)]
pub(crate) async fn preview(
    caller: Caller,
    State(state): State<AppState>,
    Json(body): Json<Value>,
) -> Result<Json<Preview>, ApiError> {
    let sender = Sender::new(caller)?;
    if let Sender::Service(_) = sender {
        return Err(not_an_officer());
    }
    let request = sender.parse(&body, &state)?;
    let recipients = recipients(&state, &request).await?;
    let (mut by_channel, mut skipped) = (BTreeMap::new(), 0);
    for (part, recipients) in request.parts.iter().zip(recipients) {
        let unwanted = unwanted(&state, request.kind, part.channel).await?;
        let is_wanted =
            |netid: &Option<NetId>| netid.as_ref().is_none_or(|netid| !unwanted.contains(netid));
        let (mut wanted, all) = (0, recipients.len() as u64);
        recipients.iter().filter(|(_, netid)| is_wanted(netid)).for_each(|_| wanted += 1);
        skipped += all - wanted;
        by_channel.insert(part.channel.to_string(), wanted);
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
