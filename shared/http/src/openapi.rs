//! Descriptions of routes that many services have, each under its own name.

use axum::routing::MethodRouter;
use utoipa::openapi::RefOr;
use utoipa_axum::router::UtoipaMethodRouter;

/// A route whose path holds `{service}`, as the service of this name has it.
pub fn of_service<S>(
    service: &str,
    (schemas, mut paths, router): UtoipaMethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    let renamed = paths.paths.into_iter().map(|(path, mut item)| {
        // It is no parameter any more.
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        let operations = operations.into_iter().flatten();
        for parameters in operations.filter_map(|operation| operation.parameters.as_mut()) {
            parameters
                .retain(|parameter| !matches!(parameter, RefOr::T(it) if it.name == "service"));
        }
        (path.replace("{service}", service), item)
    });
    paths.paths = renamed.collect();
    (schemas, paths, router)
}

/// A description with the handler that it is of, for one that is generic.
pub fn with_handler<S>(
    (schemas, paths, _): UtoipaMethodRouter<S>,
    handler: MethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    (schemas, paths, handler)
}
