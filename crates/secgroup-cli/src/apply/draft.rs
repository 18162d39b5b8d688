//! A call as a line of the file describes it.

use std::collections::BTreeMap;

use secgroup_ecs::Product;
use secgroup_model::Shown;

use super::template::Template;

/// How many parameters a call has at most: as many as the endpoint takes.
pub(super) const MAX_PARAMETERS: usize = 20_000;

/// How many bytes the name of a parameter has at most.
pub(super) const MAX_NAME: usize = 1_000;

/// A call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    /// What later lines call it.
    pub(super) name: Option<String>,
    /// The API, where the line says so.
    pub(super) product: Option<Product>,
    /// The action.
    pub(super) action: String,
    /// The parameters, named as on the wire.
    pub(super) parameters: BTreeMap<String, Template>,
}

impl Draft {
    /// Adds a parameter.
    ///
    /// # Errors
    ///
    /// Says why it cannot be added.
    pub(super) fn add(&mut self, name: &str, value: Template) -> Result<(), String> {
        check_name(name)?;
        if self.parameters.contains_key(name) {
            return Err(format!("`{}` is there twice", Shown(name)));
        }
        if self.parameters.len() == MAX_PARAMETERS {
            return Err(format!("more than {MAX_PARAMETERS} parameters"));
        }
        self.parameters.insert(name.to_owned(), value);
        Ok(())
    }

    /// Sets the API that a version belongs to.
    ///
    /// # Errors
    ///
    /// Says that the version is not simulated.
    pub(super) fn set_version(&mut self, version: &str) -> Result<(), String> {
        let product = Product::of_version(version).ok_or_else(|| {
            format!(
                "version `{}` is not simulated; 2014-05-26 (ECS) and 2016-04-28 (VPC) are",
                Shown(version)
            )
        })?;
        match self.product {
            Some(other) if other != product => Err(format!(
                "version `{version}` is that of another product than the line names"
            )),
            _ => {
                self.product = Some(product);
                Ok(())
            }
        }
    }
}

/// Checks the length of a parameter's name.
///
/// # Errors
///
/// Says that it is too long.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    Err(format!(
        "the name `{}` has more than {MAX_NAME} bytes",
        Shown(name)
    ))
}
