//! What an expression of a configuration comes to, where that is plain.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use secgroup_model::Shown;

use super::template::{Piece, pieces};
use crate::findings::{Findings, Origin};
use crate::terraform::reference::MAX_REFERENCE_STEPS;
use crate::value::{Kind, Value};

/// How many values one attribute may come to; locals may repeat each other.
pub const MAX_VALUES: usize = 100_000;

/// What expressions of a directory may name.
#[derive(Debug, Default)]
pub(super) struct Names<'v> {
    /// By address: what is written, and its id, if there is one of it.
    pub(super) resources: HashMap<&'v str, (&'v Value, Option<String>)>,
    pub(super) locals: HashMap<&'v str, &'v Value>,
    pub(super) variables: HashMap<&'v str, (&'v Value, Origin)>,
    /// The variables whose default was taken.
    defaults: RefCell<BTreeSet<String>>,
    /// How many values the attribute has come to.
    values: Cell<usize>,
}

impl<'v> Names<'v> {
    /// Evaluates an attribute, or says why only Terraform can.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Value, String> {
        self.values.set(0);
        self.value(value, 0)
    }

    /// Returns the id of a resource.
    pub(super) fn id(&self, address: &str) -> Option<String> {
        self.resources.get(address)?.1.clone()
    }

    /// Says which variables were taken for their defaults.
    pub(super) fn report_defaults(&self, findings: &mut Findings) {
        for name in self.defaults.borrow().iter() {
            if let Some((_, origin)) = self.variables.get(name.as_str()) {
                let message = "taken for its default; a value that Terraform is given elsewhere \
                               is not known here";
                findings.warning(origin, message);
            }
        }
    }

    fn value(&self, value: &Value, steps: usize) -> Result<Value, String> {
        self.values.set(self.values.get() + 1);
        if steps > MAX_REFERENCE_STEPS {
            return Err(format!(
                "it takes more than {MAX_REFERENCE_STEPS} references"
            ));
        }
        if self.values.get() > MAX_VALUES {
            return Err(format!("it comes to more than {MAX_VALUES} values"));
        }
        let kind = match &value.kind {
            Kind::Null | Kind::Plain(_) | Kind::Row(_) => value.kind.clone(),
            Kind::Quoted(text) => self.text(text, steps)?,
            Kind::List(items) => {
                let items = items.iter().map(|item| self.value(item, steps));
                Kind::List(items.collect::<Result<_, _>>()?)
            }
            Kind::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| {
                    let value = self.value(value, steps)?;
                    Ok((key.clone(), value))
                });
                Kind::Map(entries.collect::<Result<_, String>>()?)
            }
        };
        Ok(Value { at: value.at, kind })
    }

    fn text(&self, text: &str, steps: usize) -> Result<Kind, String> {
        let Some(pieces) = pieces(text) else {
            return Err(only(text));
        };
        match &pieces[..] {
            [Piece::Text(text)] => Ok(Kind::Quoted(text.clone())),
            [Piece::Expression(one)] => self.reference(one, steps),
            _ => {
                let mut whole = String::new();
                for piece in &pieces {
                    match piece {
                        Piece::Text(text) => whole.push_str(text),
                        Piece::Expression(one) => match self.reference(one, steps)? {
                            Kind::Plain(text) | Kind::Quoted(text) => whole.push_str(&text),
                            Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Row(_) => {
                                return Err(format!("`{}` is no text", Shown(one)));
                            }
                        },
                    }
                }
                Ok(Kind::Quoted(whole))
            }
        }
    }

    /// Evaluates `var.a`, `local.a`, `kind.name.attribute`.
    fn reference(&self, text: &str, steps: usize) -> Result<Kind, String> {
        let parts: Vec<&str> = text.split('.').collect();
        if !parts.iter().all(|part| is_name(part)) {
            return Err(only(text));
        }
        let follow = |value: &Value| Ok(self.value(value, steps + 1)?.kind);
        match parts[..] {
            ["var", name] => match self.variables.get(name) {
                None => Err(format!("there is no variable `{}` here", Shown(name))),
                // `null` is a default, too: the attribute is as if it were not there.
                Some((body, _)) => {
                    match body.entries().iter().find(|(key, _)| key.text == "default") {
                        None => Err(format!("variable `{}` has no default", Shown(name))),
                        Some((_, default)) => {
                            self.defaults.borrow_mut().insert(name.to_owned());
                            Ok(default.kind.clone())
                        }
                    }
                }
            },
            ["local", name] => match self.locals.get(name) {
                Some(value) => follow(value),
                None => Err(format!("there is no local `{}` here", Shown(name))),
            },
            [
                "data" | "module" | "each" | "count" | "self" | "path" | "terraform",
                ..,
            ] => Err(only(text)),
            [kind, name, attribute] => {
                let address = format!("{kind}.{name}");
                let Some((body, id)) = self.resources.get(address.as_str()) else {
                    return Err(format!(
                        "there is no `{}` in this directory",
                        Shown(&address)
                    ));
                };
                let Some(id) = id else {
                    return Err(format!("there may be several of `{}`", Shown(&address)));
                };
                match (attribute, body.given(attribute)) {
                    ("id", _) => Ok(Kind::Quoted(id.clone())),
                    (_, Some(value)) => follow(value),
                    (_, None) => Err(format!("`{}` is known after apply only", Shown(text))),
                }
            }
            _ => Err(only(text)),
        }
    }
}

/// Tells whether a text is a name of Terraform.
fn is_name(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    first
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn only(text: &str) -> String {
    format!("only Terraform can evaluate `{}`", Shown(text))
}
