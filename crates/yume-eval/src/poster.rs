//! An evaluation as one picture: a chart per quantity over time, and frames of the first walks.

use yume_media::{Fit, Frame};

use crate::paper::{Colour, LETTER, LINE, Paper};
use crate::{Report, Row};

/// Frames of one walk, in order.
#[derive(Clone, Debug)]
pub struct Strip {
    /// Whose they are.
    pub title: String,
    /// Usually one per segment.
    pub frames: Vec<Frame>,
}

const PAPER: Colour = [250, 249, 246];
const INK: Colour = [40, 40, 46];
const GRID: Colour = [222, 220, 214];
const TRUE: Colour = [120, 124, 132];
/// One per entry; more entries begin again.
const ENTRIES: [Colour; 6] =
    [[214, 92, 24], [24, 112, 184], [28, 140, 84], [150, 60, 150], [180, 140, 10], [190, 40, 70]];

/// The most entries that a chart can tell apart.
const DRAWN: usize = ENTRIES.len();
const MARGIN: usize = 16;
const PANEL: (usize, usize) = (240, 150);
const COLUMNS: usize = 4;
const WIDTH: usize = 2 * MARGIN + COLUMNS * PANEL.0 + (COLUMNS - 1) * MARGIN;
const GAP: usize = 2;

/// Draws reports of one model and strips of frames. Frames are made smaller if they must be.
pub fn poster(reports: &[Report], strips: &[Strip]) -> Frame {
    let titles = reports.iter().take(DRAWN);
    let quantities: Vec<&Row> = reports.first().map_or(Vec::new(), |r| r.rows.iter().collect());
    let head = MARGIN + (1 + titles.len()) * LINE + MARGIN;
    let panels = quantities.len().div_ceil(COLUMNS) * (PANEL.1 + MARGIN);
    let small: Vec<Strip> = strips.iter().map(fitted).collect();
    let strip_height = |strip: &Strip| {
        LINE + strip.frames.first().map_or(0, |frame| frame.height as usize) + MARGIN / 2
    };
    let height = head + panels + small.iter().map(strip_height).sum::<usize>() + MARGIN;
    let mut paper = Paper::new(WIDTH, height, PAPER);

    let model = reports.first().map_or("", |report| report.model.as_str());
    let truth = "grey: true frames  dashed: chance or unrelated frames";
    paper.text((MARGIN, MARGIN), &format!("{model}  {truth}"), INK);
    for (number, report) in titles.enumerate() {
        let at = (MARGIN, MARGIN + (number + 1) * LINE);
        paper.text(at, &report.name, ENTRIES[number]);
    }
    for (number, row) in quantities.iter().enumerate() {
        let left = MARGIN + number % COLUMNS * (PANEL.0 + MARGIN);
        let top = head + number / COLUMNS * (PANEL.1 + MARGIN);
        panel(&mut paper, (left, top), row.name, reports);
    }
    let mut top = head + panels;
    for strip in &small {
        let longest = (WIDTH - 2 * MARGIN) / LETTER;
        paper.text((MARGIN, top), &strip.title.chars().take(longest).collect::<String>(), INK);
        let mut left = MARGIN;
        for frame in &strip.frames {
            paper.paste((left, top + LINE), frame);
            left += frame.width as usize + GAP;
        }
        top += strip_height(strip);
    }
    paper.frame()
}

/// A strip whose frames have room beside each other.
fn fitted(strip: &Strip) -> Strip {
    let count = strip.frames.len().max(1);
    let room = ((WIDTH - 2 * MARGIN) / count).saturating_sub(GAP).max(1) as u32;
    let small = |frame: &Frame| {
        if frame.width <= room {
            return frame.clone();
        }
        let height = (frame.height * room / frame.width).max(1);
        frame.fit(room, height, Fit::Stretch)
    };
    Strip { title: strip.title.clone(), frames: strip.frames.iter().map(small).collect() }
}

/// One quantity over the windows of time.
fn panel(paper: &mut Paper, (left, top): (usize, usize), name: &str, reports: &[Report]) {
    let rows: Vec<&Row> =
        reports.iter().take(DRAWN).filter_map(|report| report.row(name)).collect();
    let Some(first) = rows.first() else { return };
    let values = || {
        let own = rows.iter().flat_map(|row| row.windows.iter().flatten());
        own.chain(first.true_windows.iter().flatten().flatten()).chain(first.lowest.iter())
    };
    let (low, high) = range(values().copied());
    let (inner_left, inner_top) = (left + 6 * LETTER, top + LINE + 4);
    let (width, height) = (PANEL.0 - 6 * LETTER, PANEL.1 - 2 * LINE - 10);
    paper.fill((inner_left, inner_top), (width, height), [255; 3]);
    for part in 0..=2 {
        let y = inner_top + height * part / 2;
        paper.fill((inner_left, y), (width, 1), GRID);
    }
    paper.text((left, top), name, INK);
    paper.text((left, inner_top), &short(high), INK);
    paper.text((left, inner_top + height - LINE + 4), &short(low), INK);

    let ends = &reports[0].window_ends;
    let x = |window: usize| {
        inner_left as f32 + width as f32 * (window as f32 + 0.5) / ends.len().max(1) as f32
    };
    let y = |value: f32| {
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        inner_top as f32 + (1.0 - part) * (height - 2) as f32
    };
    for (window, end) in ends.iter().enumerate() {
        let label = format!("{end} s");
        let middle = x(window) as usize;
        let at = (middle.saturating_sub(label.len() * LETTER / 2), inner_top + height + 6);
        paper.text(at, &label, INK);
    }
    if let Some(lowest) = first.lowest {
        let right = (inner_left + width) as f32;
        paper.line((inner_left as f32, y(lowest)), (right, y(lowest)), TRUE, true);
    }
    let mut draw = |windows: &[Option<f32>], colour: Colour| {
        let points: Vec<(f32, f32)> = windows
            .iter()
            .enumerate()
            .filter_map(|(window, value)| Some((x(window), y((*value)?))))
            .collect();
        for pair in points.windows(2) {
            paper.line(pair[0], pair[1], colour, false);
        }
        for (x, y) in points {
            paper.fill((x as usize - 2, (y as usize).saturating_sub(2)), (6, 6), colour);
        }
    };
    draw(first.true_windows.as_deref().unwrap_or_default(), TRUE);
    for (number, row) in rows.iter().enumerate() {
        draw(&row.windows, ENTRIES[number]);
    }
}

/// Where a chart begins and ends: a little beyond all finite values.
fn range(values: impl Iterator<Item = f32>) -> (f32, f32) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let edge = (0.1 * (high - low)).max(1e-3 * high.abs()).max(1e-6);
    (low - edge, high + edge)
}

/// At most five letters.
fn short(value: f32) -> String {
    let digits = match value.abs() {
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}").chars().take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_values_and_is_never_empty() {
        for values in [&[][..], &[0.5], &[0.0], &[-1.0, 30.0, f32::INFINITY]] {
            let (low, high) = range(values.iter().copied());
            assert!(low < high, "{values:?}");
            for value in values.iter().filter(|value| value.is_finite()) {
                assert!((low..=high).contains(value), "{values:?}");
            }
        }
    }

    #[test]
    fn large_frames_are_made_to_fit() {
        let strip = Strip {
            title: "wide".to_owned(),
            frames: vec![Frame::new(960, 544, vec![9; 3 * 960 * 544]); 10],
        };
        let picture = poster(&[], &[strip]);
        assert_eq!(picture.width as usize, WIDTH);
        assert!(picture.height < 200, "{picture:?}");
        let middle = picture.height - 30;
        assert_eq!(picture.pixel(WIDTH as u32 - 40, middle), [9; 3]);
    }
}
