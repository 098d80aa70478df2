//! A motion as a small picture and as words: an arrow over the ground for the travel, a chevron for the turn.

use egui::{Color32, Painter, Pos2, Rect, Stroke, Vec2, vec2};
use yume_motion::{Motion, Travel, Turn};

use super::icons::triangle;

/// Draws a motion into a square.
pub(super) fn draw(painter: &Painter, rect: Rect, motion: Motion, color: Color32) {
    let side = rect.width();
    let [ahead, right] = motion.travel.vector();
    let travel = vec2(right, -ahead);
    if motion.travel == Travel::Still {
        painter.circle_filled(rect.center(), side * 0.07, color);
    } else {
        let reach = if motion.turn == Turn::Still { 0.36 } else { 0.27 };
        arrow(painter, rect.center(), travel * (side * reach), color);
    }
    let [left, up] = motion.turn.vector();
    let turn = vec2(-left, -up);
    if turn != Vec2::ZERO {
        let tip = rect.center() + turn.normalized() * (side * 0.46);
        chevron(painter, tip, turn.normalized() * (side * 0.16), Stroke::new(side * 0.065, color));
    }
}

/// An arrow through `center` whose halves are `reach`.
pub(super) fn arrow(painter: &Painter, center: Pos2, reach: Vec2, color: Color32) {
    let tip = center + reach;
    let head = reach * 0.85;
    let wing = head.rot90() * 0.72;
    painter.line_segment(
        [center - reach, tip - head * 0.7],
        Stroke::new(reach.length() * 0.24, color),
    );
    triangle(painter, [tip, tip - head + wing, tip - head - wing], color);
}

/// An angle that points along `size` and ends in `tip`.
pub(super) fn chevron(painter: &Painter, tip: Pos2, size: Vec2, stroke: Stroke) {
    let wing = size.rot90() * 1.15;
    painter.line(vec![tip - size + wing, tip, tip - size - wing], stroke);
}

/// A motion in words.
pub(super) fn words(motion: Motion) -> String {
    let travel = match motion.travel {
        Travel::Still => "",
        Travel::Forward => "walk forward",
        Travel::Left => "step left",
        Travel::Backward => "walk backward",
        Travel::Right => "step right",
        Travel::ForwardLeft => "walk forward and left",
        Travel::ForwardRight => "walk forward and right",
        Travel::BackwardLeft => "walk backward and left",
        Travel::BackwardRight => "walk backward and right",
    };
    let turn = match motion.turn {
        Turn::Still => "",
        Turn::Left => "turn left",
        Turn::Right => "turn right",
        Turn::Up => "look up",
        Turn::Down => "look down",
        Turn::UpLeft => "turn left, look up",
        Turn::UpRight => "turn right, look up",
        Turn::DownLeft => "turn left, look down",
        Turn::DownRight => "turn right, look down",
    };
    let words = match (travel, turn) {
        ("", "") => "stand still".to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (travel, turn) => format!("{travel}, {turn}"),
    };
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_motion_has_words_of_its_own() {
        let all: std::collections::BTreeSet<_> = Motion::all().map(words).collect();
        assert_eq!(all.len(), Motion::COUNT);
        assert_eq!(words(Motion::STILL), "Stand still");
        let both = Motion { travel: Travel::ForwardLeft, turn: Turn::DownRight };
        assert_eq!(words(both), "Walk forward and left, turn right, look down");
    }
}
