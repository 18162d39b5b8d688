//! What an attribute will be that only apply will tell: the id of the resource
//! that its expression refers to (6.2.5).
//!
//! Expressions are looked up in the plan's `configuration`. `var.x` leads to the
//! module call that gives it, `module.m.x` to the output that makes it, and so
//! on until a resource is named. Locals are not in plans, so they end the way.

use std::collections::HashMap;

use super::address::{Address, Step, segments};
use super::resource::Resource;
use crate::value::Value;

/// The greatest number of steps from an attribute to a resource.
pub const MAX_REFERENCE_STEPS: usize = 64;

/// The greatest number of expressions looked at for one attribute.
const MAX_LOOKUPS: usize = 10_000;

/// Resources by their place in the configuration, and its expressions.
#[derive(Debug)]
pub(crate) struct References<'v> {
    modules: HashMap<Vec<String>, &'v Value>,
    expressions: HashMap<Place, &'v Value>,
    instances: HashMap<Place, Vec<Instance>>,
}

/// Modules and name of a resource, without any index.
type Place = (Vec<String>, String);

/// One instance of a resource.
#[derive(Clone, Debug)]
struct Instance {
    address: Address,
    id: String,
}

/// A resource as an expression names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// The modules from the root on, an index where it is known.
    scope: Vec<Step>,
    resource: String,
    index: Option<String>,
}

impl<'v> References<'v> {
    /// Takes the configuration of a plan, and the id of each resource.
    pub(crate) fn new(root: &'v Value, resources: &[Resource<'v>], ids: &[String]) -> Self {
        let mut instances: HashMap<_, Vec<Instance>> = HashMap::new();
        for (resource, id) in resources.iter().zip(ids) {
            let address = resource.address.clone();
            let key = (address.scope(), address.resource.clone());
            let id = id.clone();
            instances
                .entry(key)
                .or_default()
                .push(Instance { address, id });
        }
        let mut references = Self {
            modules: HashMap::new(),
            expressions: HashMap::new(),
            instances,
        };
        let configuration = root.get("configuration");
        if let Some(module) = configuration.and_then(|value| value.get("root_module")) {
            references.add(Vec::new(), module);
        }
        references
    }

    /// Takes a module and those that it calls.
    fn add(&mut self, scope: Vec<String>, module: &'v Value) {
        for resource in module.get("resources").map_or(&[][..], Value::items) {
            let address = resource.get("address").and_then(Value::text);
            if let (Some(address), Some(found)) = (address, resource.get("expressions")) {
                let place = (scope.clone(), address.to_owned());
                self.expressions.insert(place, found);
            }
        }
        for (name, call) in module.get("module_calls").map_or(&[][..], Value::entries) {
            if let Some(module) = call.get("module") {
                let mut inner = scope.clone();
                inner.push(name.text.clone());
                self.add(inner, module);
            }
        }
        self.modules.insert(scope, module);
    }

    /// Returns the ids that an attribute will hold; none where that cannot be
    /// told. They are of resources of these types. All of several instances
    /// count where the attribute is a list.
    pub(crate) fn ids(
        &self,
        resource: &Resource<'_>,
        name: &str,
        kinds: &[&str],
        list: bool,
    ) -> Vec<String> {
        let scope = &resource.address.modules;
        let Some(expression) = self.expression(scope, &resource.address.resource, name) else {
            return Vec::new();
        };
        let mut walk = Walk {
            references: self,
            targets: Vec::new(),
            lookups: 0,
        };
        walk.follow(scope, expression, 0);
        let mut ids = Vec::new();
        let fits = |target: &&Target| {
            let kind = target.resource.split('.').next().unwrap_or_default();
            kinds.contains(&kind)
        };
        for target in walk.targets.iter().filter(fits) {
            for id in self.instances(&resource.address, target, list) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids
    }

    /// Returns what an attribute refers to in the words of the configuration.
    pub(crate) fn wording(&self, resource: &Resource<'_>, name: &str) -> Option<String> {
        let scope = &resource.address.modules;
        let expression = self.expression(scope, &resource.address.resource, name)?;
        let first = expression.get("references")?.items().first()?;
        first.text().map(str::to_owned)
    }

    fn expression(&self, scope: &[Step], resource: &str, name: &str) -> Option<&'v Value> {
        let place = (names(scope), resource.to_owned());
        self.expressions.get(&place)?.get(name)
    }

    /// Returns the ids of the instances that `from` means by a target.
    fn instances(&self, from: &Address, target: &Target, list: bool) -> Vec<String> {
        let key = (names(&target.scope), target.resource.clone());
        let Some(instances) = self.instances.get(&key) else {
            return Vec::new();
        };
        let near: Vec<&Instance> = instances
            .iter()
            .filter(|instance| is_in(&instance.address.modules, &target.scope))
            .filter(|instance| target.index.is_none() || instance.address.index == target.index)
            .collect();
        let one = match near[..] {
            [one] => Some(one),
            _ if list => return near.iter().map(|one| one.id.clone()).collect(),
            // `each.key` and `count.index` mean the instance of the same key.
            _ => near
                .into_iter()
                .find(|one| from.index.is_some() && one.address.index == from.index),
        };
        one.map(|one| one.id.clone()).into_iter().collect()
    }
}

/// Tells whether modules of these calls have the indexes that are known.
fn is_in(modules: &[Step], scope: &[Step]) -> bool {
    let mut both = modules.iter().zip(scope);
    both.all(|(module, call)| call.index.is_none() || module.index == call.index)
}

fn names(scope: &[Step]) -> Vec<String> {
    scope.iter().map(|step| step.name.clone()).collect()
}

/// The way from an expression to resources.
struct Walk<'r, 'v> {
    references: &'r References<'v>,
    targets: Vec<Target>,
    lookups: usize,
}

impl<'v> Walk<'_, 'v> {
    fn follow(&mut self, scope: &[Step], expression: &'v Value, steps: usize) {
        self.lookups += 1;
        if steps > MAX_REFERENCE_STEPS || self.lookups > MAX_LOOKUPS {
            return;
        }
        let references = expression.get("references").map_or(&[][..], Value::items);
        let references: Vec<&str> = references.iter().filter_map(Value::text).collect();
        for reference in &references {
            // Of `a.b.id` and `a.b`, which Terraform lists both, the first counts.
            let longer = |other: &&str| {
                let behind = other.strip_prefix(reference);
                behind.is_some_and(|behind| behind.starts_with(['.', '[']))
            };
            if !references.iter().any(longer) {
                self.step(scope, reference, steps);
            }
        }
    }

    fn step(&mut self, scope: &[Step], reference: &str, steps: usize) {
        let parts = segments(reference);
        let [first, second, behind @ ..] = &parts[..] else {
            return;
        };
        match first.name.as_str() {
            "each" | "count" | "local" | "path" | "self" | "terraform" | "data" => {}
            "var" => {
                let Some((call, outer)) = scope.split_last() else {
                    return;
                };
                let module = self.references.modules.get(&names(outer));
                let calls = module.and_then(|module| module.get("module_calls"));
                let given = calls.and_then(|calls| calls.get(&call.name)?.get("expressions"));
                if let Some(given) = given.and_then(|given| given.get(&second.name)) {
                    self.follow(outer, given, steps + 1);
                }
            }
            "module" => {
                let Some(output) = behind.first() else {
                    return;
                };
                let mut inner = scope.to_vec();
                inner.push(second.clone());
                let module = self.references.modules.get(&names(&inner));
                let outputs = module.and_then(|module| module.get("outputs"));
                let output = outputs.and_then(|outputs| outputs.get(&output.name));
                if let Some(made) = output.and_then(|output| output.get("expression")) {
                    self.follow(&inner, made, steps + 1);
                }
            }
            kind => {
                let resource = format!("{kind}.{}", second.name);
                let other = behind.first().filter(|attribute| attribute.name != "id");
                match other {
                    Some(attribute) => {
                        let name = &attribute.name;
                        let made = self.references.expression(scope, &resource, name);
                        if let Some(made) = made {
                            self.follow(scope, made, steps + 1);
                        }
                    }
                    None => self.arrive(scope, resource, second.index.clone()),
                }
            }
        }
    }

    fn arrive(&mut self, scope: &[Step], resource: String, index: Option<String>) {
        let target = Target {
            scope: scope.to_vec(),
            resource,
            index,
        };
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }
}
