//! What a page looks like while something is open or wrong on it: accessible too, and nothing is lost.

use base::StaffRole;
use thirtyfour::Key;

use super::axe::{self, Rules};
use super::{Browser, DESKTOP, DESKTOP_DARK, Look, PHONE, PHONE_DARK, Window, journey, journey_in_the_demonstration};
use crate::main_job::technology;
use crate::site::{Site, until};

/// What breaks a rule on the page as it is now.
async fn clean(window: &Window, what: &str, looks: &[Look]) {
    for look in looks {
        window.look(*look).await;
        let rules = if look.is_dark { Rules::Colour } else { Rules::All };
        assert_eq!(axe::violations(window, rules).await, Vec::<String>::new(), "{what}, {}", look.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_opens_on_a_page_and_what_went_wrong_is_accessible_too() {
    journey_in_the_demonstration("open-states", async |site: &Site, browser: &Browser| {
        let window = browser.window(DESKTOP).await;
        axe::prepare(&window).await;
        window.open("/").await;
        window.see("main input[type=\"search\"]").await.send_keys("dừa").await.unwrap();
        window.see(".suggestions li").await;
        window.key(Key::Down).await;
        clean(&window, "suggestions", &[DESKTOP, DESKTOP_DARK]).await;

        window.look(PHONE).await;
        window.open("/search?q=d%E1%BB%ABa").await;
        window.click(".drawer > summary").await;
        window.see(".drawer[open] .facet a").await;
        clean(&window, "the drawer of a phone", &[PHONE, PHONE_DARK]).await;

        for (path, status) in [("/technologies/no-such-thing", 404), ("/problems/none", 404), ("/staff/events?cursor=x", 0)] {
            window.look(DESKTOP).await;
            window.open(path).await;
            window.see("main h1").await;
            if status > 0 {
                let answered = window.ask("return performance.getEntriesByType('navigation')[0].responseStatus").await;
                assert_eq!(answered, status, "{path}");
            }
            clean(&window, path, &[DESKTOP, DESKTOP_DARK, PHONE]).await;
        }

        let person = site.person("somebody").await;
        window.signed_in(&person).await;
        window.look(DESKTOP).await;
        window.open("/my").await;
        window.see("main h1").await;
        window.type_here("?").await;
        window.see("dialog#keys[open]").await;
        clean(&window, "the keys", &[DESKTOP, DESKTOP_DARK]).await;
        window.open("/staff/accounts").await;
        window.see("main h1").await;
        clean(&window, "what is not for oneself", &[DESKTOP, PHONE]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_stands_beside_its_field_once_that_is_left_and_takes_neither_focus_nor_words() {
    journey("faults-beside-fields", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(DESKTOP).await;
        axe::prepare(&window).await;
        window.signed_in(&author).await;
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa").await;
        window.press("_do", "next").await;
        let step = window.at("step 2", |path| path.contains("/edit/2")).await;
        window.open(&step.split('?').next().unwrap().replace("/edit/2", "/edit/3")).await;

        window.write("/advantages/0/metric/vi", "Năng suất").await;
        window.write("/advantages/0/offered", "rất nhiều").await;
        // While it is typed nothing is said of it; on to another field, and what is typed there goes on.
        assert!(!window.sees(".field .fault").await);
        window.write("/advantages/0/unit", "quả").await;
        let told = "const input = document.getElementsByName('/advantages/0/offered')[0];
            const fault = document.getElementById(input.getAttribute('aria-describedby')?.split(' ').pop());
            return [input.getAttribute('aria-invalid'), fault?.textContent.length > 0, input.closest('.field').contains(fault), input.value,
                    document.activeElement.name, document.activeElement.value,
                    document.getElementById('live').textContent.includes(fault?.textContent)]";
        until("the fault stands beside its field", async || window.ask(told).await[0] == "true").await;
        let now = window.ask(told).await;
        let expected = serde_json::json!(["true", true, true, "rất nhiều", "/advantages/0/unit", "quả", true]);
        assert_eq!(now, expected);
        assert!(!window.sees(".field:has([name=\"/advantages/0/unit\"]).wrong").await, "what is being typed is left in peace");
        clean(&window, "a fault beside its field", &[DESKTOP, DESKTOP_DARK, PHONE]).await;

        // Mended, it goes, and everything is saved.
        window.look(DESKTOP).await;
        window.write("/advantages/0/offered", "1.200").await;
        window.key(Key::Tab).await;
        window.see("#saved[data-ok]").await;
        assert!(!window.sees(".field .fault, [aria-invalid]").await);
        assert_eq!(window.input("/advantages/0/unit").await.prop("value").await.unwrap().unwrap(), "quả");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_first_column_of_a_table_stays_while_the_others_move() {
    journey("sticky-column", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = serde_json::json!({"party": party, "content": technology("Máy tách vỏ dừa khô tự động")});
        let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        author.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, serde_json::json!({"step": "submit"})).await.expect(200);
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let window = browser.window(PHONE).await;
        window.signed_in(&moderator).await;
        window.open("/review").await;
        let measure = "const region = document.querySelector('.scroll'), cell = region.querySelector('tbody th');
            const before = cell.getBoundingClientRect().left;
            region.scrollLeft = 120;
            return [region.scrollWidth > region.clientWidth + 100, Math.abs(cell.getBoundingClientRect().left - before) < 2, region.scrollLeft]";
        let seen = window.ask(measure).await;
        assert_eq!(seen, serde_json::json!([true, true, 120]));
    })
    .await;
}
