//! What takes more to fill in: each part of a deal on a page of its own, asked for as data. The names of the inputs are
//! places in the body that the API takes, so one way serves all parts.

use accounts::people;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{AccountId, DealId, Faults, StaffRole, messages};
use brokering::BrokeringError;
use brokering::deals::{self, DealView, Role};
use brokering::legal::Effect;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::Ctx;
use utoipa::ToSchema;

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Field, FieldView, Input, Opt, Wrong, apply, views};
use super::super::finder::{self, Finder};
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised, page};
use super::super::{paging, typed};
use super::asked::Part;
use super::objects;
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

/// The party that was found for one more row, and the part it takes.
const FOUND_PARTY: &str = "found_party";
const FOUND_ROLE: Field = Field::new("/found_role", "deal-field-found-role", Input::Always("deal_roles"));

#[derive(Template)]
#[template(path = "deal_part.html")]
pub(in super::super) struct PartPage {
    pub f: Frame,
    pub code: String,
    pub title: String,
    pub deal: String,
    pub action: String,
    pub about: Option<String>,
    pub seen: i64,
    pub key: String,
    pub fields: Vec<FieldView>,
    /// How one more party is found.
    pub finder: Option<Finder>,
    /// The part it takes.
    pub found: Vec<FieldView>,
    pub faults: Vec<FaultLine>,
}

/// What is kept of a part, as its form begins.
fn kept(part: Part, view: &DealView, account: Option<AccountId>) -> Result<Value, Problem> {
    let Some(inside) = view.inside.as_ref() else {
        // An administrator says who brokers a deal, and no more.
        return if part == Part::Brokers { Ok(json!({})) } else { Err(Problem::not_found()) };
    };
    let value = match part {
        Part::Offer => inside.offers.first().map(|o| json!({ "terms": o.terms })),
        Part::Contract => serde_json::to_value(&inside.contract).ok(),
        Part::Legal => serde_json::to_value(&inside.legal_facts).ok(),
        Part::Outcome => serde_json::to_value(&inside.outcome).ok().filter(Value::is_object),
        Part::Statement => view.brokers.iter().find(|b| Some(b.account) == account).map(|b| json!({ "statement": b.statement })),
        Part::Parties => {
            let all: Vec<Value> = view.parties.iter().map(|p| json!({"party": p.slug, "role": p.role})).collect();
            Some(json!({ "parties": all }))
        }
        _ => None,
    };
    Ok(value.unwrap_or_else(|| json!({})))
}

/// A part of a deal with what its page shows.
struct Shown<'a> {
    id: DealId,
    part: Part,
    view: DealView,
    content: Value,
    typed: Option<&'a Form>,
    faults: Faults,
    status: StatusCode,
    lines: Vec<FaultLine>,
    seen: i64,
}

async fn part_page(app: &App, visit: &Visit, shown: Shown<'_>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let cx = Context::plain(app, visit.lang());
    let asked = shown.part.fields(shown.view.is_brokered, !shown.view.is_open);
    let wrong = Wrong::of(&shown.faults, &asked, lang);
    let mut faults = fault_lines(&wrong, &asked, lang, lang);
    faults.extend(shown.lines);
    let mut fields = views(&asked, &shown.content, shown.typed, &wrong, &cx);
    match shown.part {
        Part::Contract => fields.extend(contents(&shown.view, shown.typed, lang)),
        Part::Objects => {
            let what = objects::field(app, visit, &shown.view, shown.typed, wrong.at(objects::AT)).await?;
            if let Some(text) = &what.fault {
                // The ticks are no field of the table, so the way to them is made here.
                faults.retain(|line| !(line.id.is_empty() && line.text == *text));
                faults.insert(0, FaultLine { id: objects::AT.to_owned(), label: what.label.clone(), text: text.clone() });
            }
            fields.insert(0, what);
        }
        Part::Brokers => fields.extend(brokers(app, visit, &shown.view, shown.typed).await?),
        _ => {}
    }
    let path = format!("/deals/{}/edit/{}", shown.id, shown.part);
    let action = localised(lang, &path);
    let (mut finder, mut found) = (None, Vec::new());
    if shown.part == Part::Parties {
        let nothing = Form::default();
        let asked = (FOUND_PARTY, "deal-found-party");
        let mut looked = Finder::of_form(app, visit, asked, action.clone(), shown.typed.unwrap_or(&nothing)).await?;
        looked.is_optional = true;
        looked.fault = wrong.at(&format!("/{FOUND_PARTY}"));
        if let Some(text) = &looked.fault {
            // What was looked for is no field of the table, so the way to it is made here.
            faults.retain(|line| !(line.id.is_empty() && line.text == *text));
            faults.push(FaultLine { id: FOUND_PARTY.to_owned(), label: messages::say(lang, asked.1, &[]), text: text.clone() });
        }
        finder = Some(looked);
        let is_joining = shown.view.parties.iter().any(|party| party.role == Role::Seeker);
        let usual = json!({ "found_role": if is_joining { Role::CoSeeker } else { Role::Seeker } });
        found = views(&[FOUND_ROLE], &usual, shown.typed, &wrong, &cx);
    }
    let title = messages::say(lang, &format!("deal-part-{}", shown.part), &[]);
    let about = format!("deal-part-{}-about", shown.part);
    Ok(page(
        shown.status,
        lang,
        &PartPage {
            f: visit.frame(app, &title).at(&path).unlisted().without_search().placed("my"),
            code: shown.view.code,
            title,
            deal: localised(lang, &format!("/deals/{}", shown.id)),
            action,
            about: messages::has(lang, &about).then(|| messages::say(lang, &about, &[])),
            seen: shown.seen,
            key: app.clock().uuid().simple().to_string(),
            fields,
            finder,
            found,
            faults,
        },
    ))
}

/// The form with a row for the party that was found and chosen in it; the finder is empty then. A fault where words were
/// left from which nobody was chosen.
async fn with_found(app: &App, form: Form) -> Result<(Form, Faults), Problem> {
    let mut faults = Faults::new();
    let party = match finder::chosen(app, &form, FOUND_PARTY).await? {
        Ok(Some(party)) => accounts::parties::load_many(app.accounts.store().db(), &[party]).await?.into_iter().next(),
        Ok(None) => None,
        Err(code) => {
            faults.add(format!("/{FOUND_PARTY}"), code);
            None
        }
    };
    let Some(party) = party else { return Ok((form, faults)) };
    let rows = form.iter().filter_map(|(name, _)| name.strip_prefix("/parties/")?.split('/').next()?.parse::<usize>().ok());
    let next = rows.max().map_or(0, |last| last + 1);
    let role = form.get(FOUND_ROLE.at).to_owned();
    let row = [(format!("/parties/{next}/party"), party.slug), (format!("/parties/{next}/role"), role)];
    let form = form.renamed(|name| (name != FOUND_PARTY && name != "_find").then(|| name.to_owned()));
    Ok((form.with(row), faults))
}

/// What a contract may say, to tick: what it must say, and the usual contents apart.
fn contents(view: &DealView, typed: Option<&Form>, lang: base::Lang) -> Vec<FieldView> {
    let Some(inside) = view.inside.as_ref() else { return Vec::new() };
    let is_on = |item: &str| match typed {
        Some(form) => form.all("/contents").any(|one| one == item),
        None => inside.contract.contents.contains(item),
    };
    let option = |a: &brokering::legal::Advice| {
        let item = a.about.clone().unwrap_or_default();
        Opt { label: format!("{} ({})", a.text, a.article), depth: 0, is_on: is_on(&item), value: item }
    };
    let (mut must, mut usual): (Vec<Opt>, Vec<Opt>) = (Vec::new(), Vec::new());
    let mut items: Vec<_> = inside.all_advice().into_iter().filter(|a| a.effect == Effect::Content).collect();
    items.sort_by_key(|a| !a.is_blocking);
    for a in items {
        // Rules of two days or of two laws may ask for the same; what one of them demands is no longer just usual.
        let option = option(a);
        if must.iter().chain(&usual).all(|one| one.value != option.value) {
            if a.is_blocking { must.push(option) } else { usual.push(option) }
        }
    }
    let field = |id: &str, label: &str, is_needed: bool, options: Vec<Opt>| FieldView {
        id: id.to_owned(),
        label: messages::say(lang, label, &[]),
        hint: Some(messages::say(lang, "deal-field-contents-about", &[])),
        is_needed,
        fault: None,
        note: None,
        original: None,
        lang: None,
        control: Control::Boxes { name: "/contents".to_owned(), options },
    };
    let both = [field("/contents", "deal-contents", true, must), field("/contents/usual", "deal-contents-usual", false, usual)];
    both.into_iter().filter(|field| matches!(&field.control, Control::Boxes { options, .. } if !options.is_empty())).collect()
}

/// A line for each of the space's brokers, with their share.
async fn brokers(app: &App, visit: &Visit, view: &DealView, typed: Option<&Form>) -> Result<Vec<FieldView>, Problem> {
    let lang = visit.lang();
    let db = app.accounts.store().db();
    let mut all = people::staff_with(db, StaffRole::Broker).await?;
    let names = people::names(db, &all).await?;
    all.sort_by_key(|account| names.get(account).map(|name| sort_key(name)));
    let field = |account: &AccountId| {
        let name = format!("share:{account}");
        let share = view.brokers.iter().find(|b| b.account == *account).map(|b| typed::plain_percent(lang, u64::from(b.share_bp)));
        let value = typed.and_then(|form| form.find(&name)).map(str::to_owned).or(share).unwrap_or_default();
        let who = names.get(account).cloned().unwrap_or_default();
        FieldView {
            id: name.clone(),
            label: messages::say(lang, "deal-field-share", &[("name", &who)]),
            hint: None,
            is_needed: false,
            fault: None,
            note: None,
            original: None,
            lang: None,
            control: Control::Line { name, value, max: 10, sort: "decimal", is_short: true },
        }
    };
    Ok(all.iter().map(field).collect())
}

/// The part that an address names, if the deal is there for the reader.
async fn load(app: &App, visit: &Visit, path: (String, String)) -> Result<(DealId, Part, DealView), Problem> {
    let (id, part) = path;
    let id: DealId = id.parse().map_err(|_| Problem::not_found())?;
    let view = deals::show(&app.brokering, &visit.who.actor, id).await?;
    let part: Part = part.parse().map_err(|_| Problem::not_found())?;
    Ok((id, part, view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, part, view) = load(&app, &visit, path).await?;
    let content = kept(part, &view, visit.who.actor.account())?;
    let seen = view.version;
    let shown = Shown { id, part, view, content, typed: None, faults: Faults::new(), status: StatusCode::OK, lines: Vec::new(), seen };
    part_page(&app, &visit, shown).await
}

/// A body of the API from what a form said.
fn body<T: DeserializeOwned + ToSchema + 'static>(value: Value) -> Result<T, BrokeringError> {
    match shape::<T>().read::<T>(value) {
        (Some(body), faults) if faults.is_empty() => Ok(body),
        (_, faults) => Err(BrokeringError::Invalid(faults)),
    }
}

/// The parties with their ids: each is named by the address of its page, or its last piece.
async fn with_ids(app: &App, mut value: Value) -> Result<Value, BrokeringError> {
    let mut faults = Faults::new();
    for (n, row) in value.pointer_mut("/parties").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let named = row.get("party").and_then(Value::as_str).unwrap_or_default().to_owned();
        match accounts::parties::named(&app.accounts, &named).await? {
            Some(id) => {
                if let Some(row) = row.as_object_mut() {
                    row.insert("party".to_owned(), json!(id));
                }
            }
            None => faults.add(format!("/parties/{n}/party"), "unknown_party"),
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    Ok(value)
}

/// The shares that the lines of the brokers say.
fn shares(form: &Form, lang: base::Lang) -> Result<Value, BrokeringError> {
    let mut faults = Faults::new();
    let mut brokers = Vec::new();
    for (name, text) in form.iter() {
        let Some(account) = name.strip_prefix("share:").filter(|_| !text.trim().is_empty()) else { continue };
        match typed::basis_points(lang, text).and_then(|bp| u16::try_from(bp).ok()) {
            Some(share) => brokers.push(json!({ "account": account, "share_bp": share })),
            None => faults.add(format!("/{name}"), "not_a_figure"),
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    Ok(json!({ "brokers": brokers }))
}

/// Hands what was typed to the use case of its part.
async fn save(app: &App, ctx: Ctx, id: DealId, part: Part, seen: i64, form: &Form, value: Value) -> Result<(), BrokeringError> {
    let b = &app.brokering;
    let lang = ctx.actor.lang;
    let once = |operation: &'static str, ctx: Ctx| Ctx { idempotency: form.once(operation), ..ctx };
    match part {
        Part::Offer => deals::offer(b, once("makeOffer", ctx), id, seen, body(value)?).await.map(drop),
        Part::Contract => {
            let mut value = value;
            let contents: Vec<&str> = form.all("/contents").collect();
            if let Some(object) = value.as_object_mut() {
                object.insert("contents".to_owned(), json!(contents));
            }
            deals::record_contract(b, ctx, id, seen, body(value)?).await.map(drop)
        }
        Part::Legal => deals::set_legal_facts(b, ctx, id, seen, body(value)?).await.map(drop),
        Part::Outcome => deals::outcome(b, ctx, id, seen, body(value)?).await.map(drop),
        Part::Task => deals::task(b, once("setDealTask", ctx), id, body(value)?).await.map(drop),
        Part::Meeting => deals::meeting(b, once("noteMeeting", ctx), id, body(value)?).await.map(drop),
        Part::Paper => deals::paper(b, once("notePaper", ctx), id, seen, body(value)?).await.map(drop),
        Part::Milestone => deals::milestone(b, once("setMilestone", ctx), id, body(value)?).await.map(drop),
        Part::Payment => deals::payment(b, once("notePayment", ctx), id, body(value)?).await.map(drop),
        Part::Report => deals::report(b, once("fileReport", ctx), id, body(value)?).await.map(drop),
        Part::Statement => deals::state_interests(b, ctx, id, seen, body(value)?).await.map(drop),
        Part::Parties => deals::set_parties(b, ctx, id, seen, body(with_ids(app, value).await?)?).await.map(drop),
        Part::Objects => {
            let objects::Chosen { wanted, ticked } = objects::chosen(app, form).await?;
            deals::set_objects(b, ctx, id, seen, wanted).await.map(drop).map_err(|error| objects::placed(error, ticked))
        }
        Part::Brokers => deals::set_brokers(b, ctx, id, seen, body(shares(form, lang)?)?).await.map(drop),
    }
}

/// Keeps a part, or shows its page again with what was typed and what is wrong with it.
pub(in super::super) async fn send(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let (id, part, view) = load(&app, &visit, path).await?;
    let mut content = kept(part, &view, visit.who.actor.account())?;
    let seen: i64 = form.get("_seen").parse().map_err(|_| Problem::malformed("bad-form"))?;
    let does = form.get("_do").to_owned();
    let (form, unfound) = match part {
        Part::Parties if !finder::looks(&form) => with_found(&app, form).await?,
        _ => (form, Faults::new()),
    };
    let mut sent = apply(
        &part.fields(view.is_brokered, !view.is_open),
        &form,
        &Context::plain(&app, visit.lang()),
        does.strip_prefix("drop:"),
        &mut content,
    );
    let again = |status, faults, lines, seen| Shown {
        id,
        part,
        view: view.clone(),
        content: content.clone(),
        typed: Some(&sent.form),
        faults,
        status,
        lines,
        seen,
    };
    // Another row, or one less: nothing is kept yet.
    if does != "save" {
        return part_page(&app, &visit, again(StatusCode::OK, Faults::new(), Vec::new(), seen)).await;
    }
    let ctx = Ctx { actor: base::Actor { lang, ..ctx.actor }, ..ctx };
    sent.faults.extend(unfound);
    let done = if sent.faults.is_empty() {
        save(&app, ctx, id, part, seen, &sent.form, content.clone()).await
    } else {
        Err(BrokeringError::Invalid(sent.faults.clone()))
    };
    match done {
        Ok(()) => Ok(go(&paging::address(&localised(lang, &format!("/deals/{id}")), &[("did", "saved")]))),
        Err(BrokeringError::Invalid(faults)) => {
            part_page(&app, &visit, again(StatusCode::UNPROCESSABLE_ENTITY, faults, Vec::new(), seen)).await
        }
        Err(error) => {
            let nowhere = |f: &base::Fault| FaultLine { id: String::new(), label: String::new(), text: f.say(lang) };
            let (status, lines) = super::refused(&app, error, lang, nowhere)?;
            // What was typed is sent again upon what is there now.
            part_page(&app, &visit, again(status, Faults::new(), lines, view.version)).await
        }
    }
}
