//! One round: a root, its clients, and kills one after another.

use std::{collections::BTreeSet, fs, path::Path, pin::pin, thread, time::Duration};

use futures_util::future::join_all;
use rustix::process::Signal;
use tokio::sync::watch;

use super::{KillError, Loss, Outcome, Sweep, leftovers, surroundings};
use crate::{
    durability::{
        WorkError,
        look::Look,
        workload::{self, Client},
    },
    layout,
    target::{ProcessTarget, Server, ServerError},
    template::Random,
};

/// The largest blob, in bytes: more than one write, and no more than is quickly looked at.
const LARGEST_BLOB: u64 = 64_000;
/// A kill comes after so many answers at most.
const ANSWERS: u64 = 40;
/// And so many microseconds later at most: longer than a request takes, so that it comes at any instant of one.
const MICROSECONDS: u64 = 3_000;

/// A server that is killed, and its clients.
struct Round {
    server: Server,
    base: Client,
    clients: Vec<Client>,
    random: Random,
    outcome: Outcome,
}

pub(super) async fn round(
    target: &ProcessTarget,
    sweep: Option<&Sweep>,
    seed: u64,
    kills: u64,
    keep: &Path,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Outcome, KillError> {
    let mut server = Server::new(target)?;
    server.start().await?;
    let authority = server.authority().unwrap_or_default().to_owned();
    let (base, clients) = workload::clients(&authority, seed, LARGEST_BLOB).await?;
    let mut round = Round {
        server,
        base,
        clients,
        random: Random::new(seed, &["kill"]),
        outcome: Outcome::default(),
    };
    for kill in 1..=kills {
        let wrong = round.kill().await?;
        progress();
        if !wrong.is_empty() {
            round.lost(seed, kill, wrong, keep)?;
            return Ok(round.outcome);
        }
    }
    let wrong = round.end(sweep).await?;
    if !wrong.is_empty() {
        round.lost(seed, 0, wrong, keep)?;
    }
    Ok(round.outcome)
}

impl Round {
    /// Lets clients work, kills the server, starts it again, and says what is wrong then.
    async fn kill(&mut self) -> Result<Vec<String>, KillError> {
        let mut wrong = self.work().await?;
        self.outcome.kills += 1;
        wrong.extend(layout::unreadable(self.server.root()));
        if let Some(why) = self.start().await? {
            wrong.push(why);
            return Ok(wrong);
        }
        let mut look = self.look();
        for client in &mut self.clients {
            let Some(under_way) = client.under_way().cloned() else {
                continue;
            };
            let happened = look.has_happened(&client.history.repository, &under_way).await;
            client.settle(happened);
            self.outcome.interrupted += 1;
            self.outcome.happened += u64::from(happened);
        }
        // Whichever it was, it was that as a whole: nothing is left open now.
        for client in self.everyone() {
            look.at(&client.expectation()).await;
        }
        self.outcome.looks += look.looks;
        wrong.extend(look.wrong);
        Ok(wrong)
    }

    /// Lets clients work until the server is killed. Says what they were refused.
    async fn work(&mut self) -> Result<Vec<String>, KillError> {
        let begun = 1 + usize::try_from(self.random.below(ANSWERS)).unwrap_or_default();
        let pause = Duration::from_micros(self.random.below(MICROSECONDS));
        let answers = watch::Sender::new(0);
        let mut answered = answers.subscribe();
        let mut work = pin!(join_all(self.clients.iter_mut().map(|client| {
            client.count(&answers);
            until_it_fails(client)
        })));
        let server = &mut self.server;
        let kill = async {
            tokio::task::spawn_blocking(move || thread::sleep(pause)).await?;
            let early = server.ended_by_itself().await;
            server.kill(Signal::KILL).await?;
            Ok::<_, KillError>(early)
        };
        let all_failed = tokio::select! {
            failures = &mut work => Some(failures),
            _ = answered.wait_for(|count| *count >= begun) => None,
        };
        let (failures, early) = if let Some(failures) = all_failed {
            // There is nothing to wait for.
            (failures, kill.await)
        } else {
            tokio::join!(work, kill)
        };
        self.outcome.answers += *answers.borrow() as u64;
        let early = early?.map(|status| format!("the server ended before it was killed ({status})"));
        let refused = failures
            .into_iter()
            .filter(|error| !matches!(error, WorkError::Unanswered { .. }));
        Ok(early
            .into_iter()
            .chain(refused.map(|error| error.to_string()))
            .collect())
    }

    /// Starts the server again. Why it would not start is told.
    async fn start(&mut self) -> Result<Option<String>, KillError> {
        match self.server.start().await {
            Ok(()) => {}
            Err(error @ (ServerError::EndedEarly { .. } | ServerError::NotReady { .. })) => {
                return Ok(Some(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        let authority = self.server.authority().unwrap_or_default();
        for client in self.clients.iter_mut().chain([&mut self.base]) {
            client.connect(authority);
        }
        Ok(None)
    }

    fn look(&self) -> Look {
        Look::new(self.server.authority().unwrap_or_default())
    }

    fn everyone(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().chain([&self.base])
    }

    /// Stops the server, sweeps what is left over, and says what is wrong then.
    async fn end(&mut self, sweep: Option<&Sweep>) -> Result<Vec<String>, KillError> {
        self.server.stop().await?;
        let root = self.server.root().to_owned();
        let mut wrong = layout::problems(&root, layout::ITS_MARK).unwrap_or_default();
        let Some(sweep) = sweep else {
            return Ok(wrong);
        };
        let garbage: BTreeSet<String> = self.everyone().flat_map(Client::garbage).collect();
        let left = leftovers::list(&root, sweep, &garbage).map_err(surroundings("list", &root))?;
        leftovers::make_old(&root).map_err(surroundings("make old what is in", &root))?;
        if let Some(config) = &sweep.config {
            self.server.configure(config.clone())?;
        }
        if let Some(why) = self.start().await? {
            wrong.push(why);
            return Ok(wrong);
        }
        let remaining = leftovers::until_swept(&root, sweep, &garbage)
            .await
            .map_err(surroundings("list", &root))?;
        self.outcome.swept += left.len().saturating_sub(remaining.len()) as u64;
        let not_swept = remaining
            .into_iter()
            .map(|path| format!("{path} is left over, and is not swept"));
        wrong.extend(not_swept);
        let mut look = self.look();
        for client in self.everyone() {
            look.at(&client.expectation().without_garbage(&client.named())).await;
        }
        self.outcome.looks += look.looks;
        wrong.extend(look.wrong);
        self.server.stop().await?;
        wrong.extend(layout::problems(&root, layout::ITS_MARK).unwrap_or_default());
        Ok(wrong)
    }

    /// Keeps what the disk holds.
    fn lost(&mut self, seed: u64, kill: u64, wrong: Vec<String>, keep: &Path) -> Result<(), KillError> {
        if keep.exists() {
            fs::remove_dir_all(keep).map_err(surroundings("remove", keep))?;
        }
        copy(self.server.root(), keep).map_err(surroundings("write", keep))?;
        self.outcome.losses.push(Loss {
            seed,
            kill,
            wrong,
            folder: keep.to_owned(),
        });
        Ok(())
    }
}

/// Does one thing after another, until one fails.
async fn until_it_fails(client: &mut Client) -> WorkError {
    loop {
        if let Err(error) = client.step().await {
            return error;
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
