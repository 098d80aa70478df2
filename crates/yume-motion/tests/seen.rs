//! What the memory of a walk promises.

use yume_motion::seen::{Last, RecallRule, Recalled, Seen};
use yume_motion::walk::Pose;
use yume_motion::warp::WarpModel;

const WIDTH: usize = 96;
const HEIGHT: usize = 64;
const AREA: usize = WIDTH * HEIGHT;
const MODEL: WarpModel = WarpModel::TINY_V0;
const RULE: RecallRule = RecallRule {
    pictures: 48,
    apart_metres: 0.75,
    apart_deg: 13.0,
    sharp_metres: 0.4,
    coarse_metres: 1.0,
    folds: false,
};
const ORIGIN: Pose = Pose { x: 0.0, y: 0.0, yaw: 0.0, pitch: 0.0 };

fn turned(degrees: f32) -> Pose {
    Pose { yaw: degrees.to_radians(), ..ORIGIN }
}

/// What a camera sees of the world that the warp assumes, painted with waves.
fn shown(pose: Pose) -> Vec<f32> {
    let view = MODEL.view(pose, 0.0, [WIDTH as f32, HEIGHT as f32]);
    let place = |i: usize| view.place([(i % WIDTH) as f32, (i / WIDTH) as f32]);
    let places: Vec<[f32; 3]> = (0..AREA).map(place).collect();
    let paint = |plane: f32| {
        let wave = move |[x, y, z]: &[f32; 3]| {
            0.4 * (y.atan2(*x) * (5.0 + plane)).sin() + 0.01 * (x.hypot(*y) - 3.0 * z)
        };
        places.iter().map(wave).collect::<Vec<_>>()
    };
    [0.0, 1.0, 2.0].map(paint).concat()
}

fn flat(picture: &[f32], pose: Pose) -> Last<'_> {
    Last { picture, depth: None, pose }
}

fn recall(seen: &Seen, last: Pose, pose: Pose) -> Recalled {
    let size = (WIDTH, HEIGHT);
    seen.recall((&MODEL, &RULE), flat(&shown(last), last), size, pose.seen_from(last))
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn turning_away_and_back_shows_the_same_pixels() {
    for degrees in [30.0, 90.0, -90.0, 180.0, 270.0] {
        let mut seen = Seen::default();
        seen.remember(&RULE, &shown(ORIGIN), ORIGIN, |_, _, _| None);
        let back = recall(&seen, turned(degrees), ORIGIN);
        assert!(back.is_seen.iter().all(|&seen| seen == 1.0), "{degrees}");
        let error = furthest(&back.picture, &shown(ORIGIN));
        // Half a thousandth of the range: places are found to a hundredth of a pixel.
        assert!(error < 1e-3, "back from {degrees} degrees the first view is off by {error}");
    }
}

#[test]
fn what_was_seen_comes_back_in_place_and_the_rest_is_mirrored() {
    let mut seen = Seen::default();
    for degrees in [0.0, 20.0, 40.0, 60.0] {
        seen.remember(&RULE, &shown(turned(degrees)), turned(degrees), |_, _, _| None);
    }
    assert_eq!(seen.len(), 4);
    // From the last view at 60 degrees, 10 was seen by the first two; of -20, a part by nobody.
    for (degrees, least) in [(10.0, 1.0), (35.0, 1.0), (60.0, 1.0), (-20.0, 0.6)] {
        let (found, truth) = (recall(&seen, turned(60.0), turned(degrees)), shown(turned(degrees)));
        let share = found.is_seen.iter().sum::<f32>() / AREA as f32;
        assert!(share >= least && (least == 1.0 || share < 0.9), "{degrees}: {share} was seen");
        for (i, is_seen) in found.is_seen.iter().enumerate() {
            let error = (found.picture[i] - truth[i]).abs();
            // What lies between pixels is interpolated.
            assert!(*is_seen == 0.0 || error < 0.02, "{degrees}, pixel {i}: off by {error}");
        }
    }
}

#[test]
fn without_memory_the_frame_is_the_last_one_as_seen_from_there() {
    for pose in [ORIGIN, turned(15.0), Pose { x: 2.0, y: -0.5, ..turned(-10.0) }] {
        let found = recall(&Seen::default(), ORIGIN, pose);
        let warped = MODEL.warp(&shown(ORIGIN), WIDTH, HEIGHT, pose, 0.0);
        let error = furthest(&found.picture, &warped);
        assert!(error < 1e-3, "{pose:?}: off by {error}");
    }
}

#[test]
fn what_is_walked_up_to_is_seen_but_not_from_near() {
    for (metres, wanted) in [(0.0, 1.0), (0.3, 1.0), (0.7, 0.5), (1.0, 0.0), (3.0, 0.0)] {
        let found = recall(&Seen::default(), ORIGIN, Pose { x: metres, ..ORIGIN });
        let middle = HEIGHT / 3 * WIDTH + WIDTH / 2;
        assert_eq!(found.is_seen[middle], 1.0, "{metres} m");
        let near = found.nearness[middle];
        assert!((near - wanted).abs() < 1e-4, "{metres} m: {near}");
    }
}

#[test]
fn a_step_back_shows_the_ground_that_was_left() {
    let ahead = Pose { x: 1.5, ..ORIGIN };
    let mut seen = Seen::default();
    seen.remember(&RULE, &shown(ORIGIN), ORIGIN, |_, _, _| None);
    let back = recall(&seen, ahead, ORIGIN);
    let lowest = (HEIGHT - 1) * WIDTH..AREA;
    assert!(back.is_seen[lowest.clone()].iter().all(|&seen| seen == 1.0));
    assert!(back.nearness[lowest.clone()].iter().all(|&near| near == 1.0));
    let alone = recall(&Seen::default(), ahead, ORIGIN);
    assert!(alone.is_seen[lowest.clone()].contains(&0.0));
}

#[test]
fn a_place_is_kept_once_and_memory_is_bounded() {
    let mut seen = Seen::default();
    let picture = [0.0; 3];
    for step in 0..10_000 {
        // A spiral, turning all the time.
        let angle = step as f32 * 0.02;
        let pose = Pose { x: angle * angle.cos(), y: angle * angle.sin(), yaw: angle, pitch: 0.0 };
        seen.remember(&RULE, &picture, pose, |_, _, _| None);
        assert!(seen.len() <= RULE.pictures);
        let kept = seen.clone();
        seen.remember(&RULE, &picture, pose, |_, _, _| None);
        assert_eq!(seen, kept, "a place is kept twice");
    }
    assert_eq!(seen.len(), RULE.pictures);
}

#[test]
fn what_is_far_away_is_thinned_out_but_not_forgotten() {
    let mut seen = Seen::default();
    let rule = RecallRule { pictures: 20, ..RULE };
    for metre in 0..60 {
        let pose = Pose { x: metre as f32, ..ORIGIN };
        seen.remember(&rule, &[metre as f32; 3], pose, |_, _, _| None);
    }
    let kept = seen.poses();
    let within =
        |range: std::ops::Range<f32>| kept.iter().filter(|pose| range.contains(&pose.x)).count();
    assert!(within(50.0..60.0) > within(0.0..30.0), "{kept:?}");
    assert!(within(0.0..30.0) >= 2, "{kept:?}");
}

#[test]
fn no_pose_panics() {
    let wild = [0.0, -3.0, 30.0, 1e6, -1e30, f32::INFINITY, f32::NAN];
    let mut seen = Seen::default();
    let picture = vec![0.5; 3 * 5 * 4];
    for x in wild {
        for yaw in wild {
            let pose = Pose { x, y: yaw, yaw, pitch: yaw };
            seen.remember(&RULE, &picture, pose, |_, _, _| None);
            let depth = [0.1, 0.0, 2.0, f32::NAN].repeat(5);
            let last = Last { depth: Some(&depth), ..flat(&picture, pose) };
            let found = seen.recall((&MODEL, &RULE), last, (5, 4), pose);
            assert!(found.picture.iter().all(|value| (value - 0.5).abs() < 1e-3), "{pose:?}");
        }
    }
    let empty = Seen::default().recall((&MODEL, &RULE), flat(&[], ORIGIN), (0, 0), ORIGIN);
    assert!(empty.picture.is_empty());
}

#[test]
fn around_the_corner_of_a_folded_world_is_the_first_street_in_a_mirror() {
    let rule = RecallRule { folds: true, ..RULE };
    let mut seen = Seen::default();
    seen.remember(&rule, &shown(ORIGIN), ORIGIN, |_, _, _| None);
    for degrees in [90.0, -90.0, 180.0] {
        // Looked at as the last picture, turned away before.
        let (last, size) = (turned(degrees), (WIDTH, HEIGHT));
        let found = seen.recall((&MODEL, &rule), flat(&shown(last), last), size, turned(0.0));
        assert!(furthest(&found.picture, &shown(last)) < 1e-5, "what is seen goes first");

        let found = seen.recall((&MODEL, &rule), flat(&shown(ORIGIN), ORIGIN), size, last);
        let middle = 40 * WIDTH + WIDTH / 2;
        let street = shown(ORIGIN);
        for aside in [-30_i32, -7, 0, 7, 30] {
            let at = |aside: i32| middle.strict_add_signed(aside as isize);
            // The pixel beside the middle on the other side.
            let (found, wanted) = (found.picture[at(aside)], street[at(-aside) - 1]);
            assert!((found - wanted).abs() < 1e-3, "{degrees}, {aside}: {found}, not {wanted}");
        }
        assert!(found.nearness.iter().all(|&near| near == 0.0), "nothing of it is sure");
    }
}

#[test]
fn a_long_way_ahead_comes_to_the_first_picture_again() {
    let rule = RecallRule { folds: true, sharp_metres: 3.0, coarse_metres: 8.0, ..RULE };
    let (mut seen, mut plain) = (Seen::default(), Seen::default());
    seen.remember(&rule, &shown(ORIGIN), ORIGIN, |_, _, _| None);
    plain.remember(&RULE, &shown(ORIGIN), ORIGIN, |_, _, _| None);
    let (size, grey) = ((WIDTH, HEIGHT), vec![0.0; 3 * AREA]);
    let likeness = |seen: &Seen, rule: &RecallRule, x: f32| {
        let last = Pose { x, ..ORIGIN };
        let found = seen.recall((&MODEL, rule), flat(&grey, last), size, ORIGIN).picture;
        let street = shown(ORIGIN);
        // It is put up in a mirror and as it is, in turn.
        let off = |i: usize| {
            let mirrored = i - i % WIDTH + (WIDTH - 1 - i % WIDTH);
            [found[i] - street[mirrored], found[i] - street[i]].map(f32::abs)
        };
        let sums = (0..3 * AREA).map(off).fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
        sums[0].min(sums[1]) / (3 * AREA) as f32
    };
    let mut nearest = f32::MAX;
    // Further than as many pictures as are kept.
    for metre in 1..=120 {
        let pose = Pose { x: metre as f32, ..ORIGIN };
        seen.remember(&rule, &grey, pose, |_, _, _| None);
        plain.remember(&RULE, &grey, pose, |_, _, _| None);
        let off = likeness(&seen, &rule, metre as f32);
        assert!(metre > 10 || off > 0.1, "{metre} m: the first picture fades at once");
        nearest = if metre == 80 { f32::MAX } else { nearest.min(off) };
        assert!(likeness(&plain, &RULE, metre as f32) > 0.1, "only folded worlds begin again");
    }
    assert!(nearest < 0.05, "at best {nearest} from the first picture");
}

#[test]
fn a_long_way_ahead_comes_to_other_places_in_turn() {
    let rule = RecallRule { folds: true, sharp_metres: 3.0, coarse_metres: 8.0, ..RULE };
    let plain = |value: f32| vec![value; 3 * AREA];
    let places = |values: &[f32]| values.iter().map(|&value| plain(value).into()).collect();
    let mut seen = Seen::among(places(&[0.2, 0.4]));
    // The first picture is black, what is walked through grey.
    seen.remember(&rule, &plain(-1.0), ORIGIN, |_, _, _| None);
    let middle = HEIGHT / 2 * WIDTH + WIDTH / 2;
    let ahead = |seen: &Seen, last: Pose| {
        let found = seen.recall((&MODEL, &rule), flat(&plain(0.0), last), (WIDTH, HEIGHT), ORIGIN);
        (100.0 * found.picture[middle]).round() as i32
    };
    let walk = |seen: &mut Seen, metres: std::ops::Range<i32>| {
        let mut met = Vec::new();
        for metre in metres {
            let pose = Pose { x: metre as f32, ..ORIGIN };
            seen.remember(&rule, &plain(0.0), pose, |_, _, _| None);
            let shown = ahead(seen, pose);
            if [20, 40, -100, 70].contains(&shown) && met.last() != Some(&shown) {
                met.push(shown);
            }
        }
        met
    };
    assert_eq!(walk(&mut seen, 1..72), [20, 40, -100], "both places, and then the first picture");
    // Who asks for others need not wait until the street is worn.
    seen.lead_to(places(&[0.7]), Pose { x: 71.0, ..ORIGIN });
    assert_eq!(walk(&mut seen, 72..86), [70]);
}

#[test]
fn whoever_walks_sideways_or_backwards_comes_to_other_places_too() {
    let rule = RecallRule { folds: true, sharp_metres: 3.0, coarse_metres: 8.0, ..RULE };
    let plain = |value: f32| vec![value; 3 * AREA];
    let middle = HEIGHT / 2 * WIDTH + WIDTH / 2;
    for [x, y] in [[0.0, 1.0], [0.0, -1.0], [-1.0, 0.0], [0.7, 0.7], [-0.7, -0.7]] {
        let mut seen = Seen::among(vec![plain(0.2).into(), plain(0.4).into()]);
        seen.remember(&rule, &plain(-1.0), ORIGIN, |_, _, _| None);
        let mut met = Vec::new();
        for metre in 1..60 {
            let pose = Pose { x: x * metre as f32, y: y * metre as f32, ..ORIGIN };
            seen.remember(&rule, &plain(0.0), pose, |_, _, _| None);
            let grey = plain(0.0);
            let found = seen.recall((&MODEL, &rule), flat(&grey, pose), (WIDTH, HEIGHT), ORIGIN);
            let shown = (100.0 * found.picture[middle]).round() as i32;
            if [20, 40].contains(&shown) && met.last() != Some(&shown) {
                met.push(shown);
            }
        }
        assert_eq!(met[..2], [20, 40], "towards {x} {y}: {met:?}");
    }
}
