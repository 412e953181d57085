//! The confidential text of a listing: written and read by its owner's people, sealed as a whole.

use base::{AccountId, Actor, Faults, ListingId};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent};
use utoipa::ToSchema;

use super::rows::confidential;
use super::{part, part_to_change};
use crate::Brokering;
use crate::access::{EditConfidential, ReadConfidential};
use crate::error::BrokeringError;

/// Characters of a section at most.
pub const SECTION_MAX: usize = 15_000;

/// What a party confides of a listing, in the language it is written in. Each section at most 15,000 characters.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConfidentialText {
    /// Know-how: what makes it work.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub know_how: String,
    /// Parameters of the process.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub process_parameters: String,
    /// What it costs, part by part.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cost_structure: String,
    /// Anything else.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub other: String,
}

/// It must not enter a log line by chance.
impl std::fmt::Debug for ConfidentialText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfidentialText(***)")
    }
}

impl ConfidentialText {
    /// The sections by name, in the order they are read.
    #[must_use]
    pub fn sections(&self) -> [(&'static str, &str); 4] {
        [
            ("know_how", &self.know_how),
            ("process_parameters", &self.process_parameters),
            ("cost_structure", &self.cost_structure),
            ("other", &self.other),
        ]
    }

    fn check(&self) -> Result<(), BrokeringError> {
        let mut faults = Faults::new();
        for (name, text) in self.sections() {
            let length = text.chars().count();
            if length > SECTION_MAX {
                faults.add_with(format!("/{name}"), "too_long", &[("max", &SECTION_MAX.to_string()), ("length", &length.to_string())]);
            }
        }
        faults.into_result().map_err(BrokeringError::Invalid)
    }
}

/// The confidential text as its owner's people see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnText {
    /// Its own version, the ETag of a change; 0 while there is none.
    pub version: i64,
    /// Who wrote it last.
    pub updated_by: Option<AccountId>,
    /// When.
    pub updated_at: Option<DateTime<Utc>>,
    /// What it says.
    pub text: ConfidentialText,
}

fn about(listing: ListingId, version: i64) -> String {
    format!("text:{listing}:{version}")
}

/// What is confided of a listing, for its owner's people.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else.
pub async fn own(brokering: &Brokering, actor: &Actor, id: ListingId) -> Result<OwnText, BrokeringError> {
    let db = brokering.store.db();
    part::<ReadConfidential>(db, actor, id).await?;
    load(brokering, db, id).await
}

/// What is confided of a listing; who may read it was decided before.
pub(super) async fn load(brokering: &Brokering, db: &impl ConnectionTrait, id: ListingId) -> Result<OwnText, BrokeringError> {
    let Some(row) = confidential::Entity::find_by_id(id.0).one(db).await? else {
        return Ok(OwnText { version: 0, updated_by: None, updated_at: None, text: ConfidentialText::default() });
    };
    let text = brokering.vault.unseal(&row.sealed, &about(id, row.version))?;
    Ok(OwnText { version: row.version, updated_by: row.updated_by.map(AccountId), updated_at: Some(row.updated_at), text })
}

/// Writes all that is confided of a listing; gives its version.
///
/// # Errors
/// [`BrokeringError::Invalid`] for a section that is too long; [`BrokeringError::Stale`] if it changed since `seen`;
/// [`BrokeringError::Refused`] for whoever does not write for the owner.
pub async fn write(brokering: &Brokering, ctx: Ctx, id: ListingId, seen: i64, text: ConfidentialText) -> Result<i64, BrokeringError> {
    text.check()?;
    let (vault, actor) = (brokering.vault.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx| {
            let (vault, actor, text) = (vault.clone(), actor.clone(), text.clone());
            async move {
                part_to_change::<EditConfidential>(&tx, &actor, id).await?;
                let before = confidential::Entity::find_by_id(id.0).one(tx.db()).await?;
                let current = before.map_or(0, |row| row.version);
                if current != seen {
                    return Err(BrokeringError::Stale { current });
                }
                let version = current + 1;
                let sections = text.sections().iter().filter(|(_, text)| !text.trim().is_empty()).count();
                confidential::Entity::delete_by_id(id.0).exec(tx.db()).await?;
                let row = confidential::ActiveModel {
                    listing_id: Set(id.0),
                    sealed: Set(vault.seal(&text, &about(id, version))?),
                    sections: Set(i64::try_from(sections).unwrap_or(0)),
                    version: Set(version),
                    updated_by: Set(actor.account().map(|a| a.0)),
                    updated_at: Set(tx.now()),
                };
                confidential::Entity::insert(row).exec_without_returning(tx.db()).await?;
                // That it changed is a fact; what it says is not told.
                tx.emit(NewEvent::new("listing", id, "confidential.text_set", json!({ "version": version })));
                Ok(version)
            }
        })
        .await
}
