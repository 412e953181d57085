//! The experts who may help with a need: kept beside its offers, in the same way.
//!
//! What always holds: an expert stands by what their published profile says, with words that meet the need's and not by the
//! field alone; nobody stands for a need of the party they name; a pair is made of the two contents and the generation, so
//! that a profile that is taken back, edited or published moves its own pairs alone. Who is hidden behind a need is told to no
//! expert: they read its page, as everybody who may.

use std::collections::{BTreeMap, BTreeSet};

use accounts::experts::{self, ExpertBrief};
use base::{Actor, ExpertId, Lang, ListingId, PartyId};
use listings::Kind;
use listings::published::{self, Audience, Published};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use search::{Failure, Viewer};

use super::StandingError;
use super::compute::{Current, has_audience};
use super::list::{Changes, Fits, List, add_changes, changed};
use super::tell::{self, Fresh, Hearer, Other, Side, Strong, Way};
use super::write::{Change, Stored, holders, lists};
use crate::engine::{JudgedProfile, PastDeals, Profile};
use crate::matcher::{MatchError, Matcher, may_see};
use crate::rows::expert;
use crate::side::Side as Seeking;

/// A need and an expert who may help with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpertPair {
    /// The need.
    pub need: ListingId,
    /// The expert.
    pub expert: ExpertId,
    /// The approved version of the need that the score was made from.
    pub need_version: u32,
    /// The version of the profile that the score was made from.
    pub expert_version: i64,
    /// 0 to 1, in millionths.
    pub score_ppm: u32,
}

impl Fits for ExpertPair {
    type Other = ExpertId;

    fn need(&self) -> ListingId {
        self.need
    }

    fn other(&self) -> ExpertId {
        self.expert
    }

    fn score_ppm(&self) -> u32 {
        self.score_ppm
    }
}

impl Stored for ExpertPair {
    type Table = expert::Entity;
    const NEED: expert::Column = expert::Column::NeedId;
    const OTHER: expert::Column = expert::Column::ExpertId;
    const SCORE: expert::Column = expert::Column::ScorePpm;

    fn of_row(row: expert::Model) -> Self {
        Self {
            need: ListingId(row.need_id),
            expert: ExpertId(row.expert_id),
            need_version: u32::try_from(row.need_version).unwrap_or(u32::MAX),
            expert_version: row.expert_version,
            score_ppm: u32::try_from(row.score_ppm).unwrap_or_default(),
        }
    }

    fn to_row(&self, now: store::Time) -> expert::ActiveModel {
        expert::ActiveModel {
            need_id: Set(self.need.0),
            expert_id: Set(self.expert.0),
            need_version: Set(i64::from(self.need_version)),
            expert_version: Set(self.expert_version),
            score_ppm: Set(i64::from(self.score_ppm)),
            computed_at: Set(now),
        }
    }

    fn over() -> OnConflict {
        use expert::Column as C;
        OnConflict::columns([C::NeedId, C::ExpertId])
            .update_columns([C::NeedVersion, C::ExpertVersion, C::ScorePpm, C::ComputedAt])
            .to_owned()
    }
}

impl Current {
    /// The experts who stand for a need, from scratch.
    pub(super) async fn experts_of(&self, need: &Published) -> Result<Vec<ExpertPair>, StandingError> {
        if !has_audience(need) {
            return Ok(Vec::new());
        }
        let (look, of) = (self.look.clone(), need.clone());
        let found = self.pool.spawn_blocking(move || look.experts_for(&Seeking::of(&of), &Viewer::of(&Actor::system())));
        let ids: Vec<ExpertId> = found.await??.into_iter().map(ExpertId).collect();
        let found = experts::load_many(self.store.db(), &ids).await?.into_iter().map(profile).collect();
        Ok(List::of(self.expert_pairs(vec![need.clone()], found).await?, self.keep_experts).into_pairs())
    }

    /// What an expert is to each need now: to those the index names and to those in `known`.
    async fn pairs_of_expert(&self, expert: ExpertBrief, known: &BTreeSet<ListingId>) -> Result<Vec<ExpertPair>, StandingError> {
        let profile = profile(expert);
        let (look, of) = (self.look.clone(), profile.clone());
        let found = self.pool.spawn_blocking(move || look.needs_for(&of, &Viewer::of(&Actor::system())));
        let mut ids: BTreeSet<ListingId> = found.await??.into_iter().map(ListingId).collect();
        ids.extend(known);
        let needs = published::load(&self.store, &ids.into_iter().collect::<Vec<_>>()).await?;
        self.expert_pairs(needs, vec![profile]).await
    }

    /// The pairs of these needs with these experts: those that are matches.
    async fn expert_pairs(&self, mut needs: Vec<Published>, found: Vec<Profile>) -> Result<Vec<ExpertPair>, StandingError> {
        needs.retain(|need| need.kind == Kind::Need && has_audience(need));
        let (judge, least) = (self.judge.clone(), self.least_expert_ppm);
        let pairs = self.pool.spawn_blocking(move || {
            let mut pairs = Vec::new();
            for need in &needs {
                let judged = judge.judge_profiles(&Seeking::of(need), &found, &PastDeals::default(), Lang::Vi)?;
                pairs.extend(judged.iter().filter(|j| j.score_ppm >= least).filter_map(|j| pair(need, j)));
            }
            Ok::<_, Failure>(pairs)
        });
        Ok(pairs.await??)
    }
}

fn profile(expert: ExpertBrief) -> Profile {
    Profile::Expert(Box::new(expert))
}

/// The pair, if the two are one.
fn pair(need: &Published, judged: &JudgedProfile<'_>) -> Option<ExpertPair> {
    let Profile::Expert(expert) = judged.profile else { return None };
    let is_own = judged.profile.party() == Some(need.owner.id);
    (judged.violated.is_empty() && judged.is_worded() && !is_own).then_some(ExpertPair {
        need: need.id,
        expert: expert.view.id,
        need_version: need.version,
        expert_version: expert.view.version,
        score_ppm: judged.score_ppm,
    })
}

/// What is other than stored, now that these experts are as they are.
pub(super) async fn reckon(matcher: &Matcher, current: &Current, touched: &[ExpertId], fresh: &Fresh) -> Result<Change, StandingError> {
    let store = &matcher.listings().store;
    let out = experts::load_many(store.db(), touched).await?;
    let mut out: BTreeMap<ExpertId, ExpertBrief> = out.into_iter().map(|expert| (expert.view.id, expert)).collect();
    let mut held_by = holders::<ExpertPair>(store.db(), &touched.iter().copied().collect()).await?;
    let mut changes: Changes<ExpertPair> = BTreeMap::new();
    for id in touched {
        let known = held_by.remove(id).unwrap_or_default();
        let pairs = match out.remove(id) {
            Some(expert) => current.pairs_of_expert(expert, &known).await?,
            None => Vec::new(),
        };
        add_changes(&mut changes, *id, &known, pairs);
    }
    let before = lists::<ExpertPair>(store.db(), &changes.keys().copied().collect()).await?;
    let (mut now, anew) = changed(&before, changes, current.keep_experts);
    for need in published::load(store, &anew).await? {
        now.insert(need.id, current.experts_of(&need).await?);
    }
    let mut change = Change::default();
    let strong = change.experts.lists(before, now, matcher.engine().weights().strong_ppm());
    change.strong = tell::strong(matcher, Vec::new(), strong, fresh).await?;
    Ok(change)
}

/// Which of these pairs may be told to whom. Whoever acts for the need's party is no news to it, nor it to them, though
/// their profile names another party or none.
pub(super) async fn tellable(
    matcher: &Matcher,
    pairs: Vec<ExpertPair>,
    imported: &BTreeSet<ListingId>,
) -> Result<Vec<Strong>, StandingError> {
    let store = &matcher.listings().store;
    let ids: BTreeSet<ListingId> = pairs.iter().map(|pair| pair.need).collect();
    let found = published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let needs: BTreeMap<ListingId, Published> = found.into_iter().map(|need| (need.id, need)).collect();
    let ids: BTreeSet<ExpertId> = pairs.iter().map(|pair| pair.expert).collect();
    let keepers = experts::keepers(store.db(), &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut all = Vec::new();
    for pair in pairs {
        let (Some(need), Some(keeper)) = (needs.get(&pair.need), keepers.get(&pair.expert)) else { continue };
        if keeper.parties.contains(&need.owner.id) {
            continue;
        }
        let side = |side, hearer, way| Strong {
            need: pair.need,
            other: Other::Expert(pair.expert),
            versions: (i64::from(pair.need_version), pair.expert_version),
            score_ppm: pair.score_ppm,
            side,
            hearer,
            way,
        };
        let way = if imported.contains(&pair.need) { Way::Silence } else { Way::Notice };
        all.push(side(Side::Need, Hearer::Party(need.owner.id), way));
        let may_see = match &need.audience {
            Audience::Public | Audience::Registered => true,
            Audience::Parties(parties) => parties.iter().any(|party| keeper.parties.contains(party)),
        };
        if may_see {
            all.push(side(Side::Expert, Hearer::Account(keeper.account), Way::Notice));
        }
    }
    Ok(all)
}

/// Those of these pairs that still stand, of needs that the actor may see and experts whose profile is published at this
/// moment, wherever the follower is: what a letter of them may speak of.
///
/// # Errors
/// [`MatchError`] if the database fails.
pub async fn still_experts(
    matcher: &Matcher,
    actor: &Actor,
    pairs: &[(ListingId, ExpertId)],
) -> Result<BTreeSet<(ListingId, ExpertId)>, MatchError> {
    let store = &matcher.listings().store;
    let needs: BTreeSet<ListingId> = pairs.iter().map(|(need, _)| *need).collect();
    let lists = lists::<ExpertPair>(store.db(), &needs).await?;
    let stand: BTreeSet<(ListingId, ExpertId)> = lists.into_values().flatten().map(|pair| (pair.need, pair.expert)).collect();
    let needs = published::load(store, &needs.into_iter().collect::<Vec<_>>()).await?;
    let seen: BTreeMap<ListingId, PartyId> =
        needs.into_iter().filter(|need| may_see(actor, &need.audience)).map(|need| (need.id, need.owner.id)).collect();
    let ids: BTreeSet<ExpertId> = pairs.iter().map(|(_, expert)| *expert).collect();
    let out = experts::load_many(store.db(), &ids.into_iter().collect::<Vec<_>>()).await?;
    let out: BTreeMap<ExpertId, Option<PartyId>> =
        out.into_iter().map(|expert| (expert.view.id, expert.party.map(|party| party.id))).collect();
    let holds = |(need, expert): &(ListingId, ExpertId)| {
        let both = seen.get(need).zip(out.get(expert));
        stand.contains(&(*need, *expert)) && both.is_some_and(|(owner, party)| *party != Some(*owner))
    };
    Ok(pairs.iter().copied().filter(holds).collect())
}
