//! What a person does with a browser: open, look, click, type. Each act waits until the page is ready for it.

use crate::console;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use thirtyfour::common::capabilities::chromium::ChromiumCapabilities;
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, Key, TypingData};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// Width and height of the page in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
    pub phone: bool,
}

pub const DESKTOP: Size = Size { width: 1280, height: 800, phone: false };
pub const PHONE: Size = Size { width: 390, height: 844, phone: true };

/// A browser with one person in front of it.
#[derive(Clone)]
pub struct Browser {
    pub driver: WebDriver,
    pub base: String,
    permitted: Rc<RefCell<Vec<u16>>>,
}

/// Records layout shifts that no act of the person caused.
const WATCH_SHIFTS: &str = "window.__shifts = []; new PerformanceObserver((list) => { for (const entry of list.getEntries()) \
     if (!entry.hadRecentInput) window.__shifts.push({ value: entry.value, nodes: entry.sources.map((source) => \
     source.node?.id || source.node?.className || source.node?.nodeName) }); }).observe({ type: 'layout-shift', buffered: true });";

/// Functions that the conditions below use. `ready` is an element that a click would really reach.
const HELP: &str = "
const texts = (e) => [e.getAttribute('aria-label') ?? '', e.innerText ?? '', e.value ?? ''].map((t) => String(t).replace(/\\s+/g, ' ').trim());
const all = (selector) => [...document.querySelectorAll(selector)];
const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const one = (selector, text = '') => {
  const found = all(selector).filter(seen);
  return found.find((e) => texts(e).includes(text)) ?? found.find((e) => texts(e).some((t) => t.includes(text)));
};
const ready = (selector, text) => {
  const e = one(selector, text);
  if (!e || e.disabled || e.getAttribute('aria-disabled') === 'true') return null;
  e.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  const box = e.getClientRects()[0];
  if (!box) return null;
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return top && (e.contains(top) || top.contains(e) || [...e.labels ?? []].some((label) => label.contains(top))) ? e : null;
};
";

impl Browser {
    /// Starts Chromium.
    pub async fn open(driver: &str, wanted: ChromiumCapabilities, base: &str) -> Self {
        let driver = WebDriver::new(driver, wanted).await.unwrap();
        driver.set_script_timeout(Duration::from_secs(5)).await.unwrap();
        let browser = Self { driver, base: base.to_owned(), permitted: Rc::default() };
        browser.prepare().await;
        browser
    }

    /// Prepares the current tab; each tab needs it once.
    async fn prepare(&self) {
        self.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH_SHIFTS })).await;
    }

    /// One command of the browser's own protocol.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub async fn resize(&self, size: Size) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": size.phone }),
        )
        .await;
        self.cdp("Emulation.setTouchEmulationEnabled", json!({ "enabled": size.phone })).await;
    }

    /// What the system says about theme and motion.
    pub async fn system_theme(&self, theme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }, { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The following steps provoke answers with this status: the console may say so.
    pub fn permit(&self, status: u16) {
        self.permitted.borrow_mut().push(status);
    }

    /// The following steps cut the network: the console may say so.
    pub fn permit_unreachable(&self) {
        self.permit(0);
    }

    /// Cuts the network of the page, or restores it.
    pub async fn network(&self, on: bool) {
        let conditions = json!({ "offline": !on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    /// Everything that the console said since the last call.
    pub async fn console(&self) -> Vec<BrowserLogEntry> {
        self.driver.browser_log().await.unwrap_or_default()
    }

    pub async fn complaints(&self) -> Vec<String> {
        console::complaints(&self.console().await, &self.permitted.borrow())
    }

    // ---- places

    pub async fn goto(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// Path and query of the page.
    pub async fn place(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        String::from(url).replacen(&self.base, "", 1)
    }

    /// Waits until the page's path starts with `prefix`, and gives the path.
    pub async fn arrive(&self, prefix: &str) -> String {
        let place = format!(
            "location.pathname.startsWith({}) && document.readyState === 'complete' && location.pathname",
            json!(prefix)
        );
        self.until(&format!("arrive at {prefix}"), &place).await.as_str().unwrap().to_owned()
    }

    /// The same, but not `other`: `/drafts/` and not `/drafts/new`.
    pub async fn arrive_past(&self, prefix: &str, other: &str) -> String {
        let left = format!("!location.pathname.startsWith({}) && document.readyState === 'complete'", json!(other));
        self.until(&format!("leave {other}"), &left).await;
        self.arrive(prefix).await
    }

    // ---- looking

    /// Waits until an expression of the page is truthy, and gives its value.
    pub async fn until(&self, what: &str, expression: &str) -> Value {
        self.wait(what, expression).await.json().clone()
    }

    async fn wait(&self, what: &str, expression: &str) -> thirtyfour::session::scriptret::ScriptRet {
        let script = format!(
            "{HELP} const done = arguments[arguments.length - 1];
             const look = () => {{ let value = null; try {{ value = ({expression}); }} catch {{ }} if (value) done(value); else setTimeout(look, 25); }};
             look();"
        );
        let begin = Instant::now();
        loop {
            // A page that goes away takes the question with it: ask the next one.
            match self.driver.execute_async(script.as_str(), Vec::new()).await {
                Ok(answer) if !answer.json().is_null() => return answer,
                Ok(_) => {}
                Err(error) if begin.elapsed() > PATIENCE => {
                    panic!("waited in vain to {what} at {}: {error}\n{}", self.place().await, self.words().await)
                }
                Err(_) => {}
            }
        }
    }

    /// What stands on the page, for messages about failures.
    async fn words(&self) -> String {
        let words = self.js("document.body.innerText").await;
        words
            .as_str()
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect::<Vec<_>>()
            .join(" | ")
    }

    /// The value of an expression now.
    pub async fn js(&self, expression: &str) -> Value {
        let answer = self.driver.execute(format!("{HELP} return ({expression});"), Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{expression}: {error}")).json().clone()
    }

    /// Waits until something that matches is visible and says `text`.
    pub async fn see(&self, selector: &str, text: &str) {
        self.until(
            &format!("see {selector} with “{text}”"),
            &format!("one({}, {}) && true", json!(selector), json!(text)),
        )
        .await;
    }

    /// Waits until nothing that matches is visible.
    pub async fn gone(&self, selector: &str) {
        self.until(&format!("see {selector} go"), &format!("!one({})", json!(selector))).await;
    }

    pub async fn shows(&self, selector: &str, text: &str) -> bool {
        self.js(&format!("!!one({}, {})", json!(selector), json!(text))).await == true
    }

    /// The text of the first visible match.
    pub async fn text(&self, selector: &str) -> String {
        let text = self
            .until(&format!("read {selector}"), &format!("one({0}) && {{ text: one({0}).innerText }}", json!(selector)))
            .await;
        text["text"].as_str().unwrap().trim().to_owned()
    }

    /// What a field holds, visible or not.
    pub async fn value(&self, selector: &str) -> String {
        let found = self
            .until(
                &format!("read {selector}"),
                &format!("all({0})[0] && {{ value: all({0})[0].value }}", json!(selector)),
            )
            .await;
        found["value"].as_str().unwrap().to_owned()
    }

    pub async fn count(&self, selector: &str) -> u64 {
        self.js(&format!("all({}).filter(seen).length", json!(selector))).await.as_u64().unwrap()
    }

    // ---- acting

    /// Clicks the visible element that matches and says `text` (its label, text or value; in full before in part).
    pub async fn click(&self, selector: &str, text: &str) {
        let what = format!("click {selector} “{text}”");
        let begin = Instant::now();
        loop {
            let element = self.wait(&what, &format!("ready({}, {})", json!(selector), json!(text))).await.element();
            let done = match element {
                Ok(element) => element.click().await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => return,
                // It moved or was replaced between the look and the click.
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{what}: {error}"),
            }
        }
    }

    /// Replaces what a field holds by typing.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.click(selector, "").await;
        self.keys(Key::Control + "a").await;
        self.keys(Key::Backspace).await;
        if !text.is_empty() {
            self.keys(text).await;
        }
    }

    /// Types at the end of what a field holds.
    pub async fn append(&self, selector: &str, text: &str) {
        self.click(selector, "").await;
        self.keys(Key::Control + Key::End).await;
        self.keys(text).await;
    }

    /// Presses keys where the focus is.
    pub async fn keys(&self, keys: impl Into<TypingData>) {
        let begin = Instant::now();
        let keys: String = keys.into().as_vec().into_iter().collect();
        loop {
            let pressed = match self.driver.active_element().await {
                Ok(element) => element.send_keys(keys.as_str()).await,
                Err(error) => Err(error),
            };
            match pressed {
                Ok(()) => return,
                Err(error) => assert!(begin.elapsed() < PATIENCE, "press {keys:?}: {error}"),
            }
        }
    }

    /// Chooses the option of a select that starts with `label`.
    pub async fn choose(&self, selector: &str, label: &str) {
        let option =
            format!("all({}).find((e) => e.label.startsWith({}))", json!(format!("{selector} option")), json!(label));
        let option = self.wait(&format!("be offered {label} in {selector}"), &option).await.element().unwrap();
        option.click().await.unwrap();
    }

    // ---- tabs

    pub async fn tab(&self) -> WindowHandle {
        self.driver.window().await.unwrap()
    }

    /// Opens a tab and goes there.
    pub async fn new_tab(&self, size: Size) -> WindowHandle {
        let tab = self.driver.new_tab().await.unwrap();
        self.turn_to(&tab).await;
        self.prepare().await;
        self.resize(size).await;
        tab
    }

    pub async fn turn_to(&self, tab: &WindowHandle) {
        self.driver.switch_to_window(tab.clone()).await.unwrap();
    }
}
