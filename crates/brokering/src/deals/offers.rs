//! Offers and counter-offers: full terms, numbered, never changed. A new offer takes the place of the open one; the other
//! side accepts it as it stands. A broker may pass on an offer for a side, and accepts none: where that side has people of its
//! own who could have made it, it is agreed to once one of them accepted it, too.

use base::{AccountId, Actor, Code, DealId, Faults, Money, PartyRole, Refused, Vocabularies};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::facts::Facts;
use super::rows::{deal, offer as rows};
use super::{Deal, DealReceipt, Role, Side, check_text, in_deal, notices, read_json, readable, save, write_json};
use crate::access::ReadDeal;
use crate::{Brokering, BrokeringError};

/// Offers of one deal at most.
const OFFERS_MAX: i64 = 200;
/// The base of a royalty that is an amount for each unit and no share: a code of `royalty_bases`.
const BY_UNIT: &str = "per_unit";

base::words! {
    /// Where an offer stands.
    OfferStatus {
        /// It waits for the word of a side.
        Open = "open",
        /// Both sides agreed to it.
        Accepted = "accepted",
        /// A later one took its place.
        Superseded = "superseded",
        /// Its side took it back.
        Withdrawn = "withdrawn",
    }
}

/// A running royalty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Royalty {
    /// Its rate in basis points (1 = 0.01 %), with every base but `per_unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_bp: Option<u16>,
    /// Of what: a code of `royalty_bases`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Code>,
    /// The amount per unit, with the base `per_unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_unit: Option<Money>,
}

/// A part of the payment that is due when something is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OfferMilestone)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What is reached, at most 256 characters.
    #[schema(max_length = 256)]
    pub title: String,
    /// What is then paid.
    pub amount: Money,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
}

/// The terms of an offer. A field that is not there is not offered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfferTerms {
    /// A code of `rights`: ownership, or the right to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Code>,
    /// A code of `exclusivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusivity: Option<Code>,
    /// Whether the seeker may license on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sublicence: Option<bool>,
    /// For which uses; at most 1,000 characters.
    #[schema(max_length = 1000)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field_of_use: String,
    /// Where: two letters each, such as the codes of `countries`; `WO` for the world.
    #[schema(max_items = 50)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub territory: Vec<Code>,
    /// For how many months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_months: Option<u32>,
    /// Codes of `payment`.
    #[schema(max_items = 8)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment: Vec<Code>,
    /// What is paid as a sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lump_sum: Option<Money>,
    /// What is paid as it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Royalty>,
    /// What is paid as it is reached.
    #[schema(max_items = 20)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Stage>,
    /// The share in the firm that the technology becomes, in basis points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capital_share_bp: Option<u16>,
    /// What is licensed in return; at most 1,000 characters.
    #[schema(max_length = 1000)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cross_licence: String,
    /// Anything else; at most 2,000 characters.
    #[schema(max_length = 2000)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Royalty {
    /// A rate goes with what it is a rate of, an amount with the unit: what goes with neither would be a price that each side
    /// reads in its own way.
    fn check_basis(&self, faults: &mut Faults) {
        let (rate, amount) = ("/terms/royalty/rate_bp", "/terms/royalty/per_unit");
        match self.base.as_ref().map(|base| base.as_str() == BY_UNIT) {
            None => {
                faults.add("/terms/royalty/base", "missing");
                if self.rate_bp.is_none() && self.per_unit.is_none() {
                    faults.add(rate, "missing");
                }
            }
            Some(true) => {
                if self.per_unit.is_none() {
                    faults.add(amount, "missing");
                }
                if self.rate_bp.is_some() {
                    faults.add(rate, "deal_royalty_by_unit");
                }
            }
            Some(false) => {
                if self.rate_bp.is_none() {
                    faults.add(rate, "missing");
                }
                if self.per_unit.is_some() {
                    faults.add(amount, "deal_royalty_by_rate");
                }
            }
        }
    }
}

impl OfferTerms {
    /// Adds what is wrong with the terms.
    fn check(&self, vocabularies: &Vocabularies, today: NaiveDate, faults: &mut Faults) {
        let at = |part: &str| format!("/terms{part}");
        let code = |list: &str, code: Option<&Code>, part: &str, faults: &mut Faults| {
            if let Some(code) = code {
                vocabularies.check(list, code, today, &at(part), faults);
            }
        };
        if *self == Self::default() {
            faults.add("/terms", "deal_empty_offer");
        }
        code("rights", self.right.as_ref(), "/right", faults);
        code("exclusivity", self.exclusivity.as_ref(), "/exclusivity", faults);
        for (n, one) in self.payment.iter().enumerate() {
            code("payment", Some(one), &format!("/payment/{n}"), faults);
        }
        for (n, one) in self.territory.iter().enumerate() {
            if one.as_str().len() != 2 || !one.as_str().bytes().all(|b| b.is_ascii_uppercase()) {
                faults.add(at(&format!("/territory/{n}")), "bad_territory");
            }
        }
        for (count, max, part) in
            [(self.territory.len(), 50, "/territory"), (self.milestones.len(), 20, "/milestones"), (self.payment.len(), 8, "/payment")]
        {
            if count > max {
                faults.add_with(at(part), "too_many", &[("max", &max.to_string()), ("count", &count.to_string())]);
            }
        }
        check_text(&self.field_of_use, &at("/field_of_use"), 1_000, false, faults);
        check_text(&self.cross_licence, &at("/cross_licence"), 1_000, false, faults);
        check_text(&self.note, &at("/note"), 2_000, false, faults);
        if self.term_months.is_some_and(|months| months == 0 || months > 1_200) {
            faults.add(at("/term_months"), "out_of_range");
        }
        if let Some(sum) = &self.lump_sum {
            sum.check(&at("/lump_sum"), faults);
        }
        if let Some(royalty) = &self.royalty {
            code("royalty_bases", royalty.base.as_ref(), "/royalty/base", faults);
            royalty.check_basis(faults);
            if royalty.rate_bp.is_some_and(|rate| rate == 0 || rate > 10_000) {
                faults.add(at("/royalty/rate_bp"), "out_of_range");
            }
            if let Some(amount) = &royalty.per_unit {
                amount.check(&at("/royalty/per_unit"), faults);
            }
        }
        for (n, one) in self.milestones.iter().enumerate() {
            check_text(&one.title, &at(&format!("/milestones/{n}/title")), 256, true, faults);
            one.amount.check(&at(&format!("/milestones/{n}/amount")), faults);
        }
        if self.capital_share_bp.is_some_and(|share| share == 0 || share > 10_000) {
            faults.add(at("/capital_share_bp"), "out_of_range");
        }
    }
}

/// An offer to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// For which side; a broker says it, everybody else offers for their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The terms.
    pub terms: OfferTerms,
}

/// The offer that was made. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfferReceipt {
    /// The offer.
    pub id: Uuid,
    /// The deal's ETag.
    pub version: i64,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferView {
    /// The offer.
    pub id: Uuid,
    /// Which of the deal's it is: 1, 2, 3 …
    pub number: i64,
    /// By which side.
    pub side: Side,
    /// Where it stands.
    pub status: OfferStatus,
    /// Whose word is missing as long as it is open: of the other side, and of its own where a broker passed it on for people who have
    /// not accepted it so far.
    pub awaits: Vec<Side>,
    /// The terms.
    pub terms: OfferTerms,
    /// Who made it.
    pub made_by: Option<AccountId>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was accepted or withdrawn, or another took its place.
    pub decided_at: Option<DateTime<Utc>>,
}

/// For which side somebody offers.
fn side_of(deal: &Deal, actor: &Actor, wanted: Option<Side>) -> Result<Side, &'static str> {
    let own = deal.sides_of(actor);
    match wanted {
        Some(side) if own.contains(&side) || deal.is_brokered_by(actor) || actor.is_system() => Ok(side),
        Some(_) => Err("deal_not_your_side"),
        None => own.first().copied().filter(|_| own.len() == 1).ok_or("missing"),
    }
}

/// Whether an offer for a side has that side's word as it is made: of its own people, and of a broker where it has nobody here who
/// could give it.
async fn has_word(db: &impl ConnectionTrait, deal: &Deal, actor: &Actor, side: Side) -> Result<bool, StoreError> {
    if deal.sides_of(actor).contains(&side) {
        return Ok(true);
    }
    let parties = deal.parties_of_sides().filter(|(of, _)| *of == side).map(|(_, party)| party).collect();
    let writers = [PartyRole::Editor, PartyRole::Admin, PartyRole::Signatory];
    Ok(accounts::lookup::with_people(db, &parties, &writers).await?.is_empty())
}

/// Makes an offer, which takes the place of the open one; nobody does so to one they have not seen.
///
/// # Errors
/// [`BrokeringError::Invalid`] with every wrong term; [`BrokeringError::Stale`]; [`BrokeringError::NotAllowed`] once the deal has ended.
pub async fn offer(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, new: NewOffer) -> Result<OfferReceipt, BrokeringError> {
    let mut faults = Faults::new();
    new.terms.check(&brokering.vocabularies, brokering.store.clock().today(), &mut faults);
    in_deal(brokering, ctx, id, Some(seen), move |tx, deal, actor| {
        let (new, mut faults) = (new.clone(), faults.clone());
        async move {
            deal.must_go_on("offer")?;
            if deal.party_as(Role::Seeker).is_none() {
                faults.add("", "deal_no_seeker");
            }
            let side = match side_of(&deal, &actor, new.side) {
                Ok(side) if faults.is_empty() => side,
                Ok(_) => return Err(BrokeringError::Invalid(faults)),
                Err(code) => {
                    faults.add("/side", code);
                    return Err(BrokeringError::Invalid(faults));
                }
            };
            let number = last_number(tx.db(), id).await? + 1;
            if number > OFFERS_MAX {
                return Err(BrokeringError::NotAllowed { to: "offer".to_owned(), allowed: Vec::new() });
            }
            settle(&tx, id, OfferStatus::Open, OfferStatus::Superseded, None).await?;
            let agreed: Option<Side> = has_word(tx.db(), &deal, &actor, side).await?.then_some(side);
            let word_of = |of: Side| agreed.filter(|side| *side == of).map(|_| tx.now());
            let offer = tx.new_id();
            let row = rows::ActiveModel {
                id: Set(offer),
                deal_id: Set(id.0),
                number: Set(number),
                side: Set(side.as_str().to_owned()),
                status: Set(OfferStatus::Open.as_str().to_owned()),
                terms: Set(write_json("offer", &new.terms)?),
                owner_agreed_at: Set(word_of(Side::Owner)),
                seeker_agreed_at: Set(word_of(Side::Seeker)),
                made_by: Set(actor.account().map(|a| a.0)),
                made_at: Set(tx.now()),
                decided_by: Set(None),
                decided_at: Set(None),
            };
            rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            let version = save(&tx, &deal, deal::ActiveModel::default()).await?;
            let facts = json!({ "offer": offer, "number": number, "side": side, "agreed": agreed });
            tx.emit(NewEvent::new("deal", id, "deal.offer_made", facts));
            if let Some(account) = actor.account() {
                notices::said(&tx, &deal, "offer", offer, Some(account)).await?;
            }
            Ok(OfferReceipt { id: offer, version })
        }
    })
    .await
}

/// A side accepts an offer as it stands: the other one, or its own where a broker passed it on. It is agreed to once both did.
///
/// # Errors
/// [`BrokeringError::Invalid`] where the stage the deal stands in would lack what it needs, as where the law was told of another
/// right; [`BrokeringError::NotAllowed`] unless it is open, and for a side that accepted it before; [`base::Refused`] for the side whose
/// own people made it, and for brokers.
pub async fn accept(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid) -> Result<DealReceipt, BrokeringError> {
    decide(brokering, ctx, id, which, OfferStatus::Accepted).await
}

/// Its side takes an offer back.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] unless it is open; [`base::Refused`] for the other side.
pub async fn withdraw(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid) -> Result<DealReceipt, BrokeringError> {
    decide(brokering, ctx, id, which, OfferStatus::Withdrawn).await
}

async fn decide(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid, to: OfferStatus) -> Result<DealReceipt, BrokeringError> {
    let inner = brokering.clone();
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let brokering = inner.clone();
        async move {
            let row = rows::Entity::find_by_id(which).filter(rows::Column::DealId.eq(id.0)).one(tx.db()).await?;
            let offer = view(row.ok_or(Refused::Hidden)?)?;
            let own = deal.sides_of(&actor);
            // Whoever acts for both sides cannot agree with themselves.
            let accepts = own.first().copied().filter(|side| own.len() == 1 && (*side != offer.side || offer.awaits.contains(side)));
            let may = match to {
                OfferStatus::Accepted => accepts.is_some(),
                _ => own.contains(&offer.side) || deal.is_brokered_by(&actor),
            };
            if !may {
                let action = if to == OfferStatus::Accepted { "deal.accept_offer" } else { "deal.withdraw_offer" };
                return Err(Refused::Forbidden { action }.into());
            }
            deal.must_go_on(to.as_str())?;
            let is_given = to == OfferStatus::Accepted && accepts.is_none_or(|side| !offer.awaits.contains(&side));
            if offer.status != OfferStatus::Open || is_given {
                return Err(BrokeringError::NotAllowed { to: to.to_string(), allowed: Vec::new() });
            }
            let accepts = accepts.filter(|_| to == OfferStatus::Accepted);
            if let Some(side) = accepts {
                give_word(&tx, which, side).await?;
                if offer.awaits.len() > 1 {
                    return agreed_in_part(&tx, &deal, &actor, &offer, side).await;
                }
            }
            if to == OfferStatus::Accepted {
                settle(&tx, id, OfferStatus::Accepted, OfferStatus::Superseded, actor.account()).await?;
            }
            settle(&tx, id, OfferStatus::Open, to, actor.account()).await?;
            if to == OfferStatus::Accepted {
                // What is agreed to after the signature is judged as what was agreed to before it.
                Facts::load(&brokering, tx.db(), &deal, tx.today(), actor.lang).await?.must_keep(&brokering, &deal)?;
            }
            let version = save(&tx, &deal, deal::ActiveModel::default()).await?;
            let kind = if to == OfferStatus::Accepted { "deal.offer_accepted" } else { "deal.offer_withdrawn" };
            let mut facts = json!({ "offer": which, "number": offer.number });
            if let (Some(facts), Some(side)) = (facts.as_object_mut(), accepts) {
                facts.insert("side".to_owned(), json!(side));
            }
            tx.emit(NewEvent::new("deal", id, kind, facts));
            if let Some(account) = actor.account() {
                notices::said(&tx, &deal, to.as_str(), which, Some(account)).await?;
            }
            Ok(DealReceipt::of(&deal, version))
        }
    })
    .await
}

/// Notes that a side accepted an offer.
async fn give_word(tx: &Tx, which: Uuid, side: Side) -> Result<(), StoreError> {
    let at = Set(Some(tx.now()));
    let change = match side {
        Side::Owner => rows::ActiveModel { owner_agreed_at: at, ..Default::default() },
        Side::Seeker => rows::ActiveModel { seeker_agreed_at: at, ..Default::default() },
    };
    rows::Entity::update_many().set(change).filter(rows::Column::Id.eq(which)).exec(tx.db()).await?;
    Ok(())
}

/// One side accepted what a broker passed on, and the other has not so far: it stays open, and all are told.
async fn agreed_in_part(tx: &Tx, deal: &Deal, actor: &Actor, offer: &OfferView, side: Side) -> Result<DealReceipt, BrokeringError> {
    let version = save(tx, deal, deal::ActiveModel::default()).await?;
    let facts = json!({ "offer": offer.id, "number": offer.number, "side": side });
    tx.emit(NewEvent::new("deal", deal.id, "deal.offer_agreed", facts));
    if let Some(account) = actor.account() {
        notices::said(tx, deal, "agreed", offer.id, Some(account)).await?;
    }
    Ok(DealReceipt::of(deal, version))
}

/// Takes the one offer that stands so to where it shall stand.
async fn settle(tx: &Tx, id: DealId, from: OfferStatus, to: OfferStatus, by: Option<AccountId>) -> Result<(), StoreError> {
    rows::Entity::update_many()
        .col_expr(rows::Column::Status, Expr::value(to.as_str()))
        .col_expr(rows::Column::DecidedAt, Expr::value(Some(tx.now())))
        .col_expr(rows::Column::DecidedBy, Expr::value(by.map(|a| a.0)))
        .filter(rows::Column::DealId.eq(id.0))
        .filter(rows::Column::Status.eq(from.as_str()))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Ends the open offer, if there is one: the other side is another party from now on.
pub(super) async fn end_open(tx: &Tx, id: DealId, by: Option<AccountId>) -> Result<(), StoreError> {
    use rows::Column as C;
    let open = rows::Entity::find().filter(C::DealId.eq(id.0)).filter(C::Status.eq(OfferStatus::Open.as_str())).one(tx.db()).await?;
    if let Some(offer) = open {
        settle(tx, id, OfferStatus::Open, OfferStatus::Withdrawn, by).await?;
        tx.emit(NewEvent::new("deal", id, "deal.offer_withdrawn", json!({ "offer": offer.id, "number": offer.number })));
    }
    Ok(())
}

async fn last_number(db: &impl ConnectionTrait, id: DealId) -> Result<i64, StoreError> {
    let last = rows::Entity::find().filter(rows::Column::DealId.eq(id.0)).order_by_desc(rows::Column::Number).limit(1).one(db).await?;
    Ok(last.map_or(0, |row| row.number))
}

/// Every offer of a deal, the newest first.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not read the deal.
pub async fn offers(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Vec<OfferView>, BrokeringError> {
    readable::<ReadDeal>(brokering, actor, id).await?;
    Ok(of_deal(brokering.store.db(), id).await?)
}

/// The offer that both sides agreed to.
pub(super) async fn agreed(db: &impl ConnectionTrait, id: DealId) -> Result<Option<OfferView>, StoreError> {
    let accepted = rows::Entity::find().filter(rows::Column::DealId.eq(id.0));
    accepted.filter(rows::Column::Status.eq(OfferStatus::Accepted.as_str())).one(db).await?.map(view).transpose()
}

pub(crate) async fn of_deal(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<OfferView>, StoreError> {
    let rows = rows::Entity::find().filter(rows::Column::DealId.eq(id.0)).order_by_desc(rows::Column::Number).all(db).await?;
    rows.into_iter().map(view).collect()
}

fn view(row: rows::Model) -> Result<OfferView, StoreError> {
    let bad = |e| StoreError::corrupt("offer", e);
    let status: OfferStatus = row.status.parse().map_err(bad)?;
    let words = [(Side::Owner, row.owner_agreed_at), (Side::Seeker, row.seeker_agreed_at)];
    let missing = words.into_iter().filter(|(_, at)| status == OfferStatus::Open && at.is_none()).map(|(side, _)| side);
    Ok(OfferView {
        id: row.id,
        number: row.number,
        side: row.side.parse().map_err(bad)?,
        status,
        awaits: missing.collect(),
        terms: read_json("offer", &row.terms)?,
        made_by: row.made_by.map(AccountId),
        made_at: row.made_at,
        decided_at: row.decided_at,
    })
}
