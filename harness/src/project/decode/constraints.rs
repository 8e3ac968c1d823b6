//! `constraints`: which combinations there can be.

use toml::{Spanned, de::DeValue};

use super::reader::{Reader, kind};
use crate::{combination::Constraints, project::keys, suggestion};

/// The constraints over `extensions`, of which some combination and each extension is possible.
pub(super) fn read(reader: &mut Reader<'_, '_>, extensions: &[String]) -> Constraints {
    reader.known(&keys::CONSTRAINTS);
    let mut constraints = Constraints::default();
    if reader.has("always") {
        for name in reader.texts("always").into_iter().flatten() {
            if let Some(place) = place(reader, &name, extensions) {
                constraints.always(place);
            }
        }
    }
    if reader.has("requires") {
        reader.table("requires", |reader| requires(reader, extensions, &mut constraints));
    }
    conflicts(reader, extensions, &mut constraints);
    if !constraints.can_hold() {
        let span = reader.span.clone();
        let help = "look at what is always in, and follow what that requires";
        reader.problem(span, "no combination satisfies these constraints", help);
        return constraints;
    }
    for place in constraints.impossible(extensions.len()) {
        let message = format!("no combination can have `{}`", extensions[place]);
        let help = "something that it requires conflicts with it, or with what is always in";
        reader.problem(reader.span.clone(), message, help);
    }
    constraints
}

fn requires(reader: &mut Reader<'_, '_>, extensions: &[String], constraints: &mut Constraints) {
    for (name, _) in reader.entries() {
        let extension = place(reader, &name, extensions);
        for other in reader.texts(name.get_ref()).into_iter().flatten() {
            if let (Some(extension), Some(other)) = (extension, place(reader, &other, extensions)) {
                constraints.requires(extension, other);
            }
        }
    }
}

fn conflicts(reader: &mut Reader<'_, '_>, extensions: &[String], constraints: &mut Constraints) {
    let Some(value) = reader.value("conflicts") else {
        return;
    };
    let due = "a list of lists, such as [[\"a\", \"b\"]]";
    let DeValue::Array(groups) = value.get_ref() else {
        return reader.wrong_type("conflicts", value.span(), due, value.get_ref());
    };
    for group in groups {
        let DeValue::Array(names) = group.get_ref() else {
            let message = format!("`conflicts` has to be {due}, and here is {}", kind(group.get_ref()));
            reader.problem(
                group.span(),
                message,
                "write the extensions that exclude each other in a list of their own",
            );
            continue;
        };
        let mut places = Vec::new();
        for name in names {
            let text = reader.as_text("conflicts[][]", name);
            places.extend(text.and_then(|text| place(reader, &text, extensions)));
        }
        if names.len() < 2 {
            reader.problem(
                group.span(),
                "one extension alone conflicts with nothing",
                "name two at least",
            );
        }
        for (number, one) in places.iter().enumerate() {
            for other in &places[number + 1..] {
                if one == other {
                    let message = format!("`{}` stands twice in a conflict", extensions[*one]);
                    reader.problem(group.span(), message, "remove one of them");
                } else {
                    constraints.conflicts(*one, *other);
                }
            }
        }
    }
}

/// The place of an extension among all; a problem if there is none.
fn place(reader: &mut Reader<'_, '_>, name: &Spanned<String>, extensions: &[String]) -> Option<usize> {
    let place = extensions.iter().position(|one| one == name.get_ref());
    if place.is_none() {
        let known: Vec<&str> = extensions.iter().map(String::as_str).collect();
        let message = format!("`extensions` has no `{}`", name.get_ref());
        reader.problem(name.span(), message, suggestion::help(name.get_ref(), &known));
    }
    place
}
