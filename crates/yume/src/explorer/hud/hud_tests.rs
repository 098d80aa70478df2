//! The panels name the right intents, and the font has every letter that they use.

use egui::{Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use yume_checkpoint::ModelSpec;
use yume_media::Frame;
use yume_motion::{Travel, Turn};
use yume_world::Options;

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

fn preset(name: &str, evaluations: usize) -> PresetChoice {
    let options = Options::of(&ModelSpec::yume_i2v_540p());
    let explanation = "A way to draw.".to_owned();
    PresetChoice { name: name.to_owned(), explanation, evaluations, options }
}

/// Panels with two samples, run pass by pass as a window would.
struct Stage<'a> {
    context: egui::Context,
    panels: &'a Panels,
    queue: &'a [Motion],
    thumbnails: Vec<Thumbnail>,
    intents: Vec<Intent>,
    /// Accessible names and where they are.
    names: Vec<(String, Rect)>,
}

impl<'a> Stage<'a> {
    fn new(panels: &'a Panels, queue: &'a [Motion]) -> Self {
        let context = egui::Context::default();
        context.enable_accesskit();
        theme::apply(&context);
        let sample =
            |name: &str| Sample { name: name.into(), frame: Frame::new(3, 2, vec![90; 18]) };
        let thumbnails = thumbnails(&context, &[sample("a street"), sample("a park")]);
        let (intents, names) = (Vec::new(), Vec::new());
        let mut stage = Self { context, panels, queue, thumbnails, intents, names };
        // The first passes find the sizes of the panels.
        stage.pass(vec![]);
        stage.pass(vec![]);
        stage
    }

    fn pass(&mut self, events: Vec<Event>) {
        let (status, letters) = (idle(), ["W", "A", "S", "D"].map(str::to_owned));
        let presets = [preset("Fast", 4), preset("Paper", 89)];
        let view = View {
            model_label: "a model",
            device_label: "a device",
            pad: None,
            panels: self.panels,
            status: &status,
            queue: self.queue,
            held: Motion::STILL,
            chord: Motion::STILL,
            has_picture: true,
            is_ready: true,
            is_opening: false,
            is_paused: false,
            is_full_screen: false,
            fps: 16.0,
            thumbnails: &self.thumbnails,
            letters: &letters,
            scene: "at noon",
            knows_scenes: false,
            presets: &presets,
            preset: 1,
            predict: &|evaluations| Some(0.1 * evaluations as f64),
            segment_secs: 2.0,
        };
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, SIZE));
        let input = RawInput { screen_rect, events, ..RawInput::default() };
        let intents = &mut self.intents;
        let mut output = self.context.run_ui(input, |ui| intents.extend(panels_ui(ui, &view)));
        output.textures_delta.clear();
        let update = output.platform_output.accesskit_update.take().unwrap();
        self.names = update
            .nodes
            .iter()
            .filter_map(|(_, node)| {
                let bounds = node.bounds()?;
                let [x0, y0, x1, y1] =
                    [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|side| side as f32);
                let rect = Rect::from_min_max(pos2(x0, y0), pos2(x1, y1));
                Some((node.label()?.to_owned(), rect))
            })
            .collect();
    }

    fn click(&mut self, at: Pos2) {
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        for event in [Event::PointerMoved(at), button(true), button(false)] {
            self.pass(vec![event]);
        }
    }

    fn press(&mut self, key: egui::Key) {
        let modifiers = Modifiers::NONE;
        for pressed in [true, false] {
            self.pass(vec![Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            }]);
        }
    }
}

#[test]
fn each_button_is_found_by_its_name_and_names_its_intent() {
    let panels = Panels {
        has_samples: true,
        message: Some("It failed. Try again.".into()),
        ..Panels::default()
    };
    let left = Motion { travel: Travel::Still, turn: Turn::Left };
    let table = [
        ("Walk forward for one segment", Intent::Tap(AHEAD)),
        ("Turn left for one segment", Intent::Tap(left)),
        ("Full screen (F11)", Intent::ToggleFullScreen),
        ("All keys (F1)", Intent::ToggleHelp),
        ("Begin again (R)", Intent::Restart),
        ("Pause (Space)", Intent::TogglePause),
        ("Record to a video (F9)", Intent::ToggleRecording),
        ("Save a still picture (F12)", Intent::SaveStill),
        ("Edit this frame as a file (E)", Intent::EditFrame),
        ("Start from a picture or video file (O)", Intent::OpenDialog),
        ("Places to start from (G)", Intent::ToggleSamples),
        ("Open a picture or video…", Intent::OpenDialog),
        ("Begin from a street", Intent::StartSample(0)),
        ("Begin from a park", Intent::StartSample(1)),
        ("Put away (Esc)", Intent::DismissMessage),
        ("Take out number 1: Walk forward", Intent::RemoveQueued(0)),
        ("Empty the queue (Delete)", Intent::ClearQueue),
    ];
    each_names(&panels, &table);
    let panels = Panels { has_presets: true, ..Panels::default() };
    each_names(
        &panels,
        &[
            ("How carefully to draw (Q)", Intent::TogglePresets),
            ("Fast: A way to draw. about 0.4 s per segment", Intent::ChoosePreset(0)),
            ("Paper: A way to draw. about 8.9 s per segment", Intent::ChoosePreset(1)),
        ],
    );
}

fn each_names(panels: &Panels, table: &[(&str, Intent)]) {
    for (name, wanted) in table {
        let mut stage = Stage::new(panels, &[AHEAD]);
        let place = stage.names.iter().find(|(label, _)| label == name);
        let (_, rect) = place.unwrap_or_else(|| panic!("{name} is not among {:?}", stage.names));
        stage.click(rect.center());
        assert_eq!(stage.intents, std::slice::from_ref(wanted), "{name}");
    }
}

#[test]
fn what_is_written_is_the_scene_from_enter_on_and_escape_forgets_it() {
    let panels = Panels { has_samples: true, ..Panels::default() };
    for (key, wanted) in [
        (egui::Key::Enter, vec![Intent::SetScene("at noon, rain".into())]),
        (egui::Key::Escape, vec![]),
    ] {
        let mut stage = Stage::new(&panels, &[]);
        assert!(!is_written_in(&stage.context));
        write_scene(&stage.context);
        stage.pass(vec![]);
        assert!(is_written_in(&stage.context));
        stage.pass(vec![Event::Text(", rain".into())]);
        assert_eq!(stage.intents, [], "nothing counts while it is written");
        stage.press(key);
        stage.pass(vec![]);
        assert_eq!(stage.intents, wanted, "{key:?}");
        assert!(!is_written_in(&stage.context));
    }
}

#[test]
fn a_click_on_the_picture_asks_for_nothing() {
    let panels = Panels::default();
    let mut stage = Stage::new(&panels, &[]);
    stage.click(pos2(480.0, 320.0));
    assert_eq!(stage.intents, []);
}

#[test]
fn hidden_panels_take_no_clicks() {
    let panels = Panels { is_bare: true, ..Panels::default() };
    let mut stage = Stage::new(&panels, &[AHEAD]);
    assert!(!stage.names.iter().any(|(name, _)| name.contains("Walk forward")));
    stage.click(pos2(82.0, 560.0));
    assert_eq!(stage.intents, []);
}

#[test]
fn the_keyboard_reaches_every_button() {
    let panels = Panels::default();
    let mut stage = Stage::new(&panels, &[AHEAD]);
    for _ in 0..30 {
        stage.press(egui::Key::Tab);
        stage.press(egui::Key::Enter);
    }
    for wanted in [
        Intent::Tap(AHEAD),
        Intent::OpenDialog,
        Intent::ToggleFullScreen,
        Intent::RemoveQueued(0),
        Intent::ClearQueue,
    ] {
        assert!(stage.intents.contains(&wanted), "{wanted:?} is not among {:?}", stage.intents);
    }
}

#[test]
fn the_font_has_every_letter_that_the_panels_use() {
    let context = egui::Context::default();
    let mut output = context.run_ui(RawInput::default(), |_| {});
    output.textures_delta.clear();
    let font = theme::body_font();
    let has = |text: &str| context.fonts_mut(|fonts| fonts.has_glyphs(&font, text));
    for text in [
        include_str!("scene.rs"),
        include_str!("samples.rs"),
        include_str!("help.rs"),
        include_str!("presets.rs"),
        include_str!("state.rs"),
    ] {
        let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert!(has(&letters), "{letters}");
    }
    assert!(!has("夢"), "the check can fail");
}
