//! The files that pages refer to, embedded in the program. Their addresses hold a hash of their
//! content, so browsers keep them for ever.

use std::{collections::HashMap, path::Path as FilePath};

use anyhow::Context;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use grove_shared::extract::Path;
use http::header;
use sha2::{Digest, Sha256};

use crate::{AppState, error::PageError};

/// The one stylesheet: its parts in the order of their layers.
const STYLES: &str = concat!(
    include_str!("../static/css/tokens.css"),
    include_str!("../static/css/base.css"),
    include_str!("../static/css/frame.css"),
    include_str!("../static/css/controls.css"),
    include_str!("../static/css/public.css"),
    include_str!("../static/css/members.css"),
    include_str!("../static/css/credits.css"),
    include_str!("../static/css/gigs.css"),
    include_str!("../static/css/merch.css"),
    include_str!("../static/css/messages.css"),
);

/// Every other file, by the name that templates use.
const FILES: &[(&str, &[u8])] = &[
    ("acmsh.js", include_bytes!("../static/js/acmsh.js")),
    ("confetti.js", include_bytes!("../static/js/confetti.js")),
    ("favicon.svg", include_bytes!("../static/favicon.svg")),
    ("live-form.js", include_bytes!("../static/js/live-form.js")),
    ("logo.svg", include_bytes!("../static/logo.svg")),
    ("table-filter.js", include_bytes!("../static/js/table-filter.js")),
];

/// Every file that pages refer to.
#[derive(Debug)]
pub struct Assets {
    urls: HashMap<String, String>,
    files: HashMap<String, File>,
    logo: String,
}

#[derive(Debug, Clone)]
struct File {
    kind: String,
    content: Bytes,
}

impl Assets {
    /// The embedded files, and the chapter's logo if it has one.
    ///
    /// # Errors
    /// When the logo cannot be read.
    pub fn load(logo: Option<&FilePath>) -> anyhow::Result<Self> {
        let mut assets =
            Self { urls: HashMap::new(), files: HashMap::new(), logo: "logo.svg".to_owned() };
        assets.add("site.css", Bytes::from_static(STYLES.as_bytes()));
        for (name, content) in FILES {
            assets.add(name, Bytes::from_static(content));
        }
        if let Some(path) = logo {
            let content = std::fs::read(path)
                .with_context(|| format!("CHAPTER_LOGO: cannot read {}", path.display()))?;
            let extension = path.extension().and_then(|extension| extension.to_str());
            assets.logo = format!("chapter-logo.{}", extension.unwrap_or("svg"));
            let name = assets.logo.clone();
            assets.add(&name, content.into());
        }
        Ok(assets)
    }

    fn add(&mut self, name: &str, content: Bytes) {
        let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&content)[..9]);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hashed = format!("{stem}.{hash}.{extension}");
        let kind = mime_guess::from_path(name).first_or_octet_stream();
        let text = kind.type_() == "text" && kind.get_param("charset").is_none();
        let kind = if text { format!("{kind}; charset=utf-8") } else { kind.to_string() };
        self.urls.insert(name.to_owned(), format!("/static/{hashed}"));
        self.files.insert(hashed, File { kind, content });
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
    let file = state.assets.files.get(&name).cloned().ok_or(PageError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, file.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, file.content).into_response())
}

/// Browsers ask for this address unasked.
pub(crate) async fn favicon(State(state): State<AppState>) -> Redirect {
    Redirect::temporary(state.assets.url("favicon.svg"))
}
