//! Experts and parties as counterparts: what a reason cites stands in both fields, and without it the reason is gone; what
//! a listing rules out is ruled out; the same two have the same score whoever else is there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::space::*;
use accounts::experts::{ExpertBrief, ExpertView, Expertise};
use accounts::parties::PartyBrief;
use accounts::{ExpertProfile, PartyProfile};
use base::text::LocalisedList;
use base::{Actor, Clock, Code, ExpertId, Lang, Localised, PartyId, Vocabularies};
use listings::content::Content;
use matching::{Constraint, CounterpartKind, Engine, Part, PastDeals, Profile, Reason, Side, Units, Weights};
use search::{Batch, Document, Search, Settings, Viewer};
use uuid::Uuid;

fn both(vi: &str, en: &str) -> Localised {
    let mut text = Localised::of(Lang::Vi, vi);
    text.0.extend(Localised::of(Lang::En, en).0);
    text
}

fn expert(n: u128, name: &str, what: Localised, field: &str, regions: &[&str]) -> ExpertBrief {
    let profile = ExpertProfile {
        name: name.to_owned(),
        expertise: vec![Expertise { what, evidence: vi("Mười công trình"), field: Some(field.into()) }],
        regions: regions.iter().map(|r| Code::from(*r)).collect(),
        ..ExpertProfile::default()
    };
    let view = ExpertView {
        id: ExpertId(Uuid::from_u128(n)),
        slug: format!("chuyen-gia-{n}"),
        profile,
        affiliation: None,
        demonstration: false,
        version: 1,
        published_at: now(),
        updated_at: now(),
    };
    ExpertBrief { view, party: None, revision: 1 }
}

fn party(n: u128, party_type: &str, profile: PartyProfile) -> PartyBrief {
    PartyBrief {
        id: PartyId(Uuid::from_u128(n)),
        slug: format!("to-chuc-{n}"),
        names: vi(&format!("Tổ chức {n}")),
        party_type: party_type.into(),
        province: Some("86".into()),
        commune: None,
        verification: "document".into(),
        profile,
        demonstration: false,
        created_at: now(),
        version: 1,
        updated_at: now(),
    }
}

struct People {
    engine: Engine,
    profiles: Vec<Profile>,
}

impl People {
    fn new(experts: Vec<ExpertBrief>, parties: Vec<PartyBrief>) -> Self {
        let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
        let search = Search::in_memory(Settings::default(), Arc::clone(&vocabularies), Clock::held_at(now())).unwrap();
        let mut add: Vec<Document> = experts.iter().map(|e| Document::expert(e, &vocabularies)).collect();
        add.extend(parties.iter().map(|p| Document::party(&p.clone().into(), &vocabularies)));
        search.apply(&Batch { add, remove: Vec::new(), position: 1 }).unwrap();
        let engine = Engine::new(search, vocabularies, Arc::new(Units::built_in().unwrap()), Weights::default());
        let profiles =
            experts.into_iter().map(|e| Profile::Expert(Box::new(e))).chain(parties.into_iter().map(|p| Profile::Party(Box::new(p))));
        Self { engine, profiles: profiles.collect() }
    }

    /// Of each that fits its id, score and reasons; or of each that is excluded.
    fn ask(&self, content: &Content, of: CounterpartKind, past: &PastDeals, excluded: bool, lang: Lang) -> Vec<(u128, u32, Vec<Reason>)> {
        let side = Side::unstored(content);
        let ids: BTreeSet<Uuid> =
            self.engine.profile_candidates(&side, of, &Viewer::of(&Actor::anonymous(lang))).unwrap().into_iter().collect();
        let found: Vec<Profile> = self
            .profiles
            .iter()
            .filter(|p| ids.contains(&p.id()) || p.party().is_some_and(|party| past.parties.contains(&party)))
            .cloned()
            .collect();
        let judged = self.engine.judge_profiles(&side, &found, past, lang).unwrap();
        let wanted: Vec<_> = judged.iter().filter(|j| j.violated.is_empty() != excluded).collect();
        let reasons = self.engine.explain_profiles(&side, &wanted, lang).unwrap();
        wanted.iter().zip(reasons).map(|(j, r)| (j.profile.id().as_u128(), j.score_ppm, r)).collect()
    }

    fn experts(&self, content: &Content) -> Vec<(u128, u32, Vec<Reason>)> {
        self.ask(content, CounterpartKind::Expert, &PastDeals::default(), false, Lang::Vi)
    }

    fn parties(&self, content: &Content) -> Vec<(u128, u32, Vec<Reason>)> {
        self.ask(content, CounterpartKind::Party, &PastDeals::default(), false, Lang::Vi)
    }
}

fn ids(found: &[(u128, u32, Vec<Reason>)]) -> Vec<u128> {
    found.iter().map(|(id, ..)| *id).collect()
}

fn dryer() -> Content {
    let mut need = need("Cần máy sấy cơm dừa bằng bơm nhiệt", "Lò than sấy cơm dừa bị vàng.");
    need.province = Some("86".into());
    content_of(need)
}

#[test]
fn a_reason_cites_words_of_both_fields_and_goes_with_them() {
    let what = both("Thiết kế máy sấy bơm nhiệt", "Heat-pump dryer design");
    let all = People::new(vec![expert(1, "Khoa", what, "203", &["86"]), expert(2, "Lan", vi("Chỉ dẫn địa lý"), "505", &[])], Vec::new());
    let found = all.experts(&dryer());
    assert_eq!(ids(&found), [1]);
    let reasons = &found[0].2;
    assert!((reasons.iter().map(|r| r.share).sum::<f64>() - 1.0).abs() < 1e-4);
    let topical: Vec<&Reason> = reasons.iter().filter(|r| r.part == Part::Topic).collect();
    assert!(!topical.is_empty());
    for reason in &topical {
        assert_eq!(reason.offer_field, "/expertise/0/what/vi");
        for word in &reason.offer_words {
            assert!("thiết kế máy sấy bơm nhiệt".contains(word.as_str()), "{word}");
        }
    }
    // Without the cited words the reason, and here the match, is gone.
    let mut left = "Thiết kế máy sấy bơm nhiệt".to_lowercase();
    for word in topical.iter().flat_map(|r| &r.offer_words) {
        left = left.replace(word.as_str(), " ");
    }
    let without = People::new(
        vec![expert(1, "Khoa", both(&left, "design"), "505", &["86"]), expert(3, "Máy sấy bơm nhiệt cơm dừa", vi("Kế toán"), "502", &[])],
        Vec::new(),
    );
    assert_eq!(ids(&without.experts(&dryer())), [] as [u128; 0], "a name is no expertise");
    // In English for an English reader, across the two languages by the glossary.
    let english = content_of(listings::content::Need { title: en("Heat pump dryer wanted for coconut"), ..Default::default() });
    let found = all.ask(&english, CounterpartKind::Expert, &PastDeals::default(), false, Lang::En);
    assert_eq!(ids(&found), [1]);
    assert!(found[0].2[0].text.contains("the expert's expertise"), "{}", found[0].2[0].text);
}

#[test]
fn english_kept_under_vietnamese_is_found_in_a_profile_too() {
    let expert = |n, what| expert(n, "Khoa", what, "203", &[]);
    let all = People::new(
        vec![expert(1, en("Heat pump dryer design")), expert(2, vi("Heat pump dryer design for coconut")), expert(3, vi("Chỉ dẫn địa lý"))],
        Vec::new(),
    );
    let english = content_of(listings::content::Need { title: en("Heat pump dryer wanted for coconut"), ..Default::default() });
    let found = all.experts(&english);
    assert_eq!(ids(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([1, 2]));
    assert!(found.iter().flat_map(|(.., reasons)| reasons).any(|reason| reason.offer_field == "/expertise/0/what/vi"));
}

#[test]
fn what_the_listing_rules_out_is_ruled_out_and_says_why() {
    let what = || vi("Thiết kế máy sấy bơm nhiệt");
    let mut inside = expert(4, "Hạnh", what(), "203", &[]);
    inside.party = Some(party(9, "foreign_organisation", PartyProfile::default()));
    let all = People::new(vec![expert(1, "Khoa", what(), "203", &["86"]), expert(2, "Xa", what(), "203", &["01"]), inside], Vec::new());
    let Content::Need(mut need) = dryer() else { panic!() };
    need.partner_types = vec!["institute".into()];
    let need = Content::Need(need);
    assert_eq!(ids(&all.experts(&need)), [1]);
    let side = Side::unstored(&need);
    let judged = all.engine.judge_profiles(&side, &all.profiles, &PastDeals::default(), Lang::Vi).unwrap();
    let why: Vec<(u128, &str)> =
        judged.iter().flat_map(|j| j.violated.iter().map(|v| (j.profile.id().as_u128(), v.offer_field.as_str()))).collect();
    assert!(why.contains(&(2, "/regions")) && why.contains(&(4, "/party_type")) && why.len() == 2, "{why:?}");
}

#[test]
fn a_need_weighs_what_a_party_can_do_and_an_offer_what_it_looks_for() {
    let list = |text: &str| LocalisedList([(Lang::Vi, vec![text.to_owned()])].into());
    let able = PartyProfile { capacities: list("Chế tạo máy sấy bơm nhiệt"), ..PartyProfile::default() };
    let keen = PartyProfile { interests: list("Nhận chuyển giao máy sấy bơm nhiệt"), ..PartyProfile::default() };
    let all = People::new(
        Vec::new(),
        vec![party(1, "institute", able), party(2, "enterprise", keen), party(3, "enterprise", PartyProfile::default())],
    );
    let found = all.parties(&dryer());
    assert_eq!(ids(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([1, 2]));
    let offer = content_of(technology("Máy sấy bơm nhiệt", "Sấy cơm dừa bằng bơm nhiệt"));
    let found = all.parties(&offer);
    assert_eq!(ids(&found), [2]);
    assert!(found[0].2.iter().all(|r| r.offer_field.starts_with("/interests/")), "{:?}", found[0].2);

    // A past in the field is a reason of its own, and never lowers a score.
    let Content::Need(mut need) = dryer() else { panic!() };
    need.field = Some("203".into());
    let need = Content::Need(need);
    let past = PastDeals { parties: BTreeSet::from([PartyId(Uuid::from_u128(1)), PartyId(Uuid::from_u128(3))]) };
    let (before, after) = (all.parties(&need), all.ask(&need, CounterpartKind::Party, &past, false, Lang::Vi));
    let score = |found: &[(u128, u32, Vec<Reason>)], id| found.iter().find(|(n, ..)| *n == id).map(|(_, s, _)| *s);
    assert!(score(&after, 1) > score(&before, 1) && score(&after, 2) == score(&before, 2));
    let dealt = after.iter().find(|(n, ..)| *n == 3).unwrap();
    let reason = &dealt.2[0];
    assert_eq!(reason.part, Part::Deals, "{:?}", dealt.2);
    // The deals may be in a field above or below: none is told as the one that met.
    assert_eq!((reason.need_value.as_deref(), reason.offer_value.as_deref()), (Some("203"), None));
    assert!(reason.text.contains("hoặc lĩnh vực cấp trên hay cấp dưới"), "{}", reason.text);
}

#[test]
fn whoever_owns_part_of_a_listing_is_no_counterpart_of_it() {
    let list = |text: &str| LocalisedList([(Lang::Vi, vec![text.to_owned()])].into());
    let keen = || PartyProfile { interests: list("Nhận chuyển giao máy sấy bơm nhiệt"), ..PartyProfile::default() };
    let all = People::new(Vec::new(), vec![party(1, "enterprise", keen()), party(2, "enterprise", keen())]);
    let share = || vec![listings::content::Share { party: Some(PartyId(Uuid::from_u128(1))), ..Default::default() }];
    let mut dryer = technology("Máy sấy bơm nhiệt", "Sấy cơm dừa bằng bơm nhiệt");
    dryer.owners = share();
    let patent = listings::content::IpAsset { title: vi("Máy sấy bơm nhiệt"), holders: share(), ..Default::default() };
    for (offer, place) in [(content_of(dryer), "/owners/0/party"), (content_of(patent), "/holders/0/party")] {
        assert_eq!(ids(&all.parties(&offer)), [2]);
        assert_eq!(ids(&all.ask(&offer, CounterpartKind::Party, &PastDeals::default(), true, Lang::Vi)), [1]);
        let judged = all.engine.judge_profiles(&Side::unstored(&offer), &all.profiles, &PastDeals::default(), Lang::En).unwrap();
        let why: Vec<_> = judged.iter().flat_map(|one| &one.violated).collect();
        assert_eq!((why.len(), why[0].constraint, why[0].need_field.as_str()), (1, Constraint::ConflictOfInterest, place));
        assert!(why[0].text.contains("owns part of the listing"), "{}", why[0].text);
    }
}

#[test]
fn the_order_of_writing_changes_nothing() {
    let people =
        || (1..=8).map(|n| expert(n, &format!("Người {n}"), vi(&format!("Máy sấy bơm nhiệt cỡ {n}")), "203", &["86"])).collect::<Vec<_>>();
    let (mut backwards, forwards) = (people(), people());
    backwards.reverse();
    assert_eq!(People::new(forwards, Vec::new()).experts(&dryer()), People::new(backwards, Vec::new()).experts(&dryer()));
}
