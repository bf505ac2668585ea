//! The files that pages refer to, embedded in the program. Their addresses hold a hash of their
//! content, so browsers keep them for ever.

use std::{
    collections::HashMap,
    path::{Path as FilePath, PathBuf},
};

use anyhow::Context;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use grove_http::extract::Path;
use http::header;
use sha2::{Digest, Sha256};

use crate::{AppState, error::PageError};

/// A file of `static/`.
#[derive(Debug)]
struct Part {
    /// Its place in that folder.
    path: &'static str,
    embedded: &'static [u8],
}

macro_rules! part {
    ($path:literal) => {
        Part { path: $path, embedded: include_bytes!(concat!("../static/", $path)) }
    };
}

/// The one stylesheet: its parts in the order of their layers.
const STYLES: &[Part] = &[
    part!("css/tokens.css"),
    part!("css/base.css"),
    part!("css/frame.css"),
    part!("css/controls.css"),
    part!("css/public.css"),
    part!("css/members.css"),
    part!("css/credits.css"),
    part!("css/gigs.css"),
    part!("css/merch.css"),
    part!("css/messages.css"),
];

/// Every file, by the name that templates use.
const FILES: &[(&str, &[Part])] = &[
    ("site.css", STYLES),
    ("acmsh.js", &[part!("js/acmsh.js")]),
    ("confetti.js", &[part!("js/confetti.js")]),
    ("favicon.svg", &[part!("favicon.svg")]),
    ("live-form.js", &[part!("js/live-form.js")]),
    ("pending.js", &[part!("js/pending.js")]),
    ("logo.svg", &[part!("logo.svg")]),
    ("table-filter.js", &[part!("js/table-filter.js")]),
];

/// Every file that pages refer to.
#[derive(Debug)]
pub struct Assets {
    urls: HashMap<String, String>,
    files: HashMap<String, File>,
    logo: String,
    /// Where embedded files are read anew at each request.
    folder: Option<PathBuf>,
}

#[derive(Debug)]
struct File {
    kind: String,
    content: Bytes,
    /// None of a file that is not embedded.
    parts: &'static [Part],
}

impl Assets {
    /// The embedded files, and the chapter's logo if it has one. With a `folder`, the former are what
    /// they are there at each request.
    ///
    /// # Errors
    /// When the logo cannot be read.
    pub fn load(logo: Option<&FilePath>, folder: Option<PathBuf>) -> anyhow::Result<Self> {
        let logo_name = "logo.svg".to_owned();
        let mut assets =
            Self { urls: HashMap::new(), files: HashMap::new(), logo: logo_name, folder };
        for (name, parts) in FILES {
            let content = parts.iter().map(|part| part.embedded).collect::<Vec<_>>().concat();
            assets.add(name, content.into(), parts);
        }
        if let Some(path) = logo {
            let content = std::fs::read(path)
                .with_context(|| format!("CHAPTER_LOGO: cannot read {}", path.display()))?;
            let extension = path.extension().and_then(|extension| extension.to_str());
            assets.logo = format!("chapter-logo.{}", extension.unwrap_or("svg"));
            let name = assets.logo.clone();
            assets.add(&name, content.into(), &[]);
        }
        Ok(assets)
    }

    fn add(&mut self, name: &str, content: Bytes, parts: &'static [Part]) {
        let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&content)[..9]);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hashed = format!("{stem}.{hash}.{extension}");
        let kind = mime_guess::from_path(name).first_or_octet_stream();
        let text = kind.type_() == "text" && kind.get_param("charset").is_none();
        let kind = if text { format!("{kind}; charset=utf-8") } else { kind.to_string() };
        self.urls.insert(name.to_owned(), format!("/static/{hashed}"));
        self.files.insert(hashed, File { kind, content, parts });
    }

    /// A file by the last part of its address, and whether that holds the hash of its content.
    fn find(&self, name: &str) -> Option<(&File, bool)> {
        if let Some(file) = self.files.get(name) {
            return Some((file, true));
        }
        let (stem, rest) = name.split_once('.')?;
        let (_, extension) = rest.rsplit_once('.')?;
        let current = self.urls.get(&format!("{stem}.{extension}"))?;
        let file = self.files.get(current.strip_prefix("/static/")?)?;
        Some((file, false))
    }

    /// The address of a file.
    pub(crate) fn url(&self, name: &str) -> &str {
        self.urls.get(name).map_or_else(
            || {
                tracing::error!(name, "a template names a file that does not exist");
                ""
            },
            String::as_str,
        )
    }

    /// The address of the logo.
    pub(crate) fn logo(&self) -> &str {
        self.url(&self.logo)
    }
}

pub(crate) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, PageError> {
    let (file, is_current) = state.assets.find(&name).ok_or(PageError::NotFound)?;
    let (caching, content) = match &state.assets.folder {
        // A page of another version names it, while replicas are replaced one by one.
        None if !is_current => ("no-store", file.content.clone()),
        Some(folder) if !file.parts.is_empty() => {
            ("no-store", read(folder, file.parts).await.map_err(PageError::internal)?)
        }
        _ => ("public, max-age=31536000, immutable", file.content.clone()),
    };
    let headers = [(header::CONTENT_TYPE, file.kind.as_str()), (header::CACHE_CONTROL, caching)];
    Ok((headers, content).into_response())
}

async fn read(folder: &FilePath, parts: &[Part]) -> anyhow::Result<Bytes> {
    let mut content = Vec::new();
    for part in parts {
        let path = folder.join(part.path);
        let read = tokio::fs::read(&path).await;
        content.extend(read.with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(content.into())
}

/// Browsers ask for this address unasked.
pub(crate) async fn favicon(State(state): State<AppState>) -> Redirect {
    Redirect::temporary(state.assets.url("favicon.svg"))
}
