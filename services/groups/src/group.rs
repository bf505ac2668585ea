//! What a group is, and what makes its name and fields valid.

use std::fmt;

use grove_groups_api as api;
use grove_shared::Role;
use http::Uri;
use unicode_normalization::UnicodeNormalization;

use crate::{error::GroupError, kind::Kind, look::is_of_one_script, text};

/// By what a group is found: its kind and its name in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupKey {
    pub(crate) kind: Kind,
    pub(crate) slug: String,
}

impl GroupKey {
    pub(crate) fn new(kind: Kind, name: &str) -> Self {
        Self { kind, slug: name.trim().to_lowercase() }
    }

    /// The key of the group at a path; whether there is such a group is another question.
    pub(crate) fn parse(kind: &str, name: &str) -> Result<Self, GroupError> {
        Ok(Self::new(kind.parse()?, name))
    }

    /// The role that the members have by being in this group, if it is a committee of officers.
    pub(crate) fn officer_role(&self) -> Option<Role> {
        match self.kind {
            Kind::Sigs => None,
            Kind::Committees => self.slug.parse().ok(),
        }
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.slug)
    }
}

/// A name such as `SIG C++`: 1 to 64 characters that are safe in a path and in a list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupName(String);

impl GroupName {
    const MAX_CHARS: usize = 64;
    const SIGNS: &str = " .&+|'-";

    /// Reads a name as an officer typed it.
    pub(crate) fn parse(name: Option<&str>) -> Result<Self, GroupError> {
        let name: String = name.unwrap_or_default().trim().nfkc().collect();
        match name.chars().count() {
            0 => return Err(GroupError::Missing("name")),
            1..=Self::MAX_CHARS => {}
            _ => return Err(GroupError::TooLong { field: "name", most: Self::MAX_CHARS }),
        }
        let allowed = |c: char| c.is_alphanumeric() || Self::SIGNS.contains(c);
        // "." and ".." are no path segments, and "--" is no name.
        if !(name.chars().all(allowed) && name.chars().any(char::is_alphanumeric)) {
            return Err(GroupError::Name);
        }
        if is_of_one_script(&name) { Ok(Self(name)) } else { Err(GroupError::MixedScripts) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn key(&self, kind: Kind) -> GroupKey {
        GroupKey::new(kind, &self.0)
    }
}

/// A field of a group that its leads may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Description,
    MeetingDay,
    MeetingTime,
    MeetingLoc,
    Site,
    Email,
}

impl Field {
    const DESCRIPTION_MAX_CHARS: usize = 2000;

    /// The field's name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::MeetingDay => "meetingDay",
            Self::MeetingTime => "meetingTime",
            Self::MeetingLoc => "meetingLoc",
            Self::Site => "site",
            Self::Email => "email",
        }
    }

    /// Reads the field as somebody typed it; an empty one is always valid.
    pub(crate) fn parse(self, text: &str) -> Result<String, GroupError> {
        let text = match self {
            Self::Description => text::lines(self.name(), text, Self::DESCRIPTION_MAX_CHARS)?,
            _ => text::line(self.name(), text)?,
        };
        match self {
            Self::Site if !text.is_empty() && !is_web_address(&text) => Err(GroupError::Site),
            Self::Email if !text.is_empty() && !is_mail_address(&text) => Err(GroupError::Email),
            _ => Ok(text),
        }
    }
}

fn is_web_address(text: &str) -> bool {
    let uri: Result<Uri, _> = text.parse();
    uri.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// Not the whole of RFC 5322: what a person would recognise, and nothing that could break a header.
fn is_mail_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !r#"()<>[]{}@,;:\"'`"#.contains(c);
    text.split_once('@').is_some_and(|(name, domain)| {
        let labels: Vec<&str> = domain.split('.').collect();
        let is_label = |label: &&str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        !name.is_empty()
            && name.chars().all(plain)
            && labels.len() >= 2
            && labels.iter().all(is_label)
    })
}

/// The fields to set; those that are none stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) description: Option<String>,
    pub(crate) meeting_day: Option<String>,
    pub(crate) meeting_time: Option<String>,
    pub(crate) meeting_loc: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) email: Option<String>,
}

impl Details {
    /// Reads the fields as somebody typed them.
    pub(crate) fn parse(change: &api::GroupChange) -> Result<Self, GroupError> {
        let parse = |field: Field, text: &Option<String>| {
            text.as_deref().map(|text| field.parse(text)).transpose()
        };
        Ok(Self {
            description: parse(Field::Description, &change.description)?,
            meeting_day: parse(Field::MeetingDay, &change.meeting_day)?,
            meeting_time: parse(Field::MeetingTime, &change.meeting_time)?,
            meeting_loc: parse(Field::MeetingLoc, &change.meeting_loc)?,
            site: parse(Field::Site, &change.site)?,
            email: parse(Field::Email, &change.email)?,
        })
    }

    /// Those of the fields that are not yet so in `group`, by their names on the wire.
    pub(crate) fn changed_in(&self, group: &Group) -> Vec<&'static str> {
        let fields = [
            (Field::Description, &self.description, &group.description),
            (Field::MeetingDay, &self.meeting_day, &group.meeting_day),
            (Field::MeetingTime, &self.meeting_time, &group.meeting_time),
            (Field::MeetingLoc, &self.meeting_loc, &group.meeting_loc),
            (Field::Site, &self.site, &group.site),
            (Field::Email, &self.email, &group.email),
        ];
        let changed = fields
            .into_iter()
            .filter(|(_, new, present)| new.as_ref().is_some_and(|new| new != *present));
        changed.map(|(field, ..)| field.name()).collect()
    }

    /// Those of the fields that fill an empty one of `group`.
    pub(crate) fn missing_in(self, group: &Group) -> Self {
        let fills = |text: Option<String>, present: &str| {
            text.filter(|text| present.is_empty() && !text.is_empty())
        };
        Self {
            description: fills(self.description, &group.description),
            meeting_day: fills(self.meeting_day, &group.meeting_day),
            meeting_time: fills(self.meeting_time, &group.meeting_time),
            meeting_loc: fills(self.meeting_loc, &group.meeting_loc),
            site: fills(self.site, &group.site),
            email: fills(self.email, &group.email),
        }
    }
}

/// A group that has not ended.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) meeting_day: String,
    pub(crate) meeting_time: String,
    pub(crate) meeting_loc: String,
    pub(crate) site: String,
    pub(crate) email: String,
    pub(crate) member_count: i64,
}
