//! What became of a listing, counted: interests, answers, what was accepted and why the rest was declined.
//!
//! Its own party and the staff's desk read exact figures. Everybody else gets no figure that stands for fewer than
//! three parties, nor one from which such a figure follows by subtraction. Counts only: no name, no date.
//! A reason that stands for fewer parties is not even named, and none is where their number is kept back: why somebody said no
//! can tell who it was.
//! What deals made of it (meetings, agreements, contracts, money in bands, why they came to nothing) is cut alike.
//! Nothing counts that lies within one party: where the owner took the seeker in since, nobody else was ever interested.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, Code, ListingId, PartyId, Refused};
use listings::Kind;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::keeps_the_desk;
use crate::deals::{CountedDeals, of_listing_in_deals};
use crate::interests::Status;
use crate::interests::rows::interest;
use crate::{Brokering, BrokeringError};

/// Fewer parties than this are nobody's to count in public.
pub(crate) const PARTIES_NEEDED: usize = 3;

base::words! {
    /// Why a figure is not told.
    Untold {
        /// It stands for one or two parties.
        Few = "few",
        /// A figure that stands for one or two parties would follow from it.
        Withheld = "withheld",
    }
}

/// A figure, or why it is not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// How many; null where it is not told.
    pub count: Option<u64>,
    /// Why it is not told.
    pub untold: Option<Untold>,
}

impl Figure {
    /// A figure that is told.
    #[must_use]
    pub fn told(count: u64) -> Self {
        Self { count: Some(count), untold: None }
    }

    fn untold(why: Untold) -> Self {
        Self { count: None, untold: Some(why) }
    }
}

/// How often interests were declined for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Declined {
    /// A code of `decline_reasons`.
    pub reason: Code,
    /// How often.
    pub interests: Figure,
}

/// What became of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// Whether every figure is told: to its own party and to the staff's desk.
    pub is_exact: bool,
    /// Interests received.
    pub received: Figure,
    /// Of them, those that were answered at all, be it with a question.
    pub answered: Figure,
    /// Of them, those that were accepted.
    pub accepted: Figure,
    /// Of them, those that were declined.
    pub declined: Figure,
    /// Why they were declined; to outsiders no reason that stands for fewer than three parties.
    pub declined_by_reason: Vec<Declined>,
    /// What deals about it came to.
    pub deals: Dealt,
}

/// How many deals came to nothing for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lost {
    /// A code of `lost_reasons`.
    pub reason: Code,
    /// How many.
    pub deals: Figure,
}

/// What deals about a listing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dealt {
    /// Meetings held.
    pub meetings: Figure,
    /// Deals with a non-disclosure agreement, and parties that accepted one to read what is confided of the listing.
    pub agreements: Figure,
    /// Deals with an evaluation or trial.
    pub evaluations: Figure,
    /// Deals whose contract was signed, in whatever currency, be they lost later.
    pub signed: Figure,
    /// Deals that came to their good end.
    pub completed: Figure,
    /// Deals that came to nothing.
    pub lost: Figure,
    /// Why; to outsiders no reason that stands for fewer than three parties.
    pub lost_by_reason: Vec<Lost>,
    /// The band of all signed contracts in dong together, a code of `price_bands`; told where their number is. Contracts in
    /// other currencies are among those signed and in no band: nobody here knows the rate of their day.
    pub money: Option<Code>,
}

/// So many things of these parties; what is with nobody yet is counted and stands for no party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    count: u64,
    parties: BTreeSet<Uuid>,
}

impl Tally {
    pub(crate) fn add(&mut self, party: Option<Uuid>, count: u64) {
        self.count += count;
        self.parties.extend(party);
    }

    fn is_few(&self) -> bool {
        self.count > 0 && self.parties.len() < PARTIES_NEEDED
    }
}

/// All interests of a listing, by what became of each: these parts are the whole.
#[derive(Debug, Default)]
struct Counted {
    accepted: Tally,
    declined: Tally,
    /// Answered with a question, and neither accepted nor declined so far.
    asked: Tally,
    /// Never answered: with the owner, expired or taken back.
    unanswered: Tally,
    by_reason: BTreeMap<String, Tally>,
}

/// What became of a listing that the actor sees.
///
/// # Errors
/// [`Refused`] hidden for a listing that is not published or not for this actor; its own party and the desk read the
/// history of whatever was published once.
pub async fn of_listing(brokering: &Brokering, actor: &Actor, kind: Kind, id: ListingId) -> Result<History, BrokeringError> {
    let db = brokering.store.db();
    let known = listings::brief::load_many(db, &[id]).await?.pop().filter(|l| l.kind == kind);
    let known = known.ok_or(Refused::Hidden)?;
    if !is_inside(actor, Some(known.party)) {
        listings::brief::open_to(db, actor, kind, id).await?;
    }
    Ok(of_seen(brokering, actor, id, Some(known.party)).await?)
}

/// The same for whoever has shown the listing to the actor already, in one query. `owner` is whose it is, as far as the
/// actor was told.
///
/// # Errors
/// If the database fails.
pub async fn of_seen(brokering: &Brokering, actor: &Actor, id: ListingId, owner: Option<PartyId>) -> Result<History, StoreError> {
    let counted = count(brokering, id).await?;
    let deals = of_listing_in_deals(brokering, id).await?;
    let inside = is_inside(actor, owner);
    let history = if inside { exact(&counted) } else { cut(&counted) };
    Ok(History { deals: dealt(&deals, inside), ..history })
}

fn is_inside(actor: &Actor, owner: Option<PartyId>) -> bool {
    owner.is_some_and(|party| actor.is_member(party)) || keeps_the_desk(actor)
}

/// Whether an interest or a deal is between two parties. Only those are counted anywhere: where one has taken in the other,
/// what ended between them before is no word of anybody else's. A deal that has no seeker yet is for somebody to come.
pub(crate) fn between_two(owner: impl ColumnTrait, seeker: impl ColumnTrait) -> Condition {
    Condition::any().add(seeker.is_null()).add(Expr::col(seeker.as_column_ref()).not_equals(owner.as_column_ref()))
}

async fn count(brokering: &Brokering, id: ListingId) -> Result<Counted, StoreError> {
    type Row = (String, Option<String>, Option<chrono::DateTime<chrono::Utc>>, Uuid, i64);
    let first = interest::Column::AnsweredAt.min();
    let rows: Vec<Row> = interest::Entity::find()
        .select_only()
        .column(interest::Column::Status)
        .column(interest::Column::Reason)
        .column_as(first, "first_answer")
        .column(interest::Column::SeekerPartyId)
        .column_as(interest::Column::Id.count(), "interests")
        .filter(interest::Column::ListingId.eq(id.0))
        .filter(between_two(interest::Column::OwnerPartyId, interest::Column::SeekerPartyId))
        .group_by(interest::Column::Status)
        .group_by(interest::Column::Reason)
        .group_by(interest::Column::SeekerPartyId)
        .group_by(Expr::col(interest::Column::AnsweredAt).is_null())
        .into_tuple()
        .all(brokering.store.db())
        .await?;
    let mut counted = Counted::default();
    for (status, reason, answered, party, interests) in rows {
        let status: Status = status.parse().map_err(|e| StoreError::corrupt("interest", e))?;
        let count = u64::try_from(interests).unwrap_or_default();
        let part = match status {
            Status::Accepted => &mut counted.accepted,
            Status::Declined => &mut counted.declined,
            _ if answered.is_some() => &mut counted.asked,
            _ => &mut counted.unanswered,
        };
        part.add(Some(party), count);
        if let Some(reason) = reason {
            counted.by_reason.entry(reason).or_default().add(Some(party), count);
        }
    }
    Ok(counted)
}

fn whole<'a>(parts: impl IntoIterator<Item = &'a Tally>) -> Tally {
    let mut all = Tally::default();
    for part in parts {
        all.count += part.count;
        all.parties.extend(&part.parties);
    }
    all
}

fn exact(counted: &Counted) -> History {
    let told = |tally: &Tally| Figure::told(tally.count);
    let parts = [&counted.accepted, &counted.declined, &counted.asked, &counted.unanswered];
    History {
        is_exact: true,
        received: told(&whole(parts)),
        answered: told(&whole([&counted.accepted, &counted.declined, &counted.asked])),
        accepted: told(&counted.accepted),
        declined: told(&counted.declined),
        declined_by_reason: declined_for(every_reason(&counted.by_reason)),
        deals: dealt(&CountedDeals::default(), true),
    }
}

/// What deals came to: every figure for those inside, for others none that stands for fewer than three parties. What was
/// signed and did not come to its end is a figure too, told by the other two, so where it stands for few the smaller of
/// them is kept back.
fn dealt(counted: &CountedDeals, inside: bool) -> Dealt {
    let figure = |tally: &Tally| match (inside, tally.is_few()) {
        (false, true) => Figure::untold(Untold::Few),
        _ => Figure::told(tally.count),
    };
    let lost = whole(counted.lost.values());
    let reasons = if inside { every_reason(&counted.lost) } else { told_reasons(&counted.lost, !lost.is_few()) };
    let (signed, mut completed) = (figure(&counted.signed), figure(&counted.completed));
    if !inside && completed.count.is_some_and(|n| n > 0) && signed.count.is_some() && counted.unfinished.is_few() {
        completed = Figure::untold(Untold::Withheld);
    }
    Dealt {
        meetings: figure(&counted.meetings),
        agreements: figure(&counted.ndas),
        evaluations: figure(&counted.evaluations),
        completed,
        lost: figure(&lost),
        lost_by_reason: reasons.into_iter().map(|(reason, deals)| Lost { reason, deals }).collect(),
        money: counted.money.clone().filter(|_| inside || !counted.priced.is_few()),
        signed,
    }
}

fn declined_for(reasons: Vec<(Code, Figure)>) -> Vec<Declined> {
    reasons.into_iter().map(|(reason, interests)| Declined { reason, interests }).collect()
}

/// Every reason with its figure, for those inside.
fn every_reason(by_reason: &BTreeMap<String, Tally>) -> Vec<(Code, Figure)> {
    by_reason.iter().map(|(reason, tally)| (Code(reason.clone()), Figure::told(tally.count))).collect()
}

/// The reasons that everybody may read, with their figures.
fn told_reasons(by_reason: &BTreeMap<String, Tally>, whole_is_told: bool) -> Vec<(Code, Figure)> {
    if !whole_is_told {
        return Vec::new();
    }
    let figures = told_of(&by_reason.values().collect::<Vec<_>>(), true);
    let named = by_reason.keys().zip(figures).filter(|(_, figure)| figure.untold != Some(Untold::Few));
    named.map(|(reason, figure)| (Code(reason.clone()), figure)).collect()
}

/// The figures as everybody may read them.
fn cut(counted: &Counted) -> History {
    let parts = [&counted.accepted, &counted.declined, &counted.asked, &counted.unanswered];
    let total = whole(parts);
    let received = if total.is_few() { Figure::untold(Untold::Few) } else { Figure::told(total.count) };
    let told = told_of(&parts, received.untold.is_none());
    let figure = |n: usize| told.get(n).copied().unwrap_or(Figure::untold(Untold::Withheld));
    let (accepted, declined) = (figure(0), figure(1));
    // The answered are all parts but the last: told only where no part is kept back.
    let answered = whole([&counted.accepted, &counted.declined, &counted.asked]);
    let answered = match (answered.is_few(), told.iter().all(|f| f.untold.is_none())) {
        (true, _) => Figure::untold(Untold::Few),
        (false, true) => Figure::told(answered.count),
        (false, false) => Figure::untold(Untold::Withheld),
    };
    History {
        is_exact: false,
        received,
        answered,
        accepted,
        declined,
        declined_by_reason: declined_for(told_reasons(&counted.by_reason, declined.untold.is_none())),
        deals: dealt(&CountedDeals::default(), false),
    }
}

/// The figures of the parts of a whole. Where the whole is told, what is kept back must be at least two parts, and stand
/// for three parties together: otherwise it follows from the rest. Where it is not, no part is told: their sum would be.
fn told_of(parts: &[&Tally], whole_is_told: bool) -> Vec<Figure> {
    let mut kept: BTreeSet<usize> = parts.iter().enumerate().filter(|(_, part)| part.is_few()).map(|(n, _)| n).collect();
    let few = kept.clone();
    if !whole_is_told {
        kept = parts.iter().enumerate().filter(|(_, part)| part.count > 0).map(|(n, _)| n).collect();
    }
    while whole_is_told && !kept.is_empty() {
        let together = whole(kept.iter().filter_map(|n| parts.get(*n).copied()));
        if kept.len() > 1 && together.parties.len() >= PARTIES_NEEDED {
            break;
        }
        let next = parts.iter().enumerate().filter(|(n, part)| part.count > 0 && !kept.contains(n)).min_by_key(|(_, part)| part.count);
        let Some((n, _)) = next else { break };
        kept.insert(n);
    }
    let figure = |(n, part): (usize, &&Tally)| match (few.contains(&n), kept.contains(&n)) {
        (true, _) => Figure::untold(Untold::Few),
        (false, true) => Figure::untold(Untold::Withheld),
        (false, false) => Figure::told(part.count),
    };
    parts.iter().enumerate().map(figure).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(parties: &[u128]) -> Tally {
        let mut tally = Tally::default();
        parties.iter().for_each(|n| tally.add(Some(Uuid::from_u128(*n)), 1));
        tally
    }

    fn counted(accepted: &[u128], declined: &[(&str, u128)], asked: &[u128], unanswered: &[u128]) -> Counted {
        let mut by_reason: BTreeMap<String, Tally> = BTreeMap::new();
        for (reason, party) in declined {
            by_reason.entry((*reason).to_owned()).or_default().add(Some(Uuid::from_u128(*party)), 1);
        }
        let declined: Vec<u128> = declined.iter().map(|(_, party)| *party).collect();
        Counted { accepted: tally(accepted), declined: tally(&declined), asked: tally(asked), unanswered: tally(unanswered), by_reason }
    }

    const FEW: Figure = Figure { count: None, untold: Some(Untold::Few) };
    const WITHHELD: Figure = Figure { count: None, untold: Some(Untold::Withheld) };

    #[test]
    fn nothing_is_zero_one_or_two_parties_are_few_and_three_are_told() {
        let none = cut(&counted(&[], &[], &[], &[]));
        assert_eq!((none.received, none.accepted), (Figure::told(0), Figure::told(0)));
        let two = cut(&counted(&[1], &[("fit", 2)], &[], &[]));
        assert_eq!((two.received, two.answered, two.accepted, two.declined), (FEW, FEW, FEW, FEW));
        // One party that asks five times is one party.
        let again = cut(&counted(&[], &[], &[], &[7, 7, 7, 7, 7]));
        assert_eq!(again.received, FEW);
        let three = cut(&counted(&[1, 2, 3], &[], &[], &[]));
        assert_eq!((three.received, three.answered, three.accepted), (Figure::told(3), Figure::told(3), Figure::told(3)));
        let inside = exact(&counted(&[1], &[("fit", 2)], &[], &[]));
        assert_eq!(
            (inside.received, inside.accepted, inside.declined_by_reason[0].interests),
            (Figure::told(2), Figure::told(1), Figure::told(1))
        );
    }

    #[test]
    fn what_is_with_nobody_yet_counts_and_stands_for_no_party() {
        let mut lost = tally(&[1, 2]);
        lost.add(None, 1);
        let of = |lost: &Tally| CountedDeals { lost: BTreeMap::from([("price".to_owned(), lost.clone())]), ..CountedDeals::default() };
        assert_eq!((dealt(&of(&lost), false).lost, dealt(&of(&lost), true).lost), (FEW, Figure::told(3)));
        lost.add(Some(Uuid::from_u128(3)), 1);
        assert_eq!(dealt(&of(&lost), false).lost, Figure::told(4));
    }

    #[test]
    fn what_is_kept_back_does_not_follow_by_subtraction() {
        // One declined beside four accepted: 5 received less 4 accepted would tell it.
        let history = cut(&counted(&[1, 2, 3, 4], &[("terms", 5)], &[], &[]));
        assert_eq!((history.received, history.accepted, history.declined), (Figure::told(5), WITHHELD, FEW));
        assert_eq!(history.answered, WITHHELD);
        assert_eq!(history.declined_by_reason, [], "not even that there is such a reason");
        // Nor does one that waits follow from the others.
        let history = cut(&counted(&[1, 2, 3, 4], &[("fit", 5), ("fit", 6), ("fit", 7)], &[], &[8]));
        assert_eq!((history.accepted, history.declined, history.answered), (Figure::told(4), WITHHELD, WITHHELD));
        assert_eq!(history.declined_by_reason, [], "the reasons add up to what is kept back");
    }

    #[test]
    fn deals_are_counted_for_those_inside_and_cut_for_others() {
        let mut deals = CountedDeals {
            signed: tally(&[1, 2, 3, 4]),
            completed: tally(&[1, 2, 3]),
            unfinished: tally(&[4]),
            priced: tally(&[1, 2, 3]),
            meetings: tally(&[1, 1, 2]),
            ..CountedDeals::default()
        };
        deals.lost.insert("price".to_owned(), tally(&[5]));
        deals.money = Some(Code::from("1000-5000"));
        let inside = dealt(&deals, true);
        assert_eq!((inside.signed, inside.completed, inside.meetings), (Figure::told(4), Figure::told(3), Figure::told(3)));
        assert_eq!((inside.lost, inside.lost_by_reason[0].deals), (Figure::told(1), Figure::told(1)));
        let outside = dealt(&deals, false);
        assert_eq!((outside.signed, outside.completed, outside.meetings, outside.lost), (Figure::told(4), WITHHELD, FEW, FEW));
        assert_eq!(outside.lost_by_reason, []);
        assert!(outside.money.is_some());
        deals.signed = tally(&[1, 2]);
        deals.priced = tally(&[1]);
        assert_eq!((dealt(&deals, false).signed, dealt(&deals, false).money), (FEW, None));
    }

    #[test]
    fn a_reason_of_one_or_two_parties_is_not_named_to_outsiders() {
        let declined = [("fit", 1), ("fit", 2), ("fit", 3), ("terms", 4), ("price", 5), ("price", 6), ("price", 7)];
        let history = cut(&counted(&[], &declined, &[], &[]));
        assert_eq!(history.declined, Figure::told(7));
        let named: Vec<&str> = history.declined_by_reason.iter().map(|d| d.reason.as_str()).collect();
        assert_eq!(named, ["fit", "price"], "{:?}", history.declined_by_reason);
        assert!(history.declined_by_reason.iter().any(|d| d.interests == WITHHELD), "what is not named does not follow from the rest");
        let mut deals = CountedDeals::default();
        for (reason, parties) in [("price", &[1, 2, 3][..]), ("partner", &[4]), ("funding", &[5, 6, 7, 8])] {
            deals.lost.insert(reason.to_owned(), tally(parties));
        }
        let named: Vec<String> = dealt(&deals, false).lost_by_reason.into_iter().map(|l| l.reason.0).collect();
        assert_eq!(named, ["funding", "price"]);
        assert_eq!(dealt(&deals, true).lost_by_reason.len(), 3, "those inside read all");
    }

    proptest! {
        /// Whatever happened: no figure stands for one or two parties, and where the whole is told, what is kept back is
        /// nothing, all of it, or at least two parts of at least three parties together.
        #[test]
        fn no_figure_and_no_difference_stands_for_fewer_than_three_parties(
            parts in proptest::collection::vec(proptest::collection::vec(0_u128..8, 0..7), 1..6),
        ) {
            let parts: Vec<Tally> = parts.iter().map(|p| tally(p)).collect();
            let refs: Vec<&Tally> = parts.iter().collect();
            let total = whole(refs.iter().copied());
            let figures = told_of(&refs, !total.is_few());
            let mut kept = Tally::default();
            let mut number = 0;
            for (part, figure) in parts.iter().zip(&figures) {
                prop_assert_eq!(figure.count.is_some(), figure.untold.is_none());
                if let Some(count) = figure.count {
                    prop_assert!(count == 0 || part.parties.len() >= PARTIES_NEEDED);
                    prop_assert_eq!(count, part.count);
                } else {
                    number += 1;
                    kept.count += part.count;
                    kept.parties.extend(&part.parties);
                }
            }
            if number > 0 && !total.is_few() {
                prop_assert!(number > 1 && kept.parties.len() >= PARTIES_NEEDED);
            }
        }
    }
}
