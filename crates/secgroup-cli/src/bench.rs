//! `secgroup bench`: how fast engines look up, with their answers checked.

mod snapshot;
mod threads;
mod trace;

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::time::Instant;

use comfy_table::{CellAlignment, Table, presets};
use secgroup_matcher::classifier::{Classifier, Filter, NO_MATCH, Width};
use secgroup_model::Family;
use secgroup_replay::input::{Compression, Format, Input, packing, plain};
use serde::Serialize;

use crate::args::{BenchArguments, BenchEngine, ReportFormat, VectorsName};
use crate::failure::{Exit, Failure};
use crate::filters;
use crate::messages::counted;
use crate::output::{Output, refuse_overwriting};
use threads::Threads;
use trace::Record;

/// The greatest size of a packed file, unpacked: 1 GiB.
const MOST_UNPACKED: u64 = 1 << 30;

/// What was measured.
#[derive(Debug, Serialize)]
struct Measured {
    rules: usize,
    headers: usize,
    threads: usize,
    engines: Vec<Engine>,
}

/// One engine.
#[derive(Debug, Serialize)]
struct Engine {
    engine: &'static str,
    /// What the tables are like.
    representation: String,
    build_s: f64,
    /// How many bytes lookups can touch, where the engine knows.
    bytes: Option<usize>,
    /// Of each round.
    lookups_per_s: Vec<f64>,
    /// Of all answers in order.
    checksum: String,
}

/// Measures engines and writes what was found.
pub(crate) fn run(arguments: &BenchArguments) -> Result<Exit, Failure> {
    let named = [
        ("--output", &arguments.output),
        ("--ranks", &arguments.ranks),
    ];
    let written: Vec<(&str, &Path)> = named
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_deref()?)))
        .collect();
    let mut read = vec![arguments.rules.as_path()];
    read.extend(arguments.trace.as_deref());
    if read.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        let message = "standard input (-) can be read once only: as --rules or as --trace";
        return Err(Failure::usage(message.to_owned()));
    }
    refuse_overwriting(&read, &written, arguments.output.is_none())?;
    let output = Output::open(arguments.output.as_deref())?;
    let ranks = arguments.ranks.as_deref();
    let ranks = ranks.map(|path| Output::open(Some(path))).transpose()?;
    let trace = arguments
        .trace
        .iter()
        .filter(|path| path.as_os_str() != "-");
    let missing = trace.filter_map(|path| {
        let problem = plain(&path.metadata().err()?);
        Some(format!("{}: {problem}", path.display()))
    });
    let missing = Failure::unless_none(missing.collect());
    let (rules, ()) = Failure::both(read_file(&arguments.rules), missing)?;
    let (measured, exit) = if filters::is_set(&rules) {
        let name = arguments.rules.display().to_string();
        let filters = filters::parse(&name, rules)?;
        let measured = match filters.first().map(secgroup_gen::Filter::family) {
            Some(Family::V6) => of_set::<u128>(&filters, arguments, ranks)?,
            Some(Family::V4) | None => of_set::<u32>(&filters, arguments, ranks)?,
        };
        (measured, Exit::Done)
    } else if ranks.is_some() {
        let message = "--ranks: only filter sets have numbers of filters";
        return Err(Failure::usage(message.to_owned()));
    } else if arguments.vectors.is_some() {
        let message = "--vectors: only filter sets are looked up with vectors of choice";
        return Err(Failure::usage(message.to_owned()));
    } else if arguments.rules.as_os_str() == "-" {
        let message = "--rules -: of standard input only filter sets are read";
        return Err(Failure::usage(message.to_owned()));
    } else {
        snapshot::measure(arguments)?
    };
    // What is wrong was said where it was read.
    if exit == Exit::BadInput {
        return Ok(exit);
    }
    finish(&measured, arguments.format, output)?;
    let same = |pair: &[Engine]| pair[0].checksum == pair[1].checksum;
    if measured.engines.windows(2).all(same) {
        return Ok(exit);
    }
    Err(Failure::system(
        "the engines disagree; this is a bug of secgroup, please report it with both files",
    ))
}

/// Reads a file, and unpacks what is packed.
fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let bad = |problem: String| Failure::bad_input(vec![format!("{}: {problem}", path.display())]);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| bad(plain(&error)))?;
    let Some(packed) = packing(&bytes) else {
        return Ok(bytes);
    };
    // Only the packing counts here: rules and headers are told apart later.
    let input = Input::from_reader(Cursor::new(bytes), Some(Format::Text));
    let input = input.map_err(|error| bad(error.to_string()))?;
    if input.compression == Compression::None {
        return Err(bad(packed));
    }
    let mut unpacked = Vec::new();
    let mut stream = input.stream.take(MOST_UNPACKED + 1);
    stream
        .read_to_end(&mut unpacked)
        .map_err(|error| bad(plain(&error)))?;
    if unpacked.len() as u64 > MOST_UNPACKED {
        let limit = MOST_UNPACKED >> 20;
        return Err(bad(format!(
            "unpacked larger than the limit of {limit} MiB"
        )));
    }
    Ok(unpacked)
}

/// Measures the engines of a filter set.
fn of_set<A: Record>(
    set: &[secgroup_gen::Filter],
    arguments: &BenchArguments,
    mut ranks: Option<Output>,
) -> Result<Measured, Failure> {
    let filters: Vec<Filter<A>> = filters::compiled(set).expect("a set has one family");
    let width = arguments
        .vectors
        .map_or_else(|| Ok(Width::widest()), width)?;
    let threads = Threads::of(arguments.threads);
    let headers = match &arguments.trace {
        Some(path) => trace::read::<A>(&path.display().to_string(), &read_file(path)?)?,
        None => trace::drawn::<A>(set),
    };
    let mut answers = vec![NO_MATCH; headers.len()];
    let mut engines = Vec::new();
    for engine in engines_of(arguments, &[BenchEngine::Compiled, BenchEngine::Scan])? {
        let start = Instant::now();
        let (name, classifier) = match engine {
            BenchEngine::Scan => ("scan", Classifier::scan(&filters)),
            _ => ("compiled", Classifier::build(&filters)),
        };
        let classifier = classifier.with_width(width);
        let build_s = start.elapsed().as_secs_f64();
        let lookups_per_s = (0..arguments.rounds).map(|_| {
            let start = Instant::now();
            threads.share(&headers, &mut answers, |headers, answers| {
                classifier.classify(headers, answers);
            });
            headers.len() as f64 / start.elapsed().as_secs_f64().max(1e-9)
        });
        let lookups_per_s = lookups_per_s.collect();
        engines.push(Engine {
            engine: name,
            representation: classifier.parts().to_string(),
            build_s,
            bytes: Some(classifier.parts().bytes),
            lookups_per_s,
            checksum: checksum(&answers),
        });
        if let Some(mut output) = ranks.take() {
            let bytes: Vec<u8> = answers.iter().flat_map(|rank| rank.to_le_bytes()).collect();
            let written = output.write_all(&bytes);
            written.map_err(|error| output.failure(&error))?;
            output.finish()?;
        }
    }
    Ok(Measured {
        rules: filters.len(),
        headers: headers.len(),
        threads: threads.count(),
        engines,
    })
}

/// Returns vectors that were asked for, where this processor has them.
fn width(name: VectorsName) -> Result<Width, Failure> {
    let width = match name {
        VectorsName::Plain => Width::Plain,
        VectorsName::Avx2 => Width::Avx2,
        VectorsName::Avx512 => Width::Avx512,
    };
    if width.is_here() {
        return Ok(width);
    }
    let here = Width::ALL.into_iter().filter(|width| width.is_here());
    let here: Vec<String> = here.map(|width| width.to_string()).collect();
    Err(Failure::usage(format!(
        "--vectors {width}: this processor has none; it has {}",
        here.join(", ")
    )))
}

/// Returns the engines that were asked for, among those that there are.
fn engines_of(
    arguments: &BenchArguments,
    there: &[BenchEngine],
) -> Result<Vec<BenchEngine>, Failure> {
    if arguments.engine.is_empty() {
        return Ok(there.to_vec());
    }
    let mut asked = arguments.engine.iter();
    if asked.any(|engine| !there.contains(engine)) {
        let message = "--engine: filter sets have the engines compiled and scan";
        return Err(Failure::usage(message.to_owned()));
    }
    Ok(arguments.engine.clone())
}

/// Returns a number that two lists of answers share only when they are equal,
/// as far as chance allows: FNV-1a over the numbers.
fn checksum(answers: &[u32]) -> String {
    let sum = answers
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, answer| {
            (sum ^ u64::from(*answer)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{sum:016x}")
}

fn finish(measured: &Measured, format: ReportFormat, mut output: Output) -> Result<(), Failure> {
    let written = match format {
        ReportFormat::Json => {
            let document = serde_json::to_writer_pretty(&mut output, measured);
            document
                .map_err(io::Error::from)
                .and_then(|()| writeln!(output))
        }
        ReportFormat::Text => write!(output, "{}", table(measured)),
    };
    written.map_err(|error| output.failure(&error))?;
    output.finish()
}

fn table(measured: &Measured) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "engine",
        "M lookups/s",
        "build ms",
        "KiB",
        "checksum",
        "tables",
    ]);
    for engine in &measured.engines {
        let mut rates = engine.lookups_per_s.clone();
        rates.sort_by(f64::total_cmp);
        let median = rates[rates.len() / 2] / 1e6;
        let bytes = engine
            .bytes
            .map_or_else(|| "-".to_owned(), |bytes| (bytes / 1024).to_string());
        table.add_row([
            engine.engine.to_owned(),
            format!("{median:.2}"),
            format!("{:.1}", engine.build_s * 1e3),
            bytes,
            engine.checksum.clone(),
            engine.representation.clone(),
        ]);
    }
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    let (rules, headers) = (measured.rules, measured.headers);
    format!(
        "{}, {}\n{}",
        counted(rules, "rule"),
        counted(headers, "header"),
        lines.collect::<String>()
    )
}
