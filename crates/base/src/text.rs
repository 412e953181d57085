//! Text as people wrote it: cleaned once at the door, per language, with where it came from.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::{Faults, Lang};

/// Who made a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Written by the author in this language.
    #[default]
    Original,
    /// Translated by a program.
    Machine,
    /// Translated by a person.
    Human,
}

/// A text in one language.
///
/// `revision` is the version of the listing in which the *source* text this one stands for was last changed. A
/// translation whose revision is smaller than the source text's is stale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The words, NFC, without control or bidirectional override characters.
    pub text: String,
    /// Who made it.
    pub origin: Origin,
    /// See above; kept by the space, 0 before the first save.
    pub revision: u32,
}

/// A text in every language it has. JSON: `{"vi": {"text": "…"}, "en": "a plain string will do"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localised(pub BTreeMap<Lang, Text>);

impl Localised {
    /// A text in one language.
    #[must_use]
    pub fn of(lang: Lang, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(lang, Text { text: text.into(), ..Text::default() })]))
    }

    /// The words in this language, if it has any.
    #[must_use]
    pub fn get(&self, lang: Lang) -> Option<&str> {
        self.0.get(&lang).map(|t| t.text.as_str()).filter(|t| !t.is_empty())
    }

    /// The words in this language, else in any other.
    #[must_use]
    pub fn best(&self, lang: Lang) -> Option<&str> {
        self.get(lang).or_else(|| Lang::ALL.into_iter().find_map(|l| self.get(l)))
    }

    /// The language that [`Self::best`] speaks.
    #[must_use]
    pub fn spoken(&self, lang: Lang) -> Lang {
        if self.get(lang).is_none() && self.get(lang.other()).is_some() { lang.other() } else { lang }
    }

    /// True if no language has any words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.values().all(|t| t.text.is_empty())
    }

    /// The languages whose text is older than the source text it translates.
    pub fn stale(&self, source: Lang) -> impl Iterator<Item = Lang> {
        let newest = self.0.get(&source).map_or(0, |t| t.revision);
        self.0.iter().filter(move |(l, t)| **l != source && t.revision < newest).map(|(l, _)| *l)
    }

    /// Sets origins and revisions after an edit that becomes `version`: the source text is `original` and new when its
    /// words changed; a translation that was rewritten now stands for the source text of this version.
    pub fn restamp(&mut self, before: Option<&Self>, source: Lang, version: u32) {
        let old = |lang| before.and_then(|b: &Self| b.0.get(&lang));
        let source_changed = self.get(source) != old(source).map(|t| t.text.as_str());
        let source_revision = match old(source) {
            Some(t) if !source_changed => t.revision,
            _ => version,
        };
        for (lang, text) in &mut self.0 {
            if *lang == source {
                text.origin = Origin::Original;
                text.revision = source_revision;
                continue;
            }
            if text.origin == Origin::Original {
                text.origin = Origin::Human;
            }
            text.revision = match old(*lang) {
                Some(was) if was.text == text.text => was.revision,
                _ => source_revision,
            };
        }
    }

    /// Adds a fault for every language whose text is longer than `max` characters.
    pub fn check_length(&self, pointer: &str, max: usize, faults: &mut Faults) {
        for (lang, text) in &self.0 {
            let length = text.text.chars().count();
            if length > max {
                let (max, length) = (max.to_string(), length.to_string());
                faults.add_with(format!("{pointer}/{lang}"), "too_long", &[("max", &max), ("length", &length)]);
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or {text, origin, revision}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text { text: text.to_owned(), ..Text::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let (mut text, mut origin, mut revision) = (None, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "text" => text = Some(map.next_value()?),
                        "origin" => origin = Some(map.next_value()?),
                        "revision" => revision = Some(map.next_value()?),
                        other => return Err(de::Error::unknown_field(other, &["text", "origin", "revision"])),
                    }
                }
                Ok(Text {
                    text: text.ok_or_else(|| de::Error::missing_field("text"))?,
                    origin: origin.unwrap_or_default(),
                    revision: revision.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("text", ObjectBuilder::new().schema_type(Type::String))
            .property("origin", Ref::from_schema_name("Origin"))
            .property("revision", ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)))
            .required("text")
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false)));
        OneOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::String)).item(object).into()
    }
}

impl ToSchema for Text {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Origin::name().into_owned(), Origin::schema()));
    }
}

impl PartialSchema for Localised {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A text in every language it has."))
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false)));
        for lang in Lang::ALL {
            object = object.property(lang.code(), Ref::from_schema_name("Text"));
        }
        object.into()
    }
}

impl ToSchema for Localised {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Text::name().into_owned(), Text::schema()));
        Text::schemas(schemas);
    }
}

/// Words per language, such as keywords. JSON: `{"vi": ["sấy", "dừa"], "en": ["drying"]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalisedList(pub BTreeMap<Lang, Vec<String>>);

impl LocalisedList {
    /// The words in this language, else in any other.
    #[must_use]
    pub fn best(&self, lang: Lang) -> &[String] {
        self.0.get(&lang).filter(|w| !w.is_empty()).or_else(|| self.0.values().find(|w| !w.is_empty())).map_or(&[], Vec::as_slice)
    }

    /// The language that [`Self::best`] speaks.
    #[must_use]
    pub fn spoken(&self, lang: Lang) -> Lang {
        let has = |lang: Lang| self.0.get(&lang).is_some_and(|words| !words.is_empty());
        if !has(lang) && has(lang.other()) { lang.other() } else { lang }
    }

    /// True if no language has any words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }
}

impl PartialSchema for LocalisedList {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false)));
        for lang in Lang::ALL {
            object = object.property(lang.code(), ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)));
        }
        object.into()
    }
}

impl ToSchema for LocalisedList {}

/// Cleans every string of a body in place: NFC, `\r\n` → `\n`, no spaces at either end. Control characters and
/// bidirectional overrides, which can make a name read as another, become faults.
pub fn clean_json(value: &mut Value, pointer: &str, faults: &mut Faults) {
    match value {
        Value::String(text) => {
            if let Some(cleaned) = cleaned(text) {
                *text = cleaned;
            }
            if text.chars().any(is_forbidden) {
                faults.add(pointer, "forbidden_character");
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                clean_json(item, &format!("{pointer}/{n}"), faults);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                clean_json(item, &format!("{pointer}/{}", pointer_part(key)), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The cleaned text, or none if it is clean already.
fn cleaned(text: &str) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.len() == text.len() && !text.contains('\r') && is_nfc(text) {
        return None;
    }
    Some(trimmed.replace("\r\n", "\n").replace('\r', "\n").nfc().collect())
}

/// A plain string cleaned as [`clean_json`] does.
#[must_use]
pub fn clean(text: &str) -> String {
    cleaned(text).unwrap_or_else(|| text.to_owned())
}

/// Control characters other than line feed and tab, bidirectional overrides and isolates, zero-width characters that
/// only serve to make two names look alike, and the byte order mark.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The characters of a text that may be shown again.
pub fn allowed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_forbidden(*c))
}

/// One part of a JSON pointer, escaped (RFC 6901).
#[must_use]
pub fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lang: Lang, words: &str) -> Localised {
        Localised::of(lang, words)
    }

    #[test]
    fn a_translation_goes_stale_when_the_source_changes_and_fresh_when_rewritten() {
        let mut first = text(Lang::Vi, "Máy sấy");
        first.0.insert(Lang::En, Text { text: "Dryer".into(), ..Text::default() });
        first.restamp(None, Lang::Vi, 1);
        assert_eq!(first.stale(Lang::Vi).count(), 0);
        assert_eq!(first.0[&Lang::En].origin, Origin::Human);

        let mut second = first.clone();
        second.0.get_mut(&Lang::Vi).unwrap().text = "Máy sấy bơm nhiệt".into();
        second.restamp(Some(&first), Lang::Vi, 2);
        assert_eq!(second.stale(Lang::Vi).collect::<Vec<_>>(), [Lang::En]);

        let mut third = second.clone();
        third.0.get_mut(&Lang::En).unwrap().text = "Heat-pump dryer".into();
        third.restamp(Some(&second), Lang::Vi, 3);
        assert_eq!(third.stale(Lang::Vi).count(), 0);
    }

    #[test]
    fn a_body_is_cleaned_and_tricks_are_faults() {
        let mut body = serde_json::json!({"a": " Be\u{302}\u{301}n Tre\r\n", "b/c": ["x\u{202e}y"]});
        let mut faults = Faults::new();
        clean_json(&mut body, "", &mut faults);
        assert_eq!(body["a"], "Bến Tre");
        assert_eq!(faults.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(), ["/b~1c/0"]);
    }
}
