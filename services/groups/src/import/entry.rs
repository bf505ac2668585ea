//! One group of the old files, as far as it can be understood.
//!
//! People edited the files by hand, and the fields have no fixed shapes: text may be a list, and a
//! list may be text.

use grove_groups_api::{GroupChange, NewGroupRole};
use grove_shared::{NetId, import::Report};
use serde_json::{Map, Value};

use crate::{
    group::{Field, GroupName},
    place::NewPlace,
};

/// A group and the people in it, all of it valid.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) group: GroupChange,
    pub(super) places: Vec<NewPlace>,
}

impl Entry {
    /// Reads the group that is the `number`th of its file; what is wrong goes into the report.
    pub(super) fn read(number: usize, value: &Value, report: &mut Report) -> Option<Self> {
        let Value::Object(fields) = value else {
            report.skip(format!("group {number}"), "it has no fields");
            return None;
        };
        let name = match GroupName::parse(text(fields, "name").ok().as_deref()) {
            Ok(name) => name.as_str().to_owned(),
            Err(error) => {
                report.skip(format!("group {number}"), error);
                return None;
            }
        };
        let mut field = |field: Field| {
            let text = text(fields, field.name()).map(|text| field.parse(&text));
            match text {
                Ok(Ok(text)) => Some(text),
                Ok(Err(error)) => {
                    report.skip(format!("{name}, {}", field.name()), error);
                    None
                }
                Err(reason) => {
                    report.skip(format!("{name}, {}", field.name()), reason);
                    None
                }
            }
        };
        let group = GroupChange {
            description: field(Field::Description),
            meeting_day: field(Field::MeetingDay),
            meeting_time: field(Field::MeetingTime),
            meeting_loc: field(Field::MeetingLoc),
            site: field(Field::Site),
            email: field(Field::Email),
            name: Some(name.clone()),
        };
        let places = People { group: &name, list: Vec::new(), report }.read(fields);
        Some(Self { group, places })
    }
}

/// The people of one group. Only those whose NetID the file tells can be taken over, and a NetID is
/// never guessed from a name: it may give its owner the rights of an officer.
struct People<'a> {
    group: &'a str,
    list: Vec<NewPlace>,
    report: &'a mut Report,
}

impl People<'_> {
    fn read(mut self, fields: &Map<String, Value>) -> Vec<NewPlace> {
        self.read_netids(&texts(fields, "netids"));
        self.read_members(&texts(fields, "members"));
        self.read_offices(get(fields, "roles"));
        self.read_chairs(&texts(fields, "chairs"));
        self.list
    }

    fn skip(&mut self, what: &str, reason: &str) {
        self.report.skip(format!("{}, {what}", self.group), reason);
    }

    fn read_netids(&mut self, netids: &[String]) {
        for text in netids {
            match text.to_lowercase().parse::<NetId>() {
                Ok(netid) if self.list.iter().any(|place| place.netid == netid) => {}
                Ok(netid) => {
                    let (name, title) = (String::new(), String::new());
                    self.list.push(NewPlace { netid, name, lead: false, title });
                }
                Err(_) => self.skip(&format!("netids: {text}"), "it is no NetID"),
            }
        }
    }

    /// `members` are the names of `netids`, one by one; or a number, which says nothing.
    fn read_members(&mut self, names: &[String]) {
        if names.is_empty() || names.iter().any(|name| name.parse::<u32>().is_ok()) {
            return;
        }
        if names.len() != self.list.len() {
            return self
                .skip("members", "they are not as many as the netids: whose names are they?");
        }
        for (index, name) in names.iter().enumerate() {
            self.rename(index, name);
        }
    }

    fn rename(&mut self, index: usize, name: &str) {
        let Some(place) = self.list.get(index) else { return };
        if !place.name.is_empty() || place.netid.as_str() == name.to_lowercase() {
            return;
        }
        self.change(index, &format!("name {name}"), |role| name.clone_into(&mut role.name));
    }

    /// Changes a place, unless that makes it invalid.
    fn change(&mut self, index: usize, what: &str, change: impl FnOnce(&mut NewGroupRole)) {
        let NewPlace { netid, name, lead, title } = self.list[index].clone();
        let mut role = NewGroupRole { netid, name, lead, title };
        change(&mut role);
        match NewPlace::try_from(role) {
            Ok(place) => self.list[index] = place,
            Err(error) => self.skip(what, &error.to_string()),
        }
    }

    /// Who is meant by a NetID, a name or the mail address of either.
    fn find(&self, who: &str) -> Option<usize> {
        let who = who.trim().to_lowercase();
        let account = who.split_once('@').map_or(who.as_str(), |(account, _)| account);
        self.list.iter().position(|place| {
            place.netid.as_str() == account || (!who.is_empty() && place.name.to_lowercase() == who)
        })
    }

    fn read_offices(&mut self, roles: Option<&Value>) {
        let roles = match roles {
            None | Some(Value::Null) => return,
            Some(Value::Array(roles)) => roles.as_slice(),
            Some(role) => std::slice::from_ref(role),
        };
        for role in roles {
            let Value::Object(role) = role else {
                self.skip("roles", "one of them has no fields");
                continue;
            };
            let [title, holder, email] =
                ["name", "holder", "email"].map(|field| text(role, field).unwrap_or_default());
            let what = format!("role {title}");
            match self.find(&holder).or_else(|| self.find(&email)) {
                Some(index) => {
                    self.rename(index, &holder);
                    self.change(index, &what, |role| {
                        role.title = [role.title.as_str(), &title]
                            .into_iter()
                            .filter(|title| !title.is_empty())
                            .collect::<Vec<_>>()
                            .join(", ");
                    });
                }
                None => self.skip(&what, &format!("no NetID in netids is known to be {holder}'s")),
            }
        }
    }

    fn read_chairs(&mut self, chairs: &[String]) {
        for chair in chairs {
            match self.find(chair) {
                Some(index) => self.list[index].lead = true,
                None => {
                    self.skip("chairs", &format!("no NetID in netids is known to be {chair}'s"));
                }
            }
        }
    }
}

/// A field by its name, however it is written: `meetingDay`, `meeting_day`, `Meeting Day`.
fn get<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let plain = |name: &str| name.replace(['_', '-', ' '], "").to_lowercase();
    let found = fields.iter().find(|(field, _)| plain(field) == plain(name));
    found.map(|(_, value)| value)
}

/// A field as one text.
fn text(fields: &Map<String, Value>, name: &str) -> Result<String, &'static str> {
    get(fields, name).map_or(Ok(String::new()), scalar)
}

fn scalar(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(list) => {
            Ok(list.iter().map(scalar).collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        Value::Object(_) => Err("it is neither text nor a list of texts"),
    }
}

/// A field as a list of texts that are not empty. A person may also be a mapping with a NetID or name.
fn texts(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = match get(fields, name) {
        Some(Value::Array(list)) => list.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    let mut texts = Vec::new();
    for value in list {
        let text = match value {
            Value::Object(person) => {
                let field = if name == "netids" { "netid" } else { "name" };
                text(person, field)
            }
            value => scalar(value),
        };
        let text = text.unwrap_or_default().replace(" and ", ",").replace(" & ", ",");
        let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
        texts.extend(parts.map(str::to_owned));
    }
    texts
}
