//! Pages: a template, and the frame around each.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::request::Parts;
use url::Url;

use crate::{
    AppState,
    chapter::ChapterConfig,
    error::PageError,
    exchange::Exchange,
    flash::{self, Message},
    once::OnceKey,
    session::{self, Person},
};

/// A rendered template.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(cause) => PageError::internal(cause).into_response(),
        }
    }
}

/// What `templates/base.html` shows around every page. Each page's template holds one as `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whose website it is.
    pub chapter: Arc<ChapterConfig>,
    /// Who looks at it, if they are signed in.
    pub person: Option<Arc<Person>>,
    /// What the last page left to say.
    pub flash: Option<Message>,
    exchange: Exchange,
    state: AppState,
}

impl Frame {
    /// The frame around a page of this exchange.
    pub async fn of(exchange: &Exchange, state: &AppState) -> Self {
        // A visitor about whom the gateway does not answer sees public pages as a stranger does.
        let person = session::find_out(exchange, state).await.unwrap_or_default();
        Self {
            chapter: Arc::clone(&state.chapter),
            person,
            flash: flash::take(exchange),
            exchange: exchange.clone(),
            state: state.clone(),
        }
    }

    /// The frame around a failure: it asks nobody, and leaves messages for the next page.
    pub(crate) fn of_failure(exchange: &Exchange, state: &AppState) -> Self {
        Self {
            chapter: Arc::clone(&state.chapter),
            person: exchange.visitor().get().and_then(|known| known.clone().ok().flatten()),
            flash: None,
            exchange: exchange.clone(),
            state: state.clone(),
        }
    }

    /// The token for a form, see [`crate::csrf`].
    pub fn csrf(&self) -> String {
        self.state.csrf.token(&self.exchange)
    }

    /// The key of a form that has one effect, see [`crate::once`].
    pub fn once(&self) -> String {
        OnceKey::draw().as_str().to_owned()
    }

    /// What a script must carry to run.
    pub fn nonce(&self) -> &str {
        self.exchange.nonce()
    }

    /// The address of a file in `static/`.
    pub fn asset(&self, name: &str) -> &str {
        self.state.assets.url(name)
    }

    /// The address of the chapter's logo.
    pub fn logo(&self) -> &str {
        self.state.assets.logo()
    }

    /// Whether the visitor is on this page or below it.
    pub fn is_at(&self, path: &str) -> bool {
        let rest = self.exchange.path().strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The page that the visitor is on.
    pub fn path(&self) -> &str {
        self.exchange.path()
    }
}

impl FromRequestParts<AppState> for Frame {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        Ok(Self::of(&Exchange::of(parts)?, state).await)
    }
}

/// 303 to a page of this website, after a form.
pub fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// An address of the web as someone entered it, if a link may lead there.
pub fn web_url(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// A mail address as someone entered it, if it is nothing more than that.
pub fn mail_address(text: &str) -> Option<String> {
    let text = text.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "?&,;:/\\<>\"%".contains(c);
    (text.contains('@') && !text.contains(odd)).then(|| text.to_owned())
}
