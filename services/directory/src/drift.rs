//! How the group differs from the members.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use grove_directory_api::{Missing, Surplus};
use grove_shared::NetId;

use crate::campus::key;

/// The differences between the group and the members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drift {
    /// Members whom the group does not list.
    pub(crate) missing: Vec<Missing>,
    /// Whom the group lists and who are no members, but were to be in it once.
    pub(crate) surplus: Vec<Surplus>,
    /// DNs in the group of which Grove knows nothing.
    pub(crate) unknown: Vec<String>,
}

/// Someone who was to be in the group, or out of it, at some time.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Who that is.
    pub(crate) netid: NetId,
    /// The value that Grove added to the group.
    pub(crate) added_dn: Option<String>,
}

impl Drift {
    /// Compares `members` with the DNs `listed`; `found` has the DNs of members and of those `known`.
    pub(crate) fn between(
        members: &BTreeSet<NetId>,
        listed: &[String],
        found: &HashMap<NetId, Vec<String>>,
        known: &[Known],
    ) -> Self {
        let listed: BTreeMap<String, &String> = listed.iter().map(|dn| (key(dn), dn)).collect();
        let names_of = |netid: &NetId| found.get(netid).into_iter().flatten();
        let mut explained = BTreeSet::new();
        let mut drift = Self::default();
        for netid in members {
            let keys: Vec<_> = names_of(netid).map(|dn| key(dn)).collect();
            if !keys.iter().any(|key| listed.contains_key(key)) {
                let dn = names_of(netid).next().cloned();
                drift.missing.push(Missing { netid: netid.clone(), dn });
            }
            explained.extend(keys);
        }
        for Known { netid, added_dn } in known {
            let added = added_dn.as_deref().map(key);
            for name in names_of(netid).map(|dn| key(dn)).chain(added.clone()) {
                if let Some(dn) = listed.get(&name)
                    && explained.insert(name.clone())
                {
                    drift.surplus.push(Surplus {
                        netid: netid.clone(),
                        dn: (*dn).clone(),
                        added_by_grove: added.as_ref() == Some(&name),
                    });
                }
            }
        }
        let unknown = listed.iter().filter(|(key, _)| !explained.contains(*key));
        drift.unknown.extend(unknown.map(|(_, dn)| (*dn).clone()));
        drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn netid(text: &str) -> NetId {
        text.parse().unwrap()
    }

    fn known(name: &str, added_dn: Option<&str>) -> Known {
        Known { netid: netid(name), added_dn: added_dn.map(str::to_owned) }
    }

    #[test]
    fn differences_are_told_apart() {
        let members = ["ada", "max", "zoe"].map(netid).into();
        let listed = ["CN=ada, o=x", "cn=old1,o=x", "cn=gone1,o=x", "cn=theirs,o=x"];
        let listed = listed.map(str::to_owned);
        let found =
            ["ada", "max", "old1"].map(|name| (netid(name), vec![format!("cn={name},o=x")]));
        let known = [
            known("ada", Some("cn=ada,o=x")),
            known("old1", None),
            known("gone1", Some("cn=gone1,o=x")),
            known("gone2", Some("cn=gone2,o=x")),
        ];
        let drift = Drift::between(&members, &listed, &found.into(), &known);
        assert_eq!(
            drift.missing,
            [
                Missing { netid: netid("max"), dn: Some("cn=max,o=x".to_owned()) },
                Missing { netid: netid("zoe"), dn: None },
            ]
        );
        let surplus = |name, added_by_grove| Surplus {
            netid: netid(name),
            dn: format!("cn={name},o=x"),
            added_by_grove,
        };
        assert_eq!(drift.surplus, [surplus("old1", false), surplus("gone1", true)]);
        assert_eq!(drift.unknown, ["cn=theirs,o=x"]);
    }

    #[test]
    fn a_member_whose_entry_moved_is_listed_by_the_old_name_as_surplus() {
        let members = [netid("ada")].into();
        let listed = ["cn=ada,ou=old,o=x".to_owned()];
        let found = [(netid("ada"), vec!["cn=ada,ou=new,o=x".to_owned()])].into();
        let known = [known("ada", Some("cn=ada,ou=old,o=x"))];
        let drift = Drift::between(&members, &listed, &found, &known);
        assert_eq!(drift.missing.len(), 1);
        assert_eq!(drift.surplus.len(), 1);
    }
}
