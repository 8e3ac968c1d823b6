//! A workload as steps.

use super::super::{
    content::{self, Blob, REPOSITORY, TAG},
    load::Step,
    plan::{Operation, What, Workload},
};

/// What is done in one reading.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// Before time is taken.
    pub(super) before: Vec<Step>,
    /// What is measured.
    pub(super) measured: Vec<Step>,
    /// Afterwards, so that the content is what it was.
    pub(super) after: Vec<Step>,
}

/// What a lane holds, as far as steps have to know.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The image that everything is about.
    pub(super) image: Blob,
    /// How many tags there are beside its own.
    pub(super) tags: usize,
    /// How many other repositories.
    pub(super) repositories: usize,
    /// What tells the blobs of this lane from those of others.
    pub(super) seed: String,
    /// How many things were made so far, which name what is made next.
    pub(super) made: u64,
}

/// The tag number `number`.
pub(super) fn tag(number: usize) -> String {
    format!("t{number:06}")
}

/// The repository number `number`.
pub(super) fn repository(number: usize) -> String {
    format!("bench/r{number:06}")
}

/// The blob that pulls of this size pull.
pub(super) fn pulled(size: u64) -> Blob {
    Blob::new(size, "pulled")
}

/// The image whose layer that is, and its tag.
pub(super) fn pulled_image(size: u64) -> (Blob, String) {
    (
        content::manifest("pulled", &[pulled(size)], None),
        format!("pulled-{size}"),
    )
}

/// Where a manifest of a repository is.
pub(super) fn manifest_at(repository: &str, reference: &str) -> String {
    format!("/v2/{repository}/manifests/{reference}")
}

fn blob_at(blob: &Blob) -> String {
    format!("/v2/{REPOSITORY}/blobs/{}", blob.digest())
}

impl Held {
    /// The steps of `workload`, of which `count` are measured.
    pub(super) fn steps(&mut self, workload: &Workload, count: usize) -> Steps {
        let mut steps = Steps::default();
        for operation in in_turn(&workload.operations, count) {
            self.add(operation, &mut steps);
        }
        steps
    }

    fn add(&mut self, operation: &Operation, steps: &mut Steps) {
        let size = operation.size.map_or(0, |size| size.0);
        let step = match operation.what {
            // The server is started by who measures.
            What::Start => return,
            What::ManifestByTag => Step::GetManifest(manifest_at(REPOSITORY, TAG), Some(self.image.size())),
            What::ManifestByDigest => {
                Step::GetManifest(manifest_at(REPOSITORY, self.image.digest()), Some(self.image.size()))
            }
            What::HeadBlob => Step::Head(blob_at(&content::config())),
            What::ListTags => {
                let page = page(operation, tag, self.tags);
                Step::Get(format!("/v2/{REPOSITORY}/tags/list{page}"), None)
            }
            What::ListReferrers => {
                let page = operation.page.map_or_else(String::new, |page| format!("?n={page}"));
                Step::Get(
                    format!("/v2/{REPOSITORY}/referrers/{}{page}", self.image.digest()),
                    None,
                )
            }
            What::ListRepositories => {
                let page = page(operation, repository, self.repositories);
                Step::Get(format!("/v2/_catalog{page}"), None)
            }
            What::PullBlob => Step::Get(blob_at(&pulled(size)), Some(size)),
            What::PullImage => {
                let (image, tag) = pulled_image(size);
                Step::All(vec![
                    Step::GetManifest(manifest_at(REPOSITORY, &tag), Some(image.size())),
                    Step::Get(blob_at(&content::config()), Some(content::config().size())),
                    Step::Get(blob_at(&pulled(size)), Some(size)),
                ])
            }
            What::PushBlob => {
                let blob = Blob::new(size, &self.next());
                Step::PushBlob(REPOSITORY.to_owned(), blob, operation.way)
            }
            What::PushRepository => {
                let repository = format!("bench/{}", self.next());
                first_manifest(&repository)
            }
            What::PushManifest | What::PushReferrer | What::DeleteManifest | What::DeleteReferrer => {
                return self.change(operation.what, steps);
            }
        };
        steps.measured.push(step);
    }

    /// A manifest that comes and goes. One of the two is measured.
    fn change(&mut self, what: What, steps: &mut Steps) {
        let name = self.next();
        let refers = matches!(what, What::PushReferrer | What::DeleteReferrer);
        let manifest = content::manifest(&name, &[], refers.then_some(&self.image));
        let by_digest = manifest_at(REPOSITORY, manifest.digest());
        let target = if refers {
            by_digest.clone()
        } else {
            manifest_at(REPOSITORY, &name)
        };
        let (put, delete) = (Step::PutManifest(target, manifest), Step::Delete(by_digest));
        if matches!(what, What::PushManifest | What::PushReferrer) {
            steps.measured.push(put);
            steps.after.push(delete);
        } else {
            steps.before.push(put);
            steps.measured.push(delete);
        }
    }

    fn next(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.seed, self.made)
    }
}

/// The first manifest of a repository, and its config.
pub(super) fn first_manifest(repository: &str) -> Step {
    let manifest = content::manifest(repository, &[], None);
    Step::All(vec![
        Step::PushBlob(
            repository.to_owned(),
            content::config(),
            super::super::plan::Way::Monolithic,
        ),
        Step::PutManifest(manifest_at(repository, TAG), manifest),
    ])
}

/// The part of a list that a page from the middle of it is, as a query.
fn page(operation: &Operation, name: impl Fn(usize) -> String, count: usize) -> String {
    match operation.page {
        Some(page) => format!("?n={page}&last={}", name(count / 2)),
        None => "?n=100".to_owned(),
    }
}

/// The operations as often as their shares say, spread evenly.
fn in_turn(operations: &[Operation], count: usize) -> impl Iterator<Item = &Operation> {
    let total: usize = operations.iter().map(|operation| operation.share).sum();
    let mut done = vec![0; operations.len()];
    (1..=count).filter_map(move |number| {
        // The one that is furthest behind its share.
        let behind =
            |place: usize| (operations[place].share * number).cast_signed() - (done[place] * total).cast_signed();
        let place = (0..operations.len()).max_by_key(|place| (behind(*place), std::cmp::Reverse(*place)))?;
        done[place] += 1;
        operations.get(place)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::plan::Plan;
    use super::*;

    fn held() -> Held {
        Held {
            image: content::manifest("image", &[], None),
            tags: 10,
            repositories: 10,
            seed: "s".to_owned(),
            made: 0,
        }
    }

    fn workload(name: &str) -> Workload {
        let plan = Plan::standard().unwrap();
        let mut all = plan.stages.into_iter().flat_map(|stage| stage.workloads);
        all.find(|workload| workload.name == name).unwrap()
    }

    #[test]
    fn shares_are_kept_and_spread() {
        let mixed = workload("push, mixed sizes");
        let sizes: Vec<u64> = in_turn(&mixed.operations, 10)
            .map(|operation| operation.size.unwrap().0 >> 20)
            .collect();
        assert_eq!(sizes.iter().filter(|size| **size == 10).count(), 7);
        assert_eq!(sizes.iter().filter(|size| **size == 1).count(), 2);
        assert_ne!(sizes[0], sizes[1].min(sizes[2]).min(sizes[3]), "{sizes:?}");
    }

    #[test]
    fn what_is_pushed_goes_again_and_what_is_deleted_was_there() {
        let mut held = held();
        let steps = held.steps(&workload("push a tag"), 3);
        assert_eq!((steps.before.len(), steps.measured.len(), steps.after.len()), (0, 3, 3));
        let steps = held.steps(&workload("delete a referrer"), 3);
        assert_eq!((steps.before.len(), steps.measured.len(), steps.after.len()), (3, 3, 0));
    }

    #[test]
    fn nothing_is_pushed_twice() {
        let mut held = held();
        let pushes = workload("push 1 MiB");
        let mut digests: Vec<String> = (0..2)
            .flat_map(|_| held.steps(&pushes, 2).measured)
            .map(|step| match step {
                Step::PushBlob(_, blob, _) => blob.digest().to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 4);
    }
}
