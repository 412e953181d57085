//! The moderators' pages: what waits, and one submission beside what the public sees, with checks, notes per field,
//! points and the decision. The rules are those of `listings::review`.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{AccountId, Code, Cursor, Lang, Limit, ListingId, Page, messages};
use listings::ListingError;
use listings::content::Content;
use listings::review::{Decision, FieldNote, PASS, Scores, Verdict, Waiting};

use super::alike::{Alike, alike};
use super::desk::terms;
use super::faults::FaultLine;
use super::fields::{Field, Opt, told};
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::{Sorted, TURNED, cursor, is_turned, paged, sorted};
use super::portion::{self, Parts, ROOM_BYTES, packed, weight};
use super::posting::{reading, steps};
use super::takeaway::{self, Rows};
use super::versus::{Pair, compare};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// The four criteria of [`Scores`], in its order; codes of `review_criteria`.
const CRITERIA: [&str; 4] = ["innovation_or_need", "clarity", "partner_ask", "language"];
/// Submissions on a page.
const SHOWN: u16 = 50;

/// A submission that waits.
struct WaitingLine {
    title: String,
    title_lang: Lang,
    href: String,
    code: String,
    kind: String,
    is_revision: bool,
    since: Moment,
    days: u64,
    /// Who has it in hand.
    hand: String,
}

#[derive(Template)]
#[template(path = "review_queue.html")]
struct QueuePage {
    f: Frame,
    lines: Vec<WaitingLine>,
    total: u64,
    csv: String,
    by_since: Sorted,
    next: Option<String>,
    first: Option<String>,
}

/// Submissions as lines, with the names of the moderators who have them in hand.
async fn waiting_lines(app: &App, waiting: Vec<Waiting>, lang: Lang) -> Result<Vec<WaitingLine>, Problem> {
    let hands: Vec<AccountId> = waiting.iter().filter_map(|w| w.claimed_by).collect();
    let names = accounts::people::names(app.accounts.store().db(), &hands).await?;
    let now = app.clock().now();
    let say = |key: &str| messages::say(lang, key, &[]);
    let line = |w: Waiting| WaitingLine {
        title_lang: w.title_lang,
        title: w.title,
        href: localised(lang, &format!("/review/{}", w.id)),
        code: w.code,
        kind: app.vocabularies.name("listing_kinds", w.kind.as_str(), lang).to_owned(),
        is_revision: w.is_revision,
        days: u64::try_from((now - w.submitted_at).num_days()).unwrap_or_default(),
        since: format::recent(lang, w.submitted_at, now),
        hand: match w.claimed_by {
            _ if w.mine => say("review-mine"),
            None => say("review-free"),
            Some(by) => names.get(&by).cloned().unwrap_or_else(|| say("review-taken")),
        },
    };
    Ok(waiting.into_iter().map(line).collect())
}

async fn waiting(app: &App, visit: &Visit, limit: Limit, cursor: Option<&str>) -> Result<Page<Waiting>, Problem> {
    let after = cursor.map(Cursor::read).transpose().map_err(|_| Problem::parameter("cursor"))?;
    Ok(listings::review::queue(&app.listings, &visit.who.actor, limit, after, is_turned(visit)).await?)
}

pub(super) async fn queue(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    if takeaway::is_asked(&visit)? {
        let mut lines = Rows::new();
        while lines.goes_on() {
            let found = waiting(&app, &visit, takeaway::part(), lines.cursor.as_deref()).await?;
            lines.add(waiting_lines(&app, found.items, lang).await?, found.next);
        }
        let heads = ["column-title", "column-code", "column-kind", "column-what", "column-since", "column-days", "column-hand"];
        return takeaway::file(lang, "review", &heads, lines, |line| {
            let what = if line.is_revision { "review-is-revision" } else { "review-is-new" };
            let (what, days) = (messages::say(lang, what, &[]), line.days.to_string());
            vec![line.title, line.code, line.kind, what, line.since.iso, days, line.hand]
        });
    }
    let waiting = waiting(&app, &visit, Limit::new(SHOWN).unwrap_or_default(), cursor(&visit).as_deref()).await?;
    let lines = waiting_lines(&app, waiting.items, lang).await?;
    let turned = parameter(&visit, TURNED);
    let paged = paged(&visit, "/review", &[(TURNED, turned.as_str())], waiting.next.as_deref());
    let view = QueuePage {
        f: visit.frame(&app, messages::say(lang, "review-title", &[])).at("/review").unlisted().placed("review"),
        lines,
        total: waiting.total,
        csv: paged.csv,
        by_since: sorted(&visit, "/review", &[], "ascending"),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &view))
}

/// A line of the comparison with its note.
struct Compared {
    pair: Pair,
    /// The name of the note's input; none where the line above has it already.
    note: Option<String>,
    note_text: String,
    /// Whether it stands with what is as it was in public, which is folded away.
    is_folded: bool,
}

/// A field of which the submission says nothing, with its note.
struct Absent {
    label: String,
    note: String,
    note_text: String,
}

/// A criterion with the points given.
struct Criterion {
    name: &'static str,
    label: String,
    about: Option<String>,
    points: Vec<Opt>,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    f: Frame,
    kind_label: String,
    code: String,
    title: String,
    title_lang: Lang,
    party: String,
    party_href: Option<String>,
    action: String,
    public_page: String,
    history: String,
    seen: i64,
    is_waiting: bool,
    is_mine: bool,
    /// Whether what was typed is shown though it cannot be sent any more.
    keeps_typed: bool,
    has_public: bool,
    submitted: Option<Moment>,
    percent: u8,
    missing: Vec<String>,
    lines: Vec<Compared>,
    /// Fields without a line; they stand on the last part of a long submission.
    absent: Vec<Absent>,
    /// Notes that were typed on other parts of a long submission: name and text.
    elsewhere: Vec<(String, String)>,
    parts: Option<Parts>,
    changed: usize,
    /// How many fields are as they were, on all parts.
    same: usize,
    alike: Vec<Alike>,
    lists: Option<String>,
    criteria: Vec<Criterion>,
    pass: u32,
    reasons: Vec<Opt>,
    faults: Vec<FaultLine>,
}

impl ReviewPage {
    /// Whether a note was typed for a field without a line.
    fn is_absent_noted(&self) -> bool {
        self.absent.iter().any(|absent| !absent.note_text.is_empty())
    }

    /// Whether a line stands above what is folded away.
    fn is_any_open(&self) -> bool {
        self.lines.iter().any(|line| !line.is_folded)
    }

    /// Whether any line is folded away.
    fn is_any_folded(&self) -> bool {
        self.lines.iter().any(|line| line.is_folded)
    }

    /// Whether what is folded away is shown all the same: a note was typed there, or there is nothing else.
    fn is_folded_open(&self) -> bool {
        !self.is_any_open() || self.lines.iter().any(|line| line.is_folded && !line.note_text.is_empty())
    }
}

/// The fields that have no line, each with the note that was typed for it.
fn absent(fields: &[Field], told: &HashSet<String>, typed: Option<&Form>, lang: Lang) -> Vec<Absent> {
    let absent = fields.iter().filter(|field| !told.contains(field.at));
    absent
        .map(|field| {
            let note = format!("note:{}", field.at);
            let note_text = typed.map(|form| form.get(&note).to_owned()).unwrap_or_default();
            Absent { label: messages::say(lang, field.label, &[]), note, note_text }
        })
        .collect()
}

async fn review_page(
    app: &App,
    visit: &Visit,
    id: ListingId,
    status: StatusCode,
    typed: Option<&Form>,
    faults: Vec<FaultLine>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let kind = listings::view::kind_of(&app.listings, id).await?.ok_or_else(Problem::not_found)?;
    let view = listings::view::show(&app.listings, actor, kind, id).await?;
    let inside = view.inside.as_ref().ok_or_else(Problem::not_found)?;
    let reviews = listings::review::history(&app.listings, actor, id).await?;
    let open = reviews.iter().find(|r| r.decided_at.is_none());
    let fields = steps::fields(kind);
    let public = match inside.public_version.filter(|p| *p != view.content_version) {
        None => None,
        Some(public) => Some(listings::versions::get(&app.listings, actor, id, public).await?.1),
    };
    let contents: Vec<&Content> = public.iter().chain([&view.typed]).collect();
    let cx = reading(app, visit, &contents).await?;
    let after = told(&fields, &view.content, &cx);
    let before = match &public {
        None => Vec::new(),
        Some(content) => {
            let json = content.to_json().and_then(|j| serde_json::from_str(&j)).map_err(|e| Problem::internal(&e))?;
            told(&fields, &json, &cx)
        }
    };
    let has_public = !before.is_empty();
    let mut noted = HashSet::new();
    let mut pairs = compare(&before, &after, lang, false);
    if has_public {
        // What changed comes first: it is what there is to decide on.
        pairs.sort_by_key(|pair| !pair.is_changed);
    }
    let lines: Vec<Compared> = pairs
        .into_iter()
        .map(|pair| {
            let name = format!("note:{}", pair.field);
            let note = noted.insert(pair.field.clone()).then_some(name);
            let note_text = typed.zip(note.as_deref()).map(|(form, name)| form.get(name).to_owned()).unwrap_or_default();
            Compared { note, note_text, is_folded: has_public && !pair.is_changed, pair }
        })
        .collect();
    let changed = lines.iter().filter(|l| l.pair.is_changed).count();
    let same = lines.len() - changed;
    // A long submission is shown in parts; what changed is on the first of them.
    let bare = if has_public { 570 } else { 440 };
    let weigh = |line: &Compared| bare + line.pair.before_html.len() + line.pair.after_html.len() + weight(&line.note_text);
    let ranges = packed(lines.iter().map(weigh), |_| ROOM_BYTES);
    let part = match typed {
        // Without a number: the part that was shown.
        Some(form) => {
            let named = form.get("decision").strip_prefix("part:").filter(|number| !number.is_empty());
            named.unwrap_or(form.get("_part")).parse().unwrap_or(1_usize).saturating_sub(1)
        }
        None => portion::asked(visit)?,
    };
    // What was sent is shown even where there are fewer parts by now.
    let part = if typed.is_some() { part.min(ranges.len().saturating_sub(1)) } else { part };
    let shown = ranges.get(part).cloned().ok_or_else(Problem::not_found)?;
    let parts = Parts::new(&localised(lang, &format!("/review/{id}")), &[], part, ranges.len());
    let is_elsewhere = |n: usize, line: &Compared| !shown.contains(&n) && !line.note_text.is_empty();
    let elsewhere = lines.iter().enumerate().filter(|(n, line)| is_elsewhere(*n, line));
    let mut elsewhere: Vec<_> = elsewhere.filter_map(|(_, line)| Some((line.note.clone()?, line.note_text.clone()))).collect();
    let mut absent = absent(&fields, &noted, typed, lang);
    if part + 1 < ranges.len() {
        elsewhere.extend(absent.drain(..).filter(|a| !a.note_text.is_empty()).map(|a| (a.note, a.note_text)));
    }
    let lines: Vec<Compared> = lines.into_iter().skip(shown.start).take(shown.len()).collect();
    let alike = alike(app, actor, id, lang).await?;
    let given = |name: &str| typed.map(|f| f.get(&format!("score:{name}")).to_owned()).unwrap_or_default();
    let criteria = CRITERIA.map(|name| Criterion {
        name,
        label: app.vocabularies.name("review_criteria", name, lang).to_owned(),
        about: app.vocabularies.get("review_criteria").and_then(|l| l.latest(name)).and_then(|t| match lang {
            base::Lang::Vi => t.note_vi.clone(),
            base::Lang::En => t.note_en.clone(),
        }),
        points: (0..=5)
            .map(|n: u8| Opt { value: n.to_string(), label: n.to_string(), depth: 0, is_on: given(name) == n.to_string() })
            .collect(),
    });
    let mut reasons = terms(app, "reject_reasons", lang);
    for reason in &mut reasons {
        reason.is_on = typed.is_some_and(|f| f.get("reason") == reason.value);
    }
    let state = listings::state::State { status: view.status, revision: inside.revision };
    let lists = match &view.typed {
        Content::Technology(t) => Some(t.list_check.as_ref().and_then(|c| c.result.as_ref()).map_or_else(
            || messages::say(lang, "review-lists-open", &[]),
            |c| app.vocabularies.name("transfer_lists", c.as_str(), lang).to_owned(),
        )),
        _ => None,
    };
    let title = if view.title.is_empty() { messages::say(lang, "untitled", &[]) } else { view.title.clone() };
    let review = ReviewPage {
        f: visit.frame(app, &title).at(&format!("/review/{id}")).unlisted().placed("review"),
        kind_label: app.vocabularies.name("listing_kinds", kind.as_str(), lang).to_owned(),
        code: view.code.clone(),
        title,
        title_lang: view.typed.title().spoken(lang),
        party: view.party.name.as_ref().and_then(|n| n.best(lang)).unwrap_or_default().to_owned(),
        party_href: view.party.slug.as_ref().map(|s| localised(lang, &format!("/parties/{s}"))),
        action: localised(lang, &format!("/review/{id}")),
        public_page: localised(lang, &format!("{}?as=public", view.url)),
        history: localised(lang, &format!("/my/listings/{id}/history")),
        seen: view.version,
        is_waiting: state.awaits_review(),
        is_mine: open.is_some_and(|r| r.mine),
        keeps_typed: typed.is_some(),
        has_public,
        submitted: inside.submitted_at.map(|at| format::recent(lang, at, app.clock().now())),
        percent: inside.completeness.percent,
        missing: inside.completeness.missing.iter().take(5).map(|m| missing_label(&view, m, lang)).collect(),
        changed,
        same,
        lines,
        absent,
        elsewhere,
        parts,
        alike,
        lists,
        criteria: criteria.into(),
        pass: PASS,
        reasons,
        faults,
    };
    Ok(page(status, lang, &review))
}

fn missing_label(view: &listings::view::ListingView, missing: &listings::completeness::Missing, lang: base::Lang) -> String {
    if missing.reason == "translation" {
        messages::say(lang, super::posting::translation_key(view.source_lang), &[])
    } else {
        super::posting::label_of(view.kind, &missing.pointer, lang)
    }
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    // Their own submission is no page for its authors to decide on.
    if !visit.who.actor.is_staff(base::StaffRole::Moderator) {
        return Err(Problem::not_found());
    }
    let id = id.parse().map_err(|_| Problem::not_found())?;
    review_page(&app, &visit, id, StatusCode::OK, None, Vec::new()).await
}

/// What the form decides; faults where it is not enough.
fn verdict(form: &Form) -> Option<Verdict> {
    let decision = match form.get("decision") {
        "publish" => Decision::Publish,
        "request_changes" => Decision::RequestChanges,
        "reject" => Decision::Reject,
        "released" => Decision::Released,
        _ => return None,
    };
    let points = CRITERIA.map(|name| form.get(&format!("score:{name}")).parse::<u8>().ok());
    let scores = match points {
        [Some(innovation_or_need), Some(clarity), Some(partner_ask), Some(language)] => {
            Some(Scores { innovation_or_need, clarity, partner_ask, language })
        }
        _ => None,
    };
    let notes = form.iter().filter_map(|(name, text)| {
        let pointer = name.strip_prefix("note:")?;
        let text = base::text::clean(text);
        (!text.is_empty()).then(|| FieldNote { pointer: pointer.to_owned(), text })
    });
    let reason = Some(form.get("reason")).filter(|r| !r.is_empty()).map(|r| Code(r.to_owned()));
    Some(Verdict { decision, scores, notes: notes.collect(), reason })
}

/// Claims a submission, or decides one that is claimed.
pub(super) async fn decide(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id: ListingId = id.parse().map_err(|_| Problem::not_found())?;
    if form.get("decision") == "claim" {
        return match listings::review::claim(&app.listings, ctx, id).await {
            Ok(_) => Ok(go(&localised(lang, &format!("/review/{id}")))),
            Err(error @ (ListingError::Claimed | ListingError::NotAllowed { .. })) => {
                let key = if matches!(error, ListingError::Claimed) { "review-claimed" } else { "desk-changed" };
                let fault = FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, key, &[]) };
                review_page(&app, &visit, id, StatusCode::CONFLICT, None, vec![fault]).await
            }
            Err(error) => Err(error.into()),
        };
    }
    if form.get("decision").starts_with("part:") {
        return review_page(&app, &visit, id, StatusCode::OK, Some(&form), Vec::new()).await;
    }
    let verdict = verdict(&form).ok_or_else(|| Problem::malformed("bad-form"))?;
    let is_published = verdict.decision == Decision::Publish;
    let seen = form.get("_seen").parse().unwrap_or_default();
    let whole =
        |key: &str, args: &[(&str, &str)]| FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, key, args) };
    let (status, faults) = match listings::review::decide(&app.listings, ctx, id, seen, verdict).await {
        Ok(receipt) if is_published => return Ok(go(&localised(lang, &listings::view::url(receipt.kind, &receipt.slug)))),
        Ok(_) => return Ok(go(&localised(lang, "/review"))),
        Err(ListingError::Invalid(faults)) => {
            let lines = faults.iter().map(|f| match f.pointer.as_str() {
                "/scores" => {
                    FaultLine { id: "scores".to_owned(), label: String::new(), text: messages::say(lang, "review-needs-scores", &[]) }
                }
                "/notes" => FaultLine { id: "notes".to_owned(), label: String::new(), text: messages::say(lang, "review-needs-note", &[]) },
                "/reason" => {
                    FaultLine { id: "reason".to_owned(), label: String::new(), text: messages::say(lang, "review-needs-reason", &[]) }
                }
                _ => FaultLine { id: String::new(), label: String::new(), text: f.say(lang) },
            });
            (StatusCode::UNPROCESSABLE_ENTITY, lines.collect())
        }
        Err(ListingError::ScoreTooLow { total }) => {
            let (total, pass) = (total.to_string(), PASS.to_string());
            let mut line = whole("review-score-low", &[("total", &total), ("pass", &pass)]);
            line.id = "scores".to_owned();
            (StatusCode::UNPROCESSABLE_ENTITY, vec![line])
        }
        Err(ListingError::NotClaimed) => (StatusCode::CONFLICT, vec![whole("review-not-claimed", &[])]),
        Err(ListingError::Stale { .. } | ListingError::NotAllowed { .. }) => (StatusCode::CONFLICT, vec![whole("desk-changed", &[])]),
        Err(error) => return Err(error.into()),
    };
    review_page(&app, &visit, id, status, Some(&form), faults).await
}
