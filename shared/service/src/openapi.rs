//! What a service says of its routes: an `OpenAPI` document made from the handlers themselves.

use axum::{Router, routing::get};
use grove_http::{error::Problem, extract::Json};
use grove_shared as shared;
use utoipa::{
    PartialSchema,
    openapi::{
        Components, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
        path::Operation, tag::TagBuilder,
    },
};

/// Where every program describes itself, for the gateway.
const PATH: &str = "/openapi.json";
/// The content type of an error (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// `GET /openapi.json`, for a private address: the gateway shows the documents of all services as one.
pub(crate) fn routes(document: OpenApi) -> Router {
    Router::new().route(PATH, get(async move || Json(document)))
}

/// Adds to what the handlers of `service` say what is true of all of them: any of them may answer with a
/// problem.
pub fn describe(service: shared::Service, mut document: OpenApi) -> OpenApi {
    document.info =
        InfoBuilder::new().title(service.name).version(env!("CARGO_PKG_VERSION")).build();
    document.tags = Some(vec![TagBuilder::new().name(service.name).build()]);
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(|operation| complete(service, operation));
    }
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    document
}

fn complete(service: shared::Service, operation: &mut Operation) {
    operation.tags = Some(vec![service.name.to_owned()]);
    operation.operation_id =
        operation.operation_id.take().map(|handler| format!("{}_{handler}", service.name));
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refusals = operation.responses.responses.iter_mut();
    for (_, refusal) in refusals.filter(|(status, _)| status.starts_with(['4', '5'])) {
        if let RefOr::T(refusal) = refusal {
            refusal.content.entry(PROBLEM.to_owned()).or_insert(problem.clone().into());
        }
    }
    let any = ResponseBuilder::new()
        .description("A problem: `detail` is a sentence for whoever asked.")
        .content(PROBLEM, problem);
    operation.responses.responses.entry("default".to_owned()).or_insert(any.build().into());
}
