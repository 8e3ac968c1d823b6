//! Meddles with the exchanges of one run as rules say.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::{sync::watch, time::timeout};

use super::{
    edit,
    endpoint::Endpoint,
    memory::Memory,
    rule::{AnswerEdit, RequestEdit, Rule},
    template::{Template, Variables},
    variables,
};
use crate::mutation::saboteur::{Answer, Meddler, Request, RequestHead, ask};

/// How long an exchange waits for others of its rule.
const MEETING: Duration = Duration::from_millis(300);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("a rule cannot be followed: {0}")]
    Template(#[from] minijinja::Error),
    #[error("the registry gives none: {0}")]
    Registry(#[from] std::io::Error),
}

/// The rules of a mutant or a variation, within one run, with what they remember.
#[derive(Debug)]
pub(crate) struct Sabotage {
    rules: Arc<[Rule]>,
    under_way: Vec<watch::Sender<usize>>,
    memory: Mutex<Memory>,
    fired: AtomicU64,
    broken: Mutex<Option<String>>,
}

impl Sabotage {
    /// Nothing is remembered yet.
    pub(crate) fn new(rules: Arc<[Rule]>) -> Self {
        Self {
            under_way: rules.iter().map(|_| watch::Sender::new(0)).collect(),
            rules,
            memory: Mutex::default(),
            fired: AtomicU64::new(0),
            broken: Mutex::default(),
        }
    }

    /// How many exchanges were changed.
    pub(crate) fn fired(&self) -> u64 {
        self.fired.load(Ordering::Relaxed)
    }

    /// What was wrong with a rule, if something was.
    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules that may be about a request, with their numbers.
    fn about<'a>(&'a self, request: &Request) -> Vec<(usize, &'a Rule)> {
        let endpoint = Endpoint::of(&request.target);
        let rules = self.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.on.asks(&request.method, &endpoint, &request.headers))
            .collect()
    }

    async fn exchange(&self, sent: Request, authority: &str) -> Result<Option<Answer>, Broken> {
        let rules = self.about(&sent);
        let mut seen = variables::of_request(&sent, &self.memory());
        let mut request = sent.clone();
        let mut instead = None;
        let mut acting = Vec::new();
        let mut guards = Vec::new();
        for (number, rule) in rules {
            guards.push(UnderWay::enter(&self.under_way[number]));
            if let Some(count) = rule.meet {
                self.meet(number, count).await;
            }
            let nth = self.memory().count(number);
            let at_once = *self.under_way[number].borrow();
            seen.insert("nth", nth.into());
            seen.insert("at_once", at_once.into());
            if rule.acts_before() {
                if !holds(rule, &seen)? {
                    continue;
                }
                for edit in &rule.request {
                    edit::request(edit, &mut request, &seen, &self.memory())?;
                }
                if let Some(answer) = &rule.instead {
                    instead = Some(edit::instead(answer, &seen)?);
                }
            }
            acting.push((number, rule, nth, at_once));
        }
        let mut changed = request != sent || instead.is_some();
        let mut answer = match instead {
            Some(answer) => answer,
            None => ask(authority, &request).await?,
        };
        for (number, rule, nth, at_once) in acting {
            seen.insert("nth", nth.into());
            seen.insert("at_once", at_once.into());
            variables::add_answer(&mut seen, &answer);
            if !rule.on.answers(answer.status) || (!rule.acts_before() && !holds(rule, &seen)?) {
                continue;
            }
            for edit in &rule.answer {
                if *edit == AnswerEdit::HangUp {
                    self.fired.fetch_add(1, Ordering::Relaxed);
                    return Ok(None);
                }
                let before = answer.clone();
                changed |= self
                    .do_to(edit, &mut answer, (number, &request, authority), &seen)
                    .await?;
                changed |= answer != before;
                variables::add_answer(&mut seen, &answer);
            }
            self.remember(rule, &sent, &seen)?;
        }
        if changed {
            self.fired.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Some(answer))
    }

    /// Notes and keeps what a rule says.
    fn remember(&self, rule: &Rule, sent: &Request, seen: &Variables) -> Result<(), Broken> {
        let mut memory = self.memory();
        for (list, value) in &rule.note {
            memory.note(list, value.render(seen)?);
        }
        if let Some(key) = &rule.keep {
            memory.keep(key.render(seen)?, &sent.body);
        }
        Ok(())
    }

    /// Does an edit to an answer. Says whether something changed that the answer does not show.
    async fn do_to(
        &self,
        edit: &AnswerEdit,
        answer: &mut Answer,
        (number, request, authority): (usize, &Request, &str),
        seen: &Variables,
    ) -> Result<bool, Broken> {
        match edit {
            AnswerEdit::Again(edits) => *answer = ask(authority, &self.edited(request, edits, seen)?).await?,
            AnswerEdit::Also(edits) => {
                ask(authority, &self.edited(request, edits, seen)?).await?;
                return Ok(true);
            }
            AnswerEdit::Elsewhere(target) => {
                for found in self.everywhere(target, request, authority, seen).await? {
                    if (200..300).contains(&found.status) {
                        *answer = found;
                        break;
                    }
                }
            }
            AnswerEdit::Everywhere(target) => {
                let answers = self.everywhere(target, request, authority, seen).await?;
                return Ok(answers.iter().any(|answer| answer.status < 300));
            }
            AnswerEdit::First => *answer = self.memory().first(number, answer),
            AnswerEdit::BodyOfGet => {
                let mut get = request.clone();
                "GET".clone_into(&mut get.method);
                answer.behind = ask(authority, &get).await?.body;
            }
            AnswerEdit::Delay(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                return Ok(true);
            }
            other => edit::answer(other, answer, seen, &self.memory())?,
        }
        Ok(false)
    }

    /// The answers of every repository that was seen, but this one.
    async fn everywhere(
        &self,
        target: &Template,
        request: &Request,
        authority: &str,
        seen: &Variables,
    ) -> Result<Vec<Answer>, Broken> {
        let here = Endpoint::of(&request.target).repository;
        let mut others = self.memory().repositories();
        others.retain(|other| *other != here);
        let mut answers = Vec::new();
        for other in others {
            let mut seen = seen.clone();
            seen.insert("other", other.into());
            let target = target.render(&seen)?;
            answers.push(
                ask(
                    authority,
                    &Request {
                        target,
                        ..request.clone()
                    },
                )
                .await?,
            );
        }
        Ok(answers)
    }

    fn edited(&self, request: &Request, edits: &[RequestEdit], seen: &Variables) -> Result<Request, Broken> {
        let mut request = Request {
            behind: Bytes::new(),
            ..request.clone()
        };
        for edit in edits {
            edit::request(edit, &mut request, seen, &self.memory())?;
        }
        Ok(request)
    }

    /// Waits until `count` exchanges of a rule are under way.
    async fn meet(&self, number: usize, count: usize) {
        let mut under_way = self.under_way[number].subscribe();
        // Alone until then: then nobody else comes.
        let _ = timeout(MEETING, under_way.wait_for(|now| *now >= count)).await;
    }
}

/// Whether one of these rules is about one of these requests.
pub(crate) fn about_any(rules: &[Rule], requests: &[RequestHead]) -> bool {
    requests.iter().any(|head| {
        let endpoint = Endpoint::of(&head.target);
        let about = |rule: &Rule| rule.on.asks(&head.method, &endpoint, &head.headers);
        // What only remembers changes nothing.
        rules
            .iter()
            .any(|rule| (rule.acts_before() || !rule.answer.is_empty()) && about(rule))
    })
}

fn holds(rule: &Rule, seen: &Variables) -> Result<bool, minijinja::Error> {
    rule.when.as_ref().map_or(Ok(true), |when| when.holds(seen))
}

/// Counts an exchange of a rule for as long as it is under way.
struct UnderWay<'a>(&'a watch::Sender<usize>);

impl<'a> UnderWay<'a> {
    fn enter(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Meddler for Sabotage {
    fn wants(&self, head: &RequestHead) -> bool {
        let endpoint = Endpoint::of(&head.target);
        self.memory().saw_repository(&endpoint.repository);
        self.rules
            .iter()
            .any(|rule| rule.on.asks(&head.method, &endpoint, &head.headers))
    }

    fn answer<'a>(&'a self, request: Request, authority: &'a str) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move {
            match self.exchange(request, authority).await {
                Ok(answer) => answer,
                // It may well have been asked what deserves none.
                Err(Broken::Registry(_)) => None,
                Err(Broken::Template(error)) => {
                    let mut first = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert_with(|| error.to_string());
                    None
                }
            }
        })
    }
}
