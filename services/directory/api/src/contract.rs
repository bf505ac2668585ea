//! What the fake and the real service have in common, as their callers rely on it.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use grove_shared::{Client, NetId};

use crate::{add, remove};

/// Makes the calls of the service `users`. The campus must have an entry for `known` and none for `unknown`,
/// and neither may be in the group.
pub async fn suite(users: &impl Client, known: &NetId, unknown: &NetId) {
    for _ in 0..2 {
        assert_eq!(users.call(add(known)).await.unwrap().message, "Success");
    }
    let refused = users.call(add(unknown)).await.unwrap_err();
    assert_eq!(refused.status().unwrap(), 409);
    assert!(refused.is_final(), "it is given up at once, and officers see it");
    for netid in [known, known, unknown] {
        assert_eq!(users.call(remove(netid)).await.unwrap().message, "Success");
    }
}
