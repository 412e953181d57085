//! Pipelines: the ways of deals as data (`config/pipelines/*.toml`), every version of each kind.
//!
//! A running deal keeps the version it started with; a new version binds new deals only, so no file is ever changed once
//! deals run by it. Files are checked when they are read: a stage that leads nowhere, a word that is none, a stage that
//! cannot be reached or that no deal ends from, are refused with the file and the place. [`step`] is the rule, and knows neither
//! clock nor database.

use std::collections::{BTreeMap, BTreeSet};

use base::{Faults, Lang, defaults};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::BrokeringError;
use crate::folder;

/// The setting that names a folder of others.
const SETTING: &str = "brokering.pipelines_folder";

base::words! {
    /// In which part somebody moves a deal.
    Part {
        /// For the party that gives.
        Owner = "owner",
        /// For the party that takes.
        Seeker = "seeker",
        /// A member of staff who brokers this deal.
        Broker = "broker",
        /// An administrator, who sees that a deal is there and where it stands.
        Staff = "staff",
    }
}

base::words! {
    /// Whose move is next.
    NextBy {
        /// The party that gives.
        Owner = "owner",
        /// The party that takes.
        Seeker = "seeker",
        /// Its brokers.
        Broker = "broker",
        /// Nobody: it has ended.
        Nobody = "nobody",
    }
}

base::words! {
    /// What a stage may demand before it is entered.
    Demand {
        /// The party that takes is named.
        Seeker = "seeker",
        /// Every broker stated their interests.
        Statements = "statements",
        /// A meeting was held.
        Meeting = "meeting",
        /// There is a non-disclosure agreement.
        Nda = "nda",
        /// There is a report of the evaluation.
        Evaluation = "evaluation",
        /// There is a memorandum of understanding.
        Mou = "mou",
        /// There is a record of acceptance.
        Acceptance = "acceptance",
        /// The questions of the legal path are answered.
        LegalFacts = "legal_facts",
        /// Both sides agreed to one offer.
        AcceptedOffer = "accepted_offer",
        /// The contract has its number, value and day.
        Contract = "contract",
        /// Nothing that the law demands before signing is missing.
        LegalPath = "legal_path",
        /// The contract is registered.
        Registration = "registration",
        /// It is registered, if the law demands that.
        RegistrationIfDue = "registration_if_due",
        /// Nothing is missing that the law demands before the contract is carried out.
        InForce = "in_force",
        /// There is a milestone.
        Milestone = "milestone",
        /// What came of it is recorded.
        Outcome = "outcome",
        /// Why it was lost.
        LostReason = "lost_reason",
    }
}

base::words! {
    /// How a deal ends.
    Ending {
        /// The transfer took place.
        Won = "won",
        /// It came to nothing.
        Lost = "lost",
    }
}

/// A way from one stage to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineWay)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Where to.
    pub stage: String,
    /// Who may go it.
    pub by: BTreeSet<Part>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineStage)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its code.
    pub code: String,
    /// Its name in Vietnamese.
    pub vi: String,
    /// Its name in English.
    pub en: String,
    /// What it demands before it may be entered.
    pub needs: Vec<Demand>,
    /// In so many days something should have moved it on.
    #[serde(default)]
    pub days: Option<u16>,
    /// What is to be done here, as a key of the messages: `deal-next-<key>`.
    #[serde(default)]
    pub next: Option<String>,
    /// By whom.
    #[serde(default)]
    pub next_by: Option<NextBy>,
    /// Whether a deal ends here, and how.
    #[serde(default)]
    pub ends: Option<Ending>,
    /// Where one may go from here.
    #[serde(default)]
    pub to: Vec<Way>,
}

impl Stage {
    /// Its name.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }

    /// Whether the contract of a deal that comes here is signed.
    #[must_use]
    pub fn has_contract(&self) -> bool {
        self.needs.contains(&Demand::Contract)
    }

    /// The day by which something should have moved on a deal that came here on `day`; none if there is no limit.
    #[must_use]
    pub fn due_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        day.checked_add_days(chrono::Days::new(u64::from(self.days?)))
    }
}

/// One version of one kind's pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// The kind of deal.
    pub kind: String,
    /// Grows by one with every change.
    pub version: i64,
    /// New deals start with it from this day on.
    pub effective: NaiveDate,
    /// Where it is from.
    pub source: String,
    /// The kind's name in Vietnamese.
    pub vi: String,
    /// The kind's name in English.
    pub en: String,
    /// The stages in the order they are shown; a deal starts in the first.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
}

impl Pipeline {
    /// Reads one file.
    ///
    /// # Errors
    /// [`PipelineError`] with file and place.
    pub fn parse(path: &str, text: &str) -> Result<Self, PipelineError> {
        let fault = |what: String| PipelineError { path: path.to_owned(), what };
        let pipeline: Self = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        pipeline.check().map_err(fault)?;
        let named = pipeline.file_name();
        if path.rsplit(['/', '\\']).next() != Some(named.as_str()) {
            return Err(fault(format!("kind and version say it should be called {named}")));
        }
        Ok(pipeline)
    }

    /// What its file is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(&self.kind, self.version)
    }

    /// What makes a pipeline one that no deal gets stuck in.
    fn check(&self) -> Result<(), String> {
        if self.version < 1 {
            return Err(format!("version: {} is none; the first is 1", self.version));
        }
        let Some(first) = self.stages.first() else { return Err("it has no stage".to_owned()) };
        if !first.needs.is_empty() {
            return Err(format!("stage {:?}: a deal starts here, so it must need nothing", first.code));
        }
        let mut codes = BTreeSet::new();
        for stage in &self.stages {
            let place = |what: &str| Err(format!("stage {:?}: {what}", stage.code));
            if stage.code.is_empty() || stage.vi.is_empty() || stage.en.is_empty() {
                return place("it needs a code and a name in both languages");
            }
            if !codes.insert(stage.code.as_str()) {
                return place("it stands twice");
            }
            if stage.ends.is_some() {
                if !stage.to.is_empty() || stage.days.is_some() {
                    return place("a deal ends here, so `to` and `days` must not be there");
                }
            } else if stage.to.is_empty() || stage.days.is_none() || stage.next.is_none() || stage.next_by.is_none() {
                return place("it needs `to`, `days`, `next` and `next_by`, or `ends`");
            }
            if (stage.ends == Some(Ending::Lost)) != stage.needs.contains(&Demand::LostReason) {
                return place("a stage that ends lost needs `lost_reason`, and no other does");
            }
            for (n, way) in stage.to.iter().enumerate() {
                if way.by.is_empty() {
                    return place(&format!("to[{n}].by: nobody may go this way"));
                }
                if way.stage == stage.code || !self.stages.iter().any(|s| s.code == way.stage) {
                    return place(&format!("to[{n}].stage: {:?} is no other stage", way.stage));
                }
                if stage.to.iter().skip(n + 1).any(|other| other.stage == way.stage) {
                    return place(&format!("to[{n}].stage: {:?} stands twice", way.stage));
                }
            }
        }
        let reached = self.reached(None);
        if let Some(alone) = self.stages.iter().find(|s| !reached.contains(s.code.as_str())) {
            return Err(format!("stage {:?}: no way leads here", alone.code));
        }
        let ending = self.ending();
        if let Some(stuck) = self.stages.iter().find(|s| !ending.contains(s.code.as_str())) {
            return Err(format!("stage {:?}: no way leads from here to an end", stuck.code));
        }
        for ending in [Ending::Won, Ending::Lost] {
            if !self.stages.iter().any(|s| s.ends == Some(ending)) {
                return Err(format!("no stage has `ends = \"{ending}\"`"));
            }
        }
        Ok(())
    }

    /// A stage whose next step nothing is said of, with the steps there are words for.
    fn wordless(&self, steps: &BTreeSet<&str>) -> Option<String> {
        let stage = self.stages.iter().find(|stage| stage.next.as_deref().is_some_and(|next| !steps.contains(next)))?;
        let (code, next) = (&stage.code, stage.next.as_deref().unwrap_or_default());
        let steps = steps.iter().copied().collect::<Vec<_>>().join(", ");
        Some(format!("stage {code:?}: next: there are no words for {next:?}, only for {steps}"))
    }

    /// The stages that a deal can come to which never comes to `without`.
    fn reached(&self, without: Option<&str>) -> BTreeSet<&str> {
        let (mut reached, mut open) = (BTreeSet::new(), Vec::new());
        let may = |stage: &&Stage| without.is_none_or(|code| code != stage.code);
        if let Some(first) = self.stages.first().filter(may) {
            reached.insert(first.code.as_str());
            open.push(first);
        }
        while let Some(stage) = open.pop() {
            for next in stage.to.iter().filter_map(|way| self.stage(&way.stage)).filter(may) {
                if reached.insert(next.code.as_str()) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// The stages from which a deal can come to an end.
    fn ending(&self) -> BTreeSet<&str> {
        let mut ending: BTreeSet<&str> = self.stages.iter().filter(|s| s.ends.is_some()).map(|s| s.code.as_str()).collect();
        loop {
            let leads =
                |stage: &&Stage| !ending.contains(stage.code.as_str()) && stage.to.iter().any(|w| ending.contains(w.stage.as_str()));
            let more: Vec<&str> = self.stages.iter().filter(leads).map(|s| s.code.as_str()).collect();
            if more.is_empty() {
                return ending;
            }
            ending.extend(more);
        }
    }

    /// The stage itself, and those with a signed contract that every way to it leads through.
    #[must_use]
    pub fn since_signing(&self, code: &str) -> Vec<&Stage> {
        let is_behind = |stage: &&Stage| stage.has_contract() && !self.reached(Some(&stage.code)).contains(code);
        self.stages.iter().filter(|stage| stage.code == code || is_behind(stage)).collect()
    }

    /// A stage by its code.
    #[must_use]
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.code == code)
    }

    /// The kind's name.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }

    /// Where somebody in these parts may go from a stage.
    #[must_use]
    pub fn ways(&self, from: &str, parts: &BTreeSet<Part>) -> Vec<&Stage> {
        let ways = self.stage(from).into_iter().flat_map(|s| &s.to);
        ways.filter(|way| !way.by.is_disjoint(parts)).filter_map(|way| self.stage(&way.stage)).collect()
    }
}

/// What the file of a version of a kind's pipeline is called.
#[must_use]
pub fn file_name(kind: &str, version: i64) -> String {
    format!("{kind}-{version}.toml")
}

/// A file of a pipeline does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct PipelineError {
    /// The file.
    pub path: String,
    /// What is wrong, and where.
    pub what: String,
}

/// All pipelines, every version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipelines(BTreeMap<(String, i64), Pipeline>);

impl Pipelines {
    /// The pipelines the program was built with.
    ///
    /// # Errors
    /// [`PipelineError`] with file and place.
    pub fn built_in() -> Result<Self, PipelineError> {
        let mut all = Self::default();
        for path in defaults::paths("pipelines/") {
            all.insert(Pipeline::parse(&path, &defaults::text(&path).unwrap_or_default())?);
        }
        Ok(all)
    }

    /// The pipelines of a folder in place of the built-in ones, which an empty name stands for.
    ///
    /// # Errors
    /// [`PipelineError`] with file and place, and what to do.
    pub fn open(folder: &str) -> Result<Self, PipelineError> {
        let built_in = Self::built_in()?;
        if folder.is_empty() {
            return Ok(built_in);
        }
        let steps: BTreeSet<&str> = built_in.0.values().flat_map(|p| &p.stages).filter_map(|s| s.next.as_deref()).collect();
        let files = folder::files(SETTING, folder).map_err(|folder::Unusable { path, what }| PipelineError { path, what })?;
        let mut all = Self::default();
        for file in files {
            let pipeline = Pipeline::parse(&file.path, &file.text)
                .and_then(|pipeline| match pipeline.wordless(&steps) {
                    Some(what) => Err(PipelineError { path: file.path.clone(), what }),
                    None => Ok(pipeline),
                })
                .map_err(|error| PipelineError { what: format!("{}; {}", error.what, folder::advice(SETTING)), ..error })?;
            all.insert(pipeline);
        }
        Ok(all)
    }

    /// Adds a version.
    pub fn insert(&mut self, pipeline: Pipeline) {
        self.0.insert((pipeline.kind.clone(), pipeline.version), pipeline);
    }

    /// One version of a kind's pipeline.
    #[must_use]
    pub fn get(&self, kind: &str, version: i64) -> Option<&Pipeline> {
        self.0.get(&(kind.to_owned(), version))
    }

    /// The pipeline a deal of this kind starts with on a day.
    #[must_use]
    pub fn in_force(&self, kind: &str, day: NaiveDate) -> Option<&Pipeline> {
        self.0.values().filter(|p| p.kind == kind && p.effective <= day).max_by_key(|p| p.version)
    }

    /// The kinds of deals that may be spoken of: of these pipelines, and the built-in ones, for a law knows more kinds of contracts than
    /// the deals of one space go by.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<String> {
        let named = |path: String| Some(path.rsplit('/').next()?.rsplit_once('-')?.0.to_owned());
        let built_in = defaults::paths("pipelines/").into_iter().filter_map(named);
        self.0.keys().map(|(kind, _)| kind.clone()).chain(built_in).collect()
    }

    /// The newest pipeline of each kind.
    #[must_use]
    pub fn newest(&self) -> Vec<&Pipeline> {
        let mut newest: BTreeMap<&str, &Pipeline> = BTreeMap::new();
        for pipeline in self.0.values() {
            newest.insert(&pipeline.kind, pipeline);
        }
        newest.into_values().collect()
    }

    /// Every stage that any pipeline has, in the order of the longest one, with a name: the columns of a board.
    #[must_use]
    pub fn all_stages(&self) -> Vec<&Stage> {
        let mut all: Vec<&Stage> = Vec::new();
        let mut pipelines: Vec<&Pipeline> = self.0.values().collect();
        pipelines.sort_by_key(|p| std::cmp::Reverse(p.stages.len()));
        for stage in pipelines.into_iter().flat_map(|p| &p.stages) {
            if !all.iter().any(|s| s.code == stage.code) {
                all.push(stage);
            }
        }
        all
    }
}

/// Whether somebody in these parts may move a deal from one stage to another; `missing` tells what of a demand is not
/// there yet.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] names the stages they may go to; [`BrokeringError::Invalid`] lists all that the stage
/// demands and does not find.
pub fn step<'a>(
    pipeline: &'a Pipeline,
    from: &str,
    to: &str,
    parts: &BTreeSet<Part>,
    missing: impl Fn(Demand, &mut Faults),
) -> Result<&'a Stage, BrokeringError> {
    let ways = pipeline.ways(from, parts);
    let Some(stage) = ways.iter().find(|s| s.code == to) else {
        return Err(BrokeringError::NotAllowed { to: to.to_owned(), allowed: ways.iter().map(|s| s.code.clone()).collect() });
    };
    let mut faults = Faults::new();
    for demand in &stage.needs {
        missing(*demand, &mut faults);
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    Ok(stage)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_built_in_pipelines_are_sound_and_have_words_for_what_is_next() {
        let all = Pipelines::built_in().unwrap();
        assert_eq!(all.newest().len(), 8);
        for pipeline in all.newest() {
            for key in pipeline.stages.iter().filter_map(|s| s.next.as_deref()) {
                let key = format!("deal-next-{}", key.replace('_', "-"));
                for lang in Lang::ALL {
                    assert_ne!(base::messages::say(lang, &key, &[]), key, "{key}");
                }
            }
        }
        assert_eq!(all.all_stages().len(), 12);
        let newest: BTreeSet<String> = all.newest().into_iter().map(|pipeline| pipeline.kind.clone()).collect();
        assert_eq!((all.kinds(), Pipelines::default().kinds()), (newest.clone(), newest));
    }

    #[test]
    fn whatever_is_carried_out_is_registered_first_where_that_is_due() {
        for pipeline in Pipelines::built_in().unwrap().newest() {
            let after: Vec<&Stage> = pipeline.stages.iter().filter(|stage| stage.needs.contains(&Demand::InForce)).collect();
            assert!(after.iter().any(|stage| stage.ends == Some(Ending::Won)), "{}", pipeline.kind);
            let all_of = after.iter().all(|stage| stage.needs.contains(&Demand::RegistrationIfDue));
            assert!(all_of, "{}: a rule of registration may hold for every kind", pipeline.kind);
        }
    }

    #[test]
    fn a_faulty_file_is_refused_with_its_name_and_place() {
        let good = defaults::text("pipelines/licence-1.toml").unwrap();
        let refused = |from: &str, to: &str, why: &str| {
            assert!(good.contains(from), "{from}");
            let error = Pipeline::parse("pipelines/licence-1.toml", &good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.starts_with("pipelines/licence-1.toml: ") && error.contains(why), "{error}");
        };
        refused("stage = \"introduced\"", "stage = \"introducd\"", "\"qualified\": to[0].stage: \"introducd\" is no other stage");
        refused("by = [\"owner\", \"broker\"]", "by = []", "to[0].by");
        refused("by = [\"owner\", \"broker\"]", "by = [\"ownr\"]", "TOML parse error at line 18");
        refused("ends = \"won\"\n", "", "\"completed\": it needs `to`");
        refused("needs = [\"lost_reason\"]", "needs = []", "\"lost\": a stage that ends lost");
        refused("version = 1", "version = 2", "licence-2.toml");
        refused("version = 1", "version = 0", "version: 0 is none");
        // Two stages that lead to each other alone.
        let stage = |code: &str, to: &str| {
            let way = format!("to = [{{ stage = \"{to}\", by = [\"broker\"] }}]");
            format!(
                "[[stage]]\ncode = \"{code}\"\nvi = \"x\"\nen = \"x\"\nneeds = []\ndays = 1\nnext = \"meet\"\nnext_by = \"broker\"\n{way}\n\n"
            )
        };
        let next = "]\n\n[[stage]]\ncode = \"introduced\"";
        let way = "  { stage = \"adrift\", by = [\"broker\"] },\n]\n\n";
        let adrift = format!("{way}{}{}[[stage]]\ncode = \"introduced\"", stage("adrift", "aground"), stage("aground", "adrift"));
        refused(next, &adrift, "\"adrift\": no way leads from here to an end");
        refused("stage = \"nda\", by", "stage = \"met\", by", "\"introduced\": to[0].stage: \"met\" stands twice");
    }

    #[test]
    fn a_deal_stands_on_every_stage_since_its_signing_that_it_cannot_have_gone_around() {
        let all = Pipelines::built_in().unwrap();
        let codes = |kind: &str, at: &str| -> Vec<String> {
            all.get(kind, 1).unwrap().since_signing(at).into_iter().map(|stage| stage.code.clone()).collect()
        };
        assert_eq!(codes("rd_contract", "completed"), ["signed", "delivering", "completed"]);
        assert_eq!(codes("licence", "completed"), ["signed", "delivering", "completed"], "it may have gone around `registered`");
        assert_eq!(codes("licence", "registered"), ["signed", "registered"]);
        assert_eq!((codes("licence", "negotiation"), codes("licence", "lost")), (vec!["negotiation".to_owned()], vec!["lost".to_owned()]));
    }

    #[test]
    fn a_new_version_binds_new_deals_only() {
        let mut all = Pipelines::built_in().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let mut next = all.get("licence", 1).unwrap().clone();
        (next.version, next.effective) = (2, day("2027-01-01"));
        all.insert(next);
        assert_eq!(all.in_force("licence", day("2026-12-31")).unwrap().version, 1);
        assert_eq!(all.in_force("licence", day("2027-01-01")).unwrap().version, 2);
        assert!(all.in_force("licence", day("2020-01-01")).is_none() && all.get("licence", 1).is_some());
    }

    proptest! {
        /// Whatever somebody tries, a stage is entered only over a way that is there, by who may go it, with nothing missing;
        /// and a refusal names just the ways there are.
        #[test]
        fn random_walks_never_reach_a_stage_without_its_fields(
            kind in 0..8_usize,
            tries in prop::collection::vec((0..12_usize, 0..4_usize, prop::collection::btree_set(0..Demand::ALL.len(), 0..17)), 1..60),
        ) {
            let all = Pipelines::built_in().unwrap();
            let newest = all.newest();
            let pipeline = newest[kind % newest.len()];
            let mut at = pipeline.stages[0].code.clone();
            for (to, part, there) in tries {
                let to = &pipeline.stages[to % pipeline.stages.len()];
                let parts = BTreeSet::from([Part::ALL[part]]);
                let lacks = |d: &Demand| !there.contains(&Demand::ALL.iter().position(|one| one == d).unwrap());
                let missing = |d: Demand, faults: &mut Faults| if lacks(&d) { faults.add(format!("/{d}"), "missing") };
                let from = pipeline.stage(&at).unwrap();
                let way = from.to.iter().find(|w| w.stage == to.code && w.by.contains(&Part::ALL[part]));
                match step(pipeline, &at, &to.code, &parts, missing) {
                    Ok(stage) => {
                        prop_assert!(way.is_some() && !to.needs.iter().any(lacks));
                        at.clone_from(&stage.code);
                    }
                    Err(BrokeringError::NotAllowed { allowed, .. }) => {
                        prop_assert!(way.is_none() && !allowed.contains(&to.code));
                    }
                    Err(BrokeringError::Invalid(faults)) => {
                        prop_assert!(way.is_some());
                        prop_assert_eq!(faults.iter().count(), to.needs.iter().filter(|d| lacks(d)).count());
                    }
                    Err(other) => prop_assert!(false, "{}", other),
                }
            }
        }
    }
}
