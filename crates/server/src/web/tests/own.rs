//! The pages of people for themselves and of staff, with what people wrote in every place that shows it.

use std::collections::HashMap;

use super::super::choice::Choice;
use super::super::faults::FaultLine;
use super::super::fields::{Context, Opt, Wrong, views};
use super::super::format::moment;
use super::super::own::second_factor::Stage;
use super::super::paging::Sorted;
use super::super::{members, own, profile, staff};
use super::{EVIL, a_party, at, frame, vocabularies};
use askama::DynTemplate;
use base::{Faults, Lang};

fn by_since() -> Sorted {
    Sorted { href: EVIL.to_owned(), way: "descending", arrow: "↓" }
}

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
            known: HashMap::new(),
            notes: HashMap::new(),
        };
        let fields = views(part.fields, &value, None, &Wrong::of(&faults, part.fields, lang), &cx);
        profile::Section { key: part.key, about: EVIL.to_owned(), fields }
    });
    profile::ProfilePage {
        part: 1,
        parts: 1,
        f: frame(lang, "/my/parties/x").titled(EVIL),
        action: EVIL.to_owned(),
        seen: Some(1),
        key: Some(EVIL.to_owned()),
        sections: sections.collect(),
        faults: faults(),
        done: Some(EVIL.to_owned()),
        is_verified: true,
        links: Some(("/parties/x".to_owned(), "/my/parties/x/members".to_owned())),
    }
}

fn choice(n: usize) -> Choice {
    // What is sent is a code of ours; what is read may be anything.
    Choice { value: "code".to_owned(), label: EVIL.to_owned(), about: Some(EVIL.to_owned()), is_on: n == 0 }
}

fn members_page(lang: Lang, is_admin: bool) -> members::MembersPage {
    let line = |n: usize| members::MemberLine {
        id: "7".to_owned(),
        name: if n == 0 { EVIL.to_owned() } else { String::new() },
        email: EVIL.to_owned(),
        roles: EVIL.to_owned(),
        status: "confirmed",
        status_label: EVIL.to_owned(),
        since: moment(lang, at()),
        version: 1,
        choices: (0..4).map(|n| Choice { about: None, ..choice(n) }).collect(),
        steps: vec![members::StepButton { step: "remove", label: EVIL.to_owned(), about: EVIL.to_owned() }],
        is_open: n == 0,
    };
    members::MembersPage {
        f: frame(lang, "/my/parties/x/members").titled(EVIL),
        party: EVIL.to_owned(),
        action: EVIL.to_owned(),
        is_admin,
        lines: (0..20).map(line).collect(),
        total: 1_234,
        next: Some("/next".to_owned()),
        first: Some("/first".to_owned()),
        email: EVIL.to_owned(),
        choices: (0..4).map(choice).collect(),
        faults: faults(),
        done: Some(EVIL.to_owned()),
    }
}

fn account_pages(lang: Lang, add: &mut dyn FnMut(&str, &dyn DynTemplate)) {
    let door = own::Door { href: "/account/password", title: "own-password-title", about: EVIL.to_owned(), is_due: true };
    let account = own::AccountPage {
        f: frame(lang, "/account"),
        email: EVIL.to_owned(),
        name: EVIL.to_owned(),
        lang,
        seen: 1,
        doors: vec![door],
        faults: faults(),
        done: Some(EVIL.to_owned()),
    };
    add("account", &account);
    add(
        "password",
        &own::password::PasswordPage {
            f: frame(lang, "/account/password"),
            email: EVIL.to_owned(),
            hint: EVIL.to_owned(),
            faults: faults(),
        },
    );
    let setup = Stage::Setup { secret: EVIL.to_owned(), url: EVIL.to_owned(), qr: String::new() };
    for stage in [Stage::Off, setup, Stage::Code, Stage::On, Stage::Codes(vec![EVIL.to_owned()])] {
        let f = frame(lang, "/account/second-factor");
        add("second factor", &own::second_factor::SecondFactorPage { f, stage, faults: faults(), done: Some(EVIL.to_owned()) });
    }
    let session = |n: usize| own::sessions::SessionLine {
        id: "7".to_owned(),
        device: EVIL.to_owned(),
        agent: EVIL.to_owned(),
        since: moment(lang, at()),
        seen: moment(lang, at()),
        ends: moment(lang, at()),
        is_current: n == 0,
    };
    let sessions = own::sessions::SessionsPage {
        f: frame(lang, "/account/sessions"),
        // As many as an account can have.
        lines: (0..50).map(session).collect(),
        has_others: true,
        done: Some(EVIL.to_owned()),
    };
    add("sessions", &sessions);
    let token = |n: usize| own::tokens::TokenLine {
        id: "7".to_owned(),
        name: EVIL.to_owned(),
        scopes: EVIL.to_owned(),
        party: Some(EVIL.to_owned()),
        since: moment(lang, at()),
        ends: moment(lang, at()),
        used: (n == 0).then(|| moment(lang, at())),
        state: "own-token-live",
        is_live: true,
    };
    let tokens = own::tokens::TokensPage {
        f: frame(lang, "/account/tokens"),
        lines: (0..20).map(token).collect(),
        key: EVIL.to_owned(),
        name: EVIL.to_owned(),
        choices: (0..4).map(choice).collect(),
        days: EVIL.to_owned(),
        max_days: 365,
        parties: vec![Opt { value: EVIL.to_owned(), label: EVIL.to_owned(), depth: 0, is_on: true }],
        fresh: Some(own::tokens::Fresh { name: EVIL.to_owned(), secret: EVIL.to_owned() }),
        faults: faults(),
        done: Some(EVIL.to_owned()),
    };
    add("tokens", &tokens);
}

fn staff_pages(lang: Lang, add: &mut dyn FnMut(&str, &dyn DynTemplate)) {
    let door = own::Door { href: "/review", title: "review-title", about: EVIL.to_owned(), is_due: true };
    add("staff", &staff::StaffPage { f: frame(lang, "/staff"), doors: vec![door] });
    add("staff, nothing", &staff::StaffPage { f: frame(lang, "/staff"), doors: Vec::new() });
    let tabs = || vec![staff::Tab { text: EVIL.to_owned(), href: "/staff".to_owned(), is_on: true }];
    let act = || staff::accounts::ActLine { text: EVIL.to_owned(), by: EVIL.to_owned(), at: moment(lang, at()), reason: EVIL.to_owned() };
    let account = |n: usize| staff::accounts::AccountLine {
        id: "7".to_owned(),
        name: EVIL.to_owned(),
        email: EVIL.to_owned(),
        status: if n == 0 { "disabled" } else { "active" },
        status_label: EVIL.to_owned(),
        staff: EVIL.to_owned(),
        has_second_factor: n == 0,
        is_other: true,
        reason: if n == 0 { EVIL.to_owned() } else { String::new() },
        acts: (0..usize::from(n == 0)).map(|_| act()).collect(),
        since: moment(lang, at()),
        version: 1,
        choices: (0..5).map(|n| Choice { about: None, ..choice(n) }).collect(),
        is_open: n == 0,
    };
    let accounts = staff::accounts::AccountsPage {
        f: frame(lang, "/staff/accounts"),
        tabs: tabs(),
        show: EVIL.to_owned(),
        words: EVIL.to_owned(),
        meanings: (0..5).map(choice).collect(),
        lines: (0..14).map(account).collect(),
        total: 1_234,
        by_since: by_since(),
        csv: EVIL.to_owned(),
        action: EVIL.to_owned(),
        next: Some("/next".to_owned()),
        first: Some("/first".to_owned()),
        faults: faults(),
        done: Some(EVIL.to_owned()),
    };
    add("staff, accounts", &accounts);
    let party = |n: usize| staff::parties::PartyLine {
        id: "7".to_owned(),
        name: EVIL.to_owned(),
        href: "/parties/x".to_owned(),
        sort: EVIL.to_owned(),
        place: EVIL.to_owned(),
        level_label: EVIL.to_owned(),
        is_verified: n == 0,
        checked: (n == 0).then(|| moment(lang, at())),
        since: moment(lang, at()),
        version: 1,
        levels: vec![Opt { value: EVIL.to_owned(), label: EVIL.to_owned(), depth: 0, is_on: true }],
        is_open: n == 0,
    };
    let parties = staff::parties::PartiesPage {
        f: frame(lang, "/staff/parties"),
        tabs: tabs(),
        lines: (0..20).map(party).collect(),
        total: 1_234,
        level: EVIL.to_owned(),
        words: EVIL.to_owned(),
        by_since: by_since(),
        csv: EVIL.to_owned(),
        kept: vec![("q", EVIL.to_owned())],
        levels: vec![Opt { value: EVIL.to_owned(), label: EVIL.to_owned(), depth: 0, is_on: true }],
        action: EVIL.to_owned(),
        next: Some("/next".to_owned()),
        first: Some("/first".to_owned()),
        faults: faults(),
        merge: None,
        done: Some(EVIL.to_owned()),
    };
    add("staff, parties", &parties);
    let event = |n: u64| staff::events::EventLine {
        position: n,
        at: moment(lang, at()),
        actor: EVIL.to_owned(),
        actor_href: Some("/staff/events?actor=7".to_owned()),
        what: EVIL.to_owned(),
        about: n.is_multiple_of(2).then(|| staff::subjects::Subject {
            name: EVIL.to_owned(),
            lang: Some("en"),
            href: "/parties/x".to_owned(),
        }),
        about_kind: EVIL.to_owned(),
        kind: EVIL.to_owned(),
        kind_href: "/staff/events?kind=x".to_owned(),
        subject: EVIL.to_owned(),
        subject_href: "/staff/events?subject=7".to_owned(),
        payload: EVIL.to_owned(),
    };
    let events = staff::events::EventsPage {
        f: frame(lang, "/staff/events"),
        asked: staff::events::Asked {
            kind: EVIL.to_owned(),
            subject: EVIL.to_owned(),
            actor: EVIL.to_owned(),
            from: EVIL.to_owned(),
            to: EVIL.to_owned(),
        },
        happenings: staff::subjects::happenings(lang, EVIL, &[]),
        subject_name: Some(EVIL.to_owned()),
        actor_name: Some(EVIL.to_owned()),
        csv: "/csv".to_owned(),
        lines: (0..40).map(event).collect(),
        total: 1_234,
        next: Some("/next".to_owned()),
        first: Some("/first".to_owned()),
        chain: Some(staff::events::Chain { is_whole: false, text: EVIL.to_owned() }),
        faults: faults(),
    };
    add("staff, events", &events);
}

/// Every one of these pages, by name.
pub(super) fn pages(lang: Lang, add: &mut dyn FnMut(&str, &dyn DynTemplate)) {
    staff_pages(lang, add);
    account_pages(lang, add);
    add("members", &members_page(lang, true));
    add("members, read", &members_page(lang, false));
    add("profile", &profile_page(lang));
}
