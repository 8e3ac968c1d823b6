//! Which resource a path names. Paths are read raw: a component is split off before it is decoded, so that an encoded
//! slash never becomes a separator, and from the right, as a repository may well be called `blobs/uploads`.

use http::Method;
use percent_encoding::percent_decode_str;

use super::{api_keys, token};
use crate::{
    auth::{API_KEYS_PATH, TOKEN_PATH},
    oci::{NameError, RepositoryName},
};

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v2/` (end-1).
    Ping,
    /// `/v2/_catalog`.
    Catalog,
    /// `/v2/_oci/ext/discover`.
    Discover,
    /// `/zot/auth/token`.
    Token,
    /// `/zot/auth/apikey`.
    ApiKeys,
    /// Something in a repository.
    Repository(RepositoryName, Resource),
}

/// Something in a repository. The texts are decoded, and what they have to be is for the operation to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// `manifests/<reference>` (end-3, 7, 9).
    Manifest(String),
    /// `blobs/<digest>` (end-2, 10).
    Blob(String),
    /// `blobs/uploads/` (end-4a, 4b, 11).
    Uploads,
    /// `blobs/uploads/<session>` (end-5, 6, 13, 14).
    Upload(String),
    /// `tags/list` (end-8).
    Tags,
    /// `referrers/<digest>` (end-12).
    Referrers(String),
    /// `_oci/ext/discover`.
    Discover,
}

/// Why a path names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RouteError {
    /// It is not a path of the registry API.
    #[error("no such path")]
    NotFound,
    /// It is one, but what stands for the repository is no name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A component holds an encoded slash or control character, or is not UTF-8.
    #[error("the path has an encoded character that no name has")]
    Encoding,
}

impl Route {
    /// Whether the path belongs to the registry itself. All else is for the extensions: below `/v2/` they have the first
    /// components that begin with `_`, which no repository name does.
    pub(super) fn owns(path: &str) -> bool {
        match path.strip_prefix("/v2").map(|rest| rest.strip_prefix('/').ok_or(rest)) {
            Some(Err("")) => true,
            Some(Ok(rest)) => !rest.starts_with('_') || matches!(rest, "_catalog" | "_oci/ext/discover"),
            Some(Err(_)) | None => matches!(path, TOKEN_PATH | API_KEYS_PATH),
        }
    }

    /// Reads a raw path that [`Self::owns`].
    pub(super) fn parse(path: &str) -> Result<Self, RouteError> {
        match path {
            TOKEN_PATH => return Ok(Self::Token),
            API_KEYS_PATH => return Ok(Self::ApiKeys),
            _ => {}
        }
        let rest = path.strip_prefix("/v2").ok_or(RouteError::NotFound)?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        match rest {
            "" => return Ok(Self::Ping),
            "_catalog" => return Ok(Self::Catalog),
            "_oci/ext/discover" => return Ok(Self::Discover),
            _ => {}
        }
        let components = rest.split('/').map(decode).collect::<Result<Vec<_>, _>>()?;
        let components = components.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
        let (name, resource) = match components.as_slice() {
            [name @ .., "_oci", "ext", "discover"] => (name, Resource::Discover),
            [name @ .., "blobs", "uploads", ""] | [name @ .., "blobs", "uploads"] => (name, Resource::Uploads),
            [name @ .., "blobs", "uploads", session] => (name, Resource::Upload((*session).to_owned())),
            [name @ .., "tags", "list"] => (name, Resource::Tags),
            [.., ""] => return Err(RouteError::NotFound),
            [name @ .., "manifests", reference] => (name, Resource::Manifest((*reference).to_owned())),
            [name @ .., "blobs", digest] => (name, Resource::Blob((*digest).to_owned())),
            [name @ .., "referrers", digest] => (name, Resource::Referrers((*digest).to_owned())),
            _ => return Err(RouteError::NotFound),
        };
        if name.is_empty() {
            return Err(RouteError::NotFound);
        }
        Ok(Self::Repository(name.join("/").parse()?, resource))
    }

    /// The path with placeholders.
    pub(super) const fn template(&self) -> &'static str {
        match self {
            Self::Ping => "/v2/",
            Self::Catalog => "/v2/_catalog",
            Self::Discover => "/v2/_oci/ext/discover",
            Self::Token => TOKEN_PATH,
            Self::ApiKeys => API_KEYS_PATH,
            Self::Repository(_, Resource::Manifest(_)) => "/v2/<name>/manifests/<reference>",
            Self::Repository(_, Resource::Blob(_)) => "/v2/<name>/blobs/<digest>",
            Self::Repository(_, Resource::Uploads) => "/v2/<name>/blobs/uploads/",
            Self::Repository(_, Resource::Upload(_)) => "/v2/<name>/blobs/uploads/<session>",
            Self::Repository(_, Resource::Tags) => "/v2/<name>/tags/list",
            Self::Repository(_, Resource::Referrers(_)) => "/v2/<name>/referrers/<digest>",
            Self::Repository(_, Resource::Discover) => "/v2/<name>/_oci/ext/discover",
        }
    }

    /// One of each kind.
    pub(super) fn every() -> Vec<Self> {
        let Ok(name) = "name".parse::<RepositoryName>() else {
            return Vec::new();
        };
        let resources = [
            Resource::Manifest("reference".to_owned()),
            Resource::Blob("digest".to_owned()),
            Resource::Uploads,
            Resource::Upload("session".to_owned()),
            Resource::Tags,
            Resource::Referrers("digest".to_owned()),
            Resource::Discover,
        ];
        let in_repository = resources.map(|resource| Self::Repository(name.clone(), resource));
        let others = [Self::Ping, Self::Catalog, Self::Discover, Self::Token, Self::ApiKeys];
        others.into_iter().chain(in_repository).collect()
    }

    /// The methods that the resource has.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Repository(_, Resource::Manifest(_)) => &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE],
            Self::Repository(_, Resource::Blob(_)) => &[Method::GET, Method::HEAD, Method::DELETE],
            Self::Repository(_, Resource::Uploads) => &[Method::POST],
            Self::Repository(_, Resource::Upload(_)) => {
                &[Method::GET, Method::HEAD, Method::PATCH, Method::PUT, Method::DELETE]
            }
            Self::Token => token::METHODS,
            Self::ApiKeys => api_keys::METHODS,
            _ => &[Method::GET, Method::HEAD],
        }
    }
}

/// Methods as a header lists them.
pub(super) fn listed(methods: &[Method], separator: &str) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(separator)
}

fn decode(component: &str) -> Result<std::borrow::Cow<'_, str>, RouteError> {
    let decoded = percent_decode_str(component)
        .decode_utf8()
        .map_err(|_| RouteError::Encoding)?;
    if decoded
        .chars()
        .any(|character| character == '/' || character.is_control())
    {
        return Err(RouteError::Encoding);
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_repository(name: &str, resource: Resource) -> Route {
        Route::Repository(name.parse().unwrap(), resource)
    }

    #[test]
    fn every_endpoint_is_found() {
        for (path, expected) in [
            ("/v2", Route::Ping),
            ("/v2/", Route::Ping),
            ("/v2/_catalog", Route::Catalog),
            ("/v2/_oci/ext/discover", Route::Discover),
            ("/v2/a/b/_oci/ext/discover", in_repository("a/b", Resource::Discover)),
            (
                "/v2/a/manifests/v1",
                in_repository("a", Resource::Manifest("v1".into())),
            ),
            (
                "/v2/a/b/c/blobs/sha256%3Aab",
                in_repository("a/b/c", Resource::Blob("sha256:ab".into())),
            ),
            ("/v2/a/blobs/uploads/", in_repository("a", Resource::Uploads)),
            ("/v2/a/blobs/uploads", in_repository("a", Resource::Uploads)),
            (
                "/v2/a/blobs/uploads/x",
                in_repository("a", Resource::Upload("x".into())),
            ),
            ("/v2/a/tags/list", in_repository("a", Resource::Tags)),
            ("/zot/auth/token", Route::Token),
            ("/zot/auth/apikey", Route::ApiKeys),
            ("/v2/a/referrers/x", in_repository("a", Resource::Referrers("x".into()))),
        ] {
            assert_eq!(Route::parse(path), Ok(expected), "{path}");
            assert!(Route::owns(path), "{path}");
        }
    }

    #[test]
    fn a_repository_may_be_called_like_a_part_of_the_api() {
        for name in [
            "blobs",
            "uploads",
            "tags",
            "manifests",
            "referrers",
            "tags/list",
            "blobs/uploads",
            "x/blobs/uploads",
            "manifests/latest",
            "x/manifests/blobs",
        ] {
            for (rest, resource) in [
                ("manifests/tags", Resource::Manifest("tags".into())),
                ("blobs/d", Resource::Blob("d".into())),
                ("blobs/uploads/", Resource::Uploads),
                ("blobs/uploads/list", Resource::Upload("list".into())),
                ("tags/list", Resource::Tags),
                ("referrers/d", Resource::Referrers("d".into())),
            ] {
                let path = format!("/v2/{name}/{rest}");
                assert_eq!(Route::parse(&path), Ok(in_repository(name, resource)), "{path}");
            }
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        let malformed = RouteError::Name(NameError::Malformed);
        for (path, error) in [
            ("/v2/a", RouteError::NotFound),
            ("/v2/a/", RouteError::NotFound),
            ("/v2/manifests/latest", RouteError::NotFound),
            ("/v2/a/manifests/", RouteError::NotFound),
            ("/v2/a/manifests/v1/", RouteError::NotFound),
            ("/v2/a/tags/list/", RouteError::NotFound),
            ("/v2/a/tags/other", RouteError::NotFound),
            ("/v2/a/unknown/v1", RouteError::NotFound),
            ("/v2//manifests/v1", malformed),
            ("/v2//a/manifests/v1", malformed),
            ("/v2/a//manifests/v1", malformed),
            ("/v2/a/../manifests/v1", malformed),
            ("/v2/%2e%2e/manifests/v1", malformed),
            ("/v2/./manifests/v1", malformed),
            ("/v2/A/manifests/v1", malformed),
            ("/v2/a%5Cb/manifests/v1", malformed),
            ("/v2/a%2500/manifests/v1", malformed),
            ("/v2/a%2Fb/manifests/v1", RouteError::Encoding),
            ("/v2/a%00/manifests/v1", RouteError::Encoding),
            ("/v2/a%0D%0A/manifests/v1", RouteError::Encoding),
            ("/v2/a/manifests/v%2F1", RouteError::Encoding),
            ("/v2/a%c0%af/manifests/v1", RouteError::Encoding),
        ] {
            assert_eq!(Route::parse(path), Err(error), "{path}");
        }
    }

    #[test]
    fn extensions_have_what_no_repository_can_be() {
        for path in [
            "/",
            "/metrics",
            "/v2x",
            "/v2/_zot/ext/search",
            "/v2/_catalog/",
            "/v2/_oci/ext/other",
            "//v2/",
            "/zot/auth/apikey/",
        ] {
            assert!(!Route::owns(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_names_something_or_is_refused(path in "/v2/([a-z%0-9./_]|blobs|uploads|tags|list|manifests){0,12}") {
            if let Ok(Route::Repository(name, _)) = Route::parse(&path) {
                prop_assert!(name.as_str().parse::<RepositoryName>().is_ok());
            }
        }
    }
}
