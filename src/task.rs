//! What a long computation shares with whoever waits for it: stop flag, progress, and its bounded threads.
//!
//! A kernel takes `&Task`, calls [`Task::advance`] once per slab, tree or frame, and leaves with
//! [`Error::Cancelled`] as soon as that call says so.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

/// Stop flag and progress counter of one computation.
#[derive(Debug, Default)]
pub struct Task {
    stop: AtomicBool,
    token: Option<Arc<AtomicBool>>,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Task {
    /// A task that also stops when `token` becomes true.
    #[must_use]
    pub fn with_token(token: Option<Arc<AtomicBool>>) -> Self {
        Self {
            token,
            ..Self::default()
        }
    }

    /// Announces `steps` further steps of work.
    pub fn expect(&self, steps: usize) {
        self.total.fetch_add(steps, Ordering::Relaxed);
    }

    /// Counts one step as done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once the task was asked to stop.
    pub fn advance(&self) -> Result<()> {
        self.advance_by(1)
    }

    /// Counts some steps as done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once the task was asked to stop.
    pub fn advance_by(&self, steps: usize) -> Result<()> {
        self.done.fetch_add(steps, Ordering::Relaxed);
        self.check()
    }

    /// Looks whether to go on.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once the task was asked to stop.
    pub fn check(&self) -> Result<()> {
        let cancelled = self
            .token
            .as_ref()
            .is_some_and(|token| token.load(Ordering::Relaxed));
        if cancelled || self.stop.load(Ordering::Relaxed) {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Asks the computation to stop at its next step.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Steps done and steps expected so far.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        )
    }
}

/// Starting more takes longer than it saves on any machine there is.
pub const MOST_THREADS: usize = 1024;

/// Threads used when the caller names none: CPU affinity and cgroup quota, and the share of a SLURM job.
#[must_use]
pub fn default_threads() -> usize {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let granted = std::env::var("SLURM_CPUS_PER_TASK")
        .ok()
        .and_then(|n| n.parse().ok());
    granted.map_or(available, |n: usize| n.clamp(1, available))
}

/// Runs `work` with a pool of exactly `threads` threads (default: [`default_threads`]) that nobody else uses meanwhile.
///
/// Pools are kept for later, but never shared: a thread that waits within one computation would take up another, and
/// a short computation would end only with a long one.
///
/// # Errors
/// [`Error::Value`] when `threads` is 0 or more than [`MOST_THREADS`], or the threads cannot be started.
pub fn with_pool<R>(threads: Option<usize>, work: impl FnOnce(&ThreadPool) -> R) -> Result<R> {
    let threads = threads.unwrap_or_else(default_threads);
    if !(1..=MOST_THREADS).contains(&threads) {
        return Err(Error::Value(format!(
            "threads must be at least 1 and at most {MOST_THREADS}"
        )));
    }
    let pool = take_idle(threads).map_or_else(|| start(threads), Ok)?;
    let result = work(&pool);
    lock(&IDLE).push((std::process::id(), pool));
    Ok(result)
}

/// Pools that nobody uses, with the process that started them: a forked child inherits the list but no thread.
static IDLE: Mutex<Vec<(u32, ThreadPool)>> = Mutex::new(Vec::new());

fn take_idle(threads: usize) -> Option<ThreadPool> {
    let mut idle = lock(&IDLE);
    let fits = |(process, pool): &(u32, ThreadPool)| {
        *process == std::process::id() && pool.current_num_threads() == threads
    };
    let place = idle.iter().position(fits)?;
    Some(idle.swap_remove(place).1)
}

fn start(threads: usize) -> Result<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("objclass-{i}"))
        .build();
    pool.map_err(|e| {
        Error::Value(format!(
            "cannot start {threads} threads: {e}; ask for fewer"
        ))
    })
}

/// The content of a mutex, also after a panic of another thread: what is kept there is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
