//! A motion becomes its caption by a phrasebook: the sentences that a model was trained with, as
//! data.

use std::fmt::Write as _;

use crate::{Motion, Speed, Travel, Turn};

/// The sentences of one model.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Phrasebook {
    /// What every caption begins with.
    pub prefix: &'static str,
    /// One sentence per travel, in the order of [`Travel::ALL`].
    pub travel: [&'static str; 9],
    /// One sentence per turn, in the order of [`Turn::ALL`].
    pub turn: [&'static str; 9],
    /// Stands between sentences.
    pub separator: &'static str,
    /// The speed sentences, for a model that knows them.
    pub speed: Option<SpeedSentences>,
    /// Stands before the scene; `None` for a model that was never shown a scene text.
    pub scene_separator: Option<&'static str>,
}

/// What surrounds the three speed numbers, and their usual values.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct SpeedSentences {
    /// Text before and after the numbers: distance, turn, rotation.
    pub around: [(&'static str, &'static str); 3],
    /// The usual numbers of a camera that travels and turns.
    pub moving: Speed,
    /// The usual numbers of a camera that does neither.
    pub resting: Speed,
}

impl Phrasebook {
    /// The caption of a motion. Without `speed` there are no speed sentences; a model that does not
    /// know them, or knows no scene, ignores what it is given.
    #[must_use]
    pub fn caption(&self, motion: Motion, speed: Option<Speed>, scene: &str) -> String {
        let mut caption = String::with_capacity(320 + scene.len());
        caption.push_str(self.prefix);
        for sentence in [self.travel[motion.travel as usize], self.turn[motion.turn as usize]] {
            caption.push_str(self.separator);
            caption.push_str(sentence);
        }
        if let (Some(sentences), Some(speed)) = (&self.speed, speed) {
            let numbers = [speed.distance, speed.turn, speed.rotation];
            for ((before, after), number) in sentences.around.into_iter().zip(numbers) {
                let separator = self.separator;
                write!(caption, "{separator}{before}{number}{after}")
                    .expect("writing to a string cannot fail");
            }
        }
        let scene = scene.trim();
        if let Some(separator) = self.scene_separator
            && !scene.is_empty()
        {
            caption.push_str(separator);
            caption.push_str(scene);
        }
        caption
    }

    /// The numbers that suit a motion, for a model that knows speed sentences: distance as it
    /// travels, the two angular numbers as it turns.
    #[must_use]
    pub fn usual_speed(&self, motion: Motion) -> Option<Speed> {
        let SpeedSentences { moving, resting, .. } = self.speed?;
        let travel = if motion.travel == Travel::Still { resting } else { moving };
        let turn = if motion.turn == Turn::Still { resting } else { moving };
        Some(Speed { distance: travel.distance, turn: turn.turn, rotation: turn.rotation })
    }
}
