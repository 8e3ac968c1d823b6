//! A plan as its file says it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::value::{Size, Sizes, Span};

/// What is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// How often each workload is measured on each subject.
    pub rounds: usize,
    /// Whether it was cut down to seconds, so that the figures say nothing.
    #[serde(skip)]
    pub is_quick: bool,
    /// The stages, in their order.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
}

/// Workloads on the same content.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stage {
    /// What it is called.
    pub name: String,
    /// What it shows, in a sentence.
    #[serde(default)]
    pub about: String,
    /// Whom it is for.
    #[serde(default)]
    pub subjects: Who,
    /// Where the content lies.
    #[serde(default)]
    pub root: Place,
    /// What is there before anything is measured.
    #[serde(default)]
    pub content: Content,
    /// What is done, in this order.
    #[serde(rename = "workload")]
    pub workloads: Vec<Workload>,
}

/// Whom a stage is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Everybody who can.
    #[default]
    All,
    /// The first subject: where the question is not how registries compare.
    First,
}

/// Where content lies.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On the disk that the project is on.
    #[default]
    Disk,
    /// In memory, where the system offers that: for what the disk would only blur.
    Memory,
}

/// What is there before anything is measured, beside one image. A list of sizes measures growth: the subject is then there once
/// for each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Content {
    /// Tags of the image's repository, each with a manifest of its own.
    pub tags: Sizes,
    /// Manifests that refer to the image.
    pub referrers: Sizes,
    /// Other repositories.
    pub repositories: Sizes,
}

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Tags.
    Tags,
    /// Referrers.
    Referrers,
    /// Repositories.
    Repositories,
}

impl Axis {
    /// What it is called.
    pub(in super::super) const fn name(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Referrers => "referrers",
            Self::Repositories => "repositories",
        }
    }
}

impl Content {
    /// What grows, and its sizes; none where the content is the same for all.
    pub fn growth(&self) -> Option<(Axis, &[usize])> {
        let axes = [
            (Axis::Tags, &self.tags),
            (Axis::Referrers, &self.referrers),
            (Axis::Repositories, &self.repositories),
        ];
        let mut grows = axes.into_iter().filter(|(_, sizes)| sizes.all().len() > 1);
        grows.next().map(|(axis, sizes)| (axis, sizes.all()))
    }

    /// The same where what grows has the size `size`.
    pub fn at(&self, size: Option<usize>) -> [usize; 3] {
        [&self.tags, &self.referrers, &self.repositories].map(|sizes| match (sizes.all(), size) {
            ([], _) => 0,
            ([one], _) => *one,
            ([first, ..], size) => size.unwrap_or(*first),
        })
    }
}

/// What clients do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workload {
    /// What it is called.
    pub name: String,
    /// The operations that it is mixed from.
    pub operations: Vec<Operation>,
    /// How many clients there are at a time.
    #[serde(default = "one")]
    pub clients: usize,
    /// How many operations there are in all.
    pub requests: Option<usize>,
    /// How long they go on, where operations may be repeated.
    pub lasts: Option<Span>,
    /// How often it is measured, where not as often as the rest.
    pub rounds: Option<usize>,
    /// Whether the server is started anew before each round, so that it remembers nothing.
    #[serde(default)]
    pub fresh: bool,
    /// What is hoped for.
    #[serde(default)]
    pub aims: Vec<Aim>,
}

const fn one() -> usize {
    1
}

impl Workload {
    /// How long it goes on, if it ends with the time.
    pub fn lasts(&self) -> Option<Duration> {
        self.lasts.map(Span::duration)
    }

    /// How many bytes of blobs a round leaves behind.
    pub fn pushed(&self) -> u64 {
        let operations = || self.operations.iter();
        let each = |operation: &Operation| operation.size.map_or(0, |size| size.0) * operation.share as u64;
        let pushes = operations().filter(|operation| operation.what == What::PushBlob);
        let shares: usize = operations().map(|operation| operation.share).sum();
        pushes.map(each).sum::<u64>() * self.requests.unwrap_or(shares) as u64 / shares.max(1) as u64
    }
}

/// One kind of operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Operation {
    /// What is done.
    #[serde(rename = "do")]
    pub what: What,
    /// How large the blob is, where there is one.
    pub size: Option<Size>,
    /// How a blob is pushed.
    #[serde(default)]
    pub way: Way,
    /// How many entries a page of a list has.
    pub page: Option<usize>,
    /// How often it is done, beside the others.
    #[serde(default = "one")]
    pub share: usize,
}

/// What can be done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The server is started, until it answers.
    Start,
    /// The image's manifest, by its tag.
    ManifestByTag,
    /// The same by its digest.
    ManifestByDigest,
    /// Whether a blob is there.
    HeadBlob,
    /// A page of tags, from the middle of them.
    ListTags,
    /// A page of referrers.
    ListReferrers,
    /// A page of repositories, from the middle of them.
    ListRepositories,
    /// A blob.
    PullBlob,
    /// A manifest by its tag, and the blobs that it names.
    PullImage,
    /// A blob that nobody has.
    PushBlob,
    /// A manifest that nobody has, with a tag.
    PushManifest,
    /// A manifest that refers to the image.
    PushReferrer,
    /// The first manifest of a repository, and its config.
    PushRepository,
    /// A manifest and its tag go.
    DeleteManifest,
    /// A referrer goes.
    DeleteReferrer,
}

impl What {
    /// Whether it can be done any number of times without a trace.
    pub const fn leaves_no_trace(self) -> bool {
        matches!(
            self,
            Self::ManifestByTag
                | Self::ManifestByDigest
                | Self::HeadBlob
                | Self::ListTags
                | Self::ListReferrers
                | Self::ListRepositories
                | Self::PullBlob
                | Self::PullImage
        )
    }

    /// Whether it is about a blob of some size.
    pub const fn has_size(self) -> bool {
        matches!(self, Self::PullBlob | Self::PullImage | Self::PushBlob)
    }
}

/// How a blob is pushed (spec.md#pushing-blobs).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A `POST`, and a `PUT` with all of it.
    #[default]
    Monolithic,
    /// A `PATCH` for each part of 5 MiB.
    Chunked,
    /// One `PATCH` that does not say its length.
    Streamed,
}

/// What is hoped for. It is told whether it was met, and that is all that comes of it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Aim {
    /// So many times what another subject does in the same time.
    Rate {
        /// The other one.
        of: String,
        /// How many times.
        at_least: f64,
    },
    /// So many milliseconds at most for an operation.
    Milliseconds {
        /// The most.
        at_most: f64,
    },
    /// So many MiB of memory at most while it goes on.
    Memory {
        /// The most.
        at_most: f64,
    },
    /// So many MiB at most beyond what the server held before.
    MoreMemory {
        /// The most.
        at_most: f64,
    },
    /// The largest content costs so many times as much as the smallest, at most.
    Growth {
        /// The most.
        at_most: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::super::Plan;

    #[test]
    fn what_a_round_leaves_behind_is_what_its_pushes_come_to() {
        let plan = Plan::standard().unwrap();
        let workloads = || plan.stages.iter().flat_map(|stage| &stage.workloads);
        let pushed = |name: &str| workloads().find(|one| one.name == name).unwrap().pushed() >> 20;
        assert_eq!(pushed("push 100 MiB"), 400);
        assert_eq!(pushed("push, mixed sizes"), 4 + 140 + 200);
        assert_eq!(pushed("three pulls and one push"), 25);
        assert_eq!(pushed("pull 1 GiB"), 0);
    }
}
