//! Pages of which a part is written by this program, between markers.

use std::{fs, io, path::Path};

/// What stands before and after the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Markers {
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
}

/// The page at `path` with `text` between its markers; `text` alone where there is no such page.
pub(crate) fn with(path: &Path, markers: Markers, text: &str) -> io::Result<String> {
    let page = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(text.to_owned()),
        page => page?,
    };
    Ok(between(&page, markers, text).unwrap_or_else(|| text.to_owned()))
}

fn between(page: &str, markers: Markers, text: &str) -> Option<String> {
    let Markers { begin, end } = markers;
    let (before, rest) = page.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKERS: Markers = Markers {
        begin: "<!-- part -->",
        end: "<!-- end of the part -->",
    };

    #[test]
    fn a_page_with_markers_keeps_what_is_around_them() {
        let page = "# Page\n\n<!-- part -->\nold\n<!-- end of the part -->\n\nmore\n";
        let wanted = "# Page\n\n<!-- part -->\n\nnew\n\n<!-- end of the part -->\n\nmore\n";
        assert_eq!(between(page, MARKERS, "new\n").as_deref(), Some(wanted));
        assert_eq!(between(wanted, MARKERS, "new\n").as_deref(), Some(wanted));
        assert_eq!(between("# Page\n<!-- part -->\n", MARKERS, "new"), None);
    }

    #[test]
    fn a_page_that_is_not_there_or_has_no_markers_is_the_part_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        assert_eq!(with(&path, MARKERS, "new\n").unwrap(), "new\n");
        fs::write(&path, "old").unwrap();
        assert_eq!(with(&path, MARKERS, "new\n").unwrap(), "new\n");
    }
}
