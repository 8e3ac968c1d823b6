//! The client before a registry that wants to know who it is, and a token server.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::client::Client;

const BASIC: &str = "Basic YWxpY2U6c2VjcmV0"; // alice:secret

/// What a server was asked: path with query, and `Authorization`.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server that answers as `answer` says: a status, a challenge and a body.
async fn serve(
    answer: impl Fn(&str, Option<&str>) -> (u16, String, String) + Send + Sync + 'static,
) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let (answer, noted) = (Arc::new(answer), Arc::clone(&asked));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
            let service = service_fn(move |request: http::Request<Incoming>| {
                let path = request.uri().path_and_query().unwrap().to_string();
                let shown = request.headers().get(header::AUTHORIZATION);
                let shown = shown.map(|value| value.to_str().unwrap().to_owned());
                let (status, challenge, body) = answer(&path, shown.as_deref());
                noted.lock().unwrap().push((path, shown));
                let response = Response::builder()
                    .status(status)
                    .header(header::WWW_AUTHENTICATE, challenge);
                async move { response.body(Full::new(Bytes::from(body))) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, asked)
}

/// A token server that knows alice, and gives tokens that are good for so many seconds.
async fn token_server(seconds: u64) -> (SocketAddr, Asked) {
    serve(move |path, shown| {
        if shown != Some(BASIC) {
            return (401, String::new(), String::new());
        }
        let scope = path.split("scope=").nth(1).unwrap_or_default();
        (
            200,
            String::new(),
            format!(r#"{{"token":"for {scope}","expires_in":{seconds}}}"#),
        )
    })
    .await
}

/// A registry that takes what that token server gives, for the right scope.
async fn registry(realm: String) -> (SocketAddr, Asked) {
    serve(move |path, shown| {
        let repository = path.split('/').nth(2).unwrap_or_default();
        let scope = format!("repository:{repository}:pull");
        if shown == Some(&format!("Bearer for {scope}")) {
            return (200, String::new(), format!("who said {scope}"));
        }
        let challenge = format!(r#"Bearer realm="{realm}",service="test",scope="{scope}""#);
        (401, challenge, String::new())
    })
    .await
}

fn access(registry: SocketAddr, change: impl FnOnce(&mut AccessSettings)) -> Arc<Access> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "secret\n").unwrap();
    let mut settings = AccessSettings {
        user: Some("alice".to_owned()),
        password: Some(Password::File(file)),
        ..AccessSettings::default()
    };
    change(&mut settings);
    Arc::new(Access::new(Url::parse(&format!("http://{registry}")).unwrap(), &settings).unwrap())
}

async fn get(client: &Client, at: SocketAddr, path: &str) -> Result<u16, TransportError> {
    let url = Url::parse(&format!("http://{at}{path}")).unwrap();
    let exchange = client.send(Request::new("GET", url), true).await;
    exchange.answer.map(|response| response.status)
}

fn count(asked: &Asked) -> usize {
    asked.lock().unwrap().len()
}

#[tokio::test]
async fn a_token_is_asked_for_once_for_each_repository_and_shown_from_then_on() {
    let (tokens, token_questions) = token_server(300).await;
    let (registry, questions) = registry(format!("http://{tokens}/token")).await;
    let client = Client::new(Some(access(registry, |_| ())));
    for path in [
        "/v2/a/tags/list",
        "/v2/a/manifests/1",
        "/v2/b/tags/list",
        "/v2/a/tags/list",
    ] {
        assert_eq!(get(&client, registry, path).await, Ok(200), "{path}");
    }
    assert_eq!(count(&token_questions), 2);
    assert_eq!(
        count(&questions),
        6,
        "the first request for each repository is sent twice"
    );
    let (path, _) = token_questions.lock().unwrap()[0].clone();
    assert_eq!(path, "/token?account=alice&service=test&scope=repository:a:pull");
    let shown: Vec<_> = questions
        .lock()
        .unwrap()
        .iter()
        .filter_map(|(_, shown)| shown.clone())
        .collect();
    assert!(shown.iter().all(|shown| shown.starts_with("Bearer ")), "{shown:?}");
}

#[tokio::test]
async fn a_token_that_ends_is_asked_for_again() {
    let (tokens, token_questions) = token_server(1).await;
    let (registry, _) = registry(format!("http://{tokens}/token")).await;
    let client = Client::new(Some(access(registry, |_| ())));
    assert_eq!(get(&client, registry, "/v2/a/tags/list").await, Ok(200));
    assert_eq!(get(&client, registry, "/v2/a/tags/list").await, Ok(200));
    assert_eq!(count(&token_questions), 2);
}

#[tokio::test]
async fn the_password_goes_to_a_token_server_on_another_host_only_where_it_is_named() {
    let (tokens, token_questions) = token_server(300).await;
    let realm = format!("http://localhost:{}", tokens.port());
    let (registry, _) = registry(format!("{realm}/token")).await;
    let client = Client::new(Some(access(registry, |_| ())));
    let error = get(&client, registry, "/v2/a/tags/list").await.unwrap_err();
    assert!(
        error.to_string().contains(&format!("`--token-server {realm}`")),
        "{error}"
    );
    assert!(!error.is_the_registrys());
    assert_eq!(count(&token_questions), 0);
    let named = access(registry, |settings| settings.token_server = Some(realm));
    assert_eq!(
        get(&Client::new(Some(named)), registry, "/v2/a/tags/list").await,
        Ok(200)
    );
}

#[tokio::test]
async fn a_password_that_the_token_server_does_not_take_is_no_fault_of_the_registry() {
    let (tokens, _) = serve(|_, _| (401, String::new(), String::new())).await;
    let (registry, _) = registry(format!("http://{tokens}/token")).await;
    let error = get(
        &Client::new(Some(access(registry, |_| ()))),
        registry,
        "/v2/a/tags/list",
    )
    .await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("answers 401"), "{error}");
    assert!(!error.is_the_registrys());
}

#[tokio::test]
async fn a_password_is_shown_to_its_registry_alone_and_after_it_asked() {
    let basic = |_: &str, shown: Option<&str>| {
        let status = if shown == Some(BASIC) { 200 } else { 401 };
        (status, r#"Basic realm="x""#.to_owned(), String::new())
    };
    let (registry, questions) = serve(basic).await;
    let (other, others) = serve(basic).await;
    let client = Client::new(Some(access(registry, |_| ())));
    assert_eq!(get(&client, registry, "/v2/").await, Ok(200));
    assert_eq!(get(&client, registry, "/v2/").await, Ok(200));
    assert_eq!(get(&client, other, "/v2/").await, Ok(401));
    let shown = |asked: &Asked| {
        asked
            .lock()
            .unwrap()
            .iter()
            .map(|(_, shown)| shown.clone())
            .collect::<Vec<_>>()
    };
    let ours = Some(BASIC.to_owned());
    assert_eq!(shown(&questions), [None, ours.clone(), ours]);
    assert_eq!(shown(&others), [None]);
    // A step that says whom it comes from, or that it comes from nobody, is left alone.
    let url = Url::parse(&format!("http://{registry}/v2/")).unwrap();
    let wrong = Request::new("GET", url.clone()).header("authorization", "Basic eDp5");
    let mut nobody = Request::new("GET", url);
    nobody.anonymous = true;
    for request in [wrong, nobody] {
        let answer = client.send(request, true).await.answer.unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED.as_u16());
    }
}

#[tokio::test]
async fn secrets_are_nowhere_in_what_is_told() {
    let (tokens, _) = token_server(300).await;
    let (registry, _) = registry(format!("http://{tokens}/token")).await;
    let access = access(registry, |_| ());
    assert_eq!(
        get(&Client::new(Some(Arc::clone(&access))), registry, "/v2/a/tags/list").await,
        Ok(200)
    );
    let told = format!("secret, {BASIC} and for repository:a:pull of alice");
    assert_eq!(access.redact(&told), "***, Basic *** and *** of alice");
    assert!(!format!("{access:?}").contains("secret"));
}

#[test]
fn what_others_could_read_is_not_sent() {
    let settings = AccessSettings {
        user: Some("alice".to_owned()),
        password: Some(Password::Variable("PATH".to_owned())),
        ..AccessSettings::default()
    };
    let open = |url: &str, settings: &AccessSettings| Access::new(Url::parse(url).unwrap(), settings);
    for private in ["https://h", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"] {
        assert!(open(private, &settings).is_ok(), "{private}");
    }
    for public in ["http://h", "http://10.0.0.1:5000", "http://127.0.0.1.example.org"] {
        assert!(
            matches!(open(public, &settings), Err(AccessError::Unprotected(_))),
            "{public}"
        );
    }
    let insecure = AccessSettings {
        insecure: true,
        ..settings
    };
    assert!(open("http://h", &insecure).is_ok());
}
