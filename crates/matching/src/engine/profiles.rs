//! Experts and parties as counterparts of a listing, on the same engine: candidates from the index by the listing's
//! telling words, hard constraints, a score from named parts, reasons that name the two fields and the words that met.
//!
//! A listing seeks, a profile offers. For a need a party is weighed by all it says of itself, for an offer by its
//! interests alone: what it can do already, it does not look for. Deals of the past come in as a set of parties that
//! may be named with them ([`PastDeals`]); no figure and no deal. Their scores are not calibrated: nobody judges them.

use std::collections::BTreeSet;

use accounts::experts::ExpertBrief;
use accounts::parties::PartyBrief;
use base::messages::say;
use base::{Code, Lang, PartyId};
use listings::content::Content;
use search::{DocKind, Facet, Failure, Filters, Viewer};
use uuid::Uuid;

use super::candidates::with;
use super::{Engine, Party};
use crate::answer::{Part, PartValue, Reason};
use crate::constraints::{Constraint, Exclusion, place_of};
use crate::counterparts::CounterpartKind;
use crate::fit::{self, ELSEWHERE};
use crate::reasons::{NEAR, coded, in_order, name_of, named, written};
use crate::side::{Field, Side, fields, push, push_list};
use crate::terms::{Stems, Terms};
use crate::topic::{Topic, told, topic};
use crate::weights::Role;

/// The parties that may be named as having brought deals in the listing's field, or one above or below it, to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastDeals {
    /// The parties.
    pub parties: BTreeSet<PartyId>,
}

/// What a listing is weighed against: only what everybody may see of it.
#[derive(Clone, Debug)]
pub enum Profile {
    /// A published expert.
    Expert(Box<ExpertBrief>),
    /// A party.
    Party(Box<PartyBrief>),
}

impl Profile {
    /// The expert's or party's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Expert(expert) => expert.view.id.0,
            Self::Party(party) => party.id.0,
        }
    }

    /// The party it is, or belongs to.
    #[must_use]
    pub fn party(&self) -> Option<PartyId> {
        match self {
            Self::Expert(expert) => expert.party.as_ref().map(|p| p.id),
            Self::Party(party) => Some(party.id),
        }
    }

    /// As which kind of partner it counts. An expert counts as where they belong; one on their own advises and is no
    /// partner of a transfer, so that kinds of partner do not shut them out.
    fn party_type(&self) -> Option<&Code> {
        match self {
            Self::Expert(expert) => expert.party.as_ref().map(|p| &p.party_type),
            Self::Party(party) => Some(&party.party_type),
        }
    }

    /// The texts that speak of the matter, as far as they count for such a listing.
    fn fields(&self, is_need: bool) -> Vec<Field<'_>> {
        let mut all = Vec::new();
        match self {
            Self::Expert(expert) => {
                let profile = &expert.view.profile;
                for lang in Lang::ALL {
                    for (n, one) in profile.expertise.iter().enumerate() {
                        let texts = [("what", &one.what, Role::Keywords), ("evidence", &one.evidence, Role::Advantage)];
                        for (part, text, role) in texts {
                            let words = text.get(lang).into_iter().collect();
                            push(&mut all, &format!("/expertise/{n}/{part}"), role, lang, words);
                        }
                    }
                    push(&mut all, "/presentation", Role::Description, lang, profile.presentation.get(lang).into_iter().collect());
                }
            }
            Self::Party(party) => {
                let profile = &party.profile;
                push_list(&mut all, "/interests", Role::Keywords, &profile.interests);
                if is_need {
                    push_list(&mut all, "/capacities", Role::Keywords, &profile.capacities);
                    push_list(&mut all, "/equipment", Role::Advantage, &profile.equipment);
                    push_list(&mut all, "/standards", Role::Advantage, &profile.standards);
                    for lang in Lang::ALL {
                        push(&mut all, "/presentation", Role::Description, lang, profile.presentation.get(lang).into_iter().collect());
                    }
                }
            }
        }
        all
    }
}

/// A profile that was judged.
pub struct JudgedProfile<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// 0 to 1, in millionths: what the order is decided by.
    pub score_ppm: u32,
    /// Why it is no counterpart; empty if it is one.
    pub violated: Vec<Exclusion>,
    topic: Option<Topic>,
    /// The field of the profile that lies nearest, with its nearness.
    near: Option<(Code, f64)>,
    /// Whether deals of the past speak for it.
    has_dealt: bool,
    place: Option<f64>,
}

impl JudgedProfile<'_> {
    /// How each part came out.
    #[must_use]
    pub fn parts(&self, unknown: f64) -> Vec<PartValue> {
        let known = |part, value: Option<f64>, otherwise| PartValue { part, value: value.unwrap_or(otherwise), known: value.is_some() };
        let by_past = match self.profile {
            Profile::Expert(_) => known(Part::Field, self.near.as_ref().map(|(_, n)| *n), 0.0),
            Profile::Party(_) => known(Part::Deals, self.has_dealt.then_some(1.0), 0.0),
        };
        vec![known(Part::Topic, Some(self.words()), 0.0), by_past, known(Part::Place, self.place, unknown)]
    }

    /// Whether any word meets, and not the field or the past alone.
    pub(crate) fn is_worded(&self) -> bool {
        self.topic.is_some()
    }

    fn words(&self) -> f64 {
        self.topic.as_ref().map_or(0.0, |t| t.value)
    }

    /// How much the field or the past says, beside the words.
    fn nearness(&self) -> f64 {
        if self.has_dealt { 1.0 } else { self.near.as_ref().map_or(0.0, |(_, n)| *n) }
    }
}

impl Engine {
    /// The experts or parties worth judging: those with the most weight of the listing's words, and experts of its field.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn profile_candidates(&self, subject: &Side<'_>, of: CounterpartKind, viewer: &Viewer) -> Result<Vec<Uuid>, Failure> {
        let kind = match of {
            CounterpartKind::Expert => DocKind::Expert,
            CounterpartKind::Party => DocKind::Party,
        };
        let filters = of_kind(kind);
        let mut found = self.by_words(&fields(subject.content), Vec::new(), &filters, &[], viewer)?;
        if of == CounterpartKind::Expert
            && let Some(field) = subject.content.field()
        {
            let of_field = with(filters, Facet::Field, [field.as_str()]);
            found.extend(self.search.of_best_standing(&of_field, viewer, self.weights.field_candidates)?);
        }
        let mut seen = BTreeSet::new();
        found.retain(|id| seen.insert(*id));
        Ok(found)
    }

    /// The experts whose profiles share telling words with a need, as the index has them, for whoever keeps what is found.
    pub(crate) fn experts_for(&self, need: &Side<'_>, viewer: &Viewer) -> Result<Vec<Uuid>, Failure> {
        self.by_words(&fields(need.content), Vec::new(), &of_kind(DocKind::Expert), &[], viewer)
    }

    /// The other way round: the needs that share telling words with a profile.
    pub(crate) fn needs_for(&self, profile: &Profile, viewer: &Viewer) -> Result<Vec<Uuid>, Failure> {
        self.by_words(&profile.fields(true), Vec::new(), &of_kind(DocKind::Need), &[], viewer)
    }

    /// Judges profiles: those that have a reason to be there, the best first, of equals the smaller id.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn judge_profiles<'a>(
        &self,
        subject: &Side<'_>,
        found: &'a [Profile],
        past: &PastDeals,
        lang: Lang,
    ) -> Result<Vec<JudgedProfile<'a>>, Failure> {
        let mut stems = Stems::default();
        let terms = self.terms(&fields(subject.content), &Lang::ALL, &mut stems)?;
        let mut all: Vec<JudgedProfile<'a>> = Vec::with_capacity(found.len());
        for profile in found {
            let mut one = self.weigh_profile(subject, &terms, profile, past, &mut stems);
            let is_reasoned = one.topic.is_some() || one.nearness() >= NEAR;
            if is_reasoned && f64::from(one.score_ppm) / 1e6 >= self.weights.least_score {
                one.violated = self.violated_by(subject, profile, lang);
                all.push(one);
            }
        }
        all.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then(a.profile.id().cmp(&b.profile.id())));
        Ok(all)
    }

    fn weigh_profile<'a>(
        &self,
        subject: &Side<'_>,
        terms: &[Terms],
        profile: &'a Profile,
        past: &PastDeals,
        stems: &mut Stems,
    ) -> JudgedProfile<'a> {
        let weights = &self.weights;
        let topic = topic(terms, &profile.fields(matches!(subject.content, Content::Need(_))), weights, stems);
        let own = subject.content.field();
        let (near, has_dealt) = match profile {
            Profile::Expert(expert) => {
                let each = expert
                    .view
                    .profile
                    .fields()
                    .into_iter()
                    .filter_map(|code| Some((code.clone(), fit::field_nearness(own, Some(code), &self.vocabularies)?)));
                // Of equals the first that is named.
                (each.reduce(|best, one| if one.1 > best.1 { one } else { best }), false)
            }
            Profile::Party(party) => (None, past.parties.contains(&party.id)),
        };
        let place = place(subject, profile);
        let mut judged = JudgedProfile { profile, score_ppm: 0, violated: Vec::new(), topic, near, has_dealt, place };
        let fit = place.unwrap_or(weights.unknown);
        let score = (self.relevance(&judged) * (1.0 - weights.fit * (1.0 - fit))).clamp(0.0, 1.0);
        // Whole millionths, so that nothing depends on the last bit of a sum.
        judged.score_ppm = (score * 1e6).round() as u32;
        judged
    }

    fn relevance(&self, judged: &JudgedProfile<'_>) -> f64 {
        judged.words() + (1.0 - judged.words()) * self.weights.field * judged.nearness()
    }

    /// What the profile violates of the listing: whose it is, the kinds of partner it looks for, and the place.
    fn violated_by(&self, subject: &Side<'_>, profile: &Profile, lang: Lang) -> Vec<Exclusion> {
        let rules = self.rules(lang);
        let mut found = Vec::new();
        if let Profile::Party(party) = profile
            && let Some(place) = place_of(subject.content, party.id)
        {
            let text = say(lang, "match-out-co-owner", &[]);
            found.push(Exclusion {
                constraint: Constraint::ConflictOfInterest,
                need_field: place,
                offer_field: "/party".to_owned(),
                need_value: String::new(),
                offer_value: String::new(),
                text,
            });
        }
        let wanted = subject.content.partner_types();
        if let Some(own) = profile.party_type().filter(|own| !wanted.is_empty() && !wanted.contains(own)) {
            let (list, own) = (rules.names("party_types", wanted), rules.name("party_types", own));
            let text = say(lang, "match-out-partner-type", &[("need", &list), ("offer", &own)]);
            found.push(Exclusion {
                constraint: Constraint::OwnerType,
                need_field: "/partner_types".to_owned(),
                offer_field: "/party_type".to_owned(),
                need_value: list,
                offer_value: own,
                text,
            });
        }
        if let (Profile::Expert(expert), Some(province)) = (profile, &subject.known.province) {
            let regions = &expert.view.profile.regions;
            if !regions.is_empty() && !regions.contains(province) {
                let (need, offer) = (rules.name("provinces", province), rules.names("provinces", regions));
                let text = say(lang, "match-out-region", &[("need", &need), ("offer", &offer)]);
                found.push(Exclusion {
                    constraint: Constraint::Region,
                    need_field: province_of(subject).to_owned(),
                    offer_field: "/regions".to_owned(),
                    need_value: need,
                    offer_value: offer,
                    text,
                });
            }
        }
        found
    }

    /// Says why, for each of these in turn; the weightiest first, never nothing.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn explain_profiles(&self, subject: &Side<'_>, judged: &[&JudgedProfile<'_>], lang: Lang) -> Result<Vec<Vec<Reason>>, Failure> {
        let mut stems = Stems::default();
        let party = Party { side: subject, fields: fields(subject.content) };
        let terms = self.terms(&party.fields, &Lang::ALL, &mut stems)?;
        Ok(judged.iter().map(|one| self.profile_reasons(&party, &terms, one, lang, &mut stems)).collect())
    }

    fn profile_reasons(&self, party: &Party<'_>, terms: &[Terms], one: &JudgedProfile<'_>, lang: Lang, stems: &mut Stems) -> Vec<Reason> {
        let (weights, rules) = (&self.weights, self.rules(lang));
        let (words, steady) = (one.words(), 1.0 - weights.fit);
        let mut all = Vec::new();
        let offered = one.profile.fields(matches!(party.side.content, Content::Need(_)));
        if let Some(best) = &one.topic
            && let topic = told(best, terms, &offered, lang, (weights, stems))
            && let Some(terms) = terms.get(topic.terms)
        {
            topical(party, terms, one.profile, &topic, words * steady, lang, stems, &mut all);
        }
        let share = (1.0 - words) * weights.field * one.nearness() * steady;
        if let Some(field) = party.side.content.field() {
            let own = rules.name("fields", field);
            if one.has_dealt {
                let text = say(lang, "match-dealt", &[("field", &own)]);
                let reason = coded(Part::Deals, share, ("/field", "/deals"), (field.0.clone(), String::new()), text);
                // The deals may be in a field above or below; in which, is not told.
                all.push(Reason { offer_value: None, ..reason });
            } else if let Some((other, near)) = one.near.as_ref().filter(|(_, near)| *near >= NEAR) {
                let key = if *near >= 1.0 { "match-field-same" } else { "match-field-near" };
                let text = say(lang, key, &[("need", &own), ("offer", &rules.name("fields", other))]);
                let place = place_of_field(one.profile, other);
                all.push(coded(Part::Field, share, ("/field", &place), (field.0.clone(), other.0.clone()), text));
            }
        }
        if let (Some(province), Some(value)) = (&party.side.known.province, one.place.filter(|value| *value >= 1.0)) {
            let share = self.relevance(one) * weights.fit * value;
            let (key, at) = match one.profile {
                Profile::Expert(_) => ("match-works-in", "/regions"),
                Profile::Party(_) => ("match-place", "/address/province"),
            };
            let text = say(lang, key, &[("place", &rules.name("provinces", province))]);
            all.push(coded(Part::Place, share, (province_of(party.side), at), (province.0.clone(), province.0.clone()), text));
        }
        in_order(all, f64::from(one.score_ppm) / 1e6)
    }
}

/// Documents of one kind.
fn of_kind(kind: DocKind) -> Filters {
    Filters::from([(Facet::Kind, BTreeSet::from([kind.as_str().to_owned()]))])
}

/// 1 where an expert says to work in the listing's province, or a party is there; none where either says nothing of it.
fn place(subject: &Side<'_>, profile: &Profile) -> Option<f64> {
    let own = subject.known.province.as_ref()?;
    match profile {
        Profile::Expert(expert) => {
            let regions = &expert.view.profile.regions;
            (!regions.is_empty()).then(|| if regions.contains(own) { 1.0 } else { ELSEWHERE })
        }
        Profile::Party(party) => party.province.as_ref().map(|other| if other == own { 1.0 } else { ELSEWHERE }),
    }
}

/// Where the listing's place stands.
fn province_of(side: &Side<'_>) -> &'static str {
    match side.content {
        Content::Need(need) if need.province.is_some() => "/province",
        _ => "/party/province",
    }
}

/// Where an expert names a field.
fn place_of_field(profile: &Profile, code: &Code) -> String {
    let Profile::Expert(expert) = profile else { return "/field".to_owned() };
    let n = expert.view.profile.expertise.iter().position(|one| one.field.as_ref() == Some(code)).unwrap_or_default();
    format!("/expertise/{n}/field")
}

#[expect(clippy::too_many_arguments, reason = "one reason's makings, from one caller")]
fn topical(
    sought: &Party<'_>,
    terms: &Terms,
    profile: &Profile,
    topic: &Topic,
    share: f64,
    lang: Lang,
    stems: &mut Stems,
    all: &mut Vec<Reason>,
) {
    let offered = profile.fields(matches!(sought.side.content, Content::Need(_)));
    let side = match profile {
        Profile::Expert(_) => "match-side-expert",
        Profile::Party(_) => "match-side-party",
    };
    for meeting in &topic.meetings {
        let (Some(from), Some(to)) = (sought.fields.get(meeting.sought), offered.get(meeting.offered)) else { continue };
        let (words, offer_words) = written(terms, meeting, from, to, stems);
        let first = to.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        let field = say(lang, &format!("match-field-{first}"), &[]);
        let offer = say(lang, "match-field-of", &[("field", &field), ("side", &say(lang, side, &[]))]);
        let (need, here, there) = (name_of(from, sought, lang), named(&words), named(&offer_words));
        let text = if from.lang != terms.lang {
            say(lang, "match-translated", &[("words", &here), ("need", &need), ("others", &there), ("offer", &offer)])
        } else {
            say(lang, "match-topic", &[("words", &here), ("need", &need), ("offer", &offer)])
        };
        all.push(Reason {
            part: Part::Topic,
            share: share * meeting.share,
            need_field: from.pointer.clone(),
            offer_field: to.pointer.clone(),
            words,
            offer_words,
            need_value: None,
            offer_value: None,
            text,
        });
    }
}
