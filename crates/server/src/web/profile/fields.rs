//! The form of a party's profile: what is asked, in the order people think of it.
//!
//! Every field of the profile is here once; a test holds that.

use Input::{Code, Items, Line, Plain, Text, Titled, YesNo};

use super::super::fields::{Field, Input};

/// Fields under one heading.
#[derive(Clone, Copy)]
pub(in super::super) struct Part {
    /// The message of the heading; with `-about`, what it is for.
    pub key: &'static str,
    /// What is asked.
    pub fields: &'static [Field],
}

const WHO: Part = Part {
    key: "profile-who",
    fields: &[
        Field::needed("/names", "field-profile-name", Line(256)),
        Field::needed("/party_type", "field-profile-type", Code("party_types")),
        Field::new("/tax_code", "fact-tax-code", Plain(20)),
        Field::new("/registration", "field-profile-registration", Plain(256)),
    ],
};

const WHERE: Part = Part {
    key: "profile-where",
    fields: &[
        Field::new("/address/province", "field-profile-province", Code("provinces")),
        Field::new("/address/commune", "field-profile-commune", Titled("communes")),
        Field::new("/address/street", "field-profile-street", Plain(256)),
        Field::needed("/address/street_public", "field-profile-street-public", YesNo(false)),
    ],
};

const REACH: Part = Part {
    key: "profile-reach",
    fields: &[
        Field::new("/website", "fact-website", Plain(300)),
        Field::needed("/contact_relay", "field-profile-relay", YesNo(true)),
        Field::new("/size", "fact-size", Code("size_bands")),
        Field::new("/vsic", "fact-trade", Code("vsic")),
    ],
};

const ABOUT: Part = Part {
    key: "profile-about",
    fields: &[
        Field::new("/presentation", "field-profile-presentation", Text(4_000, 8)),
        Field::new("/capacities", "party-capacities", Items(4)),
        Field::new("/equipment", "party-equipment", Items(4)),
        Field::new("/standards", "party-standards", Items(3)),
        Field::new("/interests", "party-interests", Items(3)),
    ],
};

/// What is asked to register: enough to be found and verified.
pub(in super::super) const NEW: [Part; 2] = [WHO, WHERE];

/// The whole profile.
pub(in super::super) const ALL: [Part; 4] = [WHO, WHERE, ABOUT, REACH];

/// What a profile says in words, for the other language.
pub(in super::super) const TEXTS: Part = Part {
    key: "profile-other-language",
    fields: &[
        Field::new("/names", "field-profile-name", Line(256)),
        Field::new("/presentation", "field-profile-presentation", Text(4_000, 6)),
        Field::new("/capacities", "party-capacities", Items(3)),
        Field::new("/equipment", "party-equipment", Items(3)),
        Field::new("/standards", "party-standards", Items(2)),
        Field::new("/interests", "party-interests", Items(2)),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use accounts::{Address, PartyProfile};
    use base::{Lang, messages};
    use utoipa::PartialSchema;

    use super::*;

    fn properties(schema: &serde_json::Value) -> BTreeSet<String> {
        schema["properties"].as_object().unwrap().keys().map(|name| format!("/{name}")).collect()
    }

    #[test]
    fn every_field_of_a_profile_is_asked_for_once() {
        let (profile, address) = (serde_json::to_value(PartyProfile::schema()).unwrap(), serde_json::to_value(Address::schema()).unwrap());
        let mut wanted = properties(&profile);
        wanted.remove("/address");
        wanted.extend(properties(&address).into_iter().map(|at| format!("/address{at}")));
        // Set by the page: the language it was first written in, the day its units were chosen.
        wanted.remove("/source_lang");
        wanted.remove("/address/as_of");
        let asked: Vec<String> = ALL.iter().flat_map(|p| p.fields).map(|f| f.at.to_owned()).collect();
        assert_eq!(asked.iter().cloned().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(asked.len(), wanted.len(), "a field is asked for twice");
    }

    #[test]
    fn what_is_said_in_words_is_asked_for_in_both_languages() {
        let texts: Vec<&str> = ALL.iter().flat_map(|p| p.fields).filter(|f| f.is_text()).map(|f| f.at).collect();
        assert_eq!(TEXTS.fields.iter().map(|f| f.at).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn every_part_and_field_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for part in ALL.iter().chain([&TEXTS]) {
                assert!(messages::has(lang, part.key) && messages::has(lang, &format!("{}-about", part.key)), "{}", part.key);
                assert!(part.fields.iter().all(|f| messages::has(lang, f.label)), "{}", part.key);
            }
        }
    }
}
