//! The file in which a service says what it is.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The folder of the services that are not there yet.
pub(crate) const PLANNED: &str = "deploy/new-service/planned";

/// A file of a service, which may be malformed.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root.
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) is_planned: bool,
}

/// Finds the files of all services, by name. There are none where only other crates are built.
pub(crate) fn find(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for name in entries(root, "services")? {
        let path = Path::new("services").join(&name).join("service.toml");
        files.push(File { path, name, is_planned: false });
    }
    for file in entries(root, PLANNED)? {
        let name = file.trim_end_matches(".toml").to_owned();
        files.push(File { path: Path::new(PLANNED).join(&file), name, is_planned: true });
    }
    files.retain(|file| root.join(&file.path).is_file());
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// The names in a folder, if there is one.
fn entries(root: &Path, folder: &str) -> io::Result<Vec<String>> {
    match fs::read_dir(root.join(folder)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            entries?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        }
    }
}

impl File {
    /// What is wrong with this file.
    pub(crate) fn problem(&self, cause: &dyn Display) -> String {
        format!("{}: {}", self.path.display(), cause.to_string().trim().replace('\n', " "))
    }

    /// What the file says.
    pub(crate) fn parse(&self, text: &str) -> Result<Service, String> {
        let said: Said = toml::from_str(text).map_err(|cause| {
            let line = cause.span().map(|span| text[..span.start].lines().count().max(1));
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            self.problem(&format!("{line}{}", cause.message()))
        })?;
        let routes = said.routes.iter().map(|(what, row)| Route::new(what, row));
        let mut routes: Vec<Route> =
            routes.collect::<Result<_, _>>().map_err(|cause| self.problem(&cause))?;
        routes.sort_by(|one, other| (&one.path, &one.method).cmp(&(&other.path, &other.method)));
        Ok(Service { name: self.name.clone(), is_planned: self.is_planned, said, routes })
    }
}

/// A service as its file describes it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) is_planned: bool,
    pub(crate) said: Said,
    pub(crate) routes: Vec<Route>,
}

impl Service {
    /// The services that it calls by name.
    pub(crate) fn called(&self) -> &[String] {
        match &self.said.calls {
            Calls::Named(names) => names,
            Calls::Every(_) => &[],
        }
    }
}

/// What a file may say; what it means, the crate's own `Service` tells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    pub(crate) about: String,
    pub(crate) port: u16,
    #[serde(default = "by_default")]
    pub(crate) schema: bool,
    #[serde(default)]
    pub(crate) append_only: Vec<String>,
    #[serde(default)]
    pub(crate) calls: Calls,
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    pub(crate) outside: Option<Outside>,
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default)]
    pub(crate) settings: Vec<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    routes: BTreeMap<String, Row>,
}

fn by_default() -> bool {
    true
}

/// Whom a service calls.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "calls is a list of services, or \"all\"")]
pub(crate) enum Calls {
    /// These.
    Named(Vec<String>),
    /// Every service that keeps something.
    Every(All),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum All {
    All,
}

impl Default for Calls {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outside {
    pub(crate) hosts: String,
    pub(crate) ports: Vec<u16>,
}

/// What is said of a route.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a route is for anyone, public, person, member, officer, admin-or-top4, admin or \
                 corporate, or \
                 { access = \"member\", actor = { body = \"author\" }, keeps_keys = true }"
)]
enum Row {
    For(Access),
    Detailed(Details),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    access: Access,
    actor: Option<Actor>,
    #[serde(default)]
    keeps_keys: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    Anyone,
    Public,
    Person,
    Member,
    Officer,
    #[serde(rename = "admin-or-top4")]
    AdminOrTop4,
    Admin,
    Corporate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Actor {
    Header,
    Query(String),
    Body(String),
}

/// A route of a service.
#[derive(Debug)]
pub(crate) struct Route {
    /// As Rust writes it.
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) access: Access,
    pub(crate) actor: Option<Actor>,
    pub(crate) keeps_keys: bool,
}

impl Route {
    fn new(what: &str, row: &Row) -> Result<Self, String> {
        let (method, path) = what.split_once(' ').unwrap_or((what, ""));
        let method = match method {
            "GET" => "Get",
            "POST" => "Post",
            "PUT" => "Put",
            "PATCH" => "Patch",
            "DELETE" => "Delete",
            _ => return Err(format!("\"{what}\" has no method: GET, POST, PUT, PATCH, DELETE")),
        };
        let mut segments = path.split('/');
        if segments.next() != Some("") || !segments.all(is_segment) {
            return Err(format!("\"{what}\" is no route such as \"GET /things/{{id}}\""));
        }
        let path = path.to_owned();
        let details = match row.clone() {
            Row::For(access) => Details { access, actor: None, keeps_keys: false },
            Row::Detailed(details) => details,
        };
        let Details { access, actor, keeps_keys } = details;
        Ok(Self { method, path, access, actor, keeps_keys })
    }
}

/// Whether this is a literal segment, or `{name}`.
fn is_segment(text: &str) -> bool {
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}
