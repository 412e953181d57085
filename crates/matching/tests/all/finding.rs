//! What is found for whom, what is never found, and that order and numbers do not depend on how it was written.

use std::collections::BTreeSet;

use crate::space::*;
use base::{Actor, Lang};
use listings::Kind;
use listings::content::{Direction, IpAsset, Need, TargetPriority, Technology};
use listings::published::Audience;
use matching::{Constraint, Part, Side, Weights};
use proptest::prelude::*;

fn coconut() -> Vec<listings::published::Published> {
    vec![
        listing(1, 1, technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa ở nhiệt độ thấp, giữ màu trắng")),
        listing(2, 1, technology("Máy bóc vỏ dừa khô", "Bóc vỏ dừa liên tục, an toàn cho người đứng máy")),
        listing(3, 2, technology("Chế phẩm sinh học xử lý ao nuôi tôm", "Giảm khí độc trong ao nuôi tôm thẻ")),
        listing(
            4,
            2,
            Technology {
                title: en("Heat-pump dryer for desiccated coconut"),
                summary: en("Dries grated coconut at low temperature"),
                ..Technology::default()
            },
        ),
        listing(5, 2, IpAsset { title: vi("Thiết bị sấy bơm nhiệt cho cơm dừa"), ..IpAsset::default() }),
        listing(11, 3, need("Cần máy sấy cơm dừa nhanh hơn", "Sấy cơm dừa bằng lò hơi làm vàng sản phẩm, muốn sấy bơm nhiệt")),
        listing(12, 3, need("Ao nuôi tôm nhiễm khí độc", "Tôm thẻ chết do khí độc trong ao nuôi")),
        listing(
            13,
            3,
            Need {
                title: en("Drying of coconut"),
                problem: en("We look for a dryer for grated coconut at low temperature"),
                ..Need::default()
            },
        ),
    ]
}

#[test]
fn a_need_finds_what_answers_it_and_the_offer_finds_the_need() {
    let space = Space::new(coconut());
    let found = numbers(&space.matches(11));
    assert_eq!(found[0], 1);
    assert_eq!(BTreeSet::from_iter(found[..3].iter().copied()), BTreeSet::from([1, 4, 5]), "{found:?}");
    assert!(!found.contains(&3) && !found.contains(&12));
    assert_eq!(numbers(&space.matches(12)), [3]);
    assert_eq!(numbers(&space.matches(13))[0], 4);
    assert_eq!(numbers(&space.matches(1))[0], 11);
    assert_eq!(numbers(&space.matches(5))[0], 11);
    let similar = space.ask(&Side::of(space.get(1)), &[Kind::Technology].into(), &Actor::anonymous(Lang::Vi), false);
    // The English dryer is more like it than the Vietnamese machine of another trade.
    assert_eq!(numbers(&similar)[..2], [4, 2]);
}

#[test]
fn marks_may_be_left_out_on_either_side() {
    let space = Space::new(coconut());
    let found = numbers(&space.matches_for(need("may say com dua", "can say bang bom nhiet")));
    assert_eq!(BTreeSet::from_iter(found[..3].iter().copied()), BTreeSet::from([1, 4, 5]), "{found:?}");
    let mut all = coconut();
    all.push(listing(6, 2, technology("May say com dua", "Say com dua bang bom nhiet")));
    assert!(numbers(&Space::new(all).matches(11))[..4].contains(&6));
}

#[test]
fn one_need_and_one_technology_are_enough() {
    let space = Space::new(vec![coconut().remove(0), coconut().remove(5)]);
    let found = space.matches(11);
    assert_eq!(numbers(&found), [1]);
    assert!(found[0].score > 0.3 && found[0].score <= 1.0, "{}", found[0].score);
}

#[test]
fn a_pair_has_the_same_score_from_both_sides() {
    let (all, _) = demo();
    let space = Space::new(all);
    let needs: Vec<u128> = space.all.values().filter(|p| p.kind == Kind::Need).map(|p| p.id.0.as_u128()).collect();
    let mut pairs = 0;
    for n in needs.into_iter().step_by(8) {
        for found in space.matches(n).into_iter().take(4) {
            let t = found.listing.id.0.as_u128();
            let back = space.matches(t);
            let same =
                back.iter().find(|m| m.listing.id.0.as_u128() == n).unwrap_or_else(|| panic!("{t} does not find {n}: {}", found.score));
            assert_eq!((same.score, same.reasons.len()), (found.score, found.reasons.len()));
            pairs += 1;
        }
    }
    assert!(pairs > 10, "{pairs}");
}

#[test]
fn what_a_viewer_may_not_see_is_neither_found_nor_excluded() {
    let mut all = coconut();
    all[0].audience = Audience::Registered;
    all[4].audience = Audience::Parties(vec![all[4].owner.id]);
    let space = Space::new(all);
    assert!(numbers(&space.matches(11)).iter().all(|n| ![1, 5].contains(n)));
    assert!(space.excluded(11).is_empty());
    let staff = space.ask(&Side::of(space.get(11)), &[Kind::Technology, Kind::IpAsset].into(), &Actor::system(), false);
    assert!(numbers(&staff).contains(&1) && numbers(&staff).contains(&5));
}

#[test]
fn a_hidden_seeker_shows_through_nowhere() {
    let mut hidden = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    hidden.anonymity = Some("hidden".into());
    let mut elsewhere = listing(21, 1, hidden.clone());
    elsewhere.owner.province = Some("01".into());
    elsewhere.owner.party_type = "individual".into();
    let mut picky = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    picky.partner_types = vec!["enterprise".into()];
    let score = |need| {
        let space = Space::new(vec![listing(1, 1, picky.clone()), need]);
        let found = space.matches(1);
        assert_eq!(numbers(&found), [21]);
        assert!(!found[0].same_party && found[0].listing.party.is_none());
        assert!(found[0].reasons.iter().all(|r| r.part != Part::Place));
        found[0].score
    };
    assert_eq!(score(listing(21, 9, hidden)), score(elsewhere));
}

#[test]
fn order_of_writing_changes_nothing() {
    let (mut all, _) = demo();
    let needs: Vec<u128> = all.iter().filter(|p| p.kind == Kind::Need).map(|p| p.id.0.as_u128()).collect();
    let first = Space::new(all.clone());
    all.reverse();
    let middle = all.len() / 2;
    all.rotate_left(middle);
    let second = Space::new(all);
    for n in needs.into_iter().step_by(8) {
        assert_eq!(first.matches(n), second.matches(n), "need {n}");
    }
}

#[test]
fn each_constraint_is_named_and_said() {
    let wanting = |change: fn(&mut Need, &mut Technology)| {
        let mut n = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
        let mut t = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
        change(&mut n, &mut t);
        let space = Space::new(vec![listing(1, 1, t), listing(2, 2, n)]);
        let excluded = space.excluded(2);
        assert_eq!(space.matches(2).len() + excluded.len(), 1);
        assert_eq!(numbers(&space.excluded(1)).len(), excluded.len());
        excluded
            .into_iter()
            .flat_map(|m| m.excluded)
            .map(|e| {
                assert!(!e.text.is_empty() && !e.text.starts_with("match-"), "{e:?}");
                e.constraint
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(wanting(|_, _| {}), []);
    assert_eq!(wanting(|n, t| (n.trl_min, t.trl) = (Some(7), Some(6))), [Constraint::MinimumTrl]);
    assert_eq!(wanting(|n, t| (n.trl_min, t.trl) = (Some(7), Some(7))), []);
    assert_eq!(wanting(|n, _| n.trl_min = Some(9)), []);
    let terms = |right: &str, exclusivity: &str| {
        Some(listings::content::Terms { right: Some(right.into()), exclusivity: Some(exclusivity.into()), ..Default::default() })
    };
    let mut sold = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    sold.terms = terms("ownership", "non_exclusive");
    let mut lent = sold.clone();
    lent.terms = terms("right_to_use", "sole");
    let mut buyer = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    buyer.right_sought = Some("ownership".into());
    let mut sole = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    sole.exclusivity_sought = Some("exclusive".into());
    let space = Space::new(vec![listing(1, 1, sold), listing(2, 1, lent), listing(3, 2, buyer), listing(4, 2, sole)]);
    assert_eq!(numbers(&space.matches(3)), [1]);
    assert_eq!(space.excluded(3)[0].excluded[0].constraint, Constraint::Right);
    assert_eq!(numbers(&space.matches(4)), [1]);
    assert_eq!(space.excluded(4)[0].excluded[0].constraint, Constraint::Exclusivity);
    assert_eq!(wanting(|n, _| n.partner_types = vec!["enterprise".into()]), [Constraint::OwnerType]);
    assert_eq!(wanting(|_, t| t.partner_types = vec!["enterprise".into()]), [Constraint::SeekerType]);
    assert_eq!(
        wanting(|n, t| {
            n.targets = vec![target("Thời gian sấy một mẻ", Direction::AtMost, 6.0, "h", TargetPriority::Must)];
            t.advantages = vec![advantage("Thời gian sấy", 420.0, "phút")];
        }),
        [Constraint::MustTarget]
    );
    assert_eq!(
        wanting(|n, t| {
            n.targets = vec![target("Thời gian sấy một mẻ", Direction::AtMost, 6.0, "h", TargetPriority::Must)];
            t.advantages = vec![advantage("Thời gian sấy", 300.0, "phút"), advantage("Điện năng", 9.0, "kWh")];
        }),
        []
    );
}

#[test]
fn nobody_is_offered_what_is_partly_their_own_or_not_to_be_had_where_they_are() {
    let share = |party: u128| {
        vec![listings::content::Share { party: Some(base::PartyId(uuid::Uuid::from_u128(0xa000 + party))), ..Default::default() }]
    };
    let within = |codes: &[&str]| codes.iter().map(|c| base::Code::from(*c)).collect::<Vec<_>>();
    let offered = |codes: &[&str]| Some(listings::content::Terms { territory: within(codes), ..Default::default() });
    let dryer = || technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    let patent = || IpAsset { title: vi("Máy sấy cơm dừa bơm nhiệt"), ..IpAsset::default() };
    let mut far = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    far.anonymity = Some("hidden".into());
    let space = Space::new(vec![
        listing(1, 1, dryer()),
        listing(2, 1, Technology { owners: share(2), ..dryer() }),
        listing(3, 1, IpAsset { holders: share(2), ..patent() }),
        listing(4, 1, Technology { terms: offered(&["LA", "KH"]), ..dryer() }),
        listing(5, 1, Technology { terms: offered(&["LA", "VN"]), ..dryer() }),
        listing(6, 1, Technology { terms: offered(&["WO"]), ..dryer() }),
        listing(7, 1, IpAsset { territory: within(&["NL"]), ..patent() }),
        listing(8, 1, IpAsset { territory: within(&["VN"]), ..patent() }),
        listing(11, 2, need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt")),
        listing(12, 2, far),
    ]);
    // Where a patent is in force is not where it is offered.
    assert_eq!(BTreeSet::from_iter(numbers(&space.matches(11))), BTreeSet::from([1, 5, 6, 7, 8]));
    let why: std::collections::BTreeMap<u128, (Constraint, String)> = space
        .excluded(11)
        .into_iter()
        .map(|m| {
            (m.listing.id.0.as_u128(), (m.excluded[0].constraint, format!("{} {}", m.excluded[0].offer_field, m.excluded[0].offer_value)))
        })
        .collect();
    assert_eq!(why[&2], (Constraint::ConflictOfInterest, "/owners/0/party ".to_owned()));
    assert_eq!(why[&3], (Constraint::ConflictOfInterest, "/holders/0/party ".to_owned()));
    assert_eq!(why[&4], (Constraint::Territory, "/terms/territory Lào, Campuchia".to_owned()));
    // The same from the other side; of a seeker who hides neither party nor place is known, so nothing follows from them.
    for n in [2, 3, 4] {
        assert_eq!((numbers(&space.matches(n)), numbers(&space.excluded(n))), (vec![12], vec![11]), "{n}");
    }
    assert_eq!(space.matches(12).len(), 8);
}

#[test]
fn strange_needs_get_an_answer() {
    let (all, _) = demo();
    let space = Space::new(all);
    assert!(space.matches_for(Need::default()).is_empty());
    assert!(!space.matches_for(need("dừa", "")).is_empty());
    assert!(space.matches_for(need("và của là", "")).is_empty());
    let long = "sấy cơm dừa nạo bằng bơm nhiệt, giảm điện năng và giữ màu trắng, ".repeat(300);
    assert!(!space.matches_for(need("Sấy", &long)).is_empty());
    let mixed =
        Need {
            problem: vi("Cần heat pump để sấy desiccated coconut, HACCP, ISO 22000"), title: en("máy sấy cơm dừa"), ..Need::default()
        };
    assert!(!space.matches_for(mixed).is_empty());
    let mut absurd = need("Máy sấy cơm dừa", "🦀 \u{301}\u{301} \u{202e} سلام 椰子");
    absurd.targets = vec![
        target("Thời gian sấy", Direction::AtMost, 1e300, "giờ/giờ/giờ", TargetPriority::Must),
        target("Thời gian sấy", Direction::AtMost, f64::INFINITY, "h", TargetPriority::Must),
        target("", Direction::Equal, f64::NAN, "", TargetPriority::Must),
        target("Thời gian sấy", Direction::AtLeast, -0.0, "10⁹⁹⁹ h", TargetPriority::Must),
    ];
    for found in space.matches_for(absurd) {
        assert!((0.0..=1.0).contains(&found.score));
    }
    // Targets that contradict each other are no technology's fault: they exclude nothing, and break nothing.
    let mut torn = need("Máy sấy cơm dừa", "sấy bơm nhiệt");
    torn.targets = vec![
        target("Thời gian sấy", Direction::AtMost, 1.0, "h", TargetPriority::Must),
        target("Thời gian sấy", Direction::AtLeast, 100.0, "h", TargetPriority::Must),
    ];
    let found = numbers(&space.matches_for(torn.clone()));
    let torn = content_of(torn);
    let excluded = space.ask(&Side::unstored(&torn), &[Kind::Technology].into(), &Actor::anonymous(Lang::Vi), true);
    assert!(excluded.iter().flat_map(|one| &one.excluded).all(|one| one.constraint != Constraint::MustTarget), "{excluded:?}");
    assert!(!found.is_empty());
}

#[test]
fn the_demonstration_finds_the_obvious_counterparts() {
    let (all, keys) = demo();
    let space = Space::new(all);
    let found = space.matches(keys["can-may-say-com-dua"]);
    let place = numbers(&found).iter().position(|n| *n == keys["say-bom-nhiet-com-dua"]);
    let excluded = numbers(&space.excluded(keys["can-may-say-com-dua"]));
    assert!(place.is_some_and(|p| p < 3) || excluded.contains(&keys["say-bom-nhiet-com-dua"]), "{place:?} {excluded:?}");
    let needs: Vec<u128> = space.all.values().filter(|p| p.kind == Kind::Need).map(|p| p.id.0.as_u128()).step_by(3).collect();
    let with = needs.iter().filter(|n| !space.matches(**n).is_empty()).count();
    let needs = needs.len();
    assert!(with * 10 >= needs * 9, "{with} of {needs} needs have matches");
}

fn a_target() -> impl Strategy<Value = (usize, f64, usize, bool, usize)> {
    (0..3_usize, 0.1..100.0_f64, 0..3_usize, any::<bool>(), 0..3_usize)
}

const METRICS: [&str; 3] = ["Thời gian sấy một mẻ", "Độ ẩm sau sấy", "Công suất xử lý"];
const UNITS: [&str; 3] = ["h", "%", "t/h"];

fn targets_of(drawn: &[(usize, f64, usize, bool, usize)]) -> Vec<listings::content::Target> {
    let directions = [Direction::AtLeast, Direction::AtMost, Direction::Equal];
    drawn
        .iter()
        .map(|(metric, figure, direction, must, _)| {
            let priority = if *must { TargetPriority::Must } else { TargetPriority::Nice };
            target(METRICS[*metric], directions[*direction], *figure, UNITS[*metric], priority)
        })
        .collect()
}

/// Asset or technology; right and exclusivity; the owner's kind and the one wanted; how it is to be had and where; whether
/// the seeker owns part of it, and who sees it.
type AnOffer = (bool, (Option<usize>, Option<usize>), (usize, Option<usize>), (Vec<usize>, Vec<usize>), (bool, u8));

fn an_offer() -> impl Strategy<Value = AnOffer> {
    (
        any::<bool>(),
        (prop::option::of(0..2_usize), prop::option::of(0..3_usize)),
        (0..2_usize, prop::option::of(0..2_usize)),
        (prop::collection::vec(0..3_usize, 0..3), prop::collection::vec(0..3_usize, 0..2)),
        (prop::bool::weighted(0.2), 0..8_u8),
    )
}

/// From where to where a figure reaches a target.
fn range_of(target: &listings::content::Target) -> (f64, f64) {
    let wanted = target.target.unwrap();
    let way = wanted * Weights::default().equal_tolerance;
    match target.direction {
        Direction::AtLeast => (wanted * (1.0 - 1e-9), f64::INFINITY),
        Direction::AtMost => (f64::NEG_INFINITY, wanted * (1.0 + 1e-9)),
        Direction::Equal => (wanted - way, wanted + way),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_match_violates_a_constraint(
        drawn in prop::collection::vec(a_target(), 0..4),
        offers in prop::collection::vec((prop::option::of(1..=9_u8), prop::collection::vec((0..3_usize, 0.1..100.0_f64), 0..3)), 1..6),
        least in prop::option::of(1..=9_u8),
    ) {
        let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
        seeker.targets = targets_of(&drawn);
        seeker.trl_min = least;
        let mut all = vec![listing(1, 1, seeker.clone())];
        for (n, (trl, advantages)) in offers.iter().enumerate() {
            let mut offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
            offer.trl = *trl;
            offer.advantages = advantages.iter().map(|(m, f)| advantage(METRICS[*m], *f, UNITS[*m])).collect();
            all.push(listing(u128::try_from(n).unwrap() + 2, 2, offer));
        }
        let space = Space::new(all);
        let found = space.matches(1);
        prop_assert_eq!(found.len() + space.excluded(1).len(), offers.len());
        for one in found {
            let listings::content::Content::Technology(offer) = &space.get(one.listing.id.0.as_u128()).content else { panic!() };
            prop_assert!(seeker.trl_min.zip(offer.trl).is_none_or(|(least, level)| level >= least));
            let must: Vec<_> = seeker.targets.iter().filter(|t| t.priority == TargetPriority::Must).collect();
            // Two that cannot both be reached hold nobody to either.
            let is_torn = |one: &listings::content::Target| {
                let (low, high) = range_of(one);
                must.iter().filter(|other| other.metric == one.metric).map(|other| range_of(other)).any(|(least, most)| low.max(least) > high.min(most))
            };
            for target in must.iter().filter(|target| !is_torn(target)) {
                let measured: Vec<f64> = offer.advantages.iter().filter(|a| a.metric == target.metric).filter_map(|a| a.offered).collect();
                let wanted = target.target.unwrap();
                let reached = |figure: f64| match target.direction {
                    Direction::AtLeast => figure >= wanted,
                    Direction::AtMost => figure <= wanted,
                    Direction::Equal => (figure - wanted).abs() <= wanted * Weights::default().equal_tolerance + 1e-9,
                };
                prop_assert!(measured.is_empty() || measured.into_iter().any(reached));
            }
        }
    }

    /// What is found is what both sides' conditions allow and the viewer may see, and nothing else; the rest is named.
    #[test]
    fn no_match_violates_rights_kinds_places_or_owners(
        sought in (prop::option::of(0..2_usize), prop::option::of(0..3_usize), prop::option::of(0..2_usize), 0..2_usize),
        offers in prop::collection::vec(an_offer(), 1..6),
    ) {
        const RIGHTS: [&str; 2] = ["ownership", "right_to_use"];
        const EXCLUSIVITY: [&str; 3] = ["non_exclusive", "sole", "exclusive"];
        const TYPES: [&str; 2] = ["institute", "enterprise"];
        const AVAILABLE: [&str; 3] = ["sale", "licence", "not_available"];
        const PLACES: [&str; 3] = ["VN", "WO", "LA"];
        let code = |list: &'static [&'static str], n: usize| base::Code::from(list[n]);
        let (right, exclusivity, wanted_type, own_type) = sought;
        let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
        seeker.right_sought = right.map(|n| code(&RIGHTS, n));
        seeker.exclusivity_sought = exclusivity.map(|n| code(&EXCLUSIVITY, n));
        seeker.partner_types = wanted_type.map(|n| code(&TYPES, n)).into_iter().collect();
        let mut own = listing(1, 1, seeker);
        own.owner.party_type = code(&TYPES, own_type);
        let mut all = vec![own];
        let (mut allowed, mut barred) = (BTreeSet::new(), BTreeSet::new());
        for (n, (is_asset, (offered, exclusive), kinds, (available, territory), (is_own, audience))) in offers.into_iter().enumerate() {
            let n = u128::try_from(n).unwrap() + 2;
            let owners = || vec![listings::content::Share { party: Some(base::PartyId(uuid::Uuid::from_u128(if is_own { 0xa001 } else { 0xa009 }))), ..Default::default() }];
            let places: Vec<base::Code> = territory.iter().map(|n| code(&PLACES, *n)).collect();
            let (owner_type, partner_type) = kinds;
            let mut one = if is_asset {
                listing(n, 2, IpAsset {
                    title: vi("Máy sấy cơm dừa bơm nhiệt"), summary: vi("Sấy cơm dừa"), holders: owners(), territory: places.clone(),
                    availability: available.iter().map(|n| code(&AVAILABLE, *n)).collect(), ..IpAsset::default()
                })
            } else {
                let terms = listings::content::Terms {
                    right: offered.map(|n| code(&RIGHTS, n)), exclusivity: exclusive.map(|n| code(&EXCLUSIVITY, n)),
                    territory: places.clone(), ..Default::default()
                };
                listing(n, 2, Technology {
                    owners: owners(), terms: Some(terms), partner_types: partner_type.map(|n| code(&TYPES, n)).into_iter().collect(),
                    ..technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa")
                })
            };
            one.owner.party_type = code(&TYPES, owner_type);
            one.audience = match audience {
                0 => Audience::Registered,
                1 => Audience::Parties(vec![one.owner.id]),
                _ => Audience::Public,
            };
            let is_seen = one.audience == Audience::Public;
            all.push(one);
            let fits_right = right.zip(offered).is_none_or(|(sought, offered)| sought == offered || offered == 0);
            let fits_exclusivity = offered == Some(0) || exclusivity.zip(exclusive).is_none_or(|(sought, offered)| offered >= sought);
            let fits_seeker = partner_type.is_none_or(|wanted| wanted == own_type);
            let (sale, licence, never) = (available.contains(&0), available.contains(&1), available.contains(&2));
            let is_to_be_had = available.is_empty() || sale || (licence && right != Some(0)) || (!never && right.is_none());
            let fits = if is_asset { is_to_be_had } else { fits_right && fits_exclusivity && fits_seeker };
            let fits_owner = wanted_type.is_none_or(|wanted| wanted == owner_type);
            let fits_place = is_asset || territory.is_empty() || territory.contains(&0) || territory.contains(&1);
            match (is_seen, fits && fits_owner && fits_place && !is_own) {
                (false, _) => false,
                (true, true) => allowed.insert(n),
                (true, false) => barred.insert(n),
            };
        }
        let space = Space::new(all);
        prop_assert_eq!(BTreeSet::from_iter(numbers(&space.matches(1))), allowed);
        prop_assert_eq!(BTreeSet::from_iter(numbers(&space.excluded(1))), barred);
    }

    #[test]
    fn a_met_target_more_never_lowers_the_score(
        drawn in prop::collection::vec(a_target(), 0..5),
        figures in (0.1..100.0_f64, 0.1..100.0_f64, 0.1..100.0_f64),
        met in 0..3_usize,
    ) {
        let mut offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
        let figures = [figures.0, figures.1, figures.2];
        offer.advantages = (0..3).map(|n| advantage(METRICS[n], figures[n], UNITS[n])).collect();
        let space = Space::new(vec![listing(1, 1, offer)]);
        let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
        seeker.targets = targets_of(&drawn.iter().map(|(m, f, d, _, x)| (*m, *f, *d, false, *x)).collect::<Vec<_>>());
        let before = space.matches_for(seeker.clone())[0].score;
        seeker.targets.push(target(METRICS[met], Direction::AtLeast, figures[met] * 0.9, UNITS[met], TargetPriority::Must));
        let after = space.matches_for(seeker)[0].score;
        prop_assert!(after >= before, "{before} → {after}");
    }
}

/// Who finds whom, with the score, from every need or from every technology.
fn pairs(space: &Space, from: Kind, excluded: bool) -> BTreeSet<(u128, u128, u64)> {
    let mut all = BTreeSet::new();
    for own in space.all.values().filter(|one| one.kind == from) {
        let own = own.id.0.as_u128();
        for found in if excluded { space.excluded(own) } else { space.matches(own) } {
            let other = found.listing.id.0.as_u128();
            let (need, offer) = if from == Kind::Need { (own, other) } else { (other, own) };
            all.insert((need, offer, found.score.to_bits()));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whoever is found finds back, with the same score, and what is excluded from one side is from the other.
    #[test]
    fn in_any_small_space_every_pair_is_found_from_both_sides(drawn in small_space()) {
        let space = Space::speaking(made(&drawn), &glossary());
        for excluded in [false, true] {
            prop_assert_eq!(pairs(&space, Kind::Need, excluded), pairs(&space, Kind::Technology, excluded));
        }
    }

    #[test]
    fn in_any_small_space_the_order_of_writing_changes_nothing(
        drawn in small_space(), places in prop::collection::vec(any::<u32>(), 12),
    ) {
        let all = made(&drawn);
        let mut turned: Vec<_> = all.iter().cloned().zip(places).collect();
        turned.sort_by_key(|(_, place)| *place);
        let (first, second) = (
            Space::speaking(all.clone(), &glossary()),
            Space::speaking(turned.into_iter().map(|(one, _)| one).collect(), &glossary()),
        );
        for one in &all {
            let n = one.id.0.as_u128();
            prop_assert_eq!(first.matches(n), second.matches(n));
            prop_assert_eq!(first.excluded(n), second.excluded(n));
        }
    }
}

#[test]
fn small_spaces_have_pairs_in_one_language_and_across_two() {
    let one = |is_need: bool, speaks: u8| (is_need, speaks, vec![0], vec![1, 2], Some(5));
    let space =
        Space::speaking(made(&[one(true, 0), one(true, 1), one(true, 2), one(false, 0), one(false, 1), one(false, 2)]), &glossary());
    assert_eq!(pairs(&space, Kind::Need, false).len(), 9);
}

#[test]
fn a_need_finds_an_offer_in_the_other_language_by_the_glossary_and_says_by_which_words() {
    let all = vec![
        listing(4, 2, Technology { title: en("Heat pump dryer for grated meat"), summary: en("Low temperature"), ..Technology::default() }),
        listing(5, 2, Technology { title: en("Wireless gauge"), summary: en("Sends figures"), ..Technology::default() }),
        listing(11, 3, need("Cần máy sấy mới", "Lò than làm vàng sản phẩm")),
        listing(12, 3, need("Cần máy mới", "Lò than làm vàng sản phẩm")),
    ];
    let space = Space::new(all);
    let found = space.matches(11);
    assert_eq!(numbers(&found), [4]);
    let reason = &found[0].reasons[0];
    assert_eq!((reason.part, reason.need_field.as_str(), reason.offer_field.as_str()), (Part::Topic, "/title/vi", "/title/en"));
    assert!(reason.words.iter().any(|w| w == "máy sấy") && reason.offer_words.iter().any(|w| w == "dryer"), "{reason:?}");
    assert!(reason.text.contains("ứng với"), "{}", reason.text);
    // The same pair from the other side; and without the cited words nothing is left of it.
    assert_eq!(numbers(&space.matches(4)), [11]);
    assert_eq!(space.matches(4)[0].score, found[0].score);
    assert_eq!(numbers(&space.matches(12)), [] as [u128; 0]);
}

#[test]
fn one_field_in_the_other_language_switches_no_translation_off() {
    let dryer = Technology { title: en("Heat pump dryer for grated meat"), summary: en("Low temperature"), ..Technology::default() };
    let plain = need("Cần máy sấy mới", "Lò than làm vàng sản phẩm");
    let with = |change: fn(&mut Need)| {
        let mut seeker = plain.clone();
        change(&mut seeker);
        Space::new(vec![
            listing(4, 2, dryer.clone()),
            listing(5, 2, Technology { title: en("Wireless gauge"), summary: en("Sends figures"), ..Technology::default() }),
            listing(11, 3, seeker),
        ])
    };
    let field = |space: &Space| space.matches(11).first().map(|found| found.reasons[0].need_field.clone());
    assert_eq!(field(&with(|_| {})).as_deref(), Some("/title/vi"));
    // An English field that has nothing to do with it.
    let spoken = with(|need| need.constraints = en("Delivered within the year"));
    assert_eq!(field(&spoken).as_deref(), Some("/title/vi"));
    assert_eq!(numbers(&spoken.matches(4)), [11]);
    assert_eq!(spoken.matches(4)[0].score, spoken.matches(11)[0].score);
    // What the side says itself counts beside what is translated, and more than that.
    let both = with(|need| need.constraints = en("Low temperature, heat pump"));
    assert!(both.matches(11)[0].score > spoken.matches(11)[0].score);
    // A field that speaks both languages is not translated.
    let titled = with(|need| {
        need.title.0.extend(en("New oven wanted").0);
        need.constraints = en("Delivered within the year");
    });
    assert!(numbers(&titled.matches(11)).is_empty());
}

#[test]
fn a_must_target_holds_across_languages_and_the_reason_cites_each_in_its_own() {
    let drying = |hours: f64| Technology {
        title: en("Heat pump dryer for grated coconut"),
        summary: en("Low temperature"),
        advantages: vec![listings::content::Advantage {
            metric: en("Drying time"),
            offered: Some(hours),
            unit: "h".to_owned(),
            ..Default::default()
        }],
        ..Technology::default()
    };
    let mut seeker = need("Cần máy sấy mới", "Lò than làm vàng sản phẩm");
    seeker.targets = vec![target("Thời gian sấy", Direction::AtMost, 5.0, "giờ", TargetPriority::Must)];
    let space = Space::new(vec![listing(1, 1, drying(4.0)), listing(2, 2, drying(20.0)), listing(11, 3, seeker)]);
    let found = space.matches(11);
    assert_eq!((numbers(&found), numbers(&space.excluded(11))), (vec![1], vec![2]));
    assert_eq!(space.excluded(11)[0].excluded[0].constraint, Constraint::MustTarget);
    // The same from the other side.
    assert_eq!((numbers(&space.matches(1)), numbers(&space.excluded(2))), (vec![11], vec![11]));
    assert_eq!(space.matches(1)[0].score, found[0].score);
    let reason = found[0].reasons.iter().find(|reason| reason.part == Part::Targets).unwrap();
    assert_eq!((reason.words.join(" "), reason.offer_words.join(" ")), ("thời gian sấy".to_owned(), "drying time".to_owned()));
}

#[test]
fn what_meets_through_the_glossary_counts_less_than_what_meets_itself() {
    let all = vec![
        listing(1, 1, technology("Máy sấy", "Nhiệt độ thấp")),
        listing(4, 2, Technology { title: en("Dryer"), summary: en("Low temperature"), ..Technology::default() }),
        listing(11, 3, need("Máy sấy", "Lò than làm vàng sản phẩm")),
    ];
    assert_eq!(numbers(&Space::new(all).matches(11)), [1, 4]);
}
