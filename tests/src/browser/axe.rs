//! Accessibility: the rules of axe-core for WCAG 2.0, 2.1 and 2.2 at A and AA (`tests/vendor/axe-core`).

use serde_json::{Value, json};

use super::Window;

const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");

/// Which rules are asked.
#[derive(Clone, Copy)]
pub enum Rules {
    /// All of them.
    All,
    /// Those about colour, which alone depend on the theme.
    Colour,
}

/// Brings the rules into every page that this window opens from now on: a page may not bring scripts of others along, the
/// driver may.
pub async fn prepare(window: &Window) {
    window.cdp("Page.addScriptToEvaluateOnNewDocument", json!({"source": AXE})).await;
}

/// What breaks a rule on the page in this window, each with the rule, where, and what stands there.
pub async fn violations(window: &Window, rules: Rules) -> Vec<String> {
    let only = match rules {
        Rules::All => json!({"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}),
        Rules::Colour => json!({"type": "rule", "values": ["color-contrast", "link-in-text-block"]}),
    };
    let mut options = json!({"runOnly": only, "resultTypes": ["violations"]});
    if matches!(rules, Rules::All) {
        // Off unless asked for by name.
        options["rules"] = json!({"target-size": {"enabled": true}});
    }
    let script = "const [options, done] = arguments;
        axe.run(document, options).then(
            found => done(found.violations.flatMap(v => v.nodes.map(n => `${v.id} at ${n.target.join(' ')}: ${n.html.slice(0, 200)} (${(n.any[0] || n.all[0] || n.none[0] || {}).message})`))),
            error => done([`axe failed: ${error}`]))";
    let found = window.web.execute_async(script, vec![options]).await.unwrap();
    found.json().as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
