//! Areas: what statements are about, which their ids begin with.

/// An area of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// What the ids of its statements begin with.
    pub name: &'static str,
    /// What they are about.
    pub about: &'static str,
}

const fn area(name: &'static str, about: &'static str) -> Area {
    Area { name, about }
}

/// Every area, in the order of the register.
pub const AREAS: &[Area] = &[
    area("GEN", "the categories, HTTP, and whether the API is there"),
    area("NAME", "names of repositories, tags and references"),
    area("PULL", "serving manifests and blobs, whole and in ranges"),
    area("HEAD", "whether content exists"),
    area("PUSH", "taking blobs and manifests"),
    area("CHUNK", "blobs in chunks"),
    area("SESS", "uploads that do not exist"),
    area("CANCEL", "uploads that are given up"),
    area("MOUNT", "blobs of another repository"),
    area("SUBJ", "manifests with a subject"),
    area("TAGS", "lists of tags"),
    area("REF", "lists of referrers"),
    area("DEL", "deleting tags, manifests and blobs"),
    area("ISO", "repositories apart from each other"),
    area("PROXY", "registries that stand in for others"),
    area("ERR", "error documents and their codes"),
    area("WARN", "warnings"),
    area("LEGACY", "what is left of Docker's protocol"),
    area("EXT", "extensions of the API"),
    area("OCIEXT", "the list of extensions"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::statements;

    #[test]
    fn every_statement_belongs_to_an_area_and_every_area_has_one() {
        for statement in statements() {
            assert!(
                AREAS.iter().any(|area| area.name == statement.area()),
                "{}",
                statement.id
            );
        }
        for area in AREAS {
            assert!(statements().iter().any(|one| one.area() == area.name), "{}", area.name);
        }
    }
}
