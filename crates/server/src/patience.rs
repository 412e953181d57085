//! How long a request may take: so long in all, and longer by what its body needs on a slow line.
//!
//! A limit on the whole would cut off every large file on a line that is slow and steady; one between two pieces would wait
//! for a sender who gives a byte now and then. So each byte that came buys time, at the rate of the slowest line that is
//! waited for.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt as _;
use tokio::time::Instant;

/// The slowest line whose sender is waited for, in bytes a second: 128 kbit/s.
const SLOWEST: u64 = 16 * 1024;

/// So many bytes of a body came so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received(Arc<AtomicU64>);

impl Received {
    /// The request, with what is read of its body counted.
    pub(crate) fn count(&self, request: Request) -> Request {
        let received = Arc::clone(&self.0);
        request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                received.fetch_add(bytes, Ordering::Relaxed);
                frame
            }))
        })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long a request may take of which so many bytes came.
fn allowed(limit: Duration, bytes: u64) -> Duration {
    limit.saturating_add(Duration::from_millis(bytes.saturating_mul(1_000) / SLOWEST))
}

/// Does the work, unless it takes longer than `limit` and what the received bytes bought: then none.
pub(crate) async fn within<T>(limit: Duration, received: &Received, work: impl Future<Output = T>) -> Option<T> {
    let started = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        let until = started + allowed(limit, received.bytes());
        if let Ok(done) = tokio::time::timeout_at(until, &mut work).await {
            return Some(done);
        }
        if Instant::now() >= started + allowed(limit, received.bytes()) {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// Whether a sender of so many bytes a second is waited for until a file of such a size is there.
    fn is_waited_for(bytes: u64, a_second: u64) -> bool {
        (1..=bytes.div_ceil(a_second)).all(|second| Duration::from_secs(second) < allowed(LIMIT, second * a_second))
    }

    #[test]
    fn a_large_file_on_a_slow_line_is_waited_for_and_a_byte_now_and_then_is_not() {
        assert!(is_waited_for(50 << 20, 17 * 1024));
        assert!(!is_waited_for(50 << 20, 15 * 1024));
        assert!(!is_waited_for(100, 1));
    }

    #[tokio::test]
    async fn what_came_buys_time_and_nothing_else_does() {
        let (none, much) = (Received::default(), Received(Arc::new(AtomicU64::new(1 << 30))));
        let slow = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(within(Duration::ZERO, &none, std::future::pending::<()>()).await, None);
        assert_eq!(within(Duration::ZERO, &much, slow).await, Some(()));
        assert_eq!(within(LIMIT, &none, std::future::ready(7)).await, Some(7));
    }

    #[tokio::test]
    async fn what_is_read_of_a_body_is_counted() {
        let received = Received::default();
        let request = received.count(Request::new(Body::from("bốn chữ")));
        assert_eq!(received.bytes(), 0);
        let read = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!((read.len() as u64, received.bytes()), (11, 11));
    }
}
