//! What the fake and the real service have in common, as their callers rely on it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use grove_shared::{CallError, Client, NetId, Standing};
use http::StatusCode;

use crate::{NewMembership, admit, is_member, members, person, standing, verified};

/// Makes the calls of other services, each in the name that `service` is asked for. Jane Smith must have
/// joined as `applicant` and not have paid, another Jane Smith must be a member as `member`, and nobody may
/// be known as `nobody9`.
pub async fn suite<C: Client>(service: impl Fn(&str) -> C, applicant: &NetId, member: &NetId) {
    let nobody: NetId = "nobody9".parse().unwrap();

    let credits = service("credits");
    for (netid, expected) in [(applicant, false), (member, true)] {
        let check = credits.call(is_member(netid.as_str())).await.unwrap();
        assert_eq!((check.netid.as_str(), check.is_member), (netid.as_str(), expected));
        assert_eq!((check.first_name, check.last_name), (None, None));
    }
    for unknown in ["nobody9", "no NetID at all"] {
        assert!(credits.call(is_member(unknown)).await.unwrap_err().is_not_found());
    }

    let all = service("directory").call(members()).await.unwrap();
    assert_eq!(all.iter().map(|one| &one.netid).collect::<Vec<_>>(), [member]);
    assert_eq!(all[0].email, format!("{member}@example.edu"));

    let known = service("groups").call(person(applicant)).await.unwrap();
    assert_eq!((known.first_name.as_str(), known.last_name.as_str()), ("Jane", "Smith"));
    assert_eq!((&known.netid, known.standing), (applicant, Standing::Applicant));
    assert!(service("groups").call(person(&nobody)).await.unwrap_err().is_not_found());

    let gateway = service("gateway");
    for (netid, expected) in [
        (applicant, Standing::Applicant),
        (member, Standing::Member),
        (&nobody, Standing::Applicant),
    ] {
        assert_eq!(gateway.call(standing(netid)).await.unwrap().standing, expected);
    }

    for netid in [applicant, applicant, &nobody] {
        service("auth").call(verified(netid)).await.unwrap();
    }

    let paid = |netid: &NetId, payment: &str| NewMembership {
        netid: netid.clone(),
        payment: payment.to_owned(),
    };
    let refused = async |netid: &NetId, payment: &str, key: Option<&str>| {
        let call = admit(&paid(netid, payment));
        let call = match key {
            Some(key) => call.once(key),
            None => call,
        };
        match credits.call(call).await {
            Err(CallError::Refused { status, .. }) => status,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(applicant, "payment-1", None).await, StatusCode::BAD_REQUEST);
    assert_eq!(refused(applicant, "", Some("key-0")).await, StatusCode::BAD_REQUEST);
    assert_eq!(refused(&nobody, "payment-0", Some("key-0")).await, StatusCode::NOT_FOUND);
    assert_eq!(refused(member, "payment-0", Some("key-0")).await, StatusCode::CONFLICT);
    let first = credits.call(admit(&paid(applicant, "payment-1")).once("key-1")).await.unwrap();
    assert_eq!((&first.netid, first.first_name.as_str()), (applicant, "Jane"));
    let again = credits.call(admit(&paid(applicant, "payment-1")).once("key-1")).await.unwrap();
    assert_eq!(again, first);
    let other_body = refused(applicant, "payment-2", Some("key-1")).await;
    assert_eq!(other_body, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused(applicant, "payment-2", Some("key-2")).await, StatusCode::CONFLICT);
    assert_eq!(gateway.call(standing(applicant)).await.unwrap().standing, Standing::Member);
}
