//! What an expert says of themselves, and what is wrong with it.
//!
//! Everything here is meant to be public once its owner consents; there is no place for an address, a telephone number or
//! a date of birth. A draft may be anything that is well formed; what is published must be enough to judge it by.

use base::text::clean_json;
use base::{Code, Faults, Lang, Localised, PartyId, Vocabularies};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::orcid;

/// The number of the profile's present shape; an older one is upgraded when it is read.
pub(crate) const SCHEMA: i64 = 1;

const NAME_MAX: usize = 120;
const PRESENTATION_MAX: usize = 2_000;
const WHAT_MAX: usize = 200;
const EVIDENCE_MAX: usize = 600;
const EXPERTISE_MAX: usize = 5;
const LANGUAGES_MAX: usize = 12;
const REGIONS_MAX: usize = 40;
const SERVICES_MAX: usize = 20;

/// What an expert says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpertProfile {
    /// The name as it is to be shown, with title if wanted; at most 120 characters.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub name: String,
    /// The language in which the texts are written first.
    #[serde(default)]
    pub source_lang: Lang,
    /// Who it is, at most 2,000 characters in each language.
    #[serde(default, skip_serializing_if = "Localised::is_empty")]
    pub presentation: Localised,
    /// What the person can do, each with its field and what shows it; at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expertise: Vec<Expertise>,
    /// Languages worked in: codes of `spoken_languages`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Code>,
    /// Where the person works: codes of `provinces`; none means everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Code>,
    /// What the person does for others: codes of `expert_services`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Code>,
    /// The ORCID iD, with or without hyphens; its check character is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orcid: Option<String>,
    /// The party the person belongs to; they must be its confirmed member, and it goes when the membership ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
}

/// One thing a person can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expertise {
    /// What, at most 200 characters in each language.
    #[serde(default)]
    pub what: Localised,
    /// What shows it: works, years, a certificate, a publication; at most 600 characters in each language.
    #[serde(default, skip_serializing_if = "Localised::is_empty")]
    pub evidence: Localised,
    /// Its field: a code of `fields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Code>,
}

impl ExpertProfile {
    /// The fields of the expertise, each once.
    #[must_use]
    pub fn fields(&self) -> Vec<&Code> {
        let mut all: Vec<&Code> = Vec::new();
        for code in self.expertise.iter().filter_map(|e| e.field.as_ref()) {
            if !all.contains(&code) {
                all.push(code);
            }
        }
        all
    }

    /// The languages its texts are in.
    #[must_use]
    pub fn text_languages(&self) -> Vec<Lang> {
        let has = |lang: &Lang| self.presentation.get(*lang).is_some() || self.expertise.iter().any(|e| e.what.get(*lang).is_some());
        Lang::ALL.into_iter().filter(has).collect()
    }

    /// The profile cleaned, or everything that is wrong with it. What is not there yet is no fault here.
    ///
    /// # Errors
    /// The faults, each with its pointer.
    pub fn checked(self, vocabularies: &Vocabularies, today: NaiveDate) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let mut profile = self.cleaned(&mut faults);
        if profile.name.contains(['\n', '\t']) {
            faults.add("/name", "one_line");
        }
        length("/name", profile.name.chars().count(), NAME_MAX, &mut faults);
        profile.presentation.check_length("/presentation", PRESENTATION_MAX, &mut faults);
        count("/expertise", profile.expertise.len(), EXPERTISE_MAX, &mut faults);
        for (n, one) in profile.expertise.iter().enumerate().take(EXPERTISE_MAX) {
            one.what.check_length(&format!("/expertise/{n}/what"), WHAT_MAX, &mut faults);
            one.evidence.check_length(&format!("/expertise/{n}/evidence"), EVIDENCE_MAX, &mut faults);
            if let Some(field) = &one.field {
                vocabularies.check("fields", field, today, &format!("/expertise/{n}/field"), &mut faults);
            }
        }
        for (pointer, list, codes, most) in [
            ("/languages", "spoken_languages", &mut profile.languages, LANGUAGES_MAX),
            ("/regions", "provinces", &mut profile.regions, REGIONS_MAX),
            ("/services", "expert_services", &mut profile.services, SERVICES_MAX),
        ] {
            let mut seen = Vec::new();
            codes.retain(|code| {
                !seen.contains(code) && {
                    seen.push(code.clone());
                    true
                }
            });
            count(pointer, codes.len(), most, &mut faults);
            for (n, code) in codes.iter().enumerate().take(most) {
                vocabularies.check(list, code, today, &format!("{pointer}/{n}"), &mut faults);
            }
        }
        if let Some(typed) = profile.orcid.take() {
            profile.orcid = orcid::checked(&typed, &mut faults);
        }
        faults.into_result().map(|()| profile)
    }

    /// What is still missing before it may be public.
    #[must_use]
    pub fn missing(&self) -> Faults {
        let mut faults = Faults::new();
        if self.name.is_empty() {
            faults.add("/name", "name_missing");
        }
        if self.expertise.is_empty() {
            faults.add("/expertise", "expertise_missing");
        }
        for (n, one) in self.expertise.iter().enumerate() {
            if one.what.is_empty() {
                faults.add(format!("/expertise/{n}/what"), "missing");
            }
            if one.evidence.is_empty() {
                faults.add(format!("/expertise/{n}/evidence"), "evidence_missing");
            }
            if one.field.is_none() {
                faults.add(format!("/expertise/{n}/field"), "missing");
            }
        }
        faults
    }

    /// NFC, no spaces at the ends, nothing that turns the writing direction; what is empty is left out.
    fn cleaned(self, faults: &mut Faults) -> Self {
        let Ok(mut value) = serde_json::to_value(&self) else { return self };
        clean_json(&mut value, "", faults);
        let Ok(mut profile) = serde_json::from_value::<Self>(value) else { return self };
        profile.orcid = profile.orcid.take().filter(|t| !t.is_empty());
        profile.presentation.0.retain(|_, text| !text.text.is_empty());
        for one in &mut profile.expertise {
            for text in [&mut one.what, &mut one.evidence] {
                text.0.retain(|_, words| !words.text.is_empty());
            }
            one.field = one.field.take().filter(|code| !code.as_str().is_empty());
        }
        profile.expertise.retain(|one| *one != Expertise::default());
        profile
    }

    /// Sets the origins and revisions of the texts for a save that becomes `version`.
    pub(super) fn restamp(&mut self, before: Option<&Self>, version: i64) {
        let (version, lang) = (u32::try_from(version).unwrap_or(u32::MAX), self.source_lang);
        self.presentation.restamp(before.map(|b| &b.presentation), lang, version);
        for (n, one) in self.expertise.iter_mut().enumerate() {
            let was = before.and_then(|b| b.expertise.get(n));
            one.what.restamp(was.map(|w| &w.what), lang, version);
            one.evidence.restamp(was.map(|w| &w.evidence), lang, version);
        }
    }

    /// Reads a stored profile; whose party is named beside it is another column.
    pub(super) fn stored(text: &str, party: Option<PartyId>) -> Result<Self, StoreError> {
        let profile: Self = serde_json::from_str(text).map_err(|e| StoreError::corrupt("expert", e))?;
        Ok(Self { party, ..profile })
    }

    /// As it is stored.
    pub(super) fn written(&self) -> Result<String, StoreError> {
        let stored = Self { party: None, ..self.clone() };
        serde_json::to_string(&stored).map_err(|e| StoreError::corrupt("expert", e))
    }
}

fn length(pointer: &str, length: usize, max: usize, faults: &mut Faults) {
    if length > max {
        faults.add_with(pointer, "too_long", &[("max", &max.to_string()), ("length", &length.to_string())]);
    }
}

fn count(pointer: &str, count: usize, max: usize, faults: &mut Faults) {
    if count > max {
        faults.add_with(pointer, "too_many", &[("max", &max.to_string()), ("count", &count.to_string())]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: serde_json::Value) -> Result<ExpertProfile, Vec<String>> {
        let profile: ExpertProfile = serde_json::from_value(body).unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        profile.checked(&Vocabularies::built_in().unwrap(), today).map_err(|faults| pointers(&faults))
    }

    fn pointers(faults: &Faults) -> Vec<String> {
        faults.iter().map(|f| f.pointer.clone()).collect()
    }

    #[test]
    fn all_faults_come_at_once_each_with_its_place() {
        let wrong = check(json!({
            "name": "a\nb", "presentation": {"vi": "x".repeat(2_001)}, "orcid": "0000-0002-1825-0098",
            "expertise": [{"what": {"vi": "x".repeat(201)}, "field": "4x"}],
            "languages": ["xx"], "regions": ["00"], "services": ["magic"],
        }));
        let places = [
            "/name",
            "/presentation/vi",
            "/expertise/0/what/vi",
            "/expertise/0/field",
            "/languages/0",
            "/regions/0",
            "/services/0",
            "/orcid",
        ];
        assert_eq!(wrong.unwrap_err(), places);
        assert_eq!(check(json!({"expertise": vec![json!({"what": {"vi": "a"}}); 6]})).unwrap_err(), ["/expertise"]);
    }

    #[test]
    fn a_draft_may_lack_what_a_public_profile_needs() {
        let draft =
            check(json!({"expertise": [{"what": {"vi": " Sấy bơm nhiệt "}}, {"what": {"vi": ""}}], "regions": ["86", "86"]})).unwrap();
        assert_eq!((draft.expertise.len(), draft.expertise[0].what.get(Lang::Vi)), (1, Some("Sấy bơm nhiệt")));
        assert_eq!(draft.regions.len(), 1);
        assert_eq!(pointers(&draft.missing()), ["/name", "/expertise/0/evidence", "/expertise/0/field"]);
        assert_eq!(pointers(&ExpertProfile::default().missing()), ["/name", "/expertise"]);
        let whole = check(json!({"name": "Lê Thị Mơ", "expertise": [
            {"what": {"vi": "Sấy"}, "evidence": {"vi": "Mười máy đã lắp"}, "field": "21101"}]}));
        assert!(whole.unwrap().missing().is_empty());
    }

    proptest::proptest! {
        #[test]
        fn a_profile_that_was_checked_stays_as_it_is(name in ".{0,40}", what in ".{0,40}", evidence in ".{0,40}") {
            let profile = ExpertProfile {
                name,
                expertise: vec![Expertise { what: Localised::of(Lang::Vi, what), evidence: Localised::of(Lang::En, evidence), field: None }],
                ..ExpertProfile::default()
            };
            let (all, today) = (Vocabularies::built_in().unwrap(), NaiveDate::from_ymd_opt(2026, 11, 24).unwrap());
            if let Ok(checked) = profile.checked(&all, today) {
                proptest::prop_assert_eq!(checked.clone().checked(&all, today), Ok(checked.clone()));
                proptest::prop_assert_eq!(ExpertProfile::stored(&checked.written().unwrap(), None).unwrap(), checked);
            }
        }
    }
}
