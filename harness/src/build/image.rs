//! An image that is there already, or can be pulled.

use std::io;

use testcontainers::{
    GenericImage, TestcontainersError, bollard::errors::Error as EngineError, core::client::docker_client_instance,
    runners::AsyncRunner as _,
};
use tokio::runtime::Builder;

use super::BuildError;
use crate::target::name_and_tag;

/// The size of an image in bytes. One that the engine does not have is pulled.
pub(super) fn size(image: &str) -> Result<u64, BuildError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| BuildError::Run {
        program: image.to_owned(),
        source,
    })?;
    runtime.block_on(look(image)).map_err(|source| BuildError::Image {
        image: image.to_owned(),
        source: Box::new(source),
    })
}

async fn look(image: &str) -> Result<u64, TestcontainersError> {
    let engine = docker_client_instance().await?;
    let mut found = engine.inspect_image(image).await;
    if let Err(EngineError::DockerResponseServerError { status_code: 404, .. }) = found {
        let (name, tag) = name_and_tag(image);
        let _pulled = GenericImage::new(name, tag).pull_image().await?;
        found = engine.inspect_image(image).await;
    }
    let found = found.map_err(|error| TestcontainersError::other(io::Error::other(error)))?;
    Ok(found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default())
}
