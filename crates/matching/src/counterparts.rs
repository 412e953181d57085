//! Who may help with a need, and whom an offer interests: experts and parties as counterparts of a listing.
//!
//! What always holds: an expert is told only while published, whatever the index still has; a listing's own party is no
//! counterpart of it, as far as the asker knows whose it is, and who owns part of it is excluded.

use std::cmp::Reverse;

use accounts::ExpertProfile;
use base::{Actor, Cursor, ExpertId, Lang, Limit, ListingId, PartyId, Refused};
use listings::{Kind, view};
use search::{Failure, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{PartValue, Reason, beginning};
use crate::constraints::Exclusion;
use crate::engine::{JudgedProfile, PastDeals, Profile};
use crate::matcher::{MatchError, Matcher, Subject};
use crate::paging::page_behind;
use crate::reasons::unexplained;
use crate::side::Known;

base::words! {
    /// Who is asked for.
    CounterpartKind {
        /// Experts who published a profile.
        Expert = "expert",
        /// Parties.
        Party = "party",
    }
}

/// An expert or party that fits a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Counterpart {
    /// The expert's or party's id.
    pub id: Uuid,
    /// Which of them.
    pub kind: CounterpartKind,
    /// The name in the reader's language.
    pub name: String,
    /// How they present themselves, or what they can do, in the reader's language.
    pub summary: String,
    /// The language of that.
    pub summary_lang: Lang,
    /// The page.
    pub url: String,
    /// Of an expert, the name of the party they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Of a party, a code of `party_types`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_type: Option<String>,
    /// 0 to 1.
    pub score: f64,
    /// Why, the weightiest first; never empty.
    pub reasons: Vec<Reason>,
    /// What of the score no reason tells, 0 to 1.
    pub unexplained_share: f64,
    /// How each part came out; only when asked to explain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartValue>,
    /// Why they are no counterpart; only when asked for who was excluded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Exclusion>,
    /// True for an expert of the listing's own party, as far as the reader knows whose it is.
    pub same_party: bool,
}

/// A page of counterparts, the best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CounterpartPage {
    /// The counterparts.
    pub items: Vec<Counterpart>,
    /// Give this back to get the next page; null at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// For each of the items what gives those behind it, for whoever has room for fewer of them.
    #[serde(skip)]
    pub behind: Vec<String>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct CounterpartAsk {
    /// Experts or parties.
    pub of: CounterpartKind,
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Whether each part of the score is told.
    pub explain: bool,
    /// Who was excluded, and why, instead of who fits.
    pub excluded: bool,
}

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Bookmark {
    score_ppm: u32,
    id: Uuid,
}

impl Matcher {
    /// The experts or parties that fit a listing, the best first. Experts are told for needs.
    ///
    /// # Errors
    /// [`MatchError`]; hidden if the actor may not see the listing, or for experts of an offer.
    pub async fn counterparts_of(
        &self,
        actor: &Actor,
        kind: Kind,
        id: ListingId,
        ask: &CounterpartAsk,
        past: PastDeals,
    ) -> Result<CounterpartPage, MatchError> {
        let bookmark: Option<Bookmark> = ask.cursor.as_deref().map(|c| Cursor::read(c).map_err(|_| MatchError::Cursor)).transpose()?;
        if ask.of == CounterpartKind::Expert && kind != Kind::Need {
            return Err(Refused::Hidden.into());
        }
        let shown = view::show(self.listings(), actor, kind, id).await?;
        let own = shown.party.id;
        let known = Known::of(&shown.typed, shown.party.id, shown.party.party_type, shown.party.province);
        let subject = Subject { id: Some(id), content: shown.typed, known, vector: None };
        let profiles = self.profiles(actor, &subject, ask.of, &past).await?;
        let found: Vec<Profile> = profiles.into_iter().filter(|p| ask.of == CounterpartKind::Expert || p.party() != own).collect();
        let (engine, ask, lang) = (self.engine().clone(), ask.clone(), actor.lang);
        let page = tokio::task::spawn_blocking(move || {
            let side = subject.side();
            let judged = engine.judge_profiles(&side, &found, &past, lang)?;
            let all: Vec<&JudgedProfile<'_>> = judged.iter().filter(|j| j.violated.is_empty() != ask.excluded).collect();
            let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
            let place = |j: &JudgedProfile<'_>| (Reverse(j.score_ppm), j.profile.id());
            let after = bookmark.map(|b| (Reverse(b.score_ppm), b.id));
            let (page, more) = page_behind(all, place, after.as_ref(), ask.limit);
            let cursor = |j: &&JudgedProfile<'_>| Cursor::write(&Bookmark { score_ppm: j.score_ppm, id: j.profile.id() });
            let behind: Vec<String> = page.iter().map(cursor).collect();
            let next = behind.last().filter(|_| more).cloned();
            let reasons = engine.explain_profiles(&side, &page, lang)?;
            let unknown = engine.weights().unknown;
            let items = page.iter().zip(reasons).map(|(one, reasons)| counterpart(one, reasons, own, lang, ask.explain.then_some(unknown)));
            Ok::<_, Failure>(CounterpartPage { items: items.collect(), next, total, behind })
        });
        Ok(page.await??)
    }

    /// The candidates with what they say of themselves now: the index may be a moment behind.
    async fn profiles(&self, actor: &Actor, subject: &Subject, of: CounterpartKind, past: &PastDeals) -> Result<Vec<Profile>, MatchError> {
        let (engine, viewer, asked) = (self.engine().clone(), Viewer::of(actor), subject.clone());
        let ids = tokio::task::spawn_blocking(move || engine.profile_candidates(&asked.side(), of, &viewer)).await??;
        let db = self.listings().store.db();
        Ok(match of {
            CounterpartKind::Expert => {
                let ids: Vec<ExpertId> = ids.into_iter().map(ExpertId).collect();
                accounts::experts::load_many(db, &ids).await?.into_iter().map(|e| Profile::Expert(Box::new(e))).collect()
            }
            CounterpartKind::Party => {
                let mut ids: Vec<PartyId> = ids.into_iter().map(PartyId).collect();
                // Those with a past in the field need no common word.
                let more: Vec<PartyId> = past.parties.iter().filter(|p| !ids.contains(p)).copied().collect();
                ids.extend(more.into_iter().take(self.engine().weights().field_candidates));
                accounts::parties::load_many(db, &ids).await?.into_iter().map(|p| Profile::Party(Box::new(p))).collect()
            }
        })
    }
}

/// What an expert can do, in one language: the reader's, if anything is said in it.
fn abilities(profile: &ExpertProfile, lang: Lang) -> (String, Lang) {
    let says = |lang: Lang| profile.expertise.iter().any(|one| one.what.get(lang).is_some());
    let spoken = if !says(lang) && says(lang.other()) { lang.other() } else { lang };
    (profile.expertise.iter().filter_map(|one| one.what.get(spoken)).collect::<Vec<_>>().join("; "), spoken)
}

fn counterpart(one: &JudgedProfile<'_>, reasons: Vec<Reason>, own: Option<PartyId>, lang: Lang, explain: Option<f64>) -> Counterpart {
    let parts = explain.map(|unknown| one.parts(unknown)).unwrap_or_default();
    let (score, excluded) = (f64::from(one.score_ppm) / 1e6, one.violated.clone());
    let same_party = own.is_some() && one.profile.party() == own;
    let unexplained_share = unexplained(&reasons);
    match one.profile {
        Profile::Expert(expert) => {
            let (view, profile) = (&expert.view, &expert.view.profile);
            let (summary, summary_lang) = match profile.presentation.best(lang) {
                Some(text) => (text.to_owned(), profile.presentation.spoken(lang)),
                None => abilities(profile, lang),
            };
            Counterpart {
                id: view.id.0,
                kind: CounterpartKind::Expert,
                name: profile.name.clone(),
                summary: beginning(&summary).to_owned(),
                summary_lang,
                url: format!("/experts/{}", view.slug),
                party: view.affiliation.as_ref().and_then(|p| p.names.best(lang)).map(str::to_owned),
                party_type: None,
                score,
                reasons,
                unexplained_share,
                parts,
                excluded,
                same_party,
            }
        }
        Profile::Party(party) => Counterpart {
            id: party.id.0,
            kind: CounterpartKind::Party,
            name: party.names.best(lang).unwrap_or_default().to_owned(),
            summary: beginning(party.profile.presentation.best(lang).unwrap_or_default()).to_owned(),
            summary_lang: party.profile.presentation.spoken(lang),
            url: format!("/parties/{}", party.slug),
            party: None,
            party_type: Some(party.party_type.0.clone()),
            score,
            reasons,
            unexplained_share,
            parts,
            excluded,
            same_party,
        },
    }
}
