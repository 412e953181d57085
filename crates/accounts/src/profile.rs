//! What a party says about itself, and what is wrong with it.
//!
//! What always holds: the stored profile has nothing that an outsider may not see. [`PartyProfile::split`] takes the
//! street and a personal tax code out before it is stored; they live in a table of their own.

use base::text::{LocalisedList, clean_json};
use base::{Code, Faults, Lang, Localised, Vocabularies};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::tax_code;

/// The number of the profile's present shape; an older one is upgraded when it is read.
pub const SCHEMA: i64 = 1;

const NAME_MAX: usize = 256;
const PRESENTATION_MAX: usize = 4_000;
const WORDS_MAX: usize = 30;
const WORD_MAX: usize = 300;

/// What a party says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyProfile {
    /// Its names, in Vietnamese, English or both.
    pub names: Localised,
    /// What it is: a code of `party_types`.
    pub party_type: Code,
    /// The language in which it writes its texts first.
    #[serde(default)]
    pub source_lang: Lang,
    /// Tax code: 10 digits, 10-3 for a branch, 12 for a person or household business (then never shown to outsiders).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Number and date of a registration or founding decision, where there is no tax code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub registration: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// How many work there: a code of `size_bands`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Code>,
    /// Its trade: a section of VSIC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vsic: Option<Code>,
    /// Its web site, `https://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub website: Option<String>,
    /// Who it is, at most 4,000 characters in each language.
    #[serde(default, skip_serializing_if = "Localised::is_empty")]
    pub presentation: Localised,
    /// What it can do for others.
    #[serde(default, skip_serializing_if = "LocalisedList::is_empty")]
    pub capacities: LocalisedList,
    /// What it has to do it with.
    #[serde(default, skip_serializing_if = "LocalisedList::is_empty")]
    pub equipment: LocalisedList,
    /// Standards it holds.
    #[serde(default, skip_serializing_if = "LocalisedList::is_empty")]
    pub standards: LocalisedList,
    /// What it looks for.
    #[serde(default, skip_serializing_if = "LocalisedList::is_empty")]
    pub interests: LocalisedList,
    /// Whether outsiders may write to it through the space; its addresses are never shown.
    #[serde(default = "yes")]
    pub contact_relay: bool,
}

/// Where a party is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// A code of `provinces`.
    pub province: Code,
    /// The commune's or ward's code of five digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<Code>,
    /// House and street. Members see it; everybody does where `street_public` says so and the party is no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub street: Option<String>,
    /// Whether everybody may see the street. Without effect for a person or household business.
    #[serde(default)]
    pub street_public: bool,
    /// The day on which these units were the right ones; none means today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<NaiveDate>,
}

fn yes() -> bool {
    true
}

/// What stays with members and staff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Private {
    pub tax_code: Option<String>,
    pub street: Option<String>,
}

impl PartyProfile {
    /// True for a party that is one person or household, whose tax code and street are personal data.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        matches!(self.party_type.as_str(), "individual" | "household_business")
    }

    /// The profile cleaned, with its tax code in one spelling, or everything that is wrong with it.
    ///
    /// # Errors
    /// The faults, each with its pointer.
    pub fn checked(self, vocabularies: &Vocabularies, today: NaiveDate) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let mut profile = self.cleaned(&mut faults);
        profile.check_names(&mut faults);
        let personal = profile.is_personal();
        if let Some(code) = profile.tax_code.take() {
            profile.tax_code = tax_code::checked(&code, personal, &mut faults);
        }
        vocabularies.check("party_types", &profile.party_type, today, "/party_type", &mut faults);
        for (list, pointer, code) in [("size_bands", "/size", &profile.size), ("vsic", "/vsic", &profile.vsic)] {
            if let Some(code) = code {
                vocabularies.check(list, code, today, pointer, &mut faults);
            }
        }
        if let Some(address) = &profile.address {
            address.check(vocabularies, today, &mut faults);
        }
        length("/registration", profile.registration.as_deref(), 256, &mut faults);
        if let Some(site) = &profile.website {
            length("/website", Some(site), 300, &mut faults);
            if !is_web_address(site) {
                faults.add("/website", "web_address");
            }
        }
        profile.presentation.check_length("/presentation", PRESENTATION_MAX, &mut faults);
        for (pointer, list) in profile.lists() {
            check_words(pointer, list, &mut faults);
        }
        faults.into_result().map(|()| profile)
    }

    fn lists(&self) -> [(&'static str, &LocalisedList); 4] {
        [
            ("/capacities", &self.capacities),
            ("/equipment", &self.equipment),
            ("/standards", &self.standards),
            ("/interests", &self.interests),
        ]
    }

    /// NFC, no spaces at the ends, nothing that turns the writing direction; what is empty is left out.
    fn cleaned(self, faults: &mut Faults) -> Self {
        let Ok(mut value) = serde_json::to_value(&self) else { return self };
        clean_json(&mut value, "", faults);
        let Ok(mut profile) = serde_json::from_value::<Self>(value) else { return self };
        for text in [&mut profile.tax_code, &mut profile.registration, &mut profile.website] {
            *text = text.take().filter(|t| !t.is_empty());
        }
        if let Some(address) = &mut profile.address {
            address.street = address.street.take().filter(|t| !t.is_empty());
        }
        for texts in [&mut profile.names, &mut profile.presentation] {
            texts.0.retain(|_, text| !text.text.is_empty());
        }
        for list in [&mut profile.capacities, &mut profile.equipment, &mut profile.standards, &mut profile.interests] {
            for words in list.0.values_mut() {
                words.retain(|w| !w.is_empty());
            }
            list.0.retain(|_, words| !words.is_empty());
        }
        profile
    }

    fn check_names(&self, faults: &mut Faults) {
        if self.names.is_empty() {
            faults.add("/names", "name_missing");
        }
        self.names.check_length("/names", NAME_MAX, faults);
        for (lang, name) in &self.names.0 {
            if name.text.contains(['\n', '\t']) {
                faults.add(format!("/names/{lang}"), "one_line");
            }
        }
    }

    /// Takes out what outsiders may not see.
    pub(crate) fn split(mut self) -> (Self, Private) {
        let mut private = Private { tax_code: self.tax_code.clone(), street: None };
        let personal = self.is_personal();
        if personal {
            self.tax_code = None;
        }
        if let Some(address) = &mut self.address {
            private.street.clone_from(&address.street);
            if personal || !address.street_public {
                address.street = None;
            }
        }
        (self, private)
    }

    /// Puts back what [`PartyProfile::split`] took out.
    pub(crate) fn with(mut self, private: Private) -> Self {
        self.tax_code = private.tax_code;
        if let Some(address) = &mut self.address {
            address.street = private.street;
        }
        self
    }

    /// Sets the origins and revisions of the texts for a save that becomes `version`.
    pub(crate) fn restamp(&mut self, before: Option<&Self>, version: i64) {
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        self.names.restamp(before.map(|b| &b.names), self.source_lang, version);
        self.presentation.restamp(before.map(|b| &b.presentation), self.source_lang, version);
    }

    /// Reads a stored profile.
    pub(crate) fn stored(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|e| StoreError::corrupt("party", e))
    }
}

impl Address {
    fn check(&self, vocabularies: &Vocabularies, today: NaiveDate, faults: &mut Faults) {
        let day = self.as_of.unwrap_or(today);
        vocabularies.check("provinces", &self.province, day, "/address/province", faults);
        if let Some(commune) = &self.commune {
            // The list has the communes of the space's own province only; any other must at least look like one.
            let code = commune.as_str();
            let known = vocabularies.get("communes").is_some_and(|list| list.terms.iter().any(|t| t.code == *commune));
            let well_formed = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
            if !known && !well_formed {
                faults.add_with("/address/commune", "unknown_code", &[("code", code), ("list", "communes")]);
            }
        }
        length("/address/street", self.street.as_deref(), 256, faults);
        if self.as_of.is_some_and(|d| d > today) {
            faults.add("/address/as_of", "future_date");
        }
    }
}

fn length(pointer: &str, text: Option<&str>, max: usize, faults: &mut Faults) {
    let length = text.map_or(0, |t| t.chars().count());
    if length > max {
        faults.add_with(pointer, "too_long", &[("max", &max.to_string()), ("length", &length.to_string())]);
    }
}

fn check_words(pointer: &str, list: &LocalisedList, faults: &mut Faults) {
    for (lang, words) in &list.0 {
        if words.len() > WORDS_MAX {
            let (max, count) = (WORDS_MAX.to_string(), words.len().to_string());
            faults.add_with(format!("{pointer}/{lang}"), "too_many", &[("max", &max), ("count", &count)]);
        }
        for (n, word) in words.iter().enumerate().take(WORDS_MAX) {
            length(&format!("{pointer}/{lang}/{n}"), Some(word), WORD_MAX, faults);
        }
    }
}

/// `http://` or `https://`, a host with a dot, no user in front of it, no spaces, nothing that ends an HTML attribute.
fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let labels_ok = name.split('.').all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let port_ok = host.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok());
    name.contains('.') && labels_ok && port_ok && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabularies() -> Vocabularies {
        Vocabularies::built_in().unwrap()
    }

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
    }

    #[test]
    fn all_faults_come_at_once_each_with_its_place() {
        let profile: PartyProfile = serde_json::from_value(serde_json::json!({
            "names": {"vi": ""}, "party_type": "club", "tax_code": "0100109107", "size": "huge", "vsic": "ZZ",
            "website": "javascript:alert(1)", "registration": "x".repeat(257),
            "address": {"province": "999", "commune": "x", "as_of": "2030-01-01"},
            "presentation": {"vi": "x".repeat(4001)}, "interests": {"vi": vec!["a"; 31]},
        }))
        .unwrap();
        let faults = profile.checked(&vocabularies(), day()).unwrap_err();
        let mut places: Vec<&str> = faults.iter().map(|f| f.pointer.as_str()).collect();
        places.sort_unstable();
        assert_eq!(
            places,
            [
                "/address/as_of",
                "/address/commune",
                "/address/province",
                "/interests/vi",
                "/names",
                "/party_type",
                "/presentation/vi",
                "/registration",
                "/size",
                "/tax_code",
                "/vsic",
                "/website"
            ]
        );
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let body = serde_json::json!({"names": {"vi": "A"}, "party_type": "enterprise", "verification": "document"});
        assert!(serde_json::from_value::<PartyProfile>(body).is_err());
    }

    #[test]
    fn what_is_personal_is_split_off_and_put_back() {
        let profile: PartyProfile = serde_json::from_value(serde_json::json!({
            "names": {"vi": "Hộ kinh doanh Ba Tri"}, "party_type": "household_business", "tax_code": "012345678901",
            "address": {"province": "86", "street": "Số 1", "street_public": true},
        }))
        .unwrap();
        let profile = profile.checked(&vocabularies(), day()).unwrap();
        let (public, private) = profile.clone().split();
        assert!(!serde_json::to_string(&public).unwrap().contains("012345678901"));
        assert!(!serde_json::to_string(&public).unwrap().contains("Số 1"));
        assert_eq!(public.with(private), profile);
    }

    proptest::proptest! {
        #[test]
        fn a_profile_that_was_checked_stays_as_it_is(name in ".{1,40}", words in proptest::collection::vec(".{0,20}", 0..4), site in "https://[a-z]{1,8}\\.vn") {
            let profile = PartyProfile {
                names: Localised::of(Lang::Vi, name),
                party_type: Code::from("enterprise"),
                website: Some(site),
                interests: LocalisedList([(Lang::Vi, words)].into()),
                ..PartyProfile::default()
            };
            if let Ok(checked) = profile.checked(&vocabularies(), day()) {
                proptest::prop_assert_eq!(checked.clone().checked(&vocabularies(), day()), Ok(checked.clone()));
                let (public, private) = checked.clone().split();
                let json = serde_json::to_string(&public).unwrap();
                proptest::prop_assert_eq!(PartyProfile::stored(&json).unwrap().with(private), checked);
            }
        }
    }

    #[test]
    fn only_web_addresses_are_web_addresses() {
        for good in ["https://ba-lai.example", "http://a.vn:8080/x?y=1#z", "https://đại-học.vn/"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in
            ["ftp://a.vn", "//a.vn", "https://", "https://a", "https://u@a.vn", "https://a.vn/\"x", "https://a.vn:x", "https://a..vn"]
        {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
