//! Whom a message to many is for.

use std::collections::{BTreeMap, BTreeSet};

use grove_client::Peers;
use grove_groups_api as groups;
use grove_shared::{Client, NetId, Role};
use grove_users_api as users;

use crate::error::NotificationError as Error;

/// Many people at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone who is a member now.
    Members,
    /// Everyone in the committees of officers.
    Officers,
    /// Everyone in a SIG or committee: its type and name.
    Group(&'static str, String),
}

impl Audience {
    /// As it is written.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Members => "members".to_owned(),
            Self::Officers => "officers".to_owned(),
            Self::Group(kind, name) => format!("{kind}/{name}"),
        }
    }

    /// Reads `members`, `officers`, `sigs/NAME` or `committees/NAME`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
        let is_name = |name: &str| (1..=64).contains(&name.len()) && name.chars().all(plain);
        match text.split_once('/') {
            None if text == "members" => Ok(Self::Members),
            None if text == "officers" => Ok(Self::Officers),
            Some(("sigs", name)) if is_name(name) => Ok(Self::Group("sigs", name.to_owned())),
            Some(("committees", name)) if is_name(name) => {
                Ok(Self::Group("committees", name.to_owned()))
            }
            _ => Err(Error::invalid(
                "The audience is members, officers, sigs/NAME or committees/NAME",
            )),
        }
    }
}

/// The mail addresses of members.
#[derive(Debug)]
pub(crate) struct Contacts(BTreeMap<NetId, String>);

impl Contacts {
    /// Asks users for everyone who is a member now.
    pub(crate) async fn of_members(peers: &Peers) -> Result<Self, Error> {
        let members = peers.call(users::members()).await?;
        Ok(Self(members.into_iter().map(|member| (member.netid, member.email)).collect()))
    }

    /// The people of an audience who are members, with their addresses.
    pub(crate) async fn of(
        &self,
        peers: &Peers,
        audience: &Audience,
    ) -> Result<Vec<(NetId, String)>, Error> {
        let netids: BTreeSet<NetId> = match audience {
            Audience::Members => self.0.keys().cloned().collect(),
            Audience::Officers => {
                let mut officers = BTreeSet::new();
                for committee in Role::ALL {
                    let people = group(peers, "committees", committee.as_str()).await?;
                    // A chapter need not have all of them.
                    officers.extend(people.unwrap_or_default());
                }
                officers
            }
            Audience::Group(kind, name) => {
                let people = group(peers, kind, name).await?;
                people
                    .ok_or_else(|| Error::invalid("There is no such group"))?
                    .into_iter()
                    .collect()
            }
        };
        let known = netids.iter().filter_map(|netid| self.find(netid));
        Ok(known.collect())
    }

    /// The addresses of these people, who have to be members.
    pub(crate) fn named(&self, netids: &BTreeSet<NetId>) -> Result<Vec<(NetId, String)>, Error> {
        let no_member = |netid| Error::invalid(format!("{netid} is not a member"));
        netids.iter().map(|netid| self.find(netid).ok_or_else(|| no_member(netid))).collect()
    }

    fn find(&self, netid: &NetId) -> Option<(NetId, String)> {
        self.0.get_key_value(netid).map(|(netid, address)| (netid.clone(), address.clone()))
    }
}

/// The people in a group; nothing when there is no such group.
async fn group(peers: &Peers, kind: &str, name: &str) -> Result<Option<Vec<NetId>>, Error> {
    match peers.call(groups::members(kind, name)).await {
        Ok(members) => Ok(Some(members)),
        Err(cause) if cause.is_not_found() => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}
