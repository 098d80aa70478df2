//! Pictures of places that a walk may come to: of those that a model brings along, the ones that look as if
//! they were of one town, at one time of day, with the picture that the walk begins with, or those that a
//! person asks for.

use std::sync::Arc;

use rayon::prelude::{IntoParallelIterator as _, ParallelIterator as _};
use yume_checkpoint::ModelFiles;
use yume_media::{Frame, decode_picture};

use crate::WorldError;
use crate::pixels::planar;

/// Shades of each primary that are told apart.
const SHADES: usize = 8;
/// Two pictures are alike from this share of common colours on; those of one light have 0.6 or more in
/// common, and a photo has less than 0.3 with any of the town.
const ALIKE: f32 = 0.45;
/// So many of the most alike decide.
const DECIDE: usize = 2;

/// The places of a model, by kind: district, time of day, weather and season.
#[derive(Debug, Default)]
pub(crate) struct Places {
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Kind {
    /// What a person may call it, in small letters.
    words: Vec<String>,
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    picture: Arc<[f32]>,
    colours: Vec<f32>,
}

impl Places {
    /// The places that `files` bring along: a sheet of pictures of the model's size, one kind in each row.
    ///
    /// # Errors
    /// If the sheet cannot be read.
    pub(crate) fn open(files: &ModelFiles) -> Result<Self, WorldError> {
        let Some((bytes, name)) = files.places()? else { return Ok(Self::default()) };
        let sheet = decode_picture(&bytes, &name)?;
        let frame = files.spec().frame;
        let (rows, columns) =
            (sheet.height as usize / frame.height, sheet.width as usize / frame.width);
        let place = |row: usize, column: usize| {
            let picture = part(
                &sheet,
                (row * frame.height, column * frame.width),
                (frame.height, frame.width),
            );
            Place { colours: colours(&picture), picture: picture.into() }
        };
        let words = |row: usize| files.spec().places.get(row).map_or("", String::as_str);
        let kind = |row| Kind {
            words: words(row).split_whitespace().map(str::to_lowercase).collect(),
            places: (0..columns).map(|column| place(row, column)).collect(),
        };
        Ok(Self { kinds: (0..rows).into_par_iter().map(kind).collect() })
    }

    /// The kind that is most like a planar picture; none if none is like it.
    pub(crate) fn like(&self, picture: &[f32]) -> Option<usize> {
        let own = colours(picture);
        let alike = |kind: &Kind| {
            let common =
                |place: &Place| own.iter().zip(&place.colours).map(|(a, b)| a.min(*b)).sum::<f32>();
            let mut shares: Vec<f32> = kind.places.iter().map(common).collect();
            shares.sort_by(|a, b| b.total_cmp(a));
            shares.iter().take(DECIDE).sum::<f32>() / DECIDE.min(shares.len()).max(1) as f32
        };
        let best = self.kinds.iter().map(alike).enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        best.filter(|(_, share)| *share >= ALIKE).map(|(kind, _)| kind)
    }

    /// The kind that a text speaks of with most of its words; none if it speaks of none. Of several it is the one
    /// that has most in common with the kind `from`: night comes to a park as the park at night.
    pub(crate) fn called(&self, text: &str, from: Option<usize>) -> Option<usize> {
        let said: Vec<String> = words(text).collect();
        let here = from.map_or(&[][..], |kind| &self.kinds[kind].words);
        let count = |kind: usize, words: &[String]| {
            self.kinds[kind].words.iter().filter(|word| words.contains(word)).count()
        };
        // The first of several, because the last one wins.
        let best =
            (0..self.kinds.len()).rev().max_by_key(|&kind| (count(kind, &said), count(kind, here)));
        best.filter(|&kind| count(kind, &said) > 0)
    }

    /// Pictures of a kind.
    pub(crate) fn of(&self, kind: usize) -> Vec<Arc<[f32]>> {
        self.kinds[kind].places.iter().map(|place| Arc::clone(&place.picture)).collect()
    }
}

/// The words of a text in small letters.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let between = |letter: char| !letter.is_alphanumeric();
    text.split(between).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The planar part of a picture that begins at a row and a column.
fn part(sheet: &Frame, (top, left): (usize, usize), (height, width): (usize, usize)) -> Vec<f32> {
    let line = |row: usize| {
        let first = 3 * ((top + row) * sheet.width as usize + left);
        &sheet.rgb[first..first + 3 * width]
    };
    let rgb = (0..height).flat_map(|row| line(row).iter().copied()).collect();
    planar(&Frame::new(width as u32, height as u32, rgb))
}

/// How often each colour is in the upper and in the lower half of a planar picture; all adds up to 1.
fn colours(picture: &[f32]) -> Vec<f32> {
    let area = picture.len() / 3;
    let mut found = vec![0.0; 2 * SHADES * SHADES * SHADES];
    let shade = |value: f32| {
        let unit = value.mul_add(0.5, 0.5).clamp(0.0, 1.0);
        ((unit * SHADES as f32) as usize).min(SHADES - 1)
    };
    for at in 0..area {
        let colour = (0..3).fold(0, |sum, plane| sum * SHADES + shade(picture[plane * area + at]));
        let half = usize::from(2 * at >= area);
        found[half * SHADES * SHADES * SHADES + colour] += 1.0 / area as f32;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one colour above and another below.
    fn picture(above: [f32; 3], below: [f32; 3]) -> Vec<f32> {
        (0..3).flat_map(|plane| [vec![above[plane]; 50], vec![below[plane]; 50]].concat()).collect()
    }

    #[test]
    fn a_walk_comes_to_places_of_its_own_kind() {
        let (blue, black, grey) = ([-0.3, 0.2, 0.9], [-0.9, -0.9, -0.7], [0.1, 0.1, 0.1]);
        let (green, dark) = ([-0.3, 0.7, -0.4], [-0.9, -0.6, -0.9]);
        let kind = |above, words: &str| {
            let place = |shift: f32| {
                let picture = picture(above, grey.map(|value| value + shift));
                Place { colours: colours(&picture), picture: picture.into() }
            };
            let words = words.split_whitespace().map(str::to_owned).collect();
            Kind { words, places: vec![place(0.0), place(0.01)] }
        };
        let kinds = vec![
            kind(blue, "noon sunny"),
            kind(black, "night"),
            kind(green, "park trees noon sunny"),
            kind(dark, "park trees night"),
        ];
        let places = Places { kinds };
        assert_eq!(places.like(&picture(black, grey)), Some(1));
        assert_eq!(places.of(1).len(), 2);
        assert_eq!(places.of(1)[0][..], picture(black, grey)[..]);
        // The same colours the other way round are another world.
        assert_eq!(places.like(&picture(grey, black)), None);
        assert_eq!(Places::default().like(&picture(blue, grey)), None);
        for (text, from, kind) in [
            ("late at Night", None, Some(1)),
            ("late at night", Some(2), Some(3)),
            ("a sunny noon, no night", None, Some(0)),
            ("a park", Some(1), Some(3)),
            ("a park", Some(0), Some(2)),
            ("a park", None, Some(2)),
            ("a park at night", Some(0), Some(3)),
            ("somewhere else", Some(0), None),
        ] {
            assert_eq!(places.called(text, from), kind, "{text:?} from {from:?}");
        }
    }
}
