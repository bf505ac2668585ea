//! Who did what, as officers see it and the person whom it is about; `GET /audit/{service}` of each service.

use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Call, NetId, Service,
    page::{Limit, Page},
};

/// A page of what was done in a service, the newest first. For admin and top4; other people see what was
/// done to themselves.
pub fn list(service: Service, filter: &Filter) -> Call<Page<Entry>> {
    Call::get(service, "/audit/{service}", &[&service.name])
        .query("after", filter.after)
        .query("limit", filter.limit)
        .query("actor", filter.actor.as_ref())
        .query("about", filter.about.as_ref())
        .query("kind", filter.kind.as_ref())
        .query("object", filter.object.as_ref())
        .query("from", filter.from.map(|from| from.to_rfc3339()))
        .query("until", filter.until.map(|until| until.to_rfc3339()))
}

/// One change; 404 when there is none that the caller may see.
pub fn find(service: Service, id: u64) -> Call<Entry> {
    Call::get(service, "/audit/{service}/{id}", &[&service.name, &id])
}

/// Which changes are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// The id of the last change of the page before; nothing for the first page.
    pub after: Option<u64>,
    /// How many changes, 1 to 200; 50 if nothing is said.
    #[param(value_type = Option<u32>)]
    pub limit: Option<Limit>,
    /// Who did it: a NetID, or `service:` and the name of a service.
    #[param(example = "jsmith2")]
    pub actor: Option<String>,
    /// The person whom it is about.
    pub about: Option<NetId>,
    /// What kind of thing was changed.
    #[param(example = "quote")]
    pub kind: Option<String>,
    /// What identifies the thing among those of its kind.
    #[param(example = "12")]
    pub object: Option<String>,
    /// Not before this moment.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Identifies the change within its service.
    pub id: u64,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who made it: a NetID, or `service:` and the name of the service that did so by itself.
    #[schema(example = "jsmith2")]
    pub actor: String,
    /// What was done, in the past tense.
    #[schema(example = "approved")]
    pub action: String,
    /// What kind of thing it was done to.
    #[schema(example = "quote")]
    pub kind: String,
    /// What identifies the thing among those of its kind.
    #[schema(example = "12")]
    pub object: String,
    /// The person whom it is about, if it is about one.
    pub about: Option<NetId>,
    /// What was true before, as far as it changed; null when there was nothing.
    pub before: Value,
    /// What is true since; null when there is nothing.
    pub after: Value,
    /// The request that made it, if one did.
    pub request_id: Option<String>,
    /// The request that takes it back, if there is one and the caller may see it.
    pub undo: Option<Undo>,
    /// Why nothing takes it back, where that needs saying.
    pub irreversible: Option<String>,
    /// Whether the same thing was changed again since: then taking this back undoes more than this.
    pub is_overtaken: bool,
}

/// A request of the same service that takes a change back. Whoever sends it needs the right to do so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Undo {
    /// Its method.
    #[schema(example = "PUT")]
    pub method: String,
    /// Its path, with its query.
    #[schema(example = "/groups/committees/admin/members")]
    pub path: String,
    /// Its body.
    pub body: Value,
}

impl Undo {
    /// The call that takes the change back; nothing when the method is none that changes something.
    pub fn call(&self, service: Service) -> Option<Call<IgnoredAny>> {
        let method = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE]
            .into_iter()
            .find(|method| method.as_str() == self.method)?;
        Some(Call::stored(service.name, method, &self.path, self.body.clone()))
    }
}
