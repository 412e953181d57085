//! Runs: again, interrupted, in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use store::Ctx;
use store::jobs::Which;

use super::{NEEDS, Space, needs};
use crate::import::rows::{import, made};
use crate::import::{Import, ImportState, Mapping, Options, Phase, get, run_waiting, start};
use crate::rows::version;

fn publish(space: &Space) -> Options {
    Options { publish: true, ..space.options() }
}

#[tokio::test]
async fn the_same_id_again_is_a_new_version_only_where_the_content_differs() {
    for space in Space::all().await {
        let first = space.import(needs(5, "cũ"), Some(NEEDS), &publish(&space)).await;
        assert_eq!((first.state, first.created), (ImportState::Done, 5), "{first:?}");
        let before = space.row("n3").await;
        assert_eq!((before.status.as_str(), before.public_version), ("published", Some(1)));
        assert!(before.next_action_on.is_some() && before.expires_at.is_some());

        let changed = needs(6, "cũ").replace("Vấn đề cũ, thứ 3", "Vấn đề mới");
        let second = space.import(&changed, Some(NEEDS), &publish(&space)).await;
        assert_eq!((second.created, second.updated, second.unchanged), (1, 1, 4), "{second:?}");
        let after = space.row("n3").await;
        assert_eq!((after.id, after.head_version, after.public_version), (before.id, 2, Some(2)));

        // Without publishing, the public keeps what it has.
        let third = space.import(changed.replace("Vấn đề mới", "Vấn đề mới hơn"), Some(NEEDS), &space.options()).await;
        assert_eq!((third.updated, third.unchanged), (1, 5));
        let pending = space.row("n3").await;
        assert_eq!((pending.revision.as_str(), pending.head_version, pending.public_version), ("draft", 3, Some(2)));
        assert_eq!(space.count().await, 6);
        assert!(space.test.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn drafts_are_published_when_the_file_comes_again_to_be_published() {
    let space = Space::sqlite().await;
    space.import(needs(2, "x"), Some(NEEDS), &space.options()).await;
    assert_eq!(space.row("n1").await.status, "draft");
    let view = space.import(needs(2, "x"), Some(NEEDS), &publish(&space)).await;
    assert_eq!((view.updated, view.unchanged), (2, 0));
    assert_eq!(space.row("n1").await.status, "published");
}

#[tokio::test]
async fn a_run_that_is_stopped_goes_on_where_it_was_without_losing_or_doubling_a_row() {
    for space in Space::all().await {
        let path = space.file("big.csv", needs(1_300, "x"));
        let mapping = Mapping::parse("test", NEEDS).unwrap();
        let mut import = Import::new(space.listings.clone());
        let (stop, written) = (import.stop.clone(), Arc::new(AtomicU64::new(0)));
        let seen = Arc::clone(&written);
        import.progress = Arc::new(move |p| {
            if p.phase == Phase::Writing {
                seen.store(p.rows_done, Ordering::SeqCst);
                stop.cancel();
            }
        });
        let stopped = import.run(Ctx::system(), &path, Some(&mapping), &publish(&space)).await.unwrap();
        assert_eq!((stopped.state, stopped.rows_done, space.count().await), (ImportState::Interrupted, 500, 500), "{}", space.test.name);
        assert_eq!(written.load(Ordering::SeqCst), 500);

        // As after a crash: nobody noted that it stopped.
        let change = import::ActiveModel { state: Set("running".to_owned()), ..Default::default() };
        import::Entity::update_many().set(change).exec(space.test.store.db()).await.unwrap();
        let whole = Import::new(space.listings.clone()).run(Ctx::system(), &path, Some(&mapping), &publish(&space)).await.unwrap();
        assert_eq!((whole.id, whole.state, whole.rows_done, whole.created), (stopped.id, ImportState::Done, 1_300, 1_300));
        assert_eq!(space.count().await, 1_300);
        let noted = made::Entity::find().filter(made::Column::ImportId.eq(whole.id.0)).count(space.test.store.db()).await.unwrap();
        assert_eq!(noted, 1_300);
        assert_eq!(version::Entity::find().count(space.test.store.db()).await.unwrap(), 1_300);
    }
}

#[tokio::test]
async fn a_waiting_import_is_run_by_a_worker_and_its_file_goes() {
    let space = Space::sqlite().await;
    let data = space.test.dir.path();
    let upload = space.file("upload", needs(3, "x"));
    let waiting = start(&space.listings, Ctx::system(), data, &upload, Some(NEEDS), &publish(&space)).await.unwrap();
    assert_eq!(waiting.state, ImportState::Waiting);
    assert!(!upload.exists());
    let job = space.test.store.claim_job(Which::Only(crate::import::JOB)).await.unwrap().unwrap();
    crate::import::run_job(&space.listings, data, &job, Default::default()).await.unwrap();
    let done = get(&space.listings, &base::Actor::system(), waiting.id).await.unwrap();
    assert_eq!((done.state, done.created), (ImportState::Done, 3));
    assert!(!data.join("imports").join(waiting.id.to_string()).exists());
    // A job that comes twice does nothing.
    run_waiting(&space.listings, data, waiting.id, Arc::new(|_| {}), Default::default()).await.unwrap();
    assert_eq!(space.count().await, 3);

    let upload = space.file("upload", needs(3, "x"));
    let wrong = start(&space.listings, Ctx::system(), data, &upload, Some("kind = \"x\""), &space.options()).await.unwrap_err();
    assert!(matches!(wrong, crate::ListingError::Invalid(ref f) if f.iter().any(|f| f.pointer == "/mapping")), "{wrong:?}");
}
