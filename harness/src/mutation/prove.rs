//! Tries mutants and variations, many side by side.

use std::{collections::BTreeSet, io, num::NonZeroUsize, sync::Arc, time::Instant};

use tokio::{runtime::Builder, sync::Semaphore, task::JoinSet};

use super::{
    behaviour::Sabotage,
    declaration::{Declaration, Kind},
    plan::{Plan, Sight},
    proof::{Catch, Fate, Proof, Tried},
    saboteur::{Meddler, Observer, Saboteur},
};
use crate::{
    runner::{Job, RunOptions, ScenarioFinished, Verdict, asked_to_end, run_alone},
    target::Target,
};

/// What a proof is told beside what it is about.
#[derive(Clone, Debug)]
pub struct ProveOptions {
    /// What every run is told.
    pub run: RunOptions,
    /// How many runs side by side.
    pub parallelism: NonZeroUsize,
    /// Asks every run that could see a mutant, not only until one fails; shows survivors to every other run.
    pub full: bool,
}

/// Hears how a proof gets on.
pub trait Progress: Send + Sync {
    /// The control has begun: so many runs on the registry as it is.
    fn control(&self, runs: usize);
    /// A run of the control has ended.
    fn controlled(&self, run: &ScenarioFinished);
    /// It has; so many mutants and variations follow.
    fn trying(&self, count: usize);
    /// One was tried.
    fn tried(&self, one: &Tried);
}

/// Tries `declarations` with `jobs`. First, all of them have to pass on the registry as it is.
///
/// Ctrl-C or SIGTERM ends it early, as the options' `cancel` does; what was not tried is left out.
///
/// # Errors
/// The machine does not give threads for a runtime.
pub fn prove(
    declarations: Vec<Declaration>,
    jobs: Vec<Job>,
    options: &ProveOptions,
    progress: &Arc<dyn Progress>,
) -> io::Result<Proof> {
    let began = Instant::now();
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let mut proof = runtime.block_on(async {
        let cancel = options.run.cancel.clone();
        let interrupt = tokio::spawn(async move {
            asked_to_end().await;
            cancel.cancel();
        });
        let workshop = Arc::new(Workshop {
            places: Semaphore::new(options.parallelism.get()),
            options: Arc::new(options.run.clone()),
            full: options.full,
        });
        let proof = all(workshop, declarations, jobs, progress).await;
        interrupt.abort();
        proof
    });
    env!("CARGO_PKG_VERSION").clone_into(&mut proof.version);
    proof.seed = options.run.seed;
    proof.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(proof)
}

async fn all(
    workshop: Arc<Workshop>,
    declarations: Vec<Declaration>,
    jobs: Vec<Job>,
    progress: &Arc<dyn Progress>,
) -> Proof {
    let mut proof = Proof::default();
    let plan = match workshop.control(jobs, progress).await {
        Ok(plan) => Arc::new(plan),
        Err(red) => {
            proof.control = red;
            return proof;
        }
    };
    proof.runs = plan.size();
    progress.trying(declarations.len());
    let mut tasks = JoinSet::new();
    for (number, declaration) in declarations.into_iter().enumerate() {
        let (workshop, plan, progress) = (Arc::clone(&workshop), Arc::clone(&plan), Arc::clone(progress));
        tasks.spawn(async move {
            let (tried, asked) = workshop.try_out(&declaration, &plan).await?;
            progress.tried(&tried);
            Some((number, tried, asked))
        });
    }
    let mut found = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        found.extend(ended.ok().flatten());
    }
    found.sort_by_key(|(number, ..)| *number);
    let asked: BTreeSet<String> = found.iter().flat_map(|(.., asked)| asked.iter().cloned()).collect();
    proof.tried = found.into_iter().map(|(_, tried, _)| tried).collect();
    if workshop.full {
        proof.idle = Some(proof.idle_of(asked.iter().map(String::as_str)));
    }
    proof
}

/// Where runs are made: so many at once.
struct Workshop {
    places: Semaphore,
    options: Arc<RunOptions>,
    full: bool,
}

impl Workshop {
    /// Makes a run of `job` with `meddler` before its servers. `None` if the proof was interrupted.
    async fn run(&self, job: &Job, meddler: Arc<dyn Meddler>) -> Option<ScenarioFinished> {
        let mut target = Target::clone(&job.target);
        if let Target::Process(process) = &mut target {
            process.front = Some(Saboteur::of(meddler));
        }
        let job = Job {
            target: Arc::new(target),
            ..job.clone()
        };
        let _place = self.places.acquire().await.ok()?;
        let finished = run_alone(Arc::new(job), Arc::clone(&self.options)).await;
        (finished.verdict != Verdict::NotReached).then_some(finished)
    }

    /// Runs everything with a saboteur that keeps its hands off.
    async fn control(self: &Arc<Self>, jobs: Vec<Job>, progress: &Arc<dyn Progress>) -> Result<Plan, Vec<Catch>> {
        progress.control(jobs.len());
        let mut tasks = JoinSet::new();
        for (number, job) in jobs.into_iter().enumerate() {
            let (workshop, progress) = (Arc::clone(self), Arc::clone(progress));
            tasks.spawn(async move {
                let observer = Arc::new(Observer::default());
                let finished = workshop.run(&job, Arc::clone(&observer) as _).await?;
                progress.controlled(&finished);
                let sight = Sight {
                    job: Arc::new(job),
                    asks: observer.take(),
                };
                Some((number, sight, finished))
            });
        }
        let (mut passed, mut red) = (Vec::new(), Vec::new());
        while let Some(ended) = tasks.join_next().await {
            let Some((number, sight, finished)) = ended.ok().flatten() else {
                continue;
            };
            match finished.verdict {
                Verdict::Pass => passed.push((number, sight)),
                verdict if verdict.is_red() => red.push(Catch::of(&finished)),
                // What the registry does not have cannot be broken in it.
                _ => {}
            }
        }
        if !red.is_empty() {
            return Err(red);
        }
        passed.sort_by_key(|(number, _)| *number);
        let sights = passed.into_iter().map(|(_, sight)| sight).collect();
        Ok(Plan::new(sights, self.options.seed, self.full))
    }

    /// Tries one, and says which scenarios were asked. `None` if the proof was interrupted.
    async fn try_out(self: &Arc<Self>, declaration: &Declaration, plan: &Plan) -> Option<(Tried, BTreeSet<String>)> {
        let mut trial = Trial::default();
        let own = plan.of(declaration);
        match declaration.kind {
            Kind::Mutant => trial.one_by_one(self, declaration, &own).await?,
            Kind::Variation => trial.all_at_once(self, declaration, &own).await?,
        }
        let mut elsewhere = Vec::new();
        if declaration.kind == Kind::Mutant && trial.catches.is_empty() && trial.broken.is_none() && self.full {
            let mut other = Trial::default();
            other
                .one_by_one(self, declaration, &plan.elsewhere(declaration))
                .await?;
            elsewhere = other.catches;
        }
        let fate = if let Some(reason) = trial.broken {
            Fate::Broken { reason }
        } else if trial.fired == 0 {
            Fate::NotExercised
        } else {
            match (declaration.kind, trial.catches.is_empty(), elsewhere.is_empty()) {
                (Kind::Mutant, false, _) => Fate::Killed { by: trial.catches },
                (Kind::Mutant, true, false) => Fate::KilledElsewhere { by: elsewhere },
                (Kind::Mutant, true, true) => Fate::Survived,
                (Kind::Variation, false, _) => Fate::FalseAlarm { by: trial.catches },
                (Kind::Variation, true, _) => Fate::Accepted,
            }
        };
        let mut tried = Tried::of(declaration, fate);
        tried.runs = trial.runs;
        tried.fired = trial.fired;
        let asked: BTreeSet<String> = trial.asked.into_iter().collect();
        tried.asked = asked.iter().cloned().collect();
        Some((tried, asked))
    }
}

/// What came of the runs with one declaration.
#[derive(Default)]
struct Trial {
    asked: Vec<String>,
    runs: usize,
    fired: u64,
    catches: Vec<Catch>,
    broken: Option<String>,
}

impl Trial {
    /// One run after the other, until one fails; all of them if that is asked for.
    async fn one_by_one(&mut self, workshop: &Workshop, declaration: &Declaration, jobs: &[Arc<Job>]) -> Option<()> {
        for job in jobs {
            let sabotage = Arc::new(Sabotage::new(Arc::clone(&declaration.rules)));
            let finished = workshop.run(job, Arc::clone(&sabotage) as _).await?;
            self.take(&finished, &sabotage);
            if self.broken.is_some() || (!self.catches.is_empty() && !workshop.full) {
                break;
            }
        }
        Some(())
    }

    async fn all_at_once(
        &mut self,
        workshop: &Arc<Workshop>,
        declaration: &Declaration,
        jobs: &[Arc<Job>],
    ) -> Option<()> {
        let mut tasks = JoinSet::new();
        for job in jobs {
            let (workshop, job) = (Arc::clone(workshop), Arc::clone(job));
            let sabotage = Arc::new(Sabotage::new(Arc::clone(&declaration.rules)));
            tasks.spawn(async move {
                let finished = workshop.run(&job, Arc::clone(&sabotage) as _).await?;
                Some((finished, sabotage))
            });
        }
        while let Some(ended) = tasks.join_next().await {
            let (finished, sabotage) = ended.ok()??;
            self.take(&finished, &sabotage);
        }
        self.catches
            .sort_by(|one, other| (&one.scenario, &one.row).cmp(&(&other.scenario, &other.row)));
        Some(())
    }

    fn take(&mut self, finished: &ScenarioFinished, sabotage: &Sabotage) {
        self.runs += 1;
        self.fired += sabotage.fired();
        self.asked.push(finished.scenario.clone());
        if let Some(reason) = sabotage.broken() {
            self.broken = Some(format!("a rule cannot be followed: {reason}"));
            return;
        }
        let catch = Catch::of(finished);
        match finished.verdict {
            Verdict::Fail if sabotage.fired() > 0 => self.catches.push(catch),
            Verdict::Fail => {
                let reason = format!(
                    "{} fails although nothing was changed: {}",
                    catch.scenario, catch.message
                );
                self.broken = Some(reason);
            }
            Verdict::Error => {
                let reason = format!("{}:{} is no verdict: {}", catch.scenario, catch.line, catch.message);
                self.broken = Some(reason);
            }
            _ => {}
        }
    }
}
