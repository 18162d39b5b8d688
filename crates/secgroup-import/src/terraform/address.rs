//! Addresses of resources: `module.web["a"].alicloud_vpc.main[0]`.

/// A parsed address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The modules from the root on, each with its index.
    pub(crate) modules: Vec<Step>,
    /// Type and name, such as `alicloud_vpc.main`.
    pub(crate) resource: String,
    /// The index as it is written, such as `0` or `"a"`.
    pub(crate) index: Option<String>,
}

/// A module call, such as `module.web["a"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) index: Option<String>,
}

impl Address {
    /// Reads an address; none of what is no resource of that form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = segments(text).into_iter();
        let mut address = Self::default();
        let mut kind = parts.next()?;
        while kind.name == "module" && kind.index.is_none() {
            address.modules.push(parts.next()?);
            kind = parts.next()?;
        }
        let name = parts.next()?;
        address.resource = format!("{}.{}", kind.name, name.name);
        address.index = name.index;
        Some(address)
    }

    /// Returns the names of the modules.
    pub(crate) fn scope(&self) -> Vec<String> {
        let modules = self.modules.iter();
        modules.map(|module| module.name.clone()).collect()
    }
}

/// Splits `a["x.y"].b[0].c` into its names, each with its index.
pub(crate) fn segments(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let (index, behind) = match behind.strip_prefix('[') {
            Some(inside) => {
                let close = closing(inside);
                let (index, behind) = inside.split_at(close);
                (Some(index.to_owned()), behind.get(1..).unwrap_or(""))
            }
            None => (None, behind),
        };
        steps.push(Step {
            name: name.to_owned(),
            index,
        });
        rest = behind.strip_prefix('.').unwrap_or(behind);
    }
    steps
}

/// Returns where the bracket closes that was opened before `text`.
fn closing(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_may_hold_dots_and_brackets_6_2_5() {
        let text = r#"module.net["a.b]"].module.x.alicloud_vpc.main[0]"#;
        let address = Address::parse(text).unwrap();
        assert_eq!(address.scope(), ["net", "x"]);
        assert_eq!(address.modules[0].index.as_deref(), Some(r#""a.b]""#));
        assert_eq!(address.resource, "alicloud_vpc.main");
        assert_eq!(address.index.as_deref(), Some("0"));
        for odd in ["", "module", "module.a", "x", "a[", "[[[", "a..b", "[\"\\"] {
            let _: Option<Address> = Address::parse(odd);
        }
    }
}
