//! Is a content right, and is it enough to be submitted? All faults at once, each with its pointer.
//!
//! Pure: the vocabularies and the day are arguments. A draft is checked for what is *wrong*; submitting also asks for
//! what is *missing* (the M and C of the product's field list).

use std::collections::BTreeSet;

use base::text::LocalisedList;
use base::{Code, Faults, Lang, Localised, MoneyRange, Vocabularies};
use chrono::{Datelike, NaiveDate};

use crate::content::{Advantage, Content, IpAsset, Need, OfficeNumber, Share, Technology, Terms};

/// The whole of a thing that is shared, in basis points.
pub const WHOLE_BP: u32 = 10_000;

/// What content is checked against.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The lists codes must be of.
    pub vocabularies: &'a Vocabularies,
    /// The calendar day in Vietnam.
    pub today: NaiveDate,
}

impl Check<'_> {
    /// What is wrong with a draft. What is merely missing is no fault here.
    #[must_use]
    pub fn draft(&self, content: &Content) -> Faults {
        let mut faults = Faults::new();
        for text in content.texts() {
            text.text.check_length(&text.pointer, text.max, &mut faults);
        }
        match content {
            Content::Technology(c) => self.technology(c, &mut faults),
            Content::IpAsset(c) => self.ip_asset(c, &mut faults),
            Content::Need(c) => self.need(c, &mut faults),
        }
        faults
    }

    /// What keeps a content from being submitted: all that is wrong and all that is missing.
    #[must_use]
    pub fn submission(&self, content: &Content, source: Lang) -> Faults {
        let mut faults = self.draft(content);
        match content {
            Content::Technology(c) => technology_missing(c, source, &mut faults),
            Content::IpAsset(c) => ip_asset_missing(c, source, &mut faults),
            Content::Need(c) => need_missing(c, source, &mut faults),
        }
        faults
    }

    fn technology(&self, c: &Technology, faults: &mut Faults) {
        self.code("fields", c.field.as_ref(), "/field", faults);
        trl(c.trl, "/trl", faults);
        self.code("ipr_status", c.ipr_status.as_ref(), "/ipr_status", faults);
        at_most(c.ip_assets.len(), 50, "/ip_assets", faults);
        self.codes("cooperation", &c.cooperation, 3, "/cooperation", faults);
        self.codes("party_types", &c.partner_types, 15, "/partner_types", faults);
        keywords(&c.keywords, 5, "/keywords", faults);
        keywords(&c.market_keywords, 5, "/market_keywords", faults);
        keywords(&c.products, 20, "/products", faults);
        self.shares(&c.owners, "/owners", faults);
        at_most(c.advantages.len(), 20, "/advantages", faults);
        for (n, advantage) in c.advantages.iter().enumerate() {
            figure(advantage.baseline, &format!("/advantages/{n}/baseline"), faults);
            figure(advantage.offered, &format!("/advantages/{n}/offered"), faults);
            line(&advantage.unit, 40, &format!("/advantages/{n}/unit"), faults);
        }
        if let Some(funding) = &c.state_funding {
            line(&funding.task_code, 100, "/state_funding/task_code", faults);
            line(&funding.right_holder_decision, 256, "/state_funding/right_holder_decision", faults);
            self.not_future(funding.accepted_on, "/state_funding/accepted_on", faults);
        }
        if let Some(check) = &c.list_check {
            self.code("transfer_lists", check.result.as_ref(), "/list_check/result", faults);
            line(&check.list_version, 40, "/list_check/list_version", faults);
            self.not_future(check.checked_on, "/list_check/checked_on", faults);
        }
        self.not_future(c.disclosed_on, "/disclosed_on", faults);
        money(c.investment.as_ref(), "/investment", faults);
        money(c.operating_cost_per_year.as_ref(), "/operating_cost_per_year", faults);
        lines(&c.standards, 20, 100, "/standards", faults);
        at_most(c.references.len(), 30, "/references", faults);
        for (n, reference) in c.references.iter().enumerate() {
            let in_future = reference.since_year.is_some_and(|y| i32::from(y) > self.today.year() || y < 1900);
            if in_future {
                faults.add(format!("/references/{n}/since_year"), "bad_year");
            }
        }
        line(&c.video, 500, "/video", faults);
        if !c.video.is_empty() && !c.video.starts_with("https://") {
            faults.add("/video", "bad_url");
        }
        at_most(c.publications.len(), 50, "/publications", faults);
        for (n, publication) in c.publications.iter().enumerate() {
            line(&publication.title, 512, &format!("/publications/{n}/title"), faults);
            let doi = publication.doi.as_str();
            let is_right = doi.is_empty() || (doi.starts_with("10.") && doi.contains('/'));
            if !is_right {
                faults.add(format!("/publications/{n}/doi"), "bad_doi");
            }
        }
        patent_classes(&c.ipc, &c.cpc, faults);
        self.codes("vsic", &c.vsic, 10, "/vsic", faults);
        self.codes("sdg", &c.sdg, 17, "/sdg", faults);
        self.codes("support", &c.support, 20, "/support", faults);
        if let Some(terms) = &c.terms {
            self.terms(terms, faults);
        }
    }

    fn terms(&self, terms: &Terms, faults: &mut Faults) {
        self.code("rights", terms.right.as_ref(), "/terms/right", faults);
        self.code("exclusivity", terms.exclusivity.as_ref(), "/terms/exclusivity", faults);
        territory(&terms.territory, "/terms/territory", faults);
        if terms.term_months.is_some_and(|m| m == 0 || m > 1_200) {
            faults.add("/terms/term_months", "out_of_range");
        }
        self.codes("payment", &terms.payment, 8, "/terms/payment", faults);
        if let Some(price) = &terms.price {
            self.code("price_kinds", Some(&price.kind), "/terms/price/kind", faults);
            money(price.amount.as_ref(), "/terms/price/amount", faults);
            if price.kind == "hidden" && price.amount.is_some() {
                faults.add("/terms/price/amount", "price_hidden_amount");
            }
        }
    }

    fn ip_asset(&self, c: &IpAsset, faults: &mut Faults) {
        self.code("ip_kinds", c.ip_kind.as_ref(), "/ip_kind", faults);
        self.code("ip_status", c.status.as_ref(), "/status", faults);
        self.not_future(c.status_as_of, "/status_as_of", faults);
        line(&c.status_source, 256, "/status_source", faults);
        territory(&c.territory, "/territory", faults);
        self.shares(&c.holders, "/holders", faults);
        lines(&c.creators, 50, 256, "/creators", faults);
        for (number, pointer) in [(&c.application, "/application"), (&c.publication, "/publication"), (&c.grant, "/grant")] {
            if let Some(number) = number {
                line(&number.number, 60, &format!("{pointer}/number"), faults);
                self.not_future(number.date, &format!("{pointer}/date"), faults);
            }
        }
        before(c.application.as_ref().and_then(|a| a.date), c.grant.as_ref().and_then(|g| g.date), "/grant/date", faults);
        before(c.application.as_ref().and_then(|a| a.date), c.expires_on, "/expires_on", faults);
        if let Some(priority) = &c.priority {
            line(&priority.number, 60, "/priority/number", faults);
            self.not_future(priority.date, "/priority/date", faults);
            if let Some(country) = &priority.country {
                territory(std::slice::from_ref(country), "/priority/country", faults);
            }
            before(priority.date, c.application.as_ref().and_then(|a| a.date), "/application/date", faults);
        }
        self.code("ip_routes", c.route.as_ref(), "/route", faults);
        self.code("fields", c.field.as_ref(), "/field", faults);
        keywords(&c.keywords, 5, "/keywords", faults);
        keywords(&c.products, 20, "/products", faults);
        patent_classes(&c.ipc, &c.cpc, faults);
        for (n, class) in c.nice.iter().enumerate() {
            if !(1..=45).contains(class) {
                faults.add(format!("/nice/{n}"), "out_of_range");
            }
        }
        classes(&c.locarno, '-', "/locarno", faults);
        classes(&c.vienna, '.', "/vienna", faults);
        line(&c.representative, 256, "/representative", faults);
        lines(&c.family, 50, 60, "/family", faults);
        self.codes("availability", &c.availability, 4, "/availability", faults);
        at_most(c.technologies.len(), 50, "/technologies", faults);
    }

    fn need(&self, c: &Need, faults: &mut Faults) {
        at_most(c.targets.len(), 20, "/targets", faults);
        for (n, target) in c.targets.iter().enumerate() {
            figure(target.today, &format!("/targets/{n}/today"), faults);
            figure(target.target, &format!("/targets/{n}/target"), faults);
            line(&target.unit, 40, &format!("/targets/{n}/unit"), faults);
        }
        self.code("fields", c.field.as_ref(), "/field", faults);
        keywords(&c.keywords, 5, "/keywords", faults);
        self.codes("cooperation", &c.cooperation, 3, "/cooperation", faults);
        self.codes("party_types", &c.partner_types, 15, "/partner_types", faults);
        self.code("anonymity", c.anonymity.as_ref(), "/anonymity", faults);
        trl(c.trl_min, "/trl_min", faults);
        self.code("urgency", c.urgency.as_ref(), "/urgency", faults);
        lines(&c.standards, 20, 100, "/standards", faults);
        self.code("provinces", c.province.as_ref(), "/province", faults);
        self.code("rights", c.right_sought.as_ref(), "/right_sought", faults);
        self.code("exclusivity", c.exclusivity_sought.as_ref(), "/exclusivity_sought", faults);
    }

    fn code(&self, list: &str, code: Option<&Code>, pointer: &str, faults: &mut Faults) {
        if let Some(code) = code {
            self.vocabularies.check(list, code, self.today, pointer, faults);
        }
    }

    fn codes(&self, list: &str, codes: &[Code], max: usize, pointer: &str, faults: &mut Faults) {
        at_most(codes.len(), max, pointer, faults);
        for (n, code) in codes.iter().enumerate().take(max) {
            self.code(list, Some(code), &format!("{pointer}/{n}"), faults);
        }
    }

    fn not_future(&self, day: Option<NaiveDate>, pointer: &str, faults: &mut Faults) {
        if day.is_some_and(|d| d > self.today) {
            faults.add(pointer, "future_date");
        }
    }

    /// Nobody twice, nobody with nothing; once every share is given they make the whole.
    fn shares(&self, shares: &[Share], pointer: &str, faults: &mut Faults) {
        at_most(shares.len(), 50, pointer, faults);
        let mut seen = BTreeSet::new();
        let mut sum = Some(0_u32);
        for (n, share) in shares.iter().enumerate() {
            let at = |name: &str| format!("{pointer}/{n}/{name}");
            line(&share.name, 256, &at("name"), faults);
            if share.party.is_none() && share.name.is_empty() {
                faults.add(at("name"), "holder_unnamed");
            } else if !seen.insert((share.party, share.name.to_lowercase())) {
                faults.add(at("name"), "holder_twice");
            }
            if share.share_bp == Some(0) {
                faults.add(at("share_bp"), "share_zero");
            }
            self.code("share_basis", share.basis.as_ref(), &at("basis"), faults);
            sum = sum.zip(share.share_bp).and_then(|(sum, bp)| sum.checked_add(bp));
        }
        // While a share is still open the sum means nothing; submitting asks for every share.
        let open = shares.iter().any(|s| s.share_bp.is_none());
        if !shares.is_empty() && !open && sum != Some(WHOLE_BP) {
            faults.add_with(pointer, "not_whole", &[("sum", &sum.map_or_else(|| "?".to_owned(), |s| s.to_string()))]);
        }
    }
}

fn technology_missing(c: &Technology, source: Lang, faults: &mut Faults) {
    for (text, pointer) in [
        (&c.title, "/title"),
        (&c.summary, "/summary"),
        (&c.problem, "/problem"),
        (&c.description, "/description"),
        (&c.partner_role, "/partner_role"),
    ] {
        in_source(text, source, pointer, faults);
    }
    present(c.field.is_some(), "/field", faults);
    present(c.trl.is_some(), "/trl", faults);
    present(c.ipr_status.is_some(), "/ipr_status", faults);
    between(c.cooperation.len(), 1, 3, "/cooperation", faults);
    present(!c.partner_types.is_empty(), "/partner_types", faults);
    words(&c.keywords, source, "/keywords", faults);
    holders(&c.owners, "/owners", faults);
    if c.advantages.is_empty() && c.not_measured.get(source).is_none() {
        faults.add("/advantages", "needs_advantage");
    }
    for (n, advantage) in c.advantages.iter().enumerate() {
        if !has_figures(advantage, source) {
            faults.add(format!("/advantages/{n}"), "advantage_figures");
        }
    }
    if c.state_funded == Some(true)
        && c.state_funding.as_ref().is_none_or(|f| f.task_code.is_empty() || f.accepted_on.is_none() || f.right_holder_decision.is_empty())
    {
        faults.add("/state_funding", "needs_state_funding");
    }
    if let Some(check) = &c.list_check
        && check.result.as_ref().is_some_and(|r| *r == "prohibited")
    {
        faults.add("/list_check/result", "prohibited");
    }
}

fn ip_asset_missing(c: &IpAsset, source: Lang, faults: &mut Faults) {
    present(c.ip_kind.is_some(), "/ip_kind", faults);
    in_source(&c.title, source, "/title", faults);
    present(c.status.is_some(), "/status", faults);
    present(c.status_as_of.is_some(), "/status_as_of", faults);
    present(!c.status_source.is_empty(), "/status_source", faults);
    present(!c.territory.is_empty(), "/territory", faults);
    holders(&c.holders, "/holders", faults);
    present(!c.creators.is_empty(), "/creators", faults);
    // Trade secrets and recognised initiatives have no register; everything else that was granted has number and day.
    let registered =
        !c.ip_kind.as_ref().is_some_and(|k| matches!(k.as_str(), "trade_secret" | "recognised_initiative" | "copyright" | "software"));
    let dated = |n: &Option<OfficeNumber>| n.as_ref().is_some_and(|n| !n.number.is_empty() && n.date.is_some());
    if registered && c.status.as_ref().is_some_and(|s| *s == "granted") && !dated(&c.grant) {
        faults.add("/grant", "granted_needs_number");
    }
    if registered
        && c.status.as_ref().is_some_and(|s| matches!(s.as_str(), "filed" | "formality" | "published" | "examination"))
        && !dated(&c.application)
    {
        faults.add("/application", "granted_needs_number");
    }
}

fn need_missing(c: &Need, source: Lang, faults: &mut Faults) {
    in_source(&c.title, source, "/title", faults);
    in_source(&c.problem, source, "/problem", faults);
    present(!c.targets.is_empty(), "/targets", faults);
    for (n, target) in c.targets.iter().enumerate() {
        if target.metric.best(source).is_none() || (target.target.is_none() && target.unit.is_empty()) {
            faults.add(format!("/targets/{n}"), "target_figures");
        }
    }
    present(c.field.is_some(), "/field", faults);
    words(&c.keywords, source, "/keywords", faults);
    present(!c.cooperation.is_empty(), "/cooperation", faults);
    present(!c.partner_types.is_empty(), "/partner_types", faults);
    present(c.anonymity.is_some(), "/anonymity", faults);
}

fn has_figures(advantage: &Advantage, source: Lang) -> bool {
    advantage.metric.best(source).is_some() && advantage.offered.is_some()
}

fn present(there: bool, pointer: &str, faults: &mut Faults) {
    if !there {
        faults.add(pointer, "missing");
    }
}

fn in_source(text: &Localised, source: Lang, pointer: &str, faults: &mut Faults) {
    if text.is_empty() {
        faults.add(pointer, "missing");
    } else if text.get(source).is_none() {
        faults.add_with(pointer, "needs_source_language", &[("lang", source.code())]);
    }
}

fn words(list: &LocalisedList, source: Lang, pointer: &str, faults: &mut Faults) {
    let count = list.0.get(&source).map_or(0, Vec::len);
    if count == 0 {
        faults.add_with(pointer, "count_range", &[("min", "1"), ("max", "5"), ("count", "0")]);
    }
}

fn holders(shares: &[Share], pointer: &str, faults: &mut Faults) {
    present(!shares.is_empty(), pointer, faults);
    for (n, share) in shares.iter().enumerate() {
        present(share.share_bp.is_some(), &format!("{pointer}/{n}/share_bp"), faults);
    }
}

fn between(count: usize, min: usize, max: usize, pointer: &str, faults: &mut Faults) {
    if count < min {
        let (min, max, count) = (min.to_string(), max.to_string(), count.to_string());
        faults.add_with(pointer, "count_range", &[("min", &min), ("max", &max), ("count", &count)]);
    }
}

fn at_most(count: usize, max: usize, pointer: &str, faults: &mut Faults) {
    if count > max {
        faults.add_with(pointer, "too_many", &[("max", &max.to_string()), ("count", &count.to_string())]);
    }
}

fn line(text: &str, max: usize, pointer: &str, faults: &mut Faults) {
    let length = text.chars().count();
    if length > max {
        faults.add_with(pointer, "too_long", &[("max", &max.to_string()), ("length", &length.to_string())]);
    }
}

fn lines(all: &[String], max: usize, max_chars: usize, pointer: &str, faults: &mut Faults) {
    at_most(all.len(), max, pointer, faults);
    for (n, text) in all.iter().enumerate().take(max) {
        line(text, max_chars, &format!("{pointer}/{n}"), faults);
    }
}

fn keywords(list: &LocalisedList, max: usize, pointer: &str, faults: &mut Faults) {
    for (lang, words) in &list.0 {
        at_most(words.len(), max, &format!("{pointer}/{lang}"), faults);
        for (n, word) in words.iter().enumerate().take(max) {
            if word.chars().count() > 60 {
                faults.add(format!("{pointer}/{lang}/{n}"), "keyword_long");
            } else if word.is_empty() {
                faults.add(format!("{pointer}/{lang}/{n}"), "missing");
            }
        }
    }
}

fn trl(level: Option<u8>, pointer: &str, faults: &mut Faults) {
    if level.is_some_and(|l| !(1..=9).contains(&l)) {
        faults.add(pointer, "trl_range");
    }
}

fn figure(value: Option<f64>, pointer: &str, faults: &mut Faults) {
    if value.is_some_and(|v| !v.is_finite() || v.abs() > 1e15) {
        faults.add(pointer, "not_finite");
    }
}

fn money(range: Option<&MoneyRange>, pointer: &str, faults: &mut Faults) {
    if let Some(range) = range {
        range.check(pointer, faults);
    }
}

fn before(first: Option<NaiveDate>, second: Option<NaiveDate>, pointer: &str, faults: &mut Faults) {
    if let (Some(first), Some(second)) = (first, second)
        && second < first
    {
        faults.add(pointer, "end_before_start");
    }
}

fn territory(codes: &[Code], pointer: &str, faults: &mut Faults) {
    at_most(codes.len(), 200, pointer, faults);
    for (n, code) in codes.iter().enumerate() {
        if code.as_str().len() != 2 || !code.as_str().bytes().all(|b| b.is_ascii_uppercase()) {
            let at = if pointer.ends_with("country") { pointer.to_owned() } else { format!("{pointer}/{n}") };
            faults.add(at, "bad_territory");
        }
    }
}

/// `A`, `A23`, `A23N`, `A23N 5/01`: section, class, subclass, group.
fn patent_classes(ipc: &[Code], cpc: &[Code], faults: &mut Faults) {
    of_a_shape(ipc, "/ipc", "bad_ipc", is_ipc, faults);
    of_a_shape(cpc, "/cpc", "bad_cpc", is_cpc, faults);
}

fn of_a_shape(codes: &[Code], pointer: &str, fault: &'static str, is_right: fn(&str) -> bool, faults: &mut Faults) {
    at_most(codes.len(), 20, pointer, faults);
    for (n, _) in codes.iter().enumerate().filter(|(_, code)| !is_right(code.as_str())) {
        faults.add(format!("{pointer}/{n}"), fault);
    }
}

/// Whether a code has the shape of an international patent class: `A`, `A23`, `A23N` or `A23N 5/01`.
#[must_use]
pub fn is_ipc(code: &str) -> bool {
    is_patent_class(code, |section| (b'A'..=b'H').contains(&section))
}

/// The same of the cooperative classes, which have a section Y for what lies across the others.
fn is_cpc(code: &str) -> bool {
    is_patent_class(code, |section| section == b'Y' || (b'A'..=b'H').contains(&section))
}

fn is_patent_class(code: &str, is_section: impl Fn(u8) -> bool) -> bool {
    let (class, group) = code.split_once(' ').map_or((code, None), |(c, g)| (c, Some(g)));
    let mut letters = class.bytes();
    let section = letters.next().is_some_and(is_section);
    let rest: Vec<u8> = letters.collect();
    let class_ok = match rest.as_slice() {
        [] => true,
        [a, b] => a.is_ascii_digit() && b.is_ascii_digit(),
        [a, b, c] => a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_uppercase(),
        _ => false,
    };
    let number = |s: &str| !s.is_empty() && s.len() <= 6 && s.bytes().all(|b| b.is_ascii_digit());
    let group_ok = group.is_none_or(|g| rest.len() == 3 && g.split_once('/').is_some_and(|(a, b)| number(a) && number(b)));
    section && class_ok && group_ok
}

fn classes(codes: &[Code], separator: char, pointer: &str, faults: &mut Faults) {
    at_most(codes.len(), 20, pointer, faults);
    for (n, code) in codes.iter().enumerate() {
        let right = code.as_str().split(separator).all(|p| !p.is_empty() && p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit()));
        if !right {
            faults.add(format!("{pointer}/{n}"), "bad_class");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn faults_of(kind: Kind, json: &str, submit: bool) -> Vec<(String, &'static str)> {
        let vocabularies = Vocabularies::built_in().unwrap();
        let check = Check { vocabularies: &vocabularies, today: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap() };
        let content = Content::from_json(kind, json).unwrap();
        let faults = if submit { check.submission(&content, Lang::Vi) } else { check.draft(&content) };
        faults.iter().map(|f| (f.pointer.clone(), f.code)).collect()
    }

    #[test]
    fn every_wrong_value_of_a_draft_is_told_at_once() {
        let found = faults_of(
            Kind::Technology,
            r#"{"trl": 10, "field": "999", "cooperation": ["licence","x"], "owners": [{"name":"A","share_bp":9900}],
                "investment": {"min_minor": 5, "max_minor": 1, "currency": "VND"}, "disclosed_on": "2030-01-01", "ipc": ["A23N 5/01", "9"]}"#,
            false,
        );
        for expected in [
            ("/trl", "trl_range"),
            ("/field", "unknown_code"),
            ("/cooperation/1", "unknown_code"),
            ("/owners", "not_whole"),
            ("/investment/max_minor", "end_before_start"),
            ("/disclosed_on", "future_date"),
            ("/ipc/1", "bad_ipc"),
        ] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
        }
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn patent_classes_have_the_shape_of_their_list() {
        for kind in [Kind::Technology, Kind::IpAsset] {
            let right = r#"{"ipc": ["A", "A23", "A23N", "A23N 5/01"], "cpc": ["A23N 5/01", "Y02P 60/80", "H01L 2224/0401", "Y"]}"#;
            assert!(faults_of(kind, right, false).is_empty(), "{kind}");
            let wrong = r#"{"ipc": ["Y02P 60/80"], "cpc": ["A23N", "Z01A", "A23N5/01", "Y02P 60"]}"#;
            let mut told = faults_of(kind, wrong, false);
            told.sort();
            let told: Vec<(&str, &str)> = told.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
            assert_eq!(told, [("/cpc/1", "bad_cpc"), ("/cpc/2", "bad_cpc"), ("/cpc/3", "bad_cpc"), ("/ipc/0", "bad_ipc")]);
        }
    }

    #[test]
    fn an_empty_draft_is_right_but_not_enough_to_submit() {
        for kind in Kind::ALL {
            assert!(faults_of(kind, "{}", false).is_empty());
            assert!(faults_of(kind, "{}", true).len() >= 7, "{kind}");
        }
    }

    #[test]
    fn a_share_that_is_still_open_keeps_a_draft_right_and_a_submission_wrong() {
        let json = r#"{"owners": [{"name":"A","share_bp":6000},{"name":"B"}]}"#;
        assert!(faults_of(Kind::Technology, json, false).is_empty());
        assert!(faults_of(Kind::Technology, json, true).contains(&("/owners/1/share_bp".to_owned(), "missing")));
    }

    #[test]
    fn a_granted_patent_needs_its_number_and_day() {
        let json = r#"{"ip_kind": "patent", "status": "granted"}"#;
        assert!(faults_of(Kind::IpAsset, json, true).contains(&("/grant".to_owned(), "granted_needs_number")));
        let json = r#"{"ip_kind": "trade_secret", "status": "granted"}"#;
        assert!(!faults_of(Kind::IpAsset, json, true).iter().any(|f| f.0 == "/grant"));
    }
}
