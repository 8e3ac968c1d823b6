//! Signals that end a run early: what runs is torn down, and no server is left behind.

use std::{io, thread};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// Returns once the process is asked to end, by Ctrl-C or SIGTERM; never, where signals cannot be listened to.
pub(crate) async fn asked_to_end() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Cancels `cancel` once the process is asked to end: for programs that run jobs one by one, such as a test harness.
///
/// # Errors
/// If the machine does not give a runtime.
pub fn cancel_when_interrupted(cancel: CancellationToken) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(asked_to_end());
        cancel.cancel();
    });
    Ok(())
}
