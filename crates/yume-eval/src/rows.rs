//! The quantities of a report, each over windows of time and over everything.

use serde::Serialize;

use crate::consistency::{centre, centred};
use crate::features::Features;
use crate::obedience::{Obedience, Scale};
use crate::seen::Seen;
use crate::{Spread, consistency, distance, unrelated};

/// The segments of one walk in one window of time.
pub(crate) type Clip<'a> = &'a [Seen];

/// One quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// True if more of it is better.
    pub more_is_better: bool,
    /// The model's, by window.
    pub windows: Vec<Option<f32>>,
    /// The model's, everything together.
    pub all: Option<f32>,
    /// That of true frames, by window, where it is not the same for all by its definition.
    pub true_windows: Option<Vec<Option<f32>>>,
    /// That of true frames, everything together.
    pub true_all: Option<f32>,
    /// What chance, or frames that have nothing to do with each other, would give.
    pub lowest: Option<f32>,
}

impl Row {
    /// What the last window has more than the first: the drift.
    pub fn drift(&self) -> Option<f32> {
        match &self.windows[..] {
            [first, .., last] => Some((*last)? - (*first)?),
            _ => None,
        }
    }
}

/// What a report is made from.
pub(crate) struct Walks<'a> {
    /// The model's segments, by window and walk.
    pub model: Vec<Vec<Clip<'a>>>,
    /// The true ones for the same motions, likewise.
    pub truth: Vec<Vec<Clip<'a>>>,
    /// Whether the true frames begin where the model's walks begin.
    pub is_at_home: bool,
    pub scale: Scale,
    pub obedience: &'a Obedience,
}

/// A measure of the model's clips, given the true ones.
type Measure<'m> = &'m dyn Fn(&[Clip<'_>], &[Clip<'_>]) -> Option<f32>;

/// What true frames have to say of a quantity.
enum Truth {
    /// They have it too.
    Measured,
    /// They are its unit.
    Unit,
}

impl Walks<'_> {
    /// All quantities that there are, in the order in which they are shown.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let (scale, obedience) = (&self.scale, self.obedience);
        let turns = |clips: &[Clip<'_>]| share(clips, |seen| scale.follows_turn(seen));
        let travel = |clips: &[Clip<'_>]| share(clips, |seen| scale.follows_travel(seen));
        let score = |clips: &[Clip<'_>]| Some(obedience.score_of(turns(clips)?, travel(clips)?));
        let likeness = |model: &[Clip<'_>], truth: &[Clip<'_>]| {
            let (model, truth) = (subjects(model), subjects(truth));
            (!model.is_empty()).then(|| distance(&model, &truth))
        };
        let sharp = |clips: &[Clip<'_>]| mean(clips, |seen| Some(seen.sharpness));
        let sharpness =
            |model: &[Clip<'_>], truth: &[Clip<'_>]| Some(sharp(model)? / sharp(truth)?.max(1e-9));
        let (more, less) = (true, false);
        let own = Truth::Measured;
        let (subject_middle, background_middle) = (self.middle(subject), self.middle(background));
        let mut rows = vec![
            self.row("instruction following", more, &own, &|m, _| score(m), Some(0.0)),
            self.row(
                "turns followed",
                more,
                &own,
                &|m, _| turns(m),
                Some(obedience.turns.shuffled),
            ),
            self.row(
                "travel followed",
                more,
                &own,
                &|m, _| travel(m),
                Some(obedience.travel.shuffled),
            ),
            self.row(
                "subject consistency",
                more,
                &own,
                &|m, _| steady(m, subject, &subject_middle),
                self.strangers(subject, &subject_middle),
            ),
            self.row(
                "background consistency",
                more,
                &own,
                &|m, _| steady(m, background, &background_middle),
                self.strangers(background, &background_middle),
            ),
            self.row(
                "motion smoothness",
                more,
                &own,
                &|m, _| mean(m, |seen| seen.smoothness),
                None,
            ),
        ];
        if self.is_at_home {
            let unit = Truth::Unit;
            rows.extend([
                self.row("sharpness of true frames", more, &unit, &sharpness, None),
                self.row(
                    "colour distance",
                    less,
                    &unit,
                    &|m, t| Some(colours(m).distance(&colours(t))),
                    None,
                ),
                self.row("feature distance", less, &unit, &likeness, None),
                self.row(
                    "PSNR to true frames, dB",
                    more,
                    &unit,
                    &|m, _| mean(m, |seen| seen.truth),
                    None,
                ),
            ]);
        }
        let reference = self.row(
            "PSNR to the reference, dB",
            more,
            &Truth::Unit,
            &|m, _| mean(m, |seen| seen.reference),
            None,
        );
        rows.extend(reference.all.is_some().then_some(reference));
        rows
    }

    fn row(
        &self,
        name: &'static str,
        more_is_better: bool,
        truth: &Truth,
        measure: Measure<'_>,
        lowest: Option<f32>,
    ) -> Row {
        let by_window = |clips: &[Vec<Clip<'_>>]| -> Vec<Option<f32>> {
            clips.iter().zip(&self.truth).map(|(clips, truth)| measure(clips, truth)).collect()
        };
        let (model, all_true) = (self.model.concat(), self.truth.concat());
        let is_measured = matches!(truth, Truth::Measured);
        Row {
            name,
            more_is_better,
            windows: by_window(&self.model),
            all: measure(&model, &all_true),
            true_windows: is_measured.then(|| by_window(&self.truth)),
            true_all: if is_measured { measure(&all_true, &all_true) } else { None },
            lowest,
        }
    }

    /// The mean of the features of all true frames.
    fn middle(&self, of: Pick) -> Vec<f32> {
        let seen = self.truth.iter().flatten().flat_map(|clip| clip.iter());
        centre(seen.flat_map(|seen| &seen.features).map(of))
    }

    /// How alike the model's frames of different walks are.
    fn strangers(&self, of: Pick, middle: &[f32]) -> Option<f32> {
        let clips: Vec<Vec<Vec<f32>>> =
            self.model.first()?.iter().map(|clip| features(clip, of, middle)).collect();
        unrelated(&clips.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

/// Picks one of the features of a frame.
type Pick = fn(&Features) -> &[f32];

fn subject(features: &Features) -> &[f32] {
    &features.subject
}

fn background(features: &Features) -> &[f32] {
    &features.background
}

fn features(clip: &[Seen], of: Pick, middle: &[f32]) -> Vec<Vec<f32>> {
    let frames = clip.iter().flat_map(|seen| &seen.features);
    frames.map(|features| centred(of(features), middle)).collect()
}

fn steady(clips: &[Clip<'_>], of: Pick, middle: &[f32]) -> Option<f32> {
    let values = clips.iter().map(|clip| consistency(&features(clip, of, middle)));
    (!clips.is_empty()).then(|| values.sum::<f32>() / clips.len() as f32)
}

fn subjects<'s>(clips: &[&'s [Seen]]) -> Vec<&'s [f32]> {
    let seen = clips.iter().flat_map(|clip| clip.iter());
    seen.flat_map(|seen| &seen.features).map(|features| features.subject.as_slice()).collect()
}

fn colours(clips: &[Clip<'_>]) -> Spread {
    let seen = clips.iter().flat_map(|clip| clip.iter());
    seen.fold(Spread::default(), |sum, seen| sum.and(&seen.colour))
}

fn share(clips: &[Clip<'_>], is: impl Fn(&Seen) -> Option<bool>) -> Option<f32> {
    mean(clips, |seen| is(seen).map(f32::from))
}

/// Mean over the segments that have it.
fn mean(clips: &[Clip<'_>], of: impl Fn(&Seen) -> Option<f32>) -> Option<f32> {
    let values: Vec<f32> = clips.iter().flat_map(|clip| clip.iter()).filter_map(of).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}
