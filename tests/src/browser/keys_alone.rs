//! The two long ways of work, posting a technology and reviewing it, without a pointer from their first page to their last.

use base::StaffRole;
use serde_json::Value;
use thirtyfour::Key;

use super::keyboard::tab_to;
use super::{Browser, DESKTOP, Window, journey};
use crate::site::Site;

/// Goes on by Tab to the input of this name.
async fn to(window: &Window, name: &str) -> Value {
    tab_to(window, name, |now| now["name"] == name).await
}

/// Goes on by Tab to the input of this name and types into it.
async fn fill(window: &Window, name: &str, text: &str) {
    to(window, name).await;
    window.type_here(text).await;
}

/// Presses a key so many times.
async fn press(window: &Window, key: Key, times: usize) {
    for _ in 0..times {
        window.key(key.clone()).await;
    }
}

/// Goes on by Tab to the button of this name and value and presses Enter.
async fn enter_on(window: &Window, name: &str, value: &str) {
    tab_to(window, value, |now| now["name"] == name && now["value"] == value).await;
    window.key(Key::Enter).await;
}

async fn next(window: &Window, step: usize) {
    enter_on(window, "_do", "next").await;
    window.at(&format!("step {step}"), |path| path.contains(&format!("/edit/{step}"))).await;
    window.see("#sheet").await;
}

fn is_desk(path: &str) -> bool {
    path.strip_prefix("/my/listings/").is_some_and(|rest| !rest.contains(['/', '?']))
}

/// Fills the six steps; ends at the desk.
async fn post(window: &Window) {
    window.open("/post").await;
    tab_to(window, "technologies", |now| now["href"].as_str().is_some_and(|href| href.ends_with("/post/technologies"))).await;
    window.key(Key::Enter).await;
    window.at("the first step", |path| path == "/post/technologies").await;
    window.see("#sheet").await;
    fill(window, "/title/vi", "Máy tách vỏ dừa khô").await;
    fill(window, "/summary/vi", "Tách vỏ 600 quả mỗi giờ, thay cho dao tay.").await;
    fill(window, "/keywords/vi", "tách vỏ, dừa khô").await;
    to(window, "/field").await;
    press(window, Key::Down, 3).await;
    next(window, 2).await;
    fill(window, "/problem/vi", "Tách bằng dao chậm và dễ đứt tay.").await;
    fill(window, "/description/vi", "Hai trục gai quay ngược chiều.").await;
    next(window, 3).await;
    fill(window, "/advantages/0/metric/vi", "Năng suất").await;
    fill(window, "/advantages/0/baseline", "120").await;
    fill(window, "/advantages/0/offered", "600").await;
    fill(window, "/advantages/0/unit", "quả/h").await;
    to(window, "/trl").await;
    press(window, Key::Down, 7).await;
    next(window, 4).await;
    to(window, "/ipr_status").await;
    window.key(Key::Space).await;
    fill(window, "/owners/0/name", "Viện Dừa").await;
    fill(window, "/owners/0/share_bp", "100").await;
    next(window, 5).await;
    to(window, "/cooperation").await;
    window.key(Key::Space).await;
    to(window, "/partner_types").await;
    window.key(Key::Space).await;
    fill(window, "/partner_role/vi", "Lắp tại xưởng và chạy thử.").await;
    next(window, 6).await;
    enter_on(window, "_do", "close").await;
    window.at("the desk", is_desk).await;
}

/// Hands the listing in from its desk.
async fn submit(window: &Window) {
    window.see("main button[name=step][value=submit]").await;
    enter_on(window, "step", "submit").await;
    window.see(".badge.s-submitted").await;
}

/// Opens the first submission that waits and takes it in hand.
async fn claim(window: &Window) {
    window.open("/review").await;
    window.see("main .list tbody a").await;
    window.type_here("j").await;
    window.key(Key::Enter).await;
    window.at("the submission", |path| path.starts_with("/review/")).await;
    window.see("main button[value=claim]").await;
    enter_on(window, "decision", "claim").await;
    window.see("main button[value=request_changes]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_technology_is_posted_reviewed_mended_and_published_with_keys_alone() {
    journey("keys-alone", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let (at_home, at_work) = (browser.window(DESKTOP).await, browser.window(DESKTOP).await);
        at_home.signed_in(&author).await;
        at_work.signed_in(&moderator).await;
        post(&at_home).await;
        let desk = at_home.path().await;
        submit(&at_home).await;

        // A change is asked for at a field.
        claim(&at_work).await;
        tab_to(&at_work, "the note", |now| now["tag"] == "summary" && now["note"] == "note:/summary").await;
        at_work.key(Key::Enter).await;
        fill(&at_work, "note:/summary", "Nêu công suất điện.").await;
        enter_on(&at_work, "decision", "request_changes").await;
        at_work.at("the queue", |path| path == "/review").await;

        // It leads to the field, which is mended and handed in again.
        at_home.open(&desk).await;
        at_home.see("main .notice.amber a").await;
        tab_to(&at_home, "the field", |now| now["href"].as_str().is_some_and(|href| href.contains("/edit/1#"))).await;
        at_home.key(Key::Enter).await;
        at_home.at("the step", |path| path.contains("/edit/1")).await;
        at_home.see("#sheet").await;
        fill(&at_home, "/summary/vi", "Tách vỏ 600 quả mỗi giờ với 2,2 kW.").await;
        enter_on(&at_home, "_do", "close").await;
        at_home.at("the desk", is_desk).await;
        submit(&at_home).await;

        claim(&at_work).await;
        for criterion in ["innovation_or_need", "clarity", "partner_ask", "language"] {
            to(&at_work, &format!("score:{criterion}")).await;
            press(&at_work, Key::Right, 4).await;
        }
        enter_on(&at_work, "decision", "publish").await;
        at_work.at("the public page", |path| path.starts_with("/technologies/")).await;
        at_work.reads("2,2 kW").await;
        for window in [&at_home, &at_work] {
            assert_eq!(window.complaints().await, Vec::<String>::new());
        }
    })
    .await;
}
