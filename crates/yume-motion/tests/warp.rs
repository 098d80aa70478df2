//! What the warp promises for any camera.

use yume_motion::{walk::Pose, warp::WarpModel};

const SIZE: [f32; 2] = [96.0, 64.0];

#[track_caller]
fn check(name: &str, pose: Pose, pixel: [f32; 2], wanted: impl Fn([f32; 2]) -> bool) {
    let found = WarpModel::TINY_V0.source(pose, 0.0, pixel, SIZE);
    assert!(wanted(found), "{name}: {pixel:?} comes from {found:?}");
}

#[test]
fn the_picture_moves_against_the_camera() {
    let rest = Pose::default();
    let centre = [47.5, 31.5];
    let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
    check("at rest", rest, centre, |[x, y]| near(x, 47.5) && near(y, 31.5));
    check("turned left", Pose { yaw: 0.1, ..rest }, centre, |[x, y]| x < 44.0 && near(y, 31.5));
    check("turned right", Pose { yaw: -0.1, ..rest }, centre, |[x, _]| x > 51.0);
    check("tilted up", Pose { pitch: 0.1, ..rest }, centre, |[x, y]| near(x, 47.5) && y < 28.0);
    check("tilted down", Pose { pitch: -0.1, ..rest }, centre, |[_, y]| y > 35.0);
    // Ahead, what lies low and to the side was nearer to the middle before.
    check("ahead", Pose { x: 1.0, ..rest }, [80.0, 50.0], |[x, y]| x < 78.0 && y < 49.0);
    check("back", Pose { x: -1.0, ..rest }, [80.0, 50.0], |[x, y]| x > 82.0 && y > 51.0);
    check("to the left", Pose { y: 1.0, ..rest }, [47.5, 50.0], |[x, _]| x < 45.0);
}

#[test]
fn a_camera_at_rest_sees_the_same_picture() {
    // The lowest rows are nearer than the least depth, which pulls them to another place.
    let picture: Vec<f32> = (0..3 * 96 * 64).map(|i| (i % 997) as f32 / 997.0).collect();
    let warped = WarpModel::TINY_V0.warp(&picture, 96, 64, Pose::default(), 0.0);
    let upper = |plane: usize| plane * 96 * 64..plane * 96 * 64 + 96 * 48;
    for plane in 0..3 {
        for index in upper(plane) {
            let difference = (warped[index] - picture[index]).abs();
            assert!(difference < 1e-3, "value {index} differs by {difference}");
        }
    }
}

#[test]
fn no_pose_leaves_the_picture_or_panics() {
    let wild = [0.0, -0.0, 1e-30, 3.0, -29.999, 30.0, 1e6, -1e30, f32::INFINITY, f32::NAN];
    let picture = vec![0.5; 3 * 5 * 4];
    for x in wild {
        for yaw in wild {
            for pitch in wild {
                let pose = Pose { x, y: yaw, yaw, pitch };
                let warped = WarpModel::TINY_V0.warp(&picture, 5, 4, pose, pitch);
                assert_eq!(warped.len(), picture.len(), "{pose:?}");
                let [column, row] = WarpModel::TINY_V0.source(pose, pitch, [2.0, 3.0], [5.0, 4.0]);
                assert!((0.0..=4.0).contains(&column), "{pose:?} {column}");
                assert!((0.0..=3.0).contains(&row), "{pose:?} {row}");
            }
        }
    }
    let nonsense = WarpModel { u_clamp: -1.0, v_clamp: f32::NAN, ..WarpModel::TINY_V0 };
    assert_eq!(nonsense.warp(&picture, 5, 4, Pose::default(), 0.0).len(), 60, "odd limits");
    assert!(WarpModel::TINY_V0.warp(&[], 0, 0, Pose::default(), 0.0).is_empty(), "no picture");
}
