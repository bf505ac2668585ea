//! What follows when a membership ends.

use chrono::TimeDelta;
use grove_users::{admin, end_expired};
use serde_json::json;

use crate::{World, neighbours_but, receiver::Receiver, start};

/// Past the 31 August on which a term ends that began at [`start`].
const A_TERM: TimeDelta = TimeDelta::days(335);

impl World {
    pub(crate) async fn end_expired(&self) -> usize {
        end_expired(&self.db.pool(), self.time, self.clock.now()).await.unwrap()
    }

    async fn directory_effects(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT path FROM outbox WHERE peer = 'directory' ORDER BY id")
            .fetch_all(&self.db.pool())
            .await
            .unwrap()
    }
}

const ADD: &str = "/activedirectory/add";
const REMOVE: &str = "/activedirectory/remove";

#[tokio::test]
async fn whose_membership_ends_leaves_the_directory_once_and_returns_with_the_next() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    assert_eq!(world.end_expired().await, 0);
    world.clock.advance(A_TERM - TimeDelta::days(1));
    assert_eq!(world.end_expired().await, 0);
    world.clock.advance(TimeDelta::days(1));
    let (one, two) = tokio::join!(world.end_expired(), world.end_expired());
    assert_eq!(one + two, 1);
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(world.end_expired().await, 0);
    assert_eq!(world.directory_effects().await, [ADD, REMOVE]);

    world.pay("jsmith2").await;
    assert_eq!(world.end_expired().await, 0);
    assert_eq!(world.directory_effects().await, [ADD, REMOVE, ADD]);
    world.clock.advance(TimeDelta::days(400));
    assert_eq!(world.end_expired().await, 1);
    assert_eq!(world.directory_effects().await, [ADD, REMOVE, ADD, REMOVE]);
}

#[tokio::test]
async fn who_renews_before_the_end_is_noticed_stays_in_the_directory() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    world.clock.advance(A_TERM);
    world.pay("jsmith2").await;
    assert_eq!(world.end_expired().await, 0);
    assert_eq!(world.directory_effects().await, [ADD, ADD]);
}

#[tokio::test]
async fn an_imported_member_leaves_the_directory_too() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    let file = "first_name,last_name,netid,uin,joined\nJane,Smith,jsmith2,NULL,2016-09-04\n";
    grove_users::import::import_csv(&world.db.pool(), file.as_bytes(), start()).await.unwrap();
    assert!(world.users().await[0].added_to_directory);
    world.clock.advance(A_TERM);
    assert_eq!(world.end_expired().await, 1);
    assert!(!world.users().await[0].added_to_directory);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    let calls = others.calls();
    assert_eq!((calls[0].path.as_str(), &calls[0].body), (REMOVE, &json!({ "netid": "jsmith2" })));
}

#[tokio::test]
async fn a_record_says_whether_the_directory_lists_its_person() {
    let others = Receiver::start().await;
    let world = World::with_peers(&others.url).await;
    world.join("jsmith2", 100_000_001).await;
    for listed in [true, false, true] {
        if listed {
            world.pay("jsmith2").await;
        } else {
            world.clock.advance(A_TERM);
            assert_eq!(world.end_expired().await, 1);
        }
        world.worker().deliver_due().await.unwrap();
        assert_eq!(world.users().await[0].added_to_directory, listed);
    }
}

#[tokio::test]
async fn twenty_whose_terms_end_on_one_day_leave_together() {
    let world = World::new().await;
    for number in 10..30 {
        let netid = format!("member{number}").parse().unwrap();
        admin::add_member(&world.db.pool(), &netid, "Jane", "Smith", start()).await.unwrap();
    }
    world.clock.advance(A_TERM);
    assert_eq!(world.end_expired().await, 20);
    assert_eq!(world.directory_effects().await, [REMOVE; 20]);
}

#[tokio::test]
async fn what_is_left_over_of_a_deleted_person_arrives_before_what_follows_from_rejoining() {
    let (auth, directory) = (Receiver::start().await, Receiver::start().await);
    let others = Receiver::start().await;
    let known = [("auth", auth.url.clone()), ("directory", directory.url.clone())];
    let world = World::with_urls(&neighbours_but(&others.url, &known)).await;
    let all = [&auth, &directory, &others];
    for receiver in all {
        receiver.set_out_of_order(true);
    }
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    world.officer().delete("/users/jsmith2").await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;
    world.worker().deliver_due().await.unwrap();
    for receiver in all {
        receiver.set_out_of_order(false);
    }
    let before = all.map(|receiver| receiver.calls_in_order().len());
    for _ in 0..10 {
        world.clock.advance(TimeDelta::hours(2));
        world.settle().await;
    }
    let arrived = |index: usize| -> Vec<String> {
        let calls = all[index].calls_in_order().split_off(before[index]);
        calls.into_iter().map(|call| call.path).collect()
    };
    let (account, forget) = ("/internal/accounts", "/internal/personal-data/forget");
    assert_eq!(arrived(0), [account, forget, account]);
    // Once for the payment, and once more when the deletion has ended.
    assert_eq!(arrived(1), [ADD, forget, ADD, ADD]);
}
