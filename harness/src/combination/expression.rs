//! Expressions over extensions, such as `scrub and not (sync or search)`.

use std::{fmt, str::FromStr};

use super::Combination;

/// What a scenario requires of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Holds for every build.
    Always,
    /// The extension is built in.
    Has(String),
    /// Does not hold.
    Not(Box<Self>),
    /// All hold.
    And(Vec<Self>),
    /// One holds.
    Or(Vec<Self>),
}

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where in the text, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub message: String,
}

/// Above this many extensions it is not tried out whether an expression can hold.
const TRIED_EXTENSIONS: usize = 12;

/// How deep parentheses and `not` may stand in each other.
const DEPTH: usize = 64;

impl Expression {
    /// Whether it holds for `combination`.
    pub fn holds(&self, combination: &Combination) -> bool {
        self.holds_where(&|extension| combination.has(extension))
    }

    /// The extensions that it names, each once, in its order.
    pub fn extensions(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    /// Whether there is a combination for which it holds.
    pub fn can_hold(&self) -> bool {
        let names = self.extensions();
        names.len() > TRIED_EXTENSIONS
            || (0_u32..1 << names.len()).any(|chosen| {
                self.holds_where(&|extension| {
                    names
                        .iter()
                        .position(|name| *name == extension)
                        .is_some_and(|index| chosen & (1 << index) != 0)
                })
            })
    }

    fn holds_where(&self, has: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Always => true,
            Self::Has(extension) => has(extension),
            Self::Not(inner) => !inner.holds_where(has),
            Self::And(parts) => parts.iter().all(|part| part.holds_where(has)),
            Self::Or(parts) => parts.iter().any(|part| part.holds_where(has)),
        }
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Always => {}
            Self::Has(name) if names.contains(&name.as_str()) => {}
            Self::Has(name) => names.push(name),
            Self::Not(inner) => inner.collect(names),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect(names)),
        }
    }
}

impl fmt::Display for Expression {
    /// As it is parsed; `always` is the only one that is not.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Always => return formatter.write_str("always"),
            Self::Has(extension) => return formatter.write_str(extension),
            Self::Not(inner) => {
                return match **inner {
                    Self::And(_) | Self::Or(_) => write!(formatter, "not ({inner})"),
                    _ => write!(formatter, "not {inner}"),
                };
            }
            Self::And(parts) => (parts, "and"),
            Self::Or(parts) => (parts, "or"),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write!(formatter, " {word} ")?;
            }
            match part {
                Self::And(_) | Self::Or(_) => write!(formatter, "({part})")?,
                _ => write!(formatter, "{part}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    /// `not` binds closer than `and`, `and` closer than `or`.
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let expression = parser.either()?;
        let at = parser.at;
        match parser.next() {
            None => Ok(expression),
            Some(")") => Err(error(at, "there is no `(` for this `)`")),
            Some(token) => Err(error(
                at,
                format!("between the expression and `{token}` there is no `and` or `or`"),
            )),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn either(&mut self) -> Result<Expression, ExpressionError> {
        self.chain("or", Self::all, Expression::Or)
    }

    fn all(&mut self) -> Result<Expression, ExpressionError> {
        self.chain("and", Self::one, Expression::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Expression, ExpressionError>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, ExpressionError> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.peek() == Some(word) {
            self.next();
            parts.push(part(self)?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => join(parts.into_iter().chain(last).collect()),
        })
    }

    fn one(&mut self) -> Result<Expression, ExpressionError> {
        self.skip_blanks();
        let at = self.at;
        if self.depth == DEPTH {
            return Err(error(at, "too many `not` and parentheses stand in each other"));
        }
        self.depth += 1;
        let expression = match self.next() {
            Some("not") => Expression::Not(Box::new(self.one()?)),
            Some("(") => {
                let inner = self.either()?;
                if self.next() != Some(")") {
                    return Err(error(at, "this `(` is not closed"));
                }
                inner
            }
            Some(word @ ("and" | "or" | ")")) => {
                return Err(error(at, format!("an extension is due, and here stands `{word}`")));
            }
            None => {
                return Err(error(
                    self.text.trim_end().len(),
                    "an extension is due, and the text ends",
                ));
            }
            Some(name) if is_name(name) => Expression::Has(name.to_owned()),
            Some(other) => return Err(error(at, format!("`{other}` cannot be the name of an extension"))),
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&mut self) -> Option<&'a str> {
        let at = self.at;
        let token = self.next();
        self.at = at;
        token
    }

    /// A word, or one parenthesis.
    fn next(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let end = if matches!(first, '(' | ')') {
            1
        } else {
            rest.find(|character: char| character.is_whitespace() || matches!(character, '(' | ')'))
                .unwrap_or(rest.len())
        };
        self.at += end;
        Some(&rest[..end])
    }
}

fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
}

fn error(at: usize, message: impl Into<String>) -> ExpressionError {
    ExpressionError {
        at,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expression() -> impl Strategy<Value = Expression> {
        let name = "[a-z][a-z0-9_-]{0,8}".prop_filter("a word of the grammar", |name| {
            !matches!(name.as_str(), "and" | "or" | "not")
        });
        name.prop_map(Expression::Has).prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
                prop::collection::vec(inner, 2..4).prop_map(Expression::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(expression in expression()) {
            prop_assert_eq!(expression.to_string().parse(), Ok(expression));
        }

        #[test]
        fn an_error_lies_within_the_text(text in "(and|or|not|[()]|[a-zé]| ){0,12}") {
            if let Err(error) = text.parse::<Expression>() {
                prop_assert!(text.is_char_boundary(error.at), "{}", error.at);
            }
        }
    }

    fn fails(text: &str) -> (usize, String) {
        let error = text.parse::<Expression>().unwrap_err();
        (error.at, error.message)
    }

    #[test]
    fn not_binds_closer_than_and_and_and_closer_than_or() {
        let parsed: Expression = "not a and b or c".parse().unwrap();
        assert_eq!(parsed, "((not a) and b) or c".parse().unwrap());
        assert_ne!(parsed, "not (a and (b or c))".parse().unwrap());
    }

    #[test]
    fn it_holds_for_the_builds_that_it_describes() {
        let known = ["scrub", "sync", "lint"].map(str::to_owned);
        let expression: Expression = "scrub and not (sync or lint)".parse().unwrap();
        assert!(expression.holds(&Combination::new(&known, ["scrub"])));
        assert!(!expression.holds(&Combination::new(&known, ["scrub", "lint"])));
        assert!(!expression.holds(&Combination::new(&known, [])));
    }

    #[test]
    fn a_contradiction_can_not_hold() {
        assert!(!"a and not a".parse::<Expression>().unwrap().can_hold());
        assert!("a and not b".parse::<Expression>().unwrap().can_hold());
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(fails("scrub and").0, 9);
        assert_eq!(fails("scrub lint").0, 5);
        assert_eq!(fails("(scrub"), (0, "this `(` is not closed".to_owned()));
        assert_eq!(fails("scrub)"), (5, "there is no `(` for this `)`".to_owned()));
        assert_eq!(fails("scrub + lint").0, 5);
        assert_eq!(
            fails("Scrub"),
            (0, "`Scrub` cannot be the name of an extension".to_owned())
        );
    }

    #[test]
    fn a_tower_of_nots_is_refused() {
        assert!("not ".repeat(10_000).parse::<Expression>().is_err());
    }
}
