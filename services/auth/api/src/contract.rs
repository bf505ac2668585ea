//! What the fake and the real service have in common, as their callers rely on it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use grove_shared::{Call, CallError, Client};
use http::StatusCode;

use crate::{
    Credentials, NewAccount, begin_session, create_account, end_session_of, remove_account,
    resolve_session,
};

async fn refusal<T: Send + std::fmt::Debug>(client: &impl Client, call: Call<T>) -> StatusCode {
    match client.call(call).await {
        Err(CallError::Refused { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

/// Makes the calls of other services, each in the name that `service` is asked for. `account` must be able
/// to sign in with `password`, and nobody may have the account `nobody9`.
pub async fn suite<C: Client>(service: impl Fn(&str) -> C, account: &NewAccount, password: &str) {
    let (users, gateway) = (service("users"), service("gateway"));
    let credentials = |netid: &str, password: &str| Credentials {
        netid: netid.to_owned(),
        password: password.to_owned(),
        address: Some([192, 0, 2, 7].into()),
        user_agent: Some("a browser".to_owned()),
    };
    let netid = &account.netid;

    for (name, wrong) in
        [(netid.as_str(), "another password"), ("nobody9", password), ("no NetID", password)]
    {
        let call = begin_session(&credentials(name, wrong));
        assert_eq!(refusal(&users, call).await, StatusCode::BAD_REQUEST);
    }
    let session = users.call(begin_session(&credentials(netid.as_str(), password))).await.unwrap();
    assert_eq!(session.account, *account);
    let upper = netid.as_str().to_uppercase();
    let another = users.call(begin_session(&credentials(&upper, password))).await.unwrap();
    assert_ne!(session.token, another.token);

    let resolved = gateway.call(resolve_session(&session.token)).await.unwrap();
    assert_eq!(resolved.netid, *netid);
    assert!(gateway.call(resolve_session("nonsense")).await.unwrap_err().is_not_found());

    for _ in 0..2 {
        gateway.call(end_session_of(&session.token)).await.unwrap();
    }
    assert!(gateway.call(resolve_session(&session.token)).await.unwrap_err().is_not_found());
    gateway.call(resolve_session(&another.token)).await.unwrap();

    let new = NewAccount { netid: "nobody9".parse().unwrap(), ..account.clone() };
    for _ in 0..2 {
        users.call(create_account(&new).once("key-1")).await.unwrap();
    }
    let other = create_account(account).once("key-1");
    assert_eq!(refusal(&users, other).await, StatusCode::UNPROCESSABLE_ENTITY);
    let call = begin_session(&credentials("nobody9", ""));
    assert_eq!(refusal(&users, call).await, StatusCode::BAD_REQUEST);

    for _ in 0..2 {
        users.call(remove_account(netid).once("key-2")).await.unwrap();
    }
    users.call(remove_account(&"nobody8".parse().unwrap())).await.unwrap();
    assert!(gateway.call(resolve_session(&another.token)).await.unwrap_err().is_not_found());
    let call = begin_session(&credentials(netid.as_str(), password));
    assert_eq!(refusal(&users, call).await, StatusCode::BAD_REQUEST);
}
