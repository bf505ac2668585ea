//! What people see of the ledger.

use super::*;

#[tokio::test]
async fn asking_for_a_balance_opens_no_account() {
    let world = World::start().await;
    let balance = world.balance("marga2").await;
    assert_eq!((balance.balance, balance.available), (INITIAL, INITIAL));
    assert_eq!(world.balance("aline2").await.balance, 0, "no member");
    let everyone: Vec<Balance> = world.app.officer("officer1").get("/credits/users").await.json();
    assert_eq!(everyone, []);
    world.state.members.reconcile().await.unwrap();
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
}

#[tokio::test]
async fn people_see_their_own_account_and_officers_all() {
    let world = World::start().await;
    world.state.members.reconcile().await.unwrap();
    let (member, officer) = (world.app.member("marga2"), world.app.officer("officer1"));
    for path in [
        "/credits/users/melik3",
        "/credits/transactions?netid=melik3",
        "/credits/export?netid=melik3",
        "/credits/users/zoe2",
    ] {
        let reply = member.get(path).await;
        assert_eq!(refusal(&reply), (404, "Unrecognized user".to_owned()), "{path}");
    }
    let own: Value = member.get("/credits/transactions").await.json();
    assert_eq!(own["transactions"].as_array().unwrap().len(), 1);
    let all: Value = officer.get("/credits/transactions").await.json();
    assert_eq!(all["transactions"].as_array().unwrap().len(), 4);
    assert!(all["balance"].is_null());
    let one: Value = officer.get("/credits/transactions?netid=melik3").await.json();
    assert_eq!((&one["balance"], &one["available"]), (&json!(INITIAL), &json!(INITIAL)));
    assert_eq!(officer.get("/credits/users/zoe2").await.status, 404);
    assert_eq!(world.app.client().get("/credits/transactions").await.status, 401);
    assert_eq!(member.get("/credits/users").await.status, 403);
}

#[tokio::test]
async fn a_long_history_comes_in_pages_without_gaps() {
    let world = World::start().await;
    for amount in 1..=25 {
        world.adjust("marga2", amount).await;
        world.adjust("melik3", amount).await;
    }
    let (mut amounts, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/credits/transactions?limit=10{after}");
        let page: Value = world.app.member("marga2").get(&path).await.json();
        let lines = page["transactions"].as_array().unwrap();
        assert!(lines.len() <= 10);
        amounts.extend(lines.iter().map(|line| line["amount"].as_i64().unwrap()));
        let Some(next) = page["next"].as_u64() else { break };
        after = format!("&after={next}");
    }
    let mut expected: Vec<i64> = (1..=25).rev().collect();
    expected.push(INITIAL);
    assert_eq!(amounts, expected);
}

#[tokio::test]
async fn a_period_is_exported_as_a_file_that_no_spreadsheet_takes_for_formulas() {
    let world = World::start().await;
    let officer = world.app.officer("officer1");
    let adjust = async |description: &str| {
        let body = json!({ "netid": "marga2", "amount": 5, "description": description });
        ok(&officer.post("/credits/transactions", &body).await);
    };
    adjust("early").await;
    world.clock.advance(chrono::TimeDelta::days(2));
    adjust("=cmd|' /C calc'!A0").await;
    adjust("\"quoted\", and more").await;
    let path = "/credits/export?from=2026-09-02&to=2026-09-03";
    let reply = world.app.member("marga2").get(path).await;
    assert_eq!(ok(&reply).headers["content-type"], "text/csv; charset=utf-8");
    assert!(reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let text = String::from_utf8(reply.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].contains(",marga2,5,\"\"\"quoted\"\", and more\",officer1,"), "{text}");
    assert!(lines[2].contains(",'=cmd|"), "{text}");
    for path in ["/credits/export?from=yesterday", "/credits/transactions?limit=-1"] {
        assert_eq!(refusal(&world.app.member("marga2").get(path).await).0, 400);
    }
    let far = "/credits/transactions?from=-262143-01-01&to=%2B262142-12-31";
    ok(&world.app.member("marga2").get(far).await);
}

#[tokio::test]
async fn the_days_of_a_history_are_the_chapters_also_when_clocks_change() {
    let world = World::in_zone("America/Chicago").await;
    // A day of 25 hours and one of 23: the last moment before each, its first and its last, the first after it.
    let moments = [
        "2026-11-01T04:59:59Z",
        "2026-11-01T05:00:00Z",
        "2026-11-02T05:59:59Z",
        "2026-11-02T06:00:00Z",
        "2027-03-14T05:59:59Z",
        "2027-03-14T06:00:00Z",
        "2027-03-15T04:59:59Z",
        "2027-03-15T05:00:00Z",
    ];
    for (amount, moment) in (1..).zip(moments) {
        world.clock.advance(moment.parse::<DateTime<Utc>>().unwrap() - world.clock.now());
        world.adjust("marga2", amount).await;
    }
    let member = world.app.member("marga2");
    for (period, amounts) in [
        ("from=2026-11-01&to=2026-11-01", [3, 2]),
        ("from=2026-10-31&to=2026-10-31", [1, INITIAL]),
        ("from=2026-11-02&to=2027-03-13", [5, 4]),
        ("from=2027-03-14&to=2027-03-14", [7, 6]),
    ] {
        let page: Value = member.get(&format!("/credits/transactions?{period}")).await.json();
        let page = page["transactions"].as_array().unwrap();
        let page: Vec<_> = page.iter().map(|line| line["amount"].as_i64().unwrap()).collect();
        assert_eq!(page, amounts, "{period}");
        let file = member.get(&format!("/credits/export?{period}")).await;
        let file = String::from_utf8(file.body).unwrap();
        let column = |line: &str| line.split(',').nth(3).unwrap().parse::<i64>().unwrap();
        let file: Vec<_> = file.lines().skip(1).map(column).collect();
        assert_eq!(file, amounts, "{period}");
    }
}

#[tokio::test]
async fn a_history_of_nobody_is_refused_as_old_clients_expect() {
    let world = World::start().await;
    let (member, officer) = (world.app.member("marga2"), world.app.officer("officer1"));
    let not_valid = (400, "Not a valid user.".to_owned());
    for (person, netid) in [(&officer, "zoe2"), (&officer, "no-netid"), (&member, "no-netid")] {
        let reply = person.get(&format!("/credits/transactions?netid={netid}")).await;
        assert_eq!(refusal(&reply), not_valid, "{netid}");
        assert_eq!(reply.json::<Value>()["message"], json!({ "netid": "Not a valid user." }));
    }
    // A member whose account is not open yet has what it begins with.
    let history: Value = officer.get("/credits/transactions?netid=marga2").await.json();
    assert_eq!((&history["balance"], &history["transactions"]), (&json!(INITIAL), &json!([])));
}

#[tokio::test]
async fn a_file_has_every_transaction_however_many_there_are() {
    let world = World::start().await;
    world.adjust("marga2", 5).await;
    let twice = "INSERT INTO transactions (description, actor, created_at)
                 SELECT description, actor, created_at FROM transactions";
    let entries = "INSERT INTO entries (transaction_id, account_id, amount)
                   SELECT transactions.id, accounts.id, 1 FROM transactions
                   JOIN accounts ON netid = 'marga2' WHERE transactions.id > 2";
    for statement in [twice; 10].into_iter().chain([entries]) {
        sqlx::query(statement).execute(&world.db.pool()).await.unwrap();
    }
    for person in [world.app.member("marga2"), world.app.officer("officer1")] {
        let file = String::from_utf8(person.get("/credits/export").await.body).unwrap();
        let mut ids: Vec<&str> = file.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(ids.remove(0), "id");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2048);
    }
}

#[tokio::test]
async fn both_sides_see_who_the_other_is() {
    let world = World::start().await;
    let gift = json!({ "to": "melik3", "amount": 7, "description": "pizza" });
    ok(&world.app.member("marga2").post_once("/credits/transfers", &gift, "one").await);
    for (netid, other) in [("marga2", "melik3"), ("melik3", "marga2")] {
        let person = world.app.member(netid);
        let history: Value = person.get("/credits/transactions").await.json();
        let lines = &history["transactions"];
        assert_eq!(lines[0]["counterparty"], json!({ "member": other }));
        assert_eq!(lines[1]["counterparty"], json!({ "system": "mint" }));
        let file = String::from_utf8(person.get("/credits/export").await.body).unwrap();
        let lines: Vec<&str> = file.lines().collect();
        assert!(lines[0].ends_with(",counterparty"), "{file}");
        assert!(lines[1].ends_with(&format!(",{other}")), "{file}");
        assert!(lines[2].ends_with(",chapter: mint"), "{file}");
    }
}

#[tokio::test]
async fn no_form_of_a_formula_survives_in_a_file() {
    let world = World::start().await;
    let (giver, officer) = (world.app.member("marga2"), world.app.officer("officer1"));
    for (number, (entered, written)) in [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        (";=1", ";'=1"),
        ("a; ＝1", "a; '＝1"),
        (";;@x", ";;'@x"),
        ("1+1=2; fine", "1+1=2; fine"),
    ]
    .into_iter()
    .enumerate()
    {
        let gift = json!({ "to": "melik3", "amount": 1, "description": entered });
        ok(&giver.post_once("/credits/transfers", &gift, &number.to_string()).await);
        let file = officer.get("/credits/export?netid=melik3").await.body;
        let file = String::from_utf8(file).unwrap();
        let line = file.lines().nth(1).unwrap();
        assert!(line.contains(&format!(",melik3,1,{written},")), "{entered}: {line}");
    }
}

#[tokio::test]
async fn a_period_that_ends_before_it_begins_is_refused() {
    let world = World::start().await;
    let path = "/credits/transactions?from=2026-09-02&to=2026-09-01";
    let refused = world.app.member("marga2").get(path).await;
    assert_eq!(refusal(&refused), (400, "The first day is after the last".to_owned()));
}
