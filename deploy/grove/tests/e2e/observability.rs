//! That what is watched can be measured, and that who watches may do little.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use grove_shared::Role;
use serde_json::{Value, json};

use crate::world::World;

/// What Prometheus says itself, and what it is told only when traces are on.
const NOT_OURS: [&str; 2] = ["up", "trace_spans_total"];
/// What counts once there is something to count: tries of messages, a report, a backup.
const LATER: [&str; 5] = [
    "notification_tries_total",
    "directory_drift",
    "directory_report_age_seconds",
    "backup_last_full_timestamp_seconds",
    "backup_saved_until_timestamp_seconds",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("deploy")
}

fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// Every text under the key `expr`.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(text) if key == "expr" => found.push(text.to_owned()),
                    _ => expressions(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

/// The metrics that an expression names: the words that are no label, function or keyword.
fn metrics(expression: &str) -> BTreeSet<String> {
    let without = |text: &str, open: char, close: char| {
        let mut depth = 0;
        text.chars()
            .filter(|c| {
                depth += i32::from(*c == open);
                let kept = depth == 0;
                depth -= i32::from(*c == close);
                kept
            })
            .collect::<String>()
    };
    let text = without(&without(expression, '{', '}'), '[', ']');
    let mut names = BTreeSet::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let word = &rest[start..];
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)));
        let (word, after) = word.split_at(end.unwrap_or(word.len()));
        rest = after;
        match word {
            "by" | "ignoring" | "on" => rest = after.split_once(')').unwrap().1,
            "and" | "or" | "unless" => {}
            _ if after.trim_start().starts_with('(') => {}
            // An aggregation whose labels stand before what it is of.
            _ if after.trim_start().starts_with("by") => {}
            name => drop(names.insert(name.to_owned())),
        }
    }
    names
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let text =
        "histogram_quantile(0.9, sum by (le) (rate(a_bucket{x=\"y z\"}[5m]))) > 1 and b:c == 0";
    let names: Vec<_> = metrics(text).into_iter().collect();
    assert_eq!(names, ["a_bucket", "b:c"]);
}

/// What the rules record, and what rules and dashboards ask for.
fn asked() -> (BTreeSet<String>, BTreeSet<String>) {
    let rules = yaml("observability/alerts.yaml");
    let mut found = Vec::new();
    expressions(&rules, &mut found);
    let dashboards = folder().join("observability/grafana/dashboards");
    for file in std::fs::read_dir(dashboards).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(path).unwrap();
            expressions(&serde_json::from_str(&text).unwrap(), &mut found);
        }
    }
    assert!(found.len() > 30, "{found:?}");
    let rules = rules["groups"].as_array().unwrap().iter();
    let rules = rules.flat_map(|group| group["rules"].as_array().unwrap());
    let recorded = rules.filter_map(|rule| rule["record"].as_str().map(str::to_owned)).collect();
    (recorded, found.iter().flat_map(|text| metrics(text)).collect())
}

#[tokio::test]
async fn every_metric_that_an_alert_or_a_dashboard_asks_for_is_measured() {
    let (recorded, mut asked) = asked();
    asked.retain(|name| !recorded.contains(name) && !NOT_OURS.contains(&name.as_str()));
    for name in LATER {
        assert!(asked.remove(name), "{name} is asked for by nobody");
    }
    let world = World::start_demo().await;
    world.person("officer1", &[Role::Admin]).await.get("/status").await;
    let admin = world.chapter.ports().of("gateway-admin").unwrap();
    let url = format!("http://{admin}/metrics");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        // One process, so that any of its programs knows the metrics of all.
        let text = world.client().http.get(&url).send().await.unwrap().text().await.unwrap();
        let measured: BTreeSet<_> =
            text.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
        let missing: Vec<_> =
            asked.iter().filter(|name| !measured.contains(name.as_str())).collect();
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "nobody measures {missing:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.end().await;
}

#[test]
fn who_watches_is_allowed_little() {
    let compose = yaml("compose.observability.yaml");
    for (name, service) in compose["services"].as_object().unwrap() {
        let is = |key: &str, value: Value| assert_eq!(service[key], value, "{key} of {name}");
        is("profiles", json!(["observability"]));
        is("read_only", json!(true));
        is("cap_drop", json!(["ALL"]));
        is("security_opt", json!(["no-new-privileges:true"]));
        is("cap_add", Value::Null);
        for limit in ["mem_limit", "pids_limit", "cpus"] {
            assert!(!service[limit].is_null(), "{name} has no {limit}");
        }
        let image = service["image"].as_str().unwrap();
        assert!(image.contains(':') && !image.contains("latest"), "{image} is not pinned");
        let user = service["user"].as_str().unwrap();
        assert!(!user.starts_with('0') && !user.starts_with("root"), "{name} is {user}");
        let list = |key: &str| service[key].as_array().cloned().unwrap_or_default();
        for port in list("ports") {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name} publishes {port}");
        }
        for volume in list("volumes") {
            let volume = volume.as_str().unwrap();
            let is_own = compose["volumes"].get(volume.split(':').next().unwrap()).is_some();
            let is_ours = volume.starts_with("./deploy/observability") && volume.ends_with(":ro");
            assert!(is_own || is_ours, "{name} mounts {volume}");
        }
    }
}

#[test]
fn whom_prometheus_asks_shares_a_network_with_it() {
    let (watchers, compose) = (yaml("compose.observability.yaml"), yaml("../compose.yaml"));
    let networks = |service: &Value| -> BTreeSet<String> {
        let names = service["networks"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let upstreams = compose["services"]["gateway"]["environment"]["UPSTREAMS"].as_str().unwrap();
    let asked = upstreams.split(',').map(|pair| pair.split('=').next().unwrap());
    for name in asked.chain(["gateway", "frontend"]) {
        for watcher in ["prometheus", "traces"] {
            let (its, theirs) =
                (networks(&watchers["services"][watcher]), networks(&compose["services"][name]));
            assert!(!its.is_disjoint(&theirs), "{watcher} and {name} share no network");
            // None that leads outside, and none of who keeps secrets or backups.
            for network in ["outside", "setup", "backup"] {
                assert!(!its.contains(network), "{watcher} is in {network}");
            }
        }
    }
}
