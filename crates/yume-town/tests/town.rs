//! What callers rely on: the same seed shows the same town, and walkers keep to the rule and out of the houses.

use std::f32::consts::TAU;

use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
};
use yume_town::{Camera, Scene, TimeOfDay, Town, Walk, Weather, render, render_clip};

const RULE: WalkRule = WalkRule::TINY_V0;

/// A small generator of its own, so that the tests do not lean on the town's.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn motion(&mut self) -> Motion {
        Motion::from_byte(self.below(81) as u8).expect("there are 81 motions")
    }
}

fn picture(town: &Town, place: u64, scene: &Scene) -> Vec<u8> {
    render(town, scene, &Camera::of_walker(town.spawn(place)), 48, 32, 2).rgb.to_vec()
}

#[test]
fn equal_seeds_show_equal_pictures() {
    for time in TimeOfDay::ALL {
        for weather in Weather::ALL {
            let scene = Scene::new(time, weather);
            let first = picture(&Town::new(3), 5, &scene);
            assert_eq!(first, picture(&Town::new(3), 5, &scene), "{}", scene.words());
            assert_ne!(first, picture(&Town::new(4), 5, &scene), "{}", scene.words());
            assert_ne!(first, picture(&Town::new(3), 6, &scene), "{}", scene.words());
        }
    }
}

#[test]
fn scenes_look_different() {
    let town = Town::new(1);
    let mut seen = Vec::new();
    for time in TimeOfDay::ALL {
        for weather in Weather::ALL {
            let picture = picture(&town, 2, &Scene::new(time, weather));
            assert!(!seen.contains(&picture), "{time:?} {weather:?} looks like another scene");
            seen.push(picture);
        }
    }
}

#[test]
fn a_picture_does_not_depend_on_the_number_of_threads() {
    let town = Town::new(7);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| picture(&town, 1, &Scene::default()))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_town_repeats_where_it_ends() {
    let town = Town::new(2);
    let here = town.spawn(9);
    let there = Pose { x: here.x + 256.0, y: here.y - 512.0, ..here };
    let scene = Scene::default();
    let show = |pose| render(&town, &scene, &Camera::of_walker(pose), 48, 32, 2);
    let (a, b) = (show(here), show(there));
    let differing = a.rgb.iter().zip(b.rgb.iter()).filter(|(a, b)| a.abs_diff(**b) > 8).count();
    // Rounding far from the origin may move an edge by a hair.
    assert!(differing < a.rgb.len() / 100, "{differing} of {} bytes differ", a.rgb.len());
}

#[test]
fn a_start_has_eight_free_metres_ahead() {
    for seed in 0..6 {
        let town = Town::new(seed);
        for place in 0..60 {
            let pose = town.spawn(place);
            for decimetre in 0..=80 {
                let d = decimetre as f32 * 0.1;
                let (x, y) = (pose.x + d * pose.yaw.cos(), pose.y + d * pose.yaw.sin());
                assert!(town.is_free(x, y, 0.45), "town {seed}, place {place}, {d} m ahead");
            }
        }
    }
}

#[test]
fn nobody_walks_through_a_house() {
    let mut dice = Dice(1);
    for seed in 0..20 {
        let town = Town::new(seed);
        let mut walk = Walk::new(&town, town.spawn(seed), RULE);
        let mut blocked = 0;
        for _ in 0..500 {
            let walked = walk.segment(dice.motion(), 32);
            assert_eq!(walked.poses.len(), 32);
            blocked += walked.blocked;
            for pose in walked.poses {
                assert!(
                    town.is_free(pose.x, pose.y, 0.4),
                    "town {seed}: inside something at {pose:?}"
                );
            }
        }
        assert!(blocked > 0, "town {seed}: the walk never met a wall, so it tests nothing");
    }
}

#[test]
fn a_walker_at_great_speed_stops_at_the_wall() {
    let mut dice = Dice(2);
    let rule = WalkRule { speed: 400.0, ..RULE };
    for seed in 0..3 {
        let town = Town::new(seed);
        let mut walk = Walk::new(&town, town.spawn(1), rule);
        for _ in 0..20 {
            for pose in walk.segment(dice.motion(), 8).poses {
                assert!(
                    town.is_free(pose.x, pose.y, 0.4),
                    "town {seed}: inside something at {pose:?}"
                );
            }
        }
    }
}

#[test]
fn a_free_walk_is_the_rule_itself() {
    let mut dice = Dice(3);
    let (mut free, mut segments) = (0, 0);
    for seed in 0..40 {
        let town = Town::new(seed % 5);
        let mut walk = Walk::new(&town, town.spawn(seed), RULE);
        let mut state = WalkState::default();
        for _ in 0..10 {
            segments += 1;
            let (start, motion) = (walk.pose(), dice.motion());
            let walked = walk.segment(motion, 32);
            let expected = state.advance(&RULE, motion, 32);
            if walked.blocked > 0 {
                continue;
            }
            free += 1;
            let (sin, cos) = start.yaw.sin_cos();
            for (got, step) in walked.poses.iter().zip(expected) {
                let x = start.x + cos * step.x - sin * step.y;
                let y = start.y + sin * step.x + cos * step.y;
                // f32 metres within a few towns of the origin are exact to a tenth of a millimetre.
                assert!(
                    (got.x - x).abs() < 1e-4 && (got.y - y).abs() < 1e-4,
                    "{got:?} is not ({x}, {y})"
                );
                assert!((got.yaw - start.yaw - step.yaw).abs() < 1e-5);
                assert_eq!(got.pitch, step.pitch);
            }
        }
    }
    assert!(free > segments / 2, "only {free} of {segments} segments were free");
}

#[test]
fn a_clip_has_one_frame_per_pose() {
    let town = Town::new(5);
    let mut walk = Walk::new(&town, town.spawn(0), RULE);
    let poses = walk.segment(Motion::from_byte(9).unwrap(), 4).poses;
    let clip = render_clip(&town, &Scene::default(), &poses, 48, 32, 2);
    assert_eq!(clip.len(), 4);
    for (frame, &pose) in clip.iter().zip(&poses) {
        let alone = render(&town, &Scene::default(), &Camera::of_walker(pose), 48, 32, 2);
        assert_eq!(frame.rgb, alone.rgb);
    }
}

#[test]
fn no_camera_is_too_strange_to_render() {
    let town = Town::new(0);
    let usual = Camera::of_walker(town.spawn(0));
    let strange = [
        Camera { x: f32::NAN, ..usual },
        Camera { y: f32::INFINITY, ..usual },
        Camera { x: -1e9, ..usual },
        Camera { height: -5.0, ..usual },
        Camera { height: 1e6, ..usual },
        Camera { yaw: f32::NAN, ..usual },
        Camera { yaw: 1e8, ..usual },
        Camera { pitch: TAU / 4.0, ..usual },
        Camera { pitch: -TAU / 4.0, ..usual },
        Camera { hfov_deg: 0.0, ..usual },
        Camera { hfov_deg: f32::NAN, ..usual },
    ];
    for camera in strange {
        for weather in Weather::ALL {
            let scene = Scene { sun_azimuth: 0.0, ..Scene::new(TimeOfDay::Sunset, weather) };
            assert_eq!(render(&town, &scene, &camera, 24, 16, 1).width, 24, "{camera:?}");
        }
    }
    // Also from inside every kind of house.
    for k in 0..400 {
        let camera = Camera { x: (k % 20) as f32 * 12.7, y: (k / 20) as f32 * 12.3, ..usual };
        assert_eq!(render(&town, &Scene::default(), &camera, 12, 8, 1).height, 8, "{camera:?}");
    }
}

/// Weights know the towns that they were trained in, so a town must not change by accident: this is a checksum of where one can
/// stand. Whoever changes the plan on purpose puts in the new numbers, and trains anew.
#[test]
fn the_towns_of_the_first_seeds_stay_as_they_are() {
    let count = |seed| {
        let town = Town::new(seed);
        let free =
            |k: i32| town.is_free((k % 128) as f32 * 2.0 + 1.0, (k / 128) as f32 * 2.0 + 1.0, 0.3);
        (0..128 * 128)
            .filter(|&k| free(k))
            .fold(0u32, |sum, k| sum.wrapping_mul(31).wrapping_add(k as u32))
    };
    assert_eq!([0, 1, 2].map(count), [3_681_827_641, 1_647_360_573, 54_072_022]);
}
