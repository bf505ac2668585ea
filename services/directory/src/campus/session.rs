//! What is done over one connection: find people, and read and change the group.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use grove_shared::NetId;
use ldap3::{Ldap, LdapError, Mod, ResultEntry, Scope, SearchEntry};
use tokio_util::task::AbortOnDropHandle;

use super::{name, settings::Settings};

/// How long the server may take for one operation.
pub(super) const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// People that are looked up at once.
const LOOKUP_CHUNK: usize = 50;

/// What the server says (RFC 4511, appendix A.1) when something is as it should be already.
const NO_SUCH_ATTRIBUTE: u32 = 16;
const VALUE_EXISTS: u32 = 20;
/// Active Directory says these two about a member who is there already, or not there.
const ENTRY_EXISTS: u32 = 68;
const UNWILLING: u32 = 53;

/// A connection that is bound.
#[derive(Debug)]
pub(crate) struct Session {
    settings: Arc<Settings>,
    ldap: Ldap,
    _driver: AbortOnDropHandle<()>,
}

/// Whether the group changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It did.
    Made,
    /// It was so already.
    Unneeded,
}

impl Session {
    pub(super) fn new(settings: Arc<Settings>, ldap: Ldap, driver: AbortOnDropHandle<()>) -> Self {
        Self { settings, ldap, _driver: driver }
    }

    /// The DNs of people; someone without an entry has none.
    pub(crate) async fn find(
        &mut self,
        netids: &[NetId],
    ) -> Result<HashMap<NetId, Vec<String>>, LdapError> {
        let mut found = HashMap::<_, Vec<_>>::new();
        for chunk in netids.chunks(LOOKUP_CHUNK) {
            let attribute = self.settings.user_attribute.clone();
            let filter = name::any_of(&attribute, chunk.iter().map(NetId::as_str));
            let base = self.settings.user_base_dn.clone();
            for entry in self.search(&base, Scope::Subtree, &filter, &attribute).await? {
                for value in values(&entry, &attribute) {
                    if let Ok(netid) = value.to_ascii_lowercase().parse::<NetId>()
                        && chunk.contains(&netid)
                    {
                        found.entry(netid).or_default().push(entry.dn.clone());
                    }
                }
            }
        }
        Ok(found)
    }

    /// Everyone's DN that the group lists. Active Directory answers a long list in parts.
    pub(crate) async fn listed(&mut self) -> Result<Vec<String>, LdapError> {
        let group = self.settings.group_dn.clone();
        let attribute = self.settings.member_attribute.clone();
        let mut asked = attribute.clone();
        let (mut listed, mut begun_at) = (Vec::new(), 0);
        loop {
            let entries = self.search(&group, Scope::Base, "(objectClass=*)", &asked).await?;
            let mut next = None;
            for (name, values) in entries.into_iter().flat_map(|entry| entry.attrs) {
                if let Some(part) = Part::of(&attribute, &name) {
                    listed.extend(values);
                    next = part.next.filter(|next| *next > begun_at).or(next);
                }
            }
            let Some(next) = next else { return Ok(listed) };
            begun_at = next;
            asked = format!("{attribute};range={next}-*");
        }
    }

    /// Adds `dn` to the group.
    pub(crate) async fn add(&mut self, dn: &str) -> Result<Change, LdapError> {
        self.modify(Mod::Add, dn, &[VALUE_EXISTS, ENTRY_EXISTS]).await
    }

    /// Removes `dn` from the group.
    pub(crate) async fn remove(&mut self, dn: &str) -> Result<Change, LdapError> {
        match self.modify(Mod::Delete, dn, &[NO_SUCH_ATTRIBUTE]).await {
            Err(LdapError::LdapResult { result }) if result.rc == UNWILLING => {
                let settings = &self.settings;
                let listed = self
                    .ldap
                    .with_timeout(OPERATION_TIMEOUT)
                    .compare(&settings.group_dn, &settings.member_attribute, dn)
                    .await?
                    .equal()?;
                if listed { Err(result.into()) } else { Ok(Change::Unneeded) }
            }
            outcome => outcome,
        }
    }

    /// Adds or deletes a value; the server may say that this is not needed.
    async fn modify(
        &mut self,
        operation: fn(String, HashSet<String>) -> Mod<String>,
        dn: &str,
        unneeded: &[u32],
    ) -> Result<Change, LdapError> {
        let settings = &self.settings;
        let change = operation(settings.member_attribute.clone(), HashSet::from([dn.to_owned()]));
        let modify = self.ldap.with_timeout(OPERATION_TIMEOUT);
        let result = modify.modify(&settings.group_dn, vec![change]).await?;
        if unneeded.contains(&result.rc) {
            return Ok(Change::Unneeded);
        }
        result.success().map(|_| Change::Made)
    }

    async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attribute: &str,
    ) -> Result<Vec<SearchEntry>, LdapError> {
        let search = self.ldap.with_timeout(OPERATION_TIMEOUT);
        let (entries, _) = search.search(base, scope, filter, [attribute]).await?.success()?;
        // A server that knows of others names them among the entries; nobody here follows.
        let is_entry = |entry: &ResultEntry| !entry.is_ref() && !entry.is_intermediate();
        Ok(entries.into_iter().filter(is_entry).map(SearchEntry::construct).collect())
    }
}

/// The values of an attribute, whose name the server may spell differently.
fn values<'a>(entry: &'a SearchEntry, attribute: &str) -> impl Iterator<Item = &'a String> {
    let attrs = entry.attrs.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(attribute));
    attrs.flat_map(|(_, values)| values)
}

/// A part of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// Where the next one begins, if there is one.
    next: Option<u64>,
}

impl Part {
    /// Reads `member` (all values) or `member;range=0-1499`; none is another attribute.
    fn of(attribute: &str, name: &str) -> Option<Self> {
        let (base, option) = name.split_once(';').unwrap_or((name, ""));
        if !base.eq_ignore_ascii_case(attribute) {
            return None;
        }
        let range = option.to_ascii_lowercase();
        let last = range.strip_prefix("range=").and_then(|range| range.split_once('-'));
        let next = last.and_then(|(_, last)| last.parse::<u64>().ok()?.checked_add(1));
        Some(Self { next })
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn a_long_list_is_read_in_parts() {
        for (name, part) in [
            ("member", Some(Part { next: None })),
            ("Member", Some(Part { next: None })),
            ("member;range=0-1499", Some(Part { next: Some(1500) })),
            ("member;Range=1500-2999", Some(Part { next: Some(3000) })),
            ("member;range=3000-*", Some(Part { next: None })),
            ("memberOf", None),
            ("cn", None),
        ] {
            assert_eq!(Part::of("member", name), part, "{name}");
        }
    }
}
