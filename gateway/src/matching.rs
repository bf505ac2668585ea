//! Finds the route of a request.

use std::collections::BTreeMap;

use anyhow::Context;
use http::{HeaderValue, Method};
use matchit::Router;

use crate::routes::Route;

/// A path of the table with all its methods.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) pattern: &'static str,
    routes: Vec<&'static Route>,
    /// The value of `Allow`.
    pub(crate) allow: HeaderValue,
}

impl Path {
    fn new(pattern: &'static str, routes: Vec<&'static Route>) -> anyhow::Result<Self> {
        let mut methods: Vec<_> = routes.iter().map(|route| route.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        let allow = HeaderValue::try_from(methods.join(", "))?;
        Ok(Self { pattern, routes, allow })
    }

    /// The route of a method.
    pub(crate) fn route(&self, method: &Method) -> Option<&'static Route> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.routes.iter().find(|route| route.method == method).copied()
    }
}

/// Every path. The more particular comes first, as in the services: `/users/me` before `/users/{netid}`.
#[derive(Debug)]
pub(crate) struct Paths(Router<Path>);

impl Paths {
    pub(crate) fn new(table: &'static [Route]) -> anyhow::Result<Self> {
        let mut paths: BTreeMap<&'static str, Vec<&'static Route>> = BTreeMap::new();
        for route in table {
            paths.entry(route.path).or_default().push(route);
        }
        let mut router = Router::new();
        for (pattern, routes) in paths {
            let path = Path::new(pattern, routes)?;
            router.insert(pattern, path).with_context(|| format!("the path {pattern}"))?;
        }
        Ok(Self(router))
    }

    /// The path that a raw path stands for.
    pub(crate) fn find(&self, path: &str) -> Option<&Path> {
        // An empty segment is no parameter.
        let found = if path.contains("//") { None } else { self.0.at(path).ok() };
        found.map(|found| found.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    #[test]
    fn the_most_particular_path_is_found() {
        let paths = Paths::new(table()).unwrap();
        let found = |path| paths.find(path).map(|path| path.pattern);
        assert_eq!(found("/users/me"), Some("/users/me"));
        assert_eq!(found("/users/jsmith2"), Some("/users/{netid}"));
        assert_eq!(found("/users/%6de"), Some("/users/{netid}"));
        assert_eq!(found("/gigs/claims/7"), Some("/gigs/claims/{id}"));
        assert_eq!(
            found("/groups/committees/Top4/roles/3"),
            Some("/groups/{type}/{name}/roles/{id}")
        );
        for unknown in [
            "/",
            "",
            "/users/",
            "/user",
            "/users/a/b",
            "/users//is_member",
            "/%75sers",
            "/items/1",
            "/item/1",
            "/livez",
        ] {
            assert_eq!(found(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_internal_path_is_public() {
        let internal = ["internal", "livez", "readyz", "metrics"];
        for route in table() {
            let first = route.path.split('/').nth(1).unwrap();
            assert!(!internal.contains(&first) && !first.starts_with('{'), "{}", route.path);
        }
    }

    #[test]
    fn no_route_is_there_twice() {
        for (index, route) in table().iter().enumerate() {
            let same = |other: &Route| (&other.method, other.path) == (&route.method, route.path);
            assert!(!table()[..index].iter().any(same), "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn a_path_names_its_methods() {
        let paths = Paths::new(table()).unwrap();
        assert_eq!(paths.find("/users/me").unwrap().allow, "GET, HEAD, OPTIONS, PUT");
        assert_eq!(paths.find("/users/login").unwrap().allow, "OPTIONS, POST");
    }
}
