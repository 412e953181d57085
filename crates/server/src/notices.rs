//! The words of notices, made when one is read or sent: what a title says is looked up as its reader may see it at that
//! moment, so a notice never tells more than the page it leads to.

use accounts::notices::{Notice, NoticeKind};
use base::{Actor, DealId, Lang, ListingId, PartyId, SavedSearchId, messages};
use brokering::BrokeringError;
use listings::view::ListingView;
use serde_json::Value;

use crate::app::App;
use crate::problem::Problem;

/// Where a notice leads whose page is not to be seen any more.
const LIST: &str = "/my/notices";

/// A notice in words.
pub(crate) struct Said {
    /// One sentence.
    pub text: String,
    /// The page it leads to, without its language.
    pub path: String,
}

/// What a notice says to its reader.
pub(crate) async fn say(app: &App, actor: &Actor, notice: &Notice) -> Result<Said, Problem> {
    let lang = actor.lang;
    let (about, plain) = (notice.about, |path: String| (None, path));
    let (title, path) = match notice.about_kind.as_str() {
        "interest" => (of_listing(app, actor, &notice.facts).await?, format!("/interests/{about}")),
        "disclosure" => (of_listing(app, actor, &notice.facts).await?, of_disclosure(notice)),
        "deal" if notice.kind == NoticeKind::ConsentAsked => {
            (title_of_deal(app, actor, DealId(about)).await?, format!("/deals/{about}/edit/statement"))
        }
        "deal" => (title_of_deal(app, actor, DealId(about)).await?, format!("/deals/{about}")),
        "story" => (title_of_deal(app, actor, DealId(about)).await?, format!("/deals/{about}/story")),
        "saved_search" => match name_of(app, actor, SavedSearchId(about)).await? {
            Some(name) => (Some(name), format!("/my/searches/{about}")),
            None => plain(LIST.to_owned()),
        },
        "listing" => match shown(app, actor, ListingId(about)).await? {
            Some(view) if notice.kind == NoticeKind::MatchFound => (Some(view.title), format!("{}/matches{}", view.url, pair(notice))),
            Some(view) if notice.kind == NoticeKind::GlassBroken => (Some(view.title), format!("/my/listings/{about}/ledger")),
            Some(view) => (Some(view.title), format!("/my/listings/{about}")),
            None => plain(LIST.to_owned()),
        },
        "party" => of_merger(app, actor, notice).await?,
        _ => plain(LIST.to_owned()),
    };
    let title = title.unwrap_or_else(|| messages::say(lang, "notice-untitled", &[]));
    let count = notice.facts.get("count").and_then(Value::as_u64).unwrap_or(1);
    let args = [("title", title.as_str()), ("count", &super::web::count(lang, count))];
    Ok(Said { text: messages::say(lang, &key(notice.kind), &args), path })
}

/// The message of a kind.
fn key(kind: NoticeKind) -> String {
    format!("notice-{}", kind.as_str().replace('_', "-"))
}

/// What a kind is called where it is chosen.
pub(crate) fn kind_name(kind: NoticeKind, lang: Lang) -> String {
    messages::say(lang, &format!("notice-kind-{}", kind.as_str().replace('_', "-")), &[])
}

/// What was confided: to whom it was opened on its own page, to its owner beside the listing.
fn of_disclosure(notice: &Notice) -> String {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).unwrap_or_default();
    match (notice.kind, fact("what")) {
        (NoticeKind::DisclosureUsed, "opened") => format!("/my/listings/{}/ledger", fact("listing")),
        (NoticeKind::DisclosureUsed, _) => format!("/my/listings/{}/confidential", fact("listing")),
        _ => format!("/disclosures/{}", notice.about),
    }
}

/// Which party took in which; both are public.
async fn of_merger(app: &App, actor: &Actor, notice: &Notice) -> Result<(Option<String>, String), Problem> {
    let db = app.accounts.store().db();
    let from: Option<PartyId> = notice.facts.get("from").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let from = match from {
        Some(id) => accounts::merging::moved(db, id).await?,
        None => None,
    };
    // The one that took it in may have been taken in itself since.
    let into = accounts::merging::moved(db, PartyId(notice.about)).await?.map_or(PartyId(notice.about), |alias| alias.party);
    let into = accounts::parties::load_many(db, &[into]).await?.pop();
    let (Some(from), Some(into)) = (from, into) else { return Ok((None, LIST.to_owned())) };
    let name = |names: &base::Localised| names.best(actor.lang).unwrap_or_default().to_owned();
    let text = messages::say(actor.lang, "notice-merged-names", &[("from", &name(&from.names)), ("to", &name(&into.names))]);
    Ok((Some(text), format!("/parties/{}", into.slug)))
}

/// The place of a pair on a page of matches.
fn pair(notice: &Notice) -> String {
    let fact = |name: &str| notice.facts.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("#m-{}.{}", fact("need"), fact("offer"))
}

/// A listing, if the reader may see it.
async fn shown(app: &App, actor: &Actor, id: ListingId) -> Result<Option<ListingView>, Problem> {
    let Some(kind) = listings::view::kind_of(&app.listings, id).await? else { return Ok(None) };
    match listings::view::show(&app.listings, actor, kind, id).await {
        Ok(view) => Ok(Some(view)),
        Err(listings::ListingError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The title of the listing that the facts name, if the reader may see it.
async fn of_listing(app: &App, actor: &Actor, facts: &Value) -> Result<Option<String>, Problem> {
    let Some(id) = facts.get("listing").and_then(Value::as_str).and_then(|id| id.parse().ok()) else { return Ok(None) };
    Ok(shown(app, actor, id).await?.map(|view| view.title))
}

async fn title_of_deal(app: &App, actor: &Actor, id: DealId) -> Result<Option<String>, Problem> {
    match brokering::deals::title(&app.brokering, actor, id).await {
        Ok(title) => Ok(Some(title)),
        Err(BrokeringError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn name_of(app: &App, actor: &Actor, id: SavedSearchId) -> Result<Option<String>, Problem> {
    match matching::saved::get(&app.saved, actor, id).await {
        Ok(search) => Ok(Some(search.name)),
        Err(matching::saved::SavedError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for kind in NoticeKind::ALL {
                let args = [("title", "x"), ("count", "1")];
                assert_ne!(messages::say(lang, &key(*kind), &args), key(*kind), "{lang} {kind}");
            }
            for kind in NoticeKind::to_choose() {
                assert!(!kind_name(kind, lang).starts_with("notice-kind"), "{lang} {kind}");
            }
        }
    }
}
