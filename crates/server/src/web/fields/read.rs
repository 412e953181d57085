//! From what was typed to content: values are put where their names point, blank rows fall out, what cannot be read is
//! told and changes nothing.

use base::text::clean;
use base::{Currency, Faults, Vocabulary};
use serde_json::{Map, Number, Value, json};

use super::super::form::Form;
use super::super::typed;
use super::{Context, Field, Input, MORE, ROW, code_meant, is_as_it_was, row_origins};

/// Rows of one group at most.
const ROWS: usize = 100;

/// A form that was read.
pub(in super::super) struct Sent {
    /// What was typed, under the names that the content now has: rows that fell out leave no gap.
    pub form: Form,
    /// What could not be read.
    pub faults: Faults,
    /// Whether a row is no longer where the form had it.
    pub is_shifted: bool,
}

/// Puts what the form says into the content; what the form does not name stays. `drop` names a row to leave out.
pub(in super::super) fn apply(fields: &[Field], form: &Form, cx: &Context<'_>, drop: Option<&str>, content: &mut Value) -> Sent {
    let mut reader = Reader { form, cx, drop, faults: Faults::new(), moved: Vec::new(), origins: Vec::new(), is_shifted: false };
    for field in fields {
        reader.field(field, "", "", content);
    }
    let Reader { faults, moved, origins, is_shifted, .. } = reader;
    let form = form.renamed(|name| {
        if name.rsplit('/').next() == Some(ROW) {
            return None;
        }
        let row = moved.iter().find(|(from, _)| name.strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/')));
        match row {
            None => Some(name.to_owned()),
            Some((from, to)) => to.as_ref().map(|to| format!("{to}{}", name.strip_prefix(from.as_str()).unwrap_or_default())),
        }
    });
    let is_shifted = is_shifted || moved.iter().any(|(from, to)| to.as_ref().is_some_and(|to| to != from));
    Sent { form: form.with(origins), faults, is_shifted }
}

struct Reader<'a> {
    form: &'a Form,
    cx: &'a Context<'a>,
    drop: Option<&'a str>,
    faults: Faults,
    /// Rows as the form names them and as the content does; none for what fell out.
    moved: Vec<(String, Option<String>)>,
    /// Which rows of the content the rows are, where that is not their number.
    origins: Vec<(String, String)>,
    /// Whether a row of the form is not the row of its number.
    is_shifted: bool,
}

impl Reader<'_> {
    /// Reads one field: `named` is the row's name in the form, `placed` its place in the content.
    fn field(&mut self, field: &Field, named: &str, placed: &str, content: &mut Value) {
        let name = format!("{named}{}", field.at);
        let lang = self.cx.lang;
        if let Input::Rows(columns) = field.input {
            return self.rows(field, columns, content);
        }
        let typed_at = match field.input {
            Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) => format!("{name}/{}", self.cx.written_in),
            Input::Money => return self.money(field, &name, placed, content),
            Input::Amount => return self.amount(field, &name, placed, content),
            _ => name.clone(),
        };
        let Some(text) = self.form.find(&typed_at).map(clean) else { return };
        let wrong = |code: &'static str, faults: &mut Faults| faults.add(format!("{placed}{}", field.at), code);
        let value = match field.input {
            Input::Line(_) | Input::Text(..) => {
                let at = format!("{}/{}", field.at, self.cx.written_in);
                // The same words keep what is known of them: who made them, and for which version.
                if content.pointer(&at).and_then(|t| t.get("text")).and_then(Value::as_str) != Some(text.as_str()) {
                    put(content, &at, (!text.is_empty()).then(|| json!(text)));
                }
                return;
            }
            Input::Words | Input::Items(_) => {
                // A sentence may have commas in it; an entry ends with its line.
                let separators: &[char] = if matches!(field.input, Input::Items(_)) { &['\n'] } else { &[',', ';', '\n'] };
                let words = split(&text, separators);
                put(content, &format!("{}/{}", field.at, self.cx.written_in), (!words.is_empty()).then(|| json!(words)));
                return;
            }
            Input::Lines => some_list(split(&text, &['\n'])),
            Input::Tokens => some_list(split(&text, &[',', ';', '\n'])),
            Input::Places(list) => some_list(places(self.form, &typed_at, self.cx.vocabularies.get(list))),
            Input::Numbers => {
                let numbers: Option<Vec<u8>> = split(&text, &[',', ';', '\n', ' ']).iter().map(|n| n.parse().ok()).collect();
                match numbers {
                    Some(numbers) => (!numbers.is_empty()).then(|| json!(numbers)),
                    None => return wrong("not_a_whole_number", &mut self.faults),
                }
            }
            Input::Codes(_) | Input::Listings(_) => some_list(self.form.all(&typed_at).map(clean).collect()),
            Input::Plain(_) | Input::Passage(..) | Input::Code(_) | Input::Titled(_) | Input::Always(_) | Input::Party => {
                (!text.is_empty()).then(|| json!(text))
            }
            Input::Flag => match text.as_str() {
                "yes" => Some(json!(true)),
                "no" => Some(json!(false)),
                _ => None,
            },
            Input::YesNo(usual) => Some(text == "yes").filter(|said| *said != usual).map(Value::Bool),
            _ if text.is_empty() => None,
            Input::Level | Input::Whole => match typed::whole(lang, &text) {
                Some(number) => Some(json!(number)),
                None => return wrong("not_a_whole_number", &mut self.faults),
            },
            Input::Figure => match typed::number(lang, &text).and_then(Number::from_f64) {
                Some(number) => Some(Value::Number(number)),
                None => return wrong("not_a_figure", &mut self.faults),
            },
            Input::Percent => match typed::basis_points(lang, &text) {
                Some(bp) => Some(json!(bp)),
                None => return wrong("not_a_figure", &mut self.faults),
            },
            Input::Day => match typed::day(&text) {
                Some(day) => Some(json!(day)),
                None => return wrong("not_a_day", &mut self.faults),
            },
            Input::Money | Input::Amount | Input::Rows(_) => return,
        };
        put(content, field.at, value);
    }

    fn money(&mut self, field: &Field, name: &str, placed: &str, content: &mut Value) {
        let (Some(min), Some(max)) = (self.form.find(&format!("{name}/min")), self.form.find(&format!("{name}/max"))) else { return };
        let (min, max) = (clean(min), clean(max));
        let currency = self.currency(name);
        let mut amount = |text: &str, end: &str| match text {
            "" => Ok(None),
            text => typed::money(self.cx.lang, text, &currency).map(Some).ok_or_else(|| {
                self.faults.add(format!("{placed}{}/{end}", field.at), "not_an_amount");
            }),
        };
        let (Ok(min), Ok(max)) = (amount(&min, "min"), amount(&max, "max")) else { return };
        let mut range = Map::new();
        for (key, minor) in [("min_minor", min), ("max_minor", max)] {
            if let Some(minor) = minor {
                range.insert(key.to_owned(), json!(minor));
            }
        }
        let is_empty = range.is_empty();
        range.insert("currency".to_owned(), json!(currency));
        keep_day(&mut range, content.pointer(field.at));
        put(content, field.at, (!is_empty).then_some(Value::Object(range)));
    }

    fn currency(&self, name: &str) -> Currency {
        match self.form.get(&format!("{name}/currency")) {
            "" => Currency::vnd(),
            code => Currency(clean(code).to_uppercase()),
        }
    }

    fn amount(&mut self, field: &Field, name: &str, placed: &str, content: &mut Value) {
        let Some(text) = self.form.find(&format!("{name}/amount")).map(clean) else { return };
        if text.is_empty() {
            return put(content, field.at, None);
        }
        let currency = self.currency(name);
        let Some(minor) = typed::money(self.cx.lang, &text, &currency) else {
            return self.faults.add(format!("{placed}{}/amount", field.at), "not_an_amount");
        };
        let mut amount = Map::from_iter([("minor".to_owned(), json!(minor)), ("currency".to_owned(), json!(currency))]);
        keep_day(&mut amount, content.pointer(field.at));
        put(content, field.at, Some(Value::Object(amount)));
    }

    fn rows(&mut self, field: &Field, columns: &[Field], content: &mut Value) {
        let prefix = format!("{}/", field.at);
        let numbers = self.form.iter().filter_map(|(name, _)| name.strip_prefix(&prefix)?.split('/').next()?.parse::<usize>().ok());
        let Some(last) = numbers.filter(|n| *n < ROWS).max() else { return };
        let old = content.pointer(field.at).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut kept: Vec<Value> = Vec::new();
        let mut origins: Vec<Option<usize>> = Vec::new();
        let origin = |n: usize| self.form.find(&format!("{}/{n}/{ROW}", field.at));
        // A form that says which rows its rows are has all of them.
        let count = if (0..=last).any(|n| origin(n).is_some()) { last + 1 } else { old.len().max(last + 1) };
        for n in 0..count {
            let named = format!("{}/{n}", field.at);
            let from = self.form.find(&format!("{named}/{ROW}")).map_or(Some(n), |text| text.parse().ok()).filter(|from| *from < old.len());
            let placed = format!("{}/{}", field.at, kept.len());
            let mut row = from.and_then(|from| old.get(from)).cloned().unwrap_or_else(|| json!({}));
            let before = self.faults.iter().count();
            if self.drop != Some(named.as_str()) && n <= last {
                for column in columns {
                    self.field(column, &named, &placed, &mut row);
                }
            }
            let says = |column: &Field| !matches!(column.input, Input::Always(_)) && row.pointer(column.at).is_some_and(|v| !is_blank(v));
            let is_kept = self.drop != Some(named.as_str()) && (columns.iter().any(says) || self.faults.iter().count() > before);
            self.moved.push((named, is_kept.then_some(placed)));
            if is_kept {
                kept.push(row);
                origins.push(from);
            }
        }
        self.is_shifted |= origins.iter().enumerate().any(|(n, from)| *from != (n < old.len()).then_some(n));
        if !is_as_it_was(&origins, old.len()) {
            self.origins.extend(row_origins(field.at, &origins));
        }
        put(content, field.at, (!kept.is_empty()).then_some(Value::Array(kept)));
    }
}

/// The places that a form names, those that are ticked first; each once.
pub(super) fn places(form: &Form, name: &str, list: Option<&Vocabulary>) -> Vec<String> {
    let typed = format!("{name}/{MORE}");
    let mut all: Vec<String> = Vec::new();
    let code = |text: &str| list.map_or_else(|| text.to_owned(), |list| code_meant(list, text));
    for text in form.all(name).chain(form.all(&typed)).map(clean) {
        // Names have commas between, and some have one within.
        let whole = code(&text);
        let found = if whole == text { split(&text, &[',', ';', '\n']).iter().map(|one| code(one)).collect() } else { vec![whole] };
        for one in found {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// The day on which the same amounts were stated stays.
fn keep_day(amount: &mut Map<String, Value>, old: Option<&Value>) {
    if let Some(old) = old
        && amount.iter().all(|(key, value)| old.get(key) == Some(value))
        && let Some(day) = old.get("as_of")
    {
        amount.insert("as_of".to_owned(), day.clone());
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn split(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn some_list(items: Vec<String>) -> Option<Value> {
    (!items.is_empty()).then(|| json!(items))
}

/// Sets or removes the value at a pointer; objects on the way are made, and removed when nothing is left in them.
pub(super) fn put(root: &mut Value, pointer: &str, value: Option<Value>) {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    set(root, &parts, value);
}

fn set(at: &mut Value, parts: &[&str], value: Option<Value>) {
    let Some((first, rest)) = parts.split_first() else { return };
    if !at.is_object() {
        if value.is_none() {
            return;
        }
        *at = json!({});
    }
    let Some(map) = at.as_object_mut() else { return };
    if rest.is_empty() {
        match value {
            Some(value) => drop(map.insert((*first).to_owned(), value)),
            None => drop(map.remove(*first)),
        }
        return;
    }
    if value.is_none() && !map.contains_key(*first) {
        return;
    }
    let inner = map.entry((*first).to_owned()).or_insert_with(|| json!({}));
    set(inner, rest, value);
    if inner.as_object().is_some_and(Map::is_empty) {
        map.remove(*first);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use base::{Lang, Vocabularies};
    use chrono::NaiveDate;

    use super::*;

    const COLUMNS: [Field; 3] = [
        Field::new("/metric", "field-metric", Input::Line(200)),
        Field::new("/offered", "field-offered", Input::Figure),
        Field::new("/direction", "field-direction", Input::Always("directions")),
    ];
    const FIELDS: [Field; 11] = [
        Field::needed("/title", "field-title", Input::Line(256)),
        Field::new("/keywords", "fact-keywords", Input::Words),
        Field::new("/cooperation", "fact-cooperation", Input::Codes("cooperation")),
        Field::new("/investment", "fact-investment", Input::Money),
        Field::new("/terms/term_months", "fact-term", Input::Whole),
        Field::new("/terms/territory", "fact-territory", Input::Places("countries")),
        Field::new("/state_funded", "field-state-funded", Input::Flag),
        Field::new("/advantages", "block-advantages", Input::Rows(&COLUMNS)),
        Field::new("/equipment", "party-equipment", Input::Items(4)),
        Field::new("/address/commune", "fact-address", Input::Titled("communes")),
        Field::new("/address/street_public", "fact-address", Input::YesNo(false)),
    ];

    fn read(form: &[(&str, &str)], drop: Option<&str>, content: Value) -> (Value, Sent) {
        let vocabularies = Vocabularies::built_in().unwrap();
        let cx = Context {
            lang: Lang::Vi,
            written_in: Lang::Vi,
            translated_from: None,
            vocabularies: &vocabularies,
            today: NaiveDate::from_ymd_opt(2026, 11, 28).unwrap(),
            parties: Vec::new(),
            listings: Vec::new(),
            known: HashMap::new(),
            notes: HashMap::new(),
        };
        let mut content = content;
        let sent = apply(&FIELDS, &Form::of(form), &cx, drop, &mut content);
        (content, sent)
    }

    #[test]
    fn what_was_typed_lands_where_its_name_points_and_the_rest_stays() {
        let before =
            json!({"title": {"en": {"text": "Dryer", "origin": "human", "revision": 1}}, "field": "21101", "terms": {"right": "use"}});
        let form = [
            ("/title/vi", " Máy sấy \r\n"),
            ("/keywords/vi", "sấy, dừa;bơm nhiệt,"),
            ("/cooperation", ""),
            ("/cooperation", "licence"),
            ("/investment/min", "1,25 tỷ"),
            ("/investment/max", ""),
            ("/investment/currency", "VND"),
            ("/terms/term_months", "24"),
            ("/state_funded", "no"),
        ];
        let (content, sent) = read(&form, None, before);
        assert!(sent.faults.is_empty());
        assert_eq!(
            content,
            json!({
                "title": {"en": {"text": "Dryer", "origin": "human", "revision": 1}, "vi": "Máy sấy"},
                "keywords": {"vi": ["sấy", "dừa", "bơm nhiệt"]},
                "cooperation": ["licence"],
                "investment": {"min_minor": 1_250_000_000_i64, "currency": "VND"},
                "terms": {"right": "use", "term_months": 24},
                "state_funded": false,
                "field": "21101"
            })
        );
    }

    #[test]
    fn emptied_fields_leave_nothing_behind() {
        let before = json!({"title": {"vi": {"text": "A"}}, "terms": {"term_months": 3}, "cooperation": ["licence"], "state_funded": true});
        let form = [("/title/vi", ""), ("/terms/term_months", ""), ("/cooperation", ""), ("/state_funded", "")];
        assert_eq!(read(&form, None, before).0, json!({}));
    }

    #[test]
    fn entries_end_with_their_line_and_keep_their_commas() {
        let form = [("/equipment/vi", "Máy sấy, 500 kg\r\n\r\n  Lò hơi ")];
        let (content, _) = read(&form, None, json!({"equipment": {"en": ["Dryer"], "vi": ["Cũ"]}}));
        assert_eq!(content, json!({"equipment": {"en": ["Dryer"], "vi": ["Máy sấy, 500 kg", "Lò hơi"]}}));
    }

    #[test]
    fn places_are_ticked_or_typed_by_name_and_each_is_kept_once() {
        let form = [
            ("/terms/territory", ""),
            ("/terms/territory", "VN"),
            ("/terms/territory/more", "Campuchia; việt nam"),
            ("/terms/territory/more", "Saint Helena, Ascension và Tristan da Cunha"),
            ("/terms/territory/more", "Xứ sở thần tiên"),
        ];
        let (content, _) = read(&form, None, json!({"terms": {"territory": ["LA"]}}));
        assert_eq!(
            content["terms"]["territory"],
            json!(["VN", "KH", "SH", "Xứ sở thần tiên"]),
            "what is none is refused where it is checked"
        );
        assert_eq!(read(&form[..1], None, content).0, json!({}));
    }

    #[test]
    fn what_holds_anyway_is_not_kept() {
        let yes = read(&[("/address/street_public", "yes")], None, json!({})).0;
        assert_eq!(yes, json!({"address": {"street_public": true}}));
        let no = read(&[("/address/street_public", "no"), ("/address/commune", "")], None, yes).0;
        assert_eq!(no, json!({}), "an address of which nothing is said is none");
    }

    #[test]
    fn blank_and_dropped_rows_fall_out_and_what_was_typed_moves_with_its_row() {
        let before = json!({"advantages": [{"metric": {"vi": {"text": "A"}}}, {"metric": {"en": {"text": "only English"}}}]});
        let form = [
            ("/advantages/0/metric/vi", "A"),
            ("/advantages/1/metric/vi", ""),
            ("/advantages/2/metric/vi", ""),
            ("/advantages/2/direction", "at_least"),
            ("/advantages/3/metric/vi", "Thời gian sấy"),
            ("/advantages/3/offered", "năm"),
        ];
        let (content, sent) = read(&form, Some("/advantages/0"), before);
        let rows = content["advantages"].as_array().unwrap();
        assert_eq!(rows.len(), 2, "{content}");
        assert_eq!(rows[1]["metric"]["vi"], "Thời gian sấy");
        assert_eq!(
            sent.faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect::<Vec<_>>(),
            [("/advantages/1/offered", "not_a_figure")]
        );
        assert_eq!(sent.form.get("/advantages/1/offered"), "năm");
        assert_eq!(sent.form.find("/advantages/3/offered"), None);
    }

    #[test]
    fn a_row_that_moved_stays_the_row_it_was_when_its_form_comes_again() {
        let row = |vi: &str, en: &str| json!({"metric": {"vi": {"text": vi}, "en": {"text": en}}});
        let before = json!({"advantages": [row("A", "a"), row("B", "b")]});
        // The first row is dropped while another field is wrong: the form comes back with the second row in its place.
        let form = [("/advantages/0/metric/vi", "A"), ("/advantages/1/metric/vi", "B"), ("/advantages/1/offered", "năm")];
        let (_, sent) = read(&form, Some("/advantages/0"), before.clone());
        assert!(sent.is_shifted);
        assert_eq!(sent.form.find("/advantages/0/_row"), Some("1"));
        let again = sent.form.iter().map(|(n, v)| (n, if v == "năm" { "5" } else { v }));
        let again: Vec<(&str, &str)> = again.chain([("/advantages/1/metric/vi", ""), ("/advantages/1/_row", "")]).collect();
        let (content, sent) = read(&again, None, before);
        assert_eq!(content["advantages"].as_array().unwrap().len(), 1, "{content}");
        assert_eq!(content["advantages"][0]["metric"]["en"]["text"], "b", "with its own words in the other language");
        assert!(sent.faults.is_empty());
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        let before = json!({"investment": {"min_minor": 5, "currency": "VND"}});
        let form = [("/investment/min", "rất nhiều"), ("/investment/max", "1"), ("/investment/currency", "VND")];
        let (content, sent) = read(&form, None, before.clone());
        assert_eq!(content, before);
        assert_eq!(sent.faults.iter().next().unwrap().pointer, "/investment/min");
    }
}
