//! The variables of one run, and what templates give with them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::{
    Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};

use super::{Content, Random, functions};
use crate::scenario::{self, Span, Template, unit::parse_size};

/// Why a template gives no value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where the template stands, if it stands anywhere.
    pub span: Option<Span>,
    /// What is wrong with it.
    pub message: String,
}

/// The variables of one run.
#[derive(Debug)]
pub struct Scope {
    environment: Environment<'static>,
    variables: BTreeMap<String, Value>,
    random: Arc<Mutex<Random>>,
}

impl Scope {
    /// A scope without variables.
    pub fn new(random: Random) -> Self {
        let random = Arc::new(Mutex::new(random));
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        functions::add(&mut environment, Arc::clone(&random));
        Self {
            environment,
            variables: BTreeMap::new(),
            random,
        }
    }

    /// Sets a variable, over what it was.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.variables.insert(name.into(), value);
    }

    /// What a variable is.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// Removes a variable.
    pub fn remove(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// A generator of this run for content that is made again and again.
    pub fn fork(&self) -> Random {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fork()
    }

    /// The same variables, with chance of its own.
    #[must_use]
    pub fn for_client(&self, random: Random) -> Self {
        Self {
            variables: self.variables.clone(),
            ..Self::new(random)
        }
    }

    /// A random number below `bound`, which is 1 at least.
    pub fn random_below(&self, bound: u64) -> u64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).below(bound)
    }

    /// Random bytes of this run.
    pub fn random_bytes(&self, length: usize) -> Vec<u8> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).bytes(length)
    }

    /// The value of a template: that of its expression if it is one and nothing else, otherwise text.
    pub fn value(&self, template: &Template) -> Result<Value, TemplateError> {
        if !template.text.contains("{{") && !template.text.contains("{%") && !template.text.contains("{#") {
            return Ok(Value::from(template.text.as_str()));
        }
        let whole = template
            .text
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"));
        // `{{ a }}{{ b }}` begins and ends like one expression, but what is between is none.
        if let Some(expression) =
            whole.and_then(|inner| self.environment.compile_expression_owned(inner.to_owned()).ok())
        {
            let value = expression
                .eval(&self.variables)
                .map_err(|error| problem(template, &error))?;
            if value.is_undefined() {
                return Err(TemplateError {
                    span: Some(template.span.clone()),
                    message: format!("`{}` is not defined here{}", template.text, self.known()),
                });
            }
            return Ok(value);
        }
        self.environment
            .render_str(&template.text, &self.variables)
            .map(Value::from)
            .map_err(|error| problem(template, &error))
    }

    /// The text of a template.
    pub fn text(&self, template: &Template) -> Result<String, TemplateError> {
        Ok(text_of(&self.value(template)?))
    }

    /// The bytes of a template: those of content, if it is one.
    pub fn bytes(&self, template: &Template) -> Result<bytes::Bytes, TemplateError> {
        let value = self.value(template)?;
        Ok(match value.downcast_object_ref::<Content>() {
            Some(content) => content.bytes().clone(),
            None => text_of(&value).into(),
        })
    }

    /// The content that a template names, such as `blob` or `image.config`, or is.
    pub fn content(&self, template: &Template) -> Result<Content, TemplateError> {
        let value = self.value(template)?;
        if let Some(content) = value.downcast_object_ref::<Content>() {
            return Ok(content.clone());
        }
        let name = text_of(&value);
        self.environment
            .compile_expression_owned(name.clone())
            .and_then(|expression| expression.eval(&self.variables))
            .ok()
            .and_then(|value| value.downcast_object_ref::<Content>().cloned())
            .ok_or_else(|| TemplateError {
                span: Some(template.span.clone()),
                message: format!("`{name}` is not the name of content{}", self.known_content()),
            })
    }

    /// A size in bytes, such as `3 KiB`.
    pub fn size(&self, template: &Template) -> Result<u64, TemplateError> {
        parse_size(&self.text(template)?).map_err(|error| TemplateError {
            span: Some(template.span.clone()),
            message: error.to_string(),
        })
    }

    /// The JSON of a value with templates in it.
    pub fn json(&self, value: &scenario::Value) -> Result<serde_json::Value, TemplateError> {
        Ok(match value {
            scenario::Value::Null => serde_json::Value::Null,
            scenario::Value::Bool(value) => (*value).into(),
            scenario::Value::Number { number, .. } => serde_json::Value::Number(number.clone()),
            scenario::Value::Text(template) => to_json(&self.value(template)?),
            scenario::Value::List(items) => items.iter().map(|item| self.json(item)).collect::<Result<_, _>>()?,
            scenario::Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.json(value)?)))
                .collect::<Result<serde_json::Map<_, _>, _>>()?
                .into(),
        })
    }

    /// A value with templates in it, for a variable: content stays content.
    pub fn evaluate(&self, value: &scenario::Value) -> Result<Value, TemplateError> {
        Ok(match value {
            scenario::Value::Text(template) => self.value(template)?,
            scenario::Value::List(items) => Value::from(
                items
                    .iter()
                    .map(|item| self.evaluate(item))
                    .collect::<Result<Vec<_>, _>>()?,
            ),
            scenario::Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.evaluate(value)?)))
                .collect::<Result<BTreeMap<_, _>, _>>()?
                .into(),
            // A number keeps the author's text only where it is compared; as a variable it counts.
            other => Value::from(Serde(self.json(other)?)),
        })
    }

    fn known(&self) -> String {
        let names: Vec<&str> = self.variables.keys().map(String::as_str).collect();
        format!("; there are {}", names.join(", "))
    }

    fn known_content(&self) -> String {
        let names: Vec<&str> = self
            .variables
            .iter()
            .filter(|(_, value)| value.downcast_object_ref::<Content>().is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        if names.is_empty() {
            "; none has been generated yet".to_owned()
        } else {
            format!("; there are {}", names.join(", "))
        }
    }
}

/// A template's value as JSON; content is its text.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.downcast_object_ref::<Content>() {
        Some(content) => String::from_utf8_lossy(content.bytes()).into_owned().into(),
        None => serde_json::to_value(value).unwrap_or_else(|_| value.to_string().into()),
    }
}

fn text_of(value: &Value) -> String {
    if value.is_none() {
        String::new()
    } else {
        value.to_string()
    }
}

fn problem(template: &Template, error: &minijinja::Error) -> TemplateError {
    let message = error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    );
    TemplateError {
        span: Some(template.span.clone()),
        message: format!("in `{}`: {message}", template.text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Algorithm;

    fn template(text: &str) -> Template {
        Template {
            text: text.to_owned(),
            span: 0..text.len(),
        }
    }

    fn scope() -> Scope {
        let mut scope = Scope::new(Random::new(1, &["test"]));
        scope.set("name", Value::from("app"));
        scope.set("count", Value::from(3));
        scope.set("tags", Value::from(Serde(["a", "b"])));
        scope.set(
            "blob",
            Content::new(vec![0, 159, 146, 150], Algorithm::Sha256).into_value(),
        );
        scope
    }

    #[test]
    fn a_single_expression_keeps_its_type_and_anything_else_is_text() {
        let scope = scope();
        let json = |text: &str| to_json(&scope.value(&template(text)).unwrap());
        assert_eq!(json("{{ count }}"), 3);
        assert_eq!(json("{{ count + 1 }}"), 4);
        assert_eq!(json("{{ tags }}"), serde_json::json!(["a", "b"]));
        assert_eq!(json("{{ count }} "), "3 ");
        assert_eq!(json("{{ name }}{{ count }}"), "app3");
        assert_eq!(json("plain {text}"), "plain {text}");
        assert_eq!(json("1.20"), "1.20");
    }

    #[test]
    fn content_in_a_single_expression_is_bytes() {
        assert_eq!(
            scope().bytes(&template("{{ blob }}")).unwrap().as_ref(),
            [0, 159, 146, 150]
        );
        assert_eq!(
            scope().bytes(&template("{{ blob.slice(1, 3) }}")).unwrap().as_ref(),
            [159, 146]
        );
        assert_eq!(scope().text(&template("{{ blob.size }}")).unwrap(), "4");
    }

    #[test]
    fn content_is_found_by_its_name_too() {
        assert_eq!(scope().content(&template("blob")).unwrap().bytes().len(), 4);
        let error = scope().content(&template("blab")).unwrap_err();
        assert_eq!(error.message, "`blab` is not the name of content; there are blob");
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        for text in [
            "{{ nobody }}",
            "x {{ nobody }}",
            "{{ blob.nothing }}",
            "{{ name.nothing.more }}",
        ] {
            let error = scope().value(&template(text)).unwrap_err();
            assert_eq!(error.span, Some(0..text.len()), "{text}");
        }
    }

    #[test]
    fn a_slice_outside_of_the_content_is_an_error() {
        let error = scope().value(&template("{{ blob.slice(0, 5) }}")).unwrap_err();
        assert!(
            error.message.contains("a slice from 0 to 5 is not within 4 bytes"),
            "{error}"
        );
    }

    #[test]
    fn functions_do_what_their_names_say() {
        let scope = scope();
        let text = |text: &str| scope.text(&template(text)).unwrap();
        assert_eq!(text("{{ base64('abc') }}"), "YWJj");
        assert_eq!(text("{{ hex(digest('abc')) }}").len(), 64);
        assert_eq!(text("{{ digest(blob) }}"), text("{{ blob.digest }}"));
        assert_eq!(text("{{ repeat('ab', 3) }}"), "ababab");
        assert_eq!(text("{{ json(tags) }}"), r#"["a","b"]"#);
        assert_eq!(text("{{ random_hex(9) }}").len(), 9);
        assert_eq!(text("{{ range(3) | length }}"), "3");
    }
}
