//! How large an expression of a template is, which says how deep the template engine's parser may have to go.

/// The largest expression that is read. The engine counts only some of what is within something else, and takes some of the stack
/// for each: an operator within an operator is a character at least, and a bracket takes as much as twenty of these.
pub(crate) const LARGEST_EXPRESSION: usize = 1_000;
/// What an opening bracket counts.
const BRACKET: usize = 20;

/// The size of the largest expression of a template: its characters from `{{` or `{%` to its end, and more for brackets.
pub(crate) fn largest_expression(template: &str) -> usize {
    let mut largest = 0;
    let mut rest = template;
    while let Some(begin) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let (size, after) = measure(&rest[begin + 2..]);
        largest = largest.max(size);
        rest = after;
    }
    largest
}

/// The size of the expression that a text begins with, and what follows it. In quotes and within brackets nothing ends it, as in the
/// engine.
pub(crate) fn measure(text: &str) -> (usize, &str) {
    let mut quote = None;
    let mut size = 0;
    let mut open = 0_i32;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        size += 1;
        match (quote, character) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(begun), _) if begun == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[' | '{') => {
                size += BRACKET - 1;
                open += 1;
            }
            (None, '}' | '%') if open == 0 && (text[at..].starts_with("}}") || text[at..].starts_with("%}")) => {
                return (size - 1, &text[at + 2..]);
            }
            (None, ')' | ']' | '}') => open -= 1,
            _ => {}
        }
    }
    (size, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_expression_is_not_too_deep_for_the_engine() {
        let environment = minijinja::Environment::new();
        for operator in ["-", "not ", "(", "[", "a.", "a|", "a+", "a if ", "a[", "{1:"] {
            let times = LARGEST_EXPRESSION / measure(operator).0;
            let expression = operator.repeat(times);
            // Whether it means something is another matter.
            let _ = environment
                .template_from_str(&format!("{{{{ {expression} }}}}"))
                .map(drop);
            let _ = environment
                .template_from_str(&format!("{{{{ {expression}a }}}}"))
                .map(drop);
        }
    }

    #[test]
    fn an_expression_ends_outside_of_quotes() {
        assert_eq!(largest_expression("no expression } }} %}"), 0);
        assert_eq!(largest_expression("{{ a }} {% if bc %} long text {% endif %}"), 7);
        assert_eq!(largest_expression(r#"{{ "}}\"}}" }}"#), 9);
        assert_eq!(largest_expression("{{ é - - -"), 8);
        assert_eq!(largest_expression("{{ {'a':{'b':1}} - 2 }}"), 2 * 19 + 19);
    }
}
