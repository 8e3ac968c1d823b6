//! `acknowledged: intact`: all that the registries acknowledged in this run is there, with every byte, and what was not
//! acknowledged is whole or not there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::{
    assertion::Mismatch,
    client::{Response, TransportError, Url},
    runner::{
        context::{Context, new_request},
        journal::{Expected, Place, Presence, expected},
        stop::Stop,
    },
    template::Algorithm,
};

/// How many things are looked at side by side.
const SIDE_BY_SIDE: usize = 8;
/// How many of the things that are wrong are told.
const TOLD: usize = 10;

/// What is looked at.
#[derive(Clone, Debug)]
enum Look {
    Tag {
        tag: String,
        values: BTreeSet<Option<String>>,
    },
    Manifest {
        digest: String,
        presence: Presence,
    },
    Blob {
        digest: String,
        presence: Presence,
    },
}

pub(super) async fn run(run: &mut Context) -> Result<(), Stop> {
    let expected = expected(&run.journal.since(0));
    let (mut looks, mut wrong) = (0, Vec::new());
    for (place, expected) in &expected {
        let servers = serving(run, place)?;
        for base in servers {
            let (looked, problems) = repository(run, &base, &place.repository, expected).await;
            looks += looked;
            wrong.extend(
                problems
                    .into_iter()
                    .map(|problem| format!("{}: {problem}", place.repository)),
            );
        }
    }
    run.checks += looks.max(1);
    run.requests += looks;
    if wrong.is_empty() {
        return Ok(());
    }
    let count = wrong.len();
    if count > TOLD {
        wrong.truncate(TOLD);
        wrong.push(format!("… {} more", count - TOLD));
    }
    let message = format!("{count} of {looks} things that were acknowledged are not intact");
    Err(Mismatch::new(message, "what was acknowledged", wrong.join("\n")).into())
}

/// Where the servers listen that serve this root now.
fn serving(run: &Context, place: &Place) -> Result<Vec<Url>, Stop> {
    let Some(servers) = run.site.own() else {
        return Ok(vec![run.base(&place.server)?]);
    };
    let running: Vec<_> = servers
        .sharing(&place.server)
        .filter(|server| server.is_running())
        .map(|server| run.base(server.name()))
        .collect::<Result<_, _>>()?;
    if running.is_empty() {
        return Err(Stop::error(format!(
            "`{}` does not run: nobody can say what is there; start it first",
            place.server
        )));
    }
    Ok(running)
}

/// Looks at all of a repository: how often, and what is wrong.
async fn repository(run: &Context, base: &Url, name: &str, expected: &Expected) -> (u64, Vec<String>) {
    let tags = expected.tags.iter().map(|(tag, values)| Look::Tag {
        tag: tag.clone(),
        values: values.clone(),
    });
    let manifests = expected.manifests.iter().map(|(digest, presence)| Look::Manifest {
        digest: digest.clone(),
        presence: *presence,
    });
    let blobs = expected.blobs.iter().map(|(digest, presence)| Look::Blob {
        digest: digest.clone(),
        presence: *presence,
    });
    let looks: Vec<Look> = tags.chain(manifests).chain(blobs).collect();
    let asker = &Asker { run, base, name };
    let mut looked = looks.len() as u64;
    let results: Vec<Looked> = stream::iter(looks)
        .map(|look| asker.look(look))
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let (mut wrong, mut named) = (Vec::new(), BTreeMap::new());
    for result in results {
        wrong.extend(result.wrong);
        named.extend(result.named);
    }
    // What was pushed before a manifest was acknowledged with it, even if nobody answered the push itself.
    let unanswered = |(digest, _): &(String, bool)| {
        [&expected.blobs, &expected.manifests]
            .iter()
            .any(|known| known.get(digest) == Some(&Presence::Either))
    };
    let rest: Vec<Look> = named
        .into_iter()
        .filter(unanswered)
        .map(|(digest, manifest)| {
            let presence = Presence::There;
            if manifest {
                Look::Manifest { digest, presence }
            } else {
                Look::Blob { digest, presence }
            }
        })
        .collect();
    looked += rest.len() as u64;
    let results: Vec<Looked> = stream::iter(rest)
        .map(|look| asker.look(look))
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    wrong.extend(results.into_iter().filter_map(|result| result.wrong));
    wrong.sort();
    (looked, wrong)
}

/// What came of a look: what is wrong, and what a manifest that was there names: by digest, whether as a manifest.
#[derive(Default)]
struct Looked {
    wrong: Option<String>,
    named: BTreeMap<String, bool>,
}

struct Asker<'a> {
    run: &'a Context,
    base: &'a Url,
    name: &'a str,
}

impl Asker<'_> {
    async fn look(&self, look: Look) -> Looked {
        let (path, what) = match &look {
            Look::Tag { tag, .. } => (format!("manifests/{tag}"), format!("the tag {tag}")),
            Look::Manifest { digest, .. } => (format!("manifests/{digest}"), format!("the manifest {digest}")),
            Look::Blob { digest, .. } => (format!("blobs/{digest}"), format!("the blob {digest}")),
        };
        let response = match self.get(&path).await {
            Ok(response) => response,
            Err(error) => return wrong(format!("{what} gives no answer: {error}")),
        };
        let there = match response.status {
            200 => true,
            404 => false,
            status => return wrong(format!("{what} is answered with {status}")),
        };
        match look {
            Look::Tag { values, .. } => tag(&what, &values, there, &response),
            Look::Manifest { digest, presence } => by_digest(&what, &digest, presence, there, &response, true),
            Look::Blob { digest, presence } => by_digest(&what, &digest, presence, there, &response, false),
        }
    }

    async fn get(&self, path: &str) -> Result<Response, TransportError> {
        let target = format!("/v2/{}/{path}", self.name);
        let url = Url {
            target,
            ..self.base.clone()
        };
        let request = self.run.authorized(new_request("GET", url));
        self.run.client.send(request, true).await.answer
    }
}

fn wrong(message: String) -> Looked {
    Looked {
        wrong: Some(message),
        named: BTreeMap::new(),
    }
}

fn tag(what: &str, values: &BTreeSet<Option<String>>, there: bool, response: &Response) -> Looked {
    let found = there.then(|| Algorithm::Sha256.digest(&response.body));
    if values.contains(&found) {
        return Looked {
            wrong: None,
            named: if there { named(response) } else { BTreeMap::new() },
        };
    }
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "gone".to_owned());
    let may: Vec<String> = values.iter().map(shown).collect();
    wrong(format!(
        "{what} is {}, and has to be {}",
        shown(&found),
        may.join(" or ")
    ))
}

fn by_digest(what: &str, digest: &str, presence: Presence, there: bool, response: &Response, manifest: bool) -> Looked {
    match (presence, there) {
        (Presence::There, false) => return wrong(format!("{what} is not there")),
        (Presence::Gone, true) => return wrong(format!("{what} is there, and was deleted")),
        (_, false) => return Looked::default(),
        (_, true) => {}
    }
    let algorithm = digest.split_once(':').and_then(|(name, _)| Algorithm::from_name(name));
    if let Some(algorithm) = algorithm {
        let found = algorithm.digest(&response.body);
        if found != digest {
            return wrong(format!("{what} has {} bytes of {found}", response.body.len()));
        }
    }
    Looked {
        wrong: None,
        // A manifest that nobody promised may have lost what it names.
        named: if manifest && presence == Presence::There {
            named(response)
        } else {
            BTreeMap::new()
        },
    }
}

/// The digests that a manifest names, and whether as manifests. A subject, and what lives elsewhere, need not be there.
fn named(response: &Response) -> BTreeMap<String, bool> {
    let Ok(document) = serde_json::from_slice::<Value>(&response.body) else {
        return BTreeMap::new();
    };
    let fields = [
        ("config", false),
        ("layers", false),
        ("blobs", false),
        ("manifests", true),
    ];
    let mut named = BTreeMap::new();
    for (field, manifest) in fields {
        let descriptors = match document.get(field) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        for descriptor in descriptors {
            let elsewhere = descriptor.get("urls").is_some_and(Value::is_array);
            if let (Some(digest), false) = (descriptor.get("digest").and_then(Value::as_str), elsewhere) {
                named.insert(digest.to_owned(), manifest);
            }
        }
    }
    named
}
