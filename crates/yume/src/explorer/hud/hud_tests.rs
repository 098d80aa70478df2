//! The panels name the right intents, and the font has every letter that they use.

use egui::{Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use yume_media::Frame;
use yume_motion::{Travel, Turn};

use super::*;
use crate::explorer::Sample;

const SIZE: egui::Vec2 = vec2(960.0, 640.0);
const AHEAD: Motion = Motion { travel: Travel::Forward, turn: Turn::Still };

fn idle() -> Status {
    Status {
        ring_frames: 0,
        ring_capacity: 32,
        generating: None,
        progress: None,
        segments: 0,
        seconds_per_segment: None,
        recording: None,
        shown_frames: 1,
    }
}

/// What is asked for when these events reach the panels, one after another.
fn intents_of(panels: &Panels, queue: &[Motion], events: &[Vec<Event>]) -> Vec<Intent> {
    let context = egui::Context::default();
    theme::apply(&context);
    let sample = Sample { name: "a street".into(), frame: Frame::new(3, 2, vec![90; 18]) };
    let thumbnails = thumbnails(&context, &[sample.clone(), sample]);
    let (status, letters) = (idle(), ["W", "A", "S", "D"].map(str::to_owned));
    let view = View {
        model_label: "a model",
        device_label: "a device",
        pad: None,
        panels,
        status: &status,
        queue,
        held: Motion::STILL,
        chord: Motion::STILL,
        has_picture: true,
        is_ready: true,
        is_opening: false,
        is_paused: false,
        is_full_screen: false,
        fps: 16.0,
        thumbnails: &thumbnails,
        letters: &letters,
    };
    let mut intents = Vec::new();
    // The first two passes find the sizes of the panels.
    for events in [&Vec::new(), &Vec::new()].into_iter().chain(events) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            events: events.clone(),
            ..RawInput::default()
        };
        let mut output = context.run_ui(input, |ui| intents.extend(panels_ui(ui, &view)));
        output.textures_delta.clear();
    }
    intents
}

fn click(at: Pos2) -> Vec<Vec<Event>> {
    let button = |pressed| Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    vec![vec![Event::PointerMoved(at)], vec![button(true)], vec![button(false)], vec![]]
}

#[test]
fn clicks_name_their_intents() {
    let with_samples = Panels { has_samples: true, ..Panels::default() };
    let with_message = Panels { message: Some("It failed.".into()), ..Panels::default() };
    let usual = Panels::default();
    let left = Motion { travel: Travel::Still, turn: Turn::Left };
    let table = [
        ("the W cap", &usual, pos2(82.0, 560.0), Some(Intent::Tap(AHEAD))),
        ("the left arrow cap", &usual, pos2(830.0, 605.0), Some(Intent::Tap(left))),
        ("the picture", &usual, pos2(480.0, 320.0), None),
        ("the rightmost button", &usual, pos2(922.0, 36.0), Some(Intent::ToggleFullScreen)),
        ("the button beside it", &usual, pos2(888.0, 36.0), Some(Intent::ToggleHelp)),
        ("the first sample", &with_samples, pos2(720.0, 170.0), Some(Intent::StartSample(0))),
        ("the second sample", &with_samples, pos2(860.0, 170.0), Some(Intent::StartSample(1))),
        ("the message's cross", &with_message, pos2(728.0, 98.0), Some(Intent::DismissMessage)),
    ];
    for (what, panels, at, wanted) in table {
        let intents = intents_of(panels, &[], &click(at));
        assert_eq!(intents, Vec::from_iter(wanted), "{what}");
    }
}

#[test]
fn hidden_panels_take_no_clicks() {
    let bare = Panels { is_bare: true, ..Panels::default() };
    assert_eq!(intents_of(&bare, &[AHEAD], &click(pos2(82.0, 560.0))), []);
}

#[test]
fn the_keyboard_reaches_and_presses_buttons() {
    let key = |key, pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let press = |which| vec![vec![key(which, true)], vec![key(which, false)]];
    let events: Vec<_> = [press(egui::Key::Tab), press(egui::Key::Enter)].concat();
    let intents = intents_of(&Panels::default(), &[], &events);
    assert_eq!(intents.len(), 1, "{intents:?}");
}

#[test]
fn the_font_has_every_letter_that_the_panels_use() {
    let context = egui::Context::default();
    let mut output = context.run_ui(RawInput::default(), |_| {});
    output.textures_delta.clear();
    let font = theme::body_font();
    let has = |text: &str| context.fonts_mut(|fonts| fonts.has_glyphs(&font, text));
    for text in [include_str!("samples.rs"), include_str!("help.rs"), include_str!("state.rs")] {
        let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert!(has(&letters), "{letters}");
    }
    assert!(!has("夢"), "the check can fail");
}
