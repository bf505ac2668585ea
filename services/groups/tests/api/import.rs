//! The old system's groups.

use grove_groups::{Kind, import::import_yaml};
use grove_groups_api::{Group, GroupRole};
use grove_shared::{Role, import::Report};
use serde_json::{Value, json};

use crate::{Setting, netids, roles};

const SIGS: &str = r"
- name: SIGPwny
  description: >
    Security for everyone.
  chairs: [Jo Smith, Nobody Knows]
  meetingDay: Thursday
  meetingTime: 18:00
  meetingLoc: [Siebel 1404, Siebel 2405]
  site: https://sigpwny.example
  email: sigpwny@example.org
  members: [Jo Smith, Max Doe]
  netids: [jsmith2, MDoe3, jsmith2]
  join: https://example.org/join
- name: SIG C++
  meeting_day: no
  meetingTime: 7
  site: sigcpp.example
  chairs: mdoe3
  netids: mdoe3, Bad.Name
  members: 12
- name: SIG/Bad
- just text
- name: [SIGMusic]
  netids:
";

const COMMITTEES: &str = r"
committees:
  - name: Top4
    email: top4@example.org
    netids: [jsmith2, mdoe3, slee4]
    members: [Jo Smith, Max Doe]
    roles:
      - { name: Chair, holder: Jo Smith, email: jsmith2@illinois.example }
      - { name: Treasurer, holder: Max Doe, email: treasurer@example.org }
      - { name: Secretary, holder: slee4 }
      - Webmaster
  - name: Events
    chairs: Ann Lee
    netids: alee5
    roles: { name: Chair, holder: Ann Lee, email: alee5@illinois.example }
";

async fn import(setting: &Setting, kind: Kind, yaml: &str) -> Report {
    import_yaml(&setting.db.pool(), kind, yaml, setting.clock.now()).await.unwrap()
}

fn places(report: &Report) -> Vec<&str> {
    report.skipped.iter().map(|skipped| skipped.place.as_str()).collect()
}

#[tokio::test]
async fn old_sigs_arrive_with_a_report_of_what_did_not() {
    let setting = Setting::new().await;
    let report = import(&setting, Kind::Sigs, SIGS).await;
    assert_eq!((report.imported, report.present), (3, 0));
    assert_eq!(
        places(&report),
        ["SIGPwny, chairs", "SIG C++, site", "SIG C++, netids: Bad.Name", "group 3", "group 4",]
    );

    let groups = setting.app.client().get("/groups/sigs").await.json::<Value>();
    let expected = json!({
        "name": "SIGPwny", "description": "Security for everyone.", "chairs": "Jo Smith",
        "meetingDay": "Thursday", "meetingTime": "18:00", "site": "https://sigpwny.example",
        "meetingLoc": "Siebel 1404, Siebel 2405", "email": "sigpwny@example.org",
        "memberCount": 2, "roles": [],
    });
    assert_eq!(groups[2], expected);
    assert_eq!((&groups[0]["chairs"], &groups[0]["site"]), (&json!("mdoe3"), &json!("")));
    assert_eq!((&groups[0]["meetingDay"], &groups[0]["meetingTime"]), (&json!("no"), &json!("7")));
    let seen = roles(&setting.officer(), "sigs/SIGPwny").await;
    assert_eq!(netids(&seen), ["jsmith2", "mdoe3"]);
    assert_eq!(
        (seen.roles[1].name.as_str(), seen.roles[1].granted_by.as_str()),
        ("Max Doe", "import")
    );
}

#[tokio::test]
async fn old_committees_fill_those_of_a_new_chapter_and_make_officers() {
    let setting = Setting::new().await;
    let report = import(&setting, Kind::Committees, COMMITTEES).await;
    assert_eq!((report.imported, report.present), (2, 0));
    assert_eq!(places(&report), ["Top4, members", "Top4, role Treasurer", "Top4, roles"]);

    let top4 = setting.app.client().get("/groups/committees/top4").await.json::<Group>();
    assert_eq!((top4.name.as_str(), top4.email.as_str()), ("Top4", "top4@example.org"));
    let offices: Vec<_> =
        top4.roles.iter().map(|role| (role.name.as_str(), role.holder.as_str())).collect();
    assert_eq!(offices, [("Chair", "Jo Smith"), ("Secretary", "slee4")]);
    assert_eq!(setting.officer_roles("mdoe3").await, [Role::Top4]);
    let events = setting.app.client().get("/groups/committees/events").await.json::<Group>();
    assert_eq!((events.chairs.as_str(), events.roles[0].holder.as_str()), ("Ann Lee", "Ann Lee"));
    assert!(setting.officer_roles("alee5").await.is_empty());
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_brings_nobody_back() {
    let setting = Setting::new().await;
    import(&setting, Kind::Sigs, SIGS).await;
    let officer = setting.officer();
    let pwny = "/groups/sigs/SIGPwny";
    officer.put(pwny, &json!({ "meetingDay": "Friday" })).await;
    officer.delete("/groups/sigs/SIGMusic").await;
    let id = roles(&officer, "sigs/SIGPwny").await.roles[1].id;
    assert!(
        officer.delete(&format!("{pwny}/roles/{id}")).await.json::<GroupRole>().ended_at.is_some()
    );

    let report = import(&setting, Kind::Sigs, SIGS).await;
    assert_eq!((report.imported, report.present, report.skipped.len()), (0, 3, 5));
    let group = officer.get(pwny).await.json::<Group>();
    assert_eq!((group.meeting_day.as_str(), group.member_count), ("Friday", 1));
    assert_eq!(officer.get("/groups/sigs/SIGMusic").await.status, 404);
}

#[tokio::test]
async fn a_file_may_be_a_mapping_by_name_or_empty_but_not_anything() {
    let setting = Setting::new().await;
    let report = import(&setting, Kind::Sigs, "SIGChess: { netids: [jsmith2] }").await;
    assert_eq!((report.imported, report.skipped.len()), (1, 0));
    assert_eq!(import(&setting, Kind::Sigs, "").await, Report::default());
    for bad in ["just text", "a: [", "SIGChess: 3"] {
        let now = setting.clock.now();
        assert!(import_yaml(&setting.db.pool(), Kind::Sigs, bad, now).await.is_err(), "{bad}");
    }
}
