//! Texts with `${…}` in them, as Terraform's JSON has them.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What is written.
    Text(String),
    /// What is between `${` and `}`, without blanks around it.
    Expression(String),
}

/// Takes a text apart; none where it holds a directive `%{…}`, or a `${`
/// without an end.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, behind) = rest.split_at(at);
        plain.push_str(before);
        // "$${" stands for "${", and "%%{" for "%{".
        if let Some(escaped) = ["$${", "%%{"].iter().find(|one| behind.starts_with(**one)) {
            plain.push_str(&escaped[1..]);
            rest = &behind[escaped.len()..];
        } else if behind.starts_with("%{") {
            return None;
        } else if let Some(inside) = behind.strip_prefix("${") {
            // An expression with braces or quotes is more than a reference, so
            // where exactly it ends does not matter.
            let end = inside.find('}')?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Expression(inside[..end].trim().to_owned()));
            rest = &inside[end + 1..];
        } else {
            plain.push_str(&behind[..1]);
            rest = &behind[1..];
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart_6_2_6() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let expression = |text: &str| Piece::Expression(text.to_owned());
        for (whole, wanted) in [
            ("", vec![text("")]),
            ("10.0.0.0/8", vec![text("10.0.0.0/8")]),
            ("${ var.a }", vec![expression("var.a")]),
            (
                "a-${b.c.id}-$5%",
                vec![text("a-"), expression("b.c.id"), text("-$5%")],
            ),
            ("$${x}%%{y}", vec![text("${x}%{y}")]),
            ("é${a}", vec![text("é"), expression("a")]),
        ] {
            assert_eq!(pieces(whole), Some(wanted), "{whole}");
        }
        assert_eq!(pieces("${a"), None);
        assert_eq!(pieces("%{ if x }"), None);
    }
}
