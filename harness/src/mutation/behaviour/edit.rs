//! Does to a request, and to an answer, what a rule says, as far as nobody has to be asked for it.

use std::collections::BTreeMap;

use bytes::Bytes;
use minijinja::{Error, ErrorKind};
use regex::Regex;
use serde_json::Value as Json;

use super::{
    endpoint::set_query,
    memory::Memory,
    rule::{AnswerEdit, Instead, RequestEdit},
    template::{Expression, Template, Variables},
};
use crate::mutation::saboteur::{Answer, Ending, Message, Request};

/// Does `edit` to `request`.
pub(super) fn request(
    edit: &RequestEdit,
    request: &mut Request,
    variables: &Variables,
    memory: &Memory,
) -> Result<(), Error> {
    match edit {
        RequestEdit::Method(method) => request.method.clone_from(method),
        RequestEdit::Target(target) => request.target = target.render(variables)?,
        RequestEdit::Set(headers) => set(request, headers, variables)?,
        RequestEdit::Drop(name) => request.headers.remove(name),
        RequestEdit::Query(pairs) => {
            for (key, value) in pairs {
                set_query(&mut request.target, key, Some(&value.render(variables)?));
            }
        }
        RequestEdit::DropQuery(key) => set_query(&mut request.target, key, None),
        RequestEdit::Body(body) => request.set_body(body.render(variables)?.into()),
        RequestEdit::KeptBody(key) => {
            let kept = memory.kept(&key.render(variables)?).unwrap_or_default();
            request.set_body(Bytes::copy_from_slice(kept));
        }
        RequestEdit::Json(fields) => {
            let body = json(&request.body, fields, variables)?;
            request.set_body(body);
        }
        RequestEdit::CutBody(count) => {
            let body = request.body.slice(..request.body.len().saturating_sub(*count));
            request.set_body(body);
        }
        RequestEdit::Whole => {
            let body = request.body.clone();
            request.set_body(body);
            request.cut = false;
        }
        RequestEdit::TakeBehind => {
            let body = [&request.body[..], &request.behind[..]].concat();
            request.set_body(body.into());
        }
    }
    Ok(())
}

/// Does `edit` to `answer`. What needs the registry is done elsewhere.
pub(super) fn answer(
    edit: &AnswerEdit,
    answer: &mut Answer,
    variables: &Variables,
    memory: &Memory,
) -> Result<(), Error> {
    match edit {
        AnswerEdit::Status(status) => answer.set_status(*status),
        AnswerEdit::Set(headers) => set(answer, headers, variables)?,
        AnswerEdit::Add(headers) => {
            for (name, value) in headers {
                answer.headers.add(name, &value.render(variables)?);
            }
        }
        AnswerEdit::Drop(name) => answer.headers.remove(name),
        AnswerEdit::Replace { header, find, with } => {
            if let Some(value) = answer.headers.get(header) {
                let find = Regex::new(find).map_err(|error| {
                    Error::new(ErrorKind::InvalidOperation, format!("`{find}` is no regex: {error}"))
                })?;
                let value = find.replace(&value, with.render(variables)?.as_str()).into_owned();
                answer.headers.set(header, &value);
            }
        }
        AnswerEdit::Shift { header, by } => {
            if let Some(value) = answer.headers.get(header) {
                answer.headers.set(header, &shifted(&value, *by));
            }
        }
        AnswerEdit::Body(body) => answer.set_body(body.render(variables)?.into()),
        AnswerEdit::Error(code) => {
            let document = serde_json::json!({ "errors": [{ "code": code, "message": "the saboteur says so" }] });
            answer.headers.set("Content-Type", "application/json");
            answer.set_body(document.to_string().into());
        }
        AnswerEdit::Json(fields) => {
            let body = json(&answer.body, fields, variables)?;
            answer.set_body(body);
        }
        AnswerEdit::Document(document) => {
            let body = serde_json::to_vec(&document.value(variables)?).map_err(|error| no_json(&error))?;
            answer.set_body(body.into());
        }
        AnswerEdit::CutBody(count) => {
            let body = answer.body.slice(..answer.body.len().saturating_sub(*count));
            answer.set_body(body);
        }
        AnswerEdit::PadBody(text) => {
            let body = [&answer.body[..], text.as_bytes()].concat();
            answer.set_body(body.into());
        }
        AnswerEdit::FlipBit => {
            let mut body = answer.body.to_vec();
            let middle = body.len() / 2;
            if let Some(byte) = body.get_mut(middle) {
                *byte ^= 1;
            }
            answer.set_body(body.into());
        }
        AnswerEdit::Serve(key) => {
            if let Some(kept) = memory.kept(&key.render(variables)?) {
                serve(answer, kept, variables);
            }
        }
        AnswerEdit::Declare(by) => {
            let length = i64::try_from(answer.body.len()).unwrap_or(i64::MAX);
            answer.headers.set("Content-Length", &(length + by).max(0).to_string());
            answer.ending = Ending::Close;
        }
        AnswerEdit::Cut(missing) => answer.ending = Ending::Cut(*missing),
        AnswerEdit::Behind(text) => answer.behind = text.render(variables)?.into(),
        AnswerEdit::Chunked => {
            answer.headers.remove("content-length");
            answer.headers.set("Transfer-Encoding", "chunked");
        }
        AnswerEdit::UntilClosed => {
            answer.headers.remove("content-length");
            answer.headers.set("Connection", "close");
            answer.ending = Ending::Close;
        }
        AnswerEdit::Close => {
            answer.headers.set("Connection", "close");
            answer.ending = Ending::Close;
        }
        AnswerEdit::Interim(status) => {
            let reason = http::StatusCode::from_u16(*status).ok();
            let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or_default();
            answer.before = format!("HTTP/1.1 {status} {reason}\r\n\r\n");
        }
        AnswerEdit::CapitalNames => answer.headers.rename(str::to_ascii_uppercase),
        AnswerEdit::Again(_)
        | AnswerEdit::Elsewhere(_)
        | AnswerEdit::Everywhere(_)
        | AnswerEdit::Also(_)
        | AnswerEdit::First
        | AnswerEdit::BodyOfGet
        | AnswerEdit::HangUp
        | AnswerEdit::Delay(_) => {}
    }
    Ok(())
}

/// The answer that stands instead of the registry's.
pub(super) fn instead(instead: &Instead, variables: &Variables) -> Result<Answer, Error> {
    let mut answer = Answer::new(instead.status);
    set(&mut answer, &instead.headers, variables)?;
    if let Some(body) = &instead.body {
        answer.set_body(body.render(variables)?.into());
    }
    Ok(answer)
}

/// Turns an answer into that of a blob, to GET or to HEAD.
fn serve(answer: &mut Answer, bytes: &[u8], variables: &Variables) {
    *answer = Answer::new(200);
    answer.headers.set("Content-Type", "application/octet-stream");
    if let Some(digest) = variables.get("reference") {
        answer.headers.set("Docker-Content-Digest", &digest.to_string());
    }
    answer.headers.set("Content-Length", &bytes.len().to_string());
    if variables
        .get("method")
        .is_none_or(|method| method.to_string() != "HEAD")
    {
        answer.body = Bytes::copy_from_slice(bytes);
    }
}

fn set(message: &mut impl Message, headers: &BTreeMap<String, Template>, variables: &Variables) -> Result<(), Error> {
    for (name, value) in headers {
        let value = value.render(variables)?;
        message.headers().set(name, &value);
    }
    Ok(())
}

/// A JSON object with some fields set.
fn json(body: &[u8], fields: &BTreeMap<String, Expression>, variables: &Variables) -> Result<Bytes, Error> {
    let mut document: Json = serde_json::from_slice(body).map_err(|error| no_json(&error))?;
    for (name, value) in fields {
        let value = serde_json::to_value(value.value(variables)?).map_err(|error| no_json(&error))?;
        if let Some(object) = document.as_object_mut() {
            object.insert(name.clone(), value);
        }
    }
    Ok(document.to_string().into())
}

fn no_json(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::BadSerialization, format!("the body is no JSON: {error}"))
}

/// `text` with its last number greater by `by`.
fn shifted(text: &str, by: i64) -> String {
    let end = text
        .rfind(|character: char| character.is_ascii_digit())
        .map_or(0, |at| at + 1);
    let begin = text[..end]
        .rfind(|character: char| !character.is_ascii_digit())
        .map_or(0, |at| at + 1);
    match text[begin..end].parse::<i64>() {
        Ok(number) => format!("{}{}{}", &text[..begin], number + by, &text[end..]),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{behaviour::variables, saboteur::Headers};

    fn edited(edit: &str, body: &str) -> Answer {
        #[derive(serde::Deserialize)]
        struct Edits {
            edits: Vec<AnswerEdit>,
        }
        let edits: Edits = toml::from_str(&format!("edits = [{edit}]")).unwrap();
        let mut subject = Answer::new(200);
        subject.headers.set("Range", "0-99");
        subject.set_body(body.to_owned().into());
        let request = Request {
            method: "GET".to_owned(),
            target: "/v2/a/tags/list?n=2".to_owned(),
            headers: Headers::default(),
            body: Bytes::new(),
            cut: false,
            behind: Bytes::new(),
        };
        let mut memory = Memory::default();
        memory.keep("x".to_owned(), b"kept");
        let mut seen = variables::of_request(&request, &memory);
        variables::add_answer(&mut seen, &subject);
        for edit in &edits.edits {
            answer(edit, &mut subject, &seen, &memory).unwrap();
        }
        subject
    }

    #[test]
    fn each_edit_does_what_it_says() {
        let body = r#"{"name":"a","tags":["x","y"]}"#;
        let text = |edit: &str| String::from_utf8(edited(edit, body).body.to_vec()).unwrap();
        assert_eq!(
            text(r#"{ json = { tags = "json.tags | reverse | list" } }"#),
            r#"{"name":"a","tags":["y","x"]}"#
        );
        assert_eq!(
            text(r#"{ json = { n = "query.n | int" } }"#),
            r#"{"name":"a","tags":["x","y"],"n":2}"#
        );
        assert_eq!(text(r#"{ document = "json.tags" }"#), r#"["x","y"]"#);
        assert_eq!(text("{ cut-body = 1 }"), &body[..body.len() - 1]);
        assert_eq!(text(r#"{ pad-body = "!" }"#), format!("{body}!"));
        assert_eq!(text(r#"{ body = "{{ repo }}" }"#), "a");
        assert_ne!(text(r#""flip-bit""#), body);
        assert_eq!(text(r#"{ serve = "x" }"#), "kept");
        assert_eq!(text(r#"{ serve = "y" }"#), body);
        assert!(text(r#"{ error = "DENIED" }"#).contains("DENIED"));

        let header = |edit: &str, name: &str| edited(edit, body).headers.get(name);
        assert_eq!(
            header(r#"{ shift = { header = "Range", by = 1 } }"#, "range").as_deref(),
            Some("0-100")
        );
        assert_eq!(
            header(
                r#"{ replace = { header = "Range", find = "^0", with = "7" } }"#,
                "range"
            )
            .as_deref(),
            Some("7-99")
        );
        assert_eq!(header(r#"{ drop = "range" }"#, "range"), None);
        assert_eq!(
            header(r#"{ set = { Link = "<{{ path }}>" } }"#, "link").as_deref(),
            Some("</v2/a/tags/list>")
        );
        assert_eq!(
            header("{ declare = 2 }", "content-length"),
            Some((body.len() + 2).to_string())
        );
        assert_eq!(header(r#""chunked""#, "content-length"), None);
        assert_eq!(edited("{ status = 404 }", body).status, 404);
        assert_eq!(edited("{ cut = 3 }", body).ending, Ending::Cut(3));
        assert_eq!(
            edited(r#"{ add = { Range = "1" } }"#, body)
                .headers
                .all("range")
                .count(),
            2
        );
        assert!(
            edited("{ interim = 103 }", body)
                .before
                .starts_with("HTTP/1.1 103 Early Hints\r\n")
        );
    }

    #[test]
    fn the_last_number_is_shifted() {
        assert_eq!(shifted("bytes 0-9/30", 1), "bytes 0-9/31");
        assert_eq!(shifted("none", 1), "none");
        assert_eq!(shifted("7", -1), "6");
    }
}
