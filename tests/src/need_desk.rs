//! The need desk: what staff record for a party that told them of a problem, through the API and on its page.

use base::{PartyId, PartyRole, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::main_job::{need, publish};
use crate::site::{Answer, Client, Site, on_every_database};

const DESK: &str = "/api/v1/need-desk";
const PAGE: &str = "/staff/needs/new";

fn record(more: Value) -> Value {
    let mut body = json!({
        "new_party": {"names": {"vi": "Hợp tác xã Dừa sáp Cầu Kè"}, "party_type": "cooperative", "address": {"province": "86"}},
        "intake": {"channel": "phone", "heard_on": "2026-11-20", "contact": "Chị Lan, 0901 234 567", "consent_by": "Chị Lan, phó giám đốc"},
        "content": {
            "title": {"vi": "Kéo dài thời gian bảo quản dừa sáp"},
            "problem": {"vi": "Dừa sáp chở đi Hà Nội sau năm ngày thì cơm chua."},
            "targets": [{"metric": {"vi": "Thời gian bảo quản"}, "today": 5, "target": 20, "unit": "ngày"}],
            "anonymity": "sector_and_region"
        },
        "next": {"due_on": "2026-12-20"}
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

/// A party that told staff of a problem, and has nobody in the space.
pub async fn unpeopled(staff: &Client, name: &str) -> base::PartyId {
    let party = json!({"names": {"vi": name}, "party_type": "cooperative", "address": {"province": "86"}});
    let made = staff.post(DESK, record(json!({ "new_party": party }))).await.expect(201);
    made["party"].as_str().unwrap().parse().unwrap()
}

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_record_for_a_new_party_is_its_later_members_to_read_and_to_edit() {
    on_every_database(async |site: Site| {
        let (moderator, _) = site.account("ghi", &[StaffRole::Moderator]).await;
        let lan = site.person("lan").await;
        let made = moderator.post(DESK, record(json!({"invite": "lan@example.org"}))).await.expect(201);
        let (party, need) = (made["party"].as_str().unwrap(), made["need"]["id"].as_str().unwrap());
        assert_eq!(made["need"]["status"], "draft");

        // Whoever recorded it looks after it, and staff are no members of the party.
        let at = format!("/api/v1/needs/{need}");
        assert_eq!(moderator.get(&at).await.expect(200)["inside"]["next_action_on"], "2026-12-20");
        assert_eq!(moderator.get(&format!("/api/v1/parties/{party}/memberships")).await.status, 403);
        let terms = moderator.get(&format!("/api/v1/listings/{need}/private-terms")).await.expect(200);
        assert_eq!(terms["terms"]["intake"]["by"], "ghi");
        assert_eq!(terms["terms"]["intake"]["consent_on"], "2026-11-20");
        let mine = moderator.get(&format!("{DESK}?which=recorded")).await.expect(200);
        assert_eq!((mine["total"].clone(), mine["items"][0]["status"].clone()), (json!(1), json!("draft")));

        // Nobody else finds the draft: no other staff, no outsider.
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        for other in [&broker, &lan, &site.visitor()] {
            assert_eq!(other.get(&at).await.status, 404);
        }

        // The invitation needs one yes, since nobody is there to give a second; from then on the party is hers.
        let own = lan.get("/api/v1/memberships").await.expect(200);
        let membership = own["items"][0]["id"].as_str().unwrap().to_owned();
        let yes = lan.post(&format!("/api/v1/memberships/{membership}/transitions"), json!({"step": "accept"})).await.expect(200);
        assert_eq!(yes["status"], "confirmed");
        let seen = lan.get(&at).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let mut content = lan.get(&at).await.expect(200)["content"].clone();
        content["title"]["vi"] = json!("Bảo quản dừa sáp hai mươi ngày");
        lan.put_at(&at, seen, json!({ "content": content })).await.expect(200);
        assert_eq!(lan.get(&format!("/api/v1/listings/{need}/private-terms")).await.expect(200)["terms"]["intake"]["channel"], "phone");

        // A party that has its admin is no business of staff any more.
        let members = format!("/api/v1/parties/{party}/memberships");
        assert_eq!(moderator.post(&members, json!({"email": "x@example.org", "roles": ["admin"]})).await.status, 403);
        let known = json!({"party": party, "new_party": null, "invite": "x@example.org"});
        assert_eq!(moderator.post(DESK, record(known)).await.pointers(), ["/invite"]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_kept_whole_or_not_at_all_and_a_repeat_records_nothing_twice() {
    on_every_database(async |site: Site| {
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        let parties = async || broker.get("/api/v1/parties").await.expect(200)["total"].as_i64().unwrap();
        let before = parties().await;
        let faulty = json!({
            "intake": {"channel": "pigeon", "heard_on": "2099-01-01"}, "content": {}, "next": {"due_on": "2020-01-01"},
            "new_party": {"names": {"vi": "Hợp tác xã"}, "party_type": "none", "tax_code": "123"}
        });
        let refused = broker.post(DESK, record(faulty)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let pointers = refused.pointers();
        for at in ["/intake/channel", "/intake/heard_on", "/intake/consent_by", "/content/title", "/next/due_on", "/new_party/tax_code"] {
            assert!(pointers.iter().any(|p| p == at), "{at}: {pointers:?}");
        }
        assert_eq!(broker.post(DESK, record(json!({"new_party": null}))).await.pointers(), ["/party"]);
        let nobody = json!({"new_party": null, "party": "0197b2c4-0000-7000-8000-000000000001"});
        assert_eq!(broker.post(DESK, record(nobody)).await.pointers(), ["/party"]);
        assert_eq!(broker.post(DESK, record(json!({"invite": "not an address"}))).await.pointers(), ["/invite"]);
        let (_, plain) = site.account("thuong", &[]).await;
        assert_eq!(
            broker.post(DESK, record(json!({"next": {"responsible": plain, "due_on": "2026-12-20"}}))).await.pointers(),
            ["/next/responsible"]
        );
        assert_eq!(parties().await, before, "a record that is refused leaves no party behind");

        let once = broker.clone().with("idempotency-key", "phone-7");
        let first = once.post(DESK, record(json!({}))).await.expect(201);
        assert_eq!(once.post(DESK, record(json!({}))).await.expect(201), first);
        assert_eq!(parties().await, before + 1);
        for (name, roles) in [("quan-tri", StaffRole::Administrator), ("phan-tich", StaffRole::Analyst)] {
            assert_eq!(site.staff(name, &[roles]).await.post(DESK, record(json!({}))).await.status, 403, "{name}");
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_is_found_by_tax_code_and_by_so_much_of_its_name_as_was_typed() {
    on_every_database(async |site: Site| {
        let owner = site.person("owner").await;
        let body = json!({"names": {"vi": "Công ty Cơm dừa Hàm Luông"}, "party_type": "enterprise", "tax_code": "0100109106", "address": {"province": "86"}});
        let id = owner.post("/api/v1/parties", body).await.expect(201)["id"].clone();
        site.party(&owner, "Viện Cây ăn trái", "institute").await;
        site.indexed().await;
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        for q in ["0100109106", "01 001 09106", "com dua ham", "Cơm dừa Hàm Luông", "cong ty com d"] {
            let found = broker.get(&format!("{DESK}/parties?q={}", q.replace(' ', "+"))).await.expect(200);
            assert_eq!(found["items"][0]["id"], id, "{q}: {found}");
        }
        assert_eq!(broker.get(&format!("{DESK}/parties")).await.expect(200)["total"], 0);
        assert_eq!(broker.get(&format!("{DESK}/parties?name=x")).await.status, 400);
        assert_eq!(owner.get(&format!("{DESK}/parties?q=com")).await.status, 403);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_finds_keeps_what_was_typed_and_leads_to_what_is_missing() {
    on_every_database(async |site: Site| {
        let owner = site.person("owner").await;
        let party = site.party(&owner, "Công ty Cơm dừa Hàm Luông", "enterprise").await.to_string();
        site.indexed().await;
        let (broker, account) = site.account("moi-gioi", &[StaffRole::Broker]).await;
        let (other, other_id) = site.account("dong-nghiep", &[StaffRole::Moderator]).await;
        for lang in ["", "/en"] {
            let page = broker.get(&format!("{lang}{PAGE}")).await;
            assert!(page.status == 200 && page.text.contains("name=\"/content/title/"), "{}", page.text);
            assert!(page.text.len() < 60_000, "{}", page.text.len());
        }
        assert_eq!(owner.get(PAGE).await.status, 403);

        // Looking for the party is a step of the form: what was typed stays.
        let title = ("/content/title/vi", "Bảo quản cơm dừa");
        let looked = send(&broker, PAGE, &[("_do", "find"), ("_find", "com dua"), title, ("/intake/consent_by", "Anh Ba")]).await;
        assert_eq!(looked.status, 200);
        for part in [party.as_str(), "value=\"Bảo quản cơm dừa\"", "value=\"Anh Ba\"", "value=\"com dua\""] {
            assert!(looked.text.contains(part), "{part}: {}", looked.text);
        }

        // With faults the page says which, and keeps the choice and the words.
        let me = account.to_string();
        let half = [
            ("_do", "record"),
            ("_key", "k1"),
            ("/party", party.as_str()),
            title,
            ("/intake/channel", "visit"),
            ("/intake/heard_on", "2026-11-20"),
            ("/intake/consent_by", "Anh Ba"),
            ("/next/responsible", me.as_str()),
        ];
        let refused = send(&broker, PAGE, &half).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(
            refused.text.contains("href=\"#/next/due_on\"") && refused.text.contains(&format!("value=\"{party}\" checked")),
            "{}",
            refused.text
        );

        // Recorded, it leads to what is still missing; sent twice it is one.
        let whole = [
            half.as_slice(),
            &[("/next/due_on", "2026-12-20"), ("/content/targets/0/metric/vi", "Số ngày"), ("/content/targets/0/target", "20")],
        ]
        .concat();
        let done = send(&broker, PAGE, &whole).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let desk = done.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(send(&broker, PAGE, &whole).await.headers["location"].to_str().unwrap(), desk);
        let shown = broker.get(&desk).await;
        assert!(shown.status == 200 && shown.text.contains("Bảo quản cơm dừa"), "{}", shown.text);
        assert!(broker.get("/staff/needs?which=recorded").await.text.contains(&format!("href=\"{desk}\"")));

        // Given to a colleague, it is theirs, and the page leads back to the desk.
        let theirs = other_id.to_string();
        let given: Vec<(&str, &str)> = whole
            .iter()
            .map(|(n, v)| {
                (
                    *n,
                    if *n == "/next/responsible" {
                        theirs.as_str()
                    } else if *n == "_key" {
                        "k2"
                    } else {
                        *v
                    },
                )
            })
            .collect();
        let done = send(&broker, PAGE, &given).await;
        assert!(done.headers["location"].to_str().unwrap().starts_with("/staff/needs?which=recorded"), "{}", done.text);
        assert_eq!(other.get(&format!("{DESK}?which=recorded")).await.expect(200)["total"], 1);
        // Whoever belongs to the party reads it.
        let (member, id) = site.account("thanh-vien", &[]).await;
        site.member(party.parse().unwrap(), id, PartyRole::Viewer).await;
        assert_eq!(member.get(&format!("/api/v1/needs?party={party}")).await.expect(200)["total"], 2);
        site.stop().await;
    })
    .await;
}

/// A need that is out, with its party and version.
async fn out(site: &Site, seeker: &Client) -> (String, PartyId, i64) {
    let moderator = site.staff("duyet", &[StaffRole::Moderator]).await;
    let party = site.party(seeker, "Hợp tác xã Dừa", "cooperative").await;
    let made = seeker.post("/api/v1/needs", json!({"party": party, "content": need()})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let submitted = seeker.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
    let seen = publish(&moderator, &id, submitted["version"].as_i64().unwrap()).await;
    (id, party, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_is_taken_in_hand_on_its_page_which_leads_back_to_the_same_part_of_the_desk() {
    on_every_database(async |site: Site| {
        let seeker = site.person("tim").await;
        let (id, _, seen) = out(&site, &seeker).await;
        let (broker, me) = site.account("moi-gioi", &[StaffRole::Broker]).await;
        let (colleague, other) = site.account("dong-nghiep", &[StaffRole::Moderator]).await;
        let (_, plain) = site.account("thuong", &[]).await;
        let page = format!("/staff/needs/{id}?which=free");
        assert!(broker.get("/staff/needs?which=free").await.text.contains(&format!("href=\"{page}\"")), "each line leads to it");
        for lang in ["", "/en"] {
            let shown = broker.get(&format!("{lang}{page}")).await;
            assert!(shown.status == 200 && shown.text.contains(&format!("name=\"_seen\" value=\"{seen}\"")), "{}", shown.text);
        }
        let inside = async || seeker.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"].clone();
        let contact = inside().await["contact"].clone();

        // What cannot be kept comes back as it was typed, each fault beside its field.
        let (at, stranger) = (seen.to_string(), plain.to_string());
        let typed = [("_do", "save"), ("_seen", at.as_str()), ("/responsible", ""), ("/next_action_on", "31/02/2027")];
        let wrong = send(&broker, &page, &typed).await;
        assert!(wrong.status == 422 && wrong.text.contains("id=\"fault:/next_action_on\""), "{}", wrong.text);
        let wrong = send(&broker, &page, &[("_seen", at.as_str()), ("/responsible", stranger.as_str())]).await;
        assert!(wrong.status == 422 && wrong.text.contains("id=\"fault:/responsible\""), "{}", wrong.text);

        // Taken in hand; the party's own contact person stays.
        let take = [("_do", "take"), ("_seen", at.as_str()), ("/responsible", ""), ("/next_action_on", "2026-12-20")];
        let done = send(&broker, &page, &take).await;
        assert_eq!(done.status, 303, "{}", done.text);
        assert_eq!(done.headers["location"], "/staff/needs?which=free&did=care");
        let now = inside().await;
        assert_eq!((&now["responsible"], &now["next_action_on"], &now["contact"]), (&json!(me), &json!("2026-12-20"), &contact));
        assert!(contact.is_string(), "{now}");

        // What somebody saw before that is not written over it; what they typed stays.
        let theirs = other.to_string();
        let give = [("_do", "save"), ("_seen", at.as_str()), ("/responsible", theirs.as_str()), ("/next_action_on", "2026-12-24")];
        let stale = send(&broker, &page, &give).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text.contains(&format!("value=\"{theirs}\" selected")) && stale.text.contains("2026-12-24"), "{}", stale.text);
        let newest = now["version"].to_string();
        let give = [("_do", "save"), ("_seen", newest.as_str()), ("/responsible", theirs.as_str()), ("/next_action_on", "2026-12-24")];
        assert_eq!(send(&broker, &page, &give).await.status, 303);
        assert_eq!(inside().await["responsible"], json!(other));
        assert!(colleague.get("/staff/needs?which=mine").await.text.contains(&format!("/staff/needs/{id}?which=mine\"")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_after_a_need_is_said_by_those_who_keep_the_desk_and_by_nobody_else() {
    on_every_database(async |site: Site| {
        let seeker = site.person("tim").await;
        let (id, _, seen) = out(&site, &seeker).await;
        let (page, care) = (format!("/staff/needs/{id}"), format!("/api/v1/listings/{id}/care"));
        let (at, day) = (seen.to_string(), ("/next_action_on", "2026-12-20"));
        let fields = [("_seen", at.as_str()), ("/responsible", ""), day];
        let analyst = site.staff("phan-tich", &[StaffRole::Analyst]).await;
        for other in [&seeker, &analyst] {
            assert_eq!((other.get(&page).await.status.as_u16(), send(other, &page, &fields).await.status.as_u16()), (403, 403));
        }
        // A moderator reads how it stands.
        let moderator = site.staff("kiem-duyet", &[StaffRole::Moderator]).await;
        let shown = moderator.get(&page).await;
        assert!(shown.status == 200 && !shown.text.contains("name=\"/responsible\""), "{}", shown.text);
        assert_eq!(send(&moderator, &page, &fields).await.status, 403);

        // Whom the party names to be asked is the party's own to say.
        let (broker, me) = site.account("moi-gioi", &[StaffRole::Broker]).await;
        let own = json!({"contact": me, "next_action_on": "2026-12-20"});
        assert_eq!(broker.put_at(&care, seen, own).await.status, 403);

        // What is shown to nobody is not theirs to take.
        let shut = seeker.put_at(&format!("/api/v1/listings/{id}/visibility"), seen, json!({"visibility": "private"})).await.expect(200);
        let now = shut["version"].to_string();
        assert!(!broker.get(&page).await.text.contains("name=\"/responsible\""));
        assert_eq!(send(&broker, &page, &[("_do", "take"), ("_seen", now.as_str()), day]).await.status, 404);
        assert_eq!(broker.get("/staff/needs/0197b2c4-0000-7000-8000-000000000001").await.status, 404);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contact_person_of_a_listing_is_one_of_its_members_chosen_on_its_desk() {
    on_every_database(async |site: Site| {
        let (seeker, first) = site.account("tim", &[]).await;
        let (id, party, seen) = out(&site, &seeker).await;
        let (viewer, second) = site.account("xem", &[]).await;
        site.member(party, second, PartyRole::Viewer).await;
        let (outsider, stranger) = site.account("ngoai", &[]).await;
        let (desk, action) = (format!("/my/listings/{id}"), format!("/my/listings/{id}/contact"));
        let shown = seeker.get(&desk).await.text;
        assert!(shown.contains(&format!("action=\"{action}\"")) && shown.contains(&format!("value=\"{second}\"")), "{shown}");
        assert!(!viewer.get(&desk).await.text.contains(&action));

        let (at, chosen, strange) = (seen.to_string(), second.to_string(), stranger.to_string());
        let fields = [("_seen", at.as_str()), ("contact", chosen.as_str())];
        assert_eq!(send(&viewer, &action, &fields).await.status, 403);
        assert_eq!(send(&outsider, &action, &fields).await.status, 404);
        for text in [strange.as_str(), "ngoai@example.org"] {
            let wrong = send(&seeker, &action, &[("_seen", at.as_str()), ("contact", text)]).await;
            assert!(wrong.status == 422 && wrong.text.contains("id=\"fault:contact\""), "{}", wrong.text);
        }
        let inside = async || seeker.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"].clone();
        let before = inside().await;
        assert_eq!(before["contact"], json!(first));
        let done = send(&seeker, &action, &fields).await;
        assert_eq!((done.status.as_u16(), done.headers["location"].to_str().unwrap()), (303, desk.as_str()));
        let now = inside().await;
        assert_eq!((&now["contact"], &now["next_action_on"]), (&json!(second), &before["next_action_on"]));

        // An older form is not written over it; what was chosen stays chosen. An address means its member, too.
        let own = first.to_string();
        let stale = send(&seeker, &action, &[("_seen", at.as_str()), ("contact", own.as_str())]).await;
        assert!(stale.status == 409 && stale.text.contains(&format!("value=\"{own}\" selected")), "{}", stale.text);
        let newest = now["version"].to_string();
        let again = send(&seeker, &action, &[("_seen", newest.as_str()), ("contact", "tim@example.org")]).await;
        assert_eq!(again.status, 303, "{}", again.text);
        assert_eq!(inside().await["contact"], json!(first));
        site.stop().await;
    })
    .await;
}
