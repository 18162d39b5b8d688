//! Files on their way to answers of ECS, and what is found on it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use secgroup_ecs::{Document, Located};
use secgroup_model::Shown;

use crate::findings::{Findings, Origin, located};
use crate::fleet::Fleet;
use crate::form::{Form, Found, contents};
use crate::row::{Answer, Answers};
use crate::terraform::{self, configuration, convert, plan, state};
use crate::value::Value;
use crate::{File, Options, Side, answers, console, own, pulumi, ros};

/// The name of the document that stands for all translated files.
const TRANSLATION: &str = "the translation of other formats";

/// Files as documents of ECS.
#[derive(Debug)]
pub struct Translated<'a> {
    names: Vec<&'a str>,
    /// The form of each file, for its words.
    forms: Vec<Form>,
    rests: Vec<(&'a str, Cow<'a, [u8]>)>,
    answers: Option<Answers>,
    json: Vec<u8>,
    /// The parameters that templates have.
    pub parameters: BTreeSet<String>,
    /// What keeps files from being translated, by file and position.
    pub problems: Vec<Located>,
    /// What is odd or cannot be modelled, by file and position.
    pub warnings: Vec<Located>,
}

/// Translates what is not in ECS's own form.
///
/// ```
/// use secgroup_import::{File, Options, Side, translate};
///
/// let bytes = b"groups:\n  sg-web:\n    ingress:\n      - {proto: tcp, ports: 443-80, from: ::/0}\n";
/// let files = [File { name: "fleet.yaml", bytes, side: Side::After }];
/// let translated = translate(&files, &Options::default());
/// assert!(translated.problems.is_empty());
/// let read = secgroup_ecs::read(&translated.documents(), &Default::default());
/// let problems = translated.relocate(read.unwrap_err().problems);
/// assert!(problems[0].to_string().starts_with("fleet.yaml:4:29: groups.sg-web.ingress[0].ports: "));
/// ```
#[must_use]
pub fn translate<'a>(files: &[File<'a>], options: &Options) -> Translated<'a> {
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let mut translation = Translation {
        options,
        fleet: Fleet::default(),
        findings: Findings::of(&names),
        parameters: BTreeSet::new(),
        any: false,
    };
    let (mut rests, mut plain) = (Vec::new(), Vec::new());
    let mut forms = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let contents = contents(file.name, file.bytes);
        forms.push(contents.found.first().map_or(Form::Ecs, |found| found.form));
        for fault in contents.faults {
            let origin = Origin {
                file: number,
                at: fault.at,
                path: Rc::from(""),
            };
            translation.findings.problem(&origin, fault.message);
        }
        for found in contents.found {
            if found.form == Form::Configuration {
                let root = found.value;
                plain.push(configuration::File { number, root });
            } else {
                translation.take(&found, (number, file.side), &names);
            }
        }
        if let Some(rest) = contents.rest {
            rests.push((number, file.name, rest));
        }
    }
    translation.take_configurations(plain, &names);
    if translation.fleet.looks_elsewhere() {
        rests.retain(|(number, _, bytes)| {
            let opened = answers::open(bytes, *number);
            let is_opened = opened.is_some();
            translation.fleet.ready.extend(opened.into_iter().flatten());
            !is_opened
        });
    }
    let rests = rests.into_iter().map(|(_, name, bytes)| (name, bytes));
    let rests = rests.collect();
    let Translation {
        fleet,
        mut findings,
        parameters,
        any,
        ..
    } = translation;
    let answers = any.then(|| fleet.finish(&mut findings));
    let (problems, warnings) = findings.locate();
    let json = answers.as_ref().map_or_else(Vec::new, Answers::json);
    Translated {
        names,
        forms,
        rests,
        answers,
        json,
        parameters,
        problems,
        warnings,
    }
}

struct Translation<'o> {
    options: &'o Options,
    fleet: Fleet,
    findings: Findings,
    parameters: BTreeSet<String>,
    /// Whether anything was translated.
    any: bool,
}

impl Translation<'_> {
    /// Puts configurations of Terraform into the fleet, one for each directory.
    fn take_configurations(&mut self, files: Vec<configuration::File>, names: &[&str]) {
        let missing = self.options.missing_reference;
        for file in &files {
            let name = names.get(file.number).copied().unwrap_or_default();
            if name.ends_with("override.tf.json") {
                let origin = Origin {
                    file: file.number,
                    at: file.root.at,
                    path: Rc::from(""),
                };
                let message = format!(
                    "what it overrides in other files only Terraform can tell; {}",
                    configuration::PLAN
                );
                self.findings.problem(&origin, message);
            }
        }
        for files in configuration::directories(files, names) {
            self.any = true;
            configuration::convert(&files, missing, &mut self.fleet, &mut self.findings);
        }
    }

    /// Puts one document into the fleet.
    fn take(&mut self, found: &Found, (file, side): (usize, Side), names: &[&str]) {
        self.any = true;
        let root = &found.value;
        let origin = Origin {
            file,
            at: root.at,
            path: Rc::from(""),
        };
        let Self {
            options,
            fleet,
            findings,
            parameters,
            ..
        } = self;
        let missing = options.missing_reference;
        let resources = match found.form {
            Form::Ecs => {
                // An array of answers, as in JSON.
                let items = root.items().iter().enumerate();
                let items = items.map(|(index, item)| (origin.item(index, item.at), item.clone()));
                let mut answers: Vec<(Origin, Value)> = items.collect();
                if answers.is_empty() {
                    answers.push((origin, root.clone()));
                }
                let answers = answers.into_iter();
                let answers = answers.map(|(origin, value)| Answer::Value(origin, value));
                fleet.ready.extend(answers);
                return;
            }
            Form::Console => {
                let name = names.get(file).copied().unwrap_or_default();
                return console::convert(root, &origin, name, fleet, findings);
            }
            Form::Own => return own::convert(root, &origin, fleet, findings),
            Form::Ros => {
                let declared = root.get("Parameters").map_or(&[][..], Value::entries);
                let names = declared.iter().map(|(name, _)| name.text.clone());
                parameters.extend(names);
                let given = &options.parameters;
                return ros::convert(root, &origin, given, missing, fleet, findings);
            }
            Form::Configuration | Form::PlanLog => {
                unreachable!("configurations are taken together, and logs are faults")
            }
            Form::State => state::read(root, &origin, findings),
            Form::ShownState => {
                let module = root
                    .get("values")
                    .and_then(|values| values.get("root_module"));
                module.map_or_else(Vec::new, |module| state::walk(module, file, findings))
            }
            Form::Plan => plan::read(root, side, &origin, findings),
            Form::Pulumi => pulumi::read(root, &origin, findings),
        };
        convert::convert(root, &resources, missing, fleet, findings);
    }
}

impl Translated<'_> {
    /// Returns what is to be read instead of the files.
    #[must_use]
    pub fn documents(&self) -> Vec<Document<'_>> {
        let rests = self.rests.iter();
        let mut documents: Vec<Document<'_>> = rests
            .map(|(name, bytes)| Document { name, bytes })
            .collect();
        if self.answers.is_some() {
            documents.push(Document {
                name: TRANSLATION,
                bytes: &self.json,
            });
        }
        documents
    }

    /// Gives what was found in the documents the place in the files, and the
    /// words of their format.
    #[must_use]
    pub fn relocate(&self, found: Vec<Located>) -> Vec<Located> {
        let mut found: Vec<Located> = found.into_iter().map(|one| self.place(one)).collect();
        let file = |one: &Located| self.names.iter().position(|name| *name == one.name);
        found.sort_by_key(|one| (file(one), one.line, one.column));
        found
    }

    /// Gives one thing found in the documents the place in the files, and the
    /// words of their format.
    #[must_use]
    pub fn place(&self, found: Located) -> Located {
        let Some(answers) = self.answers.as_ref().filter(|_| found.name == TRANSLATION) else {
            return found;
        };
        let origin = answers.origin(&found.path).unwrap_or_default();
        let mut message = reworded(&found.message, self.words(origin.file));
        if let Some((text, written)) = answers.written(&found.path) {
            message = message.replace(&format!("`{text}`"), &format!("`{}`", Shown(written)));
        }
        Located {
            code: found.code,
            ..located(&origin, message, &self.names)
        }
    }

    fn words(&self, file: usize) -> &'static [(&'static str, &'static str)] {
        match self.forms.get(file) {
            Some(
                Form::State | Form::ShownState | Form::Plan | Form::Pulumi | Form::Configuration,
            ) => &terraform::WORDS,
            Some(Form::Own) => &own::WORDS,
            Some(Form::Ecs | Form::Console | Form::Ros | Form::PlanLog) | None => &[],
        }
    }
}

/// Replaces whole words outside of quotes, but for those in codes of the API.
fn reworded(message: &str, words: &[(&str, &str)]) -> String {
    if words.is_empty() {
        return message.to_owned();
    }
    let mut reworded = String::with_capacity(message.len());
    let mut rest = message;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, behind) = match end {
            Some(0) => rest.split_at(first.len_utf8()),
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        let code = before == '.' || behind.starts_with('.') && before == '(';
        let other = words.iter().find(|(ours, _)| *ours == word && !code);
        reworded.push_str(other.map_or(word, |(_, theirs)| theirs));
        before = word.chars().last().unwrap_or(' ');
        rest = behind;
    }
    reworded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_speak_the_words_of_the_format() {
        let words = [("PortRange", "ports"), ("SourceCidrIp", "from")];
        assert_eq!(
            reworded(
                "PortRange `443` is bad (InvalidParam.PortRange); PortRangeX",
                &words
            ),
            "ports `443` is bad (InvalidParam.PortRange); PortRangeX"
        );
        assert_eq!(
            reworded("é SourceCidrIp, SourceCidrIp", &words),
            "é from, from"
        );
    }
}
