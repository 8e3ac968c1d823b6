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
    thread: JoinHandle<Recorded>,
}

impl Recorder {
    /// A recorder that keeps the events at `path`. `stop` is cancelled at the first failure, if there is one.
    pub(super) fn start(
        path: &Path,
        terminal: Arc<Terminal>,
        stop: Option<CancellationToken>,
    ) -> Result<Self, CliError> {
        let cannot = format!("write {}", path.display());
        let log = EventLog::create(path).map_err(CliError::surroundings(cannot))?;
        let (events, received) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut recorded = Recorded {
                report: Report::default(),
                log,
                written: Ok(()),
            };
            for event in received {
                show(&event, &terminal);
                recorded.record(&event);
                if let (Event::ScenarioFinished(run), Some(stop)) = (&event, &stop)
                    && run.verdict.is_red()
                {
                    stop.cancel();
                }
            }
            recorded
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

    /// What was recorded, once nobody else sends events.
    pub(super) fn finish(self) -> Result<Recorded, CliError> {
        drop(self.events);
        self.thread.join().map_err(|_| CliError::Surroundings {
            what: "record the run".to_owned(),
            source: io::Error::other("the recorder panicked"),
        })
    }
}

/// The events so far, as a file and as a report.
#[derive(Debug)]
pub(super) struct Recorded {
    report: Report,
    log: EventLog,
    written: io::Result<()>,
}

impl Recorded {
    /// Adds an event.
    pub(super) fn record(&mut self, event: &Event) {
        self.report.apply(event);
        if self.written.is_ok() {
            self.written = self.log.write(event);
        }
    }

    /// The report of the events so far.
    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// The report of all events.
    pub(super) fn finish(self) -> Result<Report, CliError> {
        let log = self.log;
        let written = self.written.and_then(|()| log.finish());
        written.map_err(CliError::surroundings("write the events of the run"))?;
        Ok(self.report)
    }
}

fn show(event: &Event, terminal: &Terminal) {
    match event {
        Event::ScenarioFinished(run) => terminal.scenario_ended(run),
        Event::OfficialFinished(official) => terminal.official_ended(&official.combination),
        _ => {}
    }
}
