//! A believable chapter of invented people, from the files of `demo/`.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use grove_auth::PasswordHashing;
use grove_auth_api::NewAccount;
use grove_groups::Kind;
use grove_groups_api::{GroupChange, NewGroupRole};
use grove_merch_api::NewItem;
use grove_shared::{NetId, Role};
use serde::Deserialize;

use crate::{commands::account, schema::DatabaseServer};

/// The password of all demo logins. It is public, so a chapter that is seen by others has none.
pub const PASSWORD: &str = "purple otters juggle teacups";

/// Who can sign in, and as what.
const LOGINS: [(&str, &str); 5] = [
    ("adhawa2", "officer: admin"),
    ("bkimur2", "officer: top4"),
    ("crossi2", "officer: corporate"),
    ("dyamad2", "member, leads SIGGraph"),
    ("vnakat2", "member"),
];

#[derive(Debug, Deserialize)]
struct Groups {
    sigs: Vec<GroupChange>,
    committees: Vec<GroupChange>,
}

#[derive(Debug)]
struct DemoPerson<'a> {
    account: NewAccount,
    state: &'a str,
}

impl DemoPerson<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.account.first_name, self.account.last_name)
    }
}

/// What a person types to sign in.
pub fn logins() -> String {
    let rows = LOGINS.map(|(netid, what)| format!("  {netid:9} {what}"));
    format!("Demo logins, all with the password \"{PASSWORD}\":\n{}\n", rows.join("\n"))
}

/// Fills the schemas; what is there already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn seed(server: &DatabaseServer, now: DateTime<Utc>) -> anyhow::Result<()> {
    let people = people()?;
    seed_people(server, &people, now).await?;
    seed_groups(server, &people, now).await?;
    seed_quotes(server, &people, now).await?;
    seed_items(server, now).await?;
    seed_gigs(server, &people, now).await
}

fn people() -> anyhow::Result<Vec<DemoPerson<'static>>> {
    let rows = include_str!("../demo/people.csv").lines().skip(1);
    rows.map(|row| {
        let columns: Vec<&str> = row.split(',').collect();
        let [netid, first_name, last_name, _uin, state] = columns[..] else {
            anyhow::bail!("a demo person has five columns: {row}");
        };
        let account = NewAccount {
            netid: netid.parse()?,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
        };
        Ok(DemoPerson { account, state })
    })
    .collect()
}

async fn seed_people(
    server: &DatabaseServer,
    people: &[DemoPerson<'_>],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let (users, auth) = (server.open("users")?, server.open("auth")?);
    for (index, person) in (0_i64..).zip(people) {
        let NewAccount { netid, first_name, last_name } = &person.account;
        let joined = now - TimeDelta::hours(30 * (index + 1));
        if person.state == "unverified" {
            grove_users::admin::add_applicant(&users, netid, first_name, last_name, joined).await?;
            continue;
        }
        grove_users::admin::add_user(&users, netid, first_name, last_name, joined).await?;
        if person.state == "member" {
            // From today, so that the term covers today whatever the season.
            grove_users::admin::add_member(&users, netid, first_name, last_name, now).await?;
        }
        let signs_in = LOGINS.iter().any(|(login, _)| *login == netid.as_str());
        if signs_in && !grove_auth::admin::account_exists(&auth, netid).await? {
            let password = (PASSWORD, &PasswordHashing::default());
            account::add(server, &person.account, Some(password), false, joined).await?;
        }
    }
    Ok(())
}

async fn seed_groups(
    server: &DatabaseServer,
    people: &[DemoPerson<'_>],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    const TITLES: [&str; 3] = ["Chair", "Treasurer", "Secretary"];
    let db = server.open("groups")?;
    let groups: Groups = serde_json::from_str(include_str!("../demo/groups.json"))?;
    let members: Vec<_> = people.iter().filter(|person| person.state == "member").collect();
    let all = [(Kind::Sigs, groups.sigs), (Kind::Committees, groups.committees)];
    for (kind, groups) in all {
        for (index, group) in groups.iter().enumerate() {
            let name = group.name.as_deref().context("a demo group has a name")?;
            grove_groups::admin::ensure_group(&db, kind, group, now).await?;
            // People 3.. are spread over the groups; the officers' committees keep their officers.
            let officers = Role::ALL.iter().any(|role| role.as_str().eq_ignore_ascii_case(name));
            let size = if officers { 1 } else { 6 };
            for place in 0..size {
                let person = match (officers, place) {
                    (true, _) => members.get(index),
                    (false, 0) => members.get(3 + index),
                    (false, _) => members.get(3 + (index * 5 + place * 7) % (members.len() - 3)),
                };
                let person = person.context("the demo has too few members")?;
                let title = match kind {
                    Kind::Committees => TITLES.get(place).copied().unwrap_or_default(),
                    Kind::Sigs => "",
                };
                let role = NewGroupRole {
                    netid: person.account.netid.clone(),
                    name: person.name(),
                    lead: place == 0,
                    title: title.to_owned(),
                };
                grove_groups::admin::grant(&db, (kind, name), role, "demo", now).await?;
            }
        }
    }
    Ok(())
}

async fn seed_quotes(
    server: &DatabaseServer,
    people: &[DemoPerson<'_>],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let db = server.open("quotes")?;
    let netids: Vec<NetId> = people.iter().map(|person| person.account.netid.clone()).collect();
    let officer = netids.first().context("the demo has an officer")?;
    let mut quotes: Vec<(String, String)> = Vec::new();
    for record in csv::Reader::from_reader(include_str!("../demo/quotes.csv").as_bytes()).records()
    {
        let record = record?;
        let column = |index| record.get(index).unwrap_or_default().to_owned();
        quotes.push((column(0), column(1)));
    }
    let waiting = quotes.len().saturating_sub(4);
    for (index, (text, source)) in quotes.iter().enumerate() {
        let author = &netids[(index * 11 + 4) % netids.len()];
        let votes = (index * 7) % 23;
        let voting: Vec<NetId> = netids.iter().skip(index % 9).take(votes).cloned().collect();
        let approved_by = (index < waiting).then_some(officer);
        let posted = now - TimeDelta::hours(i64::try_from(quotes.len() - index)? * 53);
        grove_quotes::admin::add_quote(&db, (text, source), author, approved_by, &voting, posted)
            .await?;
    }
    Ok(())
}

async fn seed_items(server: &DatabaseServer, now: DateTime<Utc>) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Row {
        location: String,
        name: String,
        price: u32,
        quantity: u32,
    }
    let db = server.open("merch")?;
    for row in csv::Reader::from_reader(include_str!("../demo/items.csv").as_bytes()).deserialize()
    {
        let Row { location, name, price, quantity } = row?;
        let image_url = format!("https://example.edu/pictures/{location}.png");
        let item = NewItem {
            name: name.into(),
            price: price.into(),
            image_url: image_url.into(),
            quantity: quantity.into(),
            location: location.into(),
        };
        grove_merch::admin::add_item(&db, &item, now).await?;
    }
    Ok(())
}

async fn seed_gigs(
    server: &DatabaseServer,
    people: &[DemoPerson<'_>],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let db = server.open("gigs")?;
    // The first three people are officers, who may spend the chapter's credits.
    let issuers = people.iter().take(3).cycle();
    let rows = csv::Reader::from_reader(include_str!("../demo/gigs.csv").as_bytes());
    for ((row, person), age) in rows.into_deserialize().zip(issuers).zip(1_i64..) {
        let (title, details, credits): (String, String, i64) = row?;
        let posted = now - TimeDelta::hours(age * 19);
        let gig = (title.as_str(), details.as_str(), credits);
        grove_gigs::admin::add_gig(&db, &person.account.netid, gig, posted).await?;
    }
    Ok(())
}
