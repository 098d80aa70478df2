//! Captions against the published ones.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use yume_motion::{Motion, Phrasebook, Speed, Travel, Turn};

#[track_caller]
fn check(book: &Phrasebook, motion: &str, speed: Option<Speed>, scene: &str, wanted: &str) {
    assert_eq!(book.caption(motion.parse().unwrap(), speed, scene), wanted);
}

/// Lines of `caption.txt` (with the blank before `at` that the training captions have) and
/// `caption_re.txt`.
#[test]
fn published_captions_come_out_byte_for_byte() {
    let (tiny, old, new) = (Phrasebook::TINY, Phrasebook::YUME_1_0, Phrasebook::YUME_1_5);
    let speed = |book: &Phrasebook, motion: &str| book.usual_speed(motion.parse().unwrap());
    check(
        &old,
        "W",
        speed(&old, "W"),
        "",
        "This video depicts a city walk scene with a first-person view (FPV).Person moves forward (W).Camera remains still (·).Actual distance moved:4.3697374288015297 at 100 meters per second.Angular change rate (turn speed):4.520279996588001.View rotation speed:4.14601429683874179.",
    );
    check(
        &old,
        "W+A:left",
        Some(Speed::YUME_1_0),
        " ",
        "This video depicts a city walk scene with a first-person view (FPV).Person moves forward and left (W+A).Camera turns left (←).Actual distance moved:4.3697374288015297 at 100 meters per second.Angular change rate (turn speed):4.520279996588001.View rotation speed:4.14601429683874179.",
    );
    check(
        &old,
        ".:up",
        Speed::from_numbers(0.5, 2.0, 1e-5),
        "",
        "This video depicts a city walk scene with a first-person view (FPV).Person stands still (·).Camera tilts up (↑).Actual distance moved:0.5 at 100 meters per second.Angular change rate (turn speed):2.0.View rotation speed:1e-05.",
    );
    check(
        &old,
        ".",
        None,
        "Rain. ",
        "This video depicts a city walk scene with a first-person view (FPV).Person stands still (·).Camera remains still (·).Rain.",
    );
    check(
        &new,
        "W",
        speed(&new, "W"),
        "",
        "First-person perspective. The camera pushes forward (W). The rotation direction of the camera remains stationary (·). Actual distance moved:4 at 100 meters per second. Angular change rate (turn speed):0. View rotation speed:0.",
    );
    check(
        &new,
        ".:right",
        speed(&new, ".:right"),
        "A dragon.",
        "First-person perspective. The camera's movement direction remains stationary (·). The camera pans to the right (→). Actual distance moved:0 at 100 meters per second. Angular change rate (turn speed):4. View rotation speed:4.A dragon.",
    );
    check(
        &new,
        "S+D",
        None,
        "",
        "First-person perspective. The camera pulls back and moves to the right (S+D). The rotation direction of the camera remains stationary (·).",
    );
    check(
        &tiny,
        "S:down-right",
        Some(Speed::YUME_1_0),
        "Rain.",
        "This video depicts a city walk scene with a first-person view (FPV).Person moves backward (S).Camera tilts down and turns right (↓→).",
    );
    assert_eq!(speed(&tiny, "W"), None, "the small world knows no speed");
}

/// How a vocabulary puts a motion into words.
struct Words {
    travel: [&'static str; 4],
    turn: [&'static str; 4],
    subjects: [&'static str; 2],
    still: [&'static str; 2],
    separator: &'static str,
}

#[track_caller]
fn check_all(book: &Phrasebook, words: &Words) {
    for motion in Motion::all() {
        let phrase = |signs: [i8; 2], names: [&'static str; 4]| {
            let [first, second] = signs.map(|sign| match sign {
                1 => 0,
                -1 => 1,
                _ => 9,
            });
            let names = [names.get(first), names[2..].get(second)];
            names.into_iter().flatten().copied().collect::<Vec<_>>().join(" and ")
        };
        let travel = match motion.travel {
            Travel::Still => format!("{} (·).", words.still[0]),
            travel => format!(
                "{} {} ({}).",
                words.subjects[0],
                phrase(travel.signs(), words.travel),
                travel.keys()
            ),
        };
        let [left, up] = motion.turn.signs();
        let turn = match motion.turn {
            Turn::Still => format!("{} (·).", words.still[1]),
            turn => format!(
                "{} {} ({}).",
                words.subjects[1],
                phrase([up, left], words.turn),
                turn.arrows()
            ),
        };
        let wanted = [book.prefix, &travel, &turn].join(words.separator);
        assert_eq!(book.caption(motion, None, ""), wanted, "{motion}");
    }
}

#[test]
fn all_81_captions_follow_their_vocabulary() {
    let old = Words {
        travel: ["forward", "backward", "right", "left"],
        turn: ["tilts up", "tilts down", "turns left", "turns right"],
        subjects: ["Person moves", "Camera"],
        still: ["Person stands still", "Camera remains still"],
        separator: "",
    };
    check_all(&Phrasebook::YUME_1_0, &old);
    check_all(&Phrasebook::TINY, &old);
    let new = Words {
        travel: ["pushes forward", "pulls back", "moves to the right", "moves to the left"],
        turn: ["tilts up", "tilts down", "pans to the left", "pans to the right"],
        subjects: ["The camera", "The camera"],
        still: [
            "The camera's movement direction remains stationary",
            "The rotation direction of the camera remains stationary",
        ],
        separator: " ",
    };
    check_all(&Phrasebook::YUME_1_5, &new);
}

#[test]
fn numbers_are_printed_as_python_prints_them() {
    let table = [
        (0.0, "0.0"),
        (4.0, "4.0"),
        (4.520279996588001, "4.520279996588001"),
        (0.1 + 0.2, "0.30000000000000004"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234e-05"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (2.5e-123, "2.5e-123"),
        (-7.25, "-7.25"),
    ];
    for (value, wanted) in table {
        let speed = Speed::from_numbers(value, 1.0, 1.0).unwrap();
        assert_eq!(speed.distance.to_string(), wanted, "{value:?}");
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Speed::from_numbers(1.0, value, 1.0), None, "{value}");
    }
}
