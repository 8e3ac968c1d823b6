//! One order everywhere: every list has every extension, once, in the order of the project file.

use super::{context::Context, twins::Twin};
use crate::{
    extension::{
        Fix, Rule,
        list::{self, List},
    },
    suggestion,
};

pub(super) fn check(context: &mut Context<'_>, _: &[Twin]) {
    let mut order: Option<Vec<String>> = None;
    for list in list::all(context.tree, context.guidelines) {
        match list {
            Ok(list) => {
                let names = order.get_or_insert_with(|| recommended(&list, &context.names)).clone();
                one(context, &list, &names);
            }
            Err(missing) => {
                let message = format!("{} cannot be found", missing.what);
                let help = "write it, with every extension in the recommended order";
                context.file(Rule::ListMissing, &missing.path, message, help);
            }
        }
    }
}

/// The order of the project file; what it forgets comes last.
fn recommended(list: &List, names: &[String]) -> Vec<String> {
    let listed = list.entries.iter().map(|entry| entry.name.clone());
    let mut order: Vec<String> = Vec::new();
    for name in listed.chain(names.iter().cloned()) {
        if names.contains(&name) && !order.contains(&name) {
            order.push(name);
        }
    }
    order
}

fn one(context: &mut Context<'_>, list: &List, names: &[String]) {
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut clean = true;
    for (at, entry) in list.entries.iter().enumerate() {
        let before = &list.entries[..at];
        if !names.contains(&entry.name) {
            clean = false;
            let message = format!("`{}`, in {}, has no twins", entry.name, list.what);
            let near = suggestion::nearest(&entry.name, known.iter().copied());
            let help = suggestion::did_you_mean(near, "take it out, or write its twins");
            context.at(Rule::ListedUnknown, &list.path, entry.span.clone(), message, help);
        } else if before.iter().any(|one| one.name == entry.name) {
            clean = false;
            let message = format!("`{}` is there twice, in {}", entry.name, list.what);
            let finding = context.at(
                Rule::ListedTwice,
                &list.path,
                entry.span.clone(),
                message,
                "keep the first",
            );
            finding.fix = Some(Fix::Edit(list.remove(at)));
        }
    }
    for (at, name) in names.iter().enumerate() {
        if list.entries.iter().any(|entry| entry.name == *name) {
            continue;
        }
        clean = false;
        let message = format!("`{name}` is missing in {}", list.what);
        let order = names.join(", ");
        // Behind the nearest extension before it that is there; what comes before the first has no neighbour to follow.
        let neighbour = names[..at]
            .iter()
            .rev()
            .find_map(|before| list.entries.iter().position(|entry| entry.name == *before));
        let place = neighbour.unwrap_or(0);
        let span = list.entries.get(place).map_or(0..0, |entry| entry.span.clone());
        let finding = context.at(
            Rule::NotListed,
            &list.path,
            span,
            message,
            format!("the order is {order}"),
        );
        if list.plain && !list.entries.is_empty() {
            let entry = list.like(place, name);
            finding.fix = Some(Fix::Edit(list.insert(place, &entry)));
        }
    }
    let places: Vec<usize> = list
        .entries
        .iter()
        .filter_map(|entry| names.iter().position(|name| *name == entry.name))
        .collect();
    if clean && let Some(at) = places.windows(2).position(|pair| pair[0] > pair[1]) {
        let message = format!("`{}` stands too early, in {}", list.entries[at].name, list.what);
        let help = format!("the order is {}", names.join(", "));
        let finding = context.at(
            Rule::ListOrder,
            &list.path,
            list.entries[at].span.clone(),
            message,
            help,
        );
        finding.fix = Some(Fix::Edit(list.reorder(names)));
    }
}
