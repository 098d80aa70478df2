//! Everything at once, in a random but repeatable order, fifty times.

use yume_motion::Motion;
use yume_session::{Event, Steering};

use crate::fake::World;
use crate::fake_sink::FakeSink;
use crate::walk::{Walk, config};

/// Numbers without a pattern that matters here (Knuth's MMIX generator, high bits).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn motion(&mut self) -> Motion {
        Motion::from_byte(u8::try_from(self.roll(81)).unwrap()).unwrap()
    }
}

/// Does as a person in a hurry would. Each tick checks that the frames shown are what the world
/// keeps.
fn storm(seed: u64, steering: Steering) {
    let mut dice = Dice(seed);
    let lookahead = usize::try_from(1 + dice.roll(40)).unwrap();
    let mut walk = Walk::begun(config(steering, lookahead), World::default());
    let mut start = 1;
    for _ in 0..400 {
        match dice.roll(24) {
            0 => {
                start = u8::try_from(1 + dice.roll(90)).unwrap();
                walk.begin(start);
            }
            1..4 => walk.session.tap(dice.motion()),
            4..8 => walk.session.hold(dice.motion()),
            8..10 => walk.session.hold(Motion::STILL),
            10 => walk.session.clear_queue(),
            11 => {
                let is_paused = walk.session.is_paused();
                walk.session.set_paused(!is_paused);
            }
            12 => walk.session.record(FakeSink::default().boxed(), "walk.mp4".into()),
            13 => walk.session.stop_recording(),
            14 => std::thread::yield_now(),
            15 => std::thread::sleep(std::time::Duration::from_micros(dice.roll(300))),
            _ => {
                if let Some(next) = walk.tick() {
                    walk.now = next;
                }
            }
        }
        assert!(walk.shown.iter().all(|mark| mark.start == start), "seed {seed}");
    }
    walk.session.hold(Motion::STILL);
    walk.session.clear_queue();
    walk.session.set_paused(false);
    walk.session.stop_recording();
    walk.until("the start picture", |walk| !walk.shown.is_empty());
    walk.rest();
    let failures: Vec<_> = walk
        .events
        .iter()
        .filter(|event| matches!(event, Event::Failed(_) | Event::RecordingFailed(_)))
        .collect();
    assert!(failures.is_empty(), "seed {seed}: {failures:?}");
}

#[test]
fn what_is_shown_is_what_the_world_keeps_with_cuts() {
    (0..50).for_each(|seed| storm(seed, Steering::Cut));
}

#[test]
fn what_is_shown_is_what_the_world_keeps_with_whole_segments() {
    (100..150).for_each(|seed| storm(seed, Steering::Segment));
}
