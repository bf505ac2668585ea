//! A page of changes, put together from what each service logged.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use grove_shared::{
    Client, Service,
    audit::{self, Entry, Filter},
    config::ChapterTime,
    page::Limit,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::PageError,
    form::{Choice, Field, Form, Kind},
    gateway::Gateway,
    moment::Moment,
    period::Period,
    person::Person,
};

/// The services that keep a log: all of them.
pub(super) const SERVICES: [Service; 9] = [
    grove_auth_api::SERVICE,
    grove_credits_api::SERVICE,
    grove_directory_api::SERVICE,
    grove_gigs_api::SERVICE,
    grove_groups_api::SERVICE,
    grove_merch_api::SERVICE,
    grove_notifications_api::SERVICE,
    grove_quotes_api::SERVICE,
    grove_users_api::SERVICE,
];

/// The page that shows them.
pub(super) const PAGE: &str = "/intranet/changes";
/// Changes on a page.
const MOST: u32 = 50;

/// Which changes are asked for, as the page's address says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    actor: String,
    about: String,
    service: String,
    /// What was changed: `quote 12`, or only what kind of thing it is.
    thing: String,
    from: String,
    to: String,
    /// Only what was done before this moment.
    before: String,
}

/// A page of changes.
#[derive(Debug)]
pub(super) struct Log {
    /// The filter: for officers.
    pub(super) form: Form,
    pub(super) is_filtered: bool,
    pub(super) rows: Vec<Row>,
    /// Services that did not answer, so that their changes are missing.
    pub(super) silent: Vec<&'static str>,
    /// The page with what was done before.
    pub(super) older: Option<String>,
}

/// A change.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) service: &'static str,
    pub(super) id: u64,
    pub(super) at: Moment,
    pub(super) actor: String,
    /// `approved quote 12`
    pub(super) what: String,
    pub(super) about: Option<String>,
    pub(super) values: Vec<Values>,
    pub(super) request: Option<String>,
    pub(super) return_path: ReturnPath,
}

/// What became of one thing that changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Whether a change can be taken back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReturnPath {
    /// Yes, by a click.
    Open,
    /// No, and why.
    Closed(String),
    /// It is not said.
    Unknown,
}

impl Log {
    /// Asks each service that is wanted, all at the same time.
    pub(super) async fn load(
        wanted: Wanted,
        person: &Person,
        gateway: &Gateway,
        time: ChapterTime,
    ) -> Result<Self, PageError> {
        let (mut form, period) = form(&wanted);
        let filter = filter(&wanted, &mut form, &period, time);
        let asked = SERVICES.into_iter().filter(|service| {
            form.is_wrong() || wanted.service.is_empty() || wanted.service == service.name
        });
        let filter = &filter;
        let answers = asked.map(async |service| {
            (service.name, gateway.in_haste().call(audit::list(service, filter)).await)
        });
        let (mut entries, mut silent, mut has_more) = (Vec::new(), Vec::new(), false);
        for (service, answer) in join_all(answers).await {
            match answer {
                Ok(page) => {
                    has_more |= page.next.is_some();
                    entries.extend(page.items.into_iter().map(|entry| (service, entry)));
                }
                Err(cause) if cause.status().is_some() => return Err(cause.into()),
                Err(cause) => {
                    tracing::debug!(%cause, "no changes of {service}");
                    silent.push(service);
                }
            }
        }
        entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
        let older = cut(&mut entries, has_more).map(|last| wanted.older(last));
        let may_undo = person.is_board();
        let rows = entries.into_iter().map(|(service, entry)| Row::new(service, entry, may_undo));
        let is_filtered = form.fields.iter().any(|field| !field.value().is_empty());
        Ok(Self { form, is_filtered, rows: rows.collect(), silent, older })
    }
}

/// Leaves a page of them, and tells the moment of its last one when there is more.
fn cut(entries: &mut Vec<(&'static str, Entry)>, has_more: bool) -> Option<DateTime<Utc>> {
    let most = MOST as usize;
    let last = entries.get(most.min(entries.len()).checked_sub(1)?)?.1.at;
    // What was done in the same moment belongs to the page: the next one begins before it.
    let shown = entries.iter().take_while(|(_, entry)| entry.at >= last).count();
    let is_cut = shown < entries.len();
    entries.truncate(shown);
    (is_cut || has_more).then_some(last)
}

fn form(wanted: &Wanted) -> (Form, Period) {
    let period = Period::read(&wanted.from, &wanted.to);
    let mut services = vec![Choice::new("", "all services")];
    services.extend(SERVICES.map(|service| Choice::new(service.name, service.name)));
    let mut fields = vec![
        Field::new(Kind::Text, "actor", "Who did it").most(40),
        Field::new(Kind::NetId, "about", "To whom"),
        Field::new(Kind::Select(services), "service", "Service"),
        Field::new(Kind::Text, "thing", "What was changed").most(100).placeholder("quote 12"),
    ];
    fields.extend(period.form.fields.clone());
    let form = Form::new(PAGE, fields)
        .with("actor", wanted.actor.trim())
        .with("about", wanted.about.trim())
        .with("service", wanted.service.as_str())
        .with("thing", wanted.thing.trim());
    (form, period)
}

/// What to ask for; while something is wrong with a field, that field asks for nothing.
fn filter(wanted: &Wanted, form: &mut Form, period: &Period, time: ChapterTime) -> Filter {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let about = text(&wanted.about).map(|about| about.parse());
    if let Some(Err(_)) = about {
        form.wrong("about", "Enter a NetID, such as jsmith2.");
    }
    let (kind, object) = match wanted.thing.trim().split_once(' ') {
        Some((kind, object)) => (text(kind), text(object)),
        None => (text(&wanted.thing), None),
    };
    let end = period.to.map(|day| time.end_of(day));
    let before = wanted.before.parse().ok();
    Filter {
        after: None,
        limit: Some(Limit::new(MOST)),
        actor: text(&wanted.actor),
        about: about.and_then(Result::ok),
        kind,
        object,
        from: period.from.map(|day| time.start_of(day)),
        until: [end, before].into_iter().flatten().min(),
    }
}

impl Wanted {
    /// The page with what was done before `moment`.
    fn older(&self, moment: DateTime<Utc>) -> String {
        let before = moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("actor", &self.actor),
            ("about", &self.about),
            ("service", &self.service),
            ("thing", &self.thing),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &before),
        ];
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        format!("{}?{}", PAGE, query.finish())
    }
}

impl Row {
    fn new(service: &'static str, entry: Entry, may_undo: bool) -> Self {
        let return_path = match (&entry.undo, entry.irreversible) {
            (_, Some(why)) => ReturnPath::Closed(why),
            (Some(_), None) if entry.is_overtaken => {
                ReturnPath::Closed("It was changed again since.".to_owned())
            }
            (Some(_), None) if may_undo => ReturnPath::Open,
            _ => ReturnPath::Unknown,
        };
        let actor = match entry.actor.strip_prefix("service:") {
            Some(name) => format!("{name}, by itself"),
            None => entry.actor,
        };
        Self {
            service,
            id: entry.id,
            at: Moment(entry.at),
            actor,
            what: format!("{} {} {}", entry.action, entry.kind, entry.object),
            about: entry.about.map(|about| about.to_string()),
            values: values(&entry.before, &entry.after),
            request: entry.request_id,
            return_path,
        }
    }
}

/// What changed, one name at a time.
fn values(before: &Value, after: &Value) -> Vec<Values> {
    let names = |value: &Value| match value {
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Null => BTreeSet::new(),
        _ => BTreeSet::from([String::new()]),
    };
    let of = |value: &Value, name: &str| match value {
        Value::Object(members) => members.get(name).map(words).unwrap_or_default(),
        _ if name.is_empty() => words(value),
        _ => String::new(),
    };
    let all = &names(before) | &names(after);
    let values = all.into_iter().map(|name| {
        let (before, after) = (of(before, &name), of(after, &name));
        Values { name: name.replace('_', " "), before, after }
    });
    values.collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_changed_is_told_by_name() {
        let told = values(&json!({ "price": 20, "in_stock": true }), &json!({ "price": 25 }));
        let value = |name: &str, before: &str, after: &str| Values {
            name: name.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        assert_eq!(told, [value("in stock", "yes", ""), value("price", "20", "25")]);
        assert_eq!(values(&Value::Null, &json!("lead")), [value("", "", "lead")]);
        assert!(values(&Value::Null, &Value::Null).is_empty());
    }
}
