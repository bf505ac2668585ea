//! Kiosks: applications that stand beside the machine and know people by their PINs.

use chrono::{DateTime, TimeDelta, Utc};
use grove_identity::{Subject, caller::Caller};
use grove_shared::db;

use crate::{
    error::MerchError,
    state::AppState,
    store::{
        customers::{self, CustomerRow},
        tries::{self, Tries},
    },
};

/// Wrong PINs in a row after which a kiosk has to wait, for [`LOCKED_FOR`] from the last.
const MOST_WRONG: u32 = 5;
/// Wrong PINs within [`LOCKED_FOR`] at all kiosks of one client application, so that many addresses and
/// right PINs in between do not help who guesses.
const MOST_WRONG_OF_CLIENT: u32 = 50;
const LOCKED_FOR: TimeDelta = TimeDelta::minutes(15);

/// What a kiosk is called: the name of its client application.
pub(crate) fn client(caller: &Caller) -> String {
    match (&caller.0.client, &caller.0.subject) {
        (Some(client), _) => client.chars().take(100).collect(),
        (None, Subject::Service(name)) => format!("service:{name}"),
        (None, _) => "unknown".to_owned(),
    }
}

/// Finds the owner of a PIN. Wrong ones are counted, and whether a PIN is nobody's or malformed makes
/// no difference.
pub(crate) async fn identify(
    state: &AppState,
    caller: &Caller,
    pin: &str,
) -> Result<CustomerRow, MerchError> {
    let key = state.pin_key.as_ref().ok_or(MerchError::NoPinKey)?;
    let client = client(caller);
    let address = caller.address().map(|address| address.to_string()).unwrap_or_default();
    let kiosk = format!("{client}@{address}");
    let now = state.clock.now();

    // Requests of one kiosk wait for each other here, so that many at once are no more than five.
    let mut transaction = db::begin(&state.db).await?;
    let of_client = tries::lock(&mut transaction, &client).await?;
    let of_kiosk = tries::lock(&mut transaction, &kiosk).await?;
    if let Some(wait) =
        locked(of_client, MOST_WRONG_OF_CLIENT, now).max(locked(of_kiosk, MOST_WRONG, now))
    {
        transaction.rollback().await?;
        return Err(MerchError::Locked(wait.to_std().unwrap_or_default()));
    }
    let owner = customers::by_pin(&mut transaction, key.hash(pin)).await?;
    if owner.is_some() {
        if of_kiosk.wrong > 0 {
            tries::set(&mut transaction, &kiosk, Tries { wrong: 0, since: None }).await?;
        }
    } else {
        let of_kiosk = Tries { since: Some(now), ..one_more(of_kiosk, now) };
        tries::set(&mut transaction, &kiosk, of_kiosk).await?;
        tries::set(&mut transaction, &client, one_more(of_client, now)).await?;
    }
    transaction.commit().await?;
    if owner.is_none() {
        tracing::warn!("wrong PIN at kiosk {kiosk}");
    }
    owner.ok_or(MerchError::UnknownPin)
}

/// How long there is to wait.
fn locked(tries: Tries, most: u32, now: DateTime<Utc>) -> Option<TimeDelta> {
    let until = tries.since? + LOCKED_FOR;
    (tries.wrong >= most && now < until).then(|| until - now)
}

/// Counts a wrong PIN, beginning anew when the count is over.
fn one_more(tries: Tries, now: DateTime<Utc>) -> Tries {
    match tries.since {
        Some(since) if now < since + LOCKED_FOR => {
            Tries { wrong: tries.wrong + 1, since: Some(since) }
        }
        _ => Tries { wrong: 1, since: Some(now) },
    }
}
