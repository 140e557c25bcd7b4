//! How pages look: pictures, accessibility, no sideways scrolling, nothing that jumps.

mod tests;

use crate::browser::{Browser, DESKTOP, PHONE, Size};
use crate::pages;
use crate::stage::Stage;
use base64::Engine as _;
use serde_json::{Value, json};

/// Rules of WCAG 2.2 A and AA, and good practice.
const RULES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Looks at the page as it is: at both widths, light and dark. Each time a picture, axe, and no sideways scrolling.
pub async fn inspect(stage: &Stage, browser: &Browser, name: &str) {
    let mut faults = Vec::new();
    for size in [DESKTOP, PHONE] {
        browser.resize(size).await;
        faults.extend(inspect_at(stage, browser, name, size).await);
    }
    browser.resize(DESKTOP).await;
    assert!(faults.is_empty(), "{name}: {faults:#?}");
}

/// The same for a pane of the workspace, which a phone shows alone.
pub async fn inspect_pane(stage: &Stage, browser: &Browser, name: &str, pane: &str) {
    let mut faults = inspect_at(stage, browser, name, DESKTOP).await;
    browser.resize(PHONE).await;
    pages::pane(browser, pane).await;
    faults.extend(inspect_at(stage, browser, name, PHONE).await);
    browser.resize(DESKTOP).await;
    assert!(faults.is_empty(), "{name}: {faults:#?}");
}

/// The same at the width that the page has now.
pub async fn inspect_at(stage: &Stage, browser: &Browser, name: &str, size: Size) -> Vec<String> {
    let mut faults = Vec::new();
    for theme in ["light", "dark"] {
        browser.system_theme(theme).await;
        let label = format!("{name}-{}-{theme}", size.width);
        picture(stage, browser, &label, size).await;
        // The theme changes colors and nothing else.
        let rules = if theme == "light" {
            json!({ "type": "tag", "values": RULES })
        } else {
            json!({ "type": "rule", "values": ["color-contrast"] })
        };
        let found = axe(stage, browser, rules).await;
        faults.extend(found.into_iter().map(|fault| format!("{label}: {fault}")));
    }
    browser.system_theme("light").await;
    faults.extend(sideways(browser).await.map(|fault| format!("{name}-{}: {fault}", size.width)));
    faults
}

/// What is wider than the page, or than the pane that it stands in.
async fn sideways(browser: &Browser) -> Option<String> {
    let wide = browser
        .js("(() => {
            const right = document.documentElement.clientWidth;
            const within = (pane) => [...pane.querySelectorAll('*')].filter(seen)
                .filter((e) => e.getBoundingClientRect().right > pane.getBoundingClientRect().left + pane.clientWidth + 1);
            const found = document.scrollingElement.scrollWidth > right
                ? all('body *').filter((e) => e.getBoundingClientRect().right > right + 1)
                : all('.pane-body').filter(seen).filter((pane) => pane.scrollWidth > pane.clientWidth + 1).flatMap(within);
            return found.length ? found.slice(0, 5).map((e) => `${e.tagName}.${e.className}`) : false;
        })()")
        .await;
    (wide != false).then(|| format!("scrolls sideways: {wide}"))
}

/// A picture of the whole page.
async fn picture(stage: &Stage, browser: &Browser, label: &str, size: Size) {
    let tall = browser.js("Math.ceil(document.scrollingElement.scrollHeight)").await.as_u64().unwrap();
    let height = u32::try_from(tall).unwrap().clamp(size.height, 4_000);
    if height > size.height {
        browser.resize(Size { height, ..size }).await;
    }
    let shot = browser.cdp("Page.captureScreenshot", json!({ "format": "png" })).await;
    if height > size.height {
        browser.resize(size).await;
    }
    let picture = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    std::fs::write(stage.tools.screenshots.join(format!("{label}.png")), picture).unwrap();
}

/// What axe-core finds, one line for each element.
async fn axe(stage: &Stage, browser: &Browser, rules: Value) -> Vec<String> {
    if browser.js("typeof window.axe === 'undefined'").await == true {
        browser.driver.execute(stage.tools.axe.as_str(), Vec::new()).await.unwrap();
    }
    let options = json!({ "runOnly": rules, "resultTypes": ["violations"] });
    let expression = format!(
        "const done = arguments[0]; axe.run(document, {options}).then((found) => done(found.violations.flatMap((rule) => \
         rule.nodes.map((node) => `${{rule.id}}: ${{node.target.join(' ')}}: ${{node.html.slice(0, 160)}}: ${{node.failureSummary.split('\\n').slice(1).join(' ')}}`))), \
         (error) => done([`axe itself failed: ${{error}}`]));"
    );
    let found =
        browser.driver.execute_async(expression, Vec::new()).await.unwrap_or_else(|error| panic!("axe: {error}"));
    found.convert().unwrap()
}

/// The sum of layout shifts since the page was loaded, with the elements that moved.
pub async fn shifts(browser: &Browser) -> (f64, Value) {
    let entries = browser.js("window.__shifts").await;
    let sum = entries.as_array().unwrap().iter().map(|entry| entry["value"].as_f64().unwrap()).sum();
    (sum, entries)
}
