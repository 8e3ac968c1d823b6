//! The servers of a run, by name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use minijinja::Value;

use super::Registry;
use crate::{
    combination::Combination,
    peer::{Addresses, Peer, Role},
    runner::{Job, stop::Stop},
    scenario::{REGISTRY, RegistryDeclaration, ServerKind},
    target::{ProcessTarget, Server},
};

/// The servers of a run, in the order in which they start. Dropping it ends them all.
#[derive(Debug)]
pub(in crate::runner) struct Topology {
    /// Whether the scenario names its servers, so that paths may begin with a name.
    named: bool,
    registries: Vec<Registry>,
    peers: Vec<(String, Peer)>,
    /// What each proxy stands before.
    behind: BTreeMap<String, String>,
    addresses: Addresses,
}

impl Topology {
    /// The servers of `job`, none of them started yet.
    pub(in crate::runner) fn new(job: &Job, target: &ProcessTarget) -> Result<Self, Stop> {
        let scenario = &job.scenario;
        let mut topology = Self {
            named: !scenario.servers.is_empty(),
            registries: Vec::new(),
            peers: Vec::new(),
            behind: BTreeMap::new(),
            addresses: Addresses::default(),
        };
        if scenario.servers.is_empty() {
            topology.add(REGISTRY, &RegistryDeclaration::default(), job, target, None)?;
            return Ok(topology);
        }
        // Those that own their root come first; the folder of an owner outlives those that share it.
        let mut roots: BTreeMap<&str, PathBuf> = BTreeMap::new();
        for shares in [false, true] {
            for declared in &scenario.servers {
                let Some(registry) = declared.registry().filter(|registry| registry.root.is_some() == shares) else {
                    continue;
                };
                let root = match &registry.root {
                    None => None,
                    Some(owner) => Some(roots.get(owner.as_str()).cloned().ok_or_else(|| {
                        Stop::error(format!(
                            "`{}` shares the root of `{owner}`, which has none of its own",
                            declared.name
                        ))
                    })?),
                };
                topology.add(&declared.name, registry, job, target, root.as_deref())?;
                if let Some(added) = topology.registries.last() {
                    roots.insert(&declared.name, added.root().to_owned());
                }
            }
        }
        let place = |name: &str| scenario.servers.iter().position(|declared| declared.name == name);
        topology.registries.sort_by_key(|registry| place(registry.name()));
        for declared in &scenario.servers {
            let role = match &declared.kind {
                ServerKind::Registry(_) => continue,
                ServerKind::Proxy { upstream, .. } => {
                    topology.behind.insert(declared.name.clone(), upstream.clone());
                    Role::Proxy(upstream.clone())
                }
                ServerKind::Script(_) => Role::Script,
            };
            let peer = Peer::start(role, topology.addresses.clone())
                .map_err(|error| Stop::error(format!("cannot start `{}`: {error}", declared.name)))?;
            topology.addresses.set(&declared.name, peer.authority());
            topology.peers.push((declared.name.clone(), peer));
        }
        Ok(topology)
    }

    fn add(
        &mut self,
        name: &str,
        declared: &RegistryDeclaration,
        job: &Job,
        target: &ProcessTarget,
        root: Option<&Path>,
    ) -> Result<(), Stop> {
        let server = match declared.disk {
            Some(size) => Server::with_disk(target, size),
            None => Server::with_root(target, root),
        };
        let mut server = server.map_err(|error| Stop::of_server(&error))?;
        if let Some(combination) = &declared.combination {
            server.set_binary(binary(job, target, combination)?);
        }
        self.registries
            .push(Registry::new(name, server, self.addresses.clone()));
        Ok(())
    }

    /// The processes, in the order in which they start.
    pub(in crate::runner) fn registries(&self) -> &[Registry] {
        &self.registries
    }

    /// The process of this name.
    pub(in crate::runner) fn registry(&self, name: &str) -> Result<&Registry, Stop> {
        let found = self.registries.iter().find(|registry| registry.name() == name);
        found.ok_or_else(|| Stop::error(format!("the scenario has no server `{name}`")))
    }

    /// The server of this name that the harness plays.
    pub(in crate::runner) fn peer(&self, name: &str) -> Result<&Peer, Stop> {
        let found = self.peers.iter().find(|(other, _)| other == name);
        found
            .map(|(_, peer)| peer)
            .ok_or_else(|| Stop::error(format!("the harness plays no server `{name}`")))
    }

    /// The name of the server that `text` begins with, and what follows the `/` behind it.
    pub(in crate::runner) fn named<'t>(&self, text: &'t str) -> Option<(&str, &'t str)> {
        let (head, rest) = text.split_once('/').filter(|_| self.named)?;
        Some((self.names().find(|name| *name == head)?, rest))
    }

    /// The name of the server that `text` is about, which names none: `registry`, if there is one.
    pub(in crate::runner) fn implied(&self, text: &str) -> Result<&str, Stop> {
        self.names().find(|name| *name == REGISTRY).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            let names = names.join(", ");
            Stop::error(format!(
                "`{text}` does not begin with the name of a server; there are {names}"
            ))
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let peers = self.peers.iter().map(|(name, _)| name.as_str());
        self.registries.iter().map(Registry::name).chain(peers)
    }

    /// The server that listens at an address.
    pub(in crate::runner) fn called(&self, authority: &str) -> Option<String> {
        self.addresses.name_of(authority)
    }

    /// The server that owns the root behind an address, and whether a proxy stands between.
    pub(in crate::runner) fn root_behind(&self, authority: &str) -> Option<(String, bool)> {
        let mut name = self.addresses.name_of(authority)?;
        let mut proxied = false;
        while let Some(behind) = self.behind.get(&name) {
            name.clone_from(behind);
            proxied = true;
        }
        let root = self.registry(&name).ok()?.root();
        let owner = self.registries.iter().find(|registry| registry.root() == root)?;
        Some((owner.name().to_owned(), proxied))
    }

    /// The servers with the root of the one of this name.
    pub(in crate::runner) fn sharing(&self, name: &str) -> impl Iterator<Item = &Registry> {
        let root = self.registry(name).ok().map(Registry::root);
        self.registries
            .iter()
            .filter(move |registry| Some(registry.root()) == root)
    }

    /// Where the server of this name listens.
    pub(in crate::runner) fn authority(&self, name: &str) -> Result<String, Stop> {
        self.addresses
            .get(name)
            .ok_or_else(|| Stop::error(format!("the server `{name}` has not been started")))
    }

    /// What templates see of each server.
    pub(in crate::runner) fn variables(&self) -> Vec<(String, Value)> {
        let peers = self.peers.iter().map(|(name, peer)| {
            let authority = peer.authority();
            let fields = [("url", format!("http://{authority}")), ("authority", authority)];
            (name.clone(), Value::from_pairs(fields))
        });
        self.registries
            .iter()
            .map(|registry| {
                let mut fields = vec![
                    ("root", registry.root().display().to_string()),
                    ("config", registry.config_file().display().to_string()),
                    ("binary", registry.binary().display().to_string()),
                ];
                if let Some(authority) = registry.authority() {
                    fields.push(("url", format!("http://{authority}")));
                    fields.push(("authority", authority));
                }
                (registry.name().to_owned(), Value::from_pairs(fields))
            })
            .chain(peers)
            .collect()
    }
}

/// The binary of another combination than the run's.
pub(in crate::runner) fn binary(job: &Job, target: &ProcessTarget, combination: &Combination) -> Result<PathBuf, Stop> {
    if *combination == job.combination {
        return Ok(target.binary.clone());
    }
    let found = target.companions.get(combination).cloned();
    found.ok_or_else(|| Stop::Precondition(format!("needs the build `{combination}`, and there is none")))
}
