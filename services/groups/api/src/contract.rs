//! What the fake and the real service have in common, as their callers rely on it.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Client, NetId, Role};

use crate::{Departure, end_roles_of, members, officer_roles};

/// Makes the calls of other services, each in the name that `service` is asked for. At the time `now`,
/// `officer` must be in the committees admin and top4 alone, and nobody else in any of the officers'.
pub async fn suite<C: Client>(service: impl Fn(&str) -> C, officer: &NetId, now: DateTime<Utc>) {
    let (gateway, notifications) = (service("gateway"), service("notifications"));
    let nobody: NetId = "nobody9".parse().unwrap();
    let roles = async |netid| gateway.call(officer_roles(netid)).await.unwrap().roles;
    assert_eq!(roles(officer).await, [Role::Admin, Role::Top4]);
    assert!(roles(&nobody).await.is_empty());

    for name in ["admin", "Top4"] {
        let found = notifications.call(members("committees", name)).await.unwrap();
        assert_eq!(found, std::slice::from_ref(officer));
    }
    assert!(notifications.call(members("committees", "corporate")).await.unwrap().is_empty());
    for (kind, name) in [("committees", "nothing"), ("sigs", "admin"), ("nothing", "admin")] {
        let unknown = notifications.call(members(kind, name)).await;
        assert!(unknown.unwrap_err().is_not_found());
    }

    let left_at = now + TimeDelta::seconds(1);
    for netid in [&nobody, officer, officer] {
        let departure = Departure { netid: netid.clone(), left_at };
        service("users").call(end_roles_of(&departure)).await.unwrap();
    }
    assert!(roles(officer).await.is_empty());
    assert!(notifications.call(members("committees", "admin")).await.unwrap().is_empty());
}
