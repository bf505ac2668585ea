//! Finds the route of a request.

use std::collections::HashMap;

use http::{HeaderValue, Method};

use crate::routes::Route;

/// A path of the table with all its methods.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) pattern: &'static str,
    segments: Vec<Segment>,
    methods: Vec<(usize, &'static Route)>,
    /// The value of `Allow`.
    pub(crate) allow: HeaderValue,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    // The more particular first: /users/me before /users/{netid}, as in the services.
    Literal(&'static str),
    Any,
}

impl Path {
    fn new(pattern: &'static str) -> Self {
        let segment = |text: &'static str| {
            if text.starts_with('{') { Segment::Any } else { Segment::Literal(text) }
        };
        let segments = segments(pattern).map(segment).collect();
        Self { pattern, segments, methods: Vec::new(), allow: HeaderValue::from_static("OPTIONS") }
    }

    /// The route of a method, and its place in the table.
    pub(crate) fn route(&self, method: &Method) -> Option<(usize, &'static Route)> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.methods.iter().find(|(_, route)| route.method == method).copied()
    }

    fn matches(&self, path: &str) -> bool {
        let mut rest = segments(path);
        let all = self.segments.iter().all(|segment| match (segment, rest.next()) {
            (Segment::Literal(text), Some(part)) => *text == part,
            (Segment::Any, Some(part)) => !part.is_empty(),
            (_, None) => false,
        });
        all && rest.next().is_none()
    }

    fn set_allow(&mut self) {
        let mut methods: Vec<_> =
            self.methods.iter().map(|(_, route)| route.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        self.allow = HeaderValue::try_from(methods.join(", ")).unwrap_or(self.allow.clone());
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Every path, by its first segment.
#[derive(Debug)]
pub(crate) struct Paths(HashMap<&'static str, Vec<Path>>);

impl Paths {
    pub(crate) fn new(table: &'static [Route]) -> Self {
        let mut paths: HashMap<&'static str, Vec<Path>> = HashMap::new();
        for (index, route) in table.iter().enumerate() {
            let first = segments(route.path).next().unwrap_or_default();
            let paths = paths.entry(first).or_default();
            let at = paths.iter().position(|path| path.pattern == route.path);
            let at = at.unwrap_or_else(|| {
                paths.push(Path::new(route.path));
                paths.len() - 1
            });
            if let Some(path) = paths.get_mut(at) {
                path.methods.push((index, route));
                path.set_allow();
            }
        }
        for paths in paths.values_mut() {
            paths.sort_by(|a, b| a.segments.cmp(&b.segments));
        }
        Self(paths)
    }

    /// The path that a raw path stands for.
    pub(crate) fn find(&self, path: &str) -> Option<&Path> {
        self.0.get(segments(path).next()?)?.iter().find(|candidate| candidate.matches(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    #[test]
    fn the_most_particular_path_is_found() {
        let paths = Paths::new(table());
        let found = |path| paths.find(path).map(|path| path.pattern);
        assert_eq!(found("/users/me"), Some("/users/me"));
        assert_eq!(found("/users/jsmith2"), Some("/users/{netid}"));
        assert_eq!(found("/users/%6de"), Some("/users/{netid}"));
        assert_eq!(found("/gigs/claims/7"), Some("/gigs/claims/{id}"));
        assert_eq!(
            found("/groups/committees/Top4/roles/3"),
            Some("/groups/{type}/{name}/roles/{id}")
        );
        for unknown in
            ["/", "", "/users/", "/user", "/users/a/b", "/%75sers", "/items/1", "/item/1", "/livez"]
        {
            assert_eq!(found(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_internal_path_is_public() {
        let internal = ["internal", "livez", "readyz", "metrics"];
        for route in table() {
            let first = segments(route.path).next().unwrap();
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
        let paths = Paths::new(table());
        assert_eq!(paths.find("/users/me").unwrap().allow, "GET, HEAD, OPTIONS, PUT");
        assert_eq!(paths.find("/users/login").unwrap().allow, "OPTIONS, POST");
    }
}
