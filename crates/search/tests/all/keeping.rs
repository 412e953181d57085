//! The index on disk: what is written is there again, what is damaged is rebuilt and never answers wrongly.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::corpus::*;
use base::{Actor, Clock, Lang, Limit};
use search::{Batch, Failure, Opened, Query, Search, SearchError, Settings, Viewer, Wanting};
use uuid::Uuid;

fn open(dir: &Path) -> Opened {
    let settings = Settings { lock_wait_ms: 200, ..Settings::default() };
    Search::open(dir, settings, vocabularies(), Clock::held_at(now())).unwrap()
}

fn some() -> Vec<search::Document> {
    documents((1..=20).map(|n| technology(n, &format!("Sấy dừa {n}"), "x")).collect())
}

fn rebuild(search: &Search, position: i64) {
    let mut rebuild = search.rebuild().unwrap();
    for doc in some() {
        rebuild.add(&doc).unwrap();
    }
    rebuild.finish(position).unwrap();
}

fn built(dir: &Path) -> Search {
    let opened = open(dir);
    assert_eq!(opened.wanting, Some(Wanting::Missing));
    assert_eq!(opened.search.position(), None);
    is_not_searched(&opened.search);
    rebuild(&opened.search, 7);
    opened.search
}

fn generations(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect()
}

/// An index that is not there finds nothing, and does not say that there is nothing.
fn is_not_searched(search: &Search) {
    let found = search.find(&Query::words("say dua"), &anybody());
    assert!(matches!(found, Err(SearchError::Index(Failure::Building))), "{found:?}");
    assert!(matches!(search.suggest("say dua", &anybody(), 10), Err(Failure::Building)));
}

#[test]
fn what_was_committed_is_there_again_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    assert_eq!((search.position(), find(&search, "say dua").total), (Some(7), 20));
    let add = documents(vec![technology(21, "Sấy dừa 21", "x"), technology(1, "Khác", "x")]);
    search.apply(&Batch { add, remove: vec![Uuid::from_u128(2)], position: 9 }).unwrap();
    let before: BTreeMap<Uuid, i64> = search.seals();
    drop(search);

    let opened = open(dir.path());
    assert_eq!(opened.wanting, None);
    assert_eq!((opened.search.position(), find(&opened.search, "say dua").total), (Some(9), 19));
    assert_eq!((opened.search.seals(), before.len()), (before, 20));
}

#[test]
fn an_answer_is_given_again_until_something_changes_and_to_no_other_viewer() {
    let search = empty();
    search.apply(&Batch { add: some(), remove: Vec::new(), position: 3 }).unwrap();
    let query = Query::words("say dua");
    let (vi, en) = (anybody(), Viewer::of(&Actor::anonymous(Lang::En)));
    let answer = |viewer: &Viewer| {
        let made = search.find_and_answer(&query, viewer, |found| Ok::<_, std::convert::Infallible>(found.total.to_string().into_bytes()));
        made.unwrap().unwrap()
    };
    assert_eq!(search.answered(&query, &vi), None);
    let first = answer(&vi);
    assert_eq!((search.answered(&query, &vi), search.answered(&query, &en)), (Some(first.clone()), None));
    assert_eq!(search.answered(&Query { limit: Limit::new(1).unwrap(), ..query.clone() }, &vi), None);

    search.apply(&Batch { add: documents(vec![technology(30, "Sấy dừa", "x")]), remove: Vec::new(), position: 4 }).unwrap();
    assert_eq!(search.answered(&query, &vi), None);
    assert_ne!(answer(&vi), first);
    search.set_weights((*search.weights()).clone());
    assert_eq!(search.answered(&query, &vi), None);
    answer(&vi);
    search.set_synonyms((*search.synonyms()).clone());
    assert_eq!(search.answered(&query, &vi), None);
}

#[test]
fn a_batch_applied_twice_is_applied_once() {
    let search = empty();
    let batch = Batch { add: some(), remove: vec![Uuid::from_u128(99)], position: 3 };
    search.apply(&batch).unwrap();
    search.apply(&batch).unwrap();
    assert_eq!((find(&search, "say dua").total, search.seals().len()), (20, 20));
}

#[test]
fn the_old_index_answers_while_the_new_one_is_built_and_then_goes() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let mut next = search.rebuild().unwrap();
    assert!(search.rebuild().is_err(), "one at a time");
    for doc in documents(vec![technology(500, "Hoàn toàn mới", "x")]) {
        next.add(&doc).unwrap();
    }
    assert_eq!(find(&search, "say dua").total, 20);
    search.apply(&Batch { add: documents(vec![technology(30, "Sấy dừa 30", "x")]), remove: vec![], position: 8 }).unwrap();
    assert_eq!(find(&search, "say dua").total, 21);
    next.finish(7).unwrap();
    assert_eq!((find(&search, "say dua").total, find(&search, "hoan toan moi").total, search.position()), (0, 1, Some(7)));
    assert_eq!(generations(dir.path()).len(), 1);
    search.apply(&Batch { add: documents(vec![technology(30, "Sấy dừa 30", "x")]), remove: vec![], position: 8 }).unwrap();
    assert_eq!(find(&search, "say dua").total, 1);
}

/// How many pieces the one index below a directory has.
fn pieces(dir: &Path) -> usize {
    let [index] = generations(dir).try_into().unwrap();
    fs::read_dir(index).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "term")).count()
}

#[tokio::test]
async fn joined_pieces_find_what_the_pieces_found_and_what_changes_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let write = |round: u128, remove| {
        let add = documents((1..=9).map(|n| technology(round * 100 + n, &format!("Sấy dừa {n}"), "x")).collect());
        search.apply(&Batch { add, remove, position: 12 }).unwrap();
    };
    for round in 1..=4 {
        write(round, vec![Uuid::from_u128(round)]);
    }
    assert!(pieces(dir.path()) >= 5);
    let all = Query { limit: base::Limit::new(100).unwrap(), ..Query::words("say dua") };
    let shown = |search: &Search| search.find(&all, &anybody()).unwrap().items.into_iter().map(|hit| hit.card).collect::<Vec<_>>();
    let before = shown(&search);
    assert_eq!(before.len(), 20 - 4 + 4 * 9);
    search.join_pieces().await.unwrap();
    assert_eq!((shown(&search), pieces(dir.path())), (before.clone(), 1));

    // A second time, with something that changes and something that goes while the pieces are joined.
    (5..=8).for_each(|round| write(round, vec![]));
    let meanwhile = async {
        let add = documents(vec![technology(101, "Khác hẳn", "x"), technology(600, "Sấy dừa 600", "x")]);
        search.apply(&Batch { add, remove: vec![Uuid::from_u128(501)], position: 13 }).unwrap();
    };
    let (joined, ()) = tokio::join!(search.join_pieces(), meanwhile);
    joined.unwrap();
    // Of the first one has other words now; of those that came since one went.
    assert_eq!((find(&search, "say dua").total, find(&search, "khac han").total), (52 - 1 + 4 * 9 + 1 - 1, 1));
    let seals = search.seals();
    drop(search);
    let again = open(dir.path());
    assert_eq!((again.wanting, again.search.position(), again.search.seals()), (None, Some(13), seals));
}

#[test]
fn a_rebuild_that_ends_half_way_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let mut next = search.rebuild().unwrap();
    next.add(&some()[0]).unwrap();
    assert_eq!(generations(dir.path()).len(), 2);
    drop(next);
    assert_eq!(generations(dir.path()).len(), 1, "what it made is gone at once");
    drop(search);
    let opened = open(dir.path());
    assert_eq!((opened.wanting, find(&opened.search, "say dua").total), (None, 20));
    assert_eq!(generations(dir.path()).len(), 1);
    assert!(opened.search.rebuild().is_ok());
}

#[test]
fn an_index_held_by_another_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let holder = built(dir.path());
    let before = generations(dir.path());
    let opened = open(dir.path());
    assert_eq!(opened.wanting, Some(Wanting::Locked));
    drop(opened);
    assert_eq!(generations(dir.path()), before);
    assert_eq!(find(&holder, "say dua").total, 20);
    holder.rebuild().unwrap();
}

/// A folder of an index, byte by byte.
struct Bytes(Vec<(PathBuf, Vec<u8>)>);

impl Bytes {
    fn read(dir: &Path) -> Self {
        let generation = generations(dir).pop().unwrap();
        let mut files: Vec<PathBuf> =
            fs::read_dir(generation).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_none_or(|e| e != "lock")).collect();
        files.push(dir.join("live.json"));
        files.sort();
        let relative = |path: &Path| path.strip_prefix(dir).unwrap().to_owned();
        Self(files.iter().map(|path| (relative(path), fs::read(path).unwrap())).collect())
    }

    /// The same folder elsewhere, with one file other; gone where `bytes` is none.
    fn with(&self, name: &Path, bytes: Option<&[u8]>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, whole) in &self.0 {
            let there = dir.path().join(path);
            fs::create_dir_all(there.parent().unwrap()).unwrap();
            match bytes {
                Some(bytes) if path == name => fs::write(there, bytes).unwrap(),
                None if path == name => {}
                _ => fs::write(there, whole).unwrap(),
            }
        }
        dir
    }
}

/// What the index says of everything in it: ids and seals, its place in the log, and what is found.
fn said(search: &Search) -> String {
    let found = |text: &str| {
        let found = search.find(&Query::words(text), &anybody()).unwrap();
        let hits: Vec<String> = found.items.iter().map(|h| format!("{} {:?} {:?}", h.card.code, h.score, h.highlights)).collect();
        format!("{} {hits:?} {:?}", found.total, found.facets)
    };
    let texts = ["say dua", "", "\"sấy dừa 3\"", "dừa -sấy", "khac", "title:dừa"].map(found);
    format!("{:?} {:?} {texts:?}", search.position(), search.seals())
}

/// Opens a damaged index: it is either found to be damaged, or says what the whole one says.
fn is_found_or_harmless(dir: &Path, whole: &str, what: &str) -> bool {
    let opened = open(dir);
    if opened.wanting.is_some() {
        is_not_searched(&opened.search);
        assert_eq!(opened.search.position(), None, "{what}");
        return true;
    }
    assert_eq!(said(&opened.search), whole, "{what}");
    false
}

/// An index with two pieces, one of them with documents that are gone, and what it says.
fn some_index() -> (Bytes, String) {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let add = documents(vec![technology(21, "Sấy dừa 21", "x"), technology(1, "Khác", "x")]);
    search.apply(&Batch { add, remove: vec![Uuid::from_u128(2)], position: 19 }).unwrap();
    drop(search);
    let whole = said(&open(dir.path()).search);
    let bytes = Bytes::read(dir.path());
    let kinds: std::collections::BTreeSet<String> =
        bytes.0.iter().filter_map(|(p, _)| Some(p.extension()?.to_string_lossy().into_owned())).collect();
    for kind in ["json", "term", "idx", "pos", "fast", "fieldnorm", "store", "del"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
    (bytes, whole)
}

#[test]
fn a_file_that_is_gone_cut_or_empty_is_found() {
    let (bytes, whole) = some_index();
    for (name, content) in &bytes.0 {
        let half = &content[..content.len() / 2];
        for (damage, left) in
            [("gone", None), ("empty", Some(&[][..])), ("cut", Some(half)), ("longer", Some(&[content, &b"x"[..]].concat()[..]))]
        {
            let dir = bytes.with(name, left);
            let what = format!("{} {damage}", name.display());
            assert!(is_found_or_harmless(dir.path(), &whole, &what), "{what} was not noticed");
            let opened = open(dir.path());
            rebuild(&opened.search, 7);
            assert_eq!((find(&opened.search, "say dua").total, opened.search.position()), (20, Some(7)), "{what}");
        }
    }
}

#[test]
fn a_bit_that_is_flipped_anywhere_changes_no_answer() {
    let (bytes, whole) = some_index();
    let mut draw = 20_261_129_u64;
    let mut next = |most: usize| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(draw >> 33).unwrap() % most
    };
    for (name, content) in &bytes.0 {
        // Many bytes of the small files that name the others; some of each other file, its end among them.
        let is_list = name.extension().is_some_and(|e| e == "json");
        let places: Vec<usize> = if is_list {
            (0..content.len()).step_by(11).chain([content.len().saturating_sub(33), content.len() - 1]).collect()
        } else {
            (0..4).map(|_| next(content.len())).chain((content.len().saturating_sub(24)..content.len()).step_by(8)).collect()
        };
        for place in places {
            let mut flipped = content.clone();
            flipped[place] ^= 1 << next(8);
            let dir = bytes.with(name, Some(&flipped));
            is_found_or_harmless(dir.path(), &whole, &format!("{}, byte {place}", name.display()));
        }
    }
}

#[test]
fn another_edition_and_a_lost_directory_are_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    drop(built(dir.path()));
    fs::write(dir.path().join("live.json"), "{\"generation\":1,\"schema\":0}").unwrap();
    assert_eq!(open(dir.path()).wanting, Some(Wanting::OtherVersion));
    let opened = open(dir.path());
    rebuild(&opened.search, 7);
    drop(opened);
    for generation in generations(dir.path()) {
        fs::remove_dir_all(generation).unwrap();
    }
    assert!(matches!(open(dir.path()).wanting, Some(Wanting::Damaged(_))));
    fs::write(dir.path().join("live.json"), format!("{{\"generation\":77,\"schema\":{}}}", search::schema::VERSION)).unwrap();
    assert!(matches!(open(dir.path()).wanting, Some(Wanting::Damaged(_))), "a generation that is not there");
    fs::write(dir.path().join("live.json"), "{").unwrap();
    let opened = open(dir.path());
    assert_eq!(opened.wanting, Some(Wanting::Missing));
    is_not_searched(&opened.search);
}

#[test]
fn the_size_of_the_index_is_told_from_its_opening_on_and_each_search_once() {
    let dir = tempfile::tempdir().unwrap();
    let told = |during: &dyn Fn()| {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, during);
        recorder.handle().render()
    };
    let has = |text: &str, line: &str| text.lines().any(|l| l == line);
    let built = told(&|| drop(built(dir.path())));
    assert!(has(&built, "search_documents 20"), "{built}");
    let opened = told(&|| drop(open(dir.path())));
    assert!(has(&opened, "search_documents 20") && opened.contains("search_segments "), "{opened}");
    let searched = told(&|| {
        let search = open(dir.path()).search;
        assert!(find(&search, "say duaa").did_you_mean.is_some(), "another search within it");
        assert!(!search.suggest("sấy", &anybody(), 5).unwrap().is_empty());
    });
    assert!(has(&searched, "search_seconds_count 1") && has(&searched, "suggest_seconds_count 1"), "{searched}");
}
