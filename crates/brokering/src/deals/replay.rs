//! A deal rebuilt from its events: that what is stored is what happened can be shown from the log alone.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, PartyId};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use store::{EventRow, StoreError};

use super::{BrokerShares, DealParties, Role};

/// What events tell of a deal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Its kind.
    pub kind: String,
    /// The version of its pipeline.
    pub pipeline_version: i64,
    /// Where it stands.
    pub stage: String,
    /// Whether it goes on.
    pub is_open: bool,
    /// Why it was lost.
    pub lost_reason: Option<String>,
    /// Its parties, each with what it is; both sides of a past deal may have become one.
    pub parties: BTreeSet<(PartyId, Role)>,
    /// Its brokers with their shares, and whether each stated their interests.
    pub brokers: BTreeMap<AccountId, (u16, bool)>,
    /// The days of its contract: signed, in force, registered.
    pub contract: [Option<NaiveDate>; 3],
    /// How many messages were sent.
    pub messages: u64,
}

fn part<T: for<'de> Deserialize<'de>>(payload: &Value, name: &str) -> Result<T, StoreError> {
    T::deserialize(payload.get(name).unwrap_or(&Value::Null)).map_err(|e| StoreError::corrupt("event", e))
}

/// Rebuilds a deal from its events, the oldest first.
///
/// # Errors
/// If an event does not hold what it should.
pub fn replay(events: &[EventRow]) -> Result<Replayed, StoreError> {
    let mut deal = Replayed::default();
    for event in events {
        let facts = &event.payload;
        match event.kind.as_str() {
            "deal.opened" => {
                deal.kind = part(facts, "kind")?;
                deal.pipeline_version = part(facts, "pipeline_version")?;
                deal.stage = part(facts, "stage")?;
                deal.is_open = true;
                deal.parties.insert((part(facts, "owner")?, Role::Owner));
                deal.parties.extend(part::<Option<PartyId>>(facts, "seeker")?.map(|p| (p, Role::Seeker)));
                deal.brokers.extend(part::<Option<AccountId>>(facts, "broker")?.map(|a| (a, (10_000, false))));
            }
            "deal.moved" => {
                deal.stage = part(facts, "to")?;
                let ends: Option<String> = part(facts, "ends")?;
                deal.is_open = ends.is_none();
                deal.lost_reason = part(facts, "reason")?;
            }
            "deal.parties_set" => {
                let set = DealParties { parties: part(facts, "parties")? };
                deal.parties = set.parties.into_iter().map(|p| (p.party, p.role)).collect();
            }
            "deal.brokers_set" => {
                let set = BrokerShares { brokers: part(facts, "brokers")? };
                let stated = |account: &AccountId| deal.brokers.get(account).is_some_and(|b| b.1);
                deal.brokers = set.brokers.into_iter().map(|b| (b.account, (b.share_bp, stated(&b.account)))).collect();
            }
            "deal.interests_stated" => {
                if let Some(broker) = deal.brokers.get_mut(&part(facts, "account")?) {
                    broker.1 = true;
                }
            }
            "deal.contract_recorded" => {
                deal.contract = [part(facts, "signed_on")?, part(facts, "in_force_on")?, part(facts, "registered_on")?];
            }
            "deal.message_sent" => deal.messages += 1,
            _ => {}
        }
    }
    Ok(deal)
}
