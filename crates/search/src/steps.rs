//! The steps of taking a change into the index, so that a test can do something at one of them, or end everything there as a
//! power cut would.
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
mod watched {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::Step;

    type Watch = Arc<dyn Fn(Step) + Send + Sync>;

    /// Who is told of the steps.
    #[derive(Default)]
    pub struct Steps(Mutex<Option<Watch>>);

    impl Steps {
        /// From here on `watch` is called at each step, in the thread that takes it; where it panics, everything ends as with
        /// the process.
        pub(crate) fn watch(&self, watch: Watch) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        }

        /// A step is reached.
        pub(crate) fn reached(&self, step: Step) {
            let watch = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(watch) = watch {
                watch(step);
            }
        }
    }
}

#[cfg(not(any(test, feature = "testing")))]
mod watched {
    use super::Step;

    #[derive(Default)]
    pub struct Steps;

    impl Steps {
        pub(crate) fn reached(&self, _: Step) {}
    }
}

pub(crate) use watched::Steps;
