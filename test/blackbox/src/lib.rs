//! What the blackbox tests share: real clients, real images, and registries of our own to point them at.

pub mod build;
pub mod certificate;
pub mod checkout;
pub mod distribution;
pub mod image;
pub mod push;
pub mod registry;
pub mod tool;
