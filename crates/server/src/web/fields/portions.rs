//! A form that is too long for one page, in parts. What a form does not name stays as it is kept, so a part is a form like
//! any other; only rows that are not those of their number must all be named, for a form that says of some says of all.

use std::ops::Range;

use super::super::form::Form;
use super::super::frame::{Visit, parameter};
use super::super::portion::{packed, weight};
use super::{Control, FieldView, Opt, ROW};

/// Bytes that the fields of a part take: a form has less around it than other pages.
const FORM_BYTES: usize = 44_000;

/// The input that says which part of a long form was sent.
pub(in super::super) const PART: &str = "_part";

/// The part that is asked for: by the form that was sent, else by the address.
pub(in super::super) fn asked_by<'a>(visit: &Visit, typed: Option<&'a Form>) -> Asked<'a> {
    match typed {
        Some(form) => Asked::Sent(form),
        None => Asked::Number(numbered(&parameter(visit, super::super::portion::PART))),
    }
}

/// The number of a part, from 0.
fn numbered(text: &str) -> usize {
    text.parse::<usize>().unwrap_or(1).saturating_sub(1)
}

/// The part of a form that is shown, and how many there are.
pub(in super::super) struct Portion {
    pub fields: Vec<FieldView>,
    /// From 0.
    pub at: usize,
    pub of: usize,
}

/// Which part of a form is asked for.
pub(in super::super) enum Asked<'a> {
    /// The one of this number, from 0; the last one where there are fewer.
    Number(usize),
    /// The one with the field or row at this place.
    Place(&'a str),
    /// The one that was sent: what this form names, whatever it weighs by now. What was typed is nowhere else.
    Sent(&'a Form),
}

/// A field without rows, or one row: its place, what it weighs, whether something is wrong with it.
struct Unit {
    place: String,
    weight: usize,
    is_wrong: bool,
    /// Whether a form that has it may say nothing of it: buttons of which none is chosen, and an empty row.
    may_be_silent: bool,
}

/// The part of a form that is asked for; where something is wrong, the part with the first of that. A form that was sent is
/// shown with all it names, and with what is wrong elsewhere.
pub(in super::super) fn portion(fields: Vec<FieldView>, asked: &Asked<'_>) -> Portion {
    let units: Vec<Unit> = fields.iter().flat_map(units).collect();
    let parts = packed(units.iter().map(|unit| unit.weight), |_| FORM_BYTES);
    let of = parts.len();
    let part_of = |n: usize| parts.iter().position(|range| range.contains(&n)).unwrap_or_default();
    let sent = if let Asked::Sent(form) = asked { named(&units, form).map(|range| (range, numbered(form.get(PART)))) } else { None };
    let at = match (units.iter().position(|unit| unit.is_wrong), asked) {
        _ if sent.is_some() => sent.as_ref().map_or(0, |(_, number)| *number),
        (Some(wrong), _) => part_of(wrong),
        (None, Asked::Number(number)) => (*number).min(of - 1),
        (None, Asked::Sent(form)) => numbered(form.get(PART)).min(of - 1),
        (None, Asked::Place(place)) => units.iter().position(|unit| is_at(&unit.place, place)).map_or(0, part_of),
    };
    if of == 1 {
        return Portion { fields, at: 0, of };
    }
    let (range, of) = match sent {
        Some((range, number)) => (range, of.max(number.saturating_add(1))),
        None => (parts.get(at).cloned().unwrap_or_default(), of),
    };
    let is_sent = matches!(asked, Asked::Sent(_));
    let is_shown = |n: usize| range.contains(&n) || (is_sent && units.get(n).is_some_and(|unit| unit.is_wrong));
    let mut passed = 0;
    let mut kept = Vec::new();
    for mut field in fields {
        let first = passed;
        passed += units_of(&field);
        if let Control::Rows { rows, can_grow, .. } = &mut field.control {
            *can_grow = *can_grow && passed.checked_sub(1).is_some_and(is_shown);
            let mut n = first;
            rows.retain_mut(|row| {
                n += 1;
                let is_here = is_shown(n - 1);
                if !is_here {
                    row.fields.clear();
                }
                is_here || row.from.is_some()
            });
            if rows.iter().all(|row| row.fields.is_empty() && row.from.is_none()) {
                continue;
            }
        } else if !is_shown(first) {
            continue;
        }
        kept.push(field);
    }
    Portion { fields: kept, at, of }
}

/// The units that a form names, from the first to the last of them, with those beside them that it could say nothing of.
fn named(units: &[Unit], form: &Form) -> Option<Range<usize>> {
    let says = |unit: &Unit| {
        form.iter().any(|(name, _)| {
            name.strip_prefix(unit.place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                && name.rsplit('/').next() != Some(ROW)
        })
    };
    let is_silent = |unit: &&Unit| unit.may_be_silent && !says(unit);
    let (first, last) = (units.iter().position(says)?, units.iter().rposition(says)?);
    let before = units.get(..first).unwrap_or_default().iter().rev().take_while(is_silent).count();
    let after = units.get(last + 1..).unwrap_or_default().iter().take_while(is_silent).count();
    Some(first - before..last + 1 + after)
}

/// The same for fields under several headings; headings without a field on this part stay empty.
pub(in super::super) fn portion_of_all(sections: Vec<Vec<FieldView>>, asked: &Asked<'_>) -> (Vec<Vec<FieldView>>, usize, usize) {
    let count = sections.len();
    let own: Vec<Vec<String>> = sections.iter().map(|fields| fields.iter().map(|field| field.id.clone()).collect()).collect();
    let Portion { fields, at, of } = portion(sections.into_iter().flatten().collect(), asked);
    let mut shown: Vec<Vec<FieldView>> = (0..count).map(|_| Vec::new()).collect();
    for field in fields {
        let section = own.iter().position(|ids| ids.contains(&field.id)).unwrap_or_default();
        if let Some(fields) = shown.get_mut(section) {
            fields.push(field);
        }
    }
    (shown, at, of)
}

fn units_of(field: &FieldView) -> usize {
    if let Control::Rows { rows, .. } = &field.control { rows.len() } else { 1 }
}

fn units(field: &FieldView) -> Vec<Unit> {
    let Control::Rows { rows, .. } = &field.control else {
        return vec![Unit {
            place: field.id.clone(),
            weight: weight_of(field),
            is_wrong: field.fault.is_some(),
            may_be_silent: matches!(field.control, Control::Radios { .. }),
        }];
    };
    let of_row = |row: &super::show::Row| Unit {
        place: row.at.clone(),
        weight: 400 + row.fields.iter().map(weight_of).sum::<usize>() + row.fault.as_deref().map_or(0, weight),
        is_wrong: row.fault.is_some() || row.fields.iter().any(|field| field.fault.is_some()),
        may_be_silent: !row.is_kept,
    };
    rows.iter().map(of_row).collect()
}

/// Whether one place is the other or within it.
fn is_at(place: &str, asked: &str) -> bool {
    let within = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    within(place, asked) || within(asked, place)
}

/// Bytes of HTML that a field takes.
fn weight_of(field: &FieldView) -> usize {
    let text = |text: &Option<String>| text.as_deref().map_or(0, |text| weight(text) + 80);
    let marked = |options: &[Opt]| options.iter().map(|o| 130 + 2 * weight(&o.value) + weight(&o.label)).sum::<usize>();
    let options = |options: &[Opt]| options.iter().map(|o| 40 + weight(&o.value) + weight(&o.label)).sum::<usize>();
    let control = match &field.control {
        Control::Line { value, .. } | Control::Area { value, .. } => weight(value),
        Control::Radios { options: all, .. } | Control::Boxes { options: all, .. } => marked(all),
        Control::Select { options: all, .. } => options(all),
        Control::Places { options: all, typed, list, names, .. } => {
            let lines = |texts: &[String], each: usize| texts.iter().map(|text| each + weight(text)).sum::<usize>();
            marked(all) + lines(typed, 200 + weight(list)) + lines(names, 18)
        }
        Control::Titled { loose, options: all, .. } => options(loose) + options(all),
        Control::Amount { currencies, .. } => 400 + options(currencies),
        Control::Money { currencies, .. } => 700 + options(currencies),
        Control::Rows { .. } => 0,
    };
    450 + 3 * weight(&field.id)
        + weight(&field.label)
        + text(&field.hint)
        + text(&field.fault)
        + text(&field.note)
        + text(&field.original)
        + control
}

#[cfg(test)]
mod tests {
    use super::super::show::Row;
    use super::*;

    fn line(id: &str, chars: usize, fault: Option<&str>) -> FieldView {
        FieldView {
            id: id.to_owned(),
            label: "Tên".to_owned(),
            hint: None,
            is_needed: false,
            fault: fault.map(str::to_owned),
            note: None,
            original: None,
            lang: None,
            control: Control::Line { name: id.to_owned(), value: "x".repeat(chars), max: 500, sort: "text", is_short: false },
        }
    }

    /// A title, eight rows of which two have room on a page, and a line after them.
    fn form(wrong: Option<usize>, is_moved: bool) -> Vec<FieldView> {
        let row = |n: usize| Row {
            at: format!("/rows/{n}"),
            number: n + 1,
            is_kept: n < 7,
            from: is_moved.then(|| n.to_string()),
            fault: None,
            fields: vec![line(&format!("/rows/{n}/text"), 20_000, (wrong == Some(n)).then_some("fault"))],
        };
        let rows = Control::Rows { at: "/rows".to_owned(), rows: (0..8).map(row).collect(), is_fixed: false, can_grow: true };
        vec![line("/title/vi", 20, None), FieldView { control: rows, ..line("/rows", 0, None) }, line("/video", 20, None)]
    }

    /// The rows with inputs, how many without, whether another can be added.
    fn rows(portion: &Portion) -> (Vec<usize>, usize, bool) {
        let found = portion.fields.iter().find_map(|field| match &field.control {
            Control::Rows { rows, can_grow, .. } => Some((rows, *can_grow)),
            _ => None,
        });
        let (rows, can_grow) = found.unwrap();
        let (full, bare): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| !row.fields.is_empty());
        (full.iter().map(|row| row.number).collect(), bare.len(), can_grow)
    }

    fn ids(portion: &Portion) -> Vec<&str> {
        portion.fields.iter().map(|field| field.id.as_str()).collect()
    }

    #[test]
    fn a_long_form_goes_on_where_it_was_left() {
        let first = portion(form(None, false), &Asked::Number(0));
        assert_eq!((first.at, first.of, ids(&first)), (0, 4, vec!["/title/vi", "/rows"]));
        assert_eq!(rows(&first), (vec![1, 2], 0, false));
        let last = portion(form(None, false), &Asked::Number(9));
        assert_eq!((last.at, ids(&last), rows(&last)), (3, vec!["/rows", "/video"], (vec![7, 8], 0, true)));
        let short = portion(vec![line("/title/vi", 20, None)], &Asked::Number(3));
        assert_eq!((short.at, short.of, short.fields.len()), (0, 1, 1));
    }

    #[test]
    fn what_is_wrong_or_asked_for_by_its_place_is_shown() {
        assert_eq!(portion(form(Some(4), false), &Asked::Number(0)).at, 2);
        for (place, part) in [("/rows/5/text/vi", 2), ("/video", 3), ("/title", 0), ("/nothing", 0)] {
            assert_eq!(portion(form(None, false), &Asked::Place(place)).at, part, "{place}");
        }
    }

    #[test]
    fn a_form_that_is_refused_is_shown_as_it_was_sent_whatever_it_weighs() {
        let is_on = |portion: &Portion, n: usize| rows(portion).0.contains(&n);
        // The first part had the title and three short rows; with what was typed by now they have no room on one.
        let sent = Form::of(&[("/title/vi", "a"), ("/rows/0/text", "b"), ("/rows/2/text", "c"), ("_part", "1")]);
        let shown = portion(form(None, false), &Asked::Sent(&sent));
        assert_eq!((shown.at, shown.of, ids(&shown), rows(&shown)), (0, 4, vec!["/title/vi", "/rows"], (vec![1, 2, 3], 0, false)));
        // What is wrong is among what was sent, and is not the reason to show something else.
        let shown = portion(form(Some(2), false), &Asked::Sent(&sent));
        assert!((shown.at, is_on(&shown, 1), is_on(&shown, 3)) == (0, true, true));
        // What is wrong elsewhere stands beside it.
        let shown = portion(form(Some(5), false), &Asked::Sent(&sent));
        assert_eq!((shown.at, rows(&shown).0), (0, vec![1, 2, 3, 6]));
        // An empty row after the last that was sent says nothing and is there all the same.
        let last = Form::of(&[("/rows/6/text", "b"), ("_part", "4")]);
        let shown = portion(form(None, false), &Asked::Sent(&last));
        assert_eq!((shown.at, rows(&shown)), (3, (vec![7, 8], 0, true)));
        // Rows that are only named are on another part.
        let moved = Form::of(&[("/rows/0/_row", "1"), ("/rows/4/text", "b"), ("/rows/4/_row", "0"), ("_part", "2")]);
        assert_eq!(rows(&portion(form(None, true), &Asked::Sent(&moved))).0, vec![5]);
    }

    #[test]
    fn rows_that_were_moved_are_all_named() {
        assert_eq!(rows(&portion(form(None, true), &Asked::Number(1))), (vec![3, 4], 6, false));
    }
}
