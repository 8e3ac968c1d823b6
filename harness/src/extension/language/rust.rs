//! Rust, as syn reads it.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Block, Expr, FnArg, Item as SynItem, ItemFn, Pat, ReturnType, Stmt, Visibility, spanned::Spanned, visit::Visit,
};

use super::outline::{Function, Item, Outline, ParseError};

pub(super) fn parse(text: &str) -> Result<syn::File, ParseError> {
    syn::parse_file(text).map_err(|error| {
        let span = error.span().byte_range();
        let start = text.floor_char_boundary(span.start.min(text.len()));
        ParseError {
            span: start..text.ceil_char_boundary(span.end.clamp(start, text.len())),
            message: format!("this is no Rust: {error}"),
        }
    })
}

pub(super) fn outline(text: &str, warning: &str) -> Result<Outline, ParseError> {
    let file = parse(text)?;
    let mut outline = Outline::default();
    for item in &file.items {
        match item {
            SynItem::Fn(function) => {
                if is_public(&function.vis) {
                    outline.functions.push(Function {
                        name: function.sig.ident.to_string(),
                        signature: signature(function),
                        span: signature_span(function),
                    });
                }
                outline.works.extend(works(&function.block, warning));
            }
            other => {
                let public = visibility(other).filter(|(visibility, _)| is_public(visibility));
                outline.items.extend(public.map(|(_, name)| Item {
                    name: name.to_string(),
                    span: name.span().byte_range(),
                }));
            }
        }
    }
    let mut calls = Calls {
        name: warning,
        found: Vec::new(),
    };
    calls.visit_file(&file);
    outline.warnings = calls.found;
    Ok(outline)
}

fn is_public(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

fn visibility(item: &SynItem) -> Option<(&Visibility, &syn::Ident)> {
    Some(match item {
        SynItem::Const(item) => (&item.vis, &item.ident),
        SynItem::Enum(item) => (&item.vis, &item.ident),
        SynItem::Static(item) => (&item.vis, &item.ident),
        SynItem::Struct(item) => (&item.vis, &item.ident),
        SynItem::Trait(item) => (&item.vis, &item.ident),
        SynItem::Type(item) => (&item.vis, &item.ident),
        SynItem::Union(item) => (&item.vis, &item.ident),
        SynItem::Mod(item) => (&item.vis, &item.ident),
        _ => return None,
    })
}

/// From the visibility to the result.
pub(super) fn signature_span(function: &ItemFn) -> Range<usize> {
    let end = function.sig.span().byte_range().end;
    let start = match &function.vis {
        Visibility::Inherited => function.sig.span().byte_range().start,
        visibility => visibility.span().byte_range().start,
    };
    start..end
}

/// What callers see of a function: no parameter names, and of each path its last part, as files import differently.
fn signature(function: &ItemFn) -> String {
    let sig = &function.sig;
    let mut words = vec![function.vis.to_token_stream().to_string()];
    let modifiers = [
        sig.constness.to_token_stream(),
        sig.asyncness.to_token_stream(),
        sig.safety.to_token_stream(),
        sig.abi.to_token_stream(),
    ];
    words.extend(modifiers.into_iter().map(|tokens| tokens.to_string()));
    let generics = sig.generics.to_token_stream();
    let bounds = sig.generics.where_clause.to_token_stream();
    let parameters: Vec<String> = sig.inputs.iter().map(parameter).collect();
    words.retain(|word| !word.is_empty());
    words.push(format!("fn {}{generics}({})", sig.ident, parameters.join(", ")));
    if let ReturnType::Type(_, kind) = &sig.output {
        words.push(format!("-> {}", plain(&kind.to_token_stream())));
    }
    if !bounds.is_empty() {
        words.push(plain(&bounds));
    }
    words.join(" ")
}

fn parameter(argument: &FnArg) -> String {
    match argument {
        FnArg::Receiver(receiver) => receiver.to_token_stream().to_string(),
        FnArg::Typed(typed) => plain(&typed.ty.to_token_stream()),
    }
}

/// The tokens with of each path its last part.
fn plain(tokens: &TokenStream) -> String {
    let text = tokens.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        if word == "::" {
            kept.pop();
        } else {
            kept.push(word);
        }
    }
    kept.join(" ")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" ,", ",")
}

/// The calls of a function, a method or a macro, as they are written.
struct Calls<'a> {
    name: &'a str,
    found: Vec<Range<usize>>,
}

impl Calls<'_> {
    fn path(&mut self, path: &syn::Path, span: proc_macro2::Span) {
        if path.segments.last().is_some_and(|last| last.ident == self.name) {
            self.found.push(span.byte_range());
        }
    }
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            self.path(&path.path, call.span());
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == self.name {
            self.found.push(call.span().byte_range());
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.path(&called.path, called.span());
    }
}

/// The statements of a block that do more than warn and return something empty.
fn works(block: &Block, warning: &str) -> Vec<Range<usize>> {
    let idle = |statement: &Stmt| match statement {
        Stmt::Expr(expression, _) => is_warning(expression, warning) || is_neutral(expression),
        Stmt::Macro(called) => called
            .mac
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == warning),
        // `let _ = parameter;` says that it is not used.
        Stmt::Local(local) => {
            matches!(local.pat, Pat::Wild(_))
                && local
                    .init
                    .as_ref()
                    .is_some_and(|init| matches!(*init.expr, Expr::Path(_)))
        }
        Stmt::Item(_) => false,
    };
    let busy = block.stmts.iter().filter(|statement| !idle(statement));
    busy.map(|statement| statement.span().byte_range()).collect()
}

/// A call that warns, or `if …` around one.
fn is_warning(expression: &Expr, warning: &str) -> bool {
    match expression {
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == warning))
        }
        Expr::MethodCall(call) => call.method == warning,
        Expr::Macro(called) => called
            .mac
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == warning),
        Expr::If(condition) => condition.else_branch.is_none() && works(&condition.then_branch, warning).is_empty(),
        _ => false,
    }
}

/// A value that stands for nothing, and that nothing is done for.
fn is_neutral(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_neutral),
        Expr::Array(array) => array.elems.is_empty(),
        Expr::Reference(reference) => is_neutral(&reference.expr),
        Expr::Paren(inner) => is_neutral(&inner.expr),
        Expr::Unary(unary) => is_neutral(&unary.expr),
        Expr::Return(returned) => returned.expr.as_deref().is_none_or(is_neutral),
        Expr::Struct(literal) => literal.rest.is_none() && literal.fields.iter().all(|field| is_neutral(&field.expr)),
        Expr::Macro(called) => called.mac.path.is_ident("vec") && called.mac.tokens.is_empty(),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return false };
            let name = path.path.segments.last().map(|last| last.ident.to_string());
            let constructor = matches!(name.as_deref(), Some("new" | "default" | "empty")) && call.args.is_empty();
            let wrapper = matches!(name.as_deref(), Some("Ok" | "Some" | "Box" | "new" | "ready"));
            constructor || wrapper && call.args.iter().all(is_neutral)
        }
        _ => false,
    }
}

/// Where a file names a feature: `cfg(feature …)`, `cfg_attr`, `cfg!`, also inside macros.
pub(super) fn features(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Most files have none, and need not be read.
    if text.contains("feature")
        && let Ok(tokens) = text.parse()
    {
        conditions(tokens, &mut found);
    }
    found
}

fn conditions(tokens: TokenStream, found: &mut Vec<Range<usize>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let mut before = tokens[..at].iter().rev().filter(|token| !is_bang(token));
        let named = matches!(before.next(), Some(TokenTree::Ident(name)) if name == "cfg" || name == "cfg_attr");
        if named && group.delimiter() == Delimiter::Parenthesis && names_feature(group.stream()) {
            found.push(group.span().byte_range());
        } else {
            conditions(group.stream(), found);
        }
    }
}

fn is_bang(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')
}

fn names_feature(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "feature",
        TokenTree::Group(group) => names_feature(group.stream()),
        _ => false,
    })
}

/// Where a file has the identifier `name`.
pub(super) fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.contains(name)
        && let Ok(tokens) = text.parse::<TokenStream>()
    {
        each_token(tokens, &mut |token| {
            if matches!(token, TokenTree::Ident(ident) if ident == name) {
                found.push(token.span().byte_range());
            }
        });
    }
    found
}

/// The string literals of a file.
pub(crate) fn literals(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse::<TokenStream>() {
        each_token(tokens, &mut |token| {
            if let TokenTree::Literal(literal) = token
                && let Ok(value) = syn::parse_str::<syn::LitStr>(&literal.to_string())
            {
                found.push((value.value(), literal.span().byte_range()));
            }
        });
    }
    found
}

/// Where a file calls a method.
pub(crate) fn method_calls(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut calls = Calls {
        name,
        found: Vec::new(),
    };
    if let Ok(file) = parse(text) {
        calls.visit_file(&file);
    }
    calls.found
}

fn each_token(tokens: TokenStream, visit: &mut dyn FnMut(&TokenTree)) {
    for token in tokens {
        visit(&token);
        if let TokenTree::Group(group) = token {
            each_token(group.stream(), visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(text: &str) -> Function {
        outline(text, "warn").unwrap().functions.remove(0)
    }

    #[test]
    fn names_and_paths_of_parameters_do_not_matter_and_all_else_does() {
        let one = function("pub(crate) fn enable(config: &Config, _: &mut Hooks) -> Vec<a::Command> {}");
        let same = function("pub(crate) fn enable(_: &core::config::Config, hooks: &mut Hooks) -> Vec<Command> {}");
        assert_eq!(one.signature, same.signature);
        for other in [
            "pub fn enable(config: &Config, _: &mut Hooks) -> Vec<Command> {}",
            "pub(crate) const fn enable(config: &Config, _: &mut Hooks) -> Vec<Command> {}",
            "pub(crate) fn enable(config: &mut Config, _: &mut Hooks) -> Vec<Command> {}",
            "pub(crate) fn enable(config: &Config) -> Vec<Command> {}",
            "pub(crate) fn enable(config: &Config, _: &mut Hooks) {}",
        ] {
            assert_ne!(one.signature, function(other).signature);
        }
    }

    #[test]
    fn warnings_and_empty_values_are_no_work() {
        let idle = "fn a(c: &C) -> Result<Vec<u8>, E> { if c.x.is_some() { warn(\"x\"); } let _ = c; Ok(Vec::new()) }";
        assert!(outline(idle, "warn").unwrap().works.is_empty());
        for busy in [
            "fn a() { start(); }",
            "fn a(h: &mut H) { h.observer(1); }",
            "fn a() -> u8 { 1 + count() }",
            "fn a(c: &C) { if c.on { warn(); start(); } }",
            "fn a() -> Vec<u8> { vec![1] }",
        ] {
            assert_eq!(outline(busy, "warn").unwrap().works.len(), 1, "{busy}");
        }
    }

    #[test]
    fn features_are_found_in_attributes_and_macros_and_not_in_texts() {
        assert_eq!(features("#[cfg(feature = \"a\")] fn f() {}").len(), 1);
        assert_eq!(features("fn f() -> bool { x!(cfg!(not(feature = \"a\"))) }").len(), 1);
        assert_eq!(features("#[cfg_attr(feature = \"a\", inline)] fn f() {}").len(), 1);
        assert_eq!(
            features("// cfg(feature)\n#[cfg(test)] fn f() { \"cfg(feature)\"; }").len(),
            0
        );
    }
}
