//! Walk and warp against the two golden segments of the small world. See `data/generate_golden.py`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod common;

use common::{Golden, check_close};
use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
    warp::WarpModel,
};

const WIDTH: usize = 96;
const HEIGHT: usize = 64;
const FRAMES: usize = 32;

/// One rounding of f32 at the size of the values; the state passes through f32 between segments.
const WALK_TOLERANCE: f32 = 5e-7;

/// f32 positions are off by some 1e-5 of a pixel, next to which the picture is steep.
const WARP_TOLERANCE: f32 = 1e-4;

fn golden() -> Golden {
    Golden::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/golden.safetensors"))
}

fn poses(values: &[f32], each: usize) -> Vec<Pose> {
    values.chunks_exact(each).map(|p| Pose { x: p[0], y: p[1], yaw: p[2], pitch: p[3] }).collect()
}

#[test]
fn walking_gives_the_golden_poses_and_carries_the_state_over() {
    let golden = golden();
    let motion: Motion = "W:left".parse().unwrap();
    let mut state = WalkState::default();
    for segment in ["seg0", "seg1"] {
        let walked: Vec<f32> = state
            .advance(&WalkRule::TINY_V0, motion, FRAMES)
            .iter()
            .flat_map(|p| [p.x, p.y, p.yaw, p.pitch])
            .collect();
        let name = |what| format!("{segment}.{what}");
        check_close(&name("poses"), &walked, &golden.floats(&name("poses")), WALK_TOLERANCE);
        let [f, r, y, p] = state.velocity;
        let end = golden.floats(&name("end_velocity_pitch"));
        check_close(&name("end"), &[f, r, y, p, state.pitch], &end, WALK_TOLERANCE);
    }
}

#[test]
fn the_warp_of_both_segments_is_the_golden_one() {
    let golden = golden();
    let start: Vec<f32> =
        golden.bytes("start_bytes").iter().map(|&byte| f32::from(byte) / 127.5 - 1.0).collect();
    for (segment, picture) in [("seg0", start), ("seg1", golden.floats("seg0.last_frame"))] {
        let poses = poses(&golden.floats(&format!("{segment}.poses")), 4);
        assert_eq!(poses.len(), FRAMES, "{segment}");
        let area = WIDTH * HEIGHT;
        let mut video = vec![0.0; 3 * FRAMES * area];
        for (frame, pose) in poses.into_iter().enumerate() {
            let warped = WarpModel::TINY_V0.warp(&picture, WIDTH, HEIGHT, pose, 0.0);
            for plane in 0..3 {
                video[(plane * FRAMES + frame) * area..][..area]
                    .copy_from_slice(&warped[plane * area..][..area]);
            }
        }
        let sampled: Vec<f32> = video.into_iter().step_by(101).collect();
        let name = format!("{segment}.warp_sampled");
        check_close(&name, &sampled, &golden.floats(&name), WARP_TOLERANCE);
    }
}

#[test]
fn the_warp_of_tilted_cameras_is_the_reference_one() {
    const WIDTH: usize = 30;
    const HEIGHT: usize = 19;
    let golden = golden();
    let crop = golden.floats("tilted.crop");
    let table = golden.floats("tilted.poses");
    let wanted = golden.floats("tilted.warp");
    assert_eq!(table.len(), 6 * 5, "cases");
    for (case, pose) in poses(&table, 5).into_iter().enumerate() {
        let warped = WarpModel::TINY_V0.warp(&crop, WIDTH, HEIGHT, pose, table[case * 5 + 4]);
        let wanted = &wanted[case * warped.len()..][..warped.len()];
        check_close(&format!("case {case}"), &warped, wanted, WARP_TOLERANCE);
    }
}
