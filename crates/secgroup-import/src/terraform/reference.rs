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
    which: Which,
}

/// Which of several instances an expression means that names no index.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    /// All of them.
    All,
    /// That of this key, which `each.key` or `count.index` stands for.
    Key(String),
    /// The configuration of a plan does not tell: only what an index refers to is
    /// in it, not the index.
    Unclear,
}

/// What is known where an expression is followed.
#[derive(Clone, Copy, Debug)]
struct Way<'w> {
    steps: usize,
    /// What `each.key` and `count.index` are there.
    own: Option<&'w str>,
    /// Whether a part of what the expression gives was taken on the way.
    picked: bool,
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

    /// Returns the id that an attribute will hold; none where that cannot be told.
    /// It is of a resource of these types.
    pub(crate) fn id(&self, resource: &Resource<'_>, name: &str, kinds: &[&str]) -> Option<String> {
        match &mut self.ids(resource, name, kinds, None)?[..] {
            [one] => Some(std::mem::take(one)),
            _ => None,
        }
    }

    /// Returns the ids that the unknown items of a list will hold, beside those
    /// that are known; none where that cannot be told. They are of resources of
    /// these types, and there are as many as `count` says where that is known.
    pub(crate) fn listed(
        &self,
        resource: &Resource<'_>,
        name: &str,
        kinds: &[&str],
        known: &[&str],
        count: Option<usize>,
    ) -> Option<Vec<String>> {
        let mut ids = self.ids(resource, name, kinds, Some(count))?;
        ids.retain(|id| !known.contains(&id.as_str()));
        let is_all = match count {
            Some(count) => ids.len() == count,
            None => !ids.is_empty(),
        };
        is_all.then_some(ids)
    }

    /// Returns the ids of what an attribute refers to, which is perhaps a list with
    /// so many unknown items; none where that cannot be told.
    fn ids(
        &self,
        resource: &Resource<'_>,
        name: &str,
        kinds: &[&str],
        list: Option<Option<usize>>,
    ) -> Option<Vec<String>> {
        let scope = &resource.address.modules;
        let expression = self.expression(scope, &resource.address.resource, name)?;
        let mut walk = Walk {
            references: self,
            targets: Vec::new(),
            is_open: false,
            lookups: 0,
        };
        let way = Way {
            steps: 0,
            own: resource.address.index.as_deref(),
            picked: false,
        };
        walk.follow(scope, expression, way);
        // What leads nowhere may be more items, unless their number is known.
        if walk.is_open && list == Some(None) {
            return None;
        }
        let mut ids = Vec::new();
        let fits = |target: &&Target| {
            let kind = target.resource.split('.').next().unwrap_or_default();
            kinds.contains(&kind)
        };
        for target in walk.targets.iter().filter(fits) {
            for id in self.instances(target, list.is_some())? {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        Some(ids)
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

    /// Returns the ids of the instances that a target means; none where it may be
    /// one of several.
    fn instances(&self, target: &Target, list: bool) -> Option<Vec<String>> {
        let key = (names(&target.scope), target.resource.clone());
        let Some(instances) = self.instances.get(&key) else {
            return Some(Vec::new());
        };
        let near: Vec<&Instance> = instances
            .iter()
            .filter(|instance| is_in(&instance.address.modules, &target.scope))
            .filter(|instance| target.index.is_none() || instance.address.index == target.index)
            .collect();
        let ids = |all: &[&Instance]| all.iter().map(|one| one.id.clone()).collect();
        match (&near[..], &target.which) {
            (all @ ([] | [_]), _) => Some(ids(all)),
            (all, Which::All) if list => Some(ids(all)),
            (all, Which::Key(key)) => {
                let mut own = all
                    .iter()
                    .filter(|one| one.address.index.as_ref() == Some(key));
                match (own.next(), own.next()) {
                    (Some(one), None) => Some(ids(&[one])),
                    _ => None,
                }
            }
            (_, Which::All | Which::Unclear) => None,
        }
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
    /// Whether something on it leads nowhere that the plan knows.
    is_open: bool,
    lookups: usize,
}

/// Tells whether a reference is to the key of an instance.
fn is_key(reference: &str) -> bool {
    matches!(reference, "each.key" | "count.index")
}

/// Tells whether a reference is to a value that may be an index.
fn is_value(reference: &str) -> bool {
    let first = reference.split(['.', '[']).next().unwrap_or_default();
    matches!(first, "each" | "local" | "var" | "data" | "self") && !is_key(reference)
}

impl<'v> Walk<'_, 'v> {
    fn follow(&mut self, scope: &[Step], expression: &'v Value, way: Way<'_>) {
        self.lookups += 1;
        if way.steps > MAX_REFERENCE_STEPS || self.lookups > MAX_LOOKUPS {
            self.is_open = true;
            return;
        }
        let references = expression.get("references").map_or(&[][..], Value::items);
        let references: Vec<&str> = references.iter().filter_map(Value::text).collect();
        // Of `a.b.id` and `a.b`, which Terraform lists both, the first counts.
        let is_shorter = |reference: &&&str| {
            references.iter().any(|other| {
                let behind = other.strip_prefix(**reference);
                behind.is_some_and(|behind| behind.starts_with(['.', '[']))
            })
        };
        let whole = references.iter().filter(|one| !is_shorter(one)).copied();
        let whole: Vec<&str> = whole.collect();
        // Indexes are not in plans, only what they refer to, beside what they are of.
        let is_keyed = whole.iter().any(|one| is_key(one));
        let has_values = whole.iter().any(|one| is_value(one));
        let indexed = whole.iter().filter(|one| !is_key(one) && !is_value(one));
        let which = match way.own {
            _ if way.picked => Which::Unclear,
            Some(key) if is_keyed && !has_values && indexed.count() == 1 => {
                Which::Key(key.to_owned())
            }
            _ if is_keyed || has_values => Which::Unclear,
            _ => Which::All,
        };
        let way = Way {
            picked: way.picked || is_keyed,
            ..way
        };
        for reference in whole {
            self.step(scope, reference, &which, way);
        }
    }

    fn step(&mut self, scope: &[Step], reference: &str, which: &Which, way: Way<'_>) {
        let parts = segments(reference);
        let [first, second, behind @ ..] = &parts[..] else {
            return;
        };
        // A whole resource may be passed on, of which the id is asked for in the end.
        let is_part = |rest: &[Step]| rest.first().is_some_and(|step| step.name != "id");
        let next = Way {
            steps: way.steps + 1,
            own: None,
            picked: way.picked || second.index.is_some() || is_part(behind),
        };
        match first.name.as_str() {
            "count" | "path" | "terraform" => {}
            "each" | "local" | "self" | "data" => self.is_open |= !is_key(reference),
            "var" => {
                // What is given to the root module is known.
                let Some((call, outer)) = scope.split_last() else {
                    return;
                };
                let module = self.references.modules.get(&names(outer));
                let calls = module.and_then(|module| module.get("module_calls"));
                let given = calls.and_then(|calls| calls.get(&call.name)?.get("expressions"));
                if let Some(given) = given.and_then(|given| given.get(&second.name)) {
                    let own = call.index.as_deref();
                    self.follow(outer, given, Way { own, ..next });
                }
            }
            "module" => {
                let Some(output) = behind.first() else {
                    // One of several calls.
                    self.is_open = true;
                    return;
                };
                let is_picked = output.index.is_some() || is_part(&behind[1..]);
                let mut inner = scope.to_vec();
                inner.push(second.clone());
                let module = self.references.modules.get(&names(&inner));
                let outputs = module.and_then(|module| module.get("outputs"));
                let output = outputs.and_then(|outputs| outputs.get(&output.name));
                match output.and_then(|output| output.get("expression")) {
                    Some(made) => {
                        let picked = way.picked || is_picked;
                        self.follow(&inner, made, Way { picked, ..next });
                    }
                    None => self.is_open = true,
                }
            }
            kind => {
                let resource = format!("{kind}.{}", second.name);
                let own = second.index.as_deref();
                let next = Way {
                    own,
                    picked: way.picked,
                    ..next
                };
                self.resource(scope, resource, behind, (which, next));
            }
        }
    }

    /// Follows the attribute of a resource, or ends there where it is its id. The
    /// way has the index that is written out.
    fn resource(
        &mut self,
        scope: &[Step],
        resource: String,
        behind: &[Step],
        (which, way): (&Which, Way<'_>),
    ) {
        let other = behind.first().filter(|attribute| attribute.name != "id");
        let Some(attribute) = other else {
            let index = way.own.map(str::to_owned);
            return self.arrive(scope, resource, index, which.clone());
        };
        let picked = way.picked || attribute.index.is_some();
        let made = self
            .references
            .expression(scope, &resource, &attribute.name);
        match made {
            Some(made) => self.follow(scope, made, Way { picked, ..way }),
            None => self.is_open = true,
        }
    }

    fn arrive(&mut self, scope: &[Step], resource: String, index: Option<String>, which: Which) {
        let target = Target {
            scope: scope.to_vec(),
            resource,
            index,
            which,
        };
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }
}
