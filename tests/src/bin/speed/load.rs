//! The load: so many connections that ask as quickly as they are answered, or a steady rate whatever the answers do.
//!
//! Each connection is a thread with its own client. The threads share the processors with what they measure, so the
//! client does the least it can: the requests are made before, and of an answer only status and length are looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::corpus::Asked;

/// What is answered to a query.
pub struct Reply {
    /// The exact count, where the answer was read.
    pub total: u64,
    /// Titles shown.
    pub shown: usize,
}

/// One that is asked, from so many connections.
pub trait Peer: Sync {
    /// Another connection; it stays in its thread.
    fn connect(&self) -> Box<dyn Connection + '_>;
}

/// A connection.
pub trait Connection {
    /// Asks and waits for the answer.
    fn ask(&mut self, asked: &Asked) -> Reply;
}

impl<F: Fn(&Asked) -> Reply + Sync> Peer for F {
    fn connect(&self) -> Box<dyn Connection + '_> {
        struct Here<'a, F>(&'a F);
        impl<F: Fn(&Asked) -> Reply> Connection for Here<'_, F> {
            fn ask(&mut self, asked: &Asked) -> Reply {
                (self.0)(asked)
            }
        }
        Box::new(Here(self))
    }
}

/// What was measured at so many connections.
pub struct Cell {
    pub times_ms: Vec<f64>,
    pub per_second: f64,
}

impl Cell {
    pub fn at(&self, share: f64) -> f64 {
        let last = self.times_ms.len().saturating_sub(1);
        self.times_ms.get(((self.times_ms.len() as f64 * share) as usize).min(last)).copied().unwrap_or(f64::NAN)
    }
}

fn cell(all: Vec<Vec<f64>>, took: Duration) -> Cell {
    let mut times_ms: Vec<f64> = all.into_iter().flatten().collect();
    times_ms.sort_by(f64::total_cmp);
    Cell { per_second: times_ms.len() as f64 / took.as_secs_f64(), times_ms }
}

/// Runs `work` on so many threads at once, each with its connection; what each gives, and how long all took.
fn on_threads<T: Send>(peer: &dyn Peer, connections: usize, work: impl Fn(&mut dyn Connection, Instant) -> T + Sync) -> (Vec<T>, Duration) {
    let barrier = Barrier::new(connections);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = peer.connect();
                    barrier.wait();
                    let begin = Instant::now();
                    (work(connection.as_mut(), begin), begin, Instant::now())
                })
            })
            .collect();
        let done: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        let begin = done.iter().map(|(_, begin, _)| *begin).min().unwrap();
        let end = done.iter().map(|(_, _, end)| *end).max().unwrap();
        (done.into_iter().map(|(all, _, _)| all).collect(), end - begin)
    })
}

/// Every query once, or as many as there is time for.
pub fn warm(peer: &dyn Peer, queries: &[Asked], most: Duration) {
    on_threads(peer, 2, |connection, begin| {
        for asked in queries {
            if begin.elapsed() > most {
                break;
            }
            connection.ask(asked);
        }
    });
}

/// As quickly as it answers, over so many connections.
pub fn flat_out(peer: &dyn Peer, queries: &[Asked], connections: usize, length: Duration) -> Cell {
    let next = AtomicU64::new(0);
    let (all, took) = on_threads(peer, connections, |connection, begin| {
        let mut times = Vec::new();
        while begin.elapsed() < length {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let started = Instant::now();
            connection.ask(&queries[usize::try_from(n).unwrap() % queries.len()]);
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        times
    });
    cell(all, took)
}

/// At a steady rate: a request counts from when it was due, so that what waits behind a slow one is slow as well. What
/// could not be asked in three times the length counts as it stands then.
pub fn paced(peer: &dyn Peer, queries: &[Asked], rate: u64, connections: usize, length: Duration) -> Cell {
    let next = AtomicU64::new(0);
    let wanted = rate * length.as_secs().max(1);
    let (all, took) = on_threads(peer, connections, |connection, begin| {
        let mut times = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= wanted {
                return times;
            }
            let due = begin + Duration::from_micros(n * 1_000_000 / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if begin.elapsed() < length * 3 {
                connection.ask(&queries[usize::try_from(n).unwrap() % queries.len()]);
            }
            times.push(due.elapsed().as_secs_f64() * 1e3);
        }
    });
    cell(all, took)
}

/// A server, asked over HTTP.
pub struct Http {
    pub address: SocketAddr,
    /// The path of each query.
    pub paths: Vec<String>,
}

struct HttpConnection<'a> {
    server: &'a Http,
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Http {
    fn open(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        BufReader::with_capacity(64 * 1024, stream)
    }
}

impl Peer for Http {
    fn connect(&self) -> Box<dyn Connection + '_> {
        Box::new(HttpConnection { server: self, stream: self.open(), line: String::new(), body: Vec::new() })
    }
}

impl HttpConnection<'_> {
    fn try_ask(&mut self, path: &str) -> std::io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        let mut status = None;
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = self.line.trim_end();
            if status.is_none() {
                status = Some(line.split(' ').nth(1).unwrap_or_default().to_owned());
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        self.body.resize(length.expect("the answer says its length"), 0);
        self.stream.read_exact(&mut self.body)?;
        assert_eq!(status.as_deref(), Some("200"), "{path}: {}", String::from_utf8_lossy(&self.body));
        Ok(())
    }
}

impl Connection for HttpConnection<'_> {
    fn ask(&mut self, asked: &Asked) -> Reply {
        let server = self.server;
        let path = &server.paths[asked.n];
        // A server may close a connection that rested.
        if self.try_ask(path).is_err() {
            self.stream = server.open();
            self.try_ask(path).unwrap();
        }
        Reply { total: 0, shown: 0 }
    }
}
