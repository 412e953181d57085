//! The steps people take with an interest.

use base::{Actor, Code, Faults, Grant, InterestId, Refused, Vocabularies};
use chrono::NaiveDate;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};

use super::rows::{interest, message};
use super::send::due_on;
use super::state::Move;
use super::view::MESSAGES_MAX;
use super::{Case, Interest, InterestReceipt, Side, after, at_most, load_to_change, save, tell, valid, write};
use crate::access::{PursueInterest, RelayInterest, ReplyToInterest, RevealSender};
use crate::{Brokering, BrokeringError};

/// The most that is written at once.
const TEXT_MAX: usize = 2_000;
/// Texts of one interest from which on nothing more is asked: the answer that is owed and a word with the decision still have
/// room among those that are shown.
const ASKING_MAX: u64 = MESSAGES_MAX - 4;

/// A step with what it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The owner wants to go on; a word with it if they like.
    Accept(String),
    /// The owner does not: a code of `decline_reasons`, and a word with it if they like.
    Decline(Option<Code>, String),
    /// The owner asks this.
    RequestInformation(String),
    /// The seeker answers this.
    Answer(String),
    /// The seeker takes it back.
    Withdraw,
    /// The seeker lets the owner know who it is.
    Reveal,
    /// A broker vouches for it and adds this, which the owner reads.
    Relay(String),
}

impl Step {
    fn what(&self) -> Move {
        match self {
            Self::Accept(_) => Move::Accept,
            Self::Decline(..) => Move::Decline,
            Self::RequestInformation(_) => Move::RequestInformation,
            Self::Answer(_) => Move::Answer,
            Self::Withdraw => Move::Withdraw,
            Self::Reveal => Move::Reveal,
            Self::Relay(_) => Move::Relay,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Accept(text) | Self::Decline(_, text) | Self::RequestInformation(text) | Self::Answer(text) | Self::Relay(text) => text,
            Self::Withdraw | Self::Reveal => "",
        }
    }

    fn check(&self, vocabularies: &Vocabularies, today: NaiveDate) -> Faults {
        let mut faults = Faults::new();
        at_most(self.text(), TEXT_MAX, "/text", &mut faults);
        match self {
            Self::RequestInformation(text) | Self::Answer(text) | Self::Relay(text) if text.is_empty() => faults.add("/text", "missing"),
            Self::Decline(None, _) => faults.add("/reason", "missing"),
            Self::Decline(Some(reason), _) => vocabularies.check("decline_reasons", reason, today, "/reason", &mut faults),
            _ => {}
        }
        faults
    }
}

/// Takes a step with an interest that was seen at this version.
///
/// # Errors
/// [`Refused`] for whoever is on no side of it or on the other; [`BrokeringError::Stale`] if it changed since;
/// [`BrokeringError::NotAllowed`] with the steps there are; [`BrokeringError::Invalid`] with all faults.
pub async fn take(brokering: &Brokering, ctx: Ctx, id: InterestId, seen: i64, step: Step) -> Result<InterestReceipt, BrokeringError> {
    let (actor, shared) = (ctx.actor.clone(), brokering.clone());
    brokering.store.write(ctx, move |tx| take_in(tx, shared.clone(), actor.clone(), id, seen, step.clone())).await
}

async fn take_in(
    tx: Tx,
    brokering: Brokering,
    actor: Actor,
    id: InterestId,
    seen: i64,
    step: Step,
) -> Result<InterestReceipt, BrokeringError> {
    let case = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
    let case = permitted(&actor, case, step.what())?;
    let now = &case.interest;
    if now.version != seen {
        return Err(BrokeringError::Stale { current: now.version });
    }
    let state = after(now.state, step.what())?;
    let mut faults = step.check(&brokering.vocabularies, tx.today());
    if matches!(step, Step::RequestInformation(_)) && texts_of(&tx, id).await? >= ASKING_MAX {
        faults.add("/text", "interest_asked_enough");
    }
    valid(faults)?;
    let mut change = interest::ActiveModel {
        status: Set(state.status.as_str().to_owned()),
        anonymity: Set(state.anonymity.as_str().to_owned()),
        ..Default::default()
    };
    let mut due = now.answer_due_on;
    match step.what() {
        Move::Accept | Move::Decline | Move::RequestInformation if now.answered_at.is_none() => change.answered_at = Set(Some(tx.now())),
        _ => {}
    }
    if !state.status.is_open() && now.state.status.is_open() {
        change.closed_at = Set(Some(tx.now()));
    }
    // It goes to the other side, who has as many days.
    if matches!(step, Step::RequestInformation(_) | Step::Answer(_)) {
        due = due_on(&tx, &brokering);
        change.answer_due_on = Set(due);
        change.reminded_at = Set(None);
        change.overdue_at = Set(None);
    }
    let mut facts = json!({ "listing": now.listing, "status": state.status });
    let event = match &step {
        Step::Accept(_) => "interest.accepted",
        Step::Decline(reason, _) => {
            change.reason = Set(reason.as_ref().map(|r| r.0.clone()));
            facts = json!({ "listing": now.listing, "status": state.status, "reason": reason });
            "interest.declined"
        }
        Step::RequestInformation(_) => "interest.information_requested",
        Step::Answer(_) => "interest.information_given",
        Step::Withdraw => "interest.withdrawn",
        Step::Reveal => "interest.revealed",
        Step::Relay(context) => {
            change.relayed_by = Set(actor.account().map(|a| a.0));
            change.context = Set(context.clone());
            "interest.relayed"
        }
    };
    let is_first_reply = matches!(change.answered_at, Set(_));
    let version = save(&tx, now, change).await?;
    if is_first_reply {
        super::reply_time::note(&tx, now.owner).await?;
    }
    tx.emit(NewEvent::new("interest", id, event, facts));
    let next = Interest { state, version, answer_due_on: due, ..now.clone() };
    let receipt = next.receipt();
    let case = Case { interest: next, ..case };
    if matches!(step, Step::Reveal) {
        crate::deals::reveal(&tx, &case.interest, &actor).await?;
    }
    write_and_tell(&tx, &case, &step).await?;
    Ok(receipt)
}

/// How many texts an interest has.
async fn texts_of(tx: &Tx, id: InterestId) -> Result<u64, StoreError> {
    Ok(message::Entity::find().filter(message::Column::InterestId.eq(id.0)).count(tx.db()).await?)
}

/// The case, if the actor may take this step in it.
fn permitted(actor: &Actor, case: Case, step: Move) -> Result<Case, Refused> {
    match step {
        Move::Accept | Move::Decline | Move::RequestInformation => Grant::<ReplyToInterest>::check(actor, case).map(Grant::into_object),
        Move::Answer | Move::Withdraw => Grant::<PursueInterest>::check(actor, case).map(Grant::into_object),
        Move::Reveal => Grant::<RevealSender>::check(actor, case).map(Grant::into_object),
        Move::Relay => Grant::<RelayInterest>::check(actor, case).map(Grant::into_object),
        // Nobody takes these by asking for them.
        Move::Read | Move::Expire => Err(Refused::Hidden),
    }
}

/// The steps the actor has from here.
pub(super) fn open_to(actor: &Actor, case: &Case) -> Vec<Move> {
    case.interest.state.steps().into_iter().filter(|step| permitted(actor, case.clone(), *step).is_ok()).collect()
}

async fn write_and_tell(tx: &Tx, case: &Case, step: &Step) -> Result<(), BrokeringError> {
    let (id, version, name) = (case.interest.id, case.interest.version, step.what().as_str());
    match step {
        Step::Accept(text) | Step::Decline(_, text) | Step::RequestInformation(text) => {
            write(tx, id, Side::Owner, text).await?;
            tell::to_seeker(tx, &case.interest, version, name).await?;
        }
        Step::Answer(text) => {
            write(tx, id, Side::Seeker, text).await?;
            tell::to_owner(tx, case, version, name).await?;
        }
        Step::Withdraw | Step::Reveal | Step::Relay(_) => tell::to_owner(tx, case, version, name).await?,
    }
    Ok(())
}
