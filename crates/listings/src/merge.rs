//! Joining what two people wrote from the same version: a three-way merge over the JSON of a content.
//!
//! What only one of them changed is taken from that one. Rows of lists are matched by what they are, not by their number:
//! equal rows by a longest common subsequence, then by their natural key, then by what most of them says. Where both changed
//! the same thing, the writer's own stands and the clash is told; a row that one took out and the other changed stays.
//! Nothing here knows a field by its name but the keys that rows go by.

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What a row is known by, the first of these that it has.
const KEYS: [&str; 8] = ["id", "party", "name", "metric", "title", "site", "doi", "number"];

/// One place where both wrote something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// Where: a JSON pointer into the merged content.
    pub pointer: String,
    /// What the other wrote there; null if they took it out.
    pub theirs: Value,
}

/// Two contents joined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// What both say together.
    pub content: Value,
    /// Where the writer's own stands against another's.
    pub clashes: Vec<Clash>,
    /// Of each list of rows, by its pointer, which of the other's rows each joined row is; none for the writer's own.
    pub rows: Vec<(String, Vec<Option<usize>>)>,
}

/// Joins `mine` and `theirs`, both written from `base`.
#[must_use]
pub fn merge(base: &Value, mine: &Value, theirs: &Value) -> Merged {
    let Joined { value, clashes, rows } = both(Some(base), Some(mine), Some(theirs));
    Merged { content: value.unwrap_or_else(|| Value::Object(Map::new())), clashes, rows }
}

/// What is joined at one place, with pointers from there.
#[derive(Default)]
struct Joined {
    value: Option<Value>,
    clashes: Vec<Clash>,
    rows: Vec<(String, Vec<Option<usize>>)>,
}

impl Joined {
    /// Takes what was joined at a place below this one, and gives its value.
    fn take(&mut self, at: &str, part: Self) -> Option<Value> {
        self.clashes.extend(part.clashes.into_iter().map(|c| Clash { pointer: format!("{at}{}", c.pointer), ..c }));
        self.rows.extend(part.rows.into_iter().map(|(pointer, rows)| (format!("{at}{pointer}"), rows)));
        part.value
    }
}

fn both(base: Option<&Value>, mine: Option<&Value>, theirs: Option<&Value>) -> Joined {
    let is_same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    // The same words keep what is known of them: theirs is the one that was kept.
    if is_same(mine, theirs) || is_same(mine, base) {
        return Joined { value: theirs.cloned(), ..Joined::default() };
    }
    // What is not there is an empty one of its kind, so that its parts are looked at one by one.
    let is_map = |v: Option<&Value>| v.is_none_or(|v| v.as_object().is_some_and(|m| !is_whole(m)));
    let is_list = |v: Option<&Value>| v.is_none_or(Value::is_array);
    if is_map(mine) && is_map(theirs) {
        let of = |v: Option<&Value>| v.and_then(Value::as_object).cloned().unwrap_or_default();
        return maps(&of(base), &of(mine), &of(theirs));
    }
    if is_list(mine) && is_list(theirs) {
        let of = |v: Option<&Value>| v.and_then(Value::as_array).cloned().unwrap_or_default();
        let (base, mine, theirs) = (of(base), of(mine), of(theirs));
        if [&base, &mine, &theirs].into_iter().flatten().all(Value::is_object) {
            return rows(&base, &mine, &theirs);
        }
        // What one alone changed keeps that one's order.
        let joined = if same_list(&theirs, &base) { mine } else { words(&base, &mine, &theirs) };
        return Joined { value: some_list(joined), ..Joined::default() };
    }
    let clash = Clash { pointer: String::new(), theirs: theirs.cloned().unwrap_or_default() };
    let clashes = if is_same(theirs, base) { Vec::new() } else { vec![clash] };
    Joined { value: mine.cloned(), clashes, ..Joined::default() }
}

fn maps(base: &Map<String, Value>, mine: &Map<String, Value>, theirs: &Map<String, Value>) -> Joined {
    let (mut joined, mut all) = (Map::new(), Joined::default());
    for key in theirs.keys().chain(mine.keys().filter(|k| !theirs.contains_key(*k))) {
        let part = both(base.get(key), mine.get(key), theirs.get(key));
        if let Some(value) = all.take(&format!("/{}", base::text::pointer_part(key)), part) {
            joined.insert(key.clone(), value);
        }
    }
    Joined { value: (!joined.is_empty()).then_some(Value::Object(joined)), ..all }
}

/// Words and codes are a set in an order: what either added is there, what either took out is not.
fn words(base: &[Value], mine: &[Value], theirs: &[Value]) -> Vec<Value> {
    let stays = theirs.iter().filter(|v| mine.contains(v) || !base.contains(v));
    let added = mine.iter().filter(|v| !base.contains(v) && !theirs.contains(v));
    stays.chain(added).cloned().collect()
}

/// A row of the joined list, and which of either's rows it is.
#[derive(Default)]
struct Row {
    part: Joined,
    mine: Option<usize>,
    theirs: Option<usize>,
}

/// A row that stays as one has it, though the other did something else.
fn kept(value: &Value, theirs: Option<&Value>) -> Joined {
    let clash = Clash { pointer: String::new(), theirs: theirs.cloned().unwrap_or_default() };
    Joined { value: Some(value.clone()), clashes: vec![clash], ..Joined::default() }
}

fn rows(base: &[Value], mine: &[Value], theirs: &[Value]) -> Joined {
    let (of_mine, of_theirs) = (align(base, mine), align(base, theirs));
    let base_of = |n: usize, others: &[Option<usize>]| others.iter().position(|other| *other == Some(n));
    let joined = if same_list(theirs, base) {
        // What the writer alone changed keeps the writer's order.
        let row = |(m, value): (usize, &Value)| {
            let theirs = base_of(m, &of_mine).and_then(|b| of_theirs.get(b).copied().flatten());
            Row { part: Joined { value: Some(value.clone()), ..Joined::default() }, mine: Some(m), theirs }
        };
        mine.iter().enumerate().map(row).collect()
    } else {
        joined_rows(base, (mine, &of_mine), (theirs, &of_theirs))
    };
    let (mut all, mut values, mut from) = (Joined::default(), Vec::with_capacity(joined.len()), Vec::with_capacity(joined.len()));
    for row in joined {
        if let Some(value) = all.take(&format!("/{}", values.len()), row.part) {
            values.push(value);
            from.push(row.theirs);
        }
    }
    all.rows.push((String::new(), from));
    Joined { value: some_list(values), ..all }
}

fn joined_rows(
    base: &[Value],
    (mine, of_mine): (&[Value], &[Option<usize>]),
    (theirs, of_theirs): (&[Value], &[Option<usize>]),
) -> Vec<Row> {
    let base_of = |n: usize, others: &[Option<usize>]| others.iter().position(|other| *other == Some(n));
    let added: Vec<usize> = (0..mine.len()).filter(|n| base_of(*n, of_mine).is_none()).collect();
    let mut met: Vec<usize> = Vec::new();
    let mut joined: Vec<Row> = Vec::new();
    // In the order of what is kept now …
    for (n, value) in theirs.iter().enumerate() {
        let from = base_of(n, of_theirs);
        let before = from.and_then(|b| base.get(b));
        let own = match from {
            Some(from) => of_mine.get(from).copied().flatten(),
            // Both may have added the same.
            None => added.iter().copied().find(|m| !met.contains(m) && mine.get(*m).is_some_and(|m| same(m, value) || same_key(m, value))),
        };
        met.extend(own);
        let part = match own.and_then(|m| mine.get(m)) {
            Some(own) => both(before, Some(own), Some(value)),
            None if before.is_none() => Joined { value: Some(value.clone()), ..Joined::default() },
            None if before.is_some_and(|b| same(b, value)) => continue,
            None => kept(value, Some(value)),
        };
        joined.push(Row { part, mine: own, theirs: Some(n) });
    }
    // … and the writer's own rows after the row that stands before them with the writer.
    for (m, value) in mine.iter().enumerate() {
        if met.contains(&m) {
            continue;
        }
        let part = match base_of(m, of_mine).and_then(|b| base.get(b)) {
            Some(before) if same(before, value) => continue,
            Some(_) => kept(value, None),
            None => Joined { value: Some(value.clone()), ..Joined::default() },
        };
        let at = (0..m).rev().find_map(|p| joined.iter().position(|row| row.mine == Some(p))).map_or(0, |at| at + 1);
        joined.insert(at, Row { part, mine: Some(m), theirs: None });
    }
    joined
}

fn some_list(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

/// For each row of `base` the row of `other` that it became, if it is still there.
fn align(base: &[Value], other: &[Value]) -> Vec<Option<usize>> {
    // Rows by what they say: equal rows have the same number.
    let mut kinds: Vec<&Value> = Vec::new();
    let mut number = |row| {
        kinds.iter().position(|k| same(k, row)).unwrap_or_else(|| {
            kinds.push(row);
            kinds.len() - 1
        })
    };
    let old: Vec<usize> = base.iter().map(&mut number).collect();
    let new: Vec<usize> = other.iter().map(&mut number).collect();
    let mut became: Vec<Option<usize>> = vec![None; base.len()];
    for op in capture_diff_slices(Algorithm::Lcs, &old, &new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for n in 0..len {
                if let Some(place) = became.get_mut(old_index + n) {
                    *place = Some(new_index + n);
                }
            }
        }
    }
    // Rows that moved, rows that changed and kept their key, and rows that changed and kept most of what they say.
    let rules: [fn(&Value, &Value) -> bool; 3] = [same, same_key, mostly_same];
    for rule in rules {
        for (n, row) in base.iter().enumerate() {
            if became.get(n).copied().flatten().is_some() {
                continue;
            }
            let is_free = |m: &usize| !became.contains(&Some(*m));
            let found = (0..other.len()).filter(is_free).find(|m| other.get(*m).is_some_and(|o| rule(row, o)));
            if let Some(place) = became.get_mut(n) {
                *place = found;
            }
        }
    }
    became
}

/// An object that is one value: a text with what is known of it, an amount with its currency.
fn is_whole(map: &Map<String, Value>) -> bool {
    map.contains_key("text") || map.contains_key("currency")
}

/// Whether two values say the same; who made a text and for which version is no word of it.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.contains_key("text") && b.contains_key("text") => a.get("text") == b.get("text"),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w))),
        (Value::Array(a), Value::Array(b)) => same_list(a, b),
        _ => a == b,
    }
}

fn same_list(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(v, w)| same(v, w))
}

/// Whether two rows go by the same name, in any language. The first key that either has decides.
fn same_key(a: &Value, b: &Value) -> bool {
    let word = |text: &Value| text.as_str().map(|t| t.trim().to_lowercase()).filter(|t| !t.is_empty());
    let Some(key) = KEYS.into_iter().find(|key| a.get(key).is_some() || b.get(key).is_some()) else { return false };
    match (a.get(key), b.get(key)) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let text = |texts: &Map<String, Value>, lang: &str| texts.get(lang).and_then(|t| t.get("text")).and_then(word);
            a.keys().any(|lang| text(a, lang).is_some_and(|words| text(b, lang) == Some(words)))
        }
        (Some(a), Some(b)) => word(a).is_some_and(|words| word(b) == Some(words)),
        _ => false,
    }
}

/// Whether more than half of what a row said is still said.
fn mostly_same(a: &Value, b: &Value) -> bool {
    let (a, b) = (leaves(a), leaves(b));
    let shared = a.iter().filter(|leaf| b.contains(leaf)).count();
    2 * shared > a.len()
}

fn leaves(row: &Value) -> Vec<(String, &Value)> {
    fn walk<'a>(at: &str, value: &'a Value, out: &mut Vec<(String, &'a Value)>) {
        match value {
            Value::Object(map) => match map.get("text") {
                Some(text) => out.push((at.to_owned(), text)),
                None => map.iter().for_each(|(key, value)| walk(&format!("{at}/{key}"), value, out)),
            },
            Value::Array(items) => items.iter().for_each(|item| walk(at, item, out)),
            _ => out.push((at.to_owned(), value)),
        }
    }
    let mut out = Vec::new();
    walk("", row, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn row(metric: &str, offered: i64) -> Value {
        json!({"metric": {"vi": {"text": metric, "origin": "original", "revision": 1}}, "offered": offered, "unit": "kg"})
    }

    fn list(rows: &[Value]) -> Value {
        json!({"title": {"vi": {"text": "Máy", "origin": "original", "revision": 1}}, "advantages": rows})
    }

    fn merged(base: &[Value], mine: &[Value], theirs: &[Value]) -> (Vec<Value>, Vec<Clash>) {
        let Merged { content, clashes, .. } = merge(&list(base), &list(mine), &list(theirs));
        (content.get("advantages").and_then(Value::as_array).cloned().unwrap_or_default(), clashes)
    }

    #[test]
    fn a_row_that_the_other_put_in_front_moves_no_change_to_another_row() {
        let (a, b) = (row("Năng suất", 1), row("Điện", 2));
        let mine = [a.clone(), row("Điện", 7)];
        let theirs = [row("Nước", 9), a.clone(), b.clone()];
        let (rows, clashes) = merged(&[a.clone(), b], &mine, &theirs);
        assert_eq!(rows, [row("Nước", 9), a.clone(), row("Điện", 7)]);
        assert_eq!(clashes, []);
        // Which of the other's rows each is, is known too.
        let mine = [a.clone(), row("Công", 4), row("Điện", 7)];
        let told = merge(&list(&[a.clone(), row("Điện", 2)]), &list(&mine), &list(&[row("Nước", 9), a, row("Điện", 2)]));
        assert_eq!(told.rows, [("/advantages".to_owned(), vec![Some(0), Some(1), None, Some(2)])]);
    }

    #[test]
    fn a_row_that_the_other_took_out_stays_out_and_the_rest_is_the_writers() {
        let (a, b, c) = (row("Năng suất", 1), row("Điện", 2), row("Nước", 3));
        let mine = [a.clone(), b.clone(), row("Nước", 8), row("Công", 4)];
        let (rows, clashes) = merged(&[a.clone(), b.clone(), c.clone()], &mine, &[b.clone(), c]);
        assert_eq!(rows, [b, row("Nước", 8), row("Công", 4)]);
        assert_eq!(clashes, []);
    }

    #[test]
    fn both_may_change_different_parts_of_one_row() {
        let mut renamed = row("Năng suất mỗi giờ", 1);
        renamed["metric"]["en"] = json!({"text": "Output", "origin": "human", "revision": 2});
        let (rows, clashes) = merged(&[row("Năng suất", 1)], &[row("Năng suất", 5)], &[renamed.clone(), row("Điện", 2)]);
        renamed["offered"] = json!(5);
        // The name changed and so did the figure: with two of three parts in common it is the same row.
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!((&rows[0]["metric"]["vi"]["text"], &rows[0]["offered"]), (&json!("Năng suất mỗi giờ"), &json!(5)));
        assert_eq!(clashes, []);
    }

    #[test]
    fn where_both_wrote_the_writers_stands_and_the_other_is_told() {
        let theirs = [row("Nước", 1), row("Điện", 3)];
        let (rows, clashes) = merged(&[row("Điện", 2)], &[row("Điện", 7)], &theirs);
        assert_eq!(rows, [row("Nước", 1), row("Điện", 7)]);
        assert_eq!(clashes, [Clash { pointer: "/advantages/1/offered".to_owned(), theirs: json!(3) }]);
    }

    #[test]
    fn a_row_that_one_took_out_and_the_other_changed_stays_and_is_told() {
        let (a, b) = (row("Năng suất", 1), row("Điện", 2));
        let (rows, clashes) = merged(&[a.clone(), b.clone()], std::slice::from_ref(&a), &[a.clone(), row("Điện", 3)]);
        assert_eq!(rows, [a.clone(), row("Điện", 3)]);
        assert_eq!(clashes, [Clash { pointer: "/advantages/1".to_owned(), theirs: row("Điện", 3) }]);
        let (rows, clashes) = merged(&[a.clone(), b], &[a.clone(), row("Điện", 3)], std::slice::from_ref(&a));
        assert_eq!(rows, [a, row("Điện", 3)]);
        assert_eq!(clashes, [Clash { pointer: "/advantages/1".to_owned(), theirs: Value::Null }]);
        // All of a list is no different from some of it.
        let emptied = json!({"advantages": []});
        let mine = merge(&list(&[row("Điện", 2)]), &emptied, &list(&[row("Điện", 3)]));
        assert_eq!(mine.content["advantages"], json!([row("Điện", 3)]));
    }

    #[test]
    fn what_both_added_is_there_once() {
        let (rows, clashes) = merged(&[], &[row("Điện", 2)], &[row("Nước", 1), row("Điện", 2)]);
        assert_eq!((rows, clashes.len()), (vec![row("Nước", 1), row("Điện", 2)], 0));
    }

    #[test]
    fn a_row_put_in_the_place_of_another_is_not_that_one_changed() {
        let target = |metric: &str, target: i64| json!({"metric": {"vi": {"text": metric}}, "target": target, "direction": "at_least", "priority": "must"});
        let base = json!({"targets": [target("Điện", 5)]});
        let mine = json!({"targets": [target("Điện", 6)]});
        let theirs = json!({"targets": [target("Nước", 9)]});
        let Merged { content, clashes, .. } = merge(&base, &mine, &theirs);
        assert_eq!(content["targets"], json!([target("Điện", 6), target("Nước", 9)]));
        assert_eq!(clashes.len(), 1, "what the other took out is told: {clashes:?}");
    }

    #[test]
    fn words_texts_and_amounts_are_joined_each_in_its_way() {
        let base = json!({"keywords": {"vi": ["dừa", "sấy"]}, "investment": {"min_minor": 1, "currency": "VND"}, "trl": 4,
                          "title": {"vi": {"text": "A", "origin": "original", "revision": 1}}});
        let mine = json!({"keywords": {"vi": ["dừa", "bơm"]}, "investment": {"min_minor": 2, "currency": "VND"}, "trl": 4,
                          "title": {"vi": {"text": "B", "origin": "original", "revision": 0}}});
        let theirs = json!({"keywords": {"vi": ["sấy", "lạnh", "dừa"]}, "investment": {"min_minor": 1, "currency": "USD"}, "trl": 5,
                            "title": {"vi": {"text": "A", "origin": "original", "revision": 1}, "en": {"text": "A", "origin": "human", "revision": 1}}});
        let Merged { content, clashes, .. } = merge(&base, &mine, &theirs);
        assert_eq!(content["keywords"]["vi"], json!(["lạnh", "dừa", "bơm"]));
        assert_eq!(content["investment"], json!({"min_minor": 2, "currency": "VND"}), "no amount of one in the currency of the other");
        assert_eq!(content["trl"], 5);
        assert_eq!((&content["title"]["vi"]["text"], &content["title"]["en"]["text"]), (&json!("B"), &json!("A")));
        assert_eq!(clashes.iter().map(|c| c.pointer.as_str()).collect::<Vec<_>>(), ["/investment"]);
    }

    fn some_rows() -> impl Strategy<Value = Vec<Value>> {
        proptest::collection::vec((0_u8..6, 0_i64..3).prop_map(|(name, figure)| row(&format!("M{name}"), figure)), 0..6)
    }

    proptest! {
        #[test]
        fn what_one_alone_changed_is_exactly_theirs(base in some_rows(), other in some_rows()) {
            let (base, other) = (list(&base), list(&other));
            for (mine, theirs) in [(&base, &other), (&other, &base), (&other, &other)] {
                let Merged { mut content, clashes, .. } = merge(&base, mine, theirs);
                if content.get("advantages").is_none() {
                    content["advantages"] = json!([]);
                }
                prop_assert_eq!((content, clashes), (other.clone(), Vec::new()));
            }
        }

        #[test]
        fn no_row_that_somebody_wrote_is_lost(base in some_rows(), mine in some_rows(), theirs in some_rows()) {
            let (rows, clashes) = merged(&base, &mine, &theirs);
            // A row that was not there before was written by somebody; its name is there afterwards, or told.
            for new in mine.iter().chain(&theirs).filter(|r| !base.iter().any(|b| same_key(b, r))) {
                let is_told = clashes.iter().any(|c| same(&c.theirs, &new["metric"]["vi"]) || same_key(&c.theirs, new));
                prop_assert!(is_told || rows.iter().any(|r| same_key(r, new)), "{new} is not in {rows:?}");
            }
        }
    }
}
