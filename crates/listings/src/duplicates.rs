//! Near-duplicates: listings whose words are nearly the same, whoever posted them.
//!
//! MinHash over pairs of folded words of title and summary, cut into bands that are looked up by equality; what shares
//! a band is then compared exactly (Jaccard). With four bands of two, of pairs that are 80 % alike 98 % are found.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use base::fold::folded;
use base::{Actor, Grant, Hideable, Lang, ListingId, Refused};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use store::Tx;
use utoipa::ToSchema;

use crate::access::ViewInside;
use crate::content::Content;
use crate::error::ListingError;
use crate::head::{content_of, load};
use crate::kind::Kind;
use crate::rows::band;
use crate::state::Status;
use crate::{Head, Listings};

/// Bands per listing.
const BANDS: usize = 4;
/// Hashes per band.
const ROWS: usize = 2;
/// Words read of a listing at most.
const MAX_WORDS: usize = 200;
/// Candidates compared at most.
const MAX_CANDIDATES: u64 = 100;
/// From how alike on two listings are shown as near-duplicates, in percent.
pub const ALIKE_PERCENT: u8 = 60;

/// A listing that says nearly the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Duplicate {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Where it stands.
    pub status: Status,
    /// Whether it belongs to the same party.
    pub same_party: bool,
    /// How alike they are, in percent of their pairs of words.
    pub alike_percent: u8,
}

/// The pairs of folded words of a content, as hashes.
fn pairs(content: &Content) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for lang in Lang::ALL {
        let text = [content.title().get(lang), content.summary().get(lang)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let text = folded(&text);
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(MAX_WORDS).collect();
        for pair in words.windows(2) {
            all.insert(hash(&pair));
        }
    }
    all
}

fn hash(value: &impl Hash) -> u64 {
    // Keyed with zeros: the same on every machine and run of one program version; a new version may rebuild the table.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The bands of a content; none for one too short to tell.
pub(crate) fn bands(content: &Content) -> Vec<i64> {
    let pairs = pairs(content);
    if pairs.len() < 4 {
        return Vec::new();
    }
    let kind = content.kind().as_str();
    (0..BANDS)
        .map(|b| {
            let least: Vec<u64> = (0..ROWS)
                .map(|r| {
                    let salt = hash(&(b, r));
                    // Multiplying by an odd number and folding mixes well enough to order by.
                    pairs.iter().map(|p| (p ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)).min().unwrap_or(0)
                })
                .collect();
            i64::from_ne_bytes(hash(&(kind, b, least)).to_ne_bytes())
        })
        .collect()
}

pub(crate) fn band_rows(id: ListingId, content: &Content) -> Vec<band::ActiveModel> {
    let unique: BTreeSet<i64> = bands(content).into_iter().collect();
    unique.into_iter().map(|b| band::ActiveModel { band: Set(b), listing_id: Set(id.0) }).collect()
}

pub(crate) async fn save_bands(tx: &Tx, id: ListingId, content: &Content, replace: bool) -> Result<(), ListingError> {
    if replace {
        band::Entity::delete_many().filter(band::Column::ListingId.eq(id.0)).exec(tx.db()).await?;
    }
    let rows = band_rows(id, content);
    if !rows.is_empty() {
        band::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// How alike two contents are, in percent.
fn alike(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> u8 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    u8::try_from(shared * 100 / all.max(1)).unwrap_or(100)
}

/// The near-duplicates of a listing that this actor may see, the most alike first.
///
/// # Errors
/// [`ListingError::Refused`] unless the actor may read the listing's drafts.
pub async fn of(listings: &Listings, actor: &Actor, id: ListingId) -> Result<Vec<Duplicate>, ListingError> {
    let db = listings.store.db();
    let head = load(db, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<ViewInside>::check(actor, head)?;
    let head: &Head = grant.object();
    let content = content_of(db, head.kind, id.0, head.head_version).await?;
    let own = pairs(&content);
    let bands = bands(&content);
    if bands.is_empty() {
        return Ok(Vec::new());
    }
    let candidates: BTreeSet<ListingId> = band::Entity::find()
        .filter(band::Column::Band.is_in(bands))
        .filter(band::Column::ListingId.ne(id.0))
        .limit(MAX_CANDIDATES)
        .all(db)
        .await?
        .into_iter()
        .map(|r| ListingId(r.listing_id))
        .collect();
    let mut found = Vec::new();
    for candidate in candidates {
        let Some(other) = load(db, candidate).await? else { continue };
        if !other.visible_to(actor) {
            continue;
        }
        // Who is not an insider of the other one compares with what is public of it, and may read only that.
        let inside = other.is_insider(actor) || other.is_before_moderators(actor);
        let number = if inside { other.head_version } else { other.public_version.unwrap_or(other.head_version) };
        let content = content_of(db, other.kind, other.id.0, number).await?;
        let alike_percent = alike(&own, &pairs(&content));
        if alike_percent >= ALIKE_PERCENT {
            found.push(Duplicate {
                id: other.id,
                kind: other.kind,
                title: content.title().best(actor.lang).unwrap_or_default().to_owned(),
                title_lang: content.title().spoken(actor.lang),
                code: other.code,
                status: other.state.status,
                same_party: other.party == head.party,
                alike_percent,
            });
        }
    }
    found.sort_by(|a, b| b.alike_percent.cmp(&a.alike_percent).then_with(|| a.code.cmp(&b.code)));
    found.truncate(10);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Technology;
    use base::Localised;

    fn content(title: &str, summary: &str) -> Content {
        Content::Technology(Box::new(Technology {
            title: Localised::of(Lang::Vi, title),
            summary: Localised::of(Lang::Vi, summary),
            ..Technology::default()
        }))
    }

    #[test]
    fn nearly_the_same_words_share_a_band_and_others_do_not() {
        let summary = "Hệ thống sấy cơm dừa bằng bơm nhiệt công suất nửa tấn mỗi mẻ, tiết kiệm điện và giữ màu trắng tự nhiên của sản phẩm";
        let first = content("Máy sấy bơm nhiệt cho cơm dừa nạo", summary);
        let typed_without_marks = content("May say bom nhiet cho com dua nao", &folded(summary));
        let one_word_changed = content("Máy sấy bơm nhiệt cho cơm dừa nạo mới", summary);
        let other =
            content("Phao đo độ mặn tự động", "Phao gửi độ mặn của kênh rạch về điện thoại mỗi mười phút, dùng pin mặt trời và sóng LoRa");
        let shares = |a: &Content, b: &Content| bands(a).iter().any(|x| bands(b).contains(x));
        assert!(shares(&first, &typed_without_marks));
        assert_eq!(alike(&pairs(&first), &pairs(&typed_without_marks)), 100);
        assert!(alike(&pairs(&first), &pairs(&one_word_changed)) > 85);
        assert!(!shares(&first, &other));
        assert!(bands(&content("Dừa", "")).is_empty());
    }
}
