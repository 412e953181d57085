//! The form of an expert's profile: what is asked, in the order people think of it.
//!
//! Every field of the profile is here once; a test holds that.

use Input::{Code, Codes, Line, Party, Plain, Rows, Text};

use super::super::fields::{Field, Input};
use super::super::profile::fields::Part;

const EXPERTISE: [Field; 3] = [
    Field::needed("/what", "field-expert-what", Line(200)),
    Field::needed("/evidence", "field-expert-evidence", Text(600, 2)),
    Field::needed("/field", "fact-field", Code("fields")),
];

const WHO: Part = Part {
    key: "expert-who",
    fields: &[
        Field::needed("/name", "field-expert-name", Plain(120)),
        Field::new("/party", "field-expert-party", Party),
        Field::new("/orcid", "field-expert-orcid", Plain(60)),
        Field::new("/presentation", "field-profile-presentation", Text(2_000, 6)),
    ],
};

const ABLE: Part = Part { key: "expert-able", fields: &[Field::needed("/expertise", "field-expert-expertise", Rows(&EXPERTISE))] };

const REACH: Part = Part {
    key: "expert-reach",
    fields: &[
        Field::new("/services", "field-expert-services", Codes("expert_services")),
        Field::new("/languages", "field-expert-languages", Codes("spoken_languages")),
        Field::new("/regions", "field-expert-regions", Codes("provinces")),
    ],
};

/// The whole profile.
pub(super) const ALL: [Part; 3] = [WHO, ABLE, REACH];

/// What a profile says in words, for the other language.
pub(super) const TEXTS: Part = Part {
    key: "expert-other-language",
    fields: &[
        Field::new("/presentation", "field-profile-presentation", Text(2_000, 6)),
        Field::needed("/expertise", "field-expert-expertise", Rows(&EXPERTISE)),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use accounts::ExpertProfile;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn every_field_of_a_profile_is_asked_for_once() {
        let schema = serde_json::to_value(ExpertProfile::schema()).unwrap();
        let mut wanted: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().map(|name| format!("/{name}")).collect();
        wanted.remove("/source_lang");
        let asked: Vec<&str> = ALL.iter().flat_map(|part| part.fields).map(|field| field.at).collect();
        assert_eq!(asked.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), wanted);
        assert_eq!(asked.len(), wanted.len());
        let texts: Vec<&str> = ALL.iter().flat_map(|part| part.fields).filter(|f| f.is_text()).map(|f| f.at).collect();
        assert_eq!(TEXTS.fields.iter().map(|f| f.at).collect::<Vec<_>>(), texts);
    }
}
