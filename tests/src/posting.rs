//! Posting and review on the pages, as a browser without JavaScript uses them.

use base::StaffRole;
use reqwest::Method;

use crate::site::{Answer, Client, Site, on_every_database};

/// The inputs of a page, as a browser would send them back.
pub fn fields(html: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        Some(unescaped(tag[at..].split('"').next()?))
    };
    let main = html.split("<main").nth(1).unwrap();
    let mut found = Vec::new();
    let mut rest = main;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let tag = rest.split('>').next().unwrap();
        let Some(name) = value(tag, "name") else { continue };
        if tag.starts_with("input") {
            let is_choice = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
            if !is_choice || tag.contains(" checked") {
                found.push((name, value(tag, "value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            let text = rest.split_once('>').unwrap().1.split("</textarea").next().unwrap();
            found.push((name, unescaped(text.strip_prefix('\n').unwrap_or(text))));
        } else if tag.starts_with("select") {
            let options = rest.split("</select").next().unwrap();
            let chosen = options.split("<option").skip(1).find(|o| o.split('>').next().unwrap().contains(" selected"));
            found.push((
                name,
                chosen.or_else(|| options.split("<option").nth(1)).and_then(|o| value(&format!(" {o}"), "value")).unwrap_or_default(),
            ));
        }
    }
    found
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">")
}

pub async fn send(client: &Client, path: &str, fields: &[(String, String)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// Opens a page, fills its form and sends it with this button; gives the answer.
pub async fn fill(client: &Client, path: &str, typed: &[(&str, &str)], button: (&str, &str)) -> Answer {
    let page = client.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    let mut form = fields(&page.text);
    for (name, value) in typed {
        assert!(page.text.contains(&format!("name=\"{name}\"")), "{name} is asked for on {path}");
        let is_box = |with: String| page.text.contains(&format!("type=\"checkbox\"{with} name=\"{name}\""));
        let is_many = is_box(String::new()) || is_box(format!(" id=\"{name}\""));
        if !is_many {
            form.retain(|(n, _)| n != name);
        }
        form.push(((*name).to_owned(), (*value).to_owned()));
    }
    form.push((button.0.to_owned(), button.1.to_owned()));
    let action =
        page.text.split("<main").nth(1).unwrap().split("method=\"post\" action=\"").nth(1).map_or(path, |a| a.split('"').next().unwrap());
    send(client, action, &form).await
}

/// Where an answer leads to.
pub fn there(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}

const NEXT: (&str, &str) = ("_do", "next");

/// Fills the six steps of a technology; gives its desk.
async fn post_a_technology(author: &Client) -> String {
    let what = [
        ("/title/vi", "Máy tách vỏ dừa khô tự động"),
        ("/summary/vi", "Tách vỏ 600 quả mỗi giờ, thay cho dao tay."),
        ("/keywords/vi", "tách vỏ, dừa khô"),
        ("/field", "21101"),
    ];
    let two = there(&fill(author, "/post/technologies", &what, NEXT).await);
    assert!(two.ends_with("/edit/2?saved"), "{two}");
    let how = [("/problem/vi", "Tách bằng dao chậm và dễ đứt tay."), ("/description/vi", "Hai trục gai quay ngược chiều.")];
    let three = there(&fill(author, &two, &how, NEXT).await);
    let results = [
        ("/advantages/0/metric/vi", "Năng suất"),
        ("/advantages/0/baseline", "120"),
        ("/advantages/0/offered", "1.200,5"),
        ("/advantages/0/unit", "quả/h"),
        ("/trl", "7"),
    ];
    let four = there(&fill(author, &three, &results, NEXT).await);
    let rights = [("/ipr_status", "granted"), ("/owners/0/name", "Viện Dừa"), ("/owners/0/share_bp", "100")];
    let five = there(&fill(author, &four, &rights, NEXT).await);
    let terms = [
        ("/cooperation", "licence"),
        ("/partner_types", "enterprise"),
        ("/partner_role/vi", "Lắp tại xưởng và chạy thử."),
        ("/terms/price/kind", "range"),
        ("/terms/price/amount/min", "1,25 tỷ"),
        ("/terms/price/amount/max", "1.500.000.000"),
    ];
    let six = there(&fill(author, &five, &terms, NEXT).await);
    let seven = there(&fill(author, &six, &[("/investment/min", "500 triệu")], NEXT).await);
    assert!(seven.ends_with("/edit/7?saved"), "{seven}");
    there(&fill(author, &seven, &[("/title/en", "Automatic coconut husking machine")], NEXT).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institute_posts_in_six_steps_mends_what_the_moderator_asks_for_and_is_found() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        // Whoever acts for nobody is told what to do; whoever is not known is led to the door and back.
        assert!(author.get("/post").await.text.contains("href=\"/my/parties/new\""));
        let door = there(&site.visitor().get("/en/post/needs").await);
        assert_eq!(door, "/en/sign-in?next=%2Fen%2Fpost%2Fneeds");
        site.party(&author, "Viện Dừa", "institute").await;

        let desk = post_a_technology(&author).await;
        let view = author.get(&desk).await.text;
        assert!(view.contains("value=\"submit\""), "nothing is missing: {view}");
        assert_eq!(there(&fill(&author, &desk, &[], ("step", "submit")).await), desk);
        assert!(author.get(&desk).await.text.contains("s-submitted"));
        // What waits for review is not edited meanwhile.
        assert_eq!(there(&author.get(&format!("{desk}/edit/1")).await), desk);

        // The moderator takes it, and asks for a change at a field.
        let queue = moderator.get("/review").await.text;
        let review = queue.split("href=\"/review/").nth(1).unwrap().split('"').next().unwrap();
        let review = format!("/review/{review}");
        assert_eq!(there(&fill(&moderator, &review, &[], ("decision", "claim")).await), review);
        let nothing = fill(&moderator, &review, &[], ("decision", "request_changes")).await;
        assert_eq!(nothing.status, 422);
        assert!(nothing.text.contains("href=\"#notes\""), "{}", nothing.text);
        let note = [("note:/summary", "Nêu công suất điện <b>kW</b>.")];
        assert_eq!(there(&fill(&moderator, &review, &note, ("decision", "request_changes")).await), "/review");

        // The author reads it on the desk and beside the field, and mends it.
        let view = author.get(&desk).await.text;
        assert!(view.contains("Nêu công suất điện &#60;b&#62;kW"), "{view}");
        assert!(author.get("/my").await.text.contains("tone-amber"));
        let first = format!("{desk}/edit/1");
        assert!(author.get(&first).await.text.contains("note:/summary/vi"));
        let better = [("/summary/vi", "Tách vỏ 600 quả mỗi giờ với 2,2 kW, thay cho dao tay.")];
        assert_eq!(there(&fill(&author, &first, &better, ("_do", "close")).await), desk);
        fill(&author, &desk, &[], ("step", "submit")).await;

        // Too few points are told; enough publish it.
        there(&fill(&moderator, &review, &[], ("decision", "claim")).await);
        let points =
            |n: &'static str| [("score:innovation_or_need", n), ("score:clarity", n), ("score:partner_ask", n), ("score:language", n)];
        let low = fill(&moderator, &review, &points("1"), ("decision", "publish")).await;
        assert_eq!(low.status, 422);
        assert!(low.text.contains("href=\"#scores\""));
        let page = there(&fill(&moderator, &review, &points("4"), ("decision", "publish")).await);
        site.until("a visitor finds it", async || {
            site.visitor().get("/search?q=may+tach+vo+dua").await.text.contains(&format!("href=\"{page}\""))
        })
        .await;
        let public = site.visitor().get(&page).await.text;
        for part in ["1.200,5", "1,25–1,5 tỷ ₫", "từ 500 triệu ₫", "2,2 kW"] {
            assert!(public.contains(part), "{part}: {public}");
        }
        assert!(site.visitor().get(&format!("/en{page}")).await.text.contains("Automatic coconut husking machine"));

        // The history shows what changed between two versions.
        let history = author.get(&format!("{desk}/history?from=7&to=8")).await.text;
        assert!(history.contains("<ins>2,2</ins>") || history.contains("2,2 kW</ins>") || history.contains("với 2,2 kW"), "{history}");
        assert!(history.contains("<ins>"), "{history}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_is_never_lost() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;

        // What was looked for in vain is the title of the need that is posted instead, as much of it as one may have.
        let empty = author.get("/search?q=zeolit+%26+mùn&trl=9").await.text;
        assert!(empty.contains("href=\"/post/needs?title=zeolit+%26+m%C3%B9n\""), "{empty}");
        let begun = fields(&author.get("/post/needs?title=zeolit+%26+m%C3%B9n").await.text);
        assert!(begun.contains(&("/title/vi".to_owned(), "zeolit & mùn".to_owned())), "{begun:?}");
        // Filters alone may find nothing too.
        let empty = author.get("/search?trl=9").await.text;
        assert!(empty.contains("href=\"/post/needs\"") && empty.contains("href=\"/my/searches/new?trl=9\""), "{empty}");

        // What cannot be read is said at its field, with everything typed still there.
        let typed = [("/title/vi", "Máy sấy"), ("/summary/vi", "Nhanh & <gọn> \"hơn\""), ("/field", "không có")];
        let wrong = fill(&author, "/post/technologies", &typed, NEXT).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("href=\"#/field\""), "{}", wrong.text);
        let again = fields(&wrong.text);
        assert!(again.contains(&("/summary/vi".to_owned(), "Nhanh & <gọn> \"hơn\"".to_owned())), "{again:?}");

        // The same form sent twice makes one draft.
        let page = author.get("/post/technologies").await.text;
        let mut form = fields(&page);
        form.retain(|(n, _)| n != "/title/vi");
        form.extend([("/title/vi".to_owned(), "Máy sấy".to_owned()), ("_do".to_owned(), "next".to_owned())]);
        let first = there(&send(&author, "/post/technologies", &form).await);
        assert_eq!(there(&send(&author, "/post/technologies", &form).await), first);
        let desk = first.split("/edit").next().unwrap().to_owned();

        // Rows: figures as typed, a dropped row goes, one that cannot be read stays as it was typed.
        let three = format!("{desk}/edit/3");
        let rows = [("/advantages/0/metric/vi", "Thời gian"), ("/advantages/0/offered", "năm giờ"), ("/advantages/1/metric/vi", "Điện")];
        let wrong = fill(&author, &three, &rows, NEXT).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("href=\"#/advantages/0/offered\"") && wrong.text.contains("value=\"năm giờ\""), "{}", wrong.text);
        let rows = [("/advantages/0/metric/vi", "Thời gian"), ("/advantages/0/offered", "5"), ("/advantages/1/metric/vi", "Điện")];
        there(&fill(&author, &three, &rows, ("_do", "stay")).await);
        there(&fill(&author, &three, &[], ("_do", "drop:/advantages/0")).await);
        let kept = fields(&author.get(&three).await.text);
        assert!(kept.contains(&("/advantages/0/metric/vi".to_owned(), "Điện".to_owned())), "{kept:?}");

        // A form that saves itself is told the version to go on from, or why it was not saved.
        let auto = |fields: &[(&str, &str)]| {
            let mut form: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            form.push(("_do".to_owned(), "auto".to_owned()));
            form
        };
        let two = format!("{desk}/edit/2");
        let seen = |text: &str| fields(&format!("<main>{text}")).into_iter().find(|(n, _)| n == "_seen").unwrap().1;
        let now = seen(author.get(&two).await.text.split("<main").nth(1).unwrap());
        let saved = send(&author, &two, &auto(&[("_seen", &now), ("/problem/vi", "Chậm")])).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        assert!(saved.text.contains(" data-ok>") && seen(&saved.text) != now, "{}", saved.text);
        let stale = send(&author, &two, &auto(&[("_seen", &now), ("/problem/vi", "Muộn")])).await;
        assert_eq!(stale.status, 409);
        let now = seen(&saved.text);
        let wrong = send(&author, &three, &auto(&[("_seen", &now), ("/trl", "mười")])).await;
        assert_eq!((wrong.status.as_u16(), seen(&wrong.text)), (422, now.clone()));
        let gap = auto(&[("_seen", &now), ("/advantages/0/metric/vi", ""), ("/advantages/1/metric/vi", "Nước")]);
        let later = send(&author, &three, &gap).await;
        assert!(later.status == 200 && !later.text.contains("data-ok"), "{}", later.text);

        // Two windows: the later one keeps what was typed in it and loses nothing of the earlier one.
        let one = author.get(&format!("{desk}/edit/1")).await.text;
        let stale = fields(&one);
        there(&fill(&author, &format!("{desk}/edit/2"), &[("/problem/vi", "Từ cửa sổ khác")], NEXT).await);
        let mut late = stale.clone();
        late.retain(|(n, _)| n != "/summary/vi");
        late.extend([("/summary/vi".to_owned(), "Viết muộn".to_owned()), ("_do".to_owned(), "next".to_owned())]);
        let conflict = send(&author, &format!("{desk}/edit/1"), &late).await;
        assert_eq!(conflict.status, 409);
        let mut second = fields(&conflict.text);
        assert!(second.contains(&("/summary/vi".to_owned(), "Viết muộn".to_owned())), "{second:?}");
        second.push(("_do".to_owned(), "next".to_owned()));
        there(&send(&author, &format!("{desk}/edit/1"), &second).await);
        assert!(author.get(&format!("{desk}/edit/2")).await.text.contains("Từ cửa sổ khác"));

        // Others see none of it.
        let outsider = site.person("outsider").await;
        site.party(&outsider, "Công ty", "enterprise").await;
        for path in [desk.clone(), three, format!("{desk}/history")] {
            assert_eq!(outsider.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(outsider.get("/review").await.status, 403);
        for path in ["/post/others", "/my/listings/x", &format!("{desk}/edit/99"), &format!("{desk}/edit/x")] {
            assert_eq!(author.get(path).await.status, 404, "{path}");
        }
        let foreign = send(&author.clone().with("sec-fetch-site", "cross-site"), &format!("{desk}/steps"), &[]).await;
        assert_eq!(foreign.status, 403);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn private_terms_stay_inside_and_the_audience_is_the_admins_choice() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let party = site.party(&admin, "Công ty Dừa", "enterprise").await;
        let (editor, account) = site.account("editor", &[]).await;
        site.member(party, account, base::PartyRole::Editor).await;
        let need =
            [("/title/vi", "Cần máy tách vỏ"), ("/problem/vi", "Bổ bằng tay chậm."), ("/keywords/vi", "tách vỏ"), ("/field", "21101")];
        let desk = there(&fill(&admin, "/post/needs", &need, ("_do", "close")).await);

        let audience = format!("{desk}/audience");
        let wrong = fill(&admin, &audience, &[("/budget/min", "nhiều lắm")], ("_do", "")).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("href=\"#/budget/min\"") && wrong.text.contains("value=\"nhiều lắm\""), "{}", wrong.text);
        let page = admin.get(&audience).await.text;
        let typed = [("/budget/min", "1,5 tỷ"), ("/budget/max", ""), ("/note", "Chỉ bàn với viện")];
        assert_eq!(there(&fill(&admin, &audience, &typed, ("_do", "")).await), desk);
        let kept = editor.get(&audience).await.text;
        assert!(kept.contains("value=\"1.500.000.000\"") && kept.contains("Chỉ bàn với viện"), "{kept}");
        // An older window does not overwrite it.
        let late = fields(page.split("</section>").next().unwrap());
        let conflict = send(&admin, &format!("{desk}/private"), &late).await;
        assert_eq!(conflict.status, 409);
        let id = desk.rsplit('/').next().unwrap();
        assert!(!admin.get(&format!("/api/v1/needs/{id}")).await.text.contains("Chỉ bàn"));

        // Editors write, admins decide who reads.
        let form = |parties: &str, seen: i64| {
            vec![
                ("visibility".to_owned(), "invited".to_owned()),
                ("parties".to_owned(), parties.to_owned()),
                ("_seen".to_owned(), seen.to_string()),
            ]
        };
        let there_is = format!("{desk}/visibility");
        assert_eq!(send(&editor, &there_is, &form("", 1)).await.status, 403);
        let unknown = send(&admin, &there_is, &form("/parties/khong-co", 1)).await;
        assert_eq!(unknown.status, 422);
        assert!(unknown.text.contains("khong-co"));
        let other = site.person("other").await;
        let invited = site.party(&other, "Viện Máy", "institute").await;
        let slug = other.get(&format!("/api/v1/parties/{invited}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        assert_eq!(there(&send(&admin, &there_is, &form(&format!("https://x.example/parties/{slug}/\n"), 1)).await), desk);
        assert!(admin.get(&audience).await.text.contains(&format!("value=\"{invited}\" checked")));

        // Looked up by a name or by a tax code that its page tells; what was typed stays.
        let owned = |fields: &[(&str, &str)]| fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        let more = site.party(&other, "Hợp tác xã Dừa Rạch Mây", "cooperative").await;
        site.indexed().await;
        for lang in ["", "/en"] {
            let look =
                [("_do", "find"), ("_find", "rach may"), ("visibility", "invited"), ("parties", &*invited.to_string()), ("_seen", "2")];
            let looked = send(&admin, &format!("{lang}{there_is}"), &owned(&look)).await;
            assert_eq!(looked.status, 200, "{}", looked.text);
            for part in [format!("value=\"{more}\""), format!("value=\"{invited}\" checked"), "value=\"rach may\"".to_owned()] {
                assert!(looked.text.contains(&part), "{part}: {}", looked.text);
            }
        }
        let seen = admin.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"]["version"].to_string();
        let typed = [("visibility", "invited"), ("parties", &*invited.to_string()), ("_seen", &*seen), ("_find", "rach may")];
        let open = send(&admin, &there_is, &owned(&typed)).await;
        assert!(open.status == 422 && open.text.contains(&format!("value=\"{more}\"")), "words alone invite nobody: {}", open.text);
        let more_too = more.to_string();
        let ticked = [typed.as_slice(), &[("parties", more_too.as_str())]].concat();
        assert_eq!(there(&send(&admin, &there_is, &owned(&ticked)).await), desk);
        assert!(admin.get(&audience).await.text.contains(&format!("value=\"{more}\" checked")));
        assert!(editor.get(&audience).await.text.contains("Hợp tác xã Dừa Rạch Mây"));
        assert_eq!(other.get(&audience).await.status, 404);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_need_desk_shows_staff_what_is_sought_and_what_is_due() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let seeker = site.person("seeker").await;
        let party = site.party(&seeker, "Hợp tác xã Dừa", "cooperative").await;
        let mut hidden = crate::main_job::need();
        hidden["anonymity"] = serde_json::json!("hidden");
        let made = seeker.post("/api/v1/needs", serde_json::json!({"party": party, "content": hidden})).await;
        let made = if made.status == 201 { made.json() } else { panic!("{}", made.text) };
        let id = made["id"].as_str().unwrap();
        let path = format!("/api/v1/listings/{id}/transitions");
        let at = seeker.post_at(&path, 1, serde_json::json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        assert!(!broker.get("/staff/needs").await.text.contains("Hợp tác xã Dừa"), "what is not out is not on the desk");
        crate::main_job::publish(&moderator, id, at).await;

        // Who seeks is told to staff alone.
        let desk = broker.get("/staff/needs").await.text;
        assert!(desk.contains("Hợp tác xã Dừa") && desk.contains("/matches\""), "{desk}");
        assert_eq!(seeker.get("/staff/needs").await.status, 403);
        assert!(!broker.get("/staff/needs?which=due").await.text.contains("Hợp tác xã Dừa"));
        assert_eq!(broker.get("/api/v1/need-desk?which=mine").await.expect(200)["total"], 0);
        assert_eq!(broker.get("/api/v1/need-desk?which=others").await.status, 400);
        assert_eq!(broker.get("/staff/needs?which=others").await.status, 400);

        // Without anybody responsible something is due after a month.
        site.clock.advance(chrono::TimeDelta::days(31));
        let broker = site.visitor().sign_in("broker@example.org", crate::site::PASSWORD).await;
        assert!(broker.get("/staff/needs?which=due").await.text.contains("Hợp tác xã Dừa"));
        assert_eq!(broker.get("/api/v1/need-desk?which=due").await.expect(200)["items"][0]["is_due"], true);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_may_not_do_is_not_offered_and_what_is_too_late_keeps_what_was_typed() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let party = site.party(&admin, "Công ty Dừa", "enterprise").await;
        let (viewer, account) = site.account("viewer", &[]).await;
        site.member(party, account, base::PartyRole::Viewer).await;
        let made = serde_json::json!({"party": party, "content": crate::main_job::technology("Máy sấy cơm dừa")});
        let id = admin.post("/api/v1/technologies", made).await.expect(201)["id"].as_str().unwrap().to_owned();
        let desk = format!("/my/listings/{id}");

        // A viewer reads and is offered nothing that would be refused.
        let view = viewer.get(&desk).await.text;
        assert!(!view.contains("value=\"submit\"") && !view.contains("/edit/"), "{view}");
        assert_eq!(there(&viewer.get(&format!("{desk}/edit/1")).await), desk);
        let audience = viewer.get(&format!("{desk}/audience")).await.text;
        assert!(!audience.split("<main").nth(1).unwrap().contains("type=\"submit\""), "{audience}");

        // A form opened before the listing was submitted keeps what was typed into it, saved by hand or by itself.
        let step = format!("{desk}/edit/1");
        let mut late = fields(&admin.get(&step).await.text);
        late.retain(|(n, _)| n != "/summary/vi");
        late.push(("/summary/vi".to_owned(), "Viết muộn".to_owned()));
        there(&fill(&admin, &desk, &[], ("step", "submit")).await);
        late.push(("_do".to_owned(), "next".to_owned()));
        let refused = send(&admin, &step, &late).await;
        assert_eq!(refused.status, 409);
        assert!(fields(&refused.text).contains(&("/summary/vi".to_owned(), "Viết muộn".to_owned())), "{}", refused.text);
        late.retain(|(n, _)| n != "_do");
        late.push(("_do".to_owned(), "auto".to_owned()));
        let refused = send(&admin, &step, &late).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text.starts_with("<p id=\"saved\""), "the line alone: {}", refused.text);

        // Moderators alone review; a note outlives the claim that it was written under.
        assert_eq!(admin.get(&format!("/review/{id}")).await.status, 404);
        let one = site.staff("one", &[StaffRole::Moderator]).await;
        let two = site.staff("two", &[StaffRole::Moderator]).await;
        let review = format!("/review/{id}");
        there(&fill(&one, &review, &[], ("decision", "claim")).await);
        let mut noted = fields(&one.get(&review).await.text);
        noted.retain(|(n, _)| n != "note:/summary");
        noted.extend([("note:/summary".to_owned(), "Nêu công suất.".to_owned()), ("decision".to_owned(), "request_changes".to_owned())]);
        there(&fill(&one, &review, &[], ("decision", "released")).await);
        there(&fill(&two, &review, &[], ("decision", "claim")).await);
        let gone = send(&one, &review, &noted).await;
        assert_eq!(gone.status, 409);
        assert!(gone.text.contains("Nêu công suất."), "{}", gone.text);

        // Odd numbers in an address are not found, and figures count listings.
        for address in [format!("{desk}/history?to=-9223372036854775808"), format!("{desk}/history?from=0&to=99")] {
            assert_eq!(admin.get(&address).await.status, 404, "{address}");
        }
        // What is no number, party or state at all is told, not passed over.
        for address in [format!("{desk}/history?to=x"), "/my?party=x".to_owned(), "/my?status=x".to_owned()] {
            assert_eq!(admin.get(&address).await.status, 400, "{address}");
        }
        site.indexed().await;
        let figures = site.visitor().get("/numbers/parties.csv").await;
        assert!(
            figures.status == 404 || !figures.text.contains(",1"),
            "a party that posted nothing in public counts nothing: {}",
            figures.text
        );
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_step_makes_one_draft_by_itself_once_it_has_a_title() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let form = fields(&author.get("/post/technologies").await.text);
        let with = |more: &[(&str, &str)]| {
            let mut form = form.clone();
            form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
            form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            form
        };
        let drafts = async || {
            let page = author.get("/my").await.text;
            let ids = page.split("/my/listings/").skip(1).map(|rest| rest.chars().take(36).collect());
            ids.collect::<std::collections::BTreeSet<String>>().len()
        };
        let path = "/post/technologies";
        // Without a title there is nothing to find again; what is wrong is said all the same.
        let nothing = send(&author, path, &with(&[("/summary/vi", "Nhanh"), ("_do", "auto")])).await;
        assert_eq!(nothing.status, 200, "{}", nothing.text);
        assert!(nothing.text.contains("data-action=\"/post/technologies\"") && !nothing.text.contains("data-ok"), "{}", nothing.text);
        let wrong = send(&author, path, &with(&[("/title/vi", "Máy sấy"), ("/field", "không có"), ("_do", "auto")])).await;
        assert!(wrong.status == 422 && wrong.text.contains("data-fault=\"/field\""), "{}", wrong.text);
        assert_eq!(drafts().await, 0);

        let begun = send(&author, path, &with(&[("/title/vi", "Máy sấy"), ("_do", "auto")])).await;
        assert!(begun.status == 200 && begun.text.contains("data-ok"), "{}", begun.text);
        let at = begun.text.split("data-action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(at.starts_with("/my/listings/") && at.ends_with("/edit/1") && begun.text.contains("name=\"_seen\" value=\"1\""), "{at}");

        // An answer that never came: what is sent after it goes on with the same draft, by itself or by its button.
        let again = send(&author, path, &with(&[("/title/vi", "Máy sấy dừa"), ("_do", "auto")])).await;
        assert!(
            again.text.contains(&format!("data-action=\"{at}\"")) && again.text.contains("name=\"_seen\" value=\"2\""),
            "{}",
            again.text
        );
        let next = there(&send(&author, path, &with(&[("/title/vi", "Máy sấy cơm dừa"), ("_begun", "1"), ("_do", "next")])).await);
        assert_eq!(next, format!("{}?saved", at.replace("/edit/1", "/edit/2")));
        assert!(author.get(&at).await.text.contains("value=\"Máy sấy cơm dừa\""));
        assert_eq!(drafts().await, 1);
        site.stop().await;
    })
    .await;
}
