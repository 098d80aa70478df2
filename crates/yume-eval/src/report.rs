//! The figures of an evaluation.

use std::time::Duration;

use serde::Serialize;
use yume_checkpoint::ModelSpec;

use crate::obedience::{Obedience, Scale};
use crate::rows::{Clip, Walks};
use crate::seen::Seen;
use crate::{Reconstruction, Row};

/// Seconds of a window: a clip of Yume-Bench has 96 frames.
const WINDOW_SECS: f32 = 6.0;

/// Quantities of Yume-Bench that cannot be computed here, each with the reason.
pub const UNMEASURED: [(&str, &str); 2] = [
    (
        "aesthetic quality",
        "its judge (the LAION predictor on CLIP ViT-L) has weights that are not part of the program",
    ),
    (
        "imaging quality",
        "its judge (MUSIQ) has weights that are not part of the program; sharpness, colours and \
         features against true frames stand in its place",
    ),
];

/// The networks and methods behind the quantities.
const METHODS: [(&str, &str); 5] = [
    (
        "instruction following",
        "camera motion by phase correlation of tiles, against the motion asked for, between its bounds",
    ),
    (
        "subject consistency",
        "class token of the model's own image tower without the mean of true frames, every fourth frame",
    ),
    ("background consistency", "mean patch token of the model's own image tower, likewise"),
    ("motion smoothness", "interpolation of every second frame by motion-compensated tiles"),
    (
        "feature distance",
        "Fréchet distance of class tokens without covariances, in units of the true variance",
    ),
];

/// What a segment costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Network evaluations (NFE).
    pub evaluations: usize,
    /// Seconds on the wall in the fastest walk.
    pub wall_secs: f32,
    /// Seconds of processor time in the cheapest walk, all threads together.
    pub processor_secs: Option<f32>,
}

impl Cost {
    pub(crate) fn new(evaluations: usize, wall: &[Duration], processor: &[Duration]) -> Self {
        let least = |times: &[Duration]| times.iter().min().map(Duration::as_secs_f32);
        Self {
            evaluations,
            wall_secs: least(wall).unwrap_or_default(),
            processor_secs: least(processor),
        }
    }
}

/// The figures of an evaluation of one way to sample.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model.
    pub model: String,
    /// The way to sample.
    pub name: String,
    /// Walks measured.
    pub walks: usize,
    /// Segments measured, of all walks.
    pub segments: usize,
    /// Seconds at which the windows of time end.
    pub window_ends: Vec<f32>,
    /// What a segment costs.
    pub cost: Cost,
    /// What the model's VAE makes of true frames.
    pub reconstruction: Reconstruction,
    /// Instruction following and its bounds.
    pub obedience: Obedience,
    /// The quantities.
    pub rows: Vec<Row>,
    /// Quantities of Yume-Bench that are not among them, and why.
    pub unmeasured: [(&'static str, &'static str); 2],
    /// How the quantities are computed.
    pub methods: [(&'static str, &'static str); 5],
}

/// The segments of every walk, the model's and the true ones.
pub(crate) struct Measured<'a> {
    pub model: &'a [Vec<Seen>],
    pub truth: &'a [Vec<Seen>],
    pub is_at_home: bool,
    pub reconstruction: Reconstruction,
}

#[cfg(test)]
impl<'a> Measured<'a> {
    /// In the town; the VAE was not measured.
    pub(crate) fn at_home(model: &'a [Vec<Seen>], truth: &'a [Vec<Seen>]) -> Self {
        Self { model, truth, is_at_home: true, reconstruction: Reconstruction::default() }
    }
}

impl Report {
    /// The figures of what was measured; `None` if that is nothing.
    pub(crate) fn new(
        spec: &ModelSpec,
        name: &str,
        cost: Cost,
        measured: &Measured<'_>,
    ) -> Option<Self> {
        let Measured { model, truth, is_at_home, reconstruction } = *measured;
        let (all, all_true): (Vec<&Seen>, Vec<&Seen>) =
            (model.iter().flatten().collect(), truth.iter().flatten().collect());
        if all.is_empty() {
            return None;
        }
        let scale = Scale::of(&spec.walk, &all_true);
        let obedience = Obedience::of(&scale, &all, &all_true);
        let segment_secs = spec.frame.segment_frames as f32 / spec.frame.fps;
        let length = ((WINDOW_SECS / segment_secs).round() as usize).max(1);
        let longest = model.iter().map(Vec::len).max().unwrap_or(0);
        let walks = Walks {
            model: windows(model, length),
            truth: windows(truth, length),
            is_at_home,
            scale,
            obedience: &obedience,
        };
        let rows = walks.rows();
        let ends = (1..=longest.div_ceil(length)).map(|k| (k * length).min(longest));
        Some(Self {
            model: spec.name.clone(),
            name: name.to_owned(),
            walks: model.len(),
            segments: all.len(),
            window_ends: ends.map(|end| end as f32 * segment_secs).collect(),
            cost,
            reconstruction,
            obedience,
            rows,
            unmeasured: UNMEASURED,
            methods: METHODS,
        })
    }

    /// The quantity of a name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// Walks cut into windows of `length` segments.
fn windows(walks: &[Vec<Seen>], length: usize) -> Vec<Vec<Clip<'_>>> {
    let longest = walks.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest.div_ceil(length))
        .map(|window| walks.iter().filter_map(|walk| walk.chunks(length).nth(window)).collect())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;
    use crate::features::Features;
    use crate::obedience::tests::{answered, motions};
    use crate::{Spread, sharpness, smoothness};

    pub(crate) fn spec() -> ModelSpec {
        let json = include_bytes!("../../../assets/tiny/config.json");
        ModelSpec::from_tiny_config(json, Path::new("config.json")).unwrap()
    }

    fn cost() -> Cost {
        Cost::new(4, &[Duration::from_millis(300), Duration::from_millis(200)], &[])
    }

    /// Nine segments that look as `of` says by the number of the segment.
    fn walk(of: impl Fn(usize) -> Seen) -> Vec<Seen> {
        (0..9).map(of).collect()
    }

    fn seen(features: Features, shade: f32, psnr: f32) -> Seen {
        let frame = vec![shade; 3 * 64 * 96];
        Seen {
            smoothness: smoothness(&vec![frame.clone(); 3], (64, 96)),
            sharpness: sharpness(&frame, 64, 96),
            colour: Spread::of(&frame),
            features: vec![features; 8],
            truth: Some(psnr),
            ..answered(&motions(&spec().walk)[..1], |motion| motion).remove(0)
        }
    }

    fn shows(x: f32, y: f32) -> Features {
        Features { subject: vec![x, y], background: vec![x, y] }
    }

    #[test]
    fn a_static_walk_is_consistent_smooth_and_does_not_drift() {
        let still = vec![walk(|_| seen(shows(1.0, 0.0), 0.2, 30.0)); 2];
        let measured = Measured::at_home(&still, &still);
        let report = Report::new(&spec(), "still", cost(), &measured).unwrap();
        assert_eq!((report.walks, report.segments), (2, 18));
        assert_eq!(report.window_ends, [6.0, 12.0, 18.0]);
        assert!((report.cost.wall_secs - 0.2).abs() < 1e-6, "the fastest walk counts");
        for (name, expected) in [
            ("subject consistency", 1.0),
            ("background consistency", 1.0),
            ("motion smoothness", 1.0),
            ("colour distance", 0.0),
            ("feature distance", 0.0),
            ("PSNR to true frames, dB", 30.0),
        ] {
            let row = report.row(name).unwrap();
            assert!((row.all.unwrap() - expected).abs() < 1e-5, "{name}: {row:?}");
            assert!(row.drift().unwrap().abs() < 1e-5, "{name} drifts: {row:?}");
        }
        assert!(report.row("PSNR to the reference, dB").is_none(), "there is no reference");
    }

    #[test]
    fn a_walk_that_changes_drifts() {
        let truth = vec![walk(|_| seen(shows(1.0, 0.0), 0.2, 30.0))];
        // The first six seconds are right; then the picture flips with every segment and darkens.
        let model = vec![walk(|k| match k {
            0..3 => seen(shows(1.0, 0.0), 0.2, 30.0),
            _ if k % 2 == 0 => seen(shows(0.0, 1.0), -0.6, 10.0),
            _ => seen(shows(1.0, 0.0), -0.6, 10.0),
        })];
        let measured = Measured::at_home(&model, &truth);
        let report = Report::new(&spec(), "flips", cost(), &measured).unwrap();
        let drift = |name| report.row(name).unwrap().drift().unwrap();
        assert!(drift("subject consistency") < -0.1);
        assert!((drift("PSNR to true frames, dB") + 20.0).abs() < 1e-4);
        assert!(drift("colour distance") > 0.1);
        assert!(drift("feature distance") > 0.0);
    }

    #[test]
    fn own_pictures_are_not_compared_with_the_town() {
        let walks = vec![walk(|_| seen(shows(1.0, 0.0), 0.2, 30.0))];
        let measured = Measured { is_at_home: false, ..Measured::at_home(&walks, &walks) };
        let report = Report::new(&spec(), "own", cost(), &measured).unwrap();
        assert!(report.row("colour distance").is_none());
        assert!(report.row("subject consistency").is_some());
        let nothing = Measured::at_home(&[], &[]);
        assert!(Report::new(&spec(), "none", cost(), &nothing).is_none());
    }
}
