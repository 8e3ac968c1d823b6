//! Lists in the module of the twins.

use std::path::Path;

use quote::ToTokens;
use syn::spanned::Spanned;

use super::model::{Entry, List, Missing, Source};
use crate::extension::Tree;

/// The pairs of twins that `mod.rs` declares.
pub(crate) fn modules(tree: &Tree, path: &Path) -> Result<List, Missing> {
    Source::new(tree, "the modules", path).list("\n\n", true, |text| {
        let mut entries: Vec<Entry> = Vec::new();
        for item in syn::parse_file(text).ok()?.items {
            let syn::Item::Mod(module) = item else { continue };
            if !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
                continue;
            }
            let name = module.ident.to_string();
            let span = module.span().byte_range();
            match entries.last_mut().filter(|last| last.name == name) {
                Some(last) => last.span.end = span.end,
                None => entries.push(Entry { name, span }),
            }
        }
        Some((entries, None))
    })
}

/// The entries of `ALL`.
pub(crate) fn registered(tree: &Tree, path: &Path) -> Result<List, Missing> {
    Source::new(tree, "`ALL`", path).list(",\n    ", true, |text| {
        let all = syn::parse_file(text)
            .ok()?
            .items
            .into_iter()
            .find_map(|item| match item {
                syn::Item::Const(item) if item.ident == "ALL" => Some(item),
                _ => None,
            })?;
        let syn::Expr::Array(array) = &*all.expr else {
            return None;
        };
        let entries = array.elems.iter().filter_map(|element| {
            let syn::Expr::Struct(literal) = element else {
                return None;
            };
            let field = literal
                .fields
                .iter()
                .find(|field| field.member.to_token_stream().to_string() == "name")?;
            Some(Entry {
                name: text_of(&field.expr)?,
                span: element.span().byte_range(),
            })
        });
        let count = match &*all.ty {
            syn::Type::Array(array) => Some(array.len.span().byte_range()),
            _ => None,
        };
        Some((entries.collect(), count))
    })
}
/// The text of a literal.
pub(super) fn text_of(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
