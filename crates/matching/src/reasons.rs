//! Why two listings match, in sentences that a person can check: two fields, and what of them met.
//!
//! A reason cites every word that counted between its two fields, as each field writes it; so whoever takes the cited
//! words out of one of them finds the reason gone. Freshness counts without being a reason: it stands in no field. How soon the
//! offering side replies is the offering side's alone and meets nothing of the need: it is told beside the reasons. Each share
//! is of the whole score; what no reason tells of it is told as one figure.

use std::collections::BTreeMap;

use base::messages::say;
use base::{Code, Lang};
use listings::content::Content;

use crate::answer::{Part, Reason};
use crate::constraints::{Rules, offered as offered_figure, wanted as wanted_figure};
use crate::engine::{Party, Weighed};
use crate::fit::{self, Classified};
use crate::meaning::{Gist, gist};
use crate::metric;
use crate::side::Field;
use crate::targets;
use crate::terms::{Shape, Stems, Terms};
use crate::topic::{Meeting, Topic, told};

/// The most reasons of a match; those behind share too little to be worth reading.
const MAX_REASONS: usize = 12;
/// The most words a sentence names.
const MAX_NAMED: usize = 6;
/// Fields nearer than this are a reason.
pub(crate) const NEAR: f64 = 0.5;

/// Whether there is any reason at all.
pub(crate) fn any(weighed: &Weighed) -> bool {
    weighed.topic.is_some()
        || means_the_same(weighed)
        || weighed.nearness.is_some_and(|n| n >= NEAR)
        || weighed.comparisons.iter().any(targets::Comparison::reached)
}

/// Whether both mean so much the same that it is a reason.
fn means_the_same(weighed: &Weighed) -> bool {
    weighed.meaning.is_some_and(|meaning| meaning >= NEAR)
}

/// The reasons, the weightiest first.
pub(crate) fn of(
    sought: &Party<'_>,
    terms: &[Terms],
    offered: &Party<'_>,
    weighed: &Weighed,
    rules: &Rules<'_>,
    stems: &mut Stems,
) -> Vec<Reason> {
    let weights = rules.weights;
    let words = weighed.topic.as_ref().map_or(0.0, |t| t.value);
    let steady = 1.0 - weights.fit;
    let mut all = Vec::new();
    let topic = weighed.topic.as_ref().map(|best| told(best, terms, &offered.fields, rules.lang, (weights, stems)));
    if let Some(topic) = topic
        && let Some(terms) = terms.get(topic.terms)
    {
        topical(sought, terms, offered, &topic, words * steady, rules.lang, stems, &mut all);
    }
    let topical = fit::topical(words, weighed.meaning, weights);
    if means_the_same(weighed) {
        all.extend(meaning(sought, offered, weighed.meaning.unwrap_or_default(), (topical - words) * steady, rules.lang));
    }
    let near = weighed.nearness.unwrap_or_default();
    if near >= NEAR {
        all.extend(field(sought, offered, (1.0 - topical) * weights.field * near * steady, rules));
    }
    let relevance = topical + (1.0 - topical) * weights.field * near;
    let sum: f64 = weighed.parts.iter().map(|p| fit::weight(p.part, &weights.parts)).sum();
    for part in weighed.parts.iter().filter(|p| p.known && p.value > 0.0) {
        let share = relevance * weights.fit * fit::weight(part.part, &weights.parts) / sum.max(f64::MIN_POSITIVE) * part.value;
        match part.part {
            Part::Targets => figures(sought, offered, weighed, share, rules, &mut all),
            Part::Cooperation => all.extend(cooperation(sought, offered, share, rules)),
            Part::Maturity => all.extend(maturity(sought, offered, share, rules)),
            Part::Place => all.extend(place(sought, offered, share, rules)),
            Part::Topic | Part::Meaning | Part::Field | Part::Freshness | Part::Responsiveness | Part::Deals => {}
        }
    }
    in_order(all, weighed.score)
}

/// The weightiest first, no more than are worth reading; `whole` is the score that each has its share of.
pub(crate) fn in_order(mut all: Vec<Reason>, whole: f64) -> Vec<Reason> {
    all.retain(|r| r.share > 0.0);
    all.sort_by(|a, b| {
        b.share.total_cmp(&a.share).then_with(|| (a.part, &a.need_field, &a.offer_field).cmp(&(b.part, &b.need_field, &b.offer_field)))
    });
    all.truncate(MAX_REASONS);
    for reason in &mut all {
        reason.share = (reason.share / whole.max(f64::MIN_POSITIVE) * 1e6).round() / 1e6;
    }
    all
}

/// What of the score no reason tells: freshness, how soon the offering side replies, what neither side or only one says, what
/// is a little alike, and reasons that are too small to be told.
pub(crate) fn unexplained(reasons: &[Reason]) -> f64 {
    let told: f64 = reasons.iter().map(|reason| reason.share).sum();
    ((1.0 - told).clamp(0.0, 1.0) * 1e6).round() / 1e6
}

/// How the words of one meeting are written in a field, the words' numbers in the order of their weight.
struct Written(BTreeMap<usize, Vec<String>>);

impl Written {
    fn note(&mut self, n: usize, surface: &str) {
        let surface = surface.to_lowercase();
        let all = self.0.entry(n).or_default();
        if !all.contains(&surface) {
            all.push(surface);
        }
    }

    /// All of them, whole words before their pieces.
    fn in_order(&self, terms: &Terms, wanted: &[usize]) -> Vec<String> {
        let is_pair = |n: &usize| terms.all.get(*n).is_some_and(|t| matches!(t.shape, Shape::Pair | Shape::StemPair));
        let (pairs, singles): (Vec<usize>, Vec<usize>) = wanted.iter().partition(|n| is_pair(n));
        let mut all: Vec<String> = Vec::new();
        for word in pairs.iter().chain(&singles).filter_map(|n| self.0.get(n)).flatten() {
            if !all.contains(word) {
                all.push(word.clone());
            }
        }
        all
    }
}

/// The words of a meeting, as each of its two fields writes them.
pub(crate) fn written(terms: &Terms, meeting: &Meeting, from: &Field<'_>, to: &Field<'_>, stems: &mut Stems) -> (Vec<String>, Vec<String>) {
    let (mut here, mut there) = (Written(BTreeMap::new()), Written(BTreeMap::new()));
    terms.stand(meeting.sought, from, stems, |n, surface| here.note(n, surface));
    terms.meet(to, stems, |n, surface| there.note(n, surface));
    (here.in_order(terms, &meeting.terms), there.in_order(terms, &meeting.terms))
}

#[expect(clippy::too_many_arguments, reason = "one reason's makings, from one caller")]
fn topical(
    sought: &Party<'_>,
    terms: &Terms,
    offered: &Party<'_>,
    topic: &Topic,
    share: f64,
    lang: Lang,
    stems: &mut Stems,
    all: &mut Vec<Reason>,
) {
    for meeting in &topic.meetings {
        let (Some(from), Some(to)) = (sought.fields.get(meeting.sought), offered.fields.get(meeting.offered)) else { continue };
        let (words, offer_words) = written(terms, meeting, from, to, stems);
        let (names, others) = ((name_of(from, sought, lang), name_of(to, offered, lang)), named(&offer_words));
        let named = named(&words);
        let text = if from.lang != terms.lang {
            say(lang, "match-translated", &[("words", &named), ("need", &names.0), ("others", &others), ("offer", &names.1)])
        } else {
            say(lang, "match-topic", &[("words", &named), ("need", &names.0), ("offer", &names.1)])
        };
        all.push(Reason {
            part: Part::Topic,
            share: share * meeting.share,
            need_field: from.pointer.clone(),
            offer_field: to.pointer.clone(),
            words,
            offer_words,
            need_value: None,
            offer_value: None,
            text,
        });
    }
}

/// The first few words, without those that are pieces of one named before.
pub(crate) fn named(words: &[String]) -> String {
    let mut named: Vec<&str> = Vec::new();
    for word in words {
        if !named.iter().any(|n| n.split_whitespace().any(|piece| piece == word)) {
            named.push(word);
        }
        if named.len() == MAX_NAMED {
            break;
        }
    }
    named.join(", ")
}

/// The name of a field for the reader: “nhu cầu: tiêu đề”.
pub(crate) fn name_of(field: &Field<'_>, party: &Party<'_>, lang: Lang) -> String {
    let name = field_name(&field.pointer, lang);
    say(lang, "match-field-of", &[("field", &name), ("side", &side_name(party, lang))])
}

fn field_name(pointer: &str, lang: Lang) -> String {
    let first = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    say(lang, &format!("match-field-{}", first.replace('_', "-")), &[])
}

fn side_name(party: &Party<'_>, lang: Lang) -> String {
    let side = match party.side.content {
        Content::Need(_) => "match-side-need",
        Content::Technology(_) => "match-side-technology",
        Content::IpAsset(_) => "match-side-ip-asset",
    };
    say(lang, side, &[])
}

pub(crate) fn coded(part: Part, share: f64, fields: (&str, &str), values: (String, String), text: String) -> Reason {
    Reason {
        part,
        share,
        need_field: fields.0.to_owned(),
        offer_field: fields.1.to_owned(),
        words: Vec::new(),
        offer_words: Vec::new(),
        need_value: Some(values.0),
        offer_value: Some(values.1),
        text,
    }
}

/// Both mean the same: no words are cited, since the two texts were compared as wholes.
fn meaning(sought: &Party<'_>, offered: &Party<'_>, nearness: f64, share: f64, lang: Lang) -> Option<Reason> {
    let (one, other) = (gist(sought.side.content)?, gist(offered.side.content)?);
    let name = |gist: &Gist, party: &Party<'_>| {
        let name = field_name(&gist.pointer, lang);
        let name = if gist.has_about { say(lang, "match-field-with-title", &[("field", &name)]) } else { name };
        say(lang, "match-field-of", &[("field", &name), ("side", &side_name(party, lang))])
    };
    let (need, offer) = (name(&one, sought), name(&other, offered));
    #[expect(clippy::cast_possible_truncation, reason = "a share of one, in hundredths")]
    let percent = ((nearness * 100.0).round() as i64).to_string();
    let text = say(lang, "match-meaning", &[("need", &need), ("offer", &offer), ("near", &percent)]);
    Some(Reason {
        part: Part::Meaning,
        share,
        need_field: one.pointer,
        offer_field: other.pointer,
        words: Vec::new(),
        offer_words: Vec::new(),
        need_value: None,
        offer_value: None,
        text,
    })
}

fn field(sought: &Party<'_>, offered: &Party<'_>, share: f64, rules: &Rules<'_>) -> Option<Reason> {
    let near = fit::nearness(sought.side.content, offered.side.content, rules.vocabularies)?;
    if let Classified::Classes(one, other) = near.by {
        let common = fit::class_path(one.as_str()).zip(fit::class_path(other.as_str())).take_while(|(a, b)| a == b).last()?.0;
        let text = if one == other {
            say(rules.lang, "match-class-same", &[("class", one.as_str())])
        } else {
            say(rules.lang, "match-class-near", &[("need", one.as_str()), ("offer", other.as_str()), ("class", common)])
        };
        return Some(coded(Part::Field, share, ("/ipc", "/ipc"), (one.0.clone(), other.0.clone()), text));
    }
    let (one, other) = (sought.side.content.field()?, offered.side.content.field()?);
    let (first, second) = (rules.name("fields", one), rules.name("fields", other));
    let key = if one == other { "match-field-same" } else { "match-field-near" };
    let text = say(rules.lang, key, &[("need", &first), ("offer", &second)]);
    Some(coded(Part::Field, share, ("/field", "/field"), (one.0.clone(), other.0.clone()), text))
}

fn figures(sought: &Party<'_>, offered: &Party<'_>, weighed: &Weighed, share: f64, rules: &Rules<'_>, all: &mut Vec<Reason>) {
    let (Content::Need(need), Content::Technology(technology)) = (sought.side.content, offered.side.content) else { return };
    // One of which nothing is known counts beside them (`fit`), and that is no reason.
    let sum = weighed.comparisons.iter().map(|c| c.satisfaction).sum::<f64>() + rules.weights.unknown;
    for one in weighed.comparisons.iter().filter(|c| c.reached()) {
        let (Some(target), Some(advantage)) = (need.targets.get(one.target), technology.advantages.get(one.advantage)) else { continue };
        let (wanted, offered) = (wanted_figure(target, rules.lang), offered_figure(advantage, rules.lang));
        let metric = target.metric.best(rules.lang).unwrap_or_default();
        let text = say(rules.lang, "match-target", &[("metric", metric), ("need", &wanted), ("offer", &offered)]);
        all.push(Reason {
            words: metric::written(&target.metric, &one.wanted),
            offer_words: metric::written(&advantage.metric, &one.offered),
            ..coded(
                Part::Targets,
                share * one.satisfaction / sum.max(f64::MIN_POSITIVE),
                (&format!("/targets/{}", one.target), &format!("/advantages/{}", one.advantage)),
                (wanted, offered),
                text,
            )
        });
    }
}

fn cooperation(sought: &Party<'_>, offered: &Party<'_>, share: f64, rules: &Rules<'_>) -> Option<Reason> {
    let theirs = offered.side.content.cooperation();
    let common: Vec<Code> = sought.side.content.cooperation().iter().filter(|c| theirs.contains(c)).cloned().collect();
    if common.is_empty() {
        return None;
    }
    let codes = common.iter().map(Code::as_str).collect::<Vec<_>>().join(",");
    let text = say(rules.lang, "match-cooperation", &[("forms", &rules.names("cooperation", &common))]);
    Some(coded(Part::Cooperation, share, ("/cooperation", "/cooperation"), (codes.clone(), codes), text))
}

fn maturity(sought: &Party<'_>, offered: &Party<'_>, share: f64, rules: &Rules<'_>) -> Option<Reason> {
    let (one, other) = (sought.side.content.trl()?, offered.side.content.trl()?);
    let is_need = matches!(sought.side.content, Content::Need(_));
    if is_need && other < one || !is_need && one.abs_diff(other) > 1 {
        return None;
    }
    let (key, pointer) = if is_need { ("match-maturity", "/trl_min") } else { ("match-maturity-alike", "/trl") };
    let values = (one.to_string(), other.to_string());
    let text = say(rules.lang, key, &[("need", &values.0), ("offer", &values.1)]);
    Some(coded(Part::Maturity, share, (pointer, "/trl"), values, text))
}

fn place(sought: &Party<'_>, offered: &Party<'_>, share: f64, rules: &Rules<'_>) -> Option<Reason> {
    let (one, other) = (sought.side.known.province.as_ref()?, offered.side.known.province.as_ref()?);
    if one != other {
        return None;
    }
    let at = |party: &Party<'_>| match party.side.content {
        Content::Need(need) if need.province.is_some() => "/province",
        _ => "/party/province",
    };
    let text = say(rules.lang, "match-place", &[("place", &rules.name("provinces", one))]);
    Some(coded(Part::Place, share, (at(sought), at(offered)), (one.0.clone(), other.0.clone()), text))
}

/// How soon the offering side usually replies, in the words of its page, where that speaks for the match: one that replies later
/// than one of whom nothing is known is not there for that.
pub(crate) fn replies(weighed: &Weighed, hours: Option<u32>, rules: &Rules<'_>) -> Option<String> {
    let part = weighed.parts.iter().find(|part| part.part == Part::Responsiveness && part.known)?;
    let hours = hours.filter(|_| part.value > rules.weights.unknown)?;
    let (key, count) = match hours {
        ..48 => ("match-replies-hours", hours),
        _ => ("match-replies-days", hours.div_ceil(24)),
    };
    Some(say(rules.lang, key, &[("count", &count.to_string())]))
}
