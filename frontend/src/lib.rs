//! The website: server-rendered pages, a client of the gateway like any other.
//!
//! The website owns no data. Each page asks the gateway ([`gateway`]) on behalf of its visitor,
//! fills a template and is done; a form is answered with a redirect. Everything works without
//! JavaScript; the modules in `static/js` only make it smoother.
//!
//! # How a request goes
//!
//! [`router`] puts every page into the same surroundings: `surround` begins an
//! [`exchange::Exchange`], checks the host and where a form came from, and afterwards sends the
//! cookies, the security headers and, for a failure of any kind, an error page.
//!
//! # How to add a page
//!
//! 1. A file in `src/pages/`, one a noun: a template struct with a field `frame: Frame`, handlers
//!    named after what they do (`show`, `submit`), and its routes in `src/pages/mod.rs`.
//! 2. A template in `templates/<page>/` that begins with `{% extends "base.html" %}` and fills the
//!    blocks `title` and `main` (and `section`, the navigation of the intranet); partials begin
//!    with `_`. Logic beyond `if` and `for` is a method of the struct. Styles go to
//!    `static/css/public.css` or `members.css`, made of the tokens in `tokens.css`; there are no
//!    `style` attributes and no inline scripts (the content security policy refuses them). A file
//!    of `static/` is `{{ frame.asset("name.js") }}`, see [`assets`].
//! 3. Handlers take extractors, in this order, the form last:
//!    - who may: [`session::Visitor`], [`session::SignedIn`] (others go to the login page and come
//!      back), [`session::OfficerVisitor`] (others get 403);
//!    - [`render::Frame`] for a page, [`gateway::Gateway`] for calls, [`flash::Flash`] for a message
//!      on the next page;
//!    - [`csrf::Protected`]`<T>` for a form. Every `<form method="post">` includes `_csrf.html`; every
//!      handler of POST takes `Protected` (`Protected<NoFields>` when there is nothing else).
//! 4. They answer `Result<_, `[`error::PageError`]`>`: [`render::Page`], or after a POST
//!    [`render::see_other`]. `?` turns a [`gateway::GatewayError`] into the right failure page; a 400
//!    that belongs next to a form is matched instead, and the form is rendered again with
//!    [`render::Page`] and that status, keeping what was typed.
//! 5. A form with `data-live="id"` is sent without leaving the page: the element with that id (and
//!    those of further ids) is replaced by its counterpart in the page that comes back; `data-said`
//!    is read out where no message is. `<input type="search" data-filter="id">` inside of something
//!    `hidden` filters the rows of that table; `data-filter-count="id"` shows how many are left.
//!    Without JavaScript the forms are ordinary ones and the search field stays away.
//! 6. A form that moves credits or buys includes `_once.html` and has a field `key: `[`once::OnceKey`],
//!    which goes with the call. Amounts are shown by [`amount::Amount`] everywhere.
//! 7. Tests in `tests/pages/` use a `Browser` and a `FakeGateway`, see there; a new POST route goes
//!    into the list in `tests/pages/csrf.rs`.

pub mod amount;
pub mod assets;
pub mod chapter;
pub mod config;
pub mod csrf;
pub mod error;
pub mod exchange;
pub mod flash;
pub mod gateway;
pub mod moment;
pub mod once;
mod pages;
pub mod render;
pub mod session;
mod surround;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
use grove_shared::{
    Clock,
    forwarded::TrustedProxies,
    server::{self, Readiness},
};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use url::Url;

use crate::{assets::Assets, csrf::CsrfKey, gateway::Connection, session::People};
pub use crate::{chapter::ChapterConfig, config::Config};

/// What the pages share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Whose website it is.
    pub chapter: Arc<ChapterConfig>,
    /// The way to the gateway.
    pub gateway: Connection,
    /// The files that pages refer to.
    pub assets: Arc<Assets>,
    /// Makes and checks the tokens in forms.
    pub csrf: CsrfKey,
    /// The people behind recently seen sessions.
    pub people: People,
    /// Tells the time.
    pub clock: Clock,
    /// Where visitors find the website.
    pub site_url: Arc<Url>,
    /// Proxies in front of the website.
    pub trusted_proxies: Arc<TrustedProxies>,
}

impl AppState {
    /// What `config` describes.
    ///
    /// # Errors
    /// When a secret is missing or too short, or the logo cannot be read.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            chapter: Arc::new(config.chapter.clone()),
            gateway: Connection::new(config.gateway_url.clone(), config.gateway_token()?)?,
            assets: Arc::new(Assets::load(
                config.chapter.logo.as_deref(),
                config.assets_folder.clone(),
            )?),
            csrf: config.site_secret()?,
            people: People::default(),
            clock: Clock::system(),
            site_url: Arc::new(config.site_url.clone()),
            trusted_proxies: config.trusted_proxies.clone().into(),
        })
    }
}

/// Every page, and what surrounds them.
pub fn router(state: AppState) -> Router {
    let routes = pages::routes()
        .route("/static/{name}", get(assets::show))
        .route("/favicon.ico", get(assets::favicon))
        .with_state(state.clone());
    server::with_public_routes("frontend", routes, Readiness::always())
        .layer(middleware::from_fn_with_state(state, surround::surround))
        .layer(CompressionLayer::new())
}

/// Runs the website until `stop` is cancelled.
///
/// # Errors
/// When the configuration is incomplete or the address is taken.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let state = AppState::new(&config)?;
    let metrics = match config.metrics_listen {
        Some(address) => Some(server::bind(address).await?),
        None => None,
    };
    let listener = server::bind(config.listen).await?;
    let private = async {
        if let Some(listener) = metrics {
            server::serve(listener, server::metrics_routes(), stop.clone()).await;
        }
    };
    let public = server::serve_clients(listener, router(state), stop.clone(), server::LINGER);
    tokio::join!(public, private);
    Ok(())
}
