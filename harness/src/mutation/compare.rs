//! Shows the same mutants to the official suite.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio_util::sync::CancellationToken;

use super::{
    behaviour::{Sabotage, about_any},
    declaration::{Declaration, Kind},
    proof::{OfficialView, Proof},
    saboteur::{Meddler, Observer, Saboteur},
};
use crate::{
    conformance::{OfficialSuite, SUITE_VERSION},
    runner::OfficialFinished,
    target::ProcessTarget,
};

/// The version of the specification that asks for most.
const SPEC: &str = "dev";

/// Runs `suite` on every mutant, `side_by_side` at once, and says in `proof` what it makes of each. What fails on the
/// registry as it is says nothing about a mutant. Of a mutant that changes nothing of what it asks there is nothing to see.
pub fn compare(
    suite: &OfficialSuite,
    target: &ProcessTarget,
    declarations: &[Declaration],
    proof: &mut Proof,
    side_by_side: usize,
    ended: &(dyn Fn(&str) + Sync),
    cancel: &CancellationToken,
) {
    let run = |meddler: Arc<dyn Meddler>, name: &str| {
        let target = ProcessTarget {
            front: Some(Saboteur::of(meddler)),
            ..target.clone()
        };
        suite.run(&target, name, SPEC, cancel)
    };
    let observer = Arc::new(Observer::default());
    let as_it_is = run(Arc::clone(&observer) as _, "control");
    let asks = observer.take();
    let mutants: Vec<&Declaration> = declarations.iter().filter(|one| one.kind == Kind::Mutant).collect();
    let views = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if cancel.is_cancelled() {
                        return;
                    }
                    let view = if as_it_is.error.is_some() || about_any(&mutant.rules, &asks) {
                        let sabotage = Arc::new(Sabotage::new(Arc::clone(&mutant.rules)));
                        view(&as_it_is, run(Arc::clone(&sabotage) as _, &mutant.id), &sabotage)
                    } else {
                        OfficialView::default()
                    };
                    let mut views = views.lock().unwrap_or_else(PoisonError::into_inner);
                    views.push((mutant.id.clone(), view));
                    drop(views);
                    ended(&mutant.id);
                }
            });
        }
    });
    proof.suite = Some(format!("{SUITE_VERSION}, specification {SPEC}"));
    for (id, view) in views.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Some(tried) = proof.tried.iter_mut().find(|tried| tried.id == id) {
            tried.official = Some(view);
        }
    }
}

fn view(as_it_is: &OfficialFinished, mut finished: OfficialFinished, sabotage: &Sabotage) -> OfficialView {
    finished.failed.retain(|name| !as_it_is.failed.contains(name));
    OfficialView {
        failed: finished.failed,
        exercised: sabotage.fired() > 0,
        error: finished.error,
    }
}
