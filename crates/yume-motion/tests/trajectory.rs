//! Paths made from motions, and motions read back from paths.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use yume_motion::{
    Motion,
    trajectory::{
        CameraToWorld, CanonicalStep, IDENTITY, SpeedNumbers, Thresholds, TrajectoryError, relative,
    },
};

const STEP: CanonicalStep = CanonicalStep { distance: 0.02, radians: 0.012 };

/// Somewhere, looking somewhere: a general rotation and position.
fn start() -> CameraToWorld {
    let turned = CanonicalStep { distance: 40.0, radians: 0.7 };
    let motions = ["W+D:up-left", "S:right", "A:down-left"].map(|m| m.parse().unwrap());
    *turned.path(&IDENTITY, &motions).last().unwrap()
}

/// As a recorded file holds it.
fn rounded(path: &[CameraToWorld]) -> Vec<CameraToWorld> {
    path.iter().map(|pose| pose.map(|row| row.map(|v| f64::from(v as f32)))).collect()
}

#[track_caller]
fn check_decoded(path: &[CameraToWorld], stride: usize, wanted: &[Motion]) {
    let path = rounded(path);
    let thresholds = Thresholds::default().motions(&path, stride).unwrap();
    assert_eq!(thresholds, wanted, "thresholds, stride {stride}");
    let strided = CanonicalStep {
        distance: STEP.distance * stride as f64,
        radians: STEP.radians * stride as f64,
    };
    let nearest = strided.nearest_motions(&path, stride).unwrap();
    assert_eq!(nearest, wanted, "nearest, stride {stride}");
}

#[test]
fn every_motion_is_read_back_from_its_own_path() {
    let mut all = Vec::new();
    for motion in Motion::all() {
        check_decoded(&STEP.path(&start(), &[motion; 33]), 1, &[motion; 33]);
        all.push(motion);
    }
    check_decoded(&STEP.path(&start(), &all), 1, &all);
}

#[test]
fn a_stride_reads_every_nth_pose() {
    for stride in [2, 3, 7] {
        // A camera that travels while it turns drifts sideways over many poses, so only the pure
        // motions stay themselves.
        for motion in ["W", "A", "S+D", ".:left", ".:up", "."].map(|m| m.parse().unwrap()) {
            let motions = vec![motion; 10 * stride + stride - 1];
            check_decoded(&STEP.path(&start(), &motions), stride, &[motion; 10]);
        }
    }
}

#[test]
fn thresholds_grow_with_the_stride() {
    let slow = CanonicalStep { distance: 0.9e-4, radians: 0.9e-3 };
    let fast = CanonicalStep { distance: 1.1e-4, radians: 1.1e-3 };
    for (step, wanted) in [(slow, "."), (fast, "W:left")] {
        let path = step.path(&IDENTITY, &["W:left".parse().unwrap(); 4]);
        let found = Thresholds::default().motions(&path, 1).unwrap();
        assert_eq!(found, [wanted.parse().unwrap(); 4], "{step:?}");
        let found = Thresholds::default().motions(&path, 2).unwrap();
        assert_eq!(found, [wanted.parse().unwrap(); 2], "{step:?} stride 2");
    }
}

#[test]
fn the_nearest_motion_ignores_what_is_small_beside_the_step() {
    let path = STEP.path(&IDENTITY, &["W".parse().unwrap(); 8]);
    let mut drifting = path.clone();
    for (index, pose) in drifting.iter_mut().enumerate() {
        pose[0][3] += 0.004 * index as f64;
        pose[1][3] -= 0.004 * index as f64;
    }
    let nearest = STEP.nearest_motions(&drifting, 1).unwrap();
    assert_eq!(nearest, ["W".parse().unwrap(); 8], "nearest");
    let thresholds = Thresholds::default().motions(&drifting, 1).unwrap();
    assert_eq!(thresholds, ["W+D".parse().unwrap(); 8], "thresholds");
}

#[test]
fn a_fitted_step_has_the_scale_of_the_path() {
    let motions = ["W", ".", "W+A:left", ".:up", "D:right"].map(|m| m.parse().unwrap());
    let path = CanonicalStep { distance: 3.5, radians: 0.2 }.path(&start(), &motions);
    let fitted = CanonicalStep::fitted_to(&path, 1).unwrap();
    assert!((fitted.distance - 3.5).abs() < 1e-9, "{fitted:?}");
    assert!((fitted.radians - 0.2).abs() < 1e-9, "{fitted:?}");
    assert_eq!(fitted.nearest_motions(&path, 1).unwrap(), motions, "decoded");
    let nothing = CanonicalStep::fitted_to(&[IDENTITY; 3], 1).unwrap();
    assert!(nothing.distance > 0.0 && nothing.radians > 0.0, "{nothing:?}");
}

#[test]
fn a_relative_pose_is_what_was_composed() {
    for motion in Motion::all() {
        let path = STEP.path(&start(), &[motion]);
        let (found, wanted) = (relative(&path[0], &path[1]), STEP.transform(motion));
        for (found, wanted) in found.iter().flatten().zip(wanted.iter().flatten()) {
            assert!((found - wanted).abs() < 1e-12, "{motion}: {found} {wanted}");
        }
    }
}

#[track_caller]
fn check_speed(path: &[CameraToWorld], frames: std::ops::Range<usize>, wanted: [f64; 3]) {
    let found = SpeedNumbers::measure(path, frames.clone()).unwrap();
    let found = [found.distance_per_sec, found.turn_degrees, found.rotation_degrees];
    for (found_one, wanted_one) in found.into_iter().zip(wanted) {
        assert!((found_one - wanted_one).abs() < 1e-6, "{frames:?}: {found:?}, wanted {wanted:?}");
    }
}

#[test]
fn speed_numbers_are_means_over_the_frames() {
    let step = CanonicalStep { distance: 0.02, radians: 2f64.to_radians() };
    let walk = |script: &str| step.path(&start(), &yume_motion::parse_script(script).unwrap());
    check_speed(&walk("W*32"), 0..33, [0.6, 0.0, 0.0]);
    check_speed(&walk("W:left*32"), 0..33, [0.6, 2.0, 2.0]);
    check_speed(&walk(".:up*32"), 0..33, [0.0, 0.0, 0.0]);
    // Four steps ahead, one corner of 90 degrees, four to the right: seven triples, one of them
    // bent.
    check_speed(&walk("W*4,D*4"), 0..9, [0.6, 90.0 / 7.0, 0.0]);
    check_speed(&walk("W*4,D*4"), 0..5, [0.6, 0.0, 0.0]);
    // A triple with a pause in it does not count, so the corner moves to the front.
    check_speed(&walk("W*2,.*3,D,W,D"), 0..4, [0.6, 45.0, 0.0]);
    // Rotation alone counts as soon as anything travels: eight steps, four of them turning.
    check_speed(&walk("W*4,W:left*4"), 0..9, [0.6, 2.0 * 3.0 / 7.0, 1.0]);
    check_speed(&walk("W*4"), 90..99, [0.0; 3]);
    check_speed(&walk("W*4"), std::ops::Range { start: 3, end: 1 }, [0.0; 3]);
    check_speed(&[], 0..9, [0.0; 3]);
    let speed = SpeedNumbers { distance_per_sec: 0.0625, turn_degrees: 2.0, rotation_degrees: 0.5 };
    assert_eq!(speed.caption_speed().unwrap().distance.to_string(), "6.25", "times a hundred");
}

#[test]
fn broken_paths_are_refused() {
    let with = |edit: fn(&mut CameraToWorld)| {
        let mut path = vec![IDENTITY; 3];
        edit(&mut path[1]);
        path
    };
    let rigid = TrajectoryError::NotRigid { index: 1 };
    let finite = TrajectoryError::NotFinite { index: 1 };
    let table = [
        (with(|pose| pose[0][3] = f64::NAN), 1, finite),
        (with(|pose| pose[3][0] = f64::INFINITY), 1, finite),
        (with(|pose| pose[0][0] = 1.1), 1, rigid),
        (with(|pose| pose[0][0] = -1.0), 1, rigid),
        (with(|pose| pose[0][1] = 0.1), 1, rigid),
        (with(|pose| pose[3][3] = 2.0), 1, rigid),
        (with(|pose| *pose = [[0.0; 4]; 4]), 1, rigid),
        (with(|pose| pose[0][0] = 1e300), 1, rigid),
        (vec![IDENTITY; 3], 0, TrajectoryError::ZeroStride),
    ];
    for (path, stride, wanted) in table {
        assert_eq!(Thresholds::default().motions(&path, stride), Err(wanted), "{path:?}");
        assert_eq!(STEP.nearest_motions(&path, stride), Err(wanted), "{path:?}");
        assert_eq!(CanonicalStep::fitted_to(&path, stride), Err(wanted), "{path:?}");
        if stride > 0 {
            assert_eq!(SpeedNumbers::measure(&path, 0..3), Err(wanted), "{path:?}");
        }
    }
    for short in [0, 1] {
        let found = Thresholds::default().motions(&vec![IDENTITY; short], 1);
        assert_eq!(found, Ok(vec![]), "{short} poses");
    }
}
