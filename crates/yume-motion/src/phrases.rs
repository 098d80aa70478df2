//! The published sentences, byte for byte.

use crate::{Figure, Phrasebook, Speed, SpeedSentences};

impl Phrasebook {
    /// Yume 1.0, without any separators. Source: `fastvideo/dataset/t2v_datasets.py` and
    /// `fastvideo/sample/sample.py` of stdstu12/YUME, commit 111c3fa. A scene is not part of its
    /// training captions; it goes to the end.
    pub const YUME_1_0: Self = Self {
        prefix: "This video depicts a city walk scene with a first-person view (FPV).",
        travel: [
            "Person stands still (·).",
            "Person moves forward (W).",
            "Person moves left (A).",
            "Person moves backward (S).",
            "Person moves right (D).",
            "Person moves forward and left (W+A).",
            "Person moves forward and right (W+D).",
            "Person moves backward and left (S+A).",
            "Person moves backward and right (S+D).",
        ],
        turn: [
            "Camera remains still (·).",
            "Camera turns left (←).",
            "Camera turns right (→).",
            "Camera tilts up (↑).",
            "Camera tilts down (↓).",
            "Camera tilts up and turns left (↑←).",
            "Camera tilts up and turns right (↑→).",
            "Camera tilts down and turns left (↓←).",
            "Camera tilts down and turns right (↓→).",
        ],
        separator: "",
        speed: Some(SpeedSentences {
            around: SPEED_SENTENCES,
            moving: Speed::YUME_1_0,
            resting: Speed::YUME_1_0,
        }),
        scene_separator: Some(""),
    };

    /// Yume 1.5 (5B). Source: `caption_re.txt` and `webapp_single_gpu.py` of stdstu12/YUME; the
    /// scene follows without a space, as there.
    pub const YUME_1_5: Self = Self {
        prefix: "First-person perspective.",
        travel: [
            "The camera's movement direction remains stationary (·).",
            "The camera pushes forward (W).",
            "The camera moves to the left (A).",
            "The camera pulls back (S).",
            "The camera moves to the right (D).",
            "The camera pushes forward and moves to the left (W+A).",
            "The camera pushes forward and moves to the right (W+D).",
            "The camera pulls back and moves to the left (S+A).",
            "The camera pulls back and moves to the right (S+D).",
        ],
        turn: [
            "The rotation direction of the camera remains stationary (·).",
            "The camera pans to the left (←).",
            "The camera pans to the right (→).",
            "The camera tilts up (↑).",
            "The camera tilts down (↓).",
            "The camera tilts up and pans to the left (↑←).",
            "The camera tilts up and pans to the right (↑→).",
            "The camera tilts down and pans to the left (↓←).",
            "The camera tilts down and pans to the right (↓→).",
        ],
        separator: " ",
        speed: Some(SpeedSentences {
            around: SPEED_SENTENCES,
            moving: Speed { distance: FOUR, turn: FOUR, rotation: FOUR },
            resting: Speed { distance: ZERO, turn: ZERO, rotation: ZERO },
        }),
        scene_separator: Some(""),
    };

    /// The embedded small world: the sentences of 1.0, no speed, no scene.
    pub const TINY: Self = Self { speed: None, scene_separator: None, ..Self::YUME_1_0 };

    /// The same for an embedded model that was shown scene texts.
    pub const TINY_SCENES: Self = Self { scene_separator: Some(" "), ..Self::TINY };
}

const SPEED_SENTENCES: [(&str, &str); 3] = [
    ("Actual distance moved:", " at 100 meters per second."),
    ("Angular change rate (turn speed):", "."),
    ("View rotation speed:", "."),
];
const FOUR: Figure = Figure::verbatim("4");
const ZERO: Figure = Figure::verbatim("0");
