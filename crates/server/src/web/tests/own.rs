//! The pages of people for themselves and of staff, with what people wrote in every place that shows it.

use std::collections::HashMap;

use super::super::fields::{Context, Wrong, views};
use super::super::posting::FaultLine;
use super::super::profile;
use super::{EVIL, a_party, at, frame, vocabularies};
use askama::DynTemplate;
use base::{Faults, Lang};

fn faults() -> Vec<FaultLine> {
    vec![FaultLine { id: "x".to_owned(), label: EVIL.to_owned(), text: EVIL.to_owned() }]
}

/// A profile with everything in it, everything wrong.
fn profile_page(lang: Lang) -> profile::ProfilePage {
    let vocabularies = vocabularies();
    let value = serde_json::to_value(a_party().profile).unwrap();
    let parts = profile::fields::ALL.iter().map(|part| (part, lang)).chain([(&profile::fields::TEXTS, lang.other())]);
    let sections = parts.map(|(part, written_in)| {
        let mut faults = Faults::new();
        for field in part.fields {
            faults.add_with(field.at, "unknown_code", &[("code", EVIL), ("list", EVIL)]);
        }
        let cx = Context {
            lang,
            written_in,
            translated_from: None,
            vocabularies: &vocabularies,
            today: at().date_naive(),
            parties: Vec::new(),
            listings: Vec::new(),
            notes: HashMap::new(),
        };
        let fields = views(part.fields, &value, None, &Wrong::of(&faults, part.fields, lang), &cx);
        profile::Section { key: part.key, about: EVIL.to_owned(), fields }
    });
    profile::ProfilePage {
        f: frame(lang, "/my/parties/x").titled(EVIL),
        action: EVIL.to_owned(),
        seen: Some(1),
        key: Some(EVIL.to_owned()),
        sections: sections.collect(),
        faults: faults(),
        saved: Some(EVIL.to_owned()),
        is_verified: true,
        links: Some(("/parties/x".to_owned(), "/my/parties/x/members".to_owned())),
    }
}

/// Every one of these pages, by name.
pub(super) fn pages(lang: Lang, add: &mut dyn FnMut(&str, &dyn DynTemplate)) {
    add("profile", &profile_page(lang));
}
