//! The description of the whole API: what each service says of itself, and what the gateway's table knows of
//! who may call it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use grove_gateway_api::Status;
use grove_identity::GATEWAY;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use utoipa::OpenApi;

use crate::{
    routes::{Access, Actor, DESCRIPTION, Route, table},
    services::{Services, look},
};

/// How long a service has to describe itself.
const TIMEOUT: Duration = Duration::from_millis(800);
/// How long a description is told before the services are asked again.
const FRESH: Duration = Duration::from_secs(10);
const ABOUT: &str = "One gateway in front of the services of a student computing chapter. Client applications \
     send their token in `Authorization`; a person who has signed in is known by the session in `Token`.";
const SCHEMAS: &str = "#/components/schemas/";
/// The one schema that all services share.
const PROBLEM: &str = "Problem";

/// The description, as it was last put together.
#[derive(Debug, Default)]
pub(crate) struct Description(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What each service said last. One that is away for a moment is described all the same.
    services: BTreeMap<String, Value>,
    whole: Option<(Instant, Arc<Value>)>,
}

impl Description {
    /// The description of now, or of a moment ago. Whoever comes while it is made waits for it.
    pub(crate) async fn get(&self, services: &Services) -> Arc<Value> {
        let mut known = self.0.lock().await;
        if let Some((at, whole)) = &known.whole
            && at.elapsed() < FRESH
        {
            return whole.clone();
        }
        let documents = services.iter().map(async |upstream| {
            let document = look(upstream, DESCRIPTION, TIMEOUT).await?;
            Some((upstream.name.clone(), serde_json::from_slice(&document).ok()?))
        });
        known.services.extend(join_all(documents).await.into_iter().flatten());
        known.services.entry(GATEWAY.to_owned()).or_insert_with(own);
        let whole = Arc::new(whole(&known.services, table()));
        known.whole = Some((Instant::now(), whole.clone()));
        whole
    }
}

/// How the services are
#[utoipa::path(
    get,
    path = "/status",
    responses((status = 200, description = "Every service, and the last backup", body = Status)),
)]
#[expect(
    dead_code,
    reason = "the gateway answers before there are handlers; this describes the answer"
)]
fn status() {}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "An OpenAPI document", body = Object)),
)]
#[expect(dead_code, reason = "as above")]
fn description() {}

/// This description as a page for people
#[utoipa::path(
    get,
    path = "/docs",
    responses((status = 200, description = "The page", content_type = "text/html", body = String)),
)]
#[expect(dead_code, reason = "as above")]
fn docs() {}

/// What the page is made of
#[utoipa::path(
    get,
    path = "/docs/{file}",
    params(("file" = String, Path, description = "Its name", example = "swagger-ui.css")),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/css"), (String = "text/javascript"), (Vec<u8> = "image/png"),
        )),
        (status = 404, description = "There is no such file"),
    ),
)]
#[expect(dead_code, reason = "as above")]
fn docs_file() {}

fn own() -> Value {
    #[derive(OpenApi)]
    #[openapi(paths(status, description, docs, docs_file))]
    struct Own;
    let document = grove_service::describe(grove_gateway_api::SERVICE, Own::openapi());
    serde_json::to_value(document).unwrap_or_default()
}

/// One document out of those of the services. Of a service that has never answered it names the routes alone.
fn whole(documents: &BTreeMap<String, Value>, table: &[Route]) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    let mut silent = Vec::new();
    let mut tags: Vec<&str> = table.iter().map(|route| route.service).collect();
    tags.sort_unstable();
    tags.dedup();
    for &service in &tags {
        let document = documents.get(service).cloned().map(|mut document| {
            rename(&mut document, service);
            document
        });
        if document.is_none() {
            silent.push(service);
        }
        let document = document.unwrap_or_default();
        for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
            schemas.insert(renamed(name, service), schema.clone());
        }
        for route in table.iter().filter(|route| route.service == service) {
            let method = route.method.as_str().to_ascii_lowercase();
            let said = &document["paths"][route.path][&method];
            if let Some(operation) = operation(said, route) {
                let path = paths.entry(route.path).or_insert_with(|| json!({}));
                path[method] = operation;
            }
        }
    }
    let about = ABOUT.to_owned();
    let about = match silent[..] {
        [] => about,
        _ => {
            format!("{about} Not described, for they have not answered yet: {}.", silent.join(", "))
        }
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Grove",
            "version": env!("CARGO_PKG_VERSION"),
            "description": about,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "client": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "The token of a client application, bare or after `Bearer`.",
                },
                "session": {
                    "type": "apiKey", "in": "header", "name": "Token",
                    "description": "The session of a person, from `POST /session`.",
                },
            },
        },
    })
}

/// What a service says of an operation, with what the table knows of it.
fn operation(said: &Value, route: &Route) -> Option<Value> {
    let mut operation = said.as_object()?.clone();
    let who = who(route.access);
    let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("**Who may:** {who}\n\n{text}");
    operation.insert("description".to_owned(), text.trim_end().into());
    operation.insert("security".to_owned(), security(route.access));
    let mut headers = Vec::new();
    if route.keeps_keys {
        headers.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "Requests under the same key have one effect, and get the same answer.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        }));
    }
    if route.actor == Actor::Header {
        headers.push(json!({
            "name": "Netid", "in": "header", "deprecated": true,
            "description": "The member that an application speaks for, if it may.",
            "schema": { "type": "string" },
        }));
    }
    if !headers.is_empty() {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        parameters.as_array_mut()?.extend(headers);
    }
    Some(operation.into())
}

fn who(access: Access) -> &'static str {
    match access {
        Access::Anyone => "anybody",
        Access::Public => "any client application",
        Access::Person => "whoever is signed in; what is theirs",
        Access::Member => "members of today",
        Access::Officer => "officers of any committee",
        Access::AdminOrTop4 => "the committees admin and top4",
        Access::Admin => "the committee admin",
        Access::Corporate => "the committee corporate",
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Anyone => json!([]),
        Access::Public => json!([{ "client": [] }]),
        _ => json!([{ "client": [], "session": [] }]),
    }
}

/// Schemas are called after their service, for two services may have one of the same name.
fn renamed(name: &str, service: &str) -> String {
    if name == PROBLEM { name.to_owned() } else { format!("{service}_{name}") }
}

/// Has every reference of a document lead to the schema under its new name.
fn rename(document: &mut Value, service: &str) {
    match document {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, service)),
        Value::Object(members) => {
            for (member, value) in members {
                match value.as_str().and_then(|text| text.strip_prefix(SCHEMAS)) {
                    Some(name) if member == "$ref" => {
                        *value = format!("{SCHEMAS}{}", renamed(name, service)).into();
                    }
                    _ => rename(value, service),
                }
            }
        }
        _ => {}
    }
}
