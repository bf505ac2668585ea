//! Pages: a template, and the frame around each.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{StatusCode, request::Parts};

use crate::{
    AppState,
    chapter::ChapterConfig,
    error::PageError,
    exchange::{Exchange, FORM},
    flash::{self, Message},
    form::{Form, Kept},
    moment::Moment,
    person::{Entry, Person},
    session,
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
    /// Whether it shows what the last page left to say.
    shows_flash: bool,
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
            shows_flash: true,
            exchange: exchange.clone(),
            state: state.clone(),
        }
    }

    /// The frame around a failure: it asks nobody, and leaves messages for the next page.
    pub(crate) fn of_failure(exchange: &Exchange, state: &AppState) -> Self {
        Self {
            chapter: Arc::clone(&state.chapter),
            person: exchange.visitor().get().and_then(|known| known.clone().ok().flatten()),
            shows_flash: false,
            exchange: exchange.clone(),
            state: state.clone(),
        }
    }

    /// What the last page left to say, in the page that is shown.
    pub fn flash(&self) -> Option<Message> {
        if self.shows_flash { flash::take(&self.exchange) } else { None }
    }

    /// The form as it was sent, if this page is asked to show it once more.
    pub(crate) fn restored(&self, mut form: Form) -> Form {
        if let Some(kept) = Kept::find(&self.exchange, &self.state.seal, &form.action) {
            kept.restore(&mut form);
        }
        form
    }

    /// Leaves something to `page` alone, and leads there.
    pub(crate) fn leave(&self, page: &str, values: &[(&str, &str)]) -> Response {
        Kept::of_values(page, values).keep(&self.exchange, &self.state.seal);
        see_other(&Kept::page(page))
    }

    /// What was left to this page alone.
    pub(crate) fn left(&self, page: &str) -> Option<Kept<'static>> {
        Kept::find(&self.exchange, &self.state.seal, page)
    }

    /// The same, which is gone afterwards.
    pub(crate) fn take_left(&self, page: &str) -> Option<Kept<'static>> {
        let left = self.left(page)?;
        self.exchange.remove_cookie(FORM);
        Some(left)
    }

    /// Leads to the page that shows the form once more. Nothing when it is too long to survive a redirect:
    /// then the answer is the page itself.
    pub(crate) fn again_if_short(&self, page: &str, form: &Form) -> Option<Response> {
        let kept = Kept::of(form).keep(&self.exchange, &self.state.seal);
        kept.then(|| see_other(&Kept::page(page)))
    }

    /// As [`Frame::again_if_short`], for forms that are short.
    ///
    /// # Errors
    /// When it is not: what no form of ours sends.
    pub(crate) fn again(&self, page: &str, form: &Form) -> Result<Response, PageError> {
        self.again_if_short(page, form).ok_or_else(|| {
            PageError::Refused(StatusCode::PAYLOAD_TOO_LARGE, "This form is too large.".into())
        })
    }

    /// The token for a form, see [`crate::csrf`].
    pub fn csrf(&self) -> String {
        self.state.csrf.token(&self.exchange)
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

    /// The day that a moment is in, see [`Moment::day`].
    pub fn day(&self, moment: &Moment) -> String {
        moment.day(self.state.time)
    }

    /// A moment to the minute, see [`Moment::minute`].
    pub fn minute(&self, moment: &Moment) -> String {
        moment.minute(self.state.time)
    }

    /// Whether the visitor is on this page or below it.
    pub fn is_at(&self, path: &str) -> bool {
        let rest = self.exchange.path().strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the visitor is on a page of this entry.
    pub fn is_current(&self, entry: &Entry) -> bool {
        let below = !entry.below.is_empty() && self.is_at(entry.below);
        below || self.path() == entry.path
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
