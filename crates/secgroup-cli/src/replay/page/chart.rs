//! Verdicts over time as bars, in the units of an SVG.

use secgroup_replay::{Bucket, Histogram, Timestamp};
use serde::Serialize;

use super::written;

/// The size of the drawing.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 220.0;

/// Room for numbers at the left, and for times below.
const LEFT: f64 = 56.0;
const BELOW: f64 = 24.0;
const ABOVE: f64 = 8.0;

/// How many times are written below.
const TIMES: usize = 5;

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// The drawing.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    width: f64,
    height: f64,
    left: f64,
    bottom: f64,
    bars: Vec<Bar>,
    lines: Vec<Line>,
    times: Vec<Time>,
    /// How long a bar is, in words.
    step: String,
}

/// A bar, or what one verdict has of it.
#[derive(Debug, Serialize)]
struct Bar {
    verdict: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
    title: String,
}

/// A line across, and its number.
#[derive(Debug, Serialize)]
struct Line {
    y: String,
    flows: u64,
}

/// A time below.
#[derive(Debug, Serialize)]
struct Time {
    x: String,
    text: String,
    anchor: &'static str,
}

impl Chart {
    /// Draws a histogram; nothing where no record tells its time.
    pub(super) fn of(histogram: &Histogram) -> Option<Self> {
        let buckets: Vec<Bucket> = histogram.buckets().collect();
        let first = buckets.first()?;
        let most = buckets.iter().map(total).max().unwrap_or(0).max(1);
        let scale = round_up(most);
        let bottom = HEIGHT - BELOW;
        let room = bottom - ABOVE;
        let step = (WIDTH - LEFT) / buckets.len() as f64;
        let time = written(first.width);
        let mut bars = Vec::new();
        for (at, bucket) in buckets.iter().enumerate() {
            let mut base = bottom;
            for (verdict, flows) in ["accept", "drop", "outside"].into_iter().zip(bucket.flows) {
                if flows == 0 {
                    continue;
                }
                // A single flow among many still shows.
                let height = (flows as f64 / scale as f64 * room).max(0.6);
                base -= height;
                bars.push(Bar {
                    verdict,
                    x: place(LEFT + at as f64 * step),
                    y: place(base),
                    width: place((step * 0.9).max(0.5)),
                    height: place(height),
                    title: format!("{}: {flows} {verdict}", time(bucket.start)),
                });
            }
        }
        let lines = [0_u32, 1, 2].map(|part| Line {
            y: place(bottom - room * f64::from(part) / 2.0),
            flows: scale * u64::from(part) / 2,
        });
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            bottom,
            bars,
            lines: lines.into_iter().collect(),
            times: times(&buckets, step, time),
            step: words(first.width),
        })
    }
}

fn total(bucket: &Bucket) -> u64 {
    bucket.flows.iter().sum()
}

/// Writes some of the buckets' times, evenly apart.
fn times(buckets: &[Bucket], step: f64, write: fn(Timestamp) -> String) -> Vec<Time> {
    let last = buckets.len() - 1;
    let count = TIMES.min(buckets.len());
    let place_of = |number: usize| {
        if count > 1 {
            last * number / (count - 1)
        } else {
            0
        }
    };
    let times = (0..count).map(|number| {
        let at = place_of(number);
        let (anchor, x) = match number {
            0 => ("start", LEFT),
            _ if number + 1 == count => ("end", WIDTH),
            _ => ("middle", LEFT + (at as f64 + 0.5) * step),
        };
        Time {
            x: place(x),
            text: write(buckets[at].start),
            anchor,
        }
    });
    times.collect()
}

/// What scales may begin with, times a power of ten.
const SCALES: [u64; 10] = [10, 12, 16, 20, 24, 30, 40, 50, 60, 80];

/// Returns an even, round number, not below `most`.
fn round_up(most: u64) -> u64 {
    if most <= SCALES[0] {
        return most.next_multiple_of(2).max(2);
    }
    let mut unit: u64 = 1;
    loop {
        for scale in SCALES {
            let scale = scale.saturating_mul(unit);
            if scale >= most {
                return scale;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// Writes a length with one decimal, the same on every machine.
fn place(length: f64) -> String {
    format!("{length:.1}")
}

/// Says how long a time is.
fn words(nanoseconds: i64) -> String {
    let seconds = nanoseconds as f64 / SECOND;
    for (unit, length) in [("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)] {
        if seconds >= 2.0 * length {
            return format!("{:.1} {unit}", seconds / length);
        }
    }
    format!("{seconds:.2} seconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_even_and_round() {
        for (most, scale) in [
            (1, 2),
            (2, 2),
            (3, 4),
            (9, 10),
            (10, 10),
            (11, 12),
            (95, 100),
            (110, 120),
            (400, 400),
            (401, 500),
        ] {
            assert_eq!(round_up(most), scale, "{most}");
        }
        assert!(round_up(u64::MAX) > 1 << 62);
    }

    #[test]
    fn times_are_said_in_a_unit_that_fits() {
        assert_eq!(words(1 << 24), "0.02 seconds");
        assert_eq!(words(1 << 31), "2.15 seconds");
        assert_eq!(words(1 << 40), "18.3 minutes");
        assert_eq!(words(1 << 45), "9.8 hours");
        assert_eq!(words(1 << 50), "13.0 days");
    }
}
