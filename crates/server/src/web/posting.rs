//! Posting: choose what and for whom, then one topic a page, saved as one goes.
//!
//! A page is made from the content as it is kept; what was typed and could not be kept is shown again as it was typed.
//! The rules are those of `listings`; here are only the pages. Not here: keeping a step (`saving`).

mod known;
pub(super) mod saving;
pub(super) mod steps;

use std::collections::HashMap;

use accounts::membership::Status as MemberStatus;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{Actor, Faults, Lang, Limit, ListingId, PartyId, PartyRole, messages};
use listings::content::{Content, IpAsset, Need, Technology};
use listings::edit::{NewListing, Receipt};
use listings::list::Filter;
use listings::state::Move;
use listings::view::ListingView;
use listings::{Kind, ListingError};
use search::{DocKind, Facet};
use serde_json::{Value, json};

pub(super) use self::known::known;
use self::steps::{Step, step_of};
use super::faults::{FaultLine, fault_lines, row_input};
use super::fields;
use super::fields::{Asked, Context, Control, Field, FieldView, Input, Opt, Portion, Wrong, apply, input_id, place, views};
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::address;
use crate::api::listings::KindContent;
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

/// Listings of the writer's own that may be linked, at most.
const LINKED: u16 = 100;

/// The parameter with the place of a field: the page is the part of the step that asks for it.
const PLACE: &str = "at";
/// A content of so many bytes as JSON may make a step of several parts.
const LONG_BYTES: usize = 20_000;

/// The field that `assets/saving.js` adds once a form has sent itself: a draft may have been made from it.
const BEGUN: &str = "_begun";

/// Characters of a title at most.
const TITLE_CHARS: usize = 256;

/// One step in the list of steps.
pub(super) struct StepLink {
    pub label: String,
    /// None before there is a draft.
    pub href: Option<String>,
    pub is_on: bool,
}

#[derive(Template)]
#[template(path = "posting.html")]
struct PostingPage {
    f: Frame,
    kind_label: String,
    code: Option<String>,
    about: String,
    steps: Vec<StepLink>,
    number: usize,
    action: String,
    back: Option<String>,
    seen: Option<i64>,
    key: Option<String>,
    parties: Vec<Opt>,
    fields: Vec<FieldView>,
    /// The part of the step that is shown and how many it has, from 1; a step of one part says nothing of it.
    part: usize,
    parts: usize,
    faults: Vec<FaultLine>,
    saved: Option<String>,
    unsaved: Option<String>,
    /// None while the whole page is shown: its faults stand beside their fields already.
    auto_faults: Vec<FaultLine>,
    percent: Option<u8>,
    /// The most useful of what is missing: what it is and where it is written.
    missing: Option<(String, String)>,
    other_language: Option<(String, String)>,
}

/// A kind to choose.
struct KindDoor {
    kind: &'static str,
    href: String,
    label: String,
    about: String,
}

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    f: Frame,
    doors: Vec<KindDoor>,
    has_party: bool,
}

/// The parties that an actor writes for, with their names.
pub(super) async fn own_parties(app: &App, actor: &Actor, lang: Lang) -> Result<Vec<(PartyId, String)>, Problem> {
    let all = accounts::membership::mine(&app.accounts, actor).await?;
    let own = all.into_iter().filter(|m| m.status == MemberStatus::Confirmed && actor.has_role(m.party, PartyRole::Editor));
    let mut own: Vec<(PartyId, String)> = own.map(|m| (m.party, m.party_names.best(lang).unwrap_or_default().to_owned())).collect();
    own.sort_by_key(|(_, name)| sort_key(name));
    Ok(own)
}

/// The kind of a piece of an address.
fn kind_of(path: &str) -> Result<Kind, Problem> {
    Kind::ALL.into_iter().find(|k| k.path() == path).ok_or_else(Problem::not_found)
}

fn kind_label(app: &App, kind: Kind, lang: Lang) -> String {
    Facet::Kind.label(DocKind::from(kind).as_str(), lang, &app.vocabularies)
}

/// What do you want to post?
pub(super) async fn choose(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let parties = own_parties(&app, &visit.who.actor, lang).await?;
    let f = visit.frame(&app, messages::say(lang, "post-title", &[])).at("/post").unlisted();
    let doors = Kind::ALL.into_iter().map(|kind| KindDoor {
        kind: DocKind::from(kind).as_str(),
        href: localised(lang, &format!("/post/{}", kind.path())),
        label: messages::say(lang, &format!("post-{}", kind.path()), &[]),
        about: messages::say(lang, &format!("post-{}-about", kind.path()), &[]),
    });
    Ok(page(StatusCode::OK, lang, &PostPage { f, doors: doors.collect(), has_party: !parties.is_empty() }))
}

/// What the fields of a page are asked with.
async fn context<'a>(
    app: &'a App,
    visit: &Visit,
    fields: &[Field],
    party: Option<PartyId>,
    written_in: Lang,
    translated_from: Option<Lang>,
) -> Result<Context<'a>, Problem> {
    let lang = visit.lang();
    let parties = own_parties(app, &visit.who.actor, lang).await?;
    let mut linked = Vec::new();
    if let Some(party) = party.filter(|p| visit.who.actor.is_member(*p)) {
        let asked = |kind: Kind| fields.iter().any(|f| matches!(f.input, Input::Listings(k) if k == kind));
        for kind in Kind::ALL.into_iter().filter(|kind| asked(*kind)) {
            let filter = Filter { kind: Some(kind), party: Some(party), ..Filter::default() };
            let limit = Limit::new(LINKED).unwrap_or_default();
            let rows = listings::list::list(&app.listings, &visit.who.actor, &filter, limit, None).await?;
            linked.extend(rows.items.into_iter().map(|row| (row.id, kind, format!("{} ({})", row.title, row.code))));
        }
    }
    Ok(Context { written_in, translated_from, parties, listings: linked, ..Context::plain(app, lang) })
}

/// A listing that is being written, at one of its steps.
pub(super) struct Writing {
    pub view: ListingView,
    pub source: Lang,
    /// Whether the reader writes for its party, or keeps it for the space.
    pub can_write: bool,
    /// Whether the reader writes for its party.
    pub is_editor: bool,
    /// Whether the reader decides who may see it.
    pub is_admin: bool,
    /// Whether the reader writes or signs for its party, and so may know what is confided.
    pub may_confide: bool,
}

impl Writing {
    /// Loads it for somebody who may read its drafts.
    pub async fn load(app: &App, visit: &Visit, id: &str) -> Result<Self, Problem> {
        let id: ListingId = id.parse().map_err(|_| Problem::not_found())?;
        let kind = listings::view::kind_of(&app.listings, id).await?.ok_or_else(Problem::not_found)?;
        let view = listings::view::show(&app.listings, &visit.who.actor, kind, id).await?;
        let party = view.party.id.ok_or_else(Problem::not_found)?;
        // Its page is for everybody; its desk is for its members and for staff who keep it.
        if view.inside.is_none() || !(visit.who.actor.is_member(party) || is_kept_by(&view, &visit.who.actor)) {
            return Err(Problem::not_found());
        }
        let actor = &visit.who.actor;
        Ok(Self {
            source: view.source_lang,
            can_write: actor.has_role(party, PartyRole::Editor) || is_kept_by(&view, actor),
            is_editor: actor.has_role(party, PartyRole::Editor),
            is_admin: actor.has_role(party, PartyRole::Admin),
            may_confide: actor.has_role(party, PartyRole::Editor) || actor.has_role(party, PartyRole::Signatory),
            view,
        })
    }

    /// The listing's desk.
    pub fn desk(&self) -> String {
        format!("/my/listings/{}", self.view.id)
    }

    fn steps(&self) -> &'static [Step] {
        steps::of(self.view.kind)
    }

    /// The version that a change must have seen.
    pub fn version(&self) -> i64 {
        self.view.version
    }

    /// Whether the reader may take a step here: the life cycle has it, and the reader writes for the party.
    pub fn has_step(&self, step: Move) -> bool {
        self.can_write && self.view.inside.as_ref().is_some_and(|i| i.steps.contains(&step))
    }
}

fn is_kept_by(view: &ListingView, actor: &Actor) -> bool {
    actor.account().is_some() && view.inside.as_ref().is_some_and(|i| i.responsible == actor.account())
}

/// The steps of a kind, the translation last.
fn step_links(kind: Kind, source: Lang, lang: Lang, at: usize, href: impl Fn(usize) -> Option<String>) -> Vec<StepLink> {
    let keys = steps::of(kind).iter().map(|s| s.key).chain([translation_key(source)]);
    keys.enumerate().map(|(n, key)| StepLink { label: messages::say(lang, key, &[]), href: href(n + 1), is_on: n + 1 == at }).collect()
}

/// The message that names the step in the other language.
pub(super) fn translation_key(source: Lang) -> &'static str {
    match source.other() {
        Lang::Vi => "step-translation-vi",
        Lang::En => "step-translation-en",
    }
}

/// Which fields a step has, and which language they are in.
fn fields_of(kind: Kind, source: Lang, number: usize) -> Option<(Vec<Field>, Lang, Option<Lang>)> {
    let all = steps::of(kind);
    match number.checked_sub(1)? {
        n if n < all.len() => Some((all.get(n)?.fields.to_vec(), source, None)),
        n if n == all.len() => Some((steps::fields(kind), source.other(), Some(source))),
        _ => None,
    }
}

/// What a moderator noted last, by the place it is about.
async fn notes(app: &App, actor: &Actor, id: ListingId, kind: Kind) -> Result<HashMap<String, String>, Problem> {
    let reviews = listings::review::history(&app.listings, actor, id).await?;
    let asked = reviews.into_iter().find(|r| r.decided_at.is_some() && r.decision.as_deref() != Some("released"));
    let fields = steps::fields(kind);
    let mut notes: HashMap<String, String> = HashMap::new();
    for note in asked.map(|r| r.notes).unwrap_or_default() {
        let text = notes.entry(place(&note.pointer, &fields)).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&note.text);
    }
    Ok(notes)
}

/// Everything that makes a page of a step, apart from the content.
struct Sheet<'a> {
    app: &'a App,
    visit: &'a Visit,
    kind: Kind,
    number: usize,
    fields: Vec<Field>,
    cx: Context<'a>,
    /// The place of the field that is asked for.
    place: Option<String>,
}

impl Sheet<'_> {
    /// Which part of the step is asked for: by the form that was sent, else by the address.
    fn asked<'f>(&'f self, sent: Option<&'f Form>) -> Asked<'f> {
        match (&self.place, sent) {
            (Some(place), None) => Asked::Place(place),
            _ => fields::asked_by(self.visit, sent),
        }
    }

    /// How many parts the step has with this content.
    fn parts(&self, content: &Value) -> usize {
        fields::portion(
            views(&self.fields, content, None, &Wrong::of(&Faults::new(), &self.fields, self.visit.lang()), &self.cx),
            &Asked::Number(0),
        )
        .of
    }

    fn page(&self, content: &Value, typed: Option<&Form>, faults: &Faults, writing: Option<&Writing>) -> PostingPage {
        self.page_saying(content, (typed, typed), &Wrong::of(faults, &self.fields, self.visit.lang()), writing)
    }

    /// The page with what was typed, of the part that was sent.
    fn page_saying(
        &self,
        content: &Value,
        (typed, sent): (Option<&Form>, Option<&Form>),
        wrong: &Wrong,
        writing: Option<&Writing>,
    ) -> PostingPage {
        let lang = self.visit.lang();
        let is_translation = self.cx.translated_from.is_some();
        let source = self.cx.translated_from.unwrap_or(self.cx.written_in);
        let key = steps::of(self.kind).get(self.number - 1).map_or(translation_key(source), |s| s.key);
        let desk = writing.map(Writing::desk);
        let href = |n: usize| desk.as_ref().map(|d| localised(lang, &format!("{d}/edit/{n}")));
        let new_path = format!("/post/{}", self.kind.path());
        let here = desk.as_ref().map_or_else(|| new_path.clone(), |d| format!("{d}/edit/{}", self.number));
        let heading = messages::say(lang, key, &[]);
        let Portion { fields, at, of } = fields::portion(views(&self.fields, content, typed, wrong, &self.cx), &self.asked(sent));
        let about = format!("{key}-about");
        PostingPage {
            f: self.visit.frame(self.app, heading).at(&here).unlisted().without_search(),
            kind_label: kind_label(self.app, self.kind, lang),
            code: writing.map(|w| w.view.code.clone()),
            about: messages::say(lang, if is_translation { "step-translation-about" } else { &about }, &[]),
            steps: step_links(self.kind, source, lang, self.number, href),
            number: self.number,
            action: localised(lang, &here),
            back: writing.map(|_| href(self.number.saturating_sub(1)).filter(|_| self.number > 1)).unwrap_or_default(),
            seen: writing.map(Writing::version),
            key: writing.is_none().then(|| self.app.clock().uuid().to_string()),
            parties: Vec::new(),
            fields,
            part: at + 1,
            parts: of,
            faults: fault_lines(wrong, &self.fields, lang, self.cx.written_in),
            saved: None,
            unsaved: None,
            auto_faults: Vec::new(),
            missing: writing.and_then(|w| next_most_useful(w, lang)),
            percent: writing.and_then(|w| w.view.inside.as_ref()).map(|i| i.completeness.percent),
            other_language: (writing.is_none() && !is_translation)
                .then(|| (messages::say(lang, "post-in-other-language", &[]), localised(lang.other(), &new_path))),
        }
    }
}

/// The first step of something new. Nothing is kept before it is sent, or sends itself with a title.
pub(super) async fn new(State(app): State<App>, visit: Visit, Path(kind): Path<String>) -> Result<Response, Problem> {
    let kind = kind_of(&kind)?;
    let sheet = new_sheet(&app, &visit, kind).await?;
    if sheet.cx.parties.is_empty() {
        return Ok(go(&localised(visit.lang(), "/post")));
    }
    let title = parameter(&visit, "title");
    let content = if title.is_empty() { json!({}) } else { json!({ "title": { (visit.lang().code()): title } }) };
    let mut view = sheet.page(&content, None, &Faults::new(), None);
    view.parties = party_options(&sheet.cx, &parameter(&visit, "party"));
    Ok(page(StatusCode::OK, visit.lang(), &view))
}

/// Where a need is posted whose title begins as these words; so many of them as a title may have.
pub(super) fn new_need(words: &str, lang: Lang) -> String {
    let words: String = words.chars().take(TITLE_CHARS).collect();
    address(&localised(lang, "/post/needs"), &[("title", words.trim())])
}

async fn new_sheet<'a>(app: &'a App, visit: &'a Visit, kind: Kind) -> Result<Sheet<'a>, Problem> {
    let source = visit.lang();
    let (fields, ..) = fields_of(kind, source, 1).ok_or_else(Problem::not_found)?;
    let cx = context(app, visit, &fields, None, source, None).await?;
    Ok(Sheet { app, visit, kind, number: 1, fields, cx, place: None })
}

fn party_options(cx: &Context<'_>, chosen: &str) -> Vec<Opt> {
    let only = cx.parties.len() == 1;
    let option = |(id, name): &(PartyId, String)| Opt {
        is_on: only || id.to_string() == chosen,
        value: id.to_string(),
        label: name.clone(),
        depth: 0,
    };
    cx.parties.iter().map(option).collect()
}

/// Makes the draft. The same form sent twice makes one.
pub(super) async fn create(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    Path(kind): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let kind = kind_of(&kind)?;
    let does = form.get("_do");
    // A form that once sent itself goes on with the draft that this made, though its answer may never have come.
    let is_auto = does == "auto";
    let has_begun = is_auto || !form.get(BEGUN).is_empty();
    ctx.idempotency = if has_begun { form.alone("formPostBegun") } else { form.once("formPost").or(ctx.idempotency) };
    if has_begun && let Some(made) = app.store.answered::<Receipt>(&ctx).await? {
        return saving::go_on(app, visit, ctx, made.id, form).await;
    }
    let sheet = new_sheet(&app, &visit, kind).await?;
    let mut value = json!({});
    let sent = apply(&sheet.fields, &form, &sheet.cx, does.strip_prefix("drop:"), &mut value);
    let mut faults = sent.faults;
    let party = form.get("_party").parse::<PartyId>().ok().filter(|p| sheet.cx.parties.iter().any(|(own, _)| own == p));
    if is_auto {
        let typed = saving::Typed { party, value: &value, faults, is_shifted: sent.is_shifted };
        return saving::begin(&sheet, ctx, typed).await;
    }
    if party.is_none() {
        faults.add("/_party", "missing");
    }
    let again = |faults: &Faults, value: &Value| {
        let mut view = sheet.page(value, Some(&sent.form), faults, None);
        view.parties = party_options(&sheet.cx, form.get("_party"));
        for line in view.faults.iter_mut().filter(|l| l.id.is_empty()) {
            line.id = "_party".to_owned();
            line.label = messages::say(visit.lang(), "field-party", &[]);
        }
        page(StatusCode::UNPROCESSABLE_ENTITY, visit.lang(), &view)
    };
    let content = read_content(kind, &value, &mut faults);
    let (Some(content), Some(party), true) = (content, party, faults.is_empty()) else { return Ok(again(&faults, &value)) };
    let new = NewListing { party, source_lang: visit.lang(), content, private: None };
    match listings::edit::create(&app.listings, ctx, new).await {
        Ok(receipt) => {
            let step = if does == "next" { 2 } else { 1 };
            let desk = if does == "close" { String::new() } else { format!("/edit/{step}?saved") };
            Ok(go(&localised(visit.lang(), &format!("/my/listings/{}{desk}", receipt.id))))
        }
        Err(ListingError::Invalid(faults)) => Ok(again(&faults, &value)),
        Err(error) => Err(error.into()),
    }
}

/// Content from JSON, with the same cleaning and the same faults as the API.
fn read_content(kind: Kind, value: &Value, faults: &mut Faults) -> Option<Content> {
    fn read<C: KindContent>(value: &Value, faults: &mut Faults) -> Option<Content> {
        let (content, found) = shape::<C>().read::<C>(value.clone());
        faults.extend(found);
        content.map(KindContent::into_content)
    }
    match kind {
        Kind::Technology => read::<Technology>(value, faults),
        Kind::IpAsset => read::<IpAsset>(value, faults),
        Kind::Need => read::<Need>(value, faults),
    }
}

async fn sheet<'a>(app: &'a App, visit: &'a Visit, writing: &Writing, number: usize) -> Result<Sheet<'a>, Problem> {
    let kind = writing.view.kind;
    let (fields, written_in, translated_from) = fields_of(kind, writing.source, number).ok_or_else(Problem::not_found)?;
    let mut cx = context(app, visit, &fields, writing.view.party.id, written_in, translated_from).await?;
    cx.notes = notes(app, &visit.who.actor, writing.view.id, kind).await?;
    cx.known = known(app, visit, &[&writing.view.typed]).await?;
    let place = Some(parameter(visit, PLACE)).filter(|place| !place.is_empty());
    Ok(Sheet { app, visit, kind, number, fields, cx, place })
}

/// One step of a listing that may be written.
pub(super) async fn edit(State(app): State<App>, visit: Visit, Path((id, number)): Path<(String, String)>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    if !writing.has_step(Move::Edit) {
        return Ok(go(&localised(visit.lang(), &writing.desk())));
    }
    let number = number.parse().map_err(|_| Problem::not_found())?;
    let sheet = sheet(&app, &visit, &writing, number).await?;
    let mut view = sheet.page(&writing.view.content, None, &Faults::new(), Some(&writing));
    if form_urlencoded::parse(visit.query.as_bytes()).any(|(name, _)| name == "saved") {
        view.saved = Some(saved_now(&app, visit.lang()));
    }
    Ok(page(StatusCode::OK, visit.lang(), &view))
}

fn saved_now(app: &App, lang: Lang) -> String {
    let now = base::clock::in_vietnam(app.clock().now()).format("%H:%M").to_string();
    messages::say(lang, "post-saved", &[("time", &now)])
}

/// The address of the input that asks for what lies at a pointer.
pub(super) fn where_asked(writing: &Writing, pointer: &str, lang: Lang) -> String {
    let kind = writing.view.kind;
    let fields = steps::fields(kind);
    let at = place(pointer, &fields);
    let field = fields.iter().find(|f| at == f.at || at.strip_prefix(f.at).is_some_and(|r| r.starts_with('/')));
    let id = match field {
        Some(Field { input: Input::Rows(columns), .. }) => field.map(|f| row_input(f, columns, &at, writing.source)).unwrap_or_default(),
        Some(field) => input_id(field, field.at, writing.source),
        None => String::new(),
    };
    let page = localised(lang, &format!("{}/edit/{}", writing.desk(), step_of(kind, pointer)));
    let is_long = writing.view.content.to_string().len() > LONG_BYTES;
    format!("{}#{id}", address(&page, &[(PLACE, if is_long { &at } else { "" })]))
}

/// What would do most for a listing that is being written: what it is called, and where it is written.
fn next_most_useful(writing: &Writing, lang: Lang) -> Option<(String, String)> {
    let missing = writing.view.inside.as_ref()?.completeness.missing.first()?;
    Some(if missing.reason == "translation" {
        let step = writing.steps().len() + 1;
        let label = messages::say(lang, translation_key(writing.source), &[]);
        (label, localised(lang, &format!("{}/edit/{step}", writing.desk())))
    } else {
        (label_of(writing.view.kind, &missing.pointer, lang), where_asked(writing, &missing.pointer, lang))
    })
}

/// What a field is called.
pub(super) fn label_of(kind: Kind, pointer: &str, lang: Lang) -> String {
    let fields = steps::fields(kind);
    let within = |f: &&Field| {
        pointer == f.at
            || pointer.strip_prefix(f.at).is_some_and(|r| r.starts_with('/'))
            || f.at.strip_prefix(pointer).is_some_and(|r| r.starts_with('/'))
    };
    fields.iter().find(within).map_or_else(|| pointer.trim_start_matches('/').to_owned(), |f| messages::say(lang, f.label, &[]))
}

/// The steps of a listing with their addresses.
pub(super) fn links_of(writing: &Writing, lang: Lang) -> Vec<StepLink> {
    step_links(writing.view.kind, writing.source, lang, 0, |n| Some(localised(lang, &format!("{}/edit/{n}", writing.desk()))))
}

/// What contents are read with, among it the names of what they name.
pub(super) async fn reading<'a>(app: &'a App, visit: &Visit, contents: &[&Content]) -> Result<Context<'a>, Problem> {
    let mut cx = context(app, visit, &[], None, visit.lang(), None).await?;
    cx.known = known(app, visit, contents).await?;
    Ok(cx)
}
