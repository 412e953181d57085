//! What a listing says: one typed struct per kind, stored as JSON per version, unknown fields refused.
//!
//! A struct here gives validation, the OpenAPI schema, the form, the index document, import and export: a new field
//! is added here, in `texts` and in its check, and the compiler shows the rest. Every field may be empty, since a
//! draft is saved at any state; what must be there to submit is decided in [`crate::check`].
//!
//! Not here, by structure: budget, floor price and how staff heard of a need. They are [`crate::private::PrivateTerms`],
//! in a table of their own, and have no way into these types, the index or an event.

mod ip_asset;
mod need;
mod shared;
mod technology;

use base::text::LocalisedList;
use base::{Code, Lang, Localised};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use ip_asset::{IpAsset, OfficeNumber, Priority};
pub use need::{Direction, Need, Target, TargetPriority};
pub use shared::{ListCheck, Price, Publication, Reference, Share, StateFunding, Terms};
pub use technology::{Advantage, Technology};

use crate::kind::Kind;

/// The schema number written beside every stored content. Raise it with a step in [`crate::upgrade`].
pub const SCHEMA: i32 = 1;

/// The content of a listing of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "content", rename_all = "snake_case")]
pub enum Content {
    /// A technology on offer.
    Technology(Box<Technology>),
    /// An intellectual property asset.
    IpAsset(Box<IpAsset>),
    /// A need.
    Need(Box<Need>),
}

/// Every text and word of a content that people read, with its JSON pointer, its limit and what it weighs in search.
pub struct TextField<'a> {
    /// JSON pointer inside the content, such as `/title` or `/advantages/0/metric`.
    pub pointer: String,
    /// The text.
    pub text: &'a Localised,
    /// The most characters each language may have.
    pub max: usize,
    /// Where it counts in search.
    pub role: TextRole,
}

/// Where a text counts in search and matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextRole {
    /// The title.
    Title,
    /// The short text shown in results.
    Summary,
    /// What it is good for: advantages, targets.
    Advantage,
    /// The long texts.
    Description,
    /// Everything else.
    Other,
}

impl Content {
    /// An empty draft.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Technology => Self::Technology(Box::default()),
            Kind::IpAsset => Self::IpAsset(Box::default()),
            Kind::Need => Self::Need(Box::default()),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Technology(_) => Kind::Technology,
            Self::IpAsset(_) => Kind::IpAsset,
            Self::Need(_) => Kind::Need,
        }
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &Localised {
        match self {
            Self::Technology(c) => &c.title,
            Self::IpAsset(c) => &c.title,
            Self::Need(c) => &c.title,
        }
    }

    /// The short text that stands for the listing in results.
    #[must_use]
    pub fn summary(&self) -> &Localised {
        match self {
            Self::Technology(c) => &c.summary,
            Self::IpAsset(c) => &c.summary,
            Self::Need(c) => &c.problem,
        }
    }

    /// The Vietnamese S&T field.
    #[must_use]
    pub fn field(&self) -> Option<&Code> {
        match self {
            Self::Technology(c) => c.field.as_ref(),
            Self::IpAsset(c) => c.field.as_ref(),
            Self::Need(c) => c.field.as_ref(),
        }
    }

    /// What kind of right it is, of an IP asset alone.
    #[must_use]
    pub fn ip_kind(&self) -> Option<&Code> {
        match self {
            Self::IpAsset(c) => c.ip_kind.as_ref(),
            Self::Technology(_) | Self::Need(_) => None,
        }
    }

    /// The readiness level offered, or the least one wanted.
    #[must_use]
    pub fn trl(&self) -> Option<u8> {
        match self {
            Self::Technology(c) => c.trl,
            Self::IpAsset(_) => None,
            Self::Need(c) => c.trl_min,
        }
    }

    /// Forms of cooperation sought or offered.
    #[must_use]
    pub fn cooperation(&self) -> &[Code] {
        match self {
            Self::Technology(c) => &c.cooperation,
            Self::IpAsset(_) => &[],
            Self::Need(c) => &c.cooperation,
        }
    }

    /// The kinds of partner looked for.
    #[must_use]
    pub fn partner_types(&self) -> &[Code] {
        match self {
            Self::Technology(c) => &c.partner_types,
            Self::IpAsset(_) => &[],
            Self::Need(c) => &c.partner_types,
        }
    }

    /// The state of protection: a technology's own, an IP asset's derived from its status.
    #[must_use]
    pub fn ipr_status(&self) -> Option<&str> {
        match self {
            Self::Technology(c) => c.ipr_status.as_ref().map(Code::as_str),
            Self::IpAsset(c) => c.ipr_status(),
            Self::Need(_) => None,
        }
    }

    /// Keyword lists, the more technical first.
    #[must_use]
    pub fn keywords(&self) -> Vec<&LocalisedList> {
        match self {
            Self::Technology(c) => vec![&c.keywords, &c.market_keywords],
            Self::IpAsset(c) => vec![&c.keywords],
            Self::Need(c) => vec![&c.keywords],
        }
    }

    /// International patent classes.
    #[must_use]
    pub fn ipc(&self) -> &[Code] {
        match self {
            Self::Technology(c) => &c.ipc,
            Self::IpAsset(c) => &c.ipc,
            Self::Need(_) => &[],
        }
    }

    /// Cooperative patent classes.
    #[must_use]
    pub fn cpc(&self) -> &[Code] {
        match self {
            Self::Technology(c) => &c.cpc,
            Self::IpAsset(c) => &c.cpc,
            Self::Need(_) => &[],
        }
    }

    /// Registration and application numbers as people wrote them.
    #[must_use]
    pub fn numbers(&self) -> Vec<&str> {
        match self {
            Self::IpAsset(c) => [&c.application, &c.publication, &c.grant].into_iter().flatten().map(|n| n.number.as_str()).collect(),
            Self::Technology(_) | Self::Need(_) => Vec::new(),
        }
    }

    /// True if the seeker is not to be named to the public.
    #[must_use]
    pub fn hides_party(&self) -> bool {
        match self {
            Self::Need(c) => c.anonymity.as_ref().is_some_and(|a| *a != "named"),
            Self::Technology(_) | Self::IpAsset(_) => false,
        }
    }

    /// True if the public is told neither the seeker's sort nor their place.
    #[must_use]
    pub fn hides_place(&self) -> bool {
        match self {
            Self::Need(c) => c.anonymity.as_ref().is_some_and(|a| *a != "named" && *a != "sector_and_region"),
            Self::Technology(_) | Self::IpAsset(_) => false,
        }
    }

    /// What outsiders may read of it: a seeker who wants to stay hidden is not told by their place either.
    #[must_use]
    pub fn for_outsiders(mut self) -> Self {
        if self.hides_place()
            && let Self::Need(need) = &mut self
        {
            need.province = None;
        }
        self
    }

    /// The languages in which there is a title.
    #[must_use]
    pub fn languages(&self) -> Vec<Lang> {
        Lang::ALL.into_iter().filter(|l| self.title().get(*l).is_some()).collect()
    }

    /// Every text of the content.
    #[must_use]
    pub fn texts(&self) -> Vec<TextField<'_>> {
        match self {
            Self::Technology(c) => c.texts(),
            Self::IpAsset(c) => c.texts(),
            Self::Need(c) => c.texts(),
        }
    }

    /// Every text of the content, to be changed in place; the same texts in the same order as [`Content::texts`].
    pub fn texts_mut(&mut self) -> Vec<&mut Localised> {
        match self {
            Self::Technology(c) => c.texts_mut(),
            Self::IpAsset(c) => c.texts_mut(),
            Self::Need(c) => c.texts_mut(),
        }
    }

    /// Sets origin and revision of every text after an edit that becomes `version` (see [`Localised::restamp`]).
    pub fn restamp(&mut self, before: Option<&Self>, source: Lang, version: u32) {
        let old: std::collections::BTreeMap<String, Localised> =
            before.map(|b| b.texts().into_iter().map(|t| (t.pointer, t.text.clone())).collect()).unwrap_or_default();
        let pointers: Vec<String> = self.texts().into_iter().map(|t| t.pointer).collect();
        for (pointer, text) in pointers.iter().zip(self.texts_mut()) {
            text.restamp(old.get(pointer), source, version);
        }
    }

    /// The content alone as JSON, without the kind.
    ///
    /// # Errors
    /// None in practice: the types hold nothing that JSON has not.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Technology(c) => serde_json::to_string(c),
            Self::IpAsset(c) => serde_json::to_string(c),
            Self::Need(c) => serde_json::to_string(c),
        }
    }

    /// Reads what [`Content::to_json`] wrote, of the current schema.
    ///
    /// # Errors
    /// If the JSON is not of this kind.
    pub fn from_json(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            Kind::Technology => Self::Technology(serde_json::from_str(json)?),
            Kind::IpAsset => Self::IpAsset(serde_json::from_str(json)?),
            Kind::Need => Self::Need(serde_json::from_str(json)?),
        })
    }
}

/// A text field for [`Content::texts`].
fn field<'a>(pointer: impl Into<String>, text: &'a Localised, max: usize, role: TextRole) -> TextField<'a> {
    TextField { pointer: pointer.into(), text, max, role }
}
