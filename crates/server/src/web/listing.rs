//! The page of a technology, an IP asset or a need: the story at the left, the facts at the right.
//!
//! Each kind turns its content into blocks and facts (`technology`, `ip_asset`, `need`); how they look is decided once,
//! in the template. Whether the party is named was decided in `listings::view`; here only what is there is shown.

mod ip_asset;
mod need;
mod parts;
mod portions;
mod technology;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{PartyId, Vocabularies, messages};
use brokering::stories::StoryFilter;
use listings::Kind;
use listings::content::Content;
use listings::state::{Revision, Status};
use listings::view::ListingView;
use search::{Card, DocKind, Facet, Hit, Viewer};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use self::parts::Pen;
use self::parts::{Block, Fact, Facts};
use super::asked::Asked;
use super::card::CardView;
use super::finding::plural;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page, parameter};
use super::interests::became::{self, Became, InterestDoor};
use super::paging::address;
use super::portion::{self, Parts};
use super::rich::{Words, words};
use super::stories::{self, StoryLine};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// The parameter of a page as the public will see it.
const AS: (&str, &str) = ("as", "public");
/// So many similar listings are shown.
const SIMILAR: usize = 3;
/// Other listings and parties named on a page, at most.
const NAMED: usize = 100;

#[derive(Template)]
#[template(path = "listing.html")]
pub(super) struct ListingPage {
    pub f: Frame,
    pub kind: &'static str,
    pub kind_label: String,
    pub kinds: String,
    pub kinds_href: String,
    pub code: String,
    pub title: Words,
    pub lead: Option<Words>,
    pub status: String,
    pub status_label: String,
    pub party: Option<PartyLine>,
    pub confirmed: Option<Moment>,
    pub notices: Vec<String>,
    /// Where one came from who looks at it as the public will see it.
    pub back: Option<String>,
    pub blocks: Vec<Block>,
    pub facts: Vec<Facts>,
    /// Where in a long story the page is; none where all of it is here.
    pub parts: Option<Parts>,
    /// Whether the facts and what stands around the story are here: on its first part alone.
    pub is_first: bool,
    pub address: String,
    /// The address for whoever has it on paper.
    pub qr_svg: String,
    /// Where its matches are, with the message that says so.
    pub pairs: Option<(&'static str, String)>,
    pub similar: Vec<CardView>,
    /// Where interest in it is shown; known of a reader only.
    pub interest: Option<InterestDoor>,
    /// What became of it.
    pub became: Option<Became>,
    /// Stories that link it.
    pub stories: Vec<StoryLine>,
}

/// Whose it is, as far as the reader may know.
pub(super) struct PartyLine {
    pub name: Option<String>,
    pub href: Option<String>,
    pub sort: Option<String>,
    pub place: Option<String>,
    pub verification: Option<Badge>,
}

/// How an identity was checked.
pub(super) struct Badge {
    pub label: String,
    pub is_good: bool,
}

/// What is known of a listing or party that another one names.
pub(super) struct Named {
    pub title: String,
    pub href: String,
}

pub(super) type Names = HashMap<Uuid, Named>;

pub(super) async fn technology(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Technology, &slug).await
}

pub(super) async fn ip_asset(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::IpAsset, &slug).await
}

pub(super) async fn need(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Need, &slug).await
}

async fn show(app: &App, visit: &Visit, kind: Kind, slug: &str) -> Result<Response, Problem> {
    let id = listings::view::find_slug(&app.listings, kind, slug).await?.ok_or_else(Problem::not_found)?;
    let mut view = listings::view::show(&app.listings, &visit.who.actor, kind, id).await?;
    let is_preview = parameter(visit, AS.0) == AS.1 && view.inside.is_some();
    if view.url != listings::view::url(kind, slug) {
        return Ok(moved(&localised(visit.lang(), &address(&view.url, if is_preview { &[AS] } else { &[] }))));
    }
    // From here on a preview is made for nobody in particular, but for the frame around it.
    let (own, public) = (visit, visit.of_the_public());
    let visit = if is_preview { &public } else { own };
    let back = is_preview.then(|| localised(visit.lang(), &workplace(own, &view)));
    if is_preview {
        view = listings::view::preview(&app.listings, &own.who.actor, kind, id).await?;
    }
    let names = names(app, visit, &view.typed).await?;
    let part = portion::asked(visit)?;
    let around = if part == 0 { around(app, visit, &view).await? } else { Around::default() };
    let f = own.frame(app, "").at(&view.url);
    let mut listing = listing_page(f, &view, &names, around.similar, &app.vocabularies, part).ok_or_else(Problem::not_found)?;
    listing.back = back;
    if part == 0 {
        listing.interest = became::door(visit, &view);
        listing.became = around.became;
        listing.stories = around.stories;
        listing.notices.extend(around.is_confidential.then(|| messages::say(visit.lang(), "listing-confidential", &[])));
    }
    Ok(page(StatusCode::OK, visit.lang(), &listing))
}

/// What stands around the first part of a story.
#[derive(Default)]
struct Around {
    similar: Vec<Hit>,
    became: Option<Became>,
    stories: Vec<StoryLine>,
    /// Whether something is confided of it.
    is_confidential: bool,
}

/// Fetches it, all at the same time: one is a search, the others ask the database, and none needs another.
async fn around(app: &App, visit: &Visit, view: &ListingView) -> Result<Around, Problem> {
    let similar = async {
        let found = Problem::unless_building(api::search::run_similar(app, &visit.who, view.id.0, SIMILAR).await)?;
        Ok::<_, Problem>(found.flatten().unwrap_or_default())
    };
    let confidential = async { Ok(brokering::confidential::is_there(app.store.db(), view.id).await?) };
    let stories = stories::lines(app, visit, StoryFilter { listing: Some(view.id), party: None });
    let (similar, became, stories, is_confidential) = tokio::try_join!(similar, became::became(app, visit, view), stories, confidential)?;
    Ok(Around { similar, became, stories, is_confidential })
}

/// Where whoever looks at a preview works on the listing: its members at its desk, moderators at the review.
fn workplace(visit: &Visit, view: &ListingView) -> String {
    let is_own = view.party.id.is_some_and(|party| visit.who.actor.is_member(party));
    let is_review = !is_own && visit.who.actor.is_staff(base::StaffRole::Moderator);
    format!("{}/{}", if is_review { "/review" } else { "/my/listings" }, view.id)
}

/// A permanent redirect, asked for anew each time: a title that comes back takes its old address back.
pub(super) fn moved(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    let cached = HeaderValue::from_static("no-cache");
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location), (header::CACHE_CONTROL, cached)]).into_response()
}

/// What a content names, as the reader may see it; a party that another took in under the name of that one.
async fn names(app: &App, visit: &Visit, content: &Content) -> Result<Names, Problem> {
    let viewer = Viewer::of(&visit.who.actor);
    let card = |id: Uuid| -> Result<Option<Named>, Problem> {
        let named =
            |card: Card| Named { title: card.title(visit.lang()).to_owned(), href: localised(visit.lang(), &super::card::path(&card)) };
        Ok(app.search.card(id, &viewer)?.map(named))
    };
    let (mut names, mut unknown) = (Names::new(), Vec::new());
    for id in named(content).into_iter().take(NAMED) {
        match card(id)? {
            Some(one) => {
                names.insert(id, one);
            }
            None => unknown.push(PartyId(id)),
        }
    }
    for (old, alias) in accounts::merging::moved_many(app.accounts.store().db(), &unknown).await? {
        names.extend(card(alias.party.0)?.map(|one| (old.0, one)));
    }
    Ok(names)
}

/// The listings and parties that a content names.
pub(super) fn named(content: &Content) -> Vec<Uuid> {
    match content {
        Content::Technology(t) => {
            let owners = t.owners.iter().filter_map(|o| o.party).map(|p| p.0);
            t.ip_assets.iter().map(|l| l.0).chain(owners).collect()
        }
        Content::IpAsset(a) => {
            let holders = a.holders.iter().filter_map(|h| h.party).map(|p| p.0);
            a.technologies.iter().map(|l| l.0).chain(holders).collect()
        }
        Content::Need(_) => Vec::new(),
    }
}

/// The page of a listing, or the part of it with this number from 0; none if it has no such part.
pub(super) fn listing_page(
    f: Frame,
    view: &ListingView,
    names: &Names,
    similar: Vec<Hit>,
    vocabularies: &Vocabularies,
    part: usize,
) -> Option<ListingPage> {
    let lang = f.lang;
    let pen = Pen { lang, vocabularies, names };
    let (mut blocks, mut facts) = match &view.typed {
        Content::Technology(t) => technology::story(&pen, t),
        Content::IpAsset(a) => ip_asset::story(&pen, a),
        Content::Need(n) => need::story(&pen, n),
    };
    facts.push(own_facts(&pen, view));
    let moved = portions::overflow(&mut facts, &mut blocks);
    let mut portions = portions::portions(blocks);
    portions::lead_on(&mut facts, &moved, &portions, &f, &view.url);
    // A preview stays one on all its parts.
    let is_preview = f.is_asked(AS.0, AS.1) && view.inside.is_none();
    if is_preview {
        let onward =
            facts.iter_mut().flat_map(|group| &mut group.rows).flat_map(|fact| &mut fact.items).filter_map(|item| item.href.as_mut());
        onward.for_each(|href| *href = href.replace("?part=", &format!("?{}={}&part=", AS.0, AS.1)));
    }
    let kept: &[(&str, &str)] = if is_preview { &[AS] } else { &[] };
    let parts = Parts::new(&localised(lang, &view.url), kept, part, portions.len());
    let blocks = if part < portions.len() { portions.swap_remove(part) } else { return None };
    let is_first = part == 0;
    let doc = DocKind::from(view.kind);
    let summary = view.typed.summary().best(lang).unwrap_or_default();
    let title = portion::title(&f, &view.title, part);
    let mut f = f.titled(title).about(summary);
    f.place = doc.as_str();
    // What its members alone see of it is no page for search engines.
    f.is_listed = !is_preview && view.inside.is_none() && view.status == Status::Published && is_first;
    let address = f.canonical();
    let f = {
        let data = structured(&f, view, &address, vocabularies);
        f.data(&data)
    };
    Some(ListingPage {
        kind: doc.as_str(),
        kind_label: Facet::Kind.label(doc.as_str(), lang, vocabularies),
        kinds: f.t(plural(doc)),
        kinds_href: Asked::default().among(Some(doc)).address(lang, None),
        code: view.code.clone(),
        title: words(view.typed.title(), lang).unwrap_or(Words { text: view.title.clone(), lang: None }),
        // A need's short text is its problem, which is the first block anyway.
        lead: if view.kind == Kind::Technology && is_first { words(view.typed.summary(), lang) } else { None },
        status: view.status.as_str().to_owned(),
        status_label: pen.name("listing_status", view.status.as_str()),
        party: party_line(&pen, view),
        confirmed: view.confirmed_at.or(view.published_at).map(|at| format::moment(lang, at)),
        notices: notices(&f, view),
        back: None,
        blocks,
        facts: if is_first { facts } else { Vec::new() },
        parts,
        is_first,
        qr_svg: super::qr::svg(&address),
        address,
        pairs: pairs(view, lang),
        similar: similar.into_iter().filter(|_| is_first).map(|hit| CardView::of(hit, lang, vocabularies)).collect(),
        interest: None,
        became: None,
        stories: Vec::new(),
        f,
    })
}

/// The page of its matches.
pub(super) fn pairs(view: &ListingView, lang: base::Lang) -> Option<(&'static str, String)> {
    let key = match view.kind {
        Kind::Technology => "listing-pairs-technology",
        Kind::Need => "listing-pairs-need",
        Kind::IpAsset => "listing-pairs-ip-asset",
    };
    (view.status == Status::Published).then(|| (key, localised(lang, &format!("{}/matches", view.url))))
}

fn notices(f: &Frame, view: &ListingView) -> Vec<String> {
    let mut notices = Vec::new();
    if let Some(inside) = &view.inside {
        if view.status != Status::Published {
            notices.push(f.t("listing-not-public"));
        } else if inside.revision != Revision::None {
            notices.push(f.t("listing-newer-than-public"));
        }
    }
    if view.typed.title().get(f.lang).is_none() {
        notices.push(f.t("listing-not-translated"));
    } else if view.stale_languages.contains(&f.lang) {
        notices.push(f.t("listing-stale-translation"));
    }
    notices
}

fn party_line(pen: &Pen<'_>, view: &ListingView) -> Option<PartyLine> {
    let party = &view.party;
    let line = PartyLine {
        name: party.name.as_ref().and_then(|n| n.best(pen.lang)).map(str::to_owned),
        href: party.slug.as_ref().map(|slug| localised(pen.lang, &format!("/parties/{slug}"))),
        sort: party.party_type.as_ref().map(|c| pen.name("party_types", c.as_str())),
        place: party.province.as_ref().map(|c| pen.name("provinces", c.as_str())),
        verification: party.verification.as_ref().map(|c| badge(pen, c.as_str())),
    };
    (line.name.is_some() || line.sort.is_some()).then_some(line)
}

pub(super) fn badge(pen: &Pen<'_>, level: &str) -> Badge {
    Badge { label: pen.name("verification", level), is_good: level != "unverified" }
}

fn own_facts(pen: &Pen<'_>, view: &ListingView) -> Facts {
    let mut facts = Facts::new("facts-listing");
    facts.say("fact-code", &view.code);
    facts.add(Fact::moment("fact-published", view.published_at.map(|at| format::moment(pen.lang, at))));
    facts.add(Fact::moment("fact-confirmed", view.confirmed_at.map(|at| format::moment(pen.lang, at))));
    facts.add(Fact::moment("fact-expires", view.expires_at.map(|at| format::moment(pen.lang, at))));
    let languages = view.typed.languages().into_iter().map(|l| pen.name("languages", l.code())).collect::<Vec<_>>();
    facts.say("fact-languages", &languages.join(", "));
    if view.provenance.origin != *"manual" {
        let source = view.provenance.source.as_deref().unwrap_or_default();
        let id = view.provenance.external_id.as_deref().unwrap_or_default();
        facts.say("fact-source", [source, id].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ").as_str());
        facts.say("fact-licence", view.provenance.licence.as_deref().unwrap_or_default());
    }
    facts
}

/// What search engines read: schema.org. Nothing that the page does not show.
fn structured(f: &Frame, view: &ListingView, address: &str, vocabularies: &Vocabularies) -> Value {
    let kind = match view.kind {
        Kind::Technology => "Product",
        Kind::IpAsset => "CreativeWork",
        Kind::Need => "Demand",
    };
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": kind,
        "name": view.title,
        "description": f.about,
        "url": address,
        "identifier": view.code,
    });
    let Some(object) = data.as_object_mut() else { return data };
    let party = view.party.name.as_ref().and_then(|n| n.best(f.lang)).map(|name| json!({ "@type": "Organization", "name": name }));
    match (view.kind, party) {
        (Kind::Technology, Some(party)) => drop(object.insert("manufacturer".to_owned(), party)),
        (Kind::IpAsset, Some(party)) => drop(object.insert("provider".to_owned(), party)),
        (Kind::Need, _) | (_, None) => {}
    }
    if let (Kind::Need, Some(expires)) = (view.kind, view.expires_at) {
        object.insert("validThrough".to_owned(), json!(format::iso_day(expires)));
    }
    let keywords: Vec<&str> = view.typed.keywords().into_iter().flat_map(|k| k.best(f.lang)).map(String::as_str).collect();
    if !keywords.is_empty() {
        object.insert("keywords".to_owned(), json!(keywords.join(", ")));
    }
    if let Some(field) = view.typed.field() {
        object.insert(
            if view.kind == Kind::Technology { "category" } else { "about" }.to_owned(),
            json!(vocabularies.name("fields", field.as_str(), f.lang)),
        );
    }
    data
}

/// Says a message; for the parts, which have no frame.
fn say(lang: base::Lang, key: &str) -> String {
    messages::say(lang, key, &[])
}
