//! The pages in a real browser: headless Chromium, started by the test itself and led by the WebDriver protocol.
//!
//! A journey has a space of its own and a driver of its own; a window has a folder of its own, so it knows nobody.
//! Without Chromium a journey is skipped with a line, and fails where `CI` is `true`. What went wrong is kept as a
//! picture: `target/browser/<journey>.png`. With `BROWSER_PICTURES=1` every page that is visited is kept too.
//! SQLite only: what the database does to a page is held elsewhere.

mod axe;
mod enter;
mod every_page;
mod kept;
mod keyboard;
mod keys_alone;
mod live;
mod numbers;
mod phone;
mod pictures;
mod png;
mod posting;
mod print;
mod searching;
mod staff;
mod states;
mod waiting;
mod without_scripts;

use std::io::{BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use base::{Lang, messages};
use base64::Engine as _;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use store::testing::TestStore;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumCapabilities, LoggingPrefsLogLevel};

use crate::site::{Client, Site, until};

/// A size of the window and a theme.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    pub is_dark: bool,
}

pub const PHONE: Look = Look { name: "phone", width: 390, height: 844, is_dark: false };
pub const PHONE_DARK: Look = Look { name: "phone-dark", is_dark: true, ..PHONE };
pub const DESKTOP: Look = Look { name: "desktop", width: 1280, height: 900, is_dark: false };
pub const DESKTOP_DARK: Look = Look { name: "desktop-dark", is_dark: true, ..DESKTOP };

/// The programs that a journey needs.
struct Programs {
    chromium: PathBuf,
    chromedriver: PathBuf,
}

impl Programs {
    fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let first = |names: &[&str]| names.iter().flat_map(|name| folders.iter().map(move |f| f.join(name))).find(|p| p.is_file());
        Some(Self { chromium: first(&["chromium", "chromium-browser"])?, chromedriver: first(&["chromedriver"])? })
    }
}

/// Runs a journey in an empty space.
pub async fn journey(name: &str, walk: impl AsyncFnOnce(&Site, &Browser)) {
    walked(name, false, walk).await;
}

/// Runs a journey in the demonstration space.
pub async fn journey_in_the_demonstration(name: &str, walk: impl AsyncFnOnce(&Site, &Browser)) {
    walked(name, true, walk).await;
}

async fn walked(name: &str, is_demo: bool, walk: impl AsyncFnOnce(&Site, &Browser)) {
    let Some(programs) = Programs::find() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "chromium and chromedriver must be there: tests/run installs them");
        eprintln!("SKIP {name}: there is no chromium with its chromedriver here");
        return;
    };
    let store = TestStore::sqlite().await.unwrap();
    let site = if is_demo { Site::start_demonstration(store).await } else { Site::start(store).await };
    let browser = Browser::start(programs, &site);
    let outcome = AssertUnwindSafe(walk(&site, &browser)).catch_unwind().await;
    if outcome.is_err() {
        browser.keep_pictures(name).await;
    }
    browser.quit().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
    site.stop().await;
}

/// Where pictures are kept.
fn pictures() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("browser")
}

/// A driver with its windows.
pub struct Browser {
    driver: Child,
    address: String,
    programs: Programs,
    site: String,
    windows: Mutex<Vec<(WebDriver, TempDir)>>,
    // The driver writes into it as long as it lives.
    _says: BufReader<ChildStdout>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    fn start(programs: Programs, site: &Site) -> Self {
        let mut driver = Command::new(&programs.chromedriver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It chooses a free port and says which.
        let mut says = BufReader::new(driver.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(says.read_line(&mut line).unwrap() > 0, "chromedriver ended before it was ready");
            if let Some((_, port)) = line.rsplit_once("successfully on port ") {
                break port.trim().trim_end_matches('.').parse::<u16>().unwrap();
            }
        };
        let address = format!("http://127.0.0.1:{port}");
        Self { driver, address, programs, site: format!("http://{}", site.address), windows: Mutex::default(), _says: says }
    }

    /// A new window that knows nobody.
    pub async fn window(&self, look: Look) -> Window {
        let folder = tempfile::tempdir().unwrap();
        let mut wants = ChromiumCapabilities::new();
        wants.set("browserName", "chrome").unwrap();
        wants.set_binary(self.programs.chromium.to_str().unwrap()).unwrap();
        wants.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let data = format!("--user-data-dir={}", folder.path().display());
        let size = format!("--window-size={},{}", look.width, look.height);
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--lang=vi",
            &data,
            &size,
        ] {
            wants.add_arg(flag).unwrap();
        }
        let web = WebDriver::new(&self.address, wants).await.unwrap();
        self.windows.lock().unwrap().push((web.clone(), folder));
        let window = Window { web, site: self.site.clone() };
        window.look(look).await;
        window
    }

    /// The windows as they are, as pictures.
    async fn keep_pictures(&self, name: &str) {
        let windows: Vec<WebDriver> = self.windows.lock().unwrap().iter().map(|(web, _)| web.clone()).collect();
        for (n, web) in windows.into_iter().enumerate() {
            let name = if n == 0 { name.to_owned() } else { format!("{name}-{}", n + 1) };
            let window = Window { web, site: self.site.clone() };
            let at = window.web.current_url().await.map(String::from).unwrap_or_default();
            match window.picture(&name).await {
                Ok(path) => eprintln!("{at} is kept as {}", path.display()),
                Err(error) => eprintln!("{at} could not be kept: {error}"),
            }
        }
    }

    async fn quit(&self) {
        let windows = std::mem::take(&mut *self.windows.lock().unwrap());
        for (web, _folder) in windows {
            // A window that is gone already needs no closing; its driver ends with its handle.
            drop(web.quit().await);
        }
    }
}

/// A window of a browser, with somebody in front of it.
#[derive(Clone)]
pub struct Window {
    web: WebDriver,
    site: String,
}

impl Window {
    /// The size and the theme. Movement is asked to be less, so that nothing is measured half-way.
    pub async fn look(&self, look: Look) {
        let size = json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 600});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let theme = if look.is_dark { "dark" } else { "light" };
        let wishes = json!([{"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": wishes})).await;
    }

    /// Turns the scripts of pages off.
    pub async fn without_scripts(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Makes the line to the space a slow one.
    pub async fn slow_line(&self) {
        let line = json!({"offline": false, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1});
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.emulateNetworkConditions", line).await;
    }

    async fn cdp(&self, command: &str, with: Value) -> Value {
        self.web.cdp().send_raw(command, with).await.unwrap()
    }

    /// Opens an address of the space.
    pub async fn open(&self, path: &str) {
        self.web.goto(format!("{}{path}", self.site)).await.unwrap();
    }

    /// The address, without the space's own part.
    pub async fn path(&self) -> String {
        let url = self.web.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.site).unwrap_or(url.as_str()).to_owned()
    }

    /// Waits until the address is so.
    pub async fn at(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        until(&format!("the address is {what}"), async || is_so(&self.path().await)).await;
        self.path().await
    }

    /// Signed in without the door, which has journeys of its own.
    pub async fn signed_in(&self, client: &Client) {
        self.nobody().await;
        for (name, value) in client.cookies() {
            self.cdp("Network.setCookie", json!({"name": name, "value": value, "url": self.site, "httpOnly": true})).await;
        }
    }

    /// Forgets who is in front of it.
    pub async fn nobody(&self) {
        self.cdp("Network.clearBrowserCookies", json!({})).await;
    }

    /// Elements that can be seen.
    async fn seen(&self, by: By) -> WebDriverResult<Vec<WebElement>> {
        let mut seen = Vec::new();
        for element in self.web.find_all(by).await? {
            if element.is_displayed().await? {
                seen.push(element);
            }
        }
        Ok(seen)
    }

    async fn first(&self, what: &str, by: By) -> WebElement {
        let mut found = None;
        until(&format!("{what} is seen"), async || {
            // A page that is just leaving takes its elements along: asked again.
            found = self.seen(by.clone()).await.ok().and_then(|all| all.into_iter().next());
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// The first element that can be seen; waits for it.
    pub async fn see(&self, css: &str) -> WebElement {
        self.first(css, By::Css(css)).await
    }

    /// Clicks the first that can be seen; waits for it.
    pub async fn click(&self, css: &str) {
        self.click_on(css, By::Css(css)).await;
    }

    async fn click_on(&self, what: &str, by: By) {
        // What was found may be exchanged, or covered for a moment, before the click is there: found again.
        until(&format!("{what} is clicked"), async || {
            let Some(element) = self.seen(by.clone()).await.ok().and_then(|all| all.into_iter().next()) else { return false };
            element.click().await.is_ok()
        })
        .await;
    }

    /// Whether the middle of the page asks for this.
    pub async fn has(&self, name: &str) -> bool {
        self.sees(&format!("main [name=\"{name}\"]:not([type=\"hidden\"])")).await
    }

    /// Whether it can be seen now.
    pub async fn sees(&self, css: &str) -> bool {
        self.seen(By::Css(css)).await.is_ok_and(|all| !all.is_empty())
    }

    /// Waits until the page says this.
    pub async fn reads(&self, text: &str) {
        until(&format!("the page says {text:?}"), async || self.text().await.contains(text)).await;
    }

    /// What the page says.
    pub async fn text(&self) -> String {
        match self.web.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The input of this name in the middle of the page.
    pub async fn input(&self, name: &str) -> WebElement {
        self.see(&format!("main [name=\"{name}\"]:not([type=\"hidden\"])")).await
    }

    /// Writes into an input in place of what was there.
    pub async fn write(&self, name: &str, text: &str) {
        let input = self.input(name).await;
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    /// Chooses a value of a list, or ticks it.
    pub async fn choose(&self, name: &str, value: &str) {
        let css = format!(
            "main [name=\"{name}\"][value=\"{value}\"]:not([type=\"hidden\"]), main select[name=\"{name}\"] option[value=\"{value}\"]"
        );
        self.click(&css).await;
    }

    /// Presses the button with this name and value.
    pub async fn press(&self, name: &str, value: &str) {
        let css = format!("main button[name=\"{name}\"][value=\"{value}\"]:not([aria-hidden=\"true\"])");
        self.click(&css).await;
    }

    /// Presses the button or follows the link that says this.
    pub async fn follow(&self, lang: Lang, key: &str) {
        let words = messages::say(lang, key, &[]);
        let xpath = format!("//*[self::a or self::button or self::summary][not(@aria-hidden)][normalize-space(.)=\"{words}\"]");
        self.click_on(&words, By::XPath(xpath)).await;
    }

    /// Presses a key where the focus is.
    pub async fn key(&self, key: Key) {
        self.web.action_chain().send_keys(key).perform().await.unwrap();
    }

    /// Types where the focus is.
    pub async fn type_here(&self, text: &str) {
        self.web.action_chain().send_keys(text).perform().await.unwrap();
    }

    /// Asks the page something.
    pub async fn ask(&self, script: &str) -> Value {
        self.web.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Errors that the browser wrote down since it was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.web.browser_log().await.unwrap();
        log.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }

    /// The whole page as a picture.
    async fn picture(&self, name: &str) -> WebDriverResult<PathBuf> {
        let path = pictures().join(format!("{name}.png"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let cdp = self.web.cdp();
        let layout = cdp.send_raw("Page.getLayoutMetrics", json!({})).await?;
        let size = &layout["cssContentSize"];
        let height = size["height"].as_f64().unwrap_or(900.0).min(6_000.0);
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1});
        let shot = cdp.send_raw("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true, "clip": clip})).await?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap_or_default()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        Ok(path)
    }

    /// Signs in at the door.
    pub async fn sign_in(&self, email: &str, password: &str) {
        self.write("email", email).await;
        self.write("password", password).await;
        self.click("main form[method=\"post\"] button[type=\"submit\"]").await;
        self.at("past the door", |path| !path.contains("/sign-in")).await;
    }
}
