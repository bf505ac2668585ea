//! What the API says of itself is what it answers: the routers, the descriptions, the gateway's table and the
//! authorization matrix name the same operations.

use std::collections::BTreeSet;

use grove_gateway::routes::{self, Access};
use serde_json::Value;

use crate::{
    matrix::reviewed,
    world::{Caller, World},
};

type Operations = BTreeSet<(String, String)>;

/// The operations of a document, by method and path.
fn operations(document: &Value) -> Operations {
    each(document).map(|(method, path, _)| (method, path)).collect()
}

fn each(document: &Value) -> impl Iterator<Item = (String, String, &Value)> {
    document["paths"].as_object().into_iter().flatten().flat_map(|(path, item)| {
        item.as_object()
            .into_iter()
            .flatten()
            .map(move |(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation))
    })
}

fn routed(of: impl Fn(&str) -> bool) -> Operations {
    let routes = routes::table().iter().filter(|route| of(route.service));
    routes.map(|route| (route.method.to_string(), route.path.to_owned())).collect()
}

/// What a service's own router answers, which it describes at its private address.
async fn described(world: &World, service: &str) -> Value {
    let http = crate::world::http_client();
    let url = format!("{}/openapi.json", world.url(service));
    http.get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn four_lists_of_operations_are_one() {
    let world = World::start().await;
    let stranger = Caller { client_token: None, ..world.client() };
    let document = stranger.get("/openapi.json").await.json;

    let planned: BTreeSet<&str> = grove_catalog::SERVICES
        .iter()
        .filter(|service| service.is_planned)
        .map(|service| service.name)
        .collect();
    let table = routed(|service| !planned.contains(service));
    for service in grove_catalog::present() {
        let own = operations(&described(&world, service.name).await);
        let routed = routed(|name| name == service.name);
        let (hidden, missing): (Vec<_>, Vec<_>) =
            (own.difference(&routed).collect(), routed.difference(&own).collect());
        assert!(
            hidden.is_empty() && missing.is_empty(),
            "{}: not at the gateway {hidden:?}; not described {missing:?}",
            service.name
        );
    }
    assert_eq!(operations(&document), table);
    let of_planned = routed(|service| planned.contains(service));
    let reviewed: Operations =
        reviewed().into_iter().map(|(method, path, _)| (method.to_owned(), path)).collect();
    assert_eq!(&reviewed - &of_planned, table);
    world.end().await;
}

#[tokio::test]
async fn each_operation_says_what_it_is_for_who_may_and_how_it_answers() {
    let world = World::start().await;
    let stranger = Caller { client_token: None, ..world.client() };
    let document = stranger.get("/openapi.json").await.json;
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in each(&document) {
        let mut expect = |is_so: bool, what: &str| {
            if !is_so {
                wrong.push(format!("{method} {path}: {what}"));
            }
        };
        let summary = operation["summary"].as_str().unwrap_or_default();
        expect(!summary.is_empty() && !summary.ends_with('.'), "a summary without a full stop");
        let id = operation["operationId"].as_str().unwrap_or_default();
        expect(!id.is_empty() && ids.insert(id.to_owned()), "an operationId of its own");
        let about = operation["description"].as_str().unwrap_or_default();
        expect(about.starts_with("**Who may:** "), "who may");
        let route = routes::table()
            .iter()
            .find(|route| route.method.as_str() == method && route.path == path)
            .unwrap();
        let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
        expect(is_open == (route.access == Access::Anyone), "security as the table has it");
        let responses = operation["responses"].as_object().unwrap();
        let succeeds = responses.keys().any(|status| status.starts_with(['2', '3']));
        expect(succeeds, "how it succeeds");
        let is_problem = |answer: &Value| {
            answer["content"]["application/problem+json"]["schema"]["$ref"]
                == "#/components/schemas/Problem"
        };
        let refusals = responses.iter().filter(|(status, _)| status.starts_with(['4', '5']));
        for (status, refusal) in refusals {
            expect(is_problem(refusal), &format!("{status} is a problem"));
        }
        expect(responses.get("default").is_some_and(is_problem), "any other is a problem");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.end().await;
}
