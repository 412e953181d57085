//! Letters of notices, of a day's notices, and of what saved searches brought: written when they are sent, in the
//! reader's language, from what the reader may see then. Each carries the link that stops letters like it (RFC 8058).

use std::time::Duration;

use accounts::letters;
use accounts::links;
use accounts::mail::Letter;
use accounts::notices::{self, DigestMail, NoticeKind, NoticeMail};
use base::{AccountId, Actor, Lang, ListingId, SavedSearchId, messages};
use listings::ListingError;
use matching::alerts::AlertMail;
use matching::saved::SavedSearch;
use search::Viewer;
use serde::{Deserialize, Serialize};
use store::follow::report;
use store::jobs::{Failure, Job};
use uuid::Uuid;

use crate::api;
use crate::app::App;

/// Lines of a letter; what is more is to be found on the page.
const LINES: usize = 20;
/// How long a letter waits for the index of this process before it is put off.
const PATIENCE: Duration = Duration::from_secs(5);
/// For what the links that stop letters are sealed.
const STOP: &str = "stop-letters";
/// The page that stops letters; the sealed link follows.
pub(crate) const STOP_PATH: &str = "/letters/stop";

/// Which letters a link stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stop {
    /// Those of one saved search.
    Search(SavedSearchId),
    /// Those of one kind of notice to one account; none for all kinds that are chosen.
    Notices(AccountId, Option<NoticeKind>),
}

/// What a link stops, or none if it is none of ours.
pub(crate) fn opened(app: &App, link: &str) -> Option<Stop> {
    links::open(&app.accounts, STOP, link)
}

/// Does one of the jobs of this module, or says that it is none.
pub(crate) async fn run(app: &App, job: &Job) -> Option<Result<(), Failure>> {
    let letter = match job.kind.as_str() {
        notices::MAIL_JOB => one_notice(app, job).await,
        notices::DIGEST_JOB => digest(app, job).await,
        matching::alerts::MAIL_JOB => alert(app, job).await,
        _ => return None,
    };
    Some(match letter {
        Ok(Some(letter)) => app.mailer.send(&app.accounts, &letter, job.id).await.map_err(Failure::from),
        Ok(None) => Ok(()), // nothing to tell any more, or nobody to tell it
        Err(why) => Err(why.into()),
    })
}

fn whole(app: &App, lang: Lang, path: &str) -> String {
    let language = if lang == Lang::En { "/en" } else { "" };
    format!("{}{language}{path}", app.settings.public_url)
}

fn stop_link(app: &App, lang: Lang, stop: Stop) -> Result<String, String> {
    let sealed = links::seal(&app.accounts, STOP, &stop).map_err(|e| report(&e))?;
    Ok(whole(app, lang, &format!("{STOP_PATH}/{sealed}")))
}

async fn reader(app: &App, account: AccountId) -> Result<Option<Actor>, String> {
    accounts::actor::of_account(&app.accounts, account).await.map_err(|e| report(&e))
}

async fn one_notice(app: &App, job: &Job) -> Result<Option<Letter>, String> {
    let about: NoticeMail = serde_json::from_value(job.payload.clone()).map_err(|e| e.to_string())?;
    let Some(notice) = notices::get(&app.accounts, about.notice).await.map_err(|e| report(&e))? else { return Ok(None) };
    let Some(actor) = reader(app, notice.account).await? else { return Ok(None) };
    if notices::way_of(&app.accounts, notice.account, notice.kind).await.map_err(|e| report(&e))? == notices::Way::Off {
        return Ok(None); // stopped since
    }
    let lang = actor.lang;
    let said = crate::notices::say(app, &actor, &notice).await.map_err(told)?;
    if said.is_over {
        return Ok(None);
    }
    let stop = notice.kind.is_chosen().then(|| stop_link(app, lang, Stop::Notices(notice.account, Some(notice.kind)))).transpose()?;
    let (link, choose) = (whole(app, lang, &said.path), whole(app, lang, "/account/notices"));
    let body = messages::say(lang, "mail-notice", &[("text", &said.text), ("link", &link), ("choose", &choose)]);
    letters::saying(&app.accounts, notice.account, said.text, &body, stop).await.map_err(|e| report(&e))
}

async fn digest(app: &App, job: &Job) -> Result<Option<Letter>, String> {
    let about: DigestMail = serde_json::from_value(job.payload.clone()).map_err(|e| e.to_string())?;
    let Some(actor) = reader(app, about.account).await? else { return Ok(None) };
    // What nobody read, of the kinds that were not stopped since.
    let choices = notices::choices(&app.accounts, &actor).await.map_err(|e| report(&e))?;
    let is_stopped = |kind| choices.iter().any(|choice| choice.kind == kind && choice.way == notices::Way::Off);
    let mut all = notices::of_digest(&app.accounts, about.digest).await.map_err(|e| report(&e))?;
    all.retain(|notice| notice.read_at.is_none() && !is_stopped(notice.kind));
    if all.is_empty() {
        return Ok(None);
    }
    let lang = actor.lang;
    let mut said = crate::notices::say_all(app, &actor, &all).await.map_err(told)?;
    said.retain(|said| !said.is_over);
    if said.is_empty() {
        return Ok(None);
    }
    let count = crate::web::count(lang, said.len() as u64);
    let lines: Vec<String> = said.into_iter().take(LINES).map(|said| format!("{}\n{}", said.text, whole(app, lang, &said.path))).collect();
    let stop = stop_link(app, lang, Stop::Notices(about.account, None))?;
    let body = messages::say(
        lang,
        "mail-digest",
        &[("lines", &lines.join("\n\n")), ("link", &whole(app, lang, "/my/notices")), ("choose", &whole(app, lang, "/account/notices"))],
    );
    let subject = messages::say(lang, "mail-digest-subject", &[("count", &count)]);
    letters::saying(&app.accounts, about.account, subject, &body, Some(stop)).await.map_err(|e| report(&e))
}

async fn alert(app: &App, job: &Job) -> Result<Option<Letter>, String> {
    let about: AlertMail = serde_json::from_value(job.payload.clone()).map_err(|e| e.to_string())?;
    let Some(search) = matching::saved::find(&app.saved, about.search).await.map_err(|e| report(&e))? else { return Ok(None) };
    if !search.when.is_written() {
        return Ok(None); // stopped since
    }
    // Not only what the round found must be there: what was withdrawn until now must be gone.
    let head = app.store.last_position().await.map_err(|e| report(&e))?;
    if tokio::time::timeout(PATIENCE, app.search.reaches(head.max(about.position))).await.is_err() {
        return Err("the index of this process does not have all of it yet".to_owned());
    }
    let Some(actor) = matching::saved::owner(&app.saved, &search).await.map_err(|e| report(&e))? else { return Ok(None) };
    let lang = actor.lang;
    let brought = matching::alerts::brought(&app.saved, about.round).await.map_err(|e| report(&e))?;
    let brought = still_wanted(app, &actor, &search, brought).await?;
    let viewer = Viewer::of(&actor);
    let mut lines = Vec::new();
    let mut count = 0_u64;
    for id in brought {
        // What was withdrawn or hidden since is not told.
        let Some(card) = app.search.card(id, &viewer).map_err(|e| report(&e))? else { continue };
        count += 1;
        if lines.len() < LINES {
            lines.push(format!("{}\n{}", card.title(lang), whole(app, lang, &api::search::url(&card))));
        }
    }
    if count == 0 {
        return Ok(None);
    }
    let stop = stop_link(app, lang, Stop::Search(search.id))?;
    let args = [("count", crate::web::count(lang, count)), ("name", search.name.clone())];
    let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let link = whole(app, lang, &format!("/my/searches/{}", search.id));
    let body =
        messages::say(lang, "mail-alert", &[args.as_slice(), &[("lines", &lines.join("\n\n")), ("link", &link), ("stop", &stop)]].concat());
    let subject = messages::say(lang, "mail-alert-subject", &args);
    letters::saying(&app.accounts, search.account, subject, &body, Some(stop)).await.map_err(|e| report(&e))
}

/// Of what a followed need brought what its reader's side did not put behind since, as in its feed; nothing if the need is not
/// to be seen any more. What a search brought is all still wanted.
async fn still_wanted(app: &App, actor: &Actor, search: &SavedSearch, brought: Vec<Uuid>) -> Result<Vec<Uuid>, String> {
    let Some(need) = search.criteria.need else { return Ok(brought) };
    let ids: Vec<ListingId> = brought.iter().copied().map(ListingId).collect();
    let wanted = match app.matcher.wanted(actor, need, &ids).await {
        Ok(wanted) => wanted,
        Err(matching::MatchError::Listing(ListingError::Refused(_))) => return Ok(Vec::new()),
        Err(error) => return Err(report(&error)),
    };
    Ok(brought.into_iter().filter(|id| wanted.contains(&ListingId(*id))).collect())
}

/// Why the words could not be made; the cause was logged where it happened.
fn told(problem: crate::problem::Problem) -> String {
    format!("the words of a notice could not be made: {}", problem.kind)
}
