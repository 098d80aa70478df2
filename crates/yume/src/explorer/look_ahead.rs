//! Answers a key before its first frame is there: the picture on screen is held and seen from where the camera is going,
//! then fades into the generated frames.

use std::time::{Duration, Instant};

use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
    warp::{WarpModel, WarpView},
};

/// How long the look-ahead takes to fade into the frames.
const FADE: Duration = Duration::from_millis(150);
/// Without a frame for this many frame times, the world has stopped and the look-ahead may move it.
const STALL_FRAMES: f64 = 1.6;
/// How many seconds of movement the look-ahead shows at most. It begins at full pace and comes to rest softly, because a
/// single picture holds no more.
const REACH_SECS: f32 = 1.2;
/// What a further key still gets when the reach is used up.
const LEAST_REACH_SECS: f32 = 0.5;
/// A key that was pressed while frames flow is forgotten after this time: the frames have answered it.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Nothing is taken to be nearer than this many metres. Less than what the model is told, so that at rest the held picture
/// stays exactly where it is even when the camera looks down.
const MIN_DEPTH: f32 = 1.0;

/// What the screen is to show of the look-ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// The camera that sees the held picture.
    pub(super) view: WarpView,
    /// Part of the held picture in the mix; the rest is the newest frame.
    pub(super) share: f32,
}

/// What changed between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Hold the picture on screen.
    Began,
    /// Let go of it.
    Ended,
}

/// Moves the last picture while the frames are being made.
pub(super) struct LookAhead {
    rule: WalkRule,
    model: WarpModel,
    /// Where the generated world's walker stands after the segments that are done.
    walked: WalkState,
    /// What was pressed while frames were still coming, and when.
    waiting: Option<(Motion, Instant)>,
    glide: Option<Glide>,
    last_frame: Option<Instant>,
}

/// One movement of the held picture.
struct Glide {
    motion: Motion,
    began: Instant,
    /// Seconds of movement that this glide approaches.
    reach_secs: f32,
    from: WalkState,
    /// Poses at the frame times, the first one at `began`.
    poses: Vec<Pose>,
    /// The pitch of the held picture.
    last_pitch: f32,
    fading_since: Option<Instant>,
}

impl LookAhead {
    pub(super) fn new(rule: WalkRule, model: WarpModel) -> Self {
        let model = WarpModel { min_depth: model.min_depth.min(MIN_DEPTH), ..model };
        let walked = WalkState::default();
        Self { rule, model, walked, waiting: None, glide: None, last_frame: None }
    }

    /// A motion other than standing still is asked for.
    pub(super) fn press(&mut self, motion: Motion, now: Instant) {
        match &mut self.glide {
            Some(glide) if glide.fading_since.is_none() => glide.bend(&self.rule, motion, now),
            _ => self.waiting = Some((motion, now)),
        }
    }

    /// Nothing is asked for any more: a glide comes to rest.
    pub(super) fn release(&mut self, now: Instant) {
        self.waiting = None;
        if let Some(glide) = &mut self.glide {
            glide.bend(&self.rule, Motion::STILL, now);
        }
    }

    /// A generated frame is on screen.
    pub(super) fn frame_shown(&mut self, now: Instant) {
        self.last_frame = Some(now);
        self.give_up(now);
    }

    /// The held picture fades away, whether a frame is there or not.
    pub(super) fn give_up(&mut self, now: Instant) {
        if let Some(glide) = &mut self.glide {
            glide.fading_since.get_or_insert(now);
        }
    }

    /// The generator has walked on.
    pub(super) fn segment_done(&mut self, motion: Motion, frames: usize) {
        // Only the end counts; the poses were the generator's.
        let _ = self.walked.advance(&self.rule, motion, frames);
    }

    /// A new world begins, at rest and level. A glide stays until the new picture is there.
    pub(super) fn restart(&mut self) {
        self.walked = WalkState::default();
        self.waiting = None;
    }

    /// True while the held picture is moved and no frame has come.
    pub(super) fn is_waiting_for_frames(&self) -> bool {
        self.glide.as_ref().is_some_and(|glide| glide.fading_since.is_none())
    }

    /// Begins and ends glides.
    pub(super) fn look(&mut self, now: Instant) -> Option<Change> {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= FADE;
        if self.glide.as_ref().and_then(|glide| glide.fading_since).is_some_and(is_over) {
            self.glide = None;
            return Some(Change::Ended);
        }
        let (motion, pressed) = self.waiting?;
        if self.glide.is_some() || self.stalls_at().is_some_and(|stall| now < stall) {
            if now.saturating_duration_since(pressed) > PATIENCE {
                self.waiting = None;
            }
            return None;
        }
        self.waiting = None;
        let rest = Pose { pitch: self.walked.pitch, ..Pose::default() };
        self.glide = Some(Glide::new(&self.rule, motion, now, REACH_SECS, self.walked, rest));
        Some(Change::Began)
    }

    /// When to look again although nothing happens.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.waiting.and(self.stalls_at())
    }

    /// True while the picture on screen changes from moment to moment.
    pub(super) fn is_moving(&self, now: Instant) -> bool {
        self.glide.as_ref().is_some_and(|glide| {
            // After this many reaches what is left to move is below a hundredth of a pixel.
            let settled = Duration::from_secs_f32(glide.reach_secs * 8.0);
            glide.fading_since.is_some() || now.saturating_duration_since(glide.began) < settled
        })
    }

    /// What to show of frames of `size` pixels.
    pub(super) fn sight(&self, now: Instant, size: [f32; 2]) -> Option<Sight> {
        let glide = self.glide.as_ref()?;
        let view = self.model.view(glide.pose(&self.rule, now), glide.last_pitch, size);
        let share = glide.fading_since.map_or(1.0, |since| {
            let part = now.saturating_duration_since(since).as_secs_f32() / FADE.as_secs_f32();
            1.0 - smooth(part)
        });
        Some(Sight { view, share })
    }

    /// From when on the world counts as stopped.
    fn stalls_at(&self) -> Option<Instant> {
        Some(self.last_frame? + Duration::from_secs_f64(STALL_FRAMES / self.rule.fps.max(1.0)))
    }
}

impl Glide {
    /// Goes on from `start`, which is seen from the held picture's camera.
    fn new(
        rule: &WalkRule,
        motion: Motion,
        began: Instant,
        reach_secs: f32,
        from: WalkState,
        start: Pose,
    ) -> Self {
        let frames = (f64::from(reach_secs) * rule.fps).ceil().max(1.0) as usize;
        let steps = WalkState { ..from }.advance(rule, motion, frames);
        let poses = std::iter::once(start).chain(steps.iter().map(|step| join(start, *step)));
        let poses = poses.collect();
        Self { motion, began, reach_secs, from, poses, last_pitch: from.pitch, fading_since: None }
    }

    /// Takes another motion from here on, with the present velocity.
    fn bend(&mut self, rule: &WalkRule, motion: Motion, now: Instant) {
        if motion == self.motion {
            return;
        }
        let used = self.moved_secs(now);
        let mut state = self.from;
        // The poses of this stretch are behind us.
        let _ = state.advance(rule, self.motion, (f64::from(used) * rule.fps).round() as usize);
        let here = self.pose(rule, now);
        state.pitch = here.pitch;
        let left = (self.reach_secs - used).max(LEAST_REACH_SECS);
        let (last_pitch, fading_since) = (self.last_pitch, self.fading_since);
        let bent = Self::new(rule, motion, now, left, state, here);
        *self = Self { last_pitch, fading_since, ..bent };
    }

    /// Seconds of movement at `now`: as many as have passed at first, then ever fewer.
    fn moved_secs(&self, now: Instant) -> f32 {
        let passed = now.saturating_duration_since(self.began).as_secs_f32();
        self.reach_secs * (1.0 - (-passed / self.reach_secs).exp())
    }

    fn pose(&self, rule: &WalkRule, now: Instant) -> Pose {
        let at = self.moved_secs(now) * rule.fps as f32;
        let last = self.poses.len() - 1;
        let before = (at as usize).min(last);
        let [a, b] = [self.poses[before], self.poses[(before + 1).min(last)]];
        let part = (at - before as f32).clamp(0.0, 1.0);
        let mix = |a: f32, b: f32| a + (b - a) * part;
        Pose {
            x: mix(a.x, b.x),
            y: mix(a.y, b.y),
            yaw: mix(a.yaw, b.yaw),
            pitch: mix(a.pitch, b.pitch),
        }
    }
}

/// The pose `step`, which was seen from `base`, seen from where `base` was seen.
fn join(base: Pose, step: Pose) -> Pose {
    let (sin, cos) = base.yaw.sin_cos();
    Pose {
        x: base.x + cos * step.x - sin * step.y,
        y: base.y + sin * step.x + cos * step.y,
        yaw: base.yaw + step.yaw,
        pitch: step.pitch,
    }
}

/// From 0 to 1 with soft ends.
fn smooth(part: f32) -> f32 {
    let part = part.clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

#[cfg(test)]
mod tests {
    use yume_motion::{Travel, Turn};

    use super::*;

    const SIZE: [f32; 2] = [96.0, 64.0];
    const AHEAD: Motion = Motion { travel: Travel::Forward, turn: Turn::Still };
    const LEFT: Motion = Motion { travel: Travel::Still, turn: Turn::Left };

    fn look_ahead() -> LookAhead {
        LookAhead::new(WalkRule::TINY_V0, WarpModel::TINY_V0)
    }

    fn millis(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_key_moves_a_resting_picture_at_once() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(AHEAD, start);
        assert_eq!(ahead.look(start), Some(Change::Began));
        let rest = ahead.sight(start, SIZE).unwrap();
        assert_eq!((rest.view.position, rest.share), ([0.0, 0.0], 1.0));
        let soon = ahead.sight(millis(start, 300), SIZE).unwrap();
        assert!(soon.view.position[0] > 0.1, "{:?}", soon.view.position);
        assert!(ahead.is_moving(start));
    }

    #[test]
    fn the_walker_rule_sets_the_pace_of_the_first_moments() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(LEFT, start);
        ahead.look(start);
        // Two frames into the walk; the soft end has taken less than a tenth of the time.
        let poses = WalkState::default().advance(&WalkRule::TINY_V0, LEFT, 2);
        let view = ahead.sight(millis(start, 125), SIZE).unwrap().view;
        let yaw = view.forward[1].atan2(view.forward[0]);
        assert!(yaw > 0.8 * poses[1].yaw && yaw <= poses[1].yaw, "{yaw} of {}", poses[1].yaw);
    }

    #[test]
    fn flowing_frames_answer_by_themselves() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.frame_shown(start);
        ahead.press(AHEAD, millis(start, 10));
        assert_eq!(ahead.look(millis(start, 20)), None);
        let stall = ahead.next_look().unwrap();
        assert_eq!(stall, start + Duration::from_millis(100));
        for frame in 1..40 {
            ahead.frame_shown(millis(start, frame * 62));
            assert_eq!(ahead.look(millis(start, frame * 62 + 1)), None);
        }
        assert_eq!(ahead.next_look(), None, "the key is forgotten");
    }

    #[test]
    fn the_first_frame_fades_the_glide_out() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(AHEAD, start);
        ahead.look(start);
        ahead.frame_shown(millis(start, 400));
        let half = ahead.sight(millis(start, 475), SIZE).unwrap().share;
        assert!((half - 0.5).abs() < 1e-3, "{half}");
        assert_eq!(ahead.look(millis(start, 549)), None);
        assert_eq!(ahead.look(millis(start, 550)), Some(Change::Ended));
        assert!(ahead.sight(millis(start, 550), SIZE).is_none());
    }

    #[test]
    fn an_endless_wait_moves_no_farther_than_the_reach() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(AHEAD, start);
        ahead.look(start);
        let hour = ahead.sight(millis(start, 3_600_000), SIZE).unwrap();
        let reach = WalkRule::TINY_V0.speed as f32 * REACH_SECS;
        assert!(hour.view.position[0] > 0.5 * reach && hour.view.position[0] <= reach);
        assert!(!ahead.is_moving(millis(start, 3_600_000)));
    }

    #[test]
    fn another_key_goes_on_from_the_present_place_without_a_jump() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(AHEAD, start);
        ahead.look(start);
        let now = millis(start, 500);
        let before = ahead.sight(now, SIZE).unwrap().view;
        ahead.press(LEFT, now);
        let after = ahead.sight(now, SIZE).unwrap().view;
        assert!((before.position[0] - after.position[0]).abs() < 1e-5);
        let later = ahead.sight(millis(start, 700), SIZE).unwrap().view;
        assert!(later.forward[1] > after.forward[1], "turns left now");
        assert!(later.position[0] > after.position[0], "still rolls ahead");
    }

    #[test]
    fn a_released_key_comes_to_rest_and_fades_back_when_nothing_comes() {
        let start = Instant::now();
        let mut ahead = look_ahead();
        ahead.press(AHEAD, start);
        ahead.look(start);
        ahead.release(millis(start, 200));
        let [a, b] = [1000, 1100].map(|at| ahead.sight(millis(start, at), SIZE).unwrap().view);
        assert!((b.position[0] - a.position[0]).abs() < 0.02, "{:?} {:?}", a.position, b.position);
        assert!(ahead.is_waiting_for_frames());
        ahead.give_up(millis(start, 1100));
        assert_eq!(ahead.look(millis(start, 1260)), Some(Change::Ended));
    }

    #[test]
    fn at_rest_every_pixel_stays_even_when_looking_down() {
        let mut ahead = look_ahead();
        let down = Motion { travel: Travel::Still, turn: Turn::Down };
        ahead.segment_done(down, 64);
        let start = Instant::now();
        ahead.press(AHEAD, start);
        ahead.look(start);
        let view = ahead.sight(start, SIZE).unwrap().view;
        assert!(view.last_pitch[1] < -0.2, "looks down");
        for pixel in [[0.0, 0.0], [95.0, 63.0], [40.0, 63.0], [95.0, 30.0]] {
            let source = view.source(pixel);
            let off = (source[0] - pixel[0]).hypot(source[1] - pixel[1]);
            assert!(off < 0.01, "{pixel:?} -> {source:?}");
        }
    }
}
