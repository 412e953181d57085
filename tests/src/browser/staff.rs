//! What staff do with a mouse and while they type: a card that is dragged, a party that is looked for on the need desk.

use base::StaffRole;
use serde_json::json;
use thirtyfour::By;

use super::{Browser, DESKTOP, PHONE, Window, journey};
use crate::deals::Cast;
use crate::site::{Site, until};

impl Window {
    /// Drags what the first address finds to what the second finds: the events that a browser sends, in their order, and no
    /// drop where the page does not take one. Headless Chromium begins no drag of its own.
    async fn drag(&self, from: &str, to: &str) {
        self.see(from).await;
        self.see(to).await;
        let script = format!(
            "const [card, column] = ['{from}', '{to}'].map(css => document.querySelector(css));
             const dataTransfer = new DataTransfer();
             const send = (on, type) => on.dispatchEvent(new DragEvent(type, {{ bubbles: true, cancelable: true, dataTransfer }}));
             if (!card.draggable) return 'fast';
             send(card, 'dragstart');
             const takes = !send(column, 'dragover');
             if (takes) send(column, 'drop');
             send(card, 'dragend');
             return takes ? 'taken' : 'refused'"
        );
        assert_eq!(self.ask(&script).await, "taken", "{from} to {to}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_drags_a_card_to_a_stage_and_confirms_it_and_does_the_same_with_the_keyboard_on_a_phone() {
    journey("board", async |site: &Site, browser: &Browser| {
        let cast = Cast::make(site, "bo").await;
        let deal = cast.deal("licence").await;
        let id = deal.path.rsplit('/').next().unwrap().to_owned();
        let window = browser.window(DESKTOP).await;
        window.signed_in(&cast.broker).await;
        window.open("/staff/deals").await;
        let card = format!(".board-card[data-deal=\"{id}\"]");
        window.see(&format!("[data-stage=\"qualified\"] {card}")).await;
        window.drag(&card, "[data-stage=\"introduced\"]").await;
        window.at("the page that moves it", |path| path.starts_with("/staff/deals/move?") && path.contains("to=introduced")).await;
        window.see("main input[name=\"to\"][value=\"introduced\"]:checked").await;
        assert_eq!(cast.broker.get(&deal.path).await.expect(200)["stage"], "qualified", "nothing is moved unasked");
        window.click("main form button[type=\"submit\"]").await;
        window.at("the board", |path| path.starts_with("/staff/deals?did=")).await;
        window.see(&format!("[data-stage=\"introduced\"] {card}")).await;

        // Where there is no way the page says so and offers those there are.
        window.drag(&card, "[data-stage=\"qualified\"]").await;
        window.at("the page that moves it", |path| path.contains("to=qualified")).await;
        window.see("main .notice.amber").await;

        // Columns that are out of sight make the page no wider than a phone.
        deal.post(&cast.broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(&cast.seeker, "met").await.expect(200);
        window.look(PHONE).await;
        window.open("/staff/deals").await;
        window.see(&format!("[data-stage=\"met\"] {card}")).await;
        assert_eq!(window.ask("return document.documentElement.scrollWidth").await, PHONE.width);

        // The same without a mouse and without scripts.
        let phone = browser.window(PHONE).await;
        phone.without_scripts().await;
        phone.signed_in(&cast.broker).await;
        phone.open("/staff/deals").await;
        let link = phone.web.find(By::Css(format!("{card} a.button"))).await.unwrap();
        link.focus().await.unwrap();
        phone.key(thirtyfour::Key::Enter).await;
        phone.at("the page that moves it", |path| path.starts_with("/staff/deals/move?deal=")).await;
        phone.choose("to", "lost").await;
        phone.choose("reason", "dropped").await;
        phone.click("main form button[type=\"submit\"]").await;
        phone.at("the board", |path| path.starts_with("/staff/deals?did=")).await;
        assert_eq!(cast.broker.get(&deal.path).await.expect(200)["lost_reason"], "dropped");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_a_deal_or_records_a_caller_finds_the_party_by_keys_alone_and_on_a_phone_without_scripts() {
    journey("finders", async |site: &Site, browser: &Browser| {
        let cast = Cast::make(site, "fd").await;
        site.indexed().await;
        let page = cast.owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["url"].as_str().unwrap().to_owned();
        let radio = |name: &str| format!("#found input[name=\"{name}\"][value=\"{}\"]", cast.seeker_party);

        // Whoever is no broker names nobody who has shown no interest, and is not asked.
        let window = browser.window(DESKTOP).await;
        window.signed_in(&cast.owner).await;
        window.open(&format!("/deals/new?listing={}", cast.listing)).await;
        window.see("#kind").await;
        assert!(!window.sees("#_find").await);

        // A broker opens a deal: typed, reached by the Tab key, ticked by the space bar.
        let window = browser.window(DESKTOP).await;
        window.signed_in(&cast.broker).await;
        window.open(&format!("/deals/new?listing={}", cast.listing)).await;
        window.write("title", "Máy cho xưởng").await;
        window.write("_find", "com dua fd").await;
        window.see(&radio("other")).await;
        window.key(thirtyfour::Key::Tab).await;
        window.key(thirtyfour::Key::Tab).await;
        window.key(thirtyfour::Key::Space).await;
        until("it is ticked", async || window.sees(&format!("{}:checked", radio("other"))).await).await;
        window.click("main .form > button").await;
        window.at("the deal", |path| path.starts_with("/deals/") && !path.starts_with("/deals/new")).await;
        window.reads("Công ty Cơm dừa fd").await;
        window.reads("Máy cho xưởng").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());

        // A broker records what a caller wants, on a phone without scripts: a button looks the name up.
        let phone = browser.window(PHONE).await;
        phone.without_scripts().await;
        phone.signed_in(&cast.broker).await;
        phone.open(&format!("{page}/interest")).await;
        phone.write("/message", "Gọi hỏi giá máy.").await;
        phone.write("_find", "com dua fd").await;
        phone.press("_do", "find").await;
        phone.click(&radio("/party")).await;
        assert_eq!(phone.input("/message").await.prop("value").await.unwrap().as_deref(), Some("Gọi hỏi giá máy."));
        phone.click("main .form-end button").await;
        phone.at("the interest", |path| path.starts_with("/interests/")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_need_desk_finds_a_party_as_its_name_is_typed_and_keeps_what_was_chosen_and_written() {
    journey("need-desk", async |site: &Site, browser: &Browser| {
        let owner = site.person("nd-owner").await;
        let wanted = site.party(&owner, "Hợp tác xã Dừa Rạch Mây", "cooperative").await;
        let other = site.party(&owner, "Công ty Bưởi Giồng Trôm", "enterprise").await;
        site.indexed().await;
        let broker = site.staff("nd-broker", &[StaffRole::Broker]).await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&broker).await;
        window.open("/staff/needs/new").await;
        let radio = |id: base::PartyId| format!("#found input[name=\"/party\"][value=\"{id}\"]");
        assert!(!window.sees(&radio(wanted)).await);
        window.write("/content/title/vi", "Cần máy tách vỏ dừa").await;

        // Typed without marks; nothing is pressed.
        window.input("_find").await.send_keys("rach may").await.unwrap();
        window.see(&radio(wanted)).await;
        assert!(!window.sees(&radio(other)).await && window.path().await == "/staff/needs/new");
        window.click(&radio(wanted)).await;

        // Looking for something else keeps the choice in sight, and what was written elsewhere.
        window.write("_find", "buoi giong").await;
        window.see(&radio(other)).await;
        until("the choice is kept", async || window.sees(&format!("{}:checked", radio(wanted))).await).await;
        assert_eq!(window.input("/content/title/vi").await.prop("value").await.unwrap().as_deref(), Some("Cần máy tách vỏ dừa"));
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
