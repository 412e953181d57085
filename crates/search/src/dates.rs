//! Narrowing by dates: from one day to another, and the usual periods with how many results each has.
//!
//! Days are those of Vietnam, as everywhere in the space. A document without a date in a column is in no period of it.

use std::collections::BTreeMap;
use std::fmt;

use base::clock::{day_begins, day_ends};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use tantivy::columnar::Column;

use crate::schema::NEVER;
use crate::snapshot::Core;

/// A date of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateColumn {
    /// First published.
    Published,
    /// When it closes: the end or the deadline, whichever is sooner.
    Closes,
    /// Since when it is out. Nobody narrows by it; it is what news is looked for by.
    Out,
}

impl DateColumn {
    /// Both that people narrow by.
    pub const ALL: [Self; 2] = [Self::Published, Self::Closes];

    /// The word used in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Closes => "closes",
            Self::Out => "out",
        }
    }

    pub(crate) fn of(self, core: &Core) -> &Column<i64> {
        match self {
            Self::Published => &core.published,
            Self::Closes => &core.closes,
            Self::Out => &core.out,
        }
    }

    /// The periods that people usually ask for, in days back or ahead.
    fn usual(self) -> &'static [(&'static str, i64)] {
        match self {
            Self::Published => &[("last_7_days", -7), ("last_30_days", -30), ("last_365_days", -365)],
            Self::Closes => &[("next_30_days", 30), ("next_90_days", 90)],
            Self::Out => &[],
        }
    }
}

impl fmt::Display for DateColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// From one day to another, both included; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

/// What results are narrowed to, per date.
pub type Periods = BTreeMap<DateColumn, Period>;

/// A usual period and how many results lie in it, counted as if the date itself were not narrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeriodCount {
    /// Its name, such as `last_30_days`.
    pub code: &'static str,
    /// The days.
    pub period: Period,
    /// How many.
    pub count: u64,
}

impl Period {
    /// True if there is no day between its ends.
    #[must_use]
    pub fn is_empty(self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if from > to)
    }

    /// The first second and the last, UTC. What never closes is in no period.
    pub(crate) fn seconds(self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, |day| day_begins(day).timestamp()), self.to.map_or(NEVER - 1, |day| day_ends(day).timestamp()))
    }

    /// The usual periods of a date, seen from `today`.
    pub(crate) fn usual(column: DateColumn, today: NaiveDate) -> impl Iterator<Item = (&'static str, Self)> {
        column.usual().iter().map(move |(code, days)| {
            let other = today + TimeDelta::days(*days);
            let period = if *days < 0 { Self { from: Some(other), to: None } } else { Self { from: Some(today), to: Some(other) } };
            (*code, period)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_in_vietnam() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let (from, to) = Period { from: Some(day), to: Some(day) }.seconds();
        assert_eq!((to - from, (from + 7 * 3_600) % 86_400), (86_399, 0));
        for end in [NaiveDate::MIN, NaiveDate::MAX] {
            let (from, to) = Period { from: Some(end), to: Some(end) }.seconds();
            assert!(from <= to, "{end}");
        }
        assert_eq!(Period::default().seconds(), (i64::MIN, NEVER - 1));
    }
}
