//! The facets beside the results: values as links, and what has no room as links as boxes of a small form.
//!
//! A link has the whole address in it and a box its value alone, so a long search has boxes where a short one has links. What
//! is chosen and the nine levels of readiness come first; the others share what room the rest of the page leaves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::{Lang, Vocabularies};
use search::{Facet, FacetCount, Narrowed};

use super::{ValueView, kept};
use crate::web::asked::Asked;
use crate::web::portion::weight;

/// The facets at the side, in their order; kinds are the tabs.
pub(super) const ASIDE: [Facet; 11] = [
    Facet::IpKind,
    Facet::Field,
    Facet::Trl,
    Facet::Cooperation,
    Facet::IprStatus,
    Facet::Province,
    Facet::Commune,
    Facet::PartyType,
    Facet::PriceBand,
    Facet::Ipc,
    Facet::Language,
];
/// Bytes that the addresses of links may take together: a longer query makes longer links, so there are fewer of them.
pub(super) const LINK_BYTES: usize = 16_000;
/// Values of a facet that are open at once, and that are links at all.
const OPEN: usize = 6;
const MOST_LINKS: usize = 16;
/// Boxes of a facet; behind the last one there is a line that says how to come to the others.
const MOST_BOXES: usize = 200;
/// A form with fewer boxes is not worth its room, unless it has to be.
const FEWEST_BOXES: usize = 3;
/// Levels of readiness. They belong together.
const LEVELS: usize = 9;
/// Bytes that the levels may take as links.
const LEVEL_BYTES: usize = 4_000;
/// Bytes around the facets, around one of them, around one form in it, around a link, a box and a hidden field.
const ASIDE_BYTES: usize = 1_000;
const FACET_BYTES: usize = 250;
const FORM_BYTES: usize = 400;
const LINK_FRAME_BYTES: usize = 120;
const BOX_FRAME_BYTES: usize = 118;
const FIELD_FRAME_BYTES: usize = 45;

/// The message with a facet's name.
pub(super) fn key_of(facet: Facet) -> String {
    format!("facet-{}", facet.as_str().replace('_', "-"))
}

/// A facet on the page.
pub(in crate::web) struct FacetView {
    pub name: &'static str,
    pub open: Vec<ValueView>,
    /// Links that are seen when they are asked for.
    pub more: Vec<ValueView>,
    /// What has no room as links.
    pub form: Option<BoxesView>,
    /// How many values are not open at once.
    pub rest: u64,
    key: String,
}

impl FacetView {
    /// The message with its name.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A form in which several values of a facet are ticked at once.
pub(in crate::web) struct BoxesView {
    /// The rest of the search, to be kept, and what is chosen and has no box.
    pub fields: Vec<(&'static str, String)>,
    pub boxes: Vec<BoxView>,
    /// How many values have no box.
    pub cut: u64,
    /// Whether what is in it has to be in sight.
    pub is_open: bool,
}

/// A box beside a value.
pub(in crate::web) struct BoxView {
    pub label: String,
    pub code: String,
    pub count: u64,
    pub is_on: bool,
    pub depth: u8,
}

/// What all facets of a page are made with.
struct Maker<'a> {
    asked: &'a Asked,
    lang: Lang,
    vocabularies: &'a Vocabularies,
    /// Bytes of the address in a link.
    address: usize,
}

/// A value in its place.
struct Value<'a> {
    count: &'a FacetCount,
    depth: u8,
    is_on: bool,
    /// It is chosen, or above what is.
    is_kept: bool,
}

/// How the values of a facet are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// All as links.
    Links,
    /// The commonest and the chosen ones as links, and all as boxes.
    Both,
    /// All as boxes.
    Boxes,
}

/// A facet on its way to the page.
struct Plan<'a> {
    facet: Facet,
    values: Vec<Value<'a>>,
    shown: Shown,
    /// How many may be links.
    most: usize,
}

/// The facets of a page whose other parts leave so many bytes.
pub(super) fn views(
    counts: &BTreeMap<Facet, Vec<FacetCount>>,
    asked: &Asked,
    lang: Lang,
    vocabularies: &Vocabularies,
    room: usize,
) -> Vec<FacetView> {
    let path = asked.path(None);
    let maker = Maker { asked, lang, vocabularies, address: weight(&path) };
    let mut plans: Vec<Plan<'_>> = ASIDE.into_iter().filter_map(|facet| maker.plan(facet, counts.get(&facet)?)).collect();
    let room = room.saturating_sub(ASIDE_BYTES + plans.len() * FACET_BYTES);
    let mut most = MOST_LINKS.min(LINK_BYTES / path.len().max(1) / ASIDE.len());
    // Boxes need room beside the links.
    let mut linked = maker.settle(&mut plans, most);
    while most > 0 && linked > room / 3 * 2 {
        most /= 2;
        linked = maker.settle(&mut plans, most);
    }
    let mut forms = maker.forms(&plans, room.saturating_sub(linked));
    let made = plans.into_iter().enumerate().map(|(at, plan)| maker.view(plan, forms.remove(&at)));
    // A facet whose form has no room would be a heading alone.
    made.filter(|view| !view.open.is_empty() || view.form.is_some()).collect()
}

impl<'a> Maker<'a> {
    /// The values of a facet in their order; none where there is nothing to choose.
    fn plan(&self, facet: Facet, counts: &'a [FacetCount]) -> Option<Plan<'a>> {
        let chosen = self.asked.filters.get(&facet);
        let is_narrowed = chosen.is_some_and(|values| !values.is_empty());
        if counts.is_empty() || (counts.len() < 2 && !is_narrowed) {
            return None;
        }
        let ordered: Vec<(&FacetCount, u8)> = match facet {
            _ if facet.is_nested() => self.tree(facet, counts),
            Facet::Trl => {
                let mut levels: Vec<&FacetCount> = counts.iter().collect();
                levels.sort_by(|a, b| b.code.cmp(&a.code));
                levels.into_iter().map(|count| (count, 0)).collect()
            }
            Facet::PriceBand => {
                // In the order of the list: from free to dear.
                let list = facet.vocabulary().and_then(|list| self.vocabularies.get(list));
                let terms = list.map(|list| list.terms.as_slice()).unwrap_or_default();
                let mut bands: Vec<&FacetCount> = counts.iter().collect();
                bands.sort_by_key(|count| terms.iter().position(|term| term.code == count.code.as_str()));
                bands.into_iter().map(|count| (count, 0)).collect()
            }
            // The space has the names of its own province's communes; numbers alone help nobody to choose.
            Facet::Commune => counts.iter().filter(|count| count.label != count.code).map(|count| (count, 0)).collect(),
            _ => counts.iter().map(|count| (count, 0)).collect(),
        };
        let above = self.chosen(facet);
        let value = |(count, depth): (&'a FacetCount, u8)| Value {
            is_on: self.asked.has(facet, &count.code),
            is_kept: above.contains(&count.code),
            count,
            depth,
        };
        let values: Vec<Value<'a>> = ordered.into_iter().map(value).collect();
        (!values.is_empty()).then_some(Plan { facet, values, shown: Shown::Links, most: MOST_LINKS })
    }

    /// What is chosen of a facet, with all above it.
    fn chosen(&self, facet: Facet) -> BTreeSet<String> {
        self.asked.filters.get(&facet).into_iter().flatten().flat_map(|code| facet.path(code, self.vocabularies)).collect()
    }

    /// Fields and patent classes as a tree: the widest always, what lies below one only where the search was narrowed to it.
    fn tree(&self, facet: Facet, counts: &'a [FacetCount]) -> Vec<(&'a FacetCount, u8)> {
        let mut below: HashMap<Option<String>, Vec<&'a FacetCount>> = HashMap::new();
        for count in counts {
            below.entry(facet.parent(&count.code, self.vocabularies)).or_default().push(count);
        }
        let chosen = self.chosen(facet);
        let mut out = Vec::new();
        // What is still to be written, the next one last.
        let mut waiting: Vec<(&FacetCount, u8)> = below.remove(&None).into_iter().flatten().rev().map(|count| (count, 0)).collect();
        while let Some((count, depth)) = waiting.pop() {
            out.push((count, depth));
            if chosen.contains(&count.code) {
                let inner = below.remove(&Some(count.code.clone())).into_iter().flatten();
                waiting.extend(inner.rev().map(|count| (count, depth + 1)));
            }
        }
        out
    }

    /// Decides for each facet what is a link where it may have so many; gives the bytes of all links.
    fn settle(&self, plans: &mut [Plan<'_>], most: usize) -> usize {
        let mut bytes = 0;
        for plan in plans {
            plan.most = self.most_of(plan, most);
            plan.shown = plan.fitting();
            let links = plan.values.iter().zip(plan.sighted()).filter(|(_, is_link)| *is_link).map(|(value, _)| value);
            bytes += links.map(|value| self.link_bytes(value)).sum::<usize>();
        }
        bytes
    }

    /// The nine levels may be links where others may not.
    fn most_of(&self, plan: &Plan<'_>, most: usize) -> usize {
        let is_light = || plan.values.iter().map(|value| self.link_bytes(value)).sum::<usize>() <= LEVEL_BYTES;
        if plan.facet == Facet::Trl && most > 0 && is_light() { most.max(LEVELS) } else { most }
    }

    fn link_bytes(&self, value: &Value<'_>) -> usize {
        LINK_FRAME_BYTES + self.address + weight(&value.count.label) + 3 * value.count.code.len()
    }

    /// The forms of the facets that need one, by the places of these, each as long as its share of the room.
    fn forms(&self, plans: &[Plan<'_>], room: usize) -> HashMap<usize, BoxesView> {
        let mut drafts: Vec<(usize, Draft)> =
            plans.iter().enumerate().filter(|(_, plan)| plan.shown != Shown::Links).map(|(at, plan)| (at, self.draft(plan))).collect();
        // What must be there comes first, and then what needs least leaves its share to the others.
        drafts.sort_by_key(|(_, draft)| (draft.must == 0, draft.wanted));
        let (mut left, mut room) = (drafts.len(), room);
        let mut forms = HashMap::new();
        for (at, draft) in drafts {
            let share = (room / left.max(1)).max(draft.must).min(room);
            left -= 1;
            let Some(plan) = plans.get(at) else { continue };
            if let Some((form, bytes)) = draft.filled(plan, share) {
                room = room.saturating_sub(bytes);
                forms.insert(at, form);
            }
        }
        forms
    }

    fn draft(&self, plan: &Plan<'_>) -> Draft {
        let mut fields = kept(self.asked, Narrowed::Facet(plan.facet));
        // What is chosen and was counted nowhere stays chosen.
        let known: BTreeSet<&str> = plan.values.iter().map(|value| value.count.code.as_str()).collect();
        let lost = self.asked.filters.get(&plan.facet).into_iter().flatten().filter(|code| !known.contains(code.as_str()));
        fields.extend(lost.map(|code| (plan.facet.as_str(), code.clone())));
        let frame = FORM_BYTES + fields.iter().map(|(name, value)| FIELD_FRAME_BYTES + name.len() + weight(value)).sum::<usize>();
        let boxes: Vec<usize> = plan.values.iter().map(|value| plan.box_bytes(value)).collect();
        let all = frame + boxes.iter().take(MOST_BOXES).sum::<usize>();
        let chosen = plan.values.iter().filter(|value| value.is_kept).map(|value| plan.box_bytes(value));
        let must = match plan.shown {
            Shown::Boxes if plan.facet == Facet::Trl => all,
            Shown::Boxes if plan.has_chosen() => frame + chosen.sum::<usize>(),
            _ => 0,
        };
        Draft { fields, frame, wanted: all, must }
    }

    fn view(&self, plan: Plan<'_>, form: Option<BoxesView>) -> FacetView {
        let (facet, total) = (plan.facet, plan.values.len());
        let sighted = plan.sighted();
        let mut open: Vec<ValueView> =
            plan.values.iter().zip(&sighted).filter(|(_, is_link)| **is_link).map(|(value, _)| self.link(facet, value)).collect();
        // Where all are links, those behind the last that is to be seen wait.
        let more = if plan.shown == Shown::Links { open.split_off(plan.open().min(open.len())) } else { Vec::new() };
        let rest = total.saturating_sub(open.len()) as u64;
        FacetView { name: facet.as_str(), open, more, form, rest, key: key_of(facet) }
    }

    fn link(&self, facet: Facet, value: &Value<'_>) -> ValueView {
        let code = &value.count.code;
        let next =
            if facet.is_nested() { self.asked.toggled_nested(facet, self.vocabularies, code) } else { self.asked.toggled(facet, code) };
        ValueView {
            label: value.count.label.clone(),
            count: value.count.count,
            href: next.address(self.lang, None),
            is_on: value.is_on,
            depth: value.depth,
        }
    }
}

impl Plan<'_> {
    fn has_chosen(&self) -> bool {
        self.values.iter().any(|value| value.is_on)
    }

    /// How the values are shown where so many may be links.
    fn fitting(&self) -> Shown {
        let chosen = self.values.iter().filter(|value| value.is_kept).count();
        if self.values.len() <= self.most {
            Shown::Links
        } else if self.facet == Facet::Trl || self.most == 0 || chosen > self.most {
            Shown::Boxes
        } else {
            Shown::Both
        }
    }

    /// Which values are links.
    fn sighted(&self) -> Vec<bool> {
        let kept = self.values.iter().filter(|value| value.is_kept).count();
        let mut free = match self.shown {
            Shown::Links => self.values.len(),
            Shown::Both => OPEN.min(self.most).saturating_sub(kept),
            Shown::Boxes => return vec![false; self.values.len()],
        };
        let is_link = |value: &Value<'_>| {
            let is_among_first = !value.is_kept && free > 0;
            free -= usize::from(is_among_first);
            value.is_kept || is_among_first
        };
        self.values.iter().map(is_link).collect()
    }

    /// How many are open at once where all are links: what is chosen stays in sight, and the nine levels belong together.
    fn open(&self) -> usize {
        let chosen = self.values.iter().rposition(|value| value.is_on).map_or(0, |at| at + 1);
        OPEN.max(chosen).max(if self.facet == Facet::Trl { LEVELS } else { 0 })
    }

    fn box_bytes(&self, value: &Value<'_>) -> usize {
        BOX_FRAME_BYTES + self.facet.as_str().len() + weight(&value.count.label) + weight(&value.count.code)
    }
}

/// A form before its boxes are counted out.
struct Draft {
    fields: Vec<(&'static str, String)>,
    /// Bytes without boxes, with all that are wanted, and with those that must be there: none where the form may be left out.
    frame: usize,
    wanted: usize,
    must: usize,
}

impl Draft {
    /// The form with as many boxes as a share of the room holds, what is chosen first, and its bytes; none where that is too few.
    fn filled(mut self, plan: &Plan<'_>, share: usize) -> Option<(BoxesView, usize)> {
        let mut bytes = self.frame;
        let mut has_room = vec![false; plan.values.len()];
        let mut taken = 0;
        for kept in [true, false] {
            for (value, place) in plan.values.iter().zip(&mut has_room).filter(|(value, _)| value.is_kept == kept) {
                let more = plan.box_bytes(value);
                if taken == MOST_BOXES || bytes + more > share {
                    break;
                }
                (bytes, taken, *place) = (bytes + more, taken + 1, true);
            }
        }
        if taken < FEWEST_BOXES.min(plan.values.len()) && (self.must == 0 || taken == 0) {
            return None;
        }
        let mut boxes = Vec::with_capacity(taken);
        for (value, has_room) in plan.values.iter().zip(has_room) {
            let code = value.count.code.clone();
            if has_room {
                let (label, count) = (value.count.label.clone(), value.count.count);
                boxes.push(BoxView { label, code, count, is_on: value.is_on, depth: value.depth });
            } else if value.is_on {
                self.fields.push((plan.facet.as_str(), code));
            }
        }
        let is_open = plan.shown == Shown::Boxes && (plan.facet == Facet::Trl || plan.has_chosen());
        Some((BoxesView { fields: self.fields, cut: (plan.values.len() - taken) as u64, boxes, is_open }, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(codes: impl IntoIterator<Item = u32>) -> Vec<FacetCount> {
        codes.into_iter().map(|n| FacetCount { code: n.to_string(), label: format!("Tên {n}"), parent: None, count: 3 }).collect()
    }

    fn made(facet: Facet, counts: Vec<FacetCount>, asked: &Asked, room: usize) -> Option<FacetView> {
        views(&[(facet, counts)].into(), asked, Lang::Vi, &Vocabularies::default(), room).pop()
    }

    /// Every code that can be chosen.
    fn reachable(view: &FacetView) -> usize {
        view.form.as_ref().map_or(view.open.len() + view.more.len(), |form| form.boxes.len())
    }

    #[test]
    fn every_province_can_be_chosen() {
        let view = made(Facet::Province, counts(1..=30), &Asked::default().asking("dừa"), 20_000).unwrap();
        assert_eq!((view.open.len(), view.more.len(), view.rest, reachable(&view)), (OPEN, 0, 24, 30));
        let form = view.form.unwrap();
        assert_eq!((form.cut, form.is_open, form.fields.as_slice()), (0, false, [("q", "dừa".to_owned())].as_slice()));
        // Where all have room as links there is no form.
        let view = made(Facet::Province, counts(1..=12), &Asked::default(), 20_000).unwrap();
        assert_eq!((view.open.len(), view.more.len(), view.rest, view.form.is_none()), (OPEN, 6, 6, true));
    }

    #[test]
    fn what_is_chosen_stays_in_sight_however_rare_it_is() {
        let asked = Asked::only(Facet::Province, "29").with(Facet::Province, "30");
        let view = made(Facet::Province, counts(1..=30), &asked, 20_000).unwrap();
        let on: Vec<&str> = view.open.iter().filter(|value| value.is_on).map(|value| value.label.as_str()).collect();
        assert_eq!((on, view.open.len()), (vec!["Tên 29", "Tên 30"], OPEN));
        assert_eq!(view.form.unwrap().boxes.iter().filter(|one| one.is_on).count(), 2);
        // In a long address, too, where nothing is a link.
        let long = asked.asking(&"ấ".repeat(340));
        let view = made(Facet::Province, counts(1..=30), &long, 4_000).unwrap();
        let form = view.form.unwrap();
        assert!(view.open.is_empty() && form.is_open && form.cut > 0);
        assert_eq!(form.boxes.iter().filter(|one| one.is_on).count(), 2);
    }

    #[test]
    fn all_nine_levels_are_in_sight_however_long_the_address_is() {
        for words in ["", "máy sấy cơm dừa bằng bơm nhiệt", "ấ".repeat(60).as_str(), "ấ".repeat(340).as_str()] {
            let view = made(Facet::Trl, counts(1..=9), &Asked::default().asking(words), 6_000).unwrap();
            let in_boxes = view.form.as_ref().filter(|form| form.is_open).map_or(0, |form| form.boxes.len());
            assert_eq!((view.open.len() + in_boxes, view.more.len()), (9, 0), "{}", words.len());
        }
    }

    #[test]
    fn facets_share_the_room_and_never_take_more() {
        let all: BTreeMap<Facet, Vec<FacetCount>> = ASIDE.into_iter().map(|facet| (facet, counts(1..=300))).collect();
        let long = "ấ".repeat(340);
        for (words, room) in [("", 20_000), ("dừa", 8_000), ("dừa", 500), ("dừa", 0), (long.as_str(), 20_000), (long.as_str(), 3_000)]
        {
            let asked = Asked::default().asking(words).with(Facet::Cooperation, "7");
            let views = views(&all, &asked, Lang::Vi, &Vocabularies::default(), room);
            let forms = views.iter().filter_map(|view| view.form.as_ref());
            let bytes = |form: &BoxesView| {
                let boxes: usize = form.boxes.iter().map(|one| 90 + one.label.len() + one.code.len()).sum();
                boxes + form.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            };
            let links =
                views.iter().flat_map(|view| view.open.iter().chain(&view.more)).map(|link| 100 + link.href.len() + link.label.len());
            let taken = forms.map(bytes).sum::<usize>() + links.sum::<usize>();
            assert!(taken <= room, "{} bytes of words: {taken} of {room}", words.len());
            for form in views.iter().filter_map(|view| view.form.as_ref()) {
                assert!(form.boxes.len() <= MOST_BOXES, "{}", form.boxes.len());
            }
        }
    }

    #[test]
    fn what_is_chosen_and_has_no_box_stays_chosen() {
        let asked = Asked::only(Facet::Province, "99").with(Facet::Trl, "7");
        let form = made(Facet::Province, counts(1..=30), &asked, 20_000).unwrap().form.unwrap();
        assert_eq!(form.fields, [("trl", "7".to_owned()), ("province", "99".to_owned())]);
    }
}
