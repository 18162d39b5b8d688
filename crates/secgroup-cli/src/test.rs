//! `secgroup test`: assertions about all flows, and how much they say.

mod file;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use secgroup_analysis::{Expected, Held, Passage, Tried, assert, mutants, witness};
use secgroup_model::{DecidedBy, Direction, RuleIndex, Semantics, Snapshot};
use serde::Serialize;

use crate::args::{LintFormat, TestArguments};
use crate::config::Config;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::junit;
use crate::output::Output;
use crate::progress::Steps;
use crate::regions::{self, BoxJson, DeciderJson, Known};
use crate::sarif;
use file::Named;

/// How many regions against an assertion the text shows.
const MOST: usize = 5;

/// Tries the assertions of a file.
pub(crate) fn run(arguments: &TestArguments) -> Result<Exit, Failure> {
    let path = arguments.output.as_deref();
    let output = Output::beside(&arguments.config, &[&arguments.file], path)?;
    let config = match arguments.format {
        LintFormat::Sarif => Config::load_with_places(&arguments.config),
        LintFormat::Text | LintFormat::Json | LintFormat::Junit => Config::load(&arguments.config),
    };
    let (config, file) = Failure::both(config, file::read(&arguments.file))?;
    let snapshot = &config.snapshot;
    let named = file::assertions(file, &arguments.file, snapshot)?;
    let tried = try_all(snapshot, &config.semantics, &named)?;
    if let Some(engine) = arguments.confirmation.engine {
        let mut examples = Examples::default();
        examples.passages(tried.iter().flat_map(against));
        examples.confirm(&config, engine)?;
    }
    let survivors = match arguments.mutants {
        true => Some(survivors(
            &config,
            &named,
            &tried,
            arguments.config.common.quiet,
        )?),
        false => None,
    };
    let done = Done {
        config: &config,
        snapshot,
        named: &named,
        tried: &tried,
        mutants: survivors.as_ref(),
    };
    match arguments.format {
        LintFormat::Text => output.finish_with(done.text().as_bytes())?,
        LintFormat::Json => output.finish_json(&done.json())?,
        LintFormat::Sarif => {
            let name = arguments.file.display().to_string();
            output.finish_json(&done.sarif(&name))?;
        }
        LintFormat::Junit => output.finish_with(&done.junit().map_err(Failure::system)?)?,
    }
    let failed = |one: &Tried| matches!(one.held, Held::No(_) | Held::Empty);
    Ok(if tried.iter().any(failed) {
        Exit::No
    } else if tried.iter().any(|one| matches!(one.held, Held::Depends(_))) {
        Exit::Inconclusive
    } else {
        Exit::Done
    })
}

/// Returns what speaks against an assertion.
fn against(tried: &Tried) -> &[Passage] {
    match &tried.held {
        Held::Yes | Held::Empty => &[],
        Held::No(passages) | Held::Depends(passages) => passages,
    }
}

fn try_all(
    snapshot: &Snapshot,
    semantics: &Semantics,
    named: &[Named],
) -> Result<Vec<Tried>, Failure> {
    let all = named
        .iter()
        .map(|one| assert(snapshot, semantics, &one.assertion));
    all.collect::<Result<_, _>>().map_err(Failure::system)
}

/// What became of small mistakes in the rules.
struct Mutants {
    caught: usize,
    /// Those that no assertion noticed: the rule, and what was changed.
    survived: Vec<(RuleIndex, String)>,
}

fn survivors(
    config: &Config,
    named: &[Named],
    tried: &[Tried],
    quiet: bool,
) -> Result<Mutants, Failure> {
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    let kind = |held: &Held| std::mem::discriminant(held);
    let mut found = Mutants {
        caught: 0,
        survived: Vec::new(),
    };
    let steps = Steps::start("rules", quiet);
    let total = snapshot.rules().len();
    for (done, (rule, _)) in snapshot.rules().enumerate() {
        steps.set(done, total);
        for mutant in mutants(snapshot, semantics, rule).map_err(Failure::system)? {
            let mut caught = false;
            for (one, before) in named.iter().zip(tried) {
                let after = assert(&mutant.snapshot, semantics, &one.assertion);
                let after = after.map_err(Failure::system)?;
                caught |= kind(&after.held) != kind(&before.held);
                if caught {
                    break;
                }
            }
            if caught {
                found.caught += 1;
            } else {
                found.survived.push((rule, mutant.change));
            }
        }
    }
    Ok(found)
}

/// Everything that is told.
struct Done<'a> {
    config: &'a Config,
    snapshot: &'a Snapshot,
    named: &'a [Named],
    tried: &'a [Tried],
    mutants: Option<&'a Mutants>,
}

impl Done<'_> {
    fn rows(&self) -> impl Iterator<Item = (&Named, &Tried)> {
        self.named.iter().zip(self.tried)
    }

    /// Returns the rules that no assertion is about.
    fn untested(&self) -> Vec<RuleIndex> {
        let tested: BTreeSet<RuleIndex> = self
            .tried
            .iter()
            .flat_map(|one| one.rules.iter().copied())
            .collect();
        let all = self.snapshot.rules().map(|(index, _)| index);
        all.filter(|rule| !tested.contains(rule)).collect()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (named, tried) in self.rows() {
            let word = match tried.held {
                Held::Yes => "ok",
                Held::No(_) | Held::Empty => "FAIL",
                Held::Depends(_) => "OPEN",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{word:<5} {}", secgroup_model::Shown(&named.name));
            text.push_str(&self.why(named, tried));
        }
        let held = self
            .tried
            .iter()
            .filter(|one| one.held == Held::Yes)
            .count();
        let _ = writeln!(text, "{held} of {} assertions hold", self.tried.len());
        let (all, untested) = (self.snapshot.rules().len(), self.untested());
        let _ = write!(
            text,
            "{} of {all} rules decide about their flows",
            all - untested.len()
        );
        let names: Vec<String> = untested.iter().map(|rule| self.name(*rule)).collect();
        if names.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, "; not {}", secgroup_analysis::shortened(&names));
        }
        if let Some(mutants) = self.mutants {
            let all = mutants.caught + mutants.survived.len();
            let _ = writeln!(text, "{} of {all} mutants are caught", mutants.caught);
            for (rule, change) in &mutants.survived {
                let _ = writeln!(text, "  survived: {} with {change}", self.name(*rule));
            }
        }
        text
    }

    fn name(&self, rule: RuleIndex) -> String {
        self.snapshot.rule(rule).name().to_owned()
    }

    /// Says why an assertion does not hold; nothing where it does.
    fn why(&self, named: &Named, tried: &Tried) -> String {
        let mut text = String::new();
        let passages = match &tried.held {
            Held::Yes => return text,
            Held::Empty => {
                return "  no flow is like that, so nothing was tested\n".to_owned();
            }
            Held::No(passages) | Held::Depends(passages) => passages,
        };
        match named.assertion.expected {
            Expected::SomeAccepted => text.push_str("  no such flow is accepted\n"),
            Expected::SomeDropped => text.push_str("  no such flow is dropped\n"),
            Expected::AllAccepted | Expected::AllDropped => {}
        }
        for passage in passages.iter().take(MOST) {
            text.push_str(&self.passage(passage));
        }
        if passages.len() > MOST {
            let _ = writeln!(text, "  and {} regions more", passages.len() - MOST);
        }
        text
    }

    fn passage(&self, passage: &Passage) -> String {
        let snapshot = self.snapshot;
        let mut text = String::new();
        let outcome = passage.outcome();
        let flows = regions::phrase(snapshot, passage.network, &passage.flows, Known::Neither);
        let _ = writeln!(text, "  {outcome}: {flows}");
        text.push_str(&regions::reasons(snapshot, passage, "    "));
        text
    }

    fn json(&self) -> TestJson {
        let test = |(named, tried): (&Named, &Tried)| {
            let (result, passages) = match &tried.held {
                Held::Yes => ("ok", [].as_slice()),
                Held::Empty => ("empty", [].as_slice()),
                Held::No(passages) => ("failed", passages.as_slice()),
                Held::Depends(passages) => ("depends", passages.as_slice()),
            };
            AssertionJson {
                name: named.name.clone(),
                result,
                rules: tried.rules.iter().map(|rule| self.name(*rule)).collect(),
                regions: passages.iter().map(|one| self.region(one)).collect(),
            }
        };
        let mutants = self.mutants.map(|mutants| MutantsJson {
            caught: mutants.caught,
            survived: mutants
                .survived
                .iter()
                .map(|(rule, change)| MutantJson {
                    rule: self.name(*rule),
                    change: change.clone(),
                })
                .collect(),
        });
        TestJson {
            tests: self.rows().map(test).collect(),
            rules: self.snapshot.rules().len(),
            untested_rules: self
                .untested()
                .into_iter()
                .map(|rule| self.name(rule))
                .collect(),
            mutants,
        }
    }

    fn region(&self, passage: &Passage) -> RegionJson {
        let side = |direction, side: &Option<secgroup_analysis::Decider>| {
            let side = side.as_ref();
            side.map(|side| DeciderJson::new(self.snapshot, direction, side))
        };
        let flow = witness(&passage.flows, Some(passage.network));
        RegionJson {
            verdict: passage.outcome().to_string(),
            flows: BoxJson::new(&passage.flows),
            egress: side(Direction::Egress, &passage.egress),
            ingress: side(Direction::Ingress, &passage.ingress),
            witness: regions::flow_json(self.snapshot, &flow),
        }
    }

    fn sarif(&self, artifact: &str) -> impl Serialize + use<> {
        let kinds = [
            ("assertion-failed", "an assertion does not hold"),
            ("assertion-open", "an assertion hangs on something missing"),
        ];
        let kinds = kinds.map(|(id, summary)| sarif::Kind {
            id: id.to_owned(),
            summary: summary.to_owned(),
        });
        let mut found = Vec::new();
        for (named, tried) in self.rows().filter(|(_, tried)| tried.held != Held::Yes) {
            let open = matches!(tried.held, Held::Depends(_));
            found.push(sarif::Found {
                kind: kinds[usize::from(open)].id.clone(),
                level: if open { "warning" } else { "error" }.to_owned(),
                message: format!("{}\n{}", named.name, self.why(named, tried)),
                about: named.name.clone(),
                about_kind: "test".to_owned(),
                waived: None,
                place: sarif::Place {
                    file: artifact.to_owned(),
                    at: Some(named.at),
                },
                related: self.against(tried),
            });
        }
        sarif::document(&kinds, &found)
    }

    /// Returns the rules that decide against an assertion, and where they are.
    fn against(&self, tried: &Tried) -> Vec<(String, sarif::Place)> {
        let sides = against(tried)
            .iter()
            .flat_map(|one| [&one.egress, &one.ingress]);
        let rules = sides.flatten().filter_map(|side| match side.by {
            DecidedBy::Rule(rule) => Some(rule),
            _ => None,
        });
        let rules: BTreeSet<RuleIndex> = rules.collect();
        let place = |rule: RuleIndex| {
            let name = format!("rule {}", secgroup_model::Shown(&self.name(rule)));
            let origin = self.snapshot.rule(rule).rule().origin;
            (name, self.config.place(origin))
        };
        rules.into_iter().map(place).collect()
    }

    fn junit(&self) -> std::io::Result<Vec<u8>> {
        let case = |(named, tried): (&Named, &Tried)| junit::Case {
            class: "secgroup test".to_owned(),
            name: named.name.clone(),
            failure: (tried.held != Held::Yes).then(|| {
                let why = self.why(named, tried);
                let first = why.lines().next().unwrap_or_default().trim().to_owned();
                (first, why)
            }),
            skipped: None,
        };
        junit::write("secgroup test", &self.rows().map(case).collect::<Vec<_>>())
    }
}

#[derive(Debug, Serialize)]
struct TestJson {
    tests: Vec<AssertionJson>,
    rules: usize,
    untested_rules: Vec<String>,
    mutants: Option<MutantsJson>,
}

#[derive(Debug, Serialize)]
struct AssertionJson {
    name: String,
    result: &'static str,
    rules: Vec<String>,
    regions: Vec<RegionJson>,
}

#[derive(Debug, Serialize)]
struct RegionJson {
    verdict: String,
    flows: BoxJson,
    egress: Option<DeciderJson>,
    ingress: Option<DeciderJson>,
    witness: secgroup_report::FlowJson,
}

#[derive(Debug, Serialize)]
struct MutantsJson {
    caught: usize,
    survived: Vec<MutantJson>,
}

#[derive(Debug, Serialize)]
struct MutantJson {
    rule: String,
    change: String,
}
