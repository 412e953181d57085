//! The legal path: what a deal's facts ask for under the rules in force on its day, from a dated table of rules
//! (`config/legal/*.toml`).
//!
//! It is advice, and every answer says so, with article and source. Two things it decides: what the law demands before
//! signing and is not there blocks the stage that needs the legal path, and whether a registration is due.
//! [`legal_path`] knows neither clock nor database. Not here: any rule of law; those are data, which `rules` reads and checks.

mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base::{Code, Lang};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use rules::{Effect, Law, Laws, LegalError, Rule};

base::words! {
    /// Which way over the border a technology goes.
    Direction {
        /// Both sides are in Vietnam.
        Domestic = "domestic",
        /// From abroad into Vietnam.
        Inbound = "inbound",
        /// From Vietnam abroad.
        Outbound = "outbound",
    }
}

base::words! {
    /// Whether a contract is to be registered.
    Registration {
        /// The facts that decide it are not all known.
        Unknown = "unknown",
        /// It must be.
        Required = "required",
        /// It may be.
        Voluntary = "voluntary",
        /// No rule here speaks of it.
        None = "none",
    }
}

/// What the law asks about a deal. What is not there is not answered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LegalFacts {
    /// Whether it crosses the border.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Whether State capital or the State budget is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_capital: Option<bool>,
    /// A code of `transfer_lists`: on which list of the law the technology is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Code>,
    /// A code of `rights`: ownership or the right to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Code>,
    /// Whether the parties are parent and subsidiary or otherwise related; no unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<bool>,
    /// Whether the result of the State's task was registered and has its certificate; no unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_certificate: Option<bool>,
}

impl LegalFacts {
    /// The questions that are not answered, as names of fields.
    #[must_use]
    pub fn unanswered(&self) -> Vec<&'static str> {
        let asked = [
            ("direction", self.direction.is_none()),
            ("state_capital", self.state_capital.is_none()),
            ("list", self.list.is_none()),
            ("right", self.right.is_none()),
        ];
        asked.into_iter().filter(|(_, open)| *open).map(|(name, _)| name).collect()
    }
}

/// All that the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// The kind of deal.
    pub kind: String,
    /// What is transferred; never empty, since a deal that names nothing yet is judged by its kind ([`transferred`]).
    pub objects: Vec<Transferred>,
    /// The answers.
    pub facts: LegalFacts,
    /// What the contract says, as items of the rules.
    pub contents: BTreeSet<String>,
    /// Codes of `deal_papers` that are there.
    pub papers: BTreeSet<String>,
    /// The day it was signed.
    pub signed_on: Option<NaiveDate>,
}

/// How the law divides what is transferred.
const OBJECTS: [&str; 3] = ["technology", "industrial_property", "other"];

/// Something that is transferred, as the law sees it. A rule about one holds for the whole deal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// As the law divides it: `technology`, `industrial_property` or `other`.
    pub object: &'static str,
    /// A code of `ip_kinds`, of an IP asset.
    pub ip_kind: Option<Code>,
}

/// What a deal of this kind transfers as the law sees it, from the `ip_kinds` of its objects; none is that of a technology.
#[must_use]
pub fn transferred(kind: &str, objects: impl IntoIterator<Item = Option<Code>>) -> Vec<Transferred> {
    let one = |ip_kind: Option<Code>| Transferred { object: object_of(kind, ip_kind.as_ref().map(Code::as_str)), ip_kind };
    let mut all: Vec<Transferred> = Vec::new();
    for object in objects.into_iter().map(one) {
        if !all.contains(&object) {
            all.push(object);
        }
    }
    if all.is_empty() {
        all.push(one(None));
    }
    all
}

/// How the law divides what is transferred: an asset by its kind, else a technology. Software is one of the things that the Law on
/// Technology Transfer names (Article 4.1 b).
#[must_use]
pub fn object_of(kind: &str, ip_kind: Option<&str>) -> &'static str {
    match ip_kind {
        None if kind == "mark_use" => "industrial_property",
        None | Some("trade_secret" | "software") => "technology",
        Some("plant_variety" | "copyright" | "recognised_initiative") => "other",
        Some(_) => "industrial_property",
    }
}

/// The code of `rights` that a deal of this kind passes on; none where it may be either.
#[must_use]
pub fn right_of(kind: &str) -> Option<&'static str> {
    match kind {
        "assignment" => Some("ownership"),
        "licence" | "mark_use" => Some("right_to_use"),
        _ => None,
    }
}

impl Case {
    /// What is known of each thing that is transferred, and of the deal with it.
    fn known(&self) -> Vec<BTreeMap<&'static str, &str>> {
        self.objects.iter().map(|object| self.known_of(object)).collect()
    }

    fn known_of<'a>(&'a self, transferred: &'a Transferred) -> BTreeMap<&'static str, &'a str> {
        let yes = |answer: bool| if answer { "yes" } else { "no" };
        let facts = &self.facts;
        let answers = [
            ("kind", Some(self.kind.as_str())),
            ("object", Some(transferred.object)),
            ("ip_kind", transferred.ip_kind.as_ref().map(Code::as_str)),
            ("direction", facts.direction.map(Direction::as_str)),
            ("state_capital", facts.state_capital.map(yes)),
            ("list", facts.list.as_ref().map(Code::as_str)),
            ("right", facts.right.as_ref().map(Code::as_str)),
            ("related", Some(yes(facts.related.unwrap_or_default()))),
            ("result_certificate", Some(yes(facts.result_certificate.unwrap_or_default()))),
        ];
        answers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// One thing that a rule says of this deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Advice {
    /// The rule.
    pub rule: String,
    /// What it does.
    pub effect: Effect,
    /// What it says, in the reader's language.
    pub text: String,
    /// The law, in the reader's language.
    pub law: String,
    /// The article.
    pub article: String,
    /// Which text of the law it was read in and when, in the reader's language.
    pub source: String,
    /// The first day the rule holds, where it is known.
    pub from: Option<NaiveDate>,
    /// The last day the rule holds.
    pub to: Option<NaiveDate>,
    /// The item of the contract or the paper it is about.
    pub about: Option<String>,
    /// By when, once the contract is signed.
    pub due_on: Option<NaiveDate>,
    /// Who is to do it: `owner` or `seeker`.
    pub by: Option<String>,
    /// Whether what it demands is there; none where it demands nothing.
    pub is_met: Option<bool>,
    /// Whether the contract must not be signed as long as this is not met.
    pub is_blocking: bool,
    /// Whether the article still has to be looked up.
    pub to_check: bool,
}

/// Where what the rules say of a law was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LegalSource)]
pub struct Source {
    /// The law, in the reader's language.
    pub law: String,
    /// Which text of it and when, in the reader's language.
    pub source: String,
}

/// What the rules in force on a day say of a deal. Advice, not a legal opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LegalPath {
    /// The day by whose rules it was judged: of signing, else today.
    pub as_of: NaiveDate,
    /// That this is advice, in the reader's language.
    pub disclaimer: String,
    /// What to beware of with each law that speaks here, in the reader's language.
    pub caveats: Vec<String>,
    /// Where what is said of each law that speaks here was read.
    pub sources: Vec<Source>,
    /// Questions that are not answered yet.
    pub unanswered: Vec<&'static str>,
    /// Whether the contract is to be registered.
    pub registration: Registration,
    /// By when, once it is signed and if it must be: the first day that any rule gives.
    pub register_by: Option<NaiveDate>,
    /// What each rule says.
    pub advice: Vec<Advice>,
}

impl LegalPath {
    /// What is demanded before signing and is not there.
    pub fn blocking(&self) -> impl Iterator<Item = &Advice> {
        self.advice.iter().filter(|a| a.is_blocking && a.is_met != Some(true))
    }

    /// What is demanded before the contract is carried out and is not there.
    pub fn blocking_delivery(&self) -> impl Iterator<Item = &Advice> {
        self.advice.iter().filter(|a| a.effect == Effect::PaperInForce && a.is_met != Some(true))
    }
}

/// What the rules in force on `day` say of a deal.
#[must_use]
pub fn legal_path(laws: &Laws, case: &Case, day: NaiveDate, lang: Lang) -> LegalPath {
    let known = case.known();
    let (mut caveats, mut sources) = (Vec::new(), Vec::new());
    let mut advice = Vec::new();
    for law in &laws.0 {
        let before = advice.len();
        advice.extend(law.rules.iter().filter(|rule| rule.holds(day, &known)).map(|rule| advise(law, rule, case, lang)));
        if advice.len() > before {
            caveats.push(law.caveat(lang).to_owned());
            sources.push(Source { law: law.name(lang).to_owned(), source: law.source(lang).to_owned() });
        }
    }
    let says = |effect: Effect| advice.iter().any(|a: &Advice| a.effect == effect);
    let unanswered = case.facts.unanswered();
    let registration = if says(Effect::Register) {
        Registration::Required
    } else if says(Effect::RegisterVoluntary) {
        Registration::Voluntary
    } else if unanswered.is_empty() {
        Registration::None
    } else {
        Registration::Unknown
    };
    // Several laws may ask for it, and not each gives a day.
    let register_by = advice.iter().filter(|a| a.effect == Effect::Register).filter_map(|a| a.due_on).min();
    let disclaimer = base::messages::say(lang, "legal-disclaimer", &[]);
    LegalPath { as_of: day, disclaimer, caveats, sources, unanswered, registration, register_by, advice }
}

fn advise(law: &Law, rule: &Rule, case: &Case, lang: Lang) -> Advice {
    let is_met = match rule.effect {
        Effect::Content => rule.item.as_ref().map(|item| case.contents.contains(item)),
        Effect::Paper | Effect::PaperInForce => rule.paper.as_ref().map(|paper| case.papers.contains(paper)),
        Effect::Forbid => Some(false),
        Effect::Register | Effect::RegisterVoluntary | Effect::Duty | Effect::Note => None,
    };
    let days = rule.days.map(|days| Days::new(u64::from(days)));
    let is_vi = lang == Lang::Vi;
    Advice {
        rule: rule.code.clone(),
        effect: rule.effect,
        text: if is_vi { rule.vi.clone() } else { rule.en.clone() },
        law: law.name(lang).to_owned(),
        article: rule.article.clone(),
        source: law.source(lang).to_owned(),
        from: rule.from,
        to: rule.to,
        about: rule.item.clone().or_else(|| rule.paper.clone()),
        due_on: case.signed_on.zip(days).and_then(|(day, days)| day.checked_add_days(days)),
        by: rule.by.clone(),
        is_met,
        is_blocking: match rule.effect {
            Effect::Forbid | Effect::Paper => true,
            Effect::Content => rule.mandatory,
            Effect::PaperInForce | Effect::Register | Effect::RegisterVoluntary | Effect::Duty | Effect::Note => false,
        },
        to_check: rule.to_check,
    }
}
