//! The words of a command line, as a POSIX shell cuts it.
//!
//! Quotes, backslashes, comments and line continuations work as in a shell, and
//! so do variables that the file has set. Nothing is run: what a shell would
//! do besides, such as pipes, redirections and `$(…)`, is a fault at its place.
//! A library would cut the words, too, but tell neither where a fault is nor
//! which `$` stood in single quotes; a test compares the cuts with one.

use secgroup_model::Shown;

use super::template::{Names, Template};

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte at which it is.
    pub(super) at: usize,
    /// What is wrong there.
    pub(super) message: String,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The byte at which it begins.
    pub(super) at: usize,
    /// What it says.
    pub(super) text: Template,
}

/// A command line, cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut<'a> {
    /// The words.
    pub(super) words: Vec<Word>,
    /// The comment behind them, and where it begins.
    pub(super) comment: Option<(usize, &'a str)>,
}

/// What a shell does something with, if it is not quoted.
const OPERATORS: [char; 7] = ['|', '&', ';', '<', '>', '(', ')'];

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// Cuts a command line; a backslash before a line end joins lines.
///
/// # Errors
///
/// Returns the first fault.
pub(super) fn cut<'a>(line: &'a str, names: &Names) -> Result<Cut<'a>, Fault> {
    let mut cutter = Cutter {
        line,
        at: 0,
        names,
        word: None,
        words: Vec::new(),
    };
    let comment = cutter.run()?;
    cutter.end_word();
    Ok(Cut {
        words: cutter.words,
        comment,
    })
}

struct Cutter<'a, 'n> {
    line: &'a str,
    /// The byte that is read next.
    at: usize,
    names: &'n Names,
    /// The word that has begun, if one has.
    word: Option<Word>,
    words: Vec<Word>,
}

impl<'a> Cutter<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Cuts to the end, and returns the comment there.
    fn run(&mut self) -> Result<Option<(usize, &'a str)>, Fault> {
        let mut begin = self.at;
        while let Some(next) = self.next() {
            match next {
                '\\' if self.rest().starts_with('\n') => {
                    self.at += 1;
                }
                ' ' | '\t' | '\n' => self.end_word(),
                '#' if self.word.is_none() => return self.comment(begin).map(Some),
                '\\' => match self.next() {
                    Some(escaped) => self.push(begin, escaped.encode_utf8(&mut [0; 4])),
                    None => return Err(Fault::new(begin, "`\\` stands before nothing")),
                },
                '\'' => self.single_quoted(begin)?,
                '"' => self.double_quoted(begin)?,
                '$' => self.dollar(begin)?,
                '`' => return Err(substitution(begin)),
                operator if OPERATORS.contains(&operator) => {
                    let message = format!(
                        "`{operator}` is for a shell, and no shell runs this; quote it, or leave \
                         only the call here"
                    );
                    return Err(Fault::new(begin, message));
                }
                other => self.push(begin, other.encode_utf8(&mut [0; 4])),
            }
            begin = self.at;
        }
        Ok(None)
    }

    /// Reads a comment, whose `#` was read.
    fn comment(&mut self, begin: usize) -> Result<(usize, &'a str), Fault> {
        let comment = self.rest();
        if let Some(end) = comment.find('\n') {
            let message = "a comment cannot go on in the next line";
            return Err(Fault::new(self.at + end, message));
        }
        self.at = self.line.len();
        Ok((begin, comment))
    }

    fn single_quoted(&mut self, begin: usize) -> Result<(), Fault> {
        let Some((inside, _)) = self.rest().split_once('\'') else {
            return Err(Fault::new(begin, "this `'` is never closed"));
        };
        if inside.contains('\n') {
            let message = "what stands in this `'` cannot go on in the next line";
            return Err(Fault::new(begin, message));
        }
        self.at += inside.len() + 1;
        self.push(begin, inside);
        Ok(())
    }

    fn double_quoted(&mut self, begin: usize) -> Result<(), Fault> {
        // Also where nothing stands between the quotes, there is a word.
        self.push(begin, "");
        loop {
            let at = self.at;
            match self.next() {
                None => return Err(Fault::new(begin, "this `\"` is never closed")),
                Some('"') => return Ok(()),
                Some('\\') => match self.rest().chars().next() {
                    Some('\n') => self.at += 1,
                    Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                        self.at += 1;
                        self.push(at, escaped.encode_utf8(&mut [0; 4]));
                    }
                    _ => self.push(at, "\\"),
                },
                Some('$') => self.dollar(at)?,
                Some('`') => return Err(substitution(at)),
                Some(other) => self.push(at, other.encode_utf8(&mut [0; 4])),
            }
        }
    }

    /// Reads what follows a `$`: a variable, a reference, or nothing special.
    fn dollar(&mut self, begin: usize) -> Result<(), Fault> {
        let rest = self.rest();
        match rest.chars().next() {
            Some('{') => {
                let Some((inside, _)) = rest[1..].split_once('}') else {
                    return Err(Fault::new(begin, "`${` is not closed with `}`"));
                };
                self.at += inside.len() + 2;
                if is_variable(inside) {
                    return self.variable(begin, inside);
                }
                let reference = self.names.reference(inside);
                let reference = reference.map_err(|message| Fault::new(begin, message))?;
                self.word(begin).push(reference);
                Ok(())
            }
            Some('(') => Err(substitution(begin)),
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let name = &rest[..end.unwrap_or(rest.len())];
                self.at += name.len();
                self.variable(begin, name)
            }
            Some(special) if special.is_ascii_digit() || "@*#?!$-".contains(special) => {
                let message = format!(
                    "`${special}` has no value here; refer to a call as ${{1.SecurityGroupId}} or \
                     ${{name.SecurityGroupId}}"
                );
                Err(Fault::new(begin, message))
            }
            _ => {
                self.push(begin, "$");
                Ok(())
            }
        }
    }

    fn variable(&mut self, begin: usize, name: &str) -> Result<(), Fault> {
        let names = self.names;
        let Some(value) = names.variable(name) else {
            let message = format!(
                "`${name}` is not set; set it in a line before (`{name}=VALUE`), or refer to a \
                 call as ${{name.SecurityGroupId}}",
                name = Shown(name)
            );
            return Err(Fault::new(begin, message));
        };
        self.word(begin).append(value);
        Ok(())
    }

    /// Returns the word that has begun, or begins one.
    fn word(&mut self, begin: usize) -> &mut Template {
        let new = || Word {
            at: begin,
            text: Template::default(),
        };
        &mut self.word.get_or_insert_with(new).text
    }

    fn push(&mut self, begin: usize, text: &str) {
        self.word(begin).push_str(text);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }
}

/// Tells whether a text can be the name of a variable.
pub(super) fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn substitution(at: usize) -> Fault {
    let message = "commands inside a line are not run; name the call that returns the id with a \
                   comment (`aliyun … # as web`) and write ${web.SecurityGroupId}";
    Fault::new(at, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add_call(Some("web".to_owned()));
        names.set("SG", "sg-1 2".into());
        names
    }

    fn words(line: &str) -> Vec<String> {
        let cut = cut(line, &names()).unwrap();
        let words = cut.words.iter();
        words
            .map(|word| word.text.literal().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn words_are_cut_as_a_library_cuts_them() {
        for line in [
            "",
            "  a  b\tc ",
            "a 'b c' \"d e\" f\\ g",
            "--PortRange=-1/-1 --Description='it is' --x=\"a\\\"b\\\\c\\d\"",
            "'' \"\" a''b \"\"",
            "a'b'\"c\"d\\'e",
            "a # a comment",
            "a#b #c",
            "\"#a\" '#b' \\#c",
            "a\\\nb \"c \\\nd\" e\\\nf",
            "'$SG ${web.x} `' \\$SG \"\\$SG \\`\"",
            "a\u{e9}b 'ü' \"\u{1f600}\" \\\u{e9}",
            "{a,b} * ? [x] ~ ! = :",
        ] {
            assert_eq!(words(line), shlex::split(line).unwrap(), "{line}");
        }
        // As a shell, and unlike the library, which finds an empty word there.
        assert_eq!(words("a \\\n  b"), ["a", "b"]);
    }

    #[test]
    fn generated_lines_are_cut_as_a_library_cuts_them() {
        const ALPHABET: [char; 8] = ['a', ' ', '\'', '"', '\\', '#', '\u{e9}', '='];
        let (mut cut_lines, mut faults) = (0, 0);
        for number in 0..8_u32.pow(6) {
            let digit = |place: u32| ALPHABET[(number / 8_u32.pow(place) % 8) as usize];
            let line: String = (0..6).map(digit).collect();
            let ours = cut(&line, &Names::default());
            match (ours, shlex::split(&line)) {
                (Ok(ours), Some(theirs)) => {
                    let texts: Vec<_> = ours
                        .words
                        .iter()
                        .map(|w| w.text.literal().unwrap())
                        .collect();
                    assert_eq!(texts, theirs, "{line}");
                    cut_lines += 1;
                }
                (Err(_), None) => faults += 1,
                (ours, theirs) => panic!("{line}: {ours:?} and {theirs:?}"),
            }
        }
        assert!(
            cut_lines > 10_000 && faults > 10_000,
            "{cut_lines} {faults}"
        );
    }

    #[test]
    fn variables_are_put_in_and_undefined_ones_named() {
        assert_eq!(
            words("a$SG/ \"${SG}\" '$SG' $ \"$\" $."),
            ["asg-1 2/", "sg-1 2", "$SG", "$", "$", "$."]
        );
        for (line, at, says) in [
            ("a $VPC_ID", 2, "`$VPC_ID` is not set"),
            ("\"x${VPC_ID}\"", 2, "`$VPC_ID` is not set"),
            ("a $1", 2, "has no value"),
            ("a $?", 2, "has no value"),
            ("a ${db.Id}", 2, "is called `db`"),
            ("a ${web.Id", 2, "not closed"),
            ("a \"$(date)\"", 3, "are not run"),
            ("a `date`", 2, "are not run"),
            ("a | jq", 2, "`|` is for a shell"),
            ("a; b", 1, "`;` is for a shell"),
            ("a 'b", 2, "never closed"),
            ("a \"b", 2, "never closed"),
            ("é \"b", 3, "never closed"),
            ("a 'b\\\nc'", 2, "next line"),
            ("a # b \\\n c", 7, "next line"),
            ("a \\", 2, "before nothing"),
        ] {
            let fault = cut(line, &names()).unwrap_err();
            assert_eq!(fault.at, at, "{line}: {fault:?}");
            assert!(fault.message.contains(says), "{line}: {fault:?}");
        }
    }

    #[test]
    fn the_comment_behind_the_words_is_kept() {
        let cut = cut("a b  # as web", &names()).unwrap();
        assert_eq!((cut.words.len(), cut.comment), (2, Some((5, " as web"))));
        assert_eq!(cut.words[1].at, 2);
    }
}
