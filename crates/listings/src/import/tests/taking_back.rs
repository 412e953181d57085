//! Taking a whole import back.

use base::{Lang, ListingId, Localised};
use sea_orm::{EntityTrait, PaginatorTrait};
use store::Ctx;

use super::{NEEDS, Space, needs};
use crate::content::Content;
use crate::head::content_of;
use crate::import::{ImportState, Options, undo};
use crate::kind::Kind;
use crate::rows::{band, slug, version};

async fn problem(space: &Space, id: &str, public: bool) -> String {
    let row = space.row(id).await;
    let number = if public { row.public_version.unwrap() } else { row.head_version };
    let Content::Need(need) = content_of(space.test.store.db(), Kind::Need, row.id, number).await.unwrap() else { panic!("no need") };
    need.problem.get(Lang::Vi).unwrap().to_owned()
}

#[tokio::test]
async fn what_an_import_made_goes_and_what_people_touched_stays() {
    for space in Space::all().await {
        let options = Options { publish: true, ..space.options() };
        let made = space.import(needs(450, "x"), Some(NEEDS), &options).await;
        let touched = space.row("n7").await;
        let mut content = content_of(space.test.store.db(), Kind::Need, touched.id, 1).await.unwrap();
        if let Content::Need(need) = &mut content {
            need.title = Localised::of(Lang::Vi, "Sửa bằng tay");
        }
        crate::edit::edit(&space.listings, Ctx::system(), ListingId(touched.id), touched.version, content, String::new()).await.unwrap();

        let view = undo(&space.listings, Ctx::system(), made.id).await.unwrap();
        let became = view.undo.unwrap();
        assert_eq!((view.state, became.removed, became.restored, became.kept), (ImportState::Undone, 449, 0, 1), "{}", space.test.name);
        assert_eq!(space.count().await, 1);
        let db = space.test.store.db();
        assert_eq!((version::Entity::find().count(db).await.unwrap(), slug::Entity::find().count(db).await.unwrap()), (2, 1));
        assert!(band::Entity::find().count(db).await.unwrap() <= 4);
        assert_eq!(crate::holding::of(db, space.party).await.unwrap(), 1);
        let removed = store::events::Filter { kind: Some("listing.removed".to_owned()), ..Default::default() };
        assert_eq!(space.test.store.count_events(&removed).await.unwrap(), 449);
        // Once more changes nothing.
        assert_eq!(undo(&space.listings, Ctx::system(), made.id).await.unwrap().undo.unwrap(), became);
    }
}

#[tokio::test]
async fn what_an_import_changed_says_again_what_it_said() {
    for space in Space::all().await {
        let publish = Options { publish: true, ..space.options() };
        space.import(needs(3, "cũ"), Some(NEEDS), &publish).await;

        let published = space.import(needs(3, "mới"), Some(NEEDS), &publish).await;
        assert_eq!(problem(&space, "n1", true).await, "Vấn đề mới, thứ 1");
        let view = undo(&space.listings, Ctx::system(), published.id).await.unwrap();
        assert_eq!(view.undo.unwrap().restored, 3);
        assert_eq!(problem(&space, "n1", true).await, "Vấn đề cũ, thứ 1");
        let row = space.row("n1").await;
        assert_eq!((row.head_version, row.public_version, row.revision.as_str()), (3, Some(3), "none"));

        let pending = space.import(needs(3, "mới"), Some(NEEDS), &space.options()).await;
        assert_eq!(problem(&space, "n1", false).await, "Vấn đề mới, thứ 1");
        undo(&space.listings, Ctx::system(), pending.id).await.unwrap();
        let row = space.row("n1").await;
        assert_eq!((row.revision.as_str(), problem(&space, "n1", false).await.as_str()), ("none", "Vấn đề cũ, thứ 1"));

        // A pending revision that was there before is pending again.
        space.import(needs(3, "đang sửa"), Some(NEEDS), &space.options()).await;
        let published = space.import(needs(3, "mới"), Some(NEEDS), &publish).await;
        undo(&space.listings, Ctx::system(), published.id).await.unwrap();
        let row = space.row("n1").await;
        assert_eq!(row.revision, "draft");
        assert_eq!(
            (problem(&space, "n1", true).await.as_str(), problem(&space, "n1", false).await.as_str()),
            ("Vấn đề cũ, thứ 1", "Vấn đề đang sửa, thứ 1")
        );
    }
}

#[tokio::test]
async fn a_draft_that_an_import_published_goes_out_of_sight() {
    let space = Space::sqlite().await;
    space.import(needs(1, "cũ"), Some(NEEDS), &space.options()).await;
    let published = space.import(needs(1, "mới"), Some(NEEDS), &Options { publish: true, ..space.options() }).await;
    undo(&space.listings, Ctx::system(), published.id).await.unwrap();
    assert_eq!((space.row("n0").await.status.as_str(), problem(&space, "n0", false).await.as_str()), ("on_hold", "Vấn đề cũ, thứ 0"));
}
