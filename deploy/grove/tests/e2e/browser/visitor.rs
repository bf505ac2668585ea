//! A person with a browser.

use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key, wd::Capabilities};
use serde_json::{Value, json};

use super::Driver;

const TIMEOUT: Duration = Duration::from_secs(15);

/// What a browser is started with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Browser {
    pub(crate) javascript: bool,
    pub(crate) dark: bool,
    pub(crate) width: u32,
}

/// The browser of most members.
pub(crate) const USUAL: Browser = Browser { javascript: true, dark: false, width: 1280 };

/// A window with a profile of its own.
pub(crate) struct Visitor {
    pub(crate) client: Client,
    site: String,
}

impl Visitor {
    pub(crate) async fn new(driver: &Driver, site: &str, browser: Browser) -> Self {
        let scheme = u8::from(!browser.dark);
        let mut options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--hide-scrollbars",
                // The network ends at this machine: a page that needs anything else fails its test.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
                format!("--blink-settings=preferredColorScheme={scheme}"),
                format!("--window-size={},900", browser.width),
            ],
        });
        if !browser.javascript {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        if browser.width < 500 {
            // A window cannot be that narrow; a phone can.
            let metrics = json!({ "width": browser.width, "height": 844, "pixelRatio": 1.0 });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .expect("Chromium: `make test` installs it, or says how to");
        let visitor = Self { client, site: site.to_owned() };
        visitor.check_javascript(browser.javascript).await;
        visitor
    }

    async fn check_javascript(&self, wanted: bool) {
        let page = "data:text/html,<title>off</title><script>document.title='on'</script>";
        self.client.goto(page).await.unwrap();
        assert_eq!(self.client.title().await.unwrap(), if wanted { "on" } else { "off" });
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Opens a page of the site.
    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.site)).await.unwrap();
    }

    /// The first element that matches, once it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(TIMEOUT).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(cause) => panic!("no {css} on {}: {cause}", self.text().await),
        }
    }

    /// Types into a field, in the place of what is there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks.
    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// The text of the page.
    pub(crate) async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until the page shows `text`, in any case.
    pub(crate) async fn see(&self, text: &str) {
        let deadline = std::time::Instant::now() + TIMEOUT;
        let wanted = text.to_lowercase();
        while !self.text().await.to_lowercase().contains(&wanted) {
            assert!(
                std::time::Instant::now() < deadline,
                "{text:?} is not on {}:\n{}",
                self.client.current_url().await.unwrap(),
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs in by the form.
    pub(crate) async fn sign_in(&self, netid: &str, password: &str) {
        self.open("/login").await;
        self.fill("#netid", netid).await;
        self.fill("#password", password).await;
        self.click("main form button").await;
        self.find("a[href='/account']").await;
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Presses Tab until the focus is on an element that matches.
    pub(crate) async fn tab_to(&self, css: &str) {
        for _ in 0..80 {
            self.keys(&char::from(Key::Tab).to_string()).await;
            let matches = "return document.activeElement.matches(arguments[0])";
            let matches = self.client.execute(matches, vec![json!(css)]).await.unwrap();
            if matches == Value::Bool(true) {
                return;
            }
        }
        panic!("the Tab key does not reach {css}");
    }
}
