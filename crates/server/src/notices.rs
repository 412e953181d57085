//! The words of notices, made when one is read or sent: what a title says is looked up as its reader may see it at that
//! moment, so a notice never tells more than the page it leads to.

use accounts::notices::{Notice, NoticeKind};
use base::{Actor, Lang, ListingId, SavedSearchId, messages};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;

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
    let title = match fact(&notice.facts, "listing").or_else(|| (notice.about_kind == "listing").then_some(notice.about)) {
        Some(id) => title_of(app, actor, ListingId(id)).await?,
        None if notice.about_kind == "saved_search" => name_of(app, actor, SavedSearchId(notice.about)).await?,
        None => None,
    };
    let title = title.unwrap_or_else(|| messages::say(lang, "notice-untitled", &[]));
    let count = notice.facts.get("count").and_then(Value::as_u64).unwrap_or(1);
    let args = [("title", title.as_str()), ("count", &super::web::count(lang, count))];
    Ok(Said { text: messages::say(lang, &key(notice.kind), &args), path: path(notice) })
}

/// The message of a kind.
fn key(kind: NoticeKind) -> String {
    format!("notice-{}", kind.as_str().replace('_', "-"))
}

/// What a kind is called where it is chosen.
pub(crate) fn kind_name(kind: NoticeKind, lang: Lang) -> String {
    messages::say(lang, &format!("notice-kind-{}", kind.as_str().replace('_', "-")), &[])
}

fn path(notice: &Notice) -> String {
    let about = notice.about;
    match notice.about_kind.as_str() {
        "saved_search" => format!("/my/searches/{about}"),
        "listing" => format!("/my/listings/{about}"),
        _ => "/my/notices".to_owned(),
    }
}

fn fact(facts: &Value, name: &str) -> Option<Uuid> {
    facts.get(name)?.as_str()?.parse().ok()
}

/// A listing's title, if the reader may see it.
async fn title_of(app: &App, actor: &Actor, id: ListingId) -> Result<Option<String>, Problem> {
    let Some(kind) = listings::view::kind_of(&app.listings, id).await? else { return Ok(None) };
    match listings::view::show(&app.listings, actor, kind, id).await {
        Ok(view) => Ok(Some(view.title)),
        Err(listings::ListingError::Refused(_)) => Ok(None),
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
