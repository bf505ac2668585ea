//! What the log of who did what says of groups, and of places in them, which are `roles` on the wire.
//!
//! Nothing leaves the log again, so it has no text that somebody wrote but the names of groups.

use grove_audit::{Actor, Change};
use grove_groups_api as api;
use grove_identity::caller::Member;
use grove_shared::NetId;
use serde_json::{Value, json};

use crate::{
    group::GroupKey,
    person::Held,
    place::{NewPlace, Place},
};

/// A group was made.
pub(crate) fn made(by: &Member, key: &GroupKey) -> Change {
    about_group(by, "made", key)
        .to(json!({ "ended": false }))
        .undone_by(&api::end(key.kind.as_str(), &key.slug))
}

/// A group that had ended was taken up again.
pub(crate) fn reopened(by: &Member, key: &GroupKey) -> Change {
    about_group(by, "reopened", key)
        .from(json!({ "ended": true }))
        .to(json!({ "ended": false }))
        .undone_by(&api::end(key.kind.as_str(), &key.slug))
}

/// A group says something else of itself.
pub(crate) fn edited(by: &Member, key: &GroupKey, fields: &[&str]) -> Change {
    about_group(by, "edited", key)
        .to(json!({ "changed": fields }))
        .irreversible("What stood there is not kept: whoever knows it can write it again.")
}

/// A group ended, and with it the places of as many people as were in it. Only one without people comes
/// back as it was.
pub(crate) fn ended(by: &Member, key: &GroupKey, name: &str, people: i64) -> Change {
    let ended = about_group(by, "ended", key)
        .from(json!({ "ended": false, "people": people }))
        .to(json!({ "ended": true }));
    if people > 0 {
        return ended.irreversible(
            "Make a group of this name: it comes with its history, and its roles are given anew.",
        );
    }
    let again = api::GroupChange { name: Some(name.to_owned()), ..api::GroupChange::default() };
    ended.undone_by(&api::create(key.kind.as_str(), &again))
}

fn about_group(by: &Member, action: &'static str, key: &GroupKey) -> Change {
    Change::new(by, action, "group", key)
}

/// Someone was given a place.
pub(crate) fn given(by: &Member, key: &GroupKey, id: u64, new: &NewPlace) -> Change {
    about_place(by, "given", &key.to_string(), &new.netid)
        .to(place(id, new.lead, &new.title))
        .undone_by(&api::end_role(key.kind.as_str(), &key.slug, id))
}

/// Someone's place was ended.
pub(crate) fn taken(by: &Member, key: &GroupKey, old: &Place) -> Change {
    let ended = about_place(by, "ended", &key.to_string(), &old.netid)
        .from(place(old.id, old.lead, &old.title));
    if !old.title.is_empty() {
        return ended
            .irreversible("Give the role again: the history of the group has what it was called.");
    }
    let (netid, lead) = (old.netid.clone(), old.lead);
    let again = api::NewGroupRole { netid, name: String::new(), lead, title: String::new() };
    ended.undone_by(&api::add_role(key.kind.as_str(), &key.slug, &again))
}

/// Someone's place ended because they left the chapter.
pub(crate) fn left(by: impl Into<Actor>, netid: &NetId, old: &Held) -> Change {
    about_place(by, "ended", &old.group, netid)
        .from(place(old.id, old.lead, &old.title))
        .irreversible("They left the chapter. Once they have joined again, give the role again.")
}

/// The places that a person has in a group one after the other are one thing: each change of it overtakes
/// those before.
fn about_place(by: impl Into<Actor>, action: &'static str, group: &str, netid: &NetId) -> Change {
    Change::new(by, action, "role", format_args!("{group}/{netid}")).about(netid)
}

fn place(id: u64, lead: bool, title: &str) -> Value {
    json!({ "id": id, "lead": lead, "office": !title.is_empty() })
}
