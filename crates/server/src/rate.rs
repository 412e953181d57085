//! Requests per network address, in this process: a first hold against floods. What must not be guessed has its own
//! count in the database (`store::throttle`).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// After so many checks, addresses that are quiet again are forgotten.
const FORGET_EVERY: u32 = 10_000;

/// The rates of all addresses.
pub(crate) struct Rates {
    limiter: Option<DefaultKeyedRateLimiter<String>>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl Rates {
    /// So many requests a minute each; 0 for as many as they like.
    pub(crate) fn new(per_minute: u32) -> Self {
        let limiter = NonZeroU32::new(per_minute).map(|n| RateLimiter::keyed(Quota::per_minute(n)));
        Self { limiter, clock: DefaultClock::default(), checks: AtomicU32::new(0) }
    }

    /// Counts a request, or says how long to wait.
    pub(crate) fn check(&self, address: String) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(&address).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}
