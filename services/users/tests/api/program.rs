//! What the `grove` program does: add people, and take over those of the old system.

use chrono::TimeDelta;
use grove_users::{admin, import::import_csv};
use grove_users_api::UserState;

use crate::{World, start};

const FILE: &str = "\
first_name,last_name,netid,uin,joined
Jane,Smith,jsmith2,123456789,2016-09-04 09:33:41
Max,Doe,mdoe3,NULL,9/4/17
Zoë,Roe,zroe,,NULL
Jane,Again,jsmith2,123456780,2016-09-04
Same,Uin,other1,123456789,2016-09-04
No,NetID,No One,NULL,2016-09-04
,Nameless,name2,NULL,2016-09-04
Short,Uin,short2,12,2016-09-04
Some,Day,some2,NULL,some day
Too,Few
";

#[tokio::test]
async fn old_members_arrive_once_with_a_report_of_who_did_not() {
    let world = World::new().await;
    let first = import_csv(&world.db.pool(), FILE.as_bytes(), start()).await.unwrap();
    assert_eq!((first.imported, first.present), (3, 1));
    let places: Vec<_> = first.skipped.iter().map(|skipped| skipped.place.as_str()).collect();
    assert_eq!(places, ["row 6", "row 7", "row 8", "row 9", "row 10", "row 11"]);

    let next_year = start() + TimeDelta::days(400);
    let second = import_csv(&world.db.pool(), FILE.as_bytes(), next_year).await.unwrap();
    assert_eq!((second.imported, second.present, second.skipped), (0, 4, first.skipped));

    let users = world.users().await;
    assert_eq!(users.len(), 3);
    for user in &users {
        assert_eq!((user.state, user.added_to_directory), (UserState::Member, true));
    }
    let joined: Vec<_> =
        users.iter().map(|user| user.created_at.date_naive().to_string()).collect();
    assert_eq!(joined, ["2026-10-01", "2017-09-04", "2016-09-04"]);
    assert_eq!(world.profile("mdoe3").await.memberships.len(), 1);
    assert!(world.effects().await.is_empty());
}

#[tokio::test]
async fn people_are_added_once_without_mails() {
    let world = World::new().await;
    let (db, netid) = (world.db.pool(), "jsmith2".parse().unwrap());
    assert!(admin::add_user(&db, &netid, "Jane", "Smith", start()).await.unwrap());
    assert!(!admin::add_user(&db, &netid, "Jane", "Smith", start()).await.unwrap());
    assert_eq!(world.users().await[0].state, UserState::AwaitingPayment);

    assert!(admin::add_member(&db, &netid, "Jane", "Smith", start()).await.unwrap());
    assert!(!admin::add_member(&db, &netid, "Jane", "Smith", start()).await.unwrap());
    let other = "mdoe3".parse().unwrap();
    let long_ago = start() - TimeDelta::days(800);
    assert!(admin::add_member(&db, &other, "Max", "Doe", long_ago).await.unwrap());
    assert_eq!(world.profile("jsmith2").await.user.state, UserState::Member);
    assert_eq!(world.profile("mdoe3").await.user.state, UserState::Expired);
    assert!(admin::add_user(&db, &other, "", "Doe", start()).await.is_err());
    assert!(world.effects().await.is_empty());
}

#[tokio::test]
async fn who_is_added_as_a_member_is_one_at_once_wherever_the_chapter_is() {
    for zone in ["America/Chicago", "Etc/GMT+12", "Pacific/Kiritimati"] {
        let world = World::in_zone(zone).await;
        let db = world.db.pool();
        for (netid, hours) in [("early1", 0), ("mid1", 11), ("late1", 2)] {
            world.clock.advance(TimeDelta::hours(hours));
            let (name, now) = (netid.parse().unwrap(), world.clock.now());
            assert!(admin::add_member(&db, &name, "Jane", "Smith", now).await.unwrap());
            assert!(world.profile(netid).await.user.is_member, "{netid} in {zone}");
        }
        let file = "first_name,last_name,netid,uin,joined\nZoë,Roe,zroe,NULL,2016-09-04\n";
        import_csv(&db, file.as_bytes(), world.clock.now()).await.unwrap();
        assert!(world.profile("zroe").await.user.is_member, "imported in {zone}");
    }
}
