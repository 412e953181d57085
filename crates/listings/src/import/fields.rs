//! What type the field at a pointer has, read from the schema of a content: the same schema that checks bodies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::content::{IpAsset, Need, Technology};
use crate::kind::Kind;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// Words, codes, ids, addresses.
    Text,
    /// A calendar day.
    Date,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// Several of the same.
    List,
    /// Fields below it.
    Object,
}

/// The fields of one kind of content.
pub(crate) struct Fields {
    root: Value,
    named: BTreeMap<String, Value>,
}

impl Fields {
    /// Those of a kind.
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Technology => Self::read::<Technology>(),
            Kind::IpAsset => Self::read::<IpAsset>(),
            Kind::Need => Self::read::<Need>(),
        }
    }

    fn read<T: ToSchema + PartialSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let named = schemas.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
        Self { root: serde_json::to_value(T::schema()).unwrap_or_default(), named }
    }

    /// The type at a pointer, or none if a content has no such place.
    pub(crate) fn at(&self, pointer: &str) -> Option<FieldType> {
        let path = pointer.strip_prefix('/')?;
        let mut here = vec![&self.root];
        for part in path.split('/') {
            let key = part.replace("~1", "/").replace("~0", "~");
            here = here.into_iter().flat_map(|schema| self.below(schema, &key, 0)).collect();
            if here.is_empty() {
                return None;
            }
        }
        here.into_iter().find_map(|schema| self.type_of(schema, 0))
    }

    /// The schemas a name or place inside `schema` may have.
    fn below<'a>(&'a self, schema: &'a Value, key: &str, depth: u8) -> Vec<&'a Value> {
        if depth > 8 {
            return Vec::new();
        }
        if let Some(target) = self.target(schema) {
            return self.below(target, key, depth + 1);
        }
        let mut found: Vec<&Value> = schema.get("properties").and_then(|p| p.get(key)).into_iter().collect();
        if key.parse::<usize>().is_ok() {
            found.extend(schema.get("items"));
        }
        for one in alternatives(schema) {
            found.extend(self.below(one, key, depth + 1));
        }
        found
    }

    fn type_of(&self, schema: &Value, depth: u8) -> Option<FieldType> {
        if depth > 8 {
            return None;
        }
        if let Some(target) = self.target(schema) {
            return self.type_of(target, depth + 1);
        }
        let names: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let own = names.into_iter().find_map(|name| match name {
            "string" if schema.get("format") == Some(&json!("date")) => Some(FieldType::Date),
            "string" => Some(FieldType::Text),
            "integer" => Some(FieldType::Integer),
            "number" => Some(FieldType::Number),
            "boolean" => Some(FieldType::Boolean),
            "array" => Some(FieldType::List),
            "object" => Some(FieldType::Object),
            _ => None,
        });
        own.or_else(|| alternatives(schema).find_map(|one| self.type_of(one, depth + 1)))
    }

    fn target(&self, schema: &Value) -> Option<&Value> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        self.named.get(name)
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|name| schema.get(name)?.as_array()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_content_has_its_type() {
        let fields = Fields::of(Kind::Technology);
        for (pointer, expected) in [
            ("/title/en", Some(FieldType::Text)),
            ("/title/vi/revision", Some(FieldType::Integer)),
            ("/trl", Some(FieldType::Integer)),
            ("/field", Some(FieldType::Text)),
            ("/keywords/vi", Some(FieldType::List)),
            ("/keywords/vi/0", Some(FieldType::Text)),
            ("/owners/3/share_bp", Some(FieldType::Integer)),
            ("/owners/3/party", Some(FieldType::Text)),
            ("/advantages/0/offered", Some(FieldType::Number)),
            ("/state_funded", Some(FieldType::Boolean)),
            ("/state_funding/accepted_on", Some(FieldType::Date)),
            ("/terms/price/amount/min_minor", Some(FieldType::Integer)),
            ("/terms", Some(FieldType::Object)),
            ("/titel/en", None),
            ("/title/fr", None),
            ("title", None),
        ] {
            assert_eq!(fields.at(pointer), expected, "{pointer}");
        }
        assert_eq!(Fields::of(Kind::Need).at("/targets/0/direction"), Some(FieldType::Text));
        assert_eq!(Fields::of(Kind::IpAsset).at("/nice/0"), Some(FieldType::Integer));
    }
}
