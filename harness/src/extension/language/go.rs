//! Go, as far as twins need it: the exported functions at the top of a file, and what stands in them.

use std::ops::Range;

use super::{
    Purpose,
    outline::{Function, Outline, ParseError},
};
use crate::extension::Edit;

/// The type of the parameter that a disabled twin warns through.
const LOGGER: &str = "log.Logger";

/// A function with what of it is needed to write it anew.
struct Found {
    name: String,
    receiver: String,
    parameters: Vec<Parameter>,
    results: Vec<String>,
    signature: Range<usize>,
    body: Range<usize>,
}

struct Parameter {
    name: Option<String>,
    kind: String,
}

impl Found {
    fn signature(&self) -> String {
        let kinds: Vec<&str> = self
            .parameters
            .iter()
            .map(|parameter| parameter.kind.as_str())
            .collect();
        format!(
            "func {}{}({}) ({})",
            self.receiver,
            self.name,
            kinds.join(", "),
            self.results.join(", ")
        )
    }
}

pub(super) fn outline(text: &str, warning: &str) -> Result<Outline, ParseError> {
    let code = blank(text);
    let mut outline = Outline::default();
    for found in functions(text, &code)? {
        let statements = statements(text, &code, found.body.clone());
        for statement in statements {
            let line = &code[statement.clone()];
            if is_warning(line, warning) {
                outline.warnings.push(statement);
            } else if !is_idle(line) {
                outline.works.push(statement);
            }
        }
        if found.name.starts_with(|first: char| first.is_ascii_uppercase()) {
            outline.functions.push(Function {
                signature: found.signature(),
                span: found.signature,
                name: found.name,
            });
        }
    }
    Ok(outline)
}

/// `text` with every comment and literal blanked out, byte for byte.
fn blank(text: &str) -> String {
    let mut code: Vec<u8> = text.as_bytes().to_vec();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest[0] {
            b'/' if rest.starts_with(b"//") => until(bytes, at, b"\n", 0),
            b'/' if rest.starts_with(b"/*") => until(bytes, at + 2, b"*/", 2),
            b'`' => until(bytes, at + 1, b"`", 1),
            quote @ (b'"' | b'\'') => {
                let mut end = at + 1;
                while end < bytes.len() && bytes[end] != quote && bytes[end] != b'\n' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                (end + 1).min(bytes.len())
            }
            _ => {
                at += 1;
                continue;
            }
        };
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(code).unwrap_or_default()
}

fn until(bytes: &[u8], from: usize, end: &[u8], keep: usize) -> usize {
    let found = bytes[from..].windows(end.len()).position(|window| window == end);
    found.map_or(bytes.len(), |at| from + at + keep)
}

/// The functions at the top of a file.
fn functions(text: &str, code: &str) -> Result<Vec<Found>, ParseError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_function(code, at) {
        let error = |message: &str| ParseError {
            span: start..start + "func".len(),
            message: message.to_owned(),
        };
        let mut cursor = start + "func".len();
        let mut receiver = String::new();
        cursor += blanks(&code[cursor..]);
        if code[cursor..].starts_with('(') {
            let end = closing(code, cursor).ok_or_else(|| error("the receiver is not closed"))?;
            let kind = parameters(&text[cursor + 1..end]).pop().map(|parameter| parameter.kind);
            receiver = format!("({}) ", kind.unwrap_or_default());
            cursor = end + 1;
            cursor += blanks(&code[cursor..]);
        }
        let opening = code[cursor..].find('(').map(|found| cursor + found);
        let opening = opening.ok_or_else(|| error("the function has no parameters"))?;
        let name = text[cursor..opening].trim().to_owned();
        let end = closing(code, opening).ok_or_else(|| error("the parameters are not closed"))?;
        let brace = body_brace(code, end + 1).ok_or_else(|| error("the function has no body"))?;
        let last = closing(code, brace).ok_or_else(|| error("the function is not closed"))?;
        let results = text[end + 1..brace].trim();
        let results = results
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(results);
        found.push(Found {
            name,
            receiver,
            parameters: parameters(&text[opening + 1..end]),
            results: parameters(results).into_iter().map(|result| result.kind).collect(),
            signature: start..text[..brace].trim_end().len(),
            body: brace + 1..last,
        });
        at = last;
    }
    Ok(found)
}

fn next_function(code: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + code[at..].find("func")?;
        let begins_line = found == 0 || code.as_bytes()[found - 1] == b'\n';
        if begins_line && code[found + 4..].starts_with([' ', '\t']) {
            return Some(found);
        }
        at = found + 4;
    }
}

fn blanks(code: &str) -> usize {
    code.len() - code.trim_start().len()
}

/// The bracket that closes the one at `at`.
fn closing(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[at..].iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + offset);
                }
            }
            _ => {}
        }
    }
    None
}

/// The brace of the body: the first that does not belong to a type such as `interface{}`.
fn body_brace(code: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let brace = at + code[at..].find(['{', '(', '['])?;
        let before = code[from..brace].trim_end();
        let is_type = before.ends_with("interface") || before.ends_with("struct");
        if code[brace..].starts_with('{') && !is_type {
            return Some(brace);
        }
        at = closing(code, brace)? + 1;
    }
}

/// The parameters of a list; in `a, b string` both have the type.
fn parameters(list: &str) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    for part in split(list) {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        let named = part.split_once(' ').filter(|(first, _)| {
            let word = first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            word && !matches!(*first, "func" | "chan" | "map" | "struct" | "interface")
        });
        found.push(match named {
            Some((name, kind)) => Parameter {
                name: Some(name.to_owned()),
                kind: kind.to_owned(),
            },
            None => Parameter { name: None, kind: part },
        });
    }
    if found.iter().any(|parameter| parameter.name.is_some()) {
        let mut kind = String::new();
        for parameter in found.iter_mut().rev() {
            if parameter.name.is_some() {
                kind.clone_from(&parameter.kind);
            } else {
                parameter.name = Some(std::mem::replace(&mut parameter.kind, kind.clone()));
            }
        }
    }
    found
}

/// The parts between commas that stand in no bracket.
fn split(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The lines of a body that say something, a statement over several lines taken as one.
fn statements(text: &str, code: &str, body: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut at) = (Vec::new(), 0_i32, body.start);
    let mut start = None;
    for line in code[body.clone()].split_inclusive('\n') {
        let inner = line.trim();
        let end = at + line.trim_end().len();
        if !inner.is_empty() && start.is_none() {
            start = Some(at + line.len() - line.trim_start().len());
        }
        // Brackets other than braces keep a statement together; a block's lines are statements of their own.
        depth += inner
            .bytes()
            .map(|byte| match byte {
                b'(' | b'[' => 1,
                b')' | b']' => -1,
                _ => 0,
            })
            .sum::<i32>();
        if let Some(from) = start.filter(|_| depth <= 0 && !inner.ends_with('.') && !inner.is_empty()) {
            found.push(from..text[..end.max(from)].trim_end().len().max(from));
            start = None;
        }
        at += line.len();
    }
    found
}

fn is_warning(line: &str, warning: &str) -> bool {
    line.contains(&format!(".{warning}("))
}

/// A line that does nothing: a condition, a return of something empty, a parameter that is not used.
fn is_idle(line: &str) -> bool {
    let line = line.trim();
    let quiet = line.starts_with("if ") && line.ends_with('{') && !line.contains(":=");
    let values = line
        .strip_prefix("return")
        .map(|values| split(values).into_iter().all(is_empty));
    quiet || matches!(line, "}" | "") || line.starts_with("_ =") || values.unwrap_or(false)
}

fn is_empty(value: &str) -> bool {
    let value = value.trim();
    // A literal is blank here.
    matches!(value, "" | "nil" | "false" | "true" | "0")
        || value.ends_with("{}")
            && value
                .trim_start_matches('&')
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"[]{}._*".contains(&byte))
}

/// The lines of a file that are conditions of the build.
pub(super) fn features(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("//go:build ") || line.starts_with("// +build ") {
            found.push(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    found
}

/// The disabled twin of an enabled one.
pub(super) fn stand_in(enabled: &str, purpose: Purpose<'_>) -> Option<String> {
    let code = blank(enabled);
    let package = enabled.lines().find(|line| line.starts_with("package "))?;
    let functions = functions(enabled, &code).ok()?;
    let exported = functions
        .iter()
        .filter(|found| found.name.starts_with(|first: char| first.is_ascii_uppercase()));
    let mut warned = false;
    let bodies: Vec<String> = exported
        .map(|found| write(enabled, found, purpose, &mut warned))
        .collect();
    let imports = imports(enabled, &bodies.concat());
    let mut text = format!("{}\n\n{package}\n", purpose.anti_gate);
    if !imports.is_empty() {
        text = format!("{text}\nimport (\n{}\n)\n", imports.join("\n"));
    }
    for body in bodies {
        text.push('\n');
        text.push_str(&body);
    }
    Some(text)
}

/// The edits that give `disabled` the function `name` of `enabled`.
pub(super) fn adopt(disabled: &str, enabled: &str, name: &str, purpose: Purpose<'_>) -> Option<Vec<Edit>> {
    let wanted = functions(enabled, &blank(enabled)).ok()?;
    let wanted = wanted.iter().find(|found| found.name == name)?;
    let there = functions(disabled, &blank(disabled)).ok()?;
    let same = there.iter().find(|found| found.name == name);
    let others = same.map_or(disabled.to_owned(), |same| {
        disabled.replace(&disabled[same.body.clone()], "")
    });
    let mut warned = is_warning(&blank(&others), purpose.warning);
    let edit = match same {
        Some(there) => Edit {
            span: there.signature.start..there.body.end + 1,
            text: write(enabled, wanted, purpose, &mut warned).trim_end().to_owned(),
        },
        None => Edit {
            span: disabled.trim_end().len()..disabled.len(),
            text: format!("\n\n{}", write(enabled, wanted, purpose, &mut warned)),
        },
    };
    Some(vec![edit])
}

/// A function that does nothing, and warns if none before it does.
fn write(text: &str, found: &Found, purpose: Purpose<'_>, warned: &mut bool) -> String {
    let logger = found
        .parameters
        .iter()
        .find(|parameter| parameter.kind == LOGGER && !*warned);
    *warned |= logger.is_some();
    let warning = logger.and_then(|logger| logger.name.as_ref()).map(|logger| {
        format!(
            "\t{logger}.{}().Msg(\"skipping enabling {} extension because given binary doesn't include this feature, \" +\n\t\t\"please \
             build a binary that does so\")\n",
            purpose.warning, purpose.name
        )
    });
    let values: Vec<&str> = found.results.iter().map(|kind| empty(kind)).collect();
    let result = if values.is_empty() {
        String::new()
    } else {
        format!("\treturn {}\n", values.join(", "))
    };
    let both = warning.unwrap_or_default() + &result;
    format!("{} {{\n{both}}}\n", &text[found.signature.clone()])
}

fn empty(kind: &str) -> &'static str {
    match kind {
        "bool" => "false",
        "string" => "\"\"",
        "int" | "int64" | "int32" | "uint" | "uint64" | "uint32" => "0",
        _ => "nil",
    }
}

/// The lines of the import block whose packages `needed` uses.
fn imports(text: &str, needed: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        match line.trim() {
            "import (" => inside = true,
            ")" => inside = false,
            import if inside || import.starts_with("import \"") => {
                let import = import.trim_start_matches("import ");
                let path = import.rsplit('"').nth(1).unwrap_or_default();
                let alias = import.split('"').next().unwrap_or_default().trim();
                let package = if alias.is_empty() {
                    path.rsplit('/').next().unwrap_or(path)
                } else {
                    alias
                };
                if !path.is_empty() && needed.contains(&format!("{package}.")) {
                    found.push(format!("\t{import}"));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENABLED: &str = "//go:build sync\n\npackage extensions\n\nimport (\n\t\"context\"\n\n\t\"zotregistry.dev/zot/pkg/log\"\n\t\"zotregistry.dev/zot/pkg/sync\"\n)\n\n// EnableSync starts { it.\nfunc EnableSync(ctx context.Context, a, b string, log log.Logger) (*Service, error) {\n\tif a == \"}\" {\n\t\treturn sync.Start(ctx)\n\t}\n\treturn nil, nil\n}\n\nfunc helper() {\n\trun()\n}\n";

    #[test]
    fn exported_functions_are_compared_by_their_types() {
        let outline = outline(ENABLED, "Warn").unwrap();
        assert_eq!(outline.functions.len(), 1);
        let signature = "func EnableSync(context.Context, string, string, log.Logger) (*Service, error)";
        assert_eq!(outline.functions[0].signature, signature);
    }

    #[test]
    fn a_stand_in_has_the_same_functions_and_does_nothing() {
        let purpose = Purpose {
            name: "sync",
            warning: "Warn",
            anti_gate: "//go:build !sync",
        };
        let text = stand_in(ENABLED, purpose).unwrap();
        let (one, other) = (outline(ENABLED, "Warn").unwrap(), outline(&text, "Warn").unwrap());
        assert_eq!(one.functions[0].signature, other.functions[0].signature);
        assert_eq!((other.works.len(), other.warnings.len()), (0, 1), "{text}");
        assert!(text.contains("pkg/log") && !text.contains("pkg/sync"), "{text}");
    }

    #[test]
    fn work_is_seen() {
        let text = "package x\n\nfunc A(log log.Logger) error {\n\tlog.Warn().\n\t\tMsg(\"(\")\n\tgo run()\n\treturn start()\n}\n";
        let outline = outline(text, "Warn").unwrap();
        let works: Vec<&str> = outline.works.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(works, ["go run()", "return start()"]);
        assert_eq!(outline.warnings.len(), 1);
    }
}
