//! What officers do with the ledger.

use grove_credits_api::{
    InternalTransfer, Party, SystemAccount, balances_page, open_account, reverse, transfer,
};
use grove_shared::{
    Client, Role,
    page::{Limit, PageRequest},
};

use super::*;

const PATH: &str = "/credits/transactions";

#[tokio::test]
async fn an_officer_gives_and_takes_credits_and_is_named() {
    let world = World::start().await;
    let given = world.adjust("marga2", 250).await;
    assert_eq!((given.amount, given.user.as_deref()), (250, Some("marga2")));
    assert_eq!(given.actor, "officer1");
    let taken = world.adjust("marga2", -750).await;
    assert_eq!(taken.amount, -750);
    assert_eq!(world.balance("marga2").await.balance, 0);
    let body = json!({ "netid": "marga2", "amount": -1 });
    let short = world.app.officer("officer1").post(PATH, &body).await;
    assert_eq!(short.status, 402);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_field_is_named_as_old_clients_expect() {
    let world = World::start().await;
    let officer = world.app.officer("officer1");
    let missing = "Missing required parameter in the JSON body";
    for (body, field, reason) in [
        (json!({}), "netid", missing),
        (json!({ "netid": null, "amount": 1 }), "netid", missing),
        (json!({ "netid": "marga2" }), "amount", missing),
        (json!({ "netid": "zoe2", "amount": 1 }), "netid", "Not a valid user."),
        (json!({ "netid": "aline2", "amount": 1 }), "netid", "Not a valid user."),
        (
            json!({ "netid": "marga2", "amount": 1.5 }),
            "amount",
            "The amount must be a whole number of credits",
        ),
    ] {
        let reply = officer.post(PATH, &body).await;
        assert_eq!(refusal(&reply), (400, reason.to_owned()), "{body}");
        assert_eq!(reply.json::<Value>()["message"][field], reason);
    }
    let text = json!({ "netid": "marga2", "amount": "12", "description": null });
    assert_eq!(ok(&officer.post(PATH, &text).await).json::<Transaction>().amount, 12);
    let member = world.app.member("marga2");
    assert_eq!(member.post(PATH, &text).await.status, 403);
    assert_eq!(world.app.client().post(PATH, &text).await.status, 401);
}

#[tokio::test]
async fn a_transaction_is_never_deleted_but_reversed_once_with_a_name_and_a_reason() {
    let world = World::start().await;
    let officer = world.app.officer("officer2");
    let given = world.adjust("marga2", 250).await;
    let path = format!("{PATH}/{}", given.id);
    assert_eq!(world.app.member("marga2").delete(&path).await.status, 403);
    let done = officer.delete(&format!("{path}?reason=wrong%20person")).await;
    let done: Value = ok(&done).json();
    assert_eq!(done["message"], format!("Deleted transaction: {}", given.id));
    assert_eq!(world.balance("marga2").await.balance, INITIAL);

    let history: Value = world.app.member("marga2").get(PATH).await.json();
    let (reversal, original) = (&history["transactions"][0], &history["transactions"][1]);
    assert_eq!(original["reversed_by"], reversal["id"]);
    assert_eq!(reversal["reverses"], given.id);
    assert_eq!(
        reversal["description"],
        format!("Reversal of {} by officer2: wrong person", given.id)
    );
    assert_eq!(refusal(&officer.delete(&path).await).0, 409);
    let of_reversal = officer.delete(&format!("{PATH}/{}", reversal["id"])).await;
    assert_eq!(refusal(&of_reversal).0, 409);
    assert_eq!(refusal(&officer.delete(&format!("{PATH}/4711")).await).0, 404);
    assert_eq!(officer.delete(&format!("{PATH}/1abc")).await.status, 404);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_spent_cannot_be_taken_back_by_a_reversal() {
    let world = World::start().await;
    let given = world.adjust("marga2", 250).await;
    let gift = json!({ "to": "melik3", "amount": 600 });
    ok(&world.app.member("marga2").post_once("/credits/transfers", &gift, "one").await);
    let path = format!("{PATH}/{}", given.id);
    let refused = world.app.officer("officer1").delete(&path).await;
    assert_eq!(refused.status, 402);
    assert_eq!(world.balance("marga2").await.balance, 150);

    // One that was reversed is told so, whatever is there now.
    let small = world.adjust("marga2", 10).await;
    let path = format!("{PATH}/{}", small.id);
    ok(&world.app.officer("officer1").delete(&path).await);
    let gift = json!({ "to": "melik3", "amount": 150 });
    ok(&world.app.member("marga2").post_once("/credits/transfers", &gift, "two").await);
    assert_eq!(world.app.officer("officer1").delete(&path).await.status, 409);
}

#[tokio::test]
async fn parallel_reversals_undo_once() {
    let world = World::start().await;
    let given = world.adjust("marga2", 100).await;
    let (officer, path) = (world.app.officer("officer1"), format!("{PATH}/{}", given.id));
    let replies = futures_util::future::join_all((0..10).map(|_| officer.delete(&path))).await;
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    let refused = replies.iter().filter(|reply| reply.status == 409).count();
    assert_eq!((done, refused), (1, 9));
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
}

#[tokio::test]
async fn what_a_service_or_a_member_booked_is_not_reversed_by_hand() {
    let world = World::start().await;
    let (gigs, officer) = (world.app.service("gigs"), world.app.officer("officer1"));
    let reserve = InternalTransfer {
        from: Party::Member(netid("marga2")),
        to: Party::System(SystemAccount::GigEscrow),
        amount: 40,
        description: "Reserved for gig 1".to_owned(),
    };
    let reserved = gigs.call(transfer(&reserve).once("one")).await.unwrap();
    let reward = InternalTransfer {
        from: Party::System(SystemAccount::Mint),
        to: Party::Member(netid("melik3")),
        ..reserve
    };
    let rewarded = gigs.call(transfer(&reward).once("two")).await.unwrap();
    let gift = json!({ "to": "melik3", "amount": 5 });
    let given = world.app.member("marga2").post_once("/credits/transfers", &gift, "gift").await;
    let given: Transaction = ok(&given).json();
    let history: Value = world.app.member("marga2").get(PATH).await.json();
    let opening = history["transactions"][2]["id"].as_u64().unwrap();
    for id in [reserved.id, rewarded.id, given.id, opening] {
        let refused = officer.call(reverse(id, "")).await.unwrap_err();
        assert_eq!(refused.status(), Some(StatusCode::CONFLICT), "{refused}");
    }
    assert_eq!(world.balance("marga2").await.balance, INITIAL - 45);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_ledger_is_for_the_committee_admin() {
    let world = World::start().await;
    let given = world.adjust("marga2", 10).await;
    let body = json!({ "netid": "marga2", "amount": 10 });
    for role in [Role::Top4, Role::Corporate] {
        let officer = world.app.person("mona4", &[role]);
        for path in ["/credits/users", "/credits/audit", "/credits/holds", "/outbox/credits"] {
            assert_eq!(officer.get(path).await.status, 403, "{role} {path}");
        }
        assert_eq!(officer.post(PATH, &body).await.status, 403);
        assert_eq!(officer.delete(&format!("{PATH}/{}", given.id)).await.status, 403);
        assert_eq!(officer.get("/credits/users/marga2").await.status, 404);
        assert_eq!(officer.get(&format!("{PATH}?netid=marga2")).await.status, 404);
        let own: Value = officer.get(PATH).await.json();
        assert_eq!(own["balance"], INITIAL, "it is their own history");
    }
}

#[tokio::test]
async fn many_balances_come_in_pages() {
    let world = World::start().await;
    world.state.members.reconcile().await.unwrap();
    let officer = world.app.officer("officer1");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let request = PageRequest { after, limit: Some(Limit::new(3)) };
        let page = officer.call(balances_page(request)).await.unwrap();
        seen.extend(page.items.iter().map(|balance| balance.netid.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, MEMBERS);
    let first = officer.get("/credits/users?limit=1").await;
    assert!(first.headers["link"].to_str().unwrap().ends_with("rel=\"next\""));
}

#[tokio::test]
async fn the_account_of_a_new_member_opens_with_its_entry_as_soon_as_users_says_so() {
    let world = World::start().await;
    let (users, new) = (world.app.service("users"), netid("mnew2"));
    for _ in 0..2 {
        let opened = users.call(open_account(&new)).await.unwrap();
        assert_eq!((opened.balance, opened.available), (INITIAL, INITIAL));
    }
    let history: Value = world.app.member("mnew2").get(PATH).await.json();
    assert_eq!(
        (&history["balance"], &history["transactions"][0]["amount"]),
        (&json!(500), &json!(500))
    );
    assert_eq!(history["transactions"].as_array().unwrap().len(), 1);
    for other in [world.app.service("gigs"), world.app.officer("officer1")] {
        let refused = other.call(open_account(&new)).await.unwrap_err();
        assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
    }
    assert_eq!(world.problems().await, Vec::<String>::new());
}
