//! Which upload a request is about. A registry may give an upload another location with each answer, below any path and on
//! any host, so that a location says nothing beside which answer gave it.

use std::collections::HashMap;

use super::operation::Place;
use crate::client::{Request, Response, Url};

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The repository that it was started in.
    pub(super) place: Place,
    /// What no other upload is called: its first location.
    pub(super) name: String,
}

/// The uploads that were started, by each location that they were given.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<String, Session>);

impl Sessions {
    /// The upload that a URL is a location of.
    pub(super) fn of(&self, url: &Url) -> Option<&Session> {
        self.0.get(&key(url))
    }

    /// Follows an upload to the location that an answer gives it. `asked` is the URL that gave the answer: after redirects,
    /// the last.
    pub(super) fn learn(&mut self, place: Option<&Place>, request: &Request, asked: &Url, response: &Response) {
        let known = self.of(&request.url).cloned();
        if let Some(session) = &known {
            self.give(asked, session);
        }
        let goes_on = matches!(
            (request.method.as_str(), response.status),
            ("POST" | "PATCH", 202) | ("GET", 204)
        );
        let location = response.header("location").and_then(|to| asked.join(&to).ok());
        if let Some(location) = location.filter(|_| goes_on)
            && let Some(session) = known.or_else(|| started(place?, request, &location))
        {
            self.give(&location, &session);
        }
    }

    /// A location that two uploads are given stays that of the first: to the model they are one, and not a right one.
    fn give(&mut self, location: &Url, session: &Session) {
        self.0.entry(key(location)).or_insert_with(|| session.clone());
    }
}

/// The upload that a request starts, by the location that it is given.
fn started(place: &Place, request: &Request, location: &Url) -> Option<Session> {
    let path = request.url.target.split('?').next()?;
    let repository = path.strip_prefix("/v2/")?.strip_suffix("/blobs/uploads/")?;
    let target = location.target.as_str();
    let name = target.split_once("/blobs/uploads/").map_or(target, |(_, name)| name);
    Some(Session {
        place: Place {
            repository: repository.to_owned(),
            ..place.clone()
        },
        name: name.to_owned(),
    })
}

/// A location without the digest, which the closing request adds.
fn key(url: &Url) -> String {
    let Some((path, query)) = url.target.split_once('?') else {
        return url.to_string();
    };
    let given: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("digest=")).collect();
    let query = if given.is_empty() { "" } else { "?" };
    format!("{}{path}{query}{}", url.origin(), given.join("&"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    /// Sends nothing, and takes it that this was answered.
    fn learn(sessions: &mut Sessions, method: &str, url: &str, status: u16, location: &str) {
        let place = Place {
            server: "registry".to_owned(),
            ..Place::default()
        };
        let request = Request::new(method, Url::parse(url).unwrap());
        let response = Response {
            status,
            headers: HeaderMap::from_iter([(http::header::LOCATION, HeaderValue::from_str(location).unwrap())]),
            body: bytes::Bytes::new(),
        };
        sessions.learn(Some(&place), &request, &request.url, &response);
    }

    fn name(sessions: &Sessions, url: &str) -> Option<String> {
        let session = sessions.of(&Url::parse(url).unwrap())?;
        assert_eq!(session.place.repository, "a/b");
        Some(session.name.clone())
    }

    #[test]
    fn an_upload_is_followed_through_all_of_its_locations() {
        let mut sessions = Sessions::default();
        let start = "http://h/v2/a/b/blobs/uploads/";
        learn(&mut sessions, "POST", start, 202, "/v2/a/b/blobs/uploads/7?at=0");
        learn(&mut sessions, "POST", start, 202, "/v2/a/b/blobs/uploads/8?at=0");
        let seven = "http://h/v2/a/b/blobs/uploads/7";
        learn(
            &mut sessions,
            "PATCH",
            &format!("{seven}?at=0"),
            202,
            "http://cdn:1/x?y=1",
        );
        learn(&mut sessions, "GET", "http://cdn:1/x?y=1", 204, "/x?y=2");
        // What is refused, or closed, leads nowhere.
        learn(&mut sessions, "PATCH", "http://cdn:1/x?y=2", 416, "/other");
        learn(
            &mut sessions,
            "PUT",
            "http://cdn:1/x?y=2&digest=a:b",
            201,
            "/v2/a/b/blobs/a:b",
        );
        let first = Some("7?at=0".to_owned());
        for url in [
            "http://h/v2/a/b/blobs/uploads/7?at=0",
            "http://cdn:1/x?y=1",
            "http://cdn:1/x?y=2&digest=a:b",
            "http://cdn:1/x?digest=a:b&y=2",
        ] {
            assert_eq!(name(&sessions, url), first, "{url}");
        }
        assert_eq!(
            name(&sessions, "http://h/v2/a/b/blobs/uploads/8?at=0").as_deref(),
            Some("8?at=0")
        );
        for url in [start, seven, "http://cdn:1/other", "http://h/v2/a/b/blobs/a:b"] {
            assert_eq!(name(&sessions, url), None, "{url}");
        }
    }

    #[test]
    fn uploads_with_one_location_are_one() {
        let mut sessions = Sessions::default();
        for at in [
            "/v2/a/b/blobs/uploads/7",
            "/v2/a/b/blobs/uploads/7",
            "/v2/a/b/blobs/uploads/8",
        ] {
            learn(&mut sessions, "POST", "http://h/v2/a/b/blobs/uploads/", 202, at);
        }
        // The second upload goes on where the third is.
        learn(
            &mut sessions,
            "PATCH",
            "http://h/v2/a/b/blobs/uploads/7",
            202,
            "/v2/a/b/blobs/uploads/8",
        );
        assert_eq!(name(&sessions, "http://h/v2/a/b/blobs/uploads/7").as_deref(), Some("7"));
        assert_eq!(name(&sessions, "http://h/v2/a/b/blobs/uploads/8").as_deref(), Some("8"));
    }
}
