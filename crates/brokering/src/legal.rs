//! The legal path: what a deal's facts ask for under the rules in force on its day, from a dated table of rules
//! (`config/legal/*.toml`).
//!
//! It is advice, and every answer says so, with article and source. Two things it decides: what the law demands before
//! signing and is not there blocks the stage that needs the legal path, and whether a registration is due.
//! [`legal_path`] knows neither clock nor database. Not here: any rule of law; those are data.

use std::collections::{BTreeMap, BTreeSet};

use base::{Code, Lang, Vocabularies, defaults};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::folder;

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
    /// What a rule does.
    Effect {
        /// The transfer must not be.
        Forbid = "forbid",
        /// A paper must be there before signing.
        Paper = "paper",
        /// A paper must be there before what was signed is carried out.
        PaperInForce = "paper_in_force",
        /// The contract should say this.
        Content = "content",
        /// The contract must be registered.
        Register = "register",
        /// The contract may be registered.
        RegisterVoluntary = "register_voluntary",
        /// Something is to be done, perhaps by a day.
        Duty = "duty",
        /// Something is good to know.
        Note = "note",
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

/// The setting that names a folder of other rules.
const SETTING: &str = "brokering.laws_folder";

/// What a condition may ask for.
const ASKED: [&str; 9] = ["kind", "object", "ip_kind", "direction", "state_capital", "list", "right", "related", "result_certificate"];

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its code.
    pub code: String,
    /// The first day it holds; none where the source gives none.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The last day it holds.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    /// The article.
    pub article: String,
    /// What it does.
    pub effect: Effect,
    /// Where it holds: one of these, each a fact with its value or values (`a|b`).
    pub when: Vec<BTreeMap<String, String>>,
    /// What it says in Vietnamese.
    pub vi: String,
    /// What it says in English.
    pub en: String,
    /// The item of the contract, with `content`.
    #[serde(default)]
    pub item: Option<String>,
    /// Whether a contract without the item must not be signed.
    #[serde(default)]
    pub mandatory: bool,
    /// The paper, with `paper` and `paper_in_force`.
    #[serde(default)]
    pub paper: Option<String>,
    /// By so many days after signing.
    #[serde(default)]
    pub days: Option<u16>,
    /// Who: `owner` or `seeker`.
    #[serde(default)]
    pub by: Option<String>,
    /// Whether the article itself still has to be looked up.
    #[serde(default)]
    pub to_check: bool,
}

impl Rule {
    /// Whether it speaks of one of the things that are transferred; conditions that go together are about one and the same.
    fn holds(&self, day: NaiveDate, known: &[BTreeMap<&'static str, &str>]) -> bool {
        let is_about = |known: &BTreeMap<&'static str, &str>| {
            let is = |(name, values): (&String, &String)| known.get(name.as_str()).is_some_and(|v| values.split('|').any(|one| one == *v));
            self.when.iter().any(|all| all.iter().all(is))
        };
        self.in_force(day) && known.iter().any(is_about)
    }

    fn in_force(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn check(&self) -> Result<(), String> {
        let place = |what: String| Err(format!("rule {:?}: {what}", self.code));
        if self.vi.is_empty() || self.en.is_empty() || self.article.is_empty() {
            return place("it needs an article and a sentence in both languages".to_owned());
        }
        if self.when.is_empty() || self.when.iter().any(BTreeMap::is_empty) {
            return place("when: it must say where it holds".to_owned());
        }
        if let Some(name) = self.when.iter().flat_map(BTreeMap::keys).find(|name| !ASKED.contains(&name.as_str())) {
            return place(format!("when.{name}: there is no such fact"));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            return place("it ends before it begins".to_owned());
        }
        let is_paper = matches!(self.effect, Effect::Paper | Effect::PaperInForce);
        if (self.effect == Effect::Content) != self.item.is_some() || is_paper != self.paper.is_some() {
            return place("`item` goes with the effect `content`, and `paper` with `paper` and `paper_in_force`".to_owned());
        }
        Ok(())
    }
}

/// The rules of one law.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Its code, as in the file's name.
    pub code: String,
    /// The edition of the file.
    pub version: String,
    /// The law's name in Vietnamese.
    pub law_vi: String,
    /// The law's name in English.
    pub law_en: String,
    /// Where it was read, in Vietnamese.
    pub source_vi: String,
    /// Where it was read, in English.
    pub source_en: String,
    /// What the reader must beware of, in Vietnamese.
    pub caveat_vi: String,
    /// What the reader must beware of, in English.
    pub caveat_en: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

impl Law {
    fn name(&self, lang: Lang) -> &str {
        if lang == Lang::Vi { &self.law_vi } else { &self.law_en }
    }

    fn source(&self, lang: Lang) -> &str {
        if lang == Lang::Vi { &self.source_vi } else { &self.source_en }
    }
}

/// A file of rules does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct LegalError {
    /// The file.
    pub path: String,
    /// What is wrong, and where.
    pub what: String,
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laws(Vec<Law>);

impl Laws {
    /// The rules the program was built with.
    ///
    /// # Errors
    /// [`LegalError`] with file and place.
    pub fn built_in() -> Result<Self, LegalError> {
        let mut all = Vec::new();
        for path in defaults::paths("legal/") {
            all.push(Self::parse(&path, &defaults::text(&path).unwrap_or_default())?);
        }
        Ok(Self(all))
    }

    /// The rules of a folder in place of the built-in ones, which an empty name stands for. A paper that a rule asks for is one of
    /// `deal_papers`, else nobody could ever note it.
    ///
    /// # Errors
    /// [`LegalError`] with file and place, and what to do.
    pub fn open(folder: &str, vocabularies: &Vocabularies) -> Result<Self, LegalError> {
        if folder.is_empty() {
            return Self::built_in();
        }
        let files = folder::files(SETTING, folder).map_err(|folder::Unusable { path, what }| LegalError { path, what })?;
        let papers = vocabularies.get("deal_papers");
        let mut all: Vec<Law> = Vec::new();
        for file in files {
            let fault = |what: String| LegalError { path: file.path.clone(), what: format!("{what}; {}", folder::advice(SETTING)) };
            let law = Self::parse(&file.path, &file.text).map_err(|error| fault(error.what))?;
            for rule in &law.rules {
                if let Some(other) = all.iter().find(|law| law.rules.iter().any(|one| one.code == rule.code)) {
                    return Err(fault(format!("rule {:?} stands in law {:?} already", rule.code, other.code)));
                }
                if let Some(paper) = rule.paper.as_deref().filter(|paper| papers.is_none_or(|list| list.latest(paper).is_none())) {
                    return Err(fault(format!("rule {:?}: paper: {paper:?} is no code of `deal_papers`", rule.code)));
                }
            }
            all.push(law);
        }
        Ok(Self(all))
    }

    fn parse(path: &str, text: &str) -> Result<Law, LegalError> {
        let fault = |what: String| LegalError { path: path.to_owned(), what };
        let law: Law = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let mut codes = BTreeSet::new();
        for rule in &law.rules {
            rule.check().map_err(fault)?;
            if !codes.insert(rule.code.as_str()) {
                return Err(fault(format!("rule {:?} stands twice", rule.code)));
            }
        }
        Ok(law)
    }

    /// The first day from which any rule that gives one holds: of what was signed before it, nothing can be said here.
    #[must_use]
    pub fn since(&self) -> Option<NaiveDate> {
        self.0.iter().flat_map(|l| &l.rules).filter_map(|r| r.from).min()
    }

    /// Whether any rule ever speaks of this item of a contract.
    #[must_use]
    pub fn has_item(&self, item: &str) -> bool {
        self.0.iter().flat_map(|l| &l.rules).any(|r| r.item.as_deref() == Some(item))
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
            caveats.push(if lang == Lang::Vi { law.caveat_vi.clone() } else { law.caveat_en.clone() });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn case(kind: &str, direction: Direction, state: bool, list: &str, right: &str) -> Case {
        let facts = LegalFacts {
            direction: Some(direction),
            state_capital: Some(state),
            list: Some(list.into()),
            right: Some(right.into()),
            ..LegalFacts::default()
        };
        Case { kind: kind.to_owned(), objects: transferred(kind, []), facts, ..Case::default() }
    }

    fn path(case: &Case, on: &str) -> LegalPath {
        legal_path(&Laws::built_in().unwrap(), case, day(on), Lang::En)
    }

    fn rules(path: &LegalPath) -> Vec<&str> {
        path.advice.iter().map(|a| a.rule.as_str()).collect()
    }

    #[test]
    fn a_transfer_over_the_border_or_with_state_money_must_be_registered_in_ninety_days() {
        let mut inbound = case("licence", Direction::Inbound, false, "none", "right_to_use");
        assert_eq!((path(&inbound, "2026-11-28").registration, path(&inbound, "2026-11-28").register_by), (Registration::Required, None));
        inbound.signed_on = Some(day("2026-11-01"));
        assert_eq!(path(&inbound, "2026-11-01").register_by, Some(day("2027-01-30")));
        let at = |c: &Case| path(c, "2026-11-28").registration;
        assert_eq!(at(&case("licence", Direction::Domestic, false, "none", "right_to_use")), Registration::Voluntary);
        let mut funded = case("licence", Direction::Domestic, true, "none", "right_to_use");
        assert_eq!(at(&funded), Registration::Required);
        funded.facts.result_certificate = Some(true);
        assert_eq!(at(&funded), Registration::Voluntary);
        assert_eq!(at(&case("technical_service", Direction::Inbound, true, "none", "right_to_use")), Registration::None);
        assert_eq!(at(&Case { kind: "licence".into(), objects: transferred("licence", []), ..Case::default() }), Registration::Unknown);
        // Who files depends on the way it goes.
        let outbound = path(&case("licence", Direction::Outbound, false, "none", "right_to_use"), "2026-11-28");
        assert_eq!(outbound.advice.iter().find(|a| a.effect == Effect::Register).unwrap().by.as_deref(), Some("owner"));
    }

    #[test]
    fn what_is_mandatory_and_missing_blocks_and_what_is_optional_does_not() {
        let mut licence = case("licence", Direction::Domestic, false, "none", "right_to_use");
        let before = path(&licence, "2026-11-28");
        assert_eq!(before.blocking().count(), 12, "14 items, two of them optional: {:?}", rules(&before));
        licence.contents = before.advice.iter().filter_map(|a| a.about.clone()).filter(|i| i != "warranty" && i != "definitions").collect();
        let left = path(&licence, "2026-11-28");
        assert_eq!(left.blocking().map(|a| a.about.as_deref().unwrap()).collect::<Vec<_>>(), ["warranty"]);
        assert!(left.advice.iter().all(|a| !a.article.is_empty() && !a.law.is_empty() && !a.source.is_empty()));
        assert_eq!(left.sources.len(), left.caveats.len());
        assert!(left.sources[0].source.contains("Decree 76/2018"), "{:?}", left.sources);
        assert!(left.disclaimer.contains("advice"), "{}", left.disclaimer);
    }

    #[test]
    fn restricted_technology_needs_approval_and_prohibited_technology_is_never_signed() {
        let mut restricted = case("licence", Direction::Domestic, false, "restricted", "right_to_use");
        let papers = |c: &Case| path(c, "2026-11-28").blocking().filter(|a| a.effect == Effect::Paper).count();
        let delivery = |c: &Case| path(c, "2026-11-28").blocking_delivery().filter_map(|a| a.about.clone()).collect::<Vec<_>>();
        assert_eq!(papers(&restricted), 1);
        restricted.papers = BTreeSet::from(["transfer_approval".to_owned()]);
        assert_eq!((papers(&restricted), delivery(&restricted)), (0, vec!["transfer_licence".to_owned()]));
        restricted.papers.insert("transfer_licence".to_owned());
        assert_eq!(delivery(&restricted), Vec::<String>::new());
        assert_eq!(delivery(&case("licence", Direction::Domestic, false, "none", "right_to_use")), Vec::<String>::new());
        let forbidden = path(&case("licence", Direction::Domestic, false, "prohibited", "right_to_use"), "2026-11-28");
        assert!(forbidden.blocking().any(|a| a.effect == Effect::Forbid));
    }

    #[test]
    fn a_deal_is_judged_by_the_rules_of_its_day() {
        let funded = case("licence", Direction::Domestic, true, "restricted", "right_to_use");
        let (before, after) = (path(&funded, "2026-03-31"), path(&funded, "2026-04-01"));
        assert!(rules(&before).contains(&"TT-STATE-1") && !rules(&before).contains(&"TT-LIC-2"));
        assert!(!rules(&after).contains(&"TT-STATE-1") && rules(&after).contains(&"TT-LIC-2"));
        assert!(path(&funded, "2018-06-30").advice.is_empty());
    }

    #[test]
    fn industrial_property_follows_its_own_law() {
        let mut sale = case("assignment", Direction::Domestic, false, "none", "ownership");
        sale.objects = transferred("assignment", [Some("patent".into())]);
        let found = path(&sale, "2026-11-28");
        assert_eq!((found.registration, found.register_by), (Registration::Required, None));
        assert!(rules(&found).iter().all(|r| r.starts_with("IP-")), "{:?}", rules(&found));
        sale.objects = transferred("assignment", [Some("geographical_indication".into())]);
        assert!(path(&sale, "2026-11-28").blocking().any(|a| a.rule == "IP-LIC-LIMIT-A"));
        assert_eq!(object_of("licence", Some("software")), "technology");
        assert_eq!(object_of("licence", Some("trade_secret")), "technology");
    }

    #[test]
    fn the_first_day_of_any_law_that_asks_for_registration_is_told() {
        // The one for the patent gives no day.
        let mut inbound = case("assignment", Direction::Inbound, false, "none", "ownership");
        inbound.objects = transferred("assignment", [Some("patent".into()), None]);
        inbound.signed_on = Some(day("2026-11-01"));
        let found = path(&inbound, "2026-11-01");
        assert_eq!(found.advice.iter().filter(|a| a.effect == Effect::Register).count(), 2, "{:?}", rules(&found));
        assert_eq!((found.registration, found.register_by), (Registration::Required, Some(day("2027-01-30"))));
    }

    #[test]
    fn whatever_is_transferred_is_under_rules_that_may_block_and_says_what_is_not_known_here() {
        let of = |kind: &str| {
            let mut licence = case("licence", Direction::Domestic, false, "none", "right_to_use");
            licence.objects = transferred("licence", [Some(Code::from(kind))]);
            path(&licence, "2026-11-28")
        };
        for kind in ["plant_variety", "copyright", "recognised_initiative"] {
            let found = of(kind);
            let items: Vec<&str> = found.blocking().filter_map(|a| a.about.as_deref()).collect();
            assert_eq!(items, ["object", "price", "term", "rights_duties", "liability", "disputes"], "{kind}");
            assert_eq!(found.caveats.len(), 1, "{kind}: {:?}", found.caveats);
            assert!(found.caveats[0].contains("no rules of their own") && found.sources[0].source.contains("398"), "{found:?}");
        }
        // Software is an object of the law on technology; what it does not say of copyright is said.
        let software = of("software");
        assert!(software.blocking().count() == 12 && rules(&software).contains(&"TT-OBJ-SOFTWARE"), "{:?}", rules(&software));
        assert!(!rules(&of("trade_secret")).contains(&"TT-OBJ-SOFTWARE"));
        for kind in ["rd_contract", "technical_service"] {
            let mut service = case(kind, Direction::Domestic, false, "none", "right_to_use");
            service.objects = transferred(kind, [Some("copyright".into())]);
            assert_eq!(path(&service, "2026-11-28").blocking().count(), 0, "{kind} transfers nothing");
        }
    }

    #[test]
    fn of_several_objects_each_brings_its_law_and_no_rule_mixes_two_of_them() {
        let licence = |objects: &[Option<&str>]| {
            let mut case = case("licence", Direction::Domestic, false, "none", "right_to_use");
            case.objects = transferred("licence", objects.iter().map(|kind| kind.map(Code::from)));
            path(&case, "2026-11-28")
        };
        let (technology, patent, both) = (licence(&[None]), licence(&[Some("patent")]), licence(&[None, Some("patent"), None]));
        let apart: BTreeSet<&str> = rules(&technology).into_iter().chain(rules(&patent)).collect();
        assert_eq!(rules(&both).into_iter().collect::<BTreeSet<_>>(), apart);
        assert!(apart.len() > rules(&technology).len() && apart.len() > rules(&patent).len(), "{apart:?}");
        // What only an industrial property of that kind is under is not said of a trademark beside a work.
        let rule = Rule {
            when: vec![BTreeMap::from([("object", "other"), ("ip_kind", "trademark")].map(|(k, v)| (k.to_owned(), v.to_owned())))],
            from: None,
            to: None,
            ..Laws::built_in().unwrap().0[0].rules[0].clone()
        };
        let of = |kinds: &[&str]| Case { objects: transferred("licence", kinds.iter().map(|k| Some(Code::from(*k)))), ..Case::default() };
        assert!(!rule.holds(day("2026-11-28"), &of(&["copyright", "trademark"]).known()));
        assert_eq!(transferred("mark_use", []), [Transferred { object: "industrial_property", ip_kind: None }]);
    }

    #[test]
    fn a_faulty_file_is_refused_with_its_name_and_place() {
        let good = defaults::text("legal/technology-transfer.toml").unwrap();
        let refused = |from: &str, to: &str, why: &str| {
            assert!(good.contains(from), "{from}");
            let error = Laws::parse("legal/x.toml", &good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.starts_with("legal/x.toml: ") && error.contains(why), "{error}");
        };
        refused("list = \"prohibited\"", "liste = \"prohibited\"", "rule \"TT-PRO\": when.liste");
        refused("effect = \"forbid\"", "effect = \"forbids\"", "TOML parse error at line");
        refused("paper = \"transfer_approval\"\n", "", "rule \"TT-LIC-APPROVAL\"");
        refused("code = \"TT-LIC\"", "code = \"TT-PRO\"", "twice");
    }
}
