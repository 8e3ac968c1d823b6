//! One subject with its content, for as long as a stage lasts.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    super::{
        BenchError, Subject,
        content::{self, Blob},
        load::{Clients, Connection, Failure, Origin, Step, Timed, drive},
        plan::{Place, Stage, What, Workload},
        process::Group,
        result::{LaneResult, Reading, Usage},
        subject::{FILES, Kind, write},
    },
    fill,
    steps::{Held, Steps},
};
use crate::target::{ProcessTarget, Server, ServerError};

/// One subject with its content.
#[derive(Debug)]
pub(super) struct Lane {
    subject: Subject,
    size: Option<usize>,
    held: Held,
    // The server ends before its folder goes.
    server: Option<Server>,
    folder: Option<TempDir>,
    origin: Option<Origin>,
}

/// What came of a reading: figures, or why there are none.
type Outcome<T> = Result<Result<T, String>, BenchError>;

impl Lane {
    /// Starts the subject and fills it.
    pub(super) async fn open(
        subject: &Subject,
        stage: &Stage,
        size: Option<usize>,
        disk: &Path,
    ) -> Result<Self, BenchError> {
        let [tags, _, repositories] = stage.content.at(size);
        let mut lane = Self {
            subject: subject.clone(),
            size,
            held: Held {
                image: content::manifest("image", &[], None),
                tags,
                repositories,
                seed: uuid::Uuid::new_v4().simple().to_string(),
                made: 0,
            },
            server: None,
            folder: None,
            origin: None,
        };
        lane.begin(stage, disk).await?;
        Ok(lane)
    }

    async fn begin(&mut self, stage: &Stage, disk: &Path) -> Result<(), BenchError> {
        let folder = || {
            let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(disk);
            folder.map_err(BenchError::surroundings(format!("make a folder in {}", disk.display())))
        };
        let kind = self.subject.kind.clone();
        match &kind {
            Kind::Disk => self.folder = Some(folder()?),
            Kind::Url(url) => self.origin = Some(Origin::new(url).map_err(|failure| self.silent(&failure))?),
            Kind::Registry(target, _) | Kind::Files(target) => {
                let on_disk = (stage.root == Place::Disk).then(folder).transpose()?;
                self.server = Some(self.server(target, on_disk.as_ref())?);
                self.folder = on_disk;
            }
        }
        if let (Kind::Files(_), Some(server)) = (&kind, &self.server) {
            fill::write(&server.root().join(FILES), stage, &self.held.image)
                .map_err(BenchError::surroundings("write the files that nginx serves"))?;
        }
        if self.server.is_some() {
            self.start().await?;
        }
        if let (Kind::Registry(..) | Kind::Url(_), Some(origin)) = (&kind, &self.origin) {
            let filled = fill::push(origin, stage, &self.held.image, self.size).await;
            filled.map_err(|failure| self.silent(&failure))?;
        }
        Ok(())
    }

    fn server(&self, target: &ProcessTarget, folder: Option<&TempDir>) -> Result<Server, BenchError> {
        let mut server = Server::with_root(target, folder.map(TempDir::path)).map_err(self.broken())?;
        if let Kind::Registry(_, Some(config)) = &self.subject.kind {
            server.configure(config.clone()).map_err(self.broken())?;
        }
        Ok(server)
    }

    /// Starts the server, and finds out where it listens.
    async fn start(&mut self) -> Result<(), BenchError> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let broken = |source| BenchError::Server {
            subject: self.subject.name.clone(),
            source,
        };
        server.start().await.map_err(broken)?;
        // Thousands of requests a second are logged, which the harness has to take, but not to look at.
        server.log().stop_keeping();
        let authority = server.authority().unwrap_or_default().to_owned();
        self.origin = Some(Origin::plain(&authority).map_err(|failure| self.silent(&failure))?);
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), BenchError> {
        match &mut self.server {
            Some(server) if server.is_running() => {
                let stopped = server.stop().await;
                stopped.map_err(self.broken())?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends it.
    pub(super) async fn close(mut self) -> Result<(), BenchError> {
        self.stop().await
    }

    /// Begins anew with an empty root.
    pub(super) async fn renew(&mut self, stage: &Stage, disk: &Path) -> Result<(), BenchError> {
        self.stop().await?;
        (self.server, self.folder) = (None, None);
        self.begin(stage, disk).await
    }

    fn broken(&self) -> impl FnOnce(ServerError) -> BenchError + use<> {
        let subject = self.subject.name.clone();
        move |source| BenchError::Server { subject, source }
    }

    fn silent(&self, failure: &Failure) -> BenchError {
        BenchError::Silent {
            subject: self.subject.name.clone(),
            reason: failure.to_string(),
        }
    }

    /// Who is measured.
    pub(super) const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What it is called, with how much it holds.
    pub(super) fn name(&self) -> String {
        match self.size {
            Some(size) => format!("{} with {size}", self.subject.name),
            None => self.subject.name.clone(),
        }
    }

    /// A result without readings.
    pub(super) fn result(&self) -> LaneResult {
        LaneResult::new(self.subject.name.clone(), self.subject.is_own, self.size)
    }

    /// Does one of each operation, which warms everything up and shows whether it can be done: why not, if it cannot.
    pub(super) async fn try_once(&mut self, workload: &Workload) -> Result<Option<String>, BenchError> {
        let once = Workload {
            clients: 1,
            lasts: None,
            requests: Some(workload.operations.len()),
            ..workload.clone()
        };
        Ok(self.measure(&once).await?.err())
    }

    /// One reading.
    pub(super) async fn measure(&mut self, workload: &Workload) -> Outcome<Reading> {
        let shares = || workload.operations.iter().map(|operation| operation.share).sum();
        let steps = self.held.steps(workload, workload.requests.unwrap_or_else(shares));
        if workload
            .operations
            .iter()
            .any(|operation| operation.what == What::Start)
        {
            return self.measure_starts(workload.requests.unwrap_or(1)).await;
        }
        if matches!(self.subject.kind, Kind::Disk) {
            return Ok(Ok(Reading::new(
                &self.write(steps, workload.clients).await?,
                Usage::default(),
            )));
        }
        if workload.fresh {
            self.stop().await?;
            self.start().await?;
        }
        Ok(self
            .measure_steps(steps, workload)
            .await
            .map_err(|failure| failure.to_string()))
    }

    async fn measure_steps(&self, steps: Steps, workload: &Workload) -> Result<Reading, Failure> {
        let origin = self
            .origin
            .as_ref()
            .ok_or_else(|| Failure::Broken("it is not there".into()))?;
        let beside = Clients {
            count: workload.clients,
            lasts: None,
        };
        let clients = Clients {
            lasts: workload.lasts(),
            ..beside
        };
        drive(origin, steps.before, beside).await?;
        let group = self.server.as_ref().and_then(Server::process).map(Group::of);
        if let Some(group) = group {
            group.forget_peak();
        }
        let before = group.and_then(Group::memory);
        let used = group.and_then(Group::processor_time);
        let timed = drive(origin, steps.measured, clients).await?;
        let processor = group.and_then(Group::processor_time).zip(used);
        let usage = Usage {
            processor: processor.map(|(now, before)| now.saturating_sub(before)),
            memory_before: before,
            memory_peak: group.and_then(Group::peak),
        };
        drive(origin, steps.after, beside).await?;
        Ok(Reading::new(&timed, usage))
    }

    /// From the start of the process to its first answer, so many times.
    async fn measure_starts(&mut self, count: usize) -> Outcome<Reading> {
        let (mut milliseconds, mut memory) = (Vec::new(), None::<f64>);
        for _ in 0..count {
            self.stop().await?;
            let began = Instant::now();
            self.start().await?;
            let Some(origin) = &self.origin else { break };
            if let Err(failure) = first_answer(origin).await {
                return Ok(Err(failure.to_string()));
            }
            milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
            let held = self
                .server
                .as_ref()
                .and_then(Server::process)
                .map(Group::of)
                .and_then(Group::memory);
            memory = memory.into_iter().chain(held).reduce(f64::max);
        }
        let timed = Timed {
            seconds: Duration::from_secs_f64(milliseconds.iter().sum::<f64>() / 1000.0).as_secs_f64(),
            milliseconds,
            bytes: 0,
        };
        let usage = Usage {
            memory_peak: memory,
            ..Usage::default()
        };
        Ok(Ok(Reading::new(&timed, usage)))
    }

    async fn write(&self, steps: Steps, clients: usize) -> Result<Timed, BenchError> {
        let blobs: Vec<Blob> = steps
            .measured
            .into_iter()
            .filter_map(|step| match step {
                Step::PushBlob(_, blob, _) => Some(blob),
                _ => None,
            })
            .collect();
        let folder = self
            .folder
            .as_ref()
            .map(|folder| folder.path().join("disk"))
            .unwrap_or_default();
        let written = tokio::task::spawn_blocking(move || write(&folder, &blobs, clients)).await;
        written
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(BenchError::surroundings("write to the disk"))
    }
}

async fn first_answer(origin: &Origin) -> Result<(), Failure> {
    let mut connection = Connection::open(origin).await?;
    connection.ping().await
}
