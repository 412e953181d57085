//! Near-duplicates of a listing, with the way to each that this reader has.

use base::{Actor, Lang, ListingId, StaffRole};
use listings::duplicates::Duplicate;
use listings::state::Status;

use super::frame::localised;
use crate::app::App;
use crate::problem::Problem;

/// A near-duplicate.
pub(super) struct Alike {
    pub title: String,
    pub title_lang: Lang,
    pub code: String,
    pub percent: u8,
    /// Whether it belongs to the same party.
    pub is_own: bool,
    pub href: String,
}

/// The near-duplicates of a listing that the reader may see, the most alike first.
pub(super) async fn alike(app: &App, actor: &Actor, id: ListingId, lang: Lang) -> Result<Vec<Alike>, Problem> {
    let found = listings::duplicates::of(&app.listings, actor, id).await?;
    let is_moderator = actor.is_staff(StaffRole::Moderator);
    let path = |d: &Duplicate| match d.status {
        // Its code leads to its page, whatever kind it is.
        Status::Published => format!("/search?q={}", d.code),
        _ if is_moderator => format!("/review/{}", d.id),
        _ => format!("/my/listings/{}", d.id),
    };
    let line = |d: Duplicate| Alike {
        href: localised(lang, &path(&d)),
        title: d.title,
        title_lang: d.title_lang,
        code: d.code,
        percent: d.alike_percent,
        is_own: d.same_party,
    };
    Ok(found.into_iter().map(line).collect())
}
