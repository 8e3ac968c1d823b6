//! `durability`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{super::keys, Reader};
use crate::kill::Sweep;

/// What may be on the disk, and how the rest is swept.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Sweep> {
    reader.known(&keys::DURABILITY);
    let files = patterns(reader, "files");
    let links = if reader.has("links") {
        patterns(reader, "links")
    } else {
        Some(GlobSet::empty())
    };
    let config = reader.has("config").then(|| reader.config()).flatten();
    Some(Sweep {
        config: config.map(|(_, config)| config),
        files: files?,
        links: links?,
    })
}

/// Patterns of paths, in which `*` does not go past a `/`.
fn patterns(reader: &mut Reader<'_, '_>, key: &str) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in reader.texts(key)? {
        match GlobBuilder::new(text.get_ref()).literal_separator(true).build() {
            Ok(pattern) => {
                set.add(pattern);
            }
            Err(error) => {
                let help = "write a path below the root, with `*` for any part of a name and `**` for any folders";
                reader.problem(text.span(), error.to_string(), help);
                return None;
            }
        }
    }
    set.build().ok()
}
