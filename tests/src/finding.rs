//! Finding over HTTP: narrowing, counts, files, what is similar, codes that lead straight there; pages and API alike.

use base::{PartyId, StaffRole};
use serde_json::{Value, json};

use crate::main_job::{need, publish, technology};
use crate::site::{Client, Site, on_every_database};

/// Puts a listing of a party before the public; gives its id.
async fn put(author: &Client, moderator: &Client, party: PartyId, path: &str, content: Value) -> String {
    let made = author.post(path, json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    id
}

/// Two dryers and a need of a party in a commune of the province.
async fn filled(site: &Site) -> (Client, Vec<String>) {
    let author = site.person("author").await;
    let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
    let body = json!({"names": {"vi": "Viện Dừa"}, "party_type": "institute", "tax_code": "1399901010",
        "address": {"province": "86", "commune": "28777"}});
    let party = author.post("/api/v1/parties", body).await.expect(201)["id"].as_str().unwrap().parse().unwrap();
    let mut first = technology("Máy sấy cơm dừa bơm nhiệt");
    first["title"]["en"] = json!("Heat pump dryer for coconut");
    first["terms"] = json!({"price": {"kind": "indicative", "amount": {"min_minor": 450_000_000, "currency": "VND"}}});
    first["ipc"] = json!(["A23N 5/01"]);
    let mut second = technology("=Máy sấy cơm dừa nhỏ");
    second["trl"] = json!(5);
    let mut ids = Vec::new();
    for content in [first, second] {
        ids.push(put(&author, &moderator, party, "/api/v1/technologies", content).await);
    }
    ids.push(put(&author, &moderator, party, "/api/v1/needs", need()).await);
    site.indexed().await;
    (author, ids)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_narrowed_by_place_price_and_date_and_says_what_it_left_out() {
    on_every_database(async |site: Site| {
        let (_, made) = filled(&site).await;
        let visitor = site.visitor();
        let find = async |query: &str| visitor.get(&format!("/api/v1/search?{query}")).await.expect(200);

        let all = find("q=say+com+dua&facets=commune,field,price_band").await;
        assert_eq!(all["facets"]["commune"][0]["code"], "28777");
        assert_eq!(all["facets"]["commune"][0]["parent"], "86", "the province");
        assert_eq!(all["facets"]["price_band"][0]["label"], "100 – 500 triệu đồng");
        let fields = all["facets"]["field"].as_array().unwrap();
        let below = fields.iter().find(|f| f["code"] == "21101").unwrap();
        assert_eq!(below["parent"], "211", "{fields:?}");
        assert_eq!(ids(&find("price_band=100-500").await), [made[0].as_str()]);
        assert_eq!(find("commune=28777").await["total"], 4, "the party itself is there, too");
        assert_eq!(find("commune=28756").await["total"], 0);

        let today = site.clock.today();
        let tomorrow = today.succ_opt().unwrap();
        assert_eq!(find(&format!("published_from={today}&published_to={today}")).await["total"], 4);
        assert_eq!(find(&format!("published_from={tomorrow}")).await["total"], 0);
        let week = &find("").await["periods"]["published"][0];
        assert_eq!((&week["code"], &week["count"], &week["label"]), (&json!("last_7_days"), &json!(4), &json!("7 ngày qua")));
        assert_eq!(find("facets=none").await["periods"], json!({}));

        let nothing = find("q=say+com+dua&trl=9&kind=technology").await;
        assert_eq!((&nothing["total"], &nothing["without"]), (&json!(0), &json!({"kind": 0, "trl": 2})));
        let page = visitor.get("/search?q=say+com+dua&trl=9&kind=technology").await;
        assert!(page.text.contains("/search?q=say%20com%20dua&#38;kind=technology") && page.text.contains("2 kết quả"), "{}", page.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_leads_straight_to_its_page() {
    on_every_database(async |site: Site| {
        let (_, made) = filled(&site).await;
        let visitor = site.visitor();
        let answer = visitor.get("/api/v1/search?q=cn+2026+000001").await.expect(200);
        assert_eq!(answer["jump"]["id"], json!(made[0]));
        let url = answer["jump"]["url"].as_str().unwrap().to_owned();
        for (language, code) in [("", "CN-2026-000001"), ("/en", "cn2026000001")] {
            let page = visitor.get(&format!("{language}/search?q={code}")).await;
            assert_eq!((page.status.as_u16(), page.headers["location"].to_str().unwrap()), (303, format!("{language}{url}").as_str()));
        }
        assert_eq!(visitor.get("/search?q=CN-2026-000009").await.status, 200);
        assert_eq!(visitor.get("/api/v1/search?q=dua").await.expect(200)["jump"], Value::Null);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tax_code_leads_to_a_firm_and_never_to_a_household() {
    on_every_database(async |site: Site| {
        let (author, _) = filled(&site).await;
        let household = json!({"names": {"vi": "Hộ kinh doanh Ba Tri"}, "party_type": "household_business",
            "tax_code": "012345678901", "registration": "55A8012345", "address": {"province": "86"}});
        author.post("/api/v1/parties", household).await.expect(201);
        site.indexed().await;
        let visitor = site.visitor();
        for typed in ["1399901010", "139 990 1010", "1399-901-010"] {
            let answer = visitor.get(&format!("/api/v1/search?q={}", typed.replace(' ', "+"))).await.expect(200);
            assert!(answer["jump"]["url"].as_str().unwrap().starts_with("/parties/vien-dua"), "{typed}: {answer}");
        }
        // Nobody finds what is personal, not even who wrote it.
        for typed in ["012345678901", "012+345+678+901", "number:012345678901", "55A8012345"] {
            for reader in [&visitor, &author] {
                let answer = reader.get(&format!("/api/v1/search?q={typed}")).await.expect(200);
                assert_eq!((&answer["jump"], &answer["total"]), (&Value::Null, &json!(0)), "{typed}");
            }
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patent_classes_are_a_facet_with_names_whose_levels_open_one_below_the_other() {
    on_every_database(async |site: Site| {
        filled(&site).await;
        let visitor = site.visitor();
        let found = visitor.get("/api/v1/search").await.expect(200);
        let class = |code: &str| found["facets"]["ipc"].as_array().unwrap().iter().find(|c| c["code"] == code).cloned().unwrap();
        assert_eq!((&class("A")["parent"], &class("A23")["parent"], &class("A23N")["parent"]), (&Value::Null, &json!("A"), &json!("A23")));
        assert!(class("A")["label"].as_str().unwrap().starts_with("A – Nhu cầu đời sống"), "{}", class("A"));

        let page = visitor.get("/search").await;
        assert!(page.text.contains("Phân loại sáng chế (IPC)") && page.text.contains("A – Nhu cầu đời sống"));
        assert!(page.text.contains("ipc=A\"") && !page.text.contains("ipc=A23\""), "what lies below is closed");
        let page = visitor.get("/en/search?ipc=A23").await;
        assert!(page.text.contains("A – Daily needs") && page.text.contains("ipc=A23N\""), "one level below what was chosen");
        assert!(!page.text.contains("A23N 5/01<"), "no more than one");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_found_can_be_taken_along_as_a_file() {
    on_every_database(async |site: Site| {
        let (author, made) = filled(&site).await;
        let path = "/api/v1/search/export?q=say+com+dua&kind=technology&sort=trl";
        assert_eq!(site.visitor().get(path).await.status, 401);

        let answer = author.get(&format!("{path}&format=csv")).await;
        assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (200, "text/csv; charset=utf-8"));
        assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"innospace-"));
        let lines: Vec<&str> = answer.text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines.len(), 3, "{}", answer.text);
        assert!(lines[0].starts_with("code,kind,title"));
        assert!(lines[1].starts_with("CN-2026-000001,technology,Máy sấy cơm dừa bơm nhiệt,"), "{}", lines[1]);
        assert!(lines[2].contains(",'=Máy sấy"), "no spreadsheet may calculate it: {}", lines[2]);

        let json = author.get(&format!("{path}&lang=en")).await.expect(200);
        assert_eq!((&json["total"], &json["complete"], &json["next"]), (&json!(2), &json!(true), &Value::Null));
        assert_eq!(ids(&json), [made[0].as_str(), made[1].as_str()]);
        assert_eq!(json["items"][0]["title"], "Heat pump dryer for coconut");

        // It has what the pages have, and says what of the words was left out.
        for words in ["say+com+dua", "say+com+dua+xyzzy+de*"] {
            let page = author.get(&format!("/api/v1/search?q={words}")).await.expect(200);
            let file = author.get(&format!("/api/v1/search/export?q={words}")).await.expect(200);
            assert_eq!(ids(&file), ids(&page), "{words}");
            for told in ["total", "relaxed", "ignored"] {
                assert_eq!(file[told], page[told], "{words}: {told}");
            }
        }

        // A page that is no page of this search any more begins anew; a program is told.
        let begun = author.get("/en/search?q=dua&trl=7&cursor=bm9uc2Vuc2U").await;
        assert_eq!((begun.status.as_u16(), begun.headers["location"].to_str().unwrap()), (303, "/en/search?q=dua&trl=7"));
        assert_eq!(author.get("/api/v1/search?q=dua&cursor=bm9uc2Vuc2U").await.status, 400);

        // The page offers it to whoever is signed in.
        let link = "/api/v1/search/export?q=dua&#38;format=csv";
        assert!(author.get("/search?q=dua").await.text.contains(link));
        assert!(!site.visitor().get("/search?q=dua").await.text.contains("/search/export"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_shows_what_is_like_it_in_the_readers_language() {
    on_every_database(async |site: Site| {
        let (_, made) = filled(&site).await;
        let visitor = site.visitor();
        let path = format!("/api/v1/listings/{}/similar", made[1]);
        let similar = visitor.get(&path).await.expect(200);
        assert_eq!(ids(&similar), [made[0].as_str()]);
        assert_eq!((&similar["next"], &similar["total"]), (&Value::Null, &json!(1)), "a list like any other");
        let suggested = visitor.get("/api/v1/suggest?q=may+say").await.expect(200);
        assert_eq!((&suggested["next"], &suggested["total"]), (&Value::Null, &json!(suggested["items"].as_array().unwrap().len())));
        let english = visitor.get(&format!("{path}?lang=en")).await.expect(200);
        assert_eq!(english["items"][0]["title"], "Heat pump dryer for coconut");
        assert_eq!(visitor.get("/api/v1/listings/0197b2c4-0000-7000-8000-000000000001/similar").await.status, 404);

        let url = visitor.get(&format!("/api/v1/technologies/{}", made[1])).await.expect(200)["url"].as_str().unwrap().to_owned();
        for (language, heading, title) in
            [("", "Tin tương tự", "Máy sấy cơm dừa bơm nhiệt"), ("/en", "Similar listings", "Heat pump dryer for coconut")]
        {
            let page = visitor.get(&format!("{language}{url}")).await;
            let at = page.text.find(heading).unwrap_or_else(|| panic!("{heading}"));
            assert!(page.text[at..].contains(title), "{title}");
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_says_in_one_line_what_a_technology_does_better() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let mut measured = technology("Máy sấy cơm dừa bơm nhiệt");
        measured["advantages"] = json!([
            {"metric": {"vi": "Vận hành êm"}, "offered": 60.0, "unit": "dB"},
            {"metric": {"vi": "Thời gian sấy một mẻ", "en": "Drying time of a batch"}, "baseline": 14.5, "offered": 5.0, "unit": "h"},
        ]);
        let id = put(&author, &moderator, party, "/api/v1/technologies", measured.clone()).await;
        put(&author, &moderator, party, "/api/v1/needs", need()).await;
        let mut narrow = technology("Máy sấy cơm dừa cho người đăng nhập");
        narrow["advantages"] = json!([{"metric": {"vi": "Điện năng riêng quexat"}, "baseline": 2.0, "offered": 1.0, "unit": "kWh"}]);
        let narrow = put(&author, &moderator, party, "/api/v1/technologies", narrow).await;
        let inside = author.get(&format!("/api/v1/technologies/{narrow}")).await.expect(200);
        let seen = inside["inside"]["version"].as_i64().unwrap();
        let narrower = json!({"visibility": "registered"});
        author.put_at(&format!("/api/v1/listings/{narrow}/visibility"), seen, narrower).await.expect(200);
        site.indexed().await;
        let visitor = site.visitor();
        let found = async |client: &Client, lang: &str| {
            let all = client.get(&format!("/api/v1/search?q=say+com+dua&lang={lang}")).await.expect(200);
            let advantages =
                all["items"].as_array().unwrap().iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item["advantage"].clone()));
            advantages.collect::<std::collections::BTreeMap<_, _>>()
        };
        let vi = found(&visitor, "vi").await;
        assert_eq!(vi[&id], json!({"text": "Thời gian sấy một mẻ: 14,5\u{a0}giờ\u{a0}→\u{a0}5\u{a0}giờ", "lang": "vi"}));
        assert_eq!(vi.values().filter(|advantage| advantage.is_null()).count(), vi.len() - 1, "a need has none: {vi:?}");
        assert_eq!(
            found(&visitor, "en").await[&id],
            json!({"text": "Drying time of a batch: 14.5\u{a0}h\u{a0}→\u{a0}5\u{a0}h", "lang": "en"})
        );
        assert!(!vi.contains_key(&narrow) && found(&author, "vi").await.contains_key(&narrow), "it follows the listing");
        let page = visitor.get("/search?q=say+com+dua").await.text;
        assert!(
            page.contains(
                "<p class=\"advantage\"><span>Thời gian sấy một mẻ</span>: <strong>14,5\u{a0}giờ\u{a0}→\u{a0}5\u{a0}giờ</strong></p>"
            ),
            "{page}"
        );
        for path in ["/", "/search", "/search?q=quexat"] {
            assert!(!visitor.get(path).await.text.contains("Điện năng riêng"), "{path}");
        }
        let page = author.get("/en/search?q=quexat").await.text;
        assert!(
            page.contains("<span lang=\"vi\">Điện năng riêng quexat</span>: <strong>2\u{a0}kWh\u{a0}→\u{a0}1\u{a0}kWh</strong>"),
            "{page}"
        );

        // A change that waits for review is on no card before it is published.
        let mut changed = measured;
        changed["advantages"][1]["offered"] = json!(4.0);
        let inside = author.get(&format!("/api/v1/technologies/{id}")).await.expect(200);
        let seen = inside["inside"]["version"].as_i64().unwrap();
        let address = format!("/api/v1/technologies/{id}");
        let seen = author.put_at(&address, seen, json!({"content": changed})).await.expect(200)["version"].as_i64().unwrap();
        site.indexed().await;
        assert_eq!(found(&visitor, "vi").await[&id], vi[&id]);
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = author.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &id, seen).await;
        site.indexed().await;
        assert!(found(&visitor, "vi").await[&id]["text"].as_str().unwrap().ends_with("→\u{a0}4\u{a0}giờ"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ip_assets_are_narrowed_by_what_they_are() {
    let site = Site::start_demonstration(store::testing::TestStore::sqlite().await.unwrap()).await;
    let visitor = site.visitor();
    for (path, heading) in [("/search?kind=ip_asset", "Loại tài sản trí tuệ"), ("/en/search?kind=ip_asset", "Kind of IP asset")] {
        let page = visitor.get(path).await.text;
        let facet = page.split("<section class=\"facet\"").find(|part| part.contains(&format!("<h2>{heading}</h2>")));
        assert!(facet.is_some_and(|part| part.contains("ip_kind=")), "{page}");
    }
    // Narrowed to one, it is a chip, and nothing else is found.
    let page = visitor.get("/search?kind=ip_asset&ip_kind=trademark").await.text;
    assert!(page.contains("class=\"chip\"") && !page.contains("facet-ip-kind"), "{page}");
    assert!(!visitor.get("/search?kind=technology").await.text.contains("ip_kind="), "a technology is no kind of IP asset");
    site.stop().await;
}

/// What an input of a page holds.
fn input(page: &str, name: &str) -> (String, String) {
    let tag = page.split("<input ").find(|tag| tag.contains(&format!("name=\"{name}\"")) && !tag.contains("type=\"hidden\"")).unwrap();
    let of = |attribute: &str| tag.split_once(&format!("{attribute}=\"")).unwrap().1.split_once('"').unwrap().0.to_owned();
    (of("type"), of("value"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_too_long_is_searched_as_far_as_it_goes() {
    on_every_database(async |site: Site| {
        filled(&site).await;
        let visitor = site.visitor();
        let long = "sấy cơm dừa ".repeat(70);
        let long = long.trim_end();
        assert!(long.chars().count() < 1_000 && long.len() > search::query::MAX_BYTES);
        let query: String = long.bytes().map(|b| format!("%{b:02X}")).collect();
        for (lang, said) in [("", "Đoạn đã nhập dài hơn mức tìm được"), ("/en", "The text is longer than can be searched")]
        {
            let page = visitor.get(&format!("{lang}/search?q={query}&kind=technology")).await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(page.text.contains(said) && page.text.contains("/technologies/may-say-com-dua"), "{}", page.text);
            assert_eq!(input(&page.text, "q").1, long, "what was typed stays");
            assert!(page.text.contains("name=\"kind\" value=\"technology\"") && page.text.len() <= 60_000, "{}", page.text.len());
        }
        // Programs are told.
        assert_eq!(visitor.get(&format!("/api/v1/search?q={query}")).await.status, 400);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_turns_no_writing_direction_where_it_is_shown_again() {
    on_every_database(async |site: Site| {
        filled(&site).await;
        let visitor = site.visitor();
        for path in ["/search", "/en/search", "/search/feed"] {
            let page = visitor.get(&format!("{path}?q=%E2%80%AEsay%E2%81%A6+com")).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text.contains("say com") && !page.text.contains(['\u{202e}', '\u{2066}']), "{path}: {}", page.text);
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_are_read_as_people_write_them_and_those_that_are_none_are_told_and_kept() {
    on_every_database(async |site: Site| {
        filled(&site).await;
        let visitor = site.visitor();
        let (today, tomorrow) = (site.clock.today(), site.clock.today().succ_opt().unwrap());
        let find = async |rest: &str| {
            let page = visitor.get(&format!("/search?q=say+com+dua&kind=technology&{rest}")).await;
            assert_eq!(page.status, 200, "{rest}: {}", page.text);
            page.text
        };
        let two = "2 kết quả";
        let written = find(&format!("published_from={}", today.format("%d/%m/%Y"))).await;
        assert!(written.contains(two) && !written.contains("notice amber"), "{written}");
        assert_eq!(input(&written, "published_from"), ("date".to_owned(), today.to_string()));
        assert!(find(&format!("published_from={}", tomorrow.format("%d/%m/%Y"))).await.contains("Chưa tìm thấy kết quả nào"));

        let unread = find("published_from=hom+qua").await;
        assert!(unread.contains(two) && unread.contains("chưa đọc được ngày “hom qua”"), "{unread}");
        assert_eq!(input(&unread, "published_from"), ("text".to_owned(), "hom qua".to_owned()));
        assert!(unread.contains("id=\"more-published_from\" open") && unread.contains("name=\"kind\" value=\"technology\""));

        let reversed = find(&format!("published_from={tomorrow}&published_to={today}")).await;
        assert!(reversed.contains(two) && reversed.contains("Hãy đổi chỗ hai ngày"), "{reversed}");
        assert_eq!(input(&reversed, "published_from").1, tomorrow.to_string());
        assert_eq!(input(&reversed, "published_to").1, today.to_string());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boxes_of_a_facet_narrow_as_links_do_and_the_lower_of_two_fields_counts() {
    on_every_database(async |site: Site| {
        filled(&site).await;
        let visitor = site.visitor();
        let long = "dua ".repeat(250);
        let page = visitor.get(&format!("/search?q={}&kind=technology", long.trim_end().replace(' ', "+"))).await.text;
        for level in [5, 7] {
            let tick = format!("<input type=\"checkbox\" name=\"trl\" value=\"{level}\">");
            assert!(page.contains(&tick), "a box where a link would be too long: {page}");
        }
        assert!(page.contains("id=\"more-trl\" open") && page.len() <= 60_000);
        // As a browser sends them.
        let both = visitor.get("/search?q=say+com+dua&kind=technology&trl=5&trl=7").await.text;
        assert!(both.contains("2 kết quả"), "{both}");
        assert!(visitor.get("/search?q=say+com+dua&kind=technology&trl=5").await.text.contains("1 kết quả"));
        let page = visitor.get("/search?field=2&field=211").await.text;
        assert!(page.contains("name=\"field\" value=\"211\"") && !page.contains("value=\"2,211\""), "{page}");
        let many: String = (10_000..10_060).map(|n| format!("&commune={n}")).collect();
        let page = visitor.get(&format!("/search?province=86{many}")).await;
        assert!(page.status == 200 && page.text.contains("mỗi lần lọc được nhiều nhất 50 mục"), "{}", page.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cooperative_patent_class_is_on_the_page_and_found_by_its_code() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let mut content = technology("Máy sấy cơm dừa bơm nhiệt");
        content["cpc"] = json!(["Y02P 60/80"]);
        let id = put(&author, &moderator, party, "/api/v1/technologies", content).await;
        put(&author, &moderator, party, "/api/v1/technologies", technology("Máy gọt dừa")).await;
        site.indexed().await;
        let visitor = site.visitor();
        assert_eq!(ids(&visitor.get("/api/v1/search?q=Y02P&kind=technology").await.expect(200)), [id.as_str()]);
        let whole = visitor.get("/api/v1/search?q=Y02P+60/80&kind=technology").await.expect(200);
        assert_eq!(ids(&whole).first(), Some(&id.as_str()));
        let url = visitor.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let page = visitor.get(&url).await.text;
        assert!(page.contains("Phân loại sáng chế hợp tác (CPC)") && page.contains("Y02P 60/80"), "{page}");
        site.stop().await;
    })
    .await;
}
