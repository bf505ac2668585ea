//! What a service's file may say, and what the build answers to one that is malformed.

#![expect(dead_code, reason = "the build uses the rest")]

#[path = "../build/catalog.rs"]
mod catalog;
#[path = "../build/file.rs"]
mod file;
#[path = "../build/table.rs"]
mod table;

use file::{File, Service};

const TRAMS: &str = "about = \"Trams.\"\nport = 9494\n[routes]\n";

fn parse(name: &str, text: &str) -> Result<Service, String> {
    let path = format!("services/{name}/service.toml").into();
    File { path, name: name.to_owned(), is_planned: false }.parse(text)
}

/// Why services that differ from [`TRAMS`] by these lines are refused.
fn refusal(before: &str, routes: &str) -> Option<String> {
    let service = parse("trams", &format!("{before}\n{TRAMS}{routes}"));
    service.and_then(|service| catalog::check(&[service])).err()
}

#[test]
fn a_file_needs_little() {
    let service = parse("trams", &format!("{TRAMS}\"GET /trams\" = \"member\"")).unwrap();
    assert!(service.said.schema && service.called().is_empty());
    let table = table::of(&[service]);
    let route = "Route { method: Method::Get, path: \"/trams\", access: Access::Member, \
                 actor: Actor::None, keeps_keys: false }";
    assert!(table.contains(route), "{table}");
}

#[test]
fn a_route_can_say_more() {
    let row = "\"POST /trams\" = { access = \"member\", actor = { body = \"driver\" }, keeps_keys = true }";
    let table = table::of(&[parse("trams", &format!("{TRAMS}{row}")).unwrap()]);
    assert!(table.contains("actor: Actor::Body(\"driver\"), keeps_keys: true"), "{table}");
    let row = "\"GET /trams\" = { access = \"member\", actor = \"header\" }";
    let table = table::of(&[parse("trams", &format!("{TRAMS}{row}")).unwrap()]);
    assert!(table.contains("actor: Actor::Header, keeps_keys: false"), "{table}");
}

#[test]
fn what_is_malformed_is_refused_with_a_sentence() {
    for (before, routes, sentence) in [
        ("colour = 1", "", "services/trams/service.toml: line 1: unknown field `colour`"),
        ("", "\"GET /trams\" = \"members\"", "line 5: a route is for anyone, public, person"),
        ("", "\"FETCH /trams\" = \"member\"", "has no method"),
        ("", "\"GET trams\" = \"member\"", "is no route such as"),
        ("", "\"GET /trams//all\" = \"member\"", "is no route such as"),
        ("", "\"GET /trams/{id\" = \"member\"", "is no route such as"),
        ("calls = [\"stars\"]", "", "trams calls stars, which is not there"),
        ("calls = \"some\"", "", "line 1: calls is a list of services, or \"all\""),
        (
            "",
            "\"GET /trams/{id}\" = \"member\"\n\"PUT /trams/{tram}\" = \"member\"",
            "trams: /trams/{tram} and /trams/{id} are the same path",
        ),
    ] {
        let refusal = refusal(before, routes).unwrap();
        assert!(refusal.contains(sentence), "{refusal}");
    }
}

#[test]
fn services_do_not_get_in_each_others_way() {
    let trams = format!("{TRAMS}\"GET /trams\" = \"member\"");
    let sundials = trams.replace("9494", "7001");
    for (name, text, sentence) in [
        ("sundials", trams.as_str(), "sundials and trams both have the port 9494"),
        ("sundials", sundials.as_str(), "sundials has the route GET /trams, and so has trams"),
        ("trams", sundials.as_str(), "trams is there: its file among the planned ones has to go"),
    ] {
        let both = [parse("trams", &trams).unwrap(), parse(name, text).unwrap()];
        assert_eq!(catalog::check(&both).unwrap_err(), sentence);
    }
}

#[test]
fn who_calls_all_calls_each_that_is_there_and_keeps_something() {
    let service = |name: &str, port: u16, said: &str| {
        parse(name, &format!("about = \"It.\"\nport = {port}\n{said}\n[routes]\n")).unwrap()
    };
    let planned = Service { is_planned: true, ..service("stars", 3, "networks = [\"stars\"]") };
    let mut services = [
        planned,
        service("clocks", 1, "networks = [\"clocks\", \"hands\"]"),
        service("mirrors", 2, "schema = false"),
        service("trams", 4, "calls = \"all\"\nnetworks = [\"rails\"]"),
        service("trees", 5, "networks = [\"clocks\"]"),
    ];
    catalog::resolve(&mut services);
    catalog::check(&services).unwrap();
    assert_eq!(services[3].called(), ["clocks", "trees"]);
    assert_eq!(services[3].said.networks, ["clocks", "rails"]);
}

#[test]
fn a_text_with_anything_in_it_becomes_rust() {
    let about = "about = \"Say \\\"hé\\\" \\\\ {name}.\"\nport = 1\n[routes]\n";
    let table = table::of(&[parse("trams", about).unwrap()]);
    assert!(table.contains(r#"about: "Say \"hé\" \\ {name}.""#), "{table}");
}
