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
//!    of `static/` is `{{ frame.asset("name.js") }}`, see [`assets`]; a time is
//!    `{{ frame.minute(moment) }}`, see [`moment`].
//! 3. Handlers take extractors, in this order, the form last:
//!    - who may: [`session::Visitor`], [`session::SignedIn`] (others go to the login page and come
//!      back), [`session::MemberVisitor`] (others get 403 and learn what comes first), and of the officers
//!      [`session::OfficerVisitor`], [`session::BoardVisitor`] and [`session::AdminVisitor`];
//!    - [`render::Frame`] for a page, [`gateway::Gateway`] for calls, [`flash::Flash`] for a message
//!      on the next page. Calls are made at the same time (`tokio::join!`), and what is the same for
//!      everybody is asked by `public`, which remembers it ([`answers`]);
//!    - [`csrf::Protected`]`<T>` for a form. Every `<form method="post">` includes `_csrf.html`; every
//!      handler of POST takes `Protected` (`Protected<NoFields>` when there is nothing else).
//! 4. They answer `Result<_, `[`error::PageError`]`>`: [`render::Page`], or after a POST a redirect,
//!    [`render::see_other`]. `?` turns a [`grove_shared::CallError`] into the right failure page. A form
//!    is a list of fields (`form`): it is checked, an error of the call goes to its field
//!    (`Form::refuse`), and `Frame::again` leads back to the page, which shows it as it was sent
//!    (`Frame::restored`). Templates show it by the macros of `_form.html`.
//! 5. A form with `data-live="id"` is sent without leaving the page: the element with that id (and
//!    those of further ids) is replaced by its counterpart in the page that comes back; `data-said`
//!    is read out where no message is. `<input type="search" data-filter="id">` inside of something
//!    `hidden` filters the rows of that table; `data-filter-count="id"` shows how many are left.
//!    Without JavaScript the forms are ordinary ones and the search field stays away.
//! 6. A form that moves credits or buys is made by `Form::once`: it has a key, which goes with the call
//!    and stays while it is not known whether the call had its effect. Amounts are shown by [`amount::Amount`] everywhere.
//! 7. Tests in `tests/pages/` use a `Browser` and a `FakeGateway`, see there; a new POST route goes
//!    into the list in `tests/pages/csrf.rs`.

pub mod amount;
pub mod answers;
pub mod assets;
pub mod chapter;
pub mod config;
pub mod csrf;
pub mod error;
pub mod events;
pub mod exchange;
mod failed;
mod failure;
pub mod flash;
mod form;
pub mod gateway;
pub mod limit;
mod links;
pub mod moment;
pub mod once;
mod pages;
mod period;
pub mod person;
mod refusal;
pub mod render;
mod resume;
pub mod seal;
pub mod session;
mod surround;
mod typed;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
use grove_http::{Readiness, forwarded::TrustedProxies, server, with_standard_routes};
use grove_service::metrics_routes;
use grove_shared::{Clock, config::ChapterTime};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use url::Url;

use crate::{
    answers::Answers, assets::Assets, csrf::CsrfKey, gateway::Connection, limit::Limit,
    seal::SealingKey, session::People,
};
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
    /// Seals and opens what browsers keep.
    pub seal: SealingKey,
    /// What services said to everybody lately.
    pub answers: Answers,
    /// The people behind recently seen sessions.
    pub people: People,
    /// Tells the time.
    pub clock: Clock,
    /// The time zone that pages show times in.
    pub time: ChapterTime,
    /// Where visitors find the website.
    pub site_url: Arc<Url>,
    /// Whether browsers are to visit the hosts below this one over TLS alone.
    pub strict_subdomains: bool,
    /// Joinings by address.
    pub joinings: Limit,
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
            gateway: Connection::new(&config.gateway_url, config.gateway_token()?),
            assets: Arc::new(Assets::load(
                config.chapter.logo.as_deref(),
                config.assets_folder.clone(),
            )?),
            csrf: config.csrf_key()?,
            seal: config.sealing_key()?,
            answers: Answers::default(),
            people: People::default(),
            clock: Clock::system(),
            time: config.time,
            site_url: Arc::new(config.site_url.clone()),
            strict_subdomains: config.strict_subdomains,
            joinings: Limit::default(),
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
    with_standard_routes("frontend", routes, Readiness::always())
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
            server::serve(listener, metrics_routes(), stop.clone()).await;
        }
    };
    let public = server::serve_clients(listener, router(state), stop.clone(), server::LINGER);
    tokio::join!(public, private);
    Ok(())
}
