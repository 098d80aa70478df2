//! tmp
use std::io::Write;
use rayon::prelude::*;
use yume_town::{inverse_depth, render, Camera, Scene, Town};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (first, count): (u64, u64) = (a[2].parse().unwrap(), a[3].parse().unwrap());
    let towns: Vec<u64> = a[4].split(',').map(|s| s.parse().unwrap()).collect();
    let scenes: Vec<Scene> = a[5].split(',').map(|s| s.parse().unwrap()).collect();
    let towns: Vec<Town> = towns.into_iter().map(Town::new).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(&a[1]).unwrap());
    let mut n = first;
    while n < first + count {
        let made: Vec<_> = (n..(n + 64).min(first + count)).into_par_iter().map(|n| {
            let mut h = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
            let mut next = || { h ^= h >> 12; h ^= h << 25; h ^= h >> 27; (h.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1u64 << 24) as f32 };
            for _ in 0..8 { next(); }
            let town = &towns[(next() * towns.len() as f32) as usize];
            let scene = scenes[(next() * scenes.len() as f32) as usize];
            let mut pose = town.spawn(n);
            for _ in 0..20 {
                let (x, y) = (pose.x + 6.0 * (next() - 0.5), pose.y + 6.0 * (next() - 0.5));
                if town.is_free(x, y, 0.6) { pose.x = x; pose.y = y; break; }
            }
            if next() < 0.5 { pose.yaw += std::f32::consts::TAU * next(); }
            if next() < 0.3 { pose.pitch = 0.24 * (2.0 * next() - 1.0); }
            let camera = Camera::of_walker(pose);
            (render(town, &scene, &camera, 192, 112, 2).rgb, inverse_depth(town, &camera, 192, 112), pose.pitch)
        }).collect();
        for (rgb, depth, pitch) in made {
            out.write_all(&rgb).unwrap();
            for d in depth { out.write_all(&d.to_le_bytes()).unwrap(); }
            out.write_all(&pitch.to_le_bytes()).unwrap();
        }
        n += 64;
    }
}
