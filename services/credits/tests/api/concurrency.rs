//! Many at once, on few accounts.

use futures_util::future::join_all;
use grove_testing::Person;

use super::*;

/// As many requests at once as the pool serves within its second.
const AT_ONCE: usize = 20;

/// Gives credits; who is told that the database cannot serve them now comes again, as clients do.
pub(crate) async fn until_done(giver: &Person, body: &Value, key: &str) -> Reply {
    loop {
        let reply = giver.post_once("/credits/transfers", body, key).await;
        if reply.status != StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.error());
            return reply;
        }
    }
}

#[tokio::test]
async fn of_a_hundred_debits_of_one_from_fifty_exactly_fifty_are_done() {
    let world = World::start().await;
    world.set("marga2", 50).await;
    world.set("melik3", 0).await;
    let giver = world.app.member("marga2");
    let body = json!({ "to": "melik3", "amount": 1 });
    let mut statuses = Vec::new();
    for batch in 0..100 / AT_ONCE {
        let keys: Vec<_> = (0..AT_ONCE).map(|number| format!("{batch}-{number}")).collect();
        let replies =
            join_all(keys.iter().map(|key| giver.post_once("/credits/transfers", &body, key)));
        statuses.extend(replies.await.iter().map(|reply| reply.status.as_u16()));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 50);
    assert_eq!(statuses.iter().filter(|status| **status == 402).count(), 50);
    assert_eq!(world.balance("marga2").await.balance, 0);
    assert_eq!(world.balance("melik3").await.balance, 50);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn transfers_in_all_directions_keep_the_sum_and_never_wait_for_each_other() {
    let world = World::start().await;
    world.state.members.reconcile().await.unwrap();
    let netids = ["marga2", "melik3", "mona4", "morit5"];
    let mut replies = Vec::new();
    for batch in 0..10 {
        let sent = (0..AT_ONCE).map(|number| {
            let (from, to) = (netids[number % 4], netids[(number + 1 + number / 4 % 3) % 4]);
            let giver = world.app.member(from);
            let body = json!({ "to": to, "amount": number + 1 });
            async move {
                giver.post_once("/credits/transfers", &body, &format!("{batch}-{number}")).await
            }
        });
        replies.extend(join_all(sent).await);
    }
    for reply in replies {
        assert!([200, 402].contains(&reply.status.as_u16()), "{}", reply.status);
    }
    let balances: Vec<Balance> = world.app.officer("officer1").get("/credits/users").await.json();
    assert_eq!(balances.iter().map(|balance| balance.balance).sum::<i64>(), 4 * INITIAL);
    assert!(balances.iter().all(|balance| balance.available >= 0));
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_member_gets_the_first_credits_once_however_many_ask() {
    let world = World::start().await;
    world.standing("mnew2", Standing::Member);
    let giver = world.app.member("marga2");
    let body = json!({ "to": "mnew2", "amount": 1 });
    let keys: Vec<_> = (0..AT_ONCE).map(|number| number.to_string()).collect();
    join_all(keys.iter().map(|key| until_done(&giver, &body, key))).await;
    let expected = INITIAL + i64::try_from(AT_ONCE).unwrap();
    assert_eq!(world.balance("mnew2").await.balance, expected);
    assert_eq!(world.balance("marga2").await.balance, INITIAL - (expected - INITIAL));
    assert_eq!(world.problems().await, Vec::<String>::new());
}
