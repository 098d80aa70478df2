//! The three numbers of a caption's speed sentences, printed as the training captions print them.

use std::fmt;

/// One number of a speed sentence.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Figure(Digits);

#[derive(Copy, Clone, PartialEq, Debug)]
enum Digits {
    Verbatim(&'static str),
    Number(f64),
}

impl Figure {
    /// Digits to be written exactly so. The published captions carry more digits than a double
    /// holds.
    #[must_use]
    pub const fn verbatim(digits: &'static str) -> Self {
        Self(Digits::Verbatim(digits))
    }

    /// A number, written with the fewest digits that read back the same, as Python's `str` does.
    /// `None` unless finite.
    #[must_use]
    pub fn number(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(Digits::Number(value)))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Digits::Verbatim(digits) => f.write_str(digits),
            Digits::Number(value) => {
                // Rust and Python change to exponents at the same sizes; Python gives the exponent
                // a sign and two digits.
                let text = format!("{value:?}");
                match text.split_once('e') {
                    None => f.write_str(&text),
                    Some((mantissa, exponent)) => {
                        let (sign, digits) = match exponent.strip_prefix('-') {
                            Some(digits) => ('-', digits),
                            None => ('+', exponent),
                        };
                        write!(f, "{mantissa}e{sign}{digits:0>2}")
                    }
                }
            }
        }
    }
}

/// How fast the camera travels and turns, in the numbers of the captions.
/// The authors advise values of 0.1 to 10, and smaller ones for what stands still.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Speed {
    /// `Actual distance moved`: a hundred times the path length per second.
    pub distance: Figure,
    /// `Angular change rate (turn speed)`: degrees between successive directions of travel.
    pub turn: Figure,
    /// `View rotation speed`: degrees between successive directions of view.
    pub rotation: Figure,
}

impl Speed {
    /// The three numbers of every caption that Yume 1.0 ships (`caption.txt` of stdstu12/YUME),
    /// digit for digit.
    pub const YUME_1_0: Self = Self {
        distance: Figure::verbatim("4.3697374288015297"),
        turn: Figure::verbatim("4.520279996588001"),
        rotation: Figure::verbatim("4.14601429683874179"),
    };

    /// From numbers, in the order of the caption. `None` unless all are finite.
    #[must_use]
    pub fn from_numbers(distance: f64, turn: f64, rotation: f64) -> Option<Self> {
        Some(Self {
            distance: Figure::number(distance)?,
            turn: Figure::number(turn)?,
            rotation: Figure::number(rotation)?,
        })
    }
}
