//! The pages of deals, as a browser without JavaScript uses them.

use base::{PartyRole, StaffRole};
use reqwest::Method;
use serde_json::json;

use crate::deals::Cast;
use crate::site::{Answer, Client, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn there(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}

fn seen(page: &str) -> String {
    page.split("name=\"_seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_is_opened_moved_negotiated_and_signed_on_its_pages() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "p").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let desk = owner.get(&format!("/my/listings/{}", cast.listing)).await.text;
        let new = format!("/deals/new?listing={}", cast.listing);
        assert!(desk.contains(&format!("href=\"{new}\"")), "{desk}");

        // Opened by a broker; a party that is none comes back as typed.
        let listing = cast.listing.as_str();
        assert!(broker.get(&new).await.text.contains("name=\"kind\""));
        let typed = [("listing", listing), ("kind", "licence"), ("other", "/parties/khong-co"), ("title", "Máy sấy cho xưởng")];
        let refused = send(broker, "/deals/new", &typed).await;
        assert!(refused.status == 422 && refused.text.contains("value=\"/parties/khong-co\""), "{}", refused.text);
        assert!(refused.text.contains("href=\"#other\"") && refused.text.contains("value=\"Máy sấy cho xưởng\""));

        // A name finds whom it means; what is typed stays, and words alone name nobody. Who may name nobody is not asked.
        site.indexed().await;
        let found = format!("name=\"other\" value=\"{}\"", cast.seeker_party);
        let typed = [("listing", listing), ("kind", "licence"), ("_find", "com dua p"), ("title", "Máy sấy cho xưởng")];
        let look = [typed.as_slice(), &[("_do", "find")]].concat();
        for lang in ["", "/en"] {
            let looked = send(broker, &format!("{lang}/deals/new"), &look).await;
            assert!(looked.status == 200 && looked.text.contains(&found), "{}", looked.text);
            assert!(looked.text.contains("value=\"Máy sấy cho xưởng\""), "{}", looked.text);
            let unasked = send(owner, &format!("{lang}/deals/new"), &look).await;
            assert!(unasked.status == 200 && !unasked.text.contains("_find"), "{}", unasked.text);
        }
        // A tax code that is nobody's business finds its party at the desks alone.
        let household = json!({"names": {"vi": "Hộ kinh doanh Ba Tri"}, "party_type": "household_business",
            "tax_code": "012345678901", "address": {"province": "86"}});
        let household = site.person("p-household").await.post("/api/v1/parties", household).await.expect(201);
        site.indexed().await;
        for (by, is_found) in [(broker, true), (owner, false)] {
            let look = [("listing", listing), ("_do", "find"), ("_find", "012 345 678 901")];
            assert_eq!(send(by, "/deals/new", &look).await.text.contains(household["id"].as_str().unwrap()), is_found);
        }
        let open = send(broker, "/deals/new", &typed).await;
        assert!(open.status == 422 && open.text.contains(&found) && open.text.contains("href=\"#other\""), "{}", open.text);
        let other = cast.seeker_party.to_string();
        let chosen = [look.as_slice(), &[("other", other.as_str())]].concat();
        assert!(send(broker, "/deals/new", &chosen).await.text.contains(&format!("{found} checked")));

        let slug = seeker.get(&format!("/api/v1/parties/{}", cast.seeker_party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let named = format!("http://x/parties/{slug}");
        let typed = [("listing", listing), ("kind", "licence"), ("other", named.as_str()), ("_key", "k1")];
        let deal = there(&send(broker, "/deals/new", &typed).await);
        assert_eq!(there(&send(broker, "/deals/new", &typed).await), deal, "sent twice, it is opened once");

        // Who is in it sees it in both languages and among their deals; who is not finds nothing.
        let page = seeker.get(&format!("/en{deal}")).await.text;
        assert!(page.contains("aria-current=\"step\"") && page.contains("Introduce the two sides"), "{page}");
        assert!(owner.get("/my/deals").await.text.contains(&format!("href=\"{deal}\"")));
        assert_eq!(site.person("p-stranger").await.get(&deal).await.status, 404);

        // Moving: what is missing is told before and after; a way that is not there names those that are.
        let page = broker.get(&deal).await.text;
        let go = async |by: &Client, to: &str| {
            let seen = seen(&by.get(&deal).await.text);
            send(by, &deal, &[("_seen", &seen), ("to", to), ("_do", "move")]).await
        };
        assert!(there(&go(broker, "introduced").await).ends_with("?did=moved"));
        let old = send(broker, &deal, &[("_seen", &seen(&page)), ("to", "met"), ("_do", "move")]).await;
        assert_eq!(old.status, 409);
        let lost = go(broker, "lost").await;
        assert!(lost.status == 422 && lost.text.contains("href=\"#reason\""), "{}", lost.text);
        let wrong = go(seeker, "signed").await;
        assert!(wrong.status == 409 && wrong.text.contains("Đã gặp"), "{}", wrong.text);
        assert_eq!(send(seeker, &deal, &[("_do", "nothing")]).await.status, 400);

        // Writing; what is empty is told, what is said stands in the thread and nothing of it is HTML.
        let empty = send(seeker, &deal, &[("text", " "), ("_do", "message")]).await;
        assert!(empty.status == 422 && empty.text.contains("href=\"#text\""), "{}", empty.text);
        there(&send(seeker, &deal, &[("text", "Xin <b>hẹn</b> thứ Năm"), ("_do", "message"), ("_key", "m1")]).await);
        assert!(owner.get(&deal).await.text.contains("Xin &#60;b&#62;hẹn"));

        // Parts, each on its page.
        let part = |name: &str| format!("{deal}/edit/{name}");
        let save = async |by: &Client, name: &str, fields: &[(&str, &str)]| {
            let seen = seen(&by.get(&part(name)).await.text);
            let all: Vec<(&str, &str)> = [("_seen", seen.as_str()), ("_do", "save")].iter().chain(fields).copied().collect();
            send(by, &part(name), &all).await
        };
        let bad = save(owner, "meeting", &[("/held_on", "hôm qua"), ("/place", "Xưởng")]).await;
        assert!(bad.status == 422 && bad.text.contains("value=\"Xưởng\"") && bad.text.contains("href=\"#/held_on\""), "{}", bad.text);
        there(&save(owner, "meeting", &[("/held_on", "23/11/2026"), ("/place", "Xưởng")]).await);
        there(&save(owner, "task", &[("/title", "Gửi ảnh"), ("/whose", "seeker"), ("/due_on", "2026-11-24")]).await);
        let page = seeker.get(&deal).await.text;
        let task = page.split("name=\"which\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        there(&send(seeker, &deal, &[("which", &task), ("_do", "task_done")]).await);
        there(&save(broker, "statement", &[("/statement", "Không có lợi ích riêng.")]).await);
        let facts = [("/direction", "domestic"), ("/state_capital", "no"), ("/list", "none"), ("/right", "right_to_use")];
        there(&save(owner, "legal", &facts).await);
        assert!(owner.get(&deal).await.text.contains("Không bắt buộc đăng ký hợp đồng."));
        there(&go(seeker, "met").await);
        there(&go(seeker, "negotiation").await);

        // Offers side by side, with what changed marked.
        let bad = save(owner, "offer", &[("/terms/lump_sum/amount", "rất nhiều"), ("/terms/lump_sum/currency", "VND")]).await;
        assert!(bad.status == 422 && bad.text.contains("value=\"rất nhiều\""), "{}", bad.text);
        let first = [("/terms/lump_sum/amount", "300 triệu"), ("/terms/lump_sum/currency", "VND"), ("/terms/term_months", "60")];
        there(&save(owner, "offer", &first).await);
        let second = [("/terms/lump_sum/amount", "250 triệu"), ("/terms/lump_sum/currency", "VND"), ("/terms/term_months", "60")];
        assert!(seeker.get(&part("offer")).await.text.contains("300.000.000"), "a counter-offer begins with the last terms");
        there(&save(seeker, "offer", &second).await);
        let page = owner.get(&deal).await.text;
        assert!(page.contains("class=\"changed\"") && page.contains("250 triệu"), "{page}");
        assert_eq!(page.matches("class=\"changed\"").count(), 1, "the term did not change");
        let offer = page.split("<form class=\"inline\"").nth(1).unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        there(&send(owner, &deal, &[("which", offer), ("_do", "accept")]).await);

        // The contract; what the law demands is told on the way and ticked here.
        let wanted = go(owner, "signed").await;
        assert!(wanted.status == 422 && wanted.text.contains("23.10"), "{}", wanted.text);
        let mut contract =
            vec![("/number", "12/2026"), ("/value/amount", "250 triệu"), ("/value/currency", "VND"), ("/signed_on", "24/11/2026")];
        for item in
            ["name", "object", "right", "method", "rights_duties", "price", "term", "plan", "warranty", "penalty", "liability", "disputes"]
        {
            contract.push(("/contents", item));
        }
        there(&save(owner, "contract", &contract).await);
        there(&go(owner, "signed").await);
        there(
            &save(
                seeker,
                "payment",
                &[("/kind", "lump_sum"), ("/amount/amount", "250 triệu"), ("/amount/currency", "VND"), ("/due_on", "2026-12-31")],
            )
            .await,
        );
        there(&save(broker, "outcome", &[("/jobs", "12")]).await);
        let page = owner.get(&deal).await.text;
        assert!(page.contains("250 triệu ₫") && page.contains("12/2026"), "{page}");

        // The board: a card leads to moving its deal; the shares; handing over.
        let board = broker.get("/staff/deals").await.text;
        assert!(board.contains(&format!("href=\"{deal}\"")) && owner.get("/staff/deals").await.status == 403);
        let id = deal.trim_start_matches("/deals/");
        let moving = format!("/staff/deals/move?deal={id}");
        assert!(board.contains(&format!("href=\"{moving}\"")), "{board}");
        let page = broker.get(&moving).await.text;
        assert!(page.contains("name=\"to\" value=\"delivering\"") && !page.contains("checked"), "{page}");
        let version = seen(&page);
        let none = send(broker, "/staff/deals/move", &[("deal", id), ("_seen", &version)]).await;
        assert!(none.status == 422 && none.text.contains("href=\"#to\""), "{}", none.text);
        let lost = send(broker, "/staff/deals/move", &[("deal", id), ("_seen", &version), ("to", "lost")]).await;
        assert!(
            lost.status == 422 && lost.text.contains("href=\"#reason\"") && lost.text.contains("value=\"lost\" checked"),
            "{}",
            lost.text
        );
        let moved = [("deal", id), ("_seen", &version), ("to", "delivering"), ("broker", &cast.broker_id.to_string())];
        let back = there(&send(broker, "/staff/deals/move", &moved).await);
        assert_eq!(back, format!("/staff/deals?broker={}&did=deal-moved", cast.broker_id));
        let stale = send(broker, "/staff/deals/move", &moved).await;
        assert!(stale.status == 409 && stale.text.contains("role=\"alert\""), "{}", stale.text);
        let administrator = site.staff("p-administrator", &[StaffRole::Administrator]).await;
        let (_, next) = site.account("p-next", &[StaffRole::Broker]).await;
        let share = format!("share:{}", cast.broker_id);
        let bad = save(&administrator, "brokers", &[(&share, "99")]).await;
        assert!(bad.status == 422 && bad.text.contains("99.00 %") && bad.text.contains("value=\"99\""), "{}", bad.text);
        let other = format!("share:{next}");
        there(&save(&administrator, "brokers", &[(&share, "60"), (&other, "40")]).await);
        let (from, to) = (cast.broker_id.to_string(), next.to_string());
        assert_eq!(owner.get("/staff/deals/handover").await.status, 403);
        let page = administrator.get("/staff/deals/handover").await.text;
        assert!(page.contains(&format!("value=\"{from}\"")) && page.contains(&format!("value=\"{to}\"")), "{page}");
        let itself = send(&administrator, "/staff/deals/handover", &[("from", &from), ("to", &from)]).await;
        assert!(itself.status == 422 && itself.text.contains("href=\"#to\""), "{}", itself.text);
        let over = send(&administrator, "/staff/deals/handover", &[("from", &from), ("to", &to)]).await;
        assert!(there(&over).contains("did=handover"));
        let outside = administrator.get(&deal).await.text;
        assert!(!outside.contains("12/2026") && !outside.contains("hẹn") && outside.contains("p-next"), "{outside}");
        assert_eq!(administrator.get(&part("contract")).await.status, 404);
        assert_eq!(owner.get(&deal).await.text.matches("<h1").count(), 1);
        assert!(owner.post("/api/v1/deals", json!({})).await.status == 422);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_confidential_room_stands_on_the_page_of_the_deal_for_those_it_concerns_alone() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "r").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let deal = cast.deal("licence").await.path.replace("/api/v1", "");
        let listing = format!("/api/v1/listings/{}", cast.listing);
        owner.put_at(&format!("{listing}/confidential"), 0, json!({"know_how": "Tỷ lệ enzym 0,4 %"})).await.expect(200);
        let file = owner.hand_in(&format!("{listing}/files"), "Quy trình.txt", b"abc").await.expect(201)["id"].as_str().unwrap().to_owned();
        let none = "Phòng thông tin bảo mật";
        let empty = owner.get(&deal).await.text;
        let desk = format!("/my/listings/{}", cast.listing);
        assert!(
            empty.contains("Chưa mở cho ai trong thương vụ này") && empty.contains(&format!("href=\"{desk}/confidential#grants\"")),
            "{empty}"
        );
        assert!(!seeker.get(&deal).await.text.contains(none), "nothing is open to anybody yet");

        // Opened to one of the seeker's people, to another of them, and to somebody who is not in the deal.
        let (colleague, account) = site.account("r-colleague", &[]).await;
        site.member(cast.seeker_party, account, PartyRole::Editor).await;
        let third = site.person("r-third").await;
        let third_party = site.party(&third, "Công ty Ngoài Cuộc", "enterprise").await;
        let grant = async |party: base::PartyId, name: &str| {
            let body = json!({
                "party": party, "email": format!("{name}@example.org"), "purpose": format!("Mục đích {name}"), "expires_on": "2026-12-31",
            });
            owner.post(&format!("{listing}/disclosures"), body).await.expect(201)["id"].as_str().unwrap().to_owned()
        };
        let id = grant(cast.seeker_party, "r-seeker").await;
        let other = grant(cast.seeker_party, "r-colleague").await;
        grant(third_party, "r-third").await;

        // The reader: first the agreement, then the contents; of the colleague's nothing, and no ledger.
        let page = seeker.get(&deal).await.text;
        let one = format!("/disclosures/{id}");
        assert!(
            page.contains(none) && page.contains("Đọc và chấp nhận thỏa thuận bảo mật") && page.contains(&format!("href=\"{one}\"")),
            "{page}"
        );
        assert!(!page.contains(&format!("{one}/content")) && !page.contains(&other) && !page.contains("r-colleague"), "{page}");
        let hash = seeker.get(&format!("/api/v1{one}")).await.expect(200)["nda"]["hash"].clone();
        seeker.post(&format!("/api/v1{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
        let page = seeker.get(&format!("/en{deal}")).await.text;
        assert!(page.contains("Confidential room") && page.contains(&format!("href=\"/en{one}/content\"")), "{page}");
        for _ in 0..3 {
            seeker.get(&format!("{one}/content")).await;
        }
        // Later, so that it is the newest.
        site.clock.advance(chrono::TimeDelta::minutes(1));
        assert_eq!(seeker.get(&format!("{one}/files/{file}")).await.text, "abc");
        let page = seeker.get(&deal).await.text;
        assert!(!page.contains("lượt xem") && !page.contains("enzym") && !page.contains("Quy trình.txt"), "{page}");

        // The owner: each grant in this deal with how far it came, the newest looks, and the ways to all and to more.
        let page = owner.get(&deal).await.text;
        let room = page.split(none).nth(1).unwrap().split("</section>").next().unwrap().to_owned();
        for part in [
            "r-seeker",
            "r-colleague",
            "Đang mở",
            "Chờ chấp nhận thỏa thuận",
            "đến hết ngày 31/12/2026",
            "chưa chấp nhận thỏa thuận",
            "4 lượt xem",
            "Quy trình.txt",
            "Người này chưa mở lần nào",
            "Mở cho một người",
            &format!("href=\"{desk}/ledger\""),
        ] {
            assert!(room.contains(part), "{part} in {room}");
        }
        assert_eq!(room.matches("<li><time").count(), 3, "the newest alone: {room}");
        assert!(!room.contains("r-third") && !page.contains("r-third"), "the third is not in this deal");
        assert!(owner.get(&format!("/en{deal}")).await.text.contains("4 looks"));
        owner.post(&format!("/api/v1{one}/revoke"), serde_json::Value::Null).await.expect(200);
        let page = owner.get(&deal).await.text;
        assert!(page.contains("Đã bị thu hồi") && page.contains("thu hồi lúc"), "{page}");
        let page = seeker.get(&deal).await.text;
        assert!(page.contains("Đã bị thu hồi") && !page.contains(&format!("{one}/content")), "{page}");

        // An editor of the owner's sees it and opens it to nobody; a viewer, a program, staff and colleagues see nothing of it.
        let (editor, account) = site.account("r-editor", &[]).await;
        site.member(cast.owner_party, account, PartyRole::Editor).await;
        let page = editor.get(&deal).await.text;
        assert!(page.contains(none) && page.contains("Nội dung và những người được mở") && !page.contains("Mở cho một người"), "{page}");
        let (viewer, account) = site.account("r-viewer", &[]).await;
        site.member(cast.owner_party, account, PartyRole::Viewer).await;
        let (neighbour, account) = site.account("r-neighbour", &[]).await;
        site.member(cast.seeker_party, account, PartyRole::Admin).await;
        let administrator = site.staff("r-administrator", &[StaffRole::Administrator]).await;
        for (who, by) in [("viewer", &viewer), ("neighbour", &neighbour), ("broker", &cast.broker), ("administrator", &administrator)] {
            for path in [deal.clone(), format!("/en{deal}")] {
                let shown = by.get(&path).await;
                assert_eq!(shown.status, 200, "{who}");
                for word in [none, "Confidential room", "Mục đích", "r-colleague", &id, "/disclosures/"] {
                    // The names of members are told elsewhere; here nothing of what is open to them.
                    assert!(!shown.text.contains(word), "{who} finds {word}: {}", shown.text);
                }
            }
        }
        assert!(colleague.get(&deal).await.text.contains(&format!("href=\"/disclosures/{other}\"")));
        for by in [&third, &site.visitor()] {
            let shown = by.get(&deal).await;
            assert!(shown.status != 200 && !shown.text.contains(none));
        }
        site.stop().await;
    })
    .await;
}

/// Keeps a part of a deal on its page.
async fn save(by: &Client, deal: &str, name: &str, fields: &[(&str, &str)]) -> Answer {
    let part = format!("{deal}/edit/{name}");
    let seen = seen(&by.get(&part).await.text);
    let all: Vec<(&str, &str)> = [("_seen", seen.as_str()), ("_do", "save")].iter().chain(fields).copied().collect();
    send(by, &part, &all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_royalty_for_each_unit_is_typed_shown_and_never_carried_along_unseen() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "u").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let made = cast.deal("licence").await;
        let deal = made.path.replace("/api/v1", "");

        // What the API offers stands on the page with its amount, in both languages.
        let royalty = json!({"base": "per_unit", "per_unit": {"minor": 1_234, "currency": "VND"}});
        made.post(owner, "offers", json!({"terms": {"term_months": 12, "royalty": royalty}})).await.expect(201);
        let page = seeker.get(&deal).await.text;
        assert!(page.contains("Phí kỳ vụ cho mỗi đơn vị sản phẩm") && page.contains("1.234"), "{page}");
        let page = seeker.get(&format!("/en{deal}")).await.text;
        assert!(page.contains("Royalty per unit of product") && page.contains("1,234"), "{page}");

        // A counter-offer begins with it in sight, and without it where it is emptied.
        let form = seeker.get(&format!("{deal}/edit/offer")).await.text;
        assert!(form.contains("name=\"/terms/royalty/per_unit/amount\"") && form.contains("value=\"1.234\""), "{form}");
        let unit = ("/terms/royalty/per_unit/amount", "");
        let none = [unit, ("/terms/royalty/rate_bp", ""), ("/terms/royalty/base", ""), ("/terms/term_months", "24")];
        there(&save(seeker, &deal, "offer", &none).await);
        let offers = owner.get(&format!("{}/offers", made.path)).await.expect(200);
        assert_eq!(offers["items"][0]["terms"], json!({"term_months": 24}), "nothing of the other side's price is left in it");

        // Chosen by the unit, the amount is what is missing, and can be typed; a rate beside it would say two prices.
        let by_unit = [("/terms/royalty/base", "per_unit"), unit];
        let missing = save(owner, &deal, "offer", &by_unit).await;
        assert!(missing.status == 422 && missing.text.contains("href=\"#/terms/royalty/per_unit/amount\""), "{}", missing.text);
        let typed = [("/terms/royalty/base", "per_unit"), ("/terms/royalty/per_unit/amount", "2.500")];
        let both = save(owner, &deal, "offer", &[typed.as_slice(), &[("/terms/royalty/rate_bp", "5")]].concat()).await;
        assert!(both.status == 422 && both.text.contains("href=\"#/terms/royalty/rate_bp\""), "{}", both.text);
        there(&save(owner, &deal, "offer", &typed).await);
        let offers = owner.get(&format!("{}/offers", made.path)).await.expect(200);
        assert_eq!(offers["items"][0]["terms"]["royalty"], json!({"base": "per_unit", "per_unit": {"minor": 2_500, "currency": "VND"}}));
        let wrong = json!({"base": "net_price", "rate_bp": 500, "per_unit": {"minor": 1, "currency": "VND"}});
        assert_eq!(made.post(owner, "offers", json!({"terms": {"royalty": wrong}})).await.pointers(), ["/terms/royalty/per_unit"]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_accepted_offer_stays_on_the_page_and_the_timeline_leads_back_to_its_beginning() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "v").await;
        let made = cast.deal("licence").await;
        let deal = made.path.replace("/api/v1", "");
        let offer = |n: i64| json!({"terms": {"lump_sum": {"minor": n * 1_000_003, "currency": "VND"}}});
        let first = made.post(&cast.owner, "offers", offer(1)).await.expect(201);
        made.post(&cast.seeker, &format!("offers/{}/accept", first["id"].as_str().unwrap()), json!(null)).await.expect(200);
        for n in 2..=5 {
            made.post(&cast.owner, "offers", offer(n)).await.expect(201);
        }
        let page = cast.seeker.get(&format!("/en{deal}")).await.text;
        for (number, is_shown) in [(1, true), (2, false), (3, true), (4, true), (5, true)] {
            assert_eq!(page.contains(&format!("<th scope=\"col\">Offer {number}<")), is_shown, "offer {number}: {page}");
        }
        assert!(page.contains("1,000,003"), "what was agreed to: {page}");

        // Thirty steps on a page; the way to the older ones, and back.
        for n in 0..30 {
            let task = json!({"title": format!("Việc {n}"), "whose": "seeker", "due_on": "2026-12-01"});
            made.post(&cast.owner, "tasks", task).await.expect(201);
        }
        let page = cast.seeker.get(&format!("/en{deal}")).await.text;
        assert!(!page.contains("The deal was opened") && page.contains("Older steps"), "{page}");
        let older = page.split("steps=").nth(1).unwrap().split(['#', '"']).next().unwrap();
        let page = cast.seeker.get(&format!("/en{deal}?steps={older}")).await.text;
        assert!(page.contains("The deal was opened") && page.contains("The newest steps") && !page.contains("Older steps"), "{page}");
        assert_eq!(cast.seeker.get(&format!("{deal}?steps=x")).await.status, 400);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_paid_or_reached_is_noted_with_the_day_it_happened() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let owner = &cast.owner;
        let made = cast.deal("licence").await;
        let deal = made.path.replace("/api/v1", "");
        made.put(owner, "contract", json!({"signed_on": "2026-11-02"})).await.expect(200);
        let sum = json!({"kind": "lump_sum", "amount": {"minor": 5_000_000, "currency": "VND"}, "due_on": "2026-12-31"});
        let payment = made.post(owner, "payments", sum).await.expect(201)["id"].as_str().unwrap().to_owned();
        let milestone = made.post(owner, "milestones", json!({"title": "Lắp xong", "due_on": "2026-12-01"})).await.expect(201);
        let milestone = milestone["id"].as_str().unwrap().to_owned();
        let page = owner.get(&deal).await.text;
        for id in [&payment, &milestone] {
            let input = format!("id=\"on:{id}\" name=\"on\" type=\"date\" value=\"2026-11-24\" max=\"2026-11-24\"");
            assert!(page.contains(&input), "today is the beginning: {page}");
        }
        let note = async |does: &str, which: &str, on: &str| send(owner, &deal, &[("which", which), ("on", on), ("_do", does)]).await;
        for wrong in ["2026-11-25", "hôm qua", ""] {
            let refused = note("paid", &payment, wrong).await;
            assert!(refused.status == 422 && refused.text.contains(&format!("href=\"#on:{payment}\"")), "{wrong}: {}", refused.text);
        }
        for (does, which) in [("paid", &payment), ("reached", &milestone)] {
            let kept = format!("id=\"on:{which}\" name=\"on\" type=\"date\" value=\"2026-11-25\"");
            assert!(note(does, which, "2026-11-25").await.text.contains(&kept), "what was typed is kept");
        }
        there(&note("paid", &payment, "2026-11-03").await);
        there(&note("reached", &milestone, "2026-10-31").await);
        let inside = owner.get(&made.path).await.expect(200)["inside"].clone();
        assert_eq!(
            (&inside["payments"][0]["paid_on"], &inside["milestones"][0]["reached_on"]),
            (&json!("2026-11-03"), &json!("2026-10-31"))
        );
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_comes_back_as_typed_and_a_lost_deal_takes_neither_papers_nor_days() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "x").await;
        let owner = &cast.owner;
        let made = cast.deal("licence").await;
        let deal = made.path.replace("/api/v1", "");
        let typed = [("/kind", "evaluation"), ("/dated_on", "2027-01-01"), ("/reference", "Biên bản thử 07")];
        let refused = save(owner, &deal, "paper", &typed).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#/dated_on\""), "{}", refused.text);
        for kept in ["value=\"evaluation\" selected", "value=\"2027-01-01\"", "value=\"Biên bản thử 07\""] {
            assert!(refused.text.contains(kept), "{kept}: {}", refused.text);
        }
        made.put(owner, "contract", json!({"signed_on": "2026-11-02"})).await.expect(200);
        let sum = json!({"kind": "lump_sum", "amount": {"minor": 5_000_000, "currency": "VND"}, "due_on": "2026-12-31"});
        let payment = made.post(owner, "payments", sum).await.expect(201)["id"].as_str().unwrap().to_owned();
        let milestone = made.post(owner, "milestones", json!({"title": "Lắp xong", "due_on": "2026-12-01"})).await.expect(201);
        let milestone = milestone["id"].as_str().unwrap().to_owned();
        assert!(owner.get(&deal).await.text.contains(&format!("on:{payment}")));
        let seen = owner.get(&made.path).await.expect(200)["version"].as_i64().unwrap();
        owner.post_at(&format!("{}/transitions", made.path), seen, json!({"to": "lost", "reason": "price"})).await.expect(200);

        // Nothing of it is offered any more, and what is sent all the same is refused and comes back.
        let page = owner.get(&deal).await.text;
        for gone in [format!("on:{payment}"), format!("on:{milestone}"), format!("{deal}/edit/paper"), format!("{deal}/edit/task")] {
            assert!(!page.contains(&gone), "{gone}: {page}");
        }
        let typed = [("/kind", "evaluation"), ("/dated_on", "2026-11-20"), ("/reference", "Biên bản thử 07")];
        let late = save(owner, &deal, "paper", &typed).await;
        assert!(late.status == 409 && late.text.contains("value=\"Biên bản thử 07\""), "{}", late.text);
        for (does, which) in [("paid", &payment), ("reached", &milestone)] {
            assert_eq!(send(owner, &deal, &[("which", which), ("on", "2026-11-20"), ("_do", does)]).await.status, 409, "{does}");
        }
        let paper = json!({"kind": "nda", "dated_on": "2026-11-20"});
        assert_eq!(made.post(owner, "papers", paper).await.status, 409);
        let inside = owner.get(&made.path).await.expect(200)["inside"].clone();
        assert!(inside["papers"].as_array().unwrap().is_empty() && inside["payments"][0]["paid_on"].is_null(), "{inside}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_bar_tells_what_a_deal_stood_in_from_what_it_skipped_also_once_it_is_lost() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "b").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        deal.put(owner, "legal-facts", crate::deals::funded()).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);

        let bar = async |prefix: &str| {
            let page = owner.get(&format!("{prefix}{}", deal.path.replace("/api/v1", ""))).await.text;
            page.split("<ol class=\"stage-bar\"").nth(1).unwrap().split("</ol>").next().unwrap().to_owned()
        };
        let done = |bar: &str| bar.matches("<li class=\"done\">").count();
        for (prefix, skipped) in [("/en", "Confidentiality (skipped)"), ("", "Bảo mật (bỏ qua)")] {
            let bar = bar(prefix).await;
            assert!(bar.contains(&format!("<li class=\"skipped\">{skipped}</li>")), "{bar}");
            assert_eq!((done(&bar), bar.matches("class=\"skipped\"").count()), (3, 3), "{bar}");
        }
        // Back in a stage before it, what comes after is to come again.
        deal.go(seeker, "evaluation").await.expect(200);
        let back = bar("/en").await;
        assert_eq!((done(&back), back.matches("class=\"skipped\"").count()), (3, 1), "{back}");

        // Lost, it keeps what it came through.
        let seen = owner.get(&deal.path).await.expect(200)["version"].as_i64().unwrap();
        owner.post_at(&format!("{}/transitions", deal.path), seen, json!({"to": "lost", "reason": "price"})).await.expect(200);
        let lost = bar("/en").await;
        assert_eq!((done(&lost), lost.matches("class=\"skipped\"").count()), (5, 2), "{lost}");
        assert!(lost.contains("aria-current=\"step\"") && lost.contains("<li class=\"\">Signed</li>"), "{lost}");
        let stages = owner.get(&deal.path).await.expect(200)["stages"].clone();
        let entered = |code: &str| stages.as_array().unwrap().iter().find(|s| s["code"] == code).unwrap()["was_entered"].clone();
        assert_eq!([entered("met"), entered("mou"), entered("lost")], [json!(true), json!(false), json!(true)]);
        site.stop().await;
    })
    .await;
}
