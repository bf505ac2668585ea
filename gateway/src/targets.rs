//! What the gateway tells of the services on its private address.
//!
//! `GET /status` is what officers see of them, for `grove doctor`. `GET /targets` is where the metrics of
//! every replica are, as Prometheus discovers it over HTTP
//! (<https://prometheus.io/docs/prometheus/latest/http_sd/>): a service that is added, or has more
//! replicas, needs no line in its configuration.

use axum::{Router, extract::State, routing::get};
use futures_util::future::join_all;
use grove_gateway_api::Status;
use grove_http::extract::Json;
use serde::Serialize;

use crate::{gateway::Gateway, upstream::Upstream};

/// The replicas of one service.
#[derive(Debug, Serialize)]
struct Group {
    targets: Vec<String>,
    labels: Labels,
}

#[derive(Debug, Serialize)]
struct Labels {
    service: String,
}

/// The routes of the private address.
pub(crate) fn routes(gateway: &Gateway) -> Router {
    let routes = Router::new().route("/targets", get(list)).route("/status", get(status));
    routes.with_state(gateway.clone())
}

async fn status(State(gateway): State<Gateway>) -> Json<Status> {
    Json(gateway.0.watch.look().await)
}

async fn list(State(gateway): State<Gateway>) -> Json<Vec<Group>> {
    let groups = gateway.0.services.iter().map(|upstream| group(upstream));
    Json(join_all(groups).await)
}

async fn group(upstream: &Upstream) -> Group {
    // One that cannot be found stays where it was, or has its name, so that it is seen to be down.
    let _ = upstream.resolve().await;
    let mut targets = upstream.addresses();
    if targets.is_empty() {
        targets.extend(upstream.authority.to_str().map(str::to_owned));
    }
    Group { targets, labels: Labels { service: upstream.name.clone() } }
}
