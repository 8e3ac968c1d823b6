//! Listens to a run's events: keeps them in a file, folds them into the report, and moves the progress on.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use tokio_util::sync::CancellationToken;

use super::{error::CliError, progress::Terminal};
use crate::{
    report::{EventLog, Report},
    runner::Event,
};

/// Listens on a thread of its own.
#[derive(Debug)]
pub(super) struct Recorder {
    events: Sender<Event>,
    thread: JoinHandle<(Report, io::Result<()>)>,
}

impl Recorder {
    /// A recorder that keeps the events at `path`. `stop` is cancelled at the first failure, if there is one.
    pub(super) fn start(
        path: &Path,
        terminal: Arc<Terminal>,
        stop: Option<CancellationToken>,
    ) -> Result<Self, CliError> {
        let cannot = format!("write {}", path.display());
        let mut log = EventLog::create(path).map_err(CliError::surroundings(cannot))?;
        let (events, received) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut report = Report::default();
            let mut written = Ok(());
            for event in received {
                report.apply(&event);
                written = written.and_then(|()| log.write(&event));
                show(&event, &terminal);
                if let (Event::ScenarioFinished(run), Some(stop)) = (&event, &stop)
                    && run.verdict.is_red()
                {
                    stop.cancel();
                }
            }
            (report, written.and_then(|()| log.finish()))
        });
        Ok(Self { events, thread })
    }

    /// Where events are sent to.
    pub(super) fn events(&self) -> &Sender<Event> {
        &self.events
    }

    /// Adds an event.
    pub(super) fn record(&self, event: Event) {
        // The thread listens until the last sender is gone, which is ours.
        let _ = self.events.send(event);
    }

    /// The report of all events.
    pub(super) fn finish(self) -> Result<Report, CliError> {
        drop(self.events);
        let ended = self.thread.join();
        let (report, written) = ended.map_err(|_| CliError::Surroundings {
            what: "record the run".to_owned(),
            source: io::Error::other("the recorder panicked"),
        })?;
        written.map_err(CliError::surroundings("write the events of the run"))?;
        Ok(report)
    }
}

fn show(event: &Event, terminal: &Terminal) {
    match event {
        Event::ScenarioFinished(run) => terminal.scenario_ended(run),
        Event::OfficialFinished(official) => terminal.official_ended(&official.combination),
        _ => {}
    }
}
