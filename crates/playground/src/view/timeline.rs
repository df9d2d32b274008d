//! The timeline: ticks on rows, the head, the end of what has happened, and where it forked.
//!
//! Invariant: bounded by the picture's width, however much has happened: what stands at one place is one tick.

use crate::track::{Mark, Row, Tick};

/// How many places there are side by side.
const PLACES: u64 = 300;
/// The picture is as wide as the first of these that holds everything, in milliseconds; then multiples of the last.
const SPANS_MS: [u64; 9] =
    [60_000, 120_000, 180_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000];
/// Most moments that the axis names.
const LABELS: u64 = 6;
/// How many ticks are told of at once.
const TOLD: usize = 6;

/// What stands at one place of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The row.
    pub row: Row,
    /// The first tick's time.
    pub at_ms: u64,
    /// The weightiest mark.
    pub mark: Mark,
    /// How many ticks.
    pub count: usize,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Its right edge.
    pub until_ms: u64,
    /// The head: the moment that is shown.
    pub now_ms: u64,
    /// The end of what has happened.
    pub end_ms: u64,
    /// The moment that the objects are compared with, if a person has marked it.
    pub marked_ms: Option<u64>,
    /// Where other courses of events left this one.
    pub forks_ms: Vec<u64>,
    /// The moments that the axis names.
    pub labels_ms: Vec<u64>,
    /// What stands where.
    pub clusters: Vec<Cluster>,
}

impl Timeline {
    /// The picture of ticks that are in order.
    pub fn of(ticks: &[Tick], now_ms: u64, end_ms: u64) -> Timeline {
        let until_ms = span_ms(end_ms);
        Timeline {
            until_ms,
            now_ms,
            end_ms,
            marked_ms: None,
            forks_ms: Vec::new(),
            labels_ms: labels_ms(until_ms),
            clusters: clusters(ticks, until_ms),
        }
    }

    /// Whether the past is shown.
    pub fn is_past(&self) -> bool {
        self.now_ms < self.end_ms
    }

    /// How far from the left that moment stands, in thousandths.
    pub fn permille(&self, at_ms: u64) -> u64 {
        (at_ms * 1000 / self.until_ms.max(1)).min(1000)
    }
}

fn span_ms(end_ms: u64) -> u64 {
    let last = SPANS_MS[SPANS_MS.len() - 1];
    SPANS_MS.into_iter().find(|span| end_ms <= *span).unwrap_or_else(|| end_ms.div_ceil(last) * last)
}

fn labels_ms(until_ms: u64) -> Vec<u64> {
    let steps = [10_000, 20_000, 30_000, 60_000, 120_000, 180_000, 300_000, 600_000, 1_200_000, 3_600_000];
    let step = steps.into_iter().find(|step| until_ms / step <= LABELS).unwrap_or(until_ms / LABELS);
    (0..=until_ms / step.max(1)).map(|number| number * step).collect()
}

fn clusters(ticks: &[Tick], until_ms: u64) -> Vec<Cluster> {
    let place = |at_ms: u64| at_ms * PLACES / until_ms.max(1);
    let mut clusters: Vec<Cluster> = Vec::new();
    for row in Row::ALL {
        let first = clusters.len();
        for tick in ticks.iter().filter(|tick| tick.row == row) {
            match clusters.last_mut().filter(|last| last.row == row && place(last.at_ms) == place(tick.at_ms))
            {
                Some(last) => {
                    last.mark = last.mark.max(tick.mark);
                    last.count += 1;
                }
                None => {
                    let (at_ms, mark) = (tick.at_ms, tick.mark);
                    clusters.push(Cluster { row, at_ms, mark, count: 1 });
                }
            }
        }
        debug_assert!(clusters.len() - first <= 2 * PLACES as usize);
    }
    clusters
}

/// What happened near a moment, and how much of it is left out.
pub fn near(ticks: &[Tick], at_ms: u64, until_ms: u64) -> (Vec<&Tick>, usize) {
    let radius = until_ms / PLACES * 2;
    let within = |tick: &&Tick| tick.at_ms.abs_diff(at_ms) <= radius;
    let all: Vec<&Tick> = ticks.iter().filter(within).collect();
    let more = all.len().saturating_sub(TOLD);
    // People first: what they did is why the rest happened.
    let (mut told, others): (Vec<&Tick>, Vec<&Tick>) =
        all.into_iter().partition(|tick| tick.row <= Row::Faults);
    told.extend(others);
    told.truncate(TOLD);
    (told, more)
}

/// The next moment, or the last, at which something happened.
pub fn beside(ticks: &[Tick], now_ms: u64, forward: bool) -> Option<u64> {
    let mut moments = ticks.iter().map(|tick| tick.at_ms);
    if forward { moments.find(|at| *at > now_ms) } else { moments.rev().find(|at| *at < now_ms) }
}

/// `00:04:12`.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::Subject;

    fn tick(at_ms: u64, row: Row, mark: Mark) -> Tick {
        Tick { at_ms, row, mark, subject: Subject::Interrupt }
    }

    #[test]
    fn what_stands_at_one_place_is_one_tick_with_the_weightiest_mark() {
        let ticks: Vec<Tick> = (0..1000)
            .map(|n| tick(n * 50, Row::Pods, if n == 500 { Mark::Broken } else { Mark::Ready }))
            .collect();
        let timeline = Timeline::of(&ticks, 50_000, 50_000);
        assert!(timeline.clusters.len() <= 300);
        assert_eq!(timeline.clusters.iter().map(|cluster| cluster.count).sum::<usize>(), 1000);
        assert_eq!(timeline.clusters.iter().filter(|cluster| cluster.mark == Mark::Broken).count(), 1);
    }

    #[test]
    fn the_picture_grows_in_steps_and_its_axis_stays_readable() {
        for (end_ms, until_ms, labels) in
            [(0, 60_000, 7), (60_001, 120_000, 7), (250_000, 300_000, 6), (7_200_001, 14_400_000, 5)]
        {
            let timeline = Timeline::of(&[], 0, end_ms);
            assert_eq!((timeline.until_ms, timeline.labels_ms.len()), (until_ms, labels), "{end_ms}");
        }
    }

    #[test]
    fn one_goes_from_tick_to_tick_and_people_are_told_first() {
        let ticks = [
            tick(1000, Row::Pods, Mark::Born),
            tick(1100, Row::Commands, Mark::Act),
            tick(9000, Row::Pods, Mark::Ready),
        ];
        assert_eq!([beside(&ticks, 1000, true), beside(&ticks, 9000, true)], [Some(1100), None]);
        assert_eq!([beside(&ticks, 9000, false), beside(&ticks, 1000, false)], [Some(1100), None]);
        let (told, more) = near(&ticks, 1000, 60_000);
        assert_eq!(
            (told.iter().map(|tick| tick.row).collect::<Vec<_>>(), more),
            (vec![Row::Commands, Row::Pods], 0)
        );
        assert_eq!(clock(3_852_999), "01:04:12");
    }
}
