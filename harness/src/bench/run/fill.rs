//! What is there before anything is measured.

use std::{fs, io, path::Path};

use super::{
    super::{
        content::{self, Blob, REPOSITORY, TAG},
        load::{Clients, Failure, Origin, Step, drive},
        plan::{Stage, Way, What},
    },
    steps::{first_manifest, manifest_at, pulled, pulled_image, repository, tag},
};

/// How many clients fill a registry.
const CLIENTS: usize = 16;

/// The sizes of what is pulled in a stage, as blobs and as images.
fn sizes(stage: &Stage, wanted: What) -> Vec<u64> {
    let operations = stage.workloads.iter().flat_map(|workload| &workload.operations);
    let sizes = operations
        .filter(|operation| operation.what == wanted)
        .filter_map(|operation| operation.size);
    let mut sizes: Vec<u64> = sizes.map(|size| size.0).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The blobs of a stage, and its images with their tags.
fn contents(stage: &Stage, image: &Blob) -> (Vec<Blob>, Vec<(Blob, String)>) {
    let mut blobs = vec![content::config()];
    let mut images = vec![(image.clone(), TAG.to_owned())];
    blobs.extend(sizes(stage, What::PullBlob).into_iter().map(pulled));
    for size in sizes(stage, What::PullImage) {
        blobs.push(pulled(size));
        images.push(pulled_image(size));
    }
    blobs.dedup_by(|left, right| left.digest() == right.digest());
    (blobs, images)
}

/// Pushes all of it to a registry.
pub(super) async fn push(origin: &Origin, stage: &Stage, image: &Blob, size: Option<usize>) -> Result<(), Failure> {
    let [tags, referrers, repositories] = stage.content.at(size);
    let (blobs, images) = contents(stage, image);
    let push_blob = |blob| Step::PushBlob(REPOSITORY.to_owned(), blob, Way::Monolithic);
    let put = |(manifest, tag): (Blob, String)| Step::PutManifest(manifest_at(REPOSITORY, &tag), manifest);
    let tagged = (1..=tags).map(|number| (content::manifest(&tag(number), &[], None), tag(number)));
    let referring = (1..=referrers).map(|number| {
        let manifest = content::manifest(&format!("referrer {number}"), &[], Some(image));
        let digest = manifest.digest().to_owned();
        (manifest, digest)
    });
    let others = (1..=repositories).map(|number| first_manifest(&repository(number)));
    // A manifest comes after what it names.
    for steps in [
        blobs.into_iter().map(push_blob).collect(),
        images.into_iter().map(put).collect(),
        tagged.chain(referring).map(put).chain(others).collect::<Vec<_>>(),
    ] {
        let clients = Clients {
            count: CLIENTS,
            lasts: None,
        };
        drive(origin, steps, clients).await?;
    }
    Ok(())
}

/// Writes what a pull reads as files below `folder`, where their paths lead.
pub(super) fn write(folder: &Path, stage: &Stage, image: &Blob) -> io::Result<()> {
    let (blobs, images) = contents(stage, image);
    let repository = folder.join("v2").join(REPOSITORY);
    let (blob_folder, manifest_folder) = (repository.join("blobs"), repository.join("manifests"));
    fs::create_dir_all(&blob_folder)?;
    fs::create_dir_all(&manifest_folder)?;
    for blob in &blobs {
        write_blob(&blob_folder.join(blob.digest()), blob)?;
    }
    for (manifest, tag) in &images {
        write_blob(&manifest_folder.join(tag), manifest)?;
        write_blob(&manifest_folder.join(manifest.digest()), manifest)?;
    }
    Ok(())
}

fn write_blob(path: &Path, blob: &Blob) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    blob.pieces()
        .try_for_each(|piece| io::Write::write_all(&mut file, &piece))
}
