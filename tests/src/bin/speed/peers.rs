//! Peers in process: plain tantivy as the lower bound, and SQLite's full text.
//!
//! Both hold titles to show, one facet and the filter, and answer with twenty titles, the exact count and the counts of the
//! facet; tantivy is given the words that the product makes of a text, SQLite the text. The count is the sum of the facet's
//! counts, since every document has just one value: no peer is made to find the same twice.

use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, Executor as _, Row as _};
use search::tokens::Spaced;
use tantivy::collector::{Collector, SegmentCollector, TopDocs};
use tantivy::columnar::StrColumn;
use tantivy::merge_policy::NoMergePolicy;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{DocId, Index, IndexReader, IndexWriter, ReloadPolicy, Score, SegmentOrdinal, SegmentReader, TantivyDocument, Term};
use tokio::runtime::Runtime;

use crate::corpus::{Asked, Corpus, Doc, LEVELS, PROVINCES};
use crate::load::{Connection, Peer, Reply};

/// How many results are shown.
pub const SHOWN: usize = 20;

/// tantivy as it comes.
pub struct Plain {
    reader: IndexReader,
    title: Field,
    text: Field,
    trl: Field,
}

impl Plain {
    pub fn build(corpus: &Corpus, dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let mut schema = Schema::builder();
        let words = TextFieldIndexing::default().set_tokenizer("spaced").set_index_option(IndexRecordOption::WithFreqs);
        let title = schema.add_text_field("title", STORED);
        let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(words));
        let province = schema.add_text_field("province", STRING.set_fast("raw"));
        let trl = schema.add_u64_field("trl", NumericOptions::default().set_indexed());
        let mut index = Index::create_in_dir(dir, schema.build()).unwrap();
        let tokenizers = TokenizerManager::default();
        tokenizers.register("spaced", Spaced::default());
        index.set_tokenizers(tokenizers);
        // Threads and memory as a rebuild of the product has them.
        let mut writer: IndexWriter = index.writer_with_num_threads(2, 160_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        corpus.each(|doc| {
            let mut out = TantivyDocument::new();
            out.add_text(title, &doc.title);
            out.add_text(text, doc.folded());
            out.add_text(province, doc.province.to_string());
            out.add_u64(trl, u64::from(doc.trl));
            writer.add_document(out).unwrap();
        });
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().unwrap();
        Self { reader, title, text, trl }
    }

    pub fn ask(&self, asked: &Asked, any: bool) -> Reply {
        let occur = if any { Occur::Should } else { Occur::Must };
        let word = |text: &String| -> (Occur, Box<dyn Query>) {
            (occur, Box::new(TermQuery::new(Term::from_field_text(self.text, text), IndexRecordOption::WithFreqs)))
        };
        let mut query = BooleanQuery::new(asked.folded.iter().map(word).collect());
        if asked.narrowed {
            let level = |level: u8| -> Box<dyn Query> {
                Box::new(TermQuery::new(Term::from_field_u64(self.trl, u64::from(level)), IndexRecordOption::Basic))
            };
            let levels = ConstScoreQuery::new(Box::new(BooleanQuery::union(LEVELS.map(level).collect())), 0.0);
            query = BooleanQuery::intersection(vec![Box::new(query), Box::new(levels)]);
        }
        let searcher = self.reader.searcher();
        let (top, counts) = searcher.search(&query, &(TopDocs::with_limit(SHOWN).order_by_score(), Provinces)).unwrap();
        let titles: Vec<String> = top
            .into_iter()
            .map(|(_, at)| {
                let stored: TantivyDocument = searcher.doc(at).unwrap();
                stored.get_first(self.title).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
            })
            .collect();
        Reply { total: counts.iter().sum(), shown: titles.len() }
    }
}

/// Counts the values of the facet.
struct Provinces;

struct ProvincesOfSegment {
    column: StrColumn,
    counts: Vec<u64>,
}

impl Collector for Provinces {
    type Fruit = Vec<u64>;
    type Child = ProvincesOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Self::Child> {
        let column = segment.fast_fields().str("province")?.expect("every document has a province");
        Ok(ProvincesOfSegment { counts: vec![0; column.num_terms()], column })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, all: Vec<Vec<(String, u64)>>) -> tantivy::Result<Vec<u64>> {
        let mut counts = vec![0; PROVINCES];
        for (code, count) in all.into_iter().flatten() {
            counts[code.parse::<usize>().unwrap()] += count;
        }
        Ok(counts)
    }
}

impl SegmentCollector for ProvincesOfSegment {
    type Fruit = Vec<(String, u64)>;

    fn collect(&mut self, doc: DocId, _: Score) {
        if let Some(ord) = self.column.ords().first(doc) {
            self.counts[usize::try_from(ord).unwrap()] += 1;
        }
    }

    fn harvest(self) -> Self::Fruit {
        let mut named = Vec::with_capacity(self.counts.len());
        for (ord, count) in (0..).zip(self.counts) {
            let mut code = String::new();
            self.column.ord_to_str(ord, &mut code).unwrap();
            named.push((code, count));
        }
        named
    }
}

/// SQLite FTS5.
pub struct Fts {
    file: PathBuf,
}

/// How many documents one statement or transaction takes.
const BATCH: usize = 20_000;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// FTS5 drops marks by itself, but knows no đ.
fn without_d(text: &str) -> String {
    text.replace('đ', "d").replace('Đ', "D")
}

impl Fts {
    pub fn build(corpus: &Corpus, dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let fts = Self { file: dir.join("fts.sqlite") };
        let runtime = runtime();
        let mut db = runtime.block_on(fts.open());
        runtime.block_on(async {
            for statement in [
                "CREATE VIRTUAL TABLE words USING fts5(title, text, content='', tokenize='unicode61 remove_diacritics 2')",
                "CREATE TABLE title (id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
                "CREATE TABLE facet (id INTEGER PRIMARY KEY, province INTEGER NOT NULL, trl INTEGER NOT NULL)",
            ] {
                db.execute(statement).await.unwrap();
            }
        });
        let mut batch = Vec::new();
        corpus.each(|doc| {
            batch.push(doc);
            if batch.len() == BATCH {
                runtime.block_on(write(&mut db, std::mem::take(&mut batch)));
            }
        });
        runtime.block_on(async {
            write(&mut db, batch).await;
            db.execute("INSERT INTO words(words) VALUES('optimize')").await.unwrap();
            db.execute("ANALYZE").await.unwrap();
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
            db.close().await.unwrap();
        });
        fts
    }

    async fn open(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(&self.file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "4294967296");
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// Asks for all words, or for any.
    pub fn asking(&self, any: bool) -> FtsPeer<'_> {
        FtsPeer { fts: self, any }
    }
}

async fn write(db: &mut SqliteConnection, docs: Vec<Doc>) {
    let mut transaction = db.begin().await.unwrap();
    for doc in docs {
        let id = i64::try_from(doc.n).unwrap();
        sqlx::query("INSERT INTO words(rowid, title, text) VALUES(?, ?, ?)")
            .bind(id)
            .bind(without_d(&doc.title))
            .bind(without_d(&doc.text))
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("INSERT INTO title VALUES(?, ?)").bind(id).bind(&doc.title).execute(&mut *transaction).await.unwrap();
        sqlx::query("INSERT INTO facet VALUES(?, ?, ?)")
            .bind(id)
            .bind(i64::try_from(doc.province).unwrap())
            .bind(i64::from(doc.trl))
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
}

/// SQLite, asked in one way.
pub struct FtsPeer<'a> {
    fts: &'a Fts,
    any: bool,
}

struct FtsConnection {
    db: SqliteConnection,
    runtime: Runtime,
    any: bool,
}

impl Peer for FtsPeer<'_> {
    fn connect(&self) -> Box<dyn Connection + '_> {
        let runtime = runtime();
        let db = runtime.block_on(self.fts.open());
        Box::new(FtsConnection { db, runtime, any: self.any })
    }
}

const TOP: &str =
    "SELECT title.title FROM (SELECT rowid AS id, rank AS score FROM words WHERE words MATCH ?1 ORDER BY rank LIMIT 20) AS found
    JOIN title USING (id) ORDER BY found.score";
const TOP_NARROWED: &str =
    "SELECT title.title FROM (SELECT words.rowid AS id, words.rank AS score FROM words JOIN facet ON facet.id = words.rowid
    WHERE words MATCH ?1 AND facet.trl BETWEEN 4 AND 6 ORDER BY words.rank LIMIT 20) AS found JOIN title USING (id) ORDER BY found.score";
const COUNTS: &str = "SELECT province, count(*) FROM words JOIN facet ON facet.id = words.rowid WHERE words MATCH ?1 GROUP BY province";
const COUNTS_NARROWED: &str = "SELECT province, count(*) FROM words JOIN facet ON facet.id = words.rowid
    WHERE words MATCH ?1 AND facet.trl BETWEEN 4 AND 6 GROUP BY province";

impl Connection for FtsConnection {
    fn ask(&mut self, asked: &Asked) -> Reply {
        let words: Vec<String> = asked.unmarked.iter().map(|w| format!("\"{w}\"")).collect();
        let query = words.join(if self.any { " OR " } else { " AND " });
        let (top, counts) = if asked.narrowed { (TOP_NARROWED, COUNTS_NARROWED) } else { (TOP, COUNTS) };
        let db = &mut self.db;
        self.runtime.block_on(async {
            let titles: Vec<String> = sqlx::query_scalar(top).bind(&query).fetch_all(&mut *db).await.unwrap();
            let rows = sqlx::query(counts).bind(&query).fetch_all(&mut *db).await.unwrap();
            let total = rows.iter().map(|r| u64::try_from(r.get::<i64, _>(1)).unwrap()).sum();
            Reply { total, shown: titles.len() }
        })
    }
}
