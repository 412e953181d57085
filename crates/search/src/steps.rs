//! The steps of taking a change into the index, so that a test can end everything at one of them as a power cut would.
//!
//! Only for tests (feature `testing`): in any other build [`Steps::reached`] does nothing.

/// A step of [`crate::follower::run`] or of the end of a rebuild, each in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The events are read, nothing is written.
    Read,
    /// Documents are with the writer and not committed.
    Added,
    /// They are committed and not yet to be found.
    Committed,
    /// They are to be found.
    Shown,
    /// All that the events touched is to be found; nobody has been told yet.
    Taken,
    /// A new index is whole and not named as the live one.
    Rebuilt,
    /// It is named on disk; searches have the old one.
    Named,
    /// It is searched; the old one's files are still there.
    Swapped,
}

#[cfg(any(test, feature = "testing"))]
mod ends {
    use std::sync::{Mutex, PoisonError};

    use super::Step;

    /// Where everything is to end.
    #[derive(Default)]
    pub struct Steps(Mutex<Option<(Step, u32)>>);

    impl Steps {
        /// Everything ends when a step is reached for the `nth` time, the first being 1.
        pub(crate) fn end_at(&self, step: Step, nth: u32) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((step, nth));
        }

        /// A step is reached. What has ended stays so: whoever tries again gets no further.
        #[expect(clippy::panic, reason = "stands for the end of the process")]
        pub(crate) fn reached(&self, step: Step) {
            let mut end = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, left)) = end.as_mut() {
                *left = left.saturating_sub(u32::from(*at == step));
                if *left == 0 {
                    drop(end);
                    panic!("ended at {step:?}");
                }
            }
        }
    }
}

#[cfg(not(any(test, feature = "testing")))]
mod ends {
    use super::Step;

    #[derive(Default)]
    pub struct Steps;

    impl Steps {
        pub(crate) fn reached(&self, _: Step) {}
    }
}

pub(crate) use ends::Steps;
