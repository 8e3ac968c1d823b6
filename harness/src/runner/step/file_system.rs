//! `fill`, `free`, `remount`: the file system of its own that a server has.

use crate::{
    runner::{context::Context, stop::Stop},
    scenario::{DiskStep, DiskVerb},
};

pub(super) async fn run(run: &mut Context, step: &DiskStep) -> Result<(), Stop> {
    let server = run.site.server(&step.server)?;
    let done = server.change_disk(|disk| match step.verb {
        DiskVerb::Fill { leave } => disk.fill(leave),
        DiskVerb::Free => disk.free(),
        DiskVerb::Remount { read_only } => disk.remount(read_only),
    });
    done.await.map_err(|error| Stop::of_server(&error))
}
