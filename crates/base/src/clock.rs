//! Time is an argument: everything that needs "now" or a new id gets a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Hours that Vietnam is ahead of UTC; there is no daylight saving.
const HOURS_AHEAD: i64 = 7;

/// The wall clock in Vietnam at a moment: what dates typed and read by people mean.
#[must_use]
pub fn in_vietnam(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc().checked_add_signed(TimeDelta::hours(HOURS_AHEAD)).unwrap_or(NaiveDateTime::MAX)
}

/// The moment when a day begins in Vietnam.
#[must_use]
pub fn day_begins(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    midnight.checked_sub_signed(TimeDelta::hours(HOURS_AHEAD)).unwrap_or(NaiveDateTime::MIN).and_utc()
}

/// The last second of a day in Vietnam.
#[must_use]
pub fn day_ends(day: NaiveDate) -> DateTime<Utc> {
    day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| day_begins(next) - TimeDelta::seconds(1))
}

/// The hour in Vietnam at which letters of the day leave: before people begin to work.
const MORNING_HOUR: i64 = 7;

fn morning_of(day: NaiveDate) -> DateTime<Utc> {
    day_begins(day) + TimeDelta::hours(MORNING_HOUR)
}

/// The morning that came last, this moment included.
#[must_use]
pub fn last_morning(at: DateTime<Utc>) -> DateTime<Utc> {
    let day = in_vietnam(at).date();
    let today = morning_of(day);
    if today <= at { today } else { morning_of(day.pred_opt().unwrap_or(day)) }
}

/// The morning that comes next, after this moment.
#[must_use]
pub fn next_morning(at: DateTime<Utc>) -> DateTime<Utc> {
    last_morning(at) + TimeDelta::days(1)
}

/// The source of "now", in whole microseconds (what PostgreSQL keeps), and of new ids.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds since 1970 when a test holds the time; none means the machine's clock.
    held: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { held: None }
    }

    /// A clock that stands at `at` until it is moved. Clones move together.
    #[must_use]
    pub fn held_at(at: DateTime<Utc>) -> Self {
        Self { held: Some(Arc::new(AtomicI64::new(at.timestamp_micros()))) }
    }

    /// Moves a held clock on; the machine's clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(held) = &self.held {
            held.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Now, UTC, cut to microseconds so that both databases give back the same value.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.held {
            Some(held) => held.load(Ordering::SeqCst),
            None => machine_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Today's calendar day in Vietnam.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        in_vietnam(self.now()).date()
    }

    /// A new UUIDv7 of this moment. Sortable, never a secret.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn machine_micros() -> i64 {
    Utc::now().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_when_told_and_clones_move_together() {
        let clock = Clock::held_at(DateTime::UNIX_EPOCH);
        let other = clock.clone();
        clock.advance(TimeDelta::days(1));
        assert_eq!(other.now(), DateTime::UNIX_EPOCH + TimeDelta::days(1));
    }

    #[test]
    fn today_is_the_day_in_vietnam() {
        let late = DateTime::UNIX_EPOCH + TimeDelta::hours(18);
        assert_eq!(Clock::held_at(late).today().to_string(), "1970-01-02");
    }

    #[test]
    fn a_morning_is_at_seven_in_vietnam() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(last_morning(at("2026-11-27T00:00:00Z")), at("2026-11-27T00:00:00Z"));
        assert_eq!(last_morning(at("2026-11-26T23:59:59Z")), at("2026-11-26T00:00:00Z"));
        assert_eq!(next_morning(at("2026-11-26T23:30:00Z")), at("2026-11-27T00:00:00Z"));
        assert_eq!(next_morning(at("2026-11-27T00:00:00Z")), at("2026-11-28T00:00:00Z"));
    }

    #[test]
    fn every_day_begins_before_it_ends() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        assert_eq!(
            (day_begins(day).to_string(), day_ends(day).to_string()),
            ("2026-11-24 17:00:00 UTC".into(), "2026-11-25 16:59:59 UTC".into())
        );
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(day_begins(day) < day_ends(day), "{day}");
        }
        assert_eq!(in_vietnam(DateTime::<Utc>::MAX_UTC), NaiveDateTime::MAX);
    }
}
