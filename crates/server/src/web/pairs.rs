//! What answers a need and what a technology answers, each with its reasons; what was left out, with the rule that left it out;
//! and which technologies are like one, or complete it. Reckoned when asked for, on a page of its own, so that a listing's page
//! stays quick.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, ListingId, messages};
use listings::Kind;
use listings::state::Status;
use listings::view::ListingView;
use matching::complements::{self, Complement};
use matching::feedback::{self, Given, MatchId, Opinion, Speaker, WhyNot};
use matching::{Ask, Match};

use super::counterparts::{self, Section};
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::{address, cursor, paged};
use super::portion::{self, weight};
use crate::app::App;
use crate::problem::Problem;

/// Matches on a page, if they have room.
const SHOWN: u16 = 8;
/// Bytes of HTML that matches and counterparts take together at most; the rest of 60,000 is for what stands around them.
const ROOM: usize = 44_000;
/// Bytes that a match takes beside its texts, with all that can be done with it.
const BARE_BYTES: usize = 2_900;
/// The parameter that names a counterpart to begin with.
const AT: &str = "at";
/// Reasons that are open at once.
const REASONS: usize = 3;

/// A match as it is shown.
struct PairView {
    kind: &'static str,
    kind_label: String,
    title: String,
    title_lang: Lang,
    href: String,
    code: String,
    party: Option<String>,
    trl: Option<u8>,
    summary: String,
    summary_lang: Lang,
    /// 0 to 10, for the bar.
    tenths: u8,
    percent: u8,
    same_party: bool,
    reasons: Vec<String>,
    more: Vec<String>,
    /// What of the score no reason tells.
    rest: Option<String>,
    /// How soon the offering side usually replies.
    replies: Option<String>,
    /// The pair's id, where something can be said of it.
    id: Option<String>,
    /// The counterpart's id, to compare it.
    listing: ListingId,
    /// What one's own side said of it.
    said: Option<String>,
    /// What was noted with it.
    note: String,
    /// Whether the reader said it.
    is_own_word: bool,
    is_behind: bool,
    /// Where the two are brought together: words and page.
    introduce: Option<Introduce>,
    /// The need over which one completes the other: title, its language and page.
    over: Option<(String, Lang, String)>,
}

impl PairView {
    /// Bytes of HTML that it takes.
    fn weight(&self) -> usize {
        let lines = self.reasons.iter().chain(&self.more).map(|text| 15 + weight(text)).sum::<usize>();
        let beside = self.rest.iter().chain(&self.replies).map(|text| 30 + weight(text)).sum::<usize>();
        let said = self.said.as_ref().map_or(0, |said| 40 + weight(said) + weight(&self.note));
        let over = self.over.as_ref().map_or(0, |(title, _, href)| 60 + weight(title) + href.len());
        BARE_BYTES + weight(&self.title) + weight(&self.summary) + self.party.as_deref().map_or(0, weight) + lines + beside + said + over
    }
}

/// The way from a pair to what may become of it.
pub(super) struct Introduce {
    text: String,
    href: String,
}

impl Introduce {
    /// For a broker a deal about `own` with the counterpart's party filled in, for an editor of one's own party interest in
    /// the counterpart; nothing for anybody else. `party` is none where it is not to be told.
    pub(super) fn of(lang: Lang, is_broker: bool, own: ListingId, counterpart: &str, party: Option<&str>) -> Self {
        if is_broker {
            let own = own.to_string();
            let known = [("listing", own.as_str()), ("other", party.unwrap_or_default())];
            return Self { text: messages::say(lang, "pairs-introduce", &[]), href: address(&localised(lang, "/deals/new"), &known) };
        }
        Self { text: messages::say(lang, "interest-door", &[]), href: localised(lang, &format!("{counterpart}/interest")) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn href(&self) -> &str {
        &self.href
    }
}

/// Something to choose.
struct Choice {
    value: &'static str,
    text: String,
}

/// What is listed beside a listing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// What it is matched with.
    Fit,
    /// What was left out, and why.
    Excluded,
    /// Technologies like it.
    Similar,
    /// Technologies that complete it.
    Complements,
}

impl Listed {
    /// What an address asks for; none if it asks for something else.
    fn asked_for(visit: &Visit, kind: Kind) -> Option<Self> {
        match (parameter(visit, "of").as_str(), kind) {
            ("", _) if parameter(visit, "excluded") == "true" => Some(Self::Excluded),
            ("", _) => Some(Self::Fit),
            ("similar", Kind::Technology) => Some(Self::Similar),
            ("complements", Kind::Technology) => Some(Self::Complements),
            _ => None,
        }
    }

    /// The ways to look at the matches of a listing.
    fn all(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Technology => &[Self::Fit, Self::Similar, Self::Complements, Self::Excluded],
            Kind::Need | Kind::IpAsset => &[Self::Fit, Self::Excluded],
        }
    }

    fn parameters(self) -> [(&'static str, &'static str); 2] {
        let of = match self {
            Self::Fit | Self::Excluded => "",
            Self::Similar => "similar",
            Self::Complements => "complements",
        };
        [("of", of), ("excluded", if self == Self::Excluded { "true" } else { "" })]
    }

    /// The tab.
    fn name(self) -> &'static str {
        match self {
            Self::Fit => "pairs-fit",
            Self::Excluded => "pairs-excluded",
            Self::Similar => "pairs-similar",
            Self::Complements => "pairs-complements",
        }
    }

    fn title(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Similar, _) => "pairs-similar-title",
            (Self::Complements, _) => "pairs-complements-title",
            (_, Kind::Need) => "pairs-need",
            (_, Kind::Technology) => "pairs-technology",
            (_, Kind::IpAsset) => "pairs-ip-asset",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Fit => "pairs-about",
            Self::Excluded => "pairs-excluded-about",
            Self::Similar => "pairs-similar-about",
            Self::Complements => "pairs-complements-about",
        }
    }

    fn none(self) -> &'static str {
        match self {
            Self::Fit => "pairs-none",
            Self::Excluded => "pairs-none-excluded",
            Self::Similar => "pairs-none-similar",
            Self::Complements => "pairs-none-complements",
        }
    }
}

/// A way to look at the matches.
pub(super) struct Way {
    pub text: String,
    pub href: String,
    pub is_on: bool,
}

#[derive(Template)]
#[template(path = "pairs.html")]
struct PairsPage {
    f: Frame,
    code: String,
    title: String,
    title_lang: Lang,
    back: String,
    about: String,
    ways: Vec<Way>,
    is_excluded: bool,
    /// What is said where there are none.
    none: String,
    total: u64,
    pairs: Vec<PairView>,
    next: Option<String>,
    first: Option<String>,
    /// Where candidates are compared, for whoever may.
    compare: Option<String>,
    /// Where a need's matches are followed.
    follow: Option<String>,
    /// Whether the reader may say something of the pairs.
    may_judge: bool,
    judge: String,
    /// Which side the list is of: the need's or the offer's.
    side: &'static str,
    whys: Vec<Choice>,
    /// What one's own listing should say, with where to write it.
    missing: Option<(String, String)>,
    /// Experts and parties that fit, where the list begins.
    others: Vec<Section>,
}

pub(super) async fn of_need(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Need, &slug).await
}

pub(super) async fn of_technology(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Technology, &slug).await
}

pub(super) async fn of_ip_asset(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::IpAsset, &slug).await
}

/// Notes what the reader says of a pair, and leads back to it.
pub(super) async fn judge(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let id: MatchId = form.get("id").parse().map_err(|_| Problem::not_found())?;
    let ctx = store::Ctx::of(visit.who.actor.clone());
    match form.get("verdict") {
        "undo" => feedback::take_back(&app.matcher, ctx, id).await?,
        text => {
            let verdict: Opinion = text.parse().map_err(|_| Problem::parameter("verdict"))?;
            let reason: Option<WhyNot> = match form.get("reason") {
                "" => None,
                text => Some(text.parse().map_err(|_| Problem::parameter("reason"))?),
            };
            let note = base::text::clean(form.get("note"));
            // Whoever edits both parties speaks for the side whose page this is.
            let side = if form.get("side") == "offer" { Speaker::Owner } else { Speaker::Seeker };
            feedback::give(&app.matcher, ctx, id, Given { verdict, reason, note, side: Some(side) }).await?
        }
    };
    let of = if form.get("side") == "offer" { id.offer } else { id.need };
    let kind = listings::view::kind_of(&app.listings, of).await?.ok_or_else(Problem::not_found)?;
    let view = listings::view::show(&app.listings, &visit.who.actor, kind, of).await?;
    Ok(go(&localised(visit.lang(), &format!("{}/matches#m-{id}", view.url))))
}

pub(super) fn percent(score: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, as a whole percentage")]
    let percent = (score.clamp(0.0, 1.0) * 100.0).round() as u8;
    percent
}

fn said_key(verdict: Opinion) -> &'static str {
    match verdict {
        Opinion::Good => "pairs-said-good",
        Opinion::NotForUs => "pairs-said-not-for-us",
    }
}

fn pair(app: &App, found: Match, lang: Lang, is_excluded: bool) -> PairView {
    let mut reasons: Vec<String> = if is_excluded {
        found.excluded.into_iter().map(|e| e.text).collect()
    } else {
        found.reasons.into_iter().map(|r| r.text).collect()
    };
    let more = if is_excluded { Vec::new() } else { reasons.split_off(reasons.len().min(REASONS)) };
    let unexplained = percent(found.unexplained_share);
    let is_rest_told = !is_excluded && unexplained > 0 && !reasons.is_empty();
    let rest = is_rest_told.then(|| messages::say(lang, "pairs-rest", &[("percent", &unexplained.to_string())]));
    let percent = percent(found.score);
    let said = found.feedback.as_ref().map(|said| {
        let why = said.reason.map(|why| messages::say(lang, &format!("pairs-why-{}", why.as_str().replace('_', "-")), &[]));
        // What a broker does not want of an offer's page moves nothing there.
        let key = if said.verdict == Opinion::NotForUs && !said.is_behind { "pairs-said-aside" } else { said_key(said.verdict) };
        let verdict = messages::say(lang, key, &[]);
        let side = messages::say(lang, &format!("pairs-side-{}", said.side), &[]);
        let why = why.map(|w| format!(" ({w})")).unwrap_or_default();
        let key = if said.is_of_earlier { "pairs-said-earlier" } else { "pairs-said" };
        messages::say(lang, key, &[("side", &side), ("verdict", &format!("{verdict}{why}"))])
    });
    let (note, is_own_word, is_behind) = found.feedback.map_or_else(Default::default, |said| (said.note, said.is_own, said.is_behind));
    PairView {
        id: found.id,
        introduce: None,
        over: None,
        listing: found.listing.id,
        said,
        note,
        is_own_word,
        is_behind,
        kind: found.listing.kind.as_str(),
        kind_label: app.vocabularies.name("listing_kinds", found.listing.kind.as_str(), lang).to_owned(),
        title_lang: found.listing.title_lang,
        title: found.listing.title,
        href: localised(lang, &found.listing.url),
        code: found.listing.code,
        party: found.listing.party,
        trl: found.listing.trl,
        summary: found.listing.summary,
        summary_lang: found.listing.summary_lang,
        tenths: percent / 10,
        percent,
        same_party: found.same_party,
        reasons,
        more,
        rest,
        replies: found.replies.filter(|_| !is_excluded),
    }
}

/// The pages of the parties of these counterparts, as far as everybody may know them.
async fn owners(app: &App, found: &[Match]) -> Result<HashMap<ListingId, String>, Problem> {
    let ids: Vec<ListingId> = found.iter().map(|one| one.listing.id).collect();
    let mut open = listings::published::load(&app.store, &ids).await?;
    open.retain(|one| !one.content.hides_party());
    let parties: Vec<base::PartyId> = open.iter().map(|one| one.owner.id).collect();
    let parties = accounts::parties::load_many(app.store.db(), &parties).await?;
    let page = |id: base::PartyId| parties.iter().find(|party| party.id == id).map(|party| format!("/parties/{}", party.slug));
    Ok(open.into_iter().filter_map(|one| Some((one.id, page(one.owner.id)?))).collect())
}

/// What is listed, and what else its page says.
struct Pairs {
    views: Vec<PairView>,
    next: Option<String>,
    total: u64,
    missing: Option<matching::Missing>,
    /// For each of the views what gives those behind it, where that is known.
    behind: Vec<String>,
}

/// Whether the reader may say something of the pairs, and as whom.
#[derive(Clone, Copy)]
struct Judging {
    may: bool,
    is_broker: bool,
}

/// The counterpart that a notice, a letter or another list leads to: the page begins with it, wherever in the list it is.
fn led_to(visit: &Visit) -> Option<ListingId> {
    parameter(visit, AT).parse().ok()
}

/// The address at which the matches of a listing begin with this counterpart, and the place of the pair on it.
pub(crate) fn place_of_pair(url: &str, counterpart: &str, is_excluded: bool, pair: &str) -> String {
    let parameters = [("excluded", if is_excluded { "true" } else { "" }), (AT, counterpart)];
    format!("{}#m-{pair}", address(&format!("{url}/matches"), &parameters))
}

/// As many as have room on a page; what is too long for it goes on to the next one.
async fn fitting(app: &App, visit: &Visit, view: &ListingView, (asked, judging): (Listed, Judging), room: usize) -> Result<Pairs, Problem> {
    let mut limit = SHOWN;
    loop {
        let mut found = listed(app, visit, view, (asked, judging), Limit::new(limit).unwrap_or_default()).await?;
        let fit = portion::fitting(found.views.iter().map(PairView::weight), room);
        if fit == found.views.len() {
            return Ok(found);
        }
        if let Some(next) = fit.checked_sub(1).and_then(|last| found.behind.get(last)).cloned() {
            found.views.truncate(fit);
            found.next = Some(next);
            return Ok(found);
        }
        // Fewer than were asked for, so that this comes to an end.
        limit = u16::try_from(fit).unwrap_or(SHOWN);
    }
}

async fn listed(
    app: &App,
    visit: &Visit,
    view: &ListingView,
    (listed, judging): (Listed, Judging),
    limit: Limit,
) -> Result<Pairs, Problem> {
    let (lang, actor, id) = (visit.lang(), &visit.who.actor, view.id);
    let is_excluded = listed == Listed::Excluded;
    if listed == Listed::Complements {
        let found = complements::complements_of(&app.matcher, actor, id, limit, cursor(visit).as_deref()).await?;
        let views = found.items.into_iter().map(|one| completing(app, one, lang)).collect();
        return Ok(Pairs { views, next: found.next, total: found.total, missing: None, behind: Vec::new() });
    }
    let kinds = if listed == Listed::Similar { BTreeSet::from([Kind::Technology]) } else { BTreeSet::new() };
    let ask = Ask { kinds, limit, cursor: cursor(visit), at: led_to(visit), excluded: is_excluded, ..Ask::default() };
    let found = app.matcher.matches_of(actor, view.kind, id, &ask).await?;
    let owners = if judging.may { owners(app, &found.items).await? } else { HashMap::new() };
    let views = found.items.into_iter().map(|found| {
        let (other, url, same_party) = (found.listing.id, found.listing.url.clone(), found.same_party);
        let mut one = pair(app, found, lang, is_excluded);
        let party = owners.get(&other).map(String::as_str);
        one.introduce = (judging.may && !same_party).then(|| Introduce::of(lang, judging.is_broker, id, &url, party));
        one
    });
    let missing = found.missing.filter(|_| listed == Listed::Fit);
    Ok(Pairs { views: views.collect(), next: found.next, total: found.total, missing, behind: found.behind })
}

/// A technology that completes another one, as it is shown.
fn completing(app: &App, one: Complement, lang: Lang) -> PairView {
    let found = Match {
        listing: one.listing,
        score: one.score,
        reasons: Vec::new(),
        unexplained_share: 0.0,
        replies: None,
        same_party: one.same_party,
        parts: Vec::new(),
        id: None,
        feedback: None,
        excluded: Vec::new(),
    };
    let over = Some((one.need.title, one.need.title_lang, localised(lang, &one.need.url)));
    PairView { reasons: vec![one.text], over, ..pair(app, found, lang, false) }
}

async fn show(app: &App, visit: &Visit, kind: Kind, slug: &str) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id = listings::view::find_slug(&app.listings, kind, slug).await?.ok_or_else(Problem::not_found)?;
    let view = listings::view::show(&app.listings, &visit.who.actor, kind, id).await?;
    let Some(asked) = Listed::asked_for(visit, kind) else {
        let of = counterparts::asked_for(visit, kind)?.ok_or_else(|| Problem::parameter("of"))?;
        return counterparts::show(app, visit, &view, of).await;
    };
    let actor = &visit.who.actor;
    let is_member = view.party.id.is_some_and(|party| actor.is_member(party));
    let is_broker = actor.is_staff(base::StaffRole::Broker);
    // What is not out has matches for its own people to see and nothing to say of them yet.
    let is_out = view.status == Status::Published;
    let is_editor = view.party.id.is_some_and(|party| actor.has_role(party, base::PartyRole::Editor));
    let may_judge = asked == Listed::Fit && is_out && (is_editor || is_broker);
    let is_begin = asked == Listed::Fit && cursor(visit).is_none() && led_to(visit).is_none();
    let others = if is_begin { counterparts::sections(app, visit, &view).await? } else { Vec::new() };
    let room = ROOM.saturating_sub(others.iter().map(Section::weight).sum());
    let found = fitting(app, visit, &view, (asked, Judging { may: may_judge, is_broker }), room).await?;
    let path = format!("{}/matches", view.url);
    let mut paged = paged(visit, &path, &asked.parameters(), found.next.as_deref());
    if led_to(visit).is_some() {
        paged.first = Some(address(&localised(lang, &path), &asked.parameters()));
    }
    let why = |why: &WhyNot| Choice {
        value: why.as_str(),
        text: messages::say(lang, &format!("pairs-why-{}", why.as_str().replace('_', "-")), &[]),
    };
    // The widest stands first: it is what a form says in which nothing was chosen.
    let mut whys: Vec<Choice> = WhyNot::ALL.iter().map(why).collect();
    whys.rotate_right(1);
    let way = |one: &Listed| Way {
        text: messages::say(lang, one.name(), &[]),
        href: address(&localised(lang, &path), &one.parameters()),
        is_on: *one == asked,
    };
    let pairs = PairsPage {
        f: visit.frame(app, messages::say(lang, asked.title(kind), &[])).at(&address(&path, &asked.parameters())).unlisted(),
        code: view.code.clone(),
        title: view.title.clone(),
        title_lang: view.typed.title().spoken(lang),
        back: localised(lang, &view.url),
        about: messages::say(lang, asked.about(), &[]),
        ways: Listed::all(kind).iter().map(way).collect(),
        is_excluded: asked == Listed::Excluded,
        none: messages::say(lang, asked.none(), &[]),
        total: found.total,
        compare: (kind == Kind::Need && is_out && (is_member || is_broker)).then(|| localised(lang, &format!("{}/compare", view.url))),
        may_judge,
        follow: (kind == Kind::Need && is_out && actor.account().is_some())
            .then(|| address(&localised(lang, "/my/searches/new"), &[("need", &id.to_string())])),
        judge: localised(lang, "/matches/feedback"),
        side: if kind == Kind::Need { "need" } else { "offer" },
        whys,
        missing: found.missing.map(|m| (m.text, localised(lang, &format!("/my/listings/{id}")))),
        pairs: found.views,
        next: paged.next,
        first: paged.first,
        others,
    };
    Ok(page(StatusCode::OK, lang, &pairs))
}
