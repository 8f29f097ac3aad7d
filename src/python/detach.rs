//! The one door out of the interpreter: GIL released, threads bounded, progress, cancel, Ctrl-C, no panic.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;

use super::error::raise;
use crate::error::Result;
use crate::task::{self, Task};

/// How often the waiting thread looks for Ctrl-C and reports progress: well below what a person notices.
const TICK: Duration = Duration::from_millis(20);

/// Stops a running computation from another thread; once cancelled it stays cancelled.
#[pyclass(frozen, module = "napari_objclass")]
#[derive(Default)]
pub(crate) struct CancelToken {
    stop: Arc<AtomicBool>,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Ask every computation that was given this token to stop.
    fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether `cancel` was called.
    #[getter]
    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How many threads a computation gets when it is given no number.
#[pyfunction]
pub(crate) fn default_threads() -> usize {
    task::default_threads()
}

/// How the caller wants a computation run.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct Run {
    what: String,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
    cancel: Option<Py<CancelToken>>,
}

#[pymethods]
impl Run {
    #[new]
    #[pyo3(signature = (what, threads=None, progress=None, cancel=None))]
    fn new(
        what: String,
        threads: Option<i64>,
        progress: Option<Py<PyAny>>,
        cancel: Option<Py<CancelToken>>,
    ) -> Self {
        Self {
            what,
            // A negative number is as wrong as 0, and refused with it.
            threads: threads.map(|threads| usize::try_from(threads).unwrap_or(0)),
            progress,
            cancel,
        }
    }
}

/// Runs `work` on the bounded pool while this thread waits without the GIL.
///
/// # Errors
/// What `work` returns, `KeyboardInterrupt`, what the progress callback raises, or an `InternalError` for a panic.
pub(crate) fn detach<T: Send>(
    py: Python<'_>,
    run: &Run,
    work: impl FnOnce(&Task) -> Result<T> + Send,
) -> PyResult<T> {
    let pool = task::pool(run.threads)?;
    let task = &Task::with_token(
        run.cancel
            .as_ref()
            .map(|token| Arc::clone(&token.get().stop)),
    );
    pool.in_place_scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move |_| {
            let result = catch_unwind(AssertUnwindSafe(|| work(task)));
            drop(sender.send(result));
        });
        match wait(py, run, task, receiver)? {
            Ok(result) => Ok(result?),
            Err(panic) => Err(raise(py, "InternalError", panic_message(panic.as_ref()))),
        }
    })
}

/// Waits for the result; Ctrl-C or a raising callback stops the task first and is returned afterwards.
fn wait<T: Send>(py: Python<'_>, run: &Run, task: &Task, mut receiver: Receiver<T>) -> PyResult<T> {
    let mut interrupt = None;
    loop {
        let (returned, received) = py.detach(move || {
            let received = receiver.recv_timeout(TICK);
            (receiver, received)
        });
        receiver = returned;
        match received {
            Ok(result) => return interrupt.map_or(Ok(result), Err),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(raise(
                    py,
                    "InternalError",
                    "a computation ended without a result".into(),
                ))
            }
            Err(RecvTimeoutError::Timeout) if interrupt.is_none() => {
                if let Err(error) = py.check_signals().and_then(|()| report(py, run, task)) {
                    task.stop();
                    interrupt = Some(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn report(py: Python<'_>, run: &Run, task: &Task) -> PyResult<()> {
    if let Some(progress) = &run.progress {
        let (done, total) = task.progress();
        progress.call1(py, (done, total, run.what.as_str()))?;
    }
    Ok(())
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!("a computation failed unexpectedly ({text}); please report this")
}
