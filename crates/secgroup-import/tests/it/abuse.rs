//! Files that were made to break the reader: it answers, and does not panic.

use crate::{How, bad, import, sample};

/// The samples, one of every form.
const SAMPLES: [&str; 7] = [
    "shop/fleet.yaml",
    "shop/terraform.tfstate",
    "shop/state.json",
    "shop/plan.json",
    "shop/stack.json",
    "shop/template.yaml",
    "shop/template.json",
];

#[test]
fn files_that_end_early_are_refused_or_read_as_what_they_are() {
    for path in SAMPLES {
        let text = sample(path);
        for cut in (1..text.len()).step_by(text.len() / 60 + 1) {
            if let Some(part) = text.get(..cut) {
                let imported = import(&[(path, part)], &How::default());
                if path.ends_with(".json") || path.ends_with(".tfstate") {
                    assert!(imported.result.is_err(), "{path} cut at {cut}");
                }
            }
        }
    }
}

#[test]
fn one_changed_byte_never_panics() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut refused = 0;
    for path in SAMPLES {
        let text = sample(path);
        for _ in 0..60 {
            let mut bytes = text.clone().into_bytes();
            let at = random(bytes.len());
            bytes[at] = b"\"{}[]:,-#&*!0aZ \n"[random(17)];
            if let Ok(changed) = String::from_utf8(bytes) {
                let imported = import(&[(path, &changed)], &How::default());
                refused += usize::from(imported.result.is_err());
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn every_value_replaced_by_another_type_is_answered() {
    for path in SAMPLES.into_iter().filter(|path| !path.ends_with(".yaml")) {
        let document: serde_json::Value = serde_json::from_str(&sample(path)).unwrap();
        let mut pointers = Vec::new();
        collect(&document, "", &mut pointers);
        let step = pointers.len() / 80 + 1;
        for pointer in pointers.iter().step_by(step) {
            for other in ["[[]]", "{\"a\":{}}", "-1e999", "null", "\"\""] {
                let mut changed = document.clone();
                *changed.pointer_mut(pointer).unwrap() = "REPLACED".into();
                let text = changed.to_string().replace("\"REPLACED\"", other);
                let imported = import(&[(path, &text)], &How::default());
                if let Err(problems) = imported.result {
                    assert!(problems[0].starts_with(path), "{pointer}: {problems:#?}");
                }
            }
        }
    }
}

fn collect(value: &serde_json::Value, at: &str, pointers: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, inner) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(inner, &format!("{at}/{name}"), pointers);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                collect(inner, &format!("{at}/{index}"), pointers);
            }
        }
        _ => pointers.push(at.to_owned()),
    }
}

#[test]
fn modules_nested_without_end_are_refused() {
    let depth = 200;
    let text = format!(
        r#"{{"format_version":"1.0","values":{{"root_module":{}{}}}}}"#,
        r#"{"child_modules":["#.repeat(depth) + "{}",
        "]}".repeat(depth)
    );
    let problems = bad("state.json", &text);
    assert!(
        problems[0].contains("nesting deeper than 128 levels"),
        "{problems:#?}"
    );
}

#[test]
fn aliases_are_counted_before_they_are_repeated() {
    let mut text = "groups:\n  sg-a0: &a0 {name: x}\n".to_owned();
    text += "x0: &x0 [y, y, y, y, y, y, y, y, y, y]\n";
    for level in 1..10 {
        let items = vec![format!("*x{}", level - 1); 10].join(", ");
        text += &format!("x{level}: &x{level} [{items}]\n");
    }
    let problems = bad("a.yaml", &text);
    assert!(
        problems[0].contains("aliases repeat more than 2000000 values"),
        "{problems:#?}"
    );
}

#[test]
fn control_characters_are_never_sent_to_a_terminal() {
    let text = "groups:\n  \"sg-\\e[31m\":\n    \"ki\\nnd\": x\n";
    for line in bad("a.yaml", text) {
        assert!(!line.contains('\u{1b}') && !line.contains('\n'), "{line:?}");
    }
}
