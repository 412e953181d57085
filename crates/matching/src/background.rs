//! Threads that give way: what reckons for minutes beside people who wait for pages takes the time that they leave.

use tokio::runtime::{Builder, Handle, Runtime};

/// How much the threads give way, from 0 to 19: at 10, a tenth of the time of a thread that wants all of it too.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The threads; they end when it is dropped, without being waited for.
pub(crate) struct Background(Option<Runtime>);

impl Background {
    /// A pool of that many threads. Only on Linux do they give way; elsewhere they are like all others.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        // Work is only ever handed to the pool that may block; the runtime's own thread is never driven.
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(threads).thread_name("background").on_thread_start(give_way);
        builder.build().map(|runtime| Self(Some(runtime)))
    }

    /// Where to hand work to; the calling runtime's own pool after the end.
    pub(crate) fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |r| r.handle().clone())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets the calling thread give way to all others.
pub fn give_way() {
    // To Linux a process that is not named is the calling thread.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "background work does not give way to other threads");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn work_gives_way_and_nothing_else_does() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();
        let background = Background::new(1).unwrap();
        let there = background.handle().spawn_blocking(own).await.unwrap();
        assert_eq!(there, before.max(NICENESS));
        assert_eq!(own(), before);
        assert_eq!(tokio::task::spawn_blocking(own).await.unwrap(), before);
    }
}
