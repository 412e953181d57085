//! Queries that are meant to do harm: what each costs, and what those of everybody else cost beside them.
//!
//! Each is to be answered within 250 ms, or refused, and others are to wait no more than twice as long at the 99th of a
//! hundred. Other limits that a server has (so many requests a minute from one address) are off here.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base::Vocabularies;
use search::{Facet, MAX_FILTER_VALUES};

use crate::RATE;
use crate::corpus::Corpus;
use crate::load::{self, Cell};
use crate::ours::Ours;

/// How often each is asked alone.
const TIMES: usize = 5;
/// Documents that the commonest words are counted in.
const COUNTED_WORDS: u64 = 5_000;
/// After so many rounds a text is the same again: others have taken the room of what was kept by then.
const ROUNDS: usize = 60;
/// Pages that are leafed through.
const PAGES: usize = 30;
/// How many hostile queries a second come beside the others, and over how many connections without pause.
const BESIDE: [(&str, Option<u64>, usize); 3] =
    [("10 a second", Some(10), 2), ("one connection without pause", None, 1), ("four connections without pause", None, 4)];

/// A hostile request.
struct Hostile {
    name: &'static str,
    path: String,
}

impl Hostile {
    /// The request as it is made in a round: with so many spaces before its text that what an earlier round came to, which
    /// is kept, is no answer to it. One with a cursor stays as it is, for the cursor is one of its text.
    fn path_in(&self, round: usize) -> String {
        if self.path.contains("cursor=") {
            return self.path.clone();
        }
        self.path.replacen("q=", &format!("q={}", "+".repeat(round % ROUNDS)), 1)
    }
}

fn search(name: &'static str, pairs: &[(&str, &str)]) -> Hostile {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Hostile { name, path: format!("/api/v1/search?{query}") }
}

/// The commonest words of the documents, the commonest first.
fn common_words(corpus: &Corpus) -> Vec<String> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut left = COUNTED_WORDS;
    corpus.each(|doc| {
        if left > 0 {
            left -= 1;
            for word in doc.text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 1) {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    });
    let mut words: Vec<(String, u64)> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.into_iter().map(|(word, _)| word).collect()
}

/// As many codes of a list as a facet may be narrowed to.
fn codes(vocabularies: &Vocabularies, list: &str) -> String {
    let terms = &vocabularies.get(list).expect("the list is built in").terms;
    terms.iter().take(MAX_FILTER_VALUES).map(|term| term.code.as_str()).collect::<Vec<_>>().join(",")
}

fn all(words: &[String], vocabularies: &Vocabularies) -> Vec<Hostile> {
    let some = |count: usize| words.iter().take(count).cloned().collect::<Vec<_>>();
    let up_to = |text: &str| text.chars().take(900).collect::<String>();
    let beginnings: Vec<String> = some(60).iter().map(|w| format!("{}*", w.chars().take(2).collect::<String>())).collect();
    let numbers = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let narrowing =
        [(Facet::Field, "fields"), (Facet::Province, "provinces"), (Facet::Cooperation, "cooperation"), (Facet::PartyType, "party_types")];
    let every_facet: Vec<(&str, String)> = narrowing.map(|(facet, list)| (facet.as_str(), codes(vocabularies, list))).into();
    let mut narrowed: Vec<(&str, &str)> = every_facet.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frequent = up_to(&some(200).join(" "));
    narrowed.push(("q", &frequent));
    let mut list = vec![
        search("10,000 brackets", &[("q", &"(".repeat(10_000))]),
        search("900 brackets", &[("q", &"(-(".repeat(300))]),
        search("20,000 words", &[("q", &"dua ".repeat(20_000))]),
        search("a megabyte", &[("q", &"d".repeat(1_000_000))]),
        search("only operators", &[("q", &"- OR | AND -".repeat(70))]),
        search("only marks", &[("q", &"\"~*:-".repeat(150))]),
        search("only stop words", &[("q", &up_to(&"và của là các những trong cho ".repeat(30)))]),
        search("10,000 values of a facet", &[("q", "dua"), ("field", &numbers(10_000))]),
        search("50 values of every facet", &narrowed),
        search("the 200 commonest words", &[("q", &frequent)]),
        search("beginnings of the commonest words", &[("q", &up_to(&beginnings.join(" ")))]),
        search("beginnings of one letter", &[("q", &"t* n* c* d* l* h* ".repeat(50))]),
        search("beginnings, one or another", &[("q", &up_to(&beginnings.join(" OR ")))]),
        search("64 common words, one or another", &[("q", &up_to(&some(64).join(" OR ")))]),
        search(
            "common words, none of them",
            &[("q", &up_to(&format!("a {}", some(100).iter().map(|w| format!("-{w}")).collect::<Vec<_>>().join(" "))))],
        ),
        search(
            "phrases of common words",
            &[("q", &up_to(&some(120).chunks(2).map(|w| format!("\"{}\"", w.join(" "))).collect::<Vec<_>>().join(" ")))],
        ),
        search("one long phrase", &[("q", &format!("\"{}\"", up_to(&some(180).join(" "))))]),
        search("words of one letter", &[("q", &"a b c d e g h i k l m n o p q r s t u v x y ".repeat(20))]),
        search("words that nobody wrote", &[("q", &up_to(&(0..150).map(|n| format!("zq{n}x")).collect::<Vec<_>>().join(" ")))]),
        search("typing errors in every word", &[("q", &up_to(&some(150).iter().map(|w| format!("{w}q")).collect::<Vec<_>>().join(" ")))]),
        search("one facet 4,000 times", &[("q", "dua"), ("facets", &["province"; 4_000].join(","))]),
        search("every facet 60 times", &[("q", "dua"), ("facets", &[Facet::SHOWN.map(Facet::as_str).join(",").as_str(); 60].join(","))]),
        search("everything by date, all facets", &[("q", ""), ("sort", "closing_soon"), ("limit", "100")]),
        search("codes and numbers", &[("q", &up_to(&"CN-2026-0000001 ".repeat(60)))]),
        search("titles of common words", &[("q", &up_to(&some(120).iter().map(|w| format!("title:{w}")).collect::<Vec<_>>().join(" ")))]),
        search("bidirectional marks", &[("q", &"\u{202e}dừa\u{200b}".repeat(60))]),
        search("combining marks", &[("q", &"a\u{300}\u{301}\u{302}".repeat(120))]),
        search("a cursor that is none", &[("q", "dua"), ("cursor", &"A".repeat(4_000))]),
    ];
    let typed = form_urlencoded::Serializer::new(String::new()).append_pair("q", &frequent).finish();
    list.push(Hostile { name: "completing a long text", path: format!("/api/v1/suggest?{typed}") });
    list.push(Hostile { name: "completing two letters", path: "/api/v1/suggest?q=th".to_owned() });
    list.push(Hostile { name: "a page of the commonest words", path: list[9].path.replacen("/api/v1/search", "/search", 1) });
    list.push(Hostile { name: "a feed of the commonest words", path: list[9].path.replacen("/api/v1/search", "/search/feed", 1) });
    list
}

type Stream = BufReader<TcpStream>;
/// Status and body.
type Answer = (u16, Vec<u8>);

/// A connection that takes whatever comes back.
struct Line {
    address: SocketAddr,
    stream: Option<Stream>,
}

impl Line {
    fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// The answer; none where the connection is closed before there is an answer.
    fn ask(&mut self, path: &str) -> Option<Answer> {
        let stream =
            self.stream.take().unwrap_or_else(|| BufReader::new(TcpStream::connect(self.address).expect("the server takes connections")));
        let (answer, stream) = Self::try_ask(stream, path)?;
        self.stream = stream;
        Some(answer)
    }

    /// The answer, and the connection if it goes on.
    fn try_ask(mut stream: Stream, path: &str) -> Option<(Answer, Option<Stream>)> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\r\n");
        // A request that is too long is refused before it was read to its end.
        let sent = stream.get_mut().write_all(request.as_bytes());
        let (mut status, mut length, mut closes) = (None, 0, sent.is_err());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if status.is_none() {
                status = line.split(' ').nth(1).and_then(|s| s.parse().ok());
            } else if line.is_empty() {
                break;
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            } else if line == "connection: close" {
                closes = true;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some(((status?, body), (!closes).then_some(stream)))
    }
}

/// What answers may be: found, or refused for what was asked.
fn is_allowed(status: u16) -> bool {
    matches!(status, 200 | 400 | 413 | 414 | 431)
}

fn text(status: Option<u16>) -> String {
    status.map_or_else(|| "closed".to_owned(), |status| status.to_string())
}

/// Page after page of a common word, to the last that is asked for.
fn deep(line: &mut Line, word: &str) -> Option<Hostile> {
    let first = search("", &[("q", word), ("limit", "100")]).path;
    let mut path = first.clone();
    for _ in 0..PAGES {
        let (_, body) = line.ask(&path)?;
        let found: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let Some(next) = found["next"].as_str() else { break };
        let cursor = form_urlencoded::Serializer::new(String::new()).append_pair("cursor", next).finish();
        path = format!("{first}&{cursor}");
    }
    Some(Hostile { name: "a deep page", path })
}

/// Measures, and gives the tables.
pub fn measure(ours: &Ours, corpus: &Corpus, length: Duration) -> Vec<String> {
    let words = common_words(corpus);
    let mut list = all(&words, &Vocabularies::built_in().expect("the vocabularies are built in"));
    let mut line = Line::new(ours.address);
    list.extend(words.first().and_then(|word| deep(&mut line, word)));

    let mut lines = vec![format!(
        "\nHostile queries over HTTP, each {TIMES} times with nothing beside it, ms:\n\n| query | answer | median | slowest |\n|---|---|---|---|"
    )];
    for hostile in &list {
        let mut status = None;
        let mut times_ms: Vec<f64> = (0..TIMES)
            .map(|_| {
                ours.forget();
                let started = Instant::now();
                status = line.ask(&hostile.path).map(|(status, _)| status);
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times_ms.sort_by(f64::total_cmp);
        let cell = Cell { times_ms, per_second: 0.0 };
        let row = format!("| {} | {} | {:.1} | {:.1} |", hostile.name, text(status), cell.at(0.5), cell.at(1.0));
        eprintln!("{row}");
        lines.push(row);
    }

    let ordinary = ours.http(&corpus.queries, true);
    load::warm(&ordinary, &corpus.queries, length * 4);
    let alone = load::paced(&ordinary, &corpus.queries, RATE, 16, length);
    lines.push(format!(
        "\nOrdinary queries at {RATE} a second, ms:\n\n| beside | p50 | p99 | p99 to alone | hostile answered | slowest hostile | not as allowed |\n|---|---|---|---|---|---|---|"
    ));
    lines.push(format!("| nothing | {:.2} | {:.2} | | | | |", alone.at(0.5), alone.at(0.99)));
    for (name, rate, connections) in BESIDE {
        let stop = AtomicBool::new(false);
        let (cell, told) = std::thread::scope(|scope| {
            let hostile: Vec<_> = (0..connections)
                .map(|first| {
                    let (stop, list, address) = (&stop, &list, ours.address);
                    scope.spawn(move || stream(address, list, (first, connections), rate, stop))
                })
                .collect();
            let cell = load::paced(&ordinary, &corpus.queries, RATE, 16, length);
            stop.store(true, Ordering::Relaxed);
            (cell, hostile.into_iter().flat_map(|thread| thread.join().expect("hostile threads end")).collect::<Vec<_>>())
        });
        let slowest = told
            .iter()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or_else(String::new, |(n, took, _)| format!("{took:.0} ms: {}", list[*n].name));
        let wrong = told.iter().filter(|(_, _, status)| !status.is_none_or(is_allowed)).count();
        let row = format!(
            "| {name} | {:.2} | {:.2} | {:.1} | {} | {slowest} | {wrong} |",
            cell.at(0.5),
            cell.at(0.99),
            cell.at(0.99) / alone.at(0.99),
            told.len()
        );
        eprintln!("{row}");
        lines.push(row);
    }
    let lives = Line::new(ours.address).ask("/healthz").map(|(status, _)| status);
    lines.push(format!("\nAfterwards the process says {} of itself.", text(lives)));
    lines
}

/// Asks one hostile query after the other until it is told to stop: which, how long it took, and the answer.
fn stream(
    address: SocketAddr,
    list: &[Hostile],
    (first, step): (usize, usize),
    rate: Option<u64>,
    stop: &AtomicBool,
) -> Vec<(usize, f64, Option<u16>)> {
    let mut line = Line::new(address);
    let mut told = Vec::new();
    for n in (first..).step_by(step) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let at = n % list.len();
        let path = list[at].path_in(n / list.len());
        let started = Instant::now();
        let status = line.ask(&path).map(|(status, _)| status);
        told.push((at, started.elapsed().as_secs_f64() * 1e3, status));
        if let Some(rate) = rate {
            let every = Duration::from_micros(1_000_000 * u64::try_from(step).unwrap() / rate);
            std::thread::sleep(every.saturating_sub(started.elapsed()));
        }
    }
    told
}
