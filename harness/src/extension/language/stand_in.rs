//! Writes a disabled twin, or a function of one, from the other half.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericArgument, Item, ItemFn, Pat, PathArguments, ReturnType, Type, UseTree};

use super::{Purpose, rust};
use crate::extension::Edit;

/// The configuration's type, by which a function is known that learns whether the extension is asked for.
const CONFIG: &str = "Config";

/// Where the function that warns comes from.
const WARNING_MODULE: [&str; 2] = ["plimsoll_registry_core", "extension"];

/// The whole disabled twin.
pub(super) fn rust(enabled: &str, purpose: Purpose<'_>) -> Option<String> {
    let functions = public_functions(enabled)?;
    let mut warned = false;
    let bodies: Vec<String> = functions
        .iter()
        .map(|function| write(function, purpose, &mut warned))
        .collect();
    let needed = bodies.concat();
    let mut text = format!(
        "{}\n\n//! The {} extension, left out.\n",
        purpose.anti_gate, purpose.name
    );
    let imports = imports(enabled, &needed, purpose)?;
    if !imports.is_empty() {
        text = format!("{text}\n{}", use_lines(&imports));
    }
    for body in bodies {
        text.push('\n');
        text.push_str(&body);
    }
    Some(text)
}

/// The edits that give `disabled` the function `name` of `enabled`: its signature where it has one of that name.
pub(super) fn adopt(disabled: &str, enabled: &str, name: &str, purpose: Purpose<'_>) -> Option<Vec<Edit>> {
    let wanted = public_functions(enabled)?
        .into_iter()
        .find(|function| function.sig.ident == name)?;
    let file = rust::parse(disabled).ok()?;
    let there = file.items.iter().find_map(|item| match item {
        Item::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    });
    let (edit, written) = if let Some(there) = there {
        let text = signature(&wanted, &there.block.to_token_stream());
        let span = rust::signature_span(there);
        (
            Edit {
                span,
                text: text.clone(),
            },
            text,
        )
    } else {
        let mut warned = !rust::mentions(disabled, purpose.warning).is_empty();
        let written = write(&wanted, purpose, &mut warned);
        let span = disabled.trim_end().len()..disabled.len();
        let text = format!("\n\n{written}");
        (Edit { span, text }, written)
    };
    let mut edits = vec![edit];
    let known: Vec<String> = file
        .items
        .iter()
        .flat_map(used)
        .filter_map(|path| path.last().cloned())
        .collect();
    let mut missing = imports(enabled, &written, purpose)?;
    missing.retain(|path| path.last().is_some_and(|last| !known.contains(last)));
    if !missing.is_empty() {
        let first = file
            .items
            .iter()
            .map(|item| syn::spanned::Spanned::span(item).byte_range().start)
            .min();
        let at = first.unwrap_or(disabled.len());
        edits.push(Edit {
            span: at..at,
            text: use_lines(&missing),
        });
    }
    Some(edits)
}

fn public_functions(text: &str) -> Option<Vec<ItemFn>> {
    let items = rust::parse(text).ok()?.items.into_iter();
    let functions = items.filter_map(|item| match item {
        Item::Fn(function) if !matches!(function.vis, syn::Visibility::Inherited) => Some(function),
        _ => None,
    });
    Some(functions.collect())
}

/// A function that does nothing: it warns where the configuration asks for the extension, if none before it does.
fn write(function: &ItemFn, purpose: Purpose<'_>, warned: &mut bool) -> String {
    let config = function
        .sig
        .inputs
        .iter()
        .find_map(config_parameter)
        .filter(|_| !*warned);
    *warned |= config.is_some();
    let warning = config.map(|config| {
        format!(
            "if {config}.extensions.{name}.as_ref().is_some_and(|section| section.enable) {{ {warn}(\"{name}\"); }}\n",
            name = purpose.name.replace('-', "_"),
            warn = purpose.warning
        )
    });
    let result = match &function.sig.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, kind) => neutral(kind),
    };
    let body = format!("{{ {}{result} }}", warning.unwrap_or_default());
    let tokens: TokenStream = body.parse().unwrap_or_default();
    let docs: Vec<String> = function.attrs.iter().filter_map(doc).collect();
    let docs: String = docs.iter().flat_map(|line| ["///", line.as_str(), "\n"]).collect();
    format!("{docs}{} {body}\n", signature(function, &tokens))
}

fn doc(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// The name of a parameter that is the configuration.
fn config_parameter(argument: &FnArg) -> Option<String> {
    let FnArg::Typed(typed) = argument else { return None };
    let Pat::Ident(name) = &*typed.pat else { return None };
    let kind = typed.ty.to_token_stream().into_iter().last()?;
    (kind.to_string() == CONFIG).then(|| name.ident.to_string())
}

/// The signature of `function`; parameters that `body` does not name are not named.
fn signature(function: &ItemFn, body: &TokenStream) -> String {
    let mut sig = function.sig.clone();
    for argument in &mut sig.inputs {
        if let FnArg::Typed(typed) = argument
            && let Pat::Ident(name) = &*typed.pat
            && !names(body.clone(), &name.ident.to_string())
        {
            *typed.pat = Pat::Wild(syn::PatWild {
                attrs: Vec::new(),
                underscore_token: syn::token::Underscore::default(),
            });
        }
    }
    format!("{} {}", function.vis.to_token_stream(), sig.to_token_stream())
}

fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => names(group.stream(), name),
        _ => false,
    })
}

/// The empty value of a type.
fn neutral(kind: &Type) -> String {
    if let Type::Tuple(tuple) = kind {
        let parts: Vec<String> = tuple.elems.iter().map(neutral).collect();
        return format!("({})", parts.join(", "));
    }
    let Type::Path(path) = kind else {
        return "Default::default()".to_owned();
    };
    let Some(last) = path.path.segments.last() else {
        return "Default::default()".to_owned();
    };
    let first_argument = || match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(kind) => Some(neutral(kind)),
            _ => None,
        }),
        _ => None,
    };
    match last.ident.to_string().as_str() {
        "bool" => "false".to_owned(),
        "Option" => "None".to_owned(),
        "Vec" => "Vec::new()".to_owned(),
        "String" => "String::new()".to_owned(),
        "Result" => format!("Ok({})", first_argument().unwrap_or_else(|| "()".to_owned())),
        name if name.starts_with(['u', 'i']) && name[1..].parse::<u8>().is_ok() => "0".to_owned(),
        "usize" | "isize" => "0".to_owned(),
        name => format!("{name}::default()"),
    }
}

/// The paths that `needed` uses, of those that `enabled` imports, with the warning's own where it warns.
fn imports(enabled: &str, needed: &str, purpose: Purpose<'_>) -> Option<Vec<Vec<String>>> {
    let tokens: TokenStream = needed.parse().ok()?;
    let file = rust::parse(enabled).ok()?;
    let mut paths: Vec<Vec<String>> = file.items.iter().flat_map(used).collect();
    if names(tokens.clone(), purpose.warning) {
        let module = WARNING_MODULE.iter().map(|&part| part.to_owned());
        paths.push(module.chain([purpose.warning.to_owned()]).collect());
    }
    paths.retain(|path| path.last().is_some_and(|last| names(tokens.clone(), last)));
    paths.sort();
    paths.dedup();
    Some(paths)
}

/// The paths that an item imports, one for each name.
fn used(item: &Item) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    if let Item::Use(item) = item {
        flatten(&item.tree, &mut Vec::new(), &mut paths);
    }
    paths
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, paths);
            before.pop();
        }
        UseTree::Name(name) => paths.push([before.as_slice(), &[name.ident.to_string()]].concat()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, paths)),
        _ => {}
    }
}

/// One `use` a crate.
fn use_lines(paths: &[Vec<String>]) -> String {
    let mut lines = String::new();
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|path| path[0] == first[0]).count();
        lines = format!("{lines}use {};\n", grouped(&rest[..same], 0));
        rest = &rest[same..];
    }
    lines
}

/// The paths, which have the same parts before `depth`, as one tree.
fn grouped(paths: &[Vec<String>], depth: usize) -> String {
    let mut parts = Vec::new();
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|path| path[depth] == first[depth]).count();
        let (these, others) = rest.split_at(same);
        parts.push(if first.len() == depth + 1 {
            first[depth].clone()
        } else {
            format!("{}::{}", first[depth], grouped(these, depth + 1))
        });
        rest = others;
    }
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        format!("{{{}}}", parts.join(", "))
    }
}
