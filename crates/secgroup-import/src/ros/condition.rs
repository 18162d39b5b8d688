//! Conditions: which resources a stack has, and which of two values.
//!
//! They are made of parameters and mappings, so a template with the values of its
//! parameters decides them. Where one of those is not known, neither is what
//! depends on it, unless the rest decides.

use secgroup_model::Shown;

use super::Template;
use super::value::{Evaluated, Evaluation};
use crate::value::Value;

impl<'v> Template<'_, 'v> {
    /// Resolves `{"Fn::If": ["Condition", value, other]}`.
    pub(super) fn choose(&self, argument: &'v Value) -> Evaluation<'v> {
        let [condition, value, other] = argument.items() else {
            return Err("Fn::If needs a condition and two values".to_owned());
        };
        let chosen = if self.holds(condition)? { value } else { other };
        self.evaluate(chosen)
    }

    /// Tells whether the condition of a resource holds, or why that is not known.
    pub(super) fn is_met(&self, condition: &'v Value) -> Result<bool, String> {
        self.functions.set(0);
        self.holds(condition)
    }

    fn holds(&self, condition: &'v Value) -> Result<bool, String> {
        self.count()?;
        if let Some(name) = condition.text() {
            return self.named(name);
        }
        let [(function, argument)] = condition.entries() else {
            return Err(format!(
                "{} where a condition is expected",
                condition.what()
            ));
        };
        match function.text.as_str() {
            "Condition" => self.holds(argument),
            "Fn::Equals" => self.equal(argument),
            // One may be known although others are not.
            "Fn::And" => Ok(!self.any(argument, false)?),
            "Fn::Or" => self.any(argument, true),
            "Fn::Not" => {
                let inner = match argument.items() {
                    [one] => one,
                    _ => argument,
                };
                Ok(!self.holds(inner)?)
            }
            other => Err(format!("{} is no condition", Shown(other))),
        }
    }

    fn named(&self, name: &str) -> Result<bool, String> {
        let all = self.conditions.map_or(&[][..], Value::entries);
        match all.iter().find(|(key, _)| key.text == name) {
            Some((_, condition)) => self.holds(condition),
            None => Err(format!("there is no condition {}", Shown(name))),
        }
    }

    /// Tells whether one of several conditions is as `wanted`.
    fn any(&self, list: &'v Value, wanted: bool) -> Result<bool, String> {
        let mut unknown = None;
        for condition in list.items() {
            match self.holds(condition) {
                Ok(found) if found == wanted => return Ok(true),
                Ok(_) => {}
                Err(why) => unknown = unknown.or(Some(why)),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    fn equal(&self, argument: &'v Value) -> Result<bool, String> {
        let [one, other] = argument.items() else {
            return Err("Fn::Equals needs two values".to_owned());
        };
        let (one, other) = (self.compared(one)?, self.compared(other)?);
        Ok(one == other)
    }

    /// Returns a value for comparison; `true` may be written in any case.
    fn compared(&self, value: &'v Value) -> Result<String, String> {
        let text = match self.evaluate(value)? {
            // Nobody says whether nothing equals an empty text.
            Evaluated::Written(value) if value.is_null() => {
                return Err("nothing where text is expected".to_owned());
            }
            evaluated => evaluated.into_text()?,
        };
        let is_word = ["true", "false"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word));
        Ok(if is_word {
            text.to_ascii_lowercase()
        } else {
            text
        })
    }
}
