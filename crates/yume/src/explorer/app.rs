//! The event loop: hands input to the visit, news to the screen, and sleeps until there is either.

use std::{
    panic::catch_unwind,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{error, info, warn};
use winit::{
    application::ApplicationHandler,
    dpi::LogicalSize,
    event::{ElementState, KeyEvent, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow, EventLoop},
    keyboard::{Key, KeyCode, ModifiersState, PhysicalKey},
    window::{Fullscreen, Window, WindowAttributes, WindowId},
};
use yume_session::Session;

use super::{
    ExplorerConfig, ExplorerEdit, ExplorerError, ExplorerStart,
    frame_times::FrameTimes,
    hud::{self, Thumbnail},
    icon::icon,
    intent::{Intent, Zoom},
    keys::{self, Purpose, WalkKey},
    look_ahead::{Change, LookAhead},
    pad::PadPress,
    pad_thread::Pads,
    panel_keys::{has_focused_widget, is_for_panels},
    screen::{Drawn, Screen},
    visit::Visit,
    wake::{Wake, Waker},
};

/// Size of a new window in points: ten times the embedded model's frames.
const SIZE: LogicalSize<f64> = LogicalSize::new(960.0, 640.0);
const LEAST_SIZE: LogicalSize<f64> = LogicalSize::new(480.0, 320.0);
/// So many lost devices in a row are not bad luck any more.
const MOST_LOSSES: u32 = 3;
/// A device that held this long was not lost in a row.
const LOSS_MEMORY: Duration = Duration::from_secs(30);
const ZOOM: std::ops::RangeInclusive<f32> = 0.6..=2.5;

/// Connects to the display.
pub(super) fn open_event_loop() -> Result<EventLoop<Wake>, ExplorerError> {
    // The keyboard library is opened at run time, and its absence is a panic of the windowing library.
    let opened = catch_unwind(|| EventLoop::<Wake>::with_user_event().build());
    match opened {
        Ok(Ok(event_loop)) => Ok(event_loop),
        Ok(Err(error)) => {
            // What precedes the reason is a place in the windowing library.
            let text = error.to_string();
            let reason = text.rsplit(": ").next().unwrap_or(&text).trim_end_matches('.');
            Err(ExplorerError::NoDisplay(reason.to_owned()))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(ExplorerError::NoLibrary(text.unwrap_or("it did not say which").to_owned()))
        }
    }
}

/// Shows the window until it is closed.
pub(super) fn run(
    event_loop: EventLoop<Wake>,
    waker: Waker,
    config: ExplorerConfig,
    session: Session<ExplorerStart, ExplorerEdit>,
    exit_at: Option<Instant>,
) -> Result<(), ExplorerError> {
    let visit = Visit::new(&config, session, waker.clone())
        .map_err(|error| ExplorerError::NoWindow(format!("no thread for files: {error}")))?;
    let pads = Pads::listen(waker.clone())
        .inspect_err(|error| warn!("gamepads are not listened to: {error}"))
        .ok();
    let mut app = App {
        config,
        waker,
        exit_at,
        visit,
        pads,
        window: None,
        failure: None,
        modifiers: ModifiersState::empty(),
        has_focus: false,
        letters: ["W", "A", "S", "D"].map(str::to_owned),
        zoom: 1.0,
        times: FrameTimes::new(),
        losses: 0,
    };
    let ended = event_loop.run_app(&mut app);
    info!("{}", app.times);
    if app.config.frame_times {
        println!("{}", app.times);
    }
    // The window goes before the session, whose end may take a moment.
    app.window = None;
    match (app.failure.take(), ended) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => Err(ExplorerError::DisplayLost(error.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

struct App {
    config: ExplorerConfig,
    waker: Waker,
    exit_at: Option<Instant>,
    visit: Visit,
    pads: Option<Pads>,
    window: Option<OpenWindow>,
    failure: Option<ExplorerError>,
    modifiers: ModifiersState,
    has_focus: bool,
    letters: [String; 4],
    zoom: f32,
    times: FrameTimes,
    losses: u32,
}

/// The window and what is drawn in it.
struct OpenWindow {
    /// Before the screen, because the textures belong to it.
    thumbnails: Vec<Thumbnail>,
    screen: Screen,
    window: Arc<Window>,
    opened: Instant,
    /// Cannot be seen: nothing is drawn.
    is_hidden: bool,
    needs_redraw: bool,
    /// When the panels want to be drawn again.
    redraw_at: Option<Instant>,
    last_redraw: Instant,
}

impl ApplicationHandler<Wake> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.window.is_none() {
            self.open_window(event_loop);
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, wake: Wake) {
        match wake {
            // The look follows in `about_to_wait`.
            Wake::News => {}
            Wake::DeviceLost(reason) => self.replace_screen(event_loop, reason),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let now = Instant::now();
        let Some(open) = &mut self.window else { return };
        let is_for_panels = is_for_panels(&event, open.screen.egui());
        open.needs_redraw |= is_for_panels && open.screen.on_window_event(&event);
        match event {
            WindowEvent::RedrawRequested => self.redraw(event_loop, now),
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::Resized(size) => {
                open.screen.resize(size.width, size.height);
                open.is_hidden = size.width == 0 || size.height == 0;
                open.needs_redraw = true;
            }
            WindowEvent::Occluded(is_hidden) => {
                open.is_hidden = is_hidden;
                open.needs_redraw = true;
            }
            WindowEvent::Focused(has_focus) => {
                self.has_focus = has_focus;
                // Keys that come up elsewhere are never reported.
                self.visit.fingers.release_all();
                self.steer(now);
            }
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            // A key that was already down when the window got the focus was not meant for it.
            WindowEvent::KeyboardInput { event, is_synthetic, .. }
                if !(is_synthetic && event.state.is_pressed()) =>
            {
                self.key(event_loop, &event, now);
            }
            WindowEvent::HoveredFile(_) => self.set_file_above(true),
            WindowEvent::HoveredFileCancelled => self.set_file_above(false),
            WindowEvent::DroppedFile(path) => {
                self.set_file_above(false);
                if self.modifiers.shift_key() {
                    self.visit.go_on_from(path);
                } else {
                    self.visit.open(path);
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        if self.exit_at.is_some_and(|at| at <= now) {
            event_loop.exit();
            return;
        }
        self.waker.looked();
        self.hear_pads(event_loop, now);
        let news = self.visit.look(now);
        let is_moving = self.visit.look_ahead.as_ref().is_some_and(|ahead| ahead.is_moving(now));
        let mut next = [news.next, self.exit_at].into_iter().flatten().min();
        if let Some(open) = &mut self.window {
            match news.look_ahead {
                Some(Change::Began) => open.screen.hold(),
                Some(Change::Ended) => open.screen.let_go(),
                None => {}
            }
            if let Some(frame) = &news.frame {
                open.screen.set_frame(frame);
            }
            open.needs_redraw |= news.has_changed || news.frame.is_some() || is_moving;
            open.needs_redraw |= news.look_ahead.is_some();
            next = [next, open.ask_for_redraw(now)].into_iter().flatten().min();
        }
        event_loop.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}

impl OpenWindow {
    /// Asks for a redraw if one is needed; says when to come back.
    fn ask_for_redraw(&mut self, now: Instant) -> Option<Instant> {
        if self.is_hidden {
            return None;
        }
        self.needs_redraw |= self.redraw_at.is_some_and(|at| at <= now);
        if !self.needs_redraw {
            return self.redraw_at;
        }
        let earliest = self.last_redraw + self.screen.pace();
        if now < earliest {
            return Some(earliest);
        }
        self.window.request_redraw();
        None
    }
}

impl App {
    fn open_window(&mut self, event_loop: &ActiveEventLoop) {
        let attributes = attributes(&self.config.title);
        let opened = event_loop
            .create_window(attributes)
            .map_err(|error| ExplorerError::NoWindow(error.to_string()))
            .and_then(|window| self.fill_window(event_loop, Arc::new(window)));
        match opened {
            Ok(window) => self.window = Some(window),
            Err(failure) => self.fail(event_loop, failure),
        }
    }

    fn fill_window(
        &self,
        event_loop: &ActiveEventLoop,
        window: Arc<Window>,
    ) -> Result<OpenWindow, ExplorerError> {
        let display = event_loop.owned_display_handle();
        let mut screen = Screen::open(Arc::clone(&window), display, &self.waker)?;
        hud::apply_theme(screen.egui());
        screen.egui().set_zoom_factor(self.zoom);
        if let Some(frame) = self.visit.shown() {
            screen.set_frame(frame);
        }
        if self.visit.look_ahead.as_ref().is_some_and(LookAhead::is_waiting_for_frames) {
            screen.hold();
        }
        let thumbnails = hud::thumbnails(screen.egui(), self.visit.samples());
        let opened = Instant::now();
        let last_redraw = opened.checked_sub(screen.pace()).unwrap_or(opened);
        let (is_hidden, needs_redraw, redraw_at) = (false, true, None);
        Ok(OpenWindow {
            thumbnails,
            screen,
            window,
            opened,
            is_hidden,
            needs_redraw,
            redraw_at,
            last_redraw,
        })
    }

    /// The device or the surface is gone: everything that was made with it is made anew.
    fn replace_screen(&mut self, event_loop: &ActiveEventLoop, reason: String) {
        let Some(old) = self.window.take() else { return };
        warn!("the graphics device was lost and is opened again: {reason}");
        self.losses = if old.opened.elapsed() > LOSS_MEMORY { 1 } else { self.losses + 1 };
        let window = Arc::clone(&old.window);
        drop(old);
        if self.losses > MOST_LOSSES {
            self.fail(event_loop, ExplorerError::DriverLost(reason));
            return;
        }
        match self.fill_window(event_loop, window) {
            Ok(open) => self.window = Some(open),
            Err(failure) => self.fail(event_loop, failure),
        }
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, failure: ExplorerError) {
        error!("{failure}");
        self.failure = Some(failure);
        event_loop.exit();
    }

    fn redraw(&mut self, event_loop: &ActiveEventLoop, now: Instant) {
        let Some(open) = &mut self.window else { return };
        open.needs_redraw = false;
        open.redraw_at = None;
        open.last_redraw = now;
        let (status, queue) = (self.visit.status(), self.visit.queue());
        let pad = self.pads.as_ref().and_then(Pads::name);
        let view = hud::View {
            model_label: &self.config.model_label,
            device_label: &self.config.device_label,
            pad: pad.as_deref(),
            panels: &self.visit.panels,
            status: &status,
            queue: &queue,
            held: self.visit.held(),
            chord: self.visit.fingers.chord(),
            has_picture: self.visit.shown().is_some(),
            is_ready: self.visit.is_ready(),
            is_opening: self.visit.is_opening(),
            is_paused: self.visit.is_paused(),
            is_full_screen: open.window.fullscreen().is_some(),
            fps: (self.config.walk.fps as f32).max(1.0),
            thumbnails: &open.thumbnails,
            letters: &self.letters,
            scene: self.visit.scene(),
            knows_scenes: self.config.knows_scenes,
            presets: &self.config.presets,
            preset: self.visit.preset(),
            predict: &|evaluations| self.config.times.predict(evaluations),
            segment_secs: self.config.segment_secs,
        };
        let mut intents = Vec::new();
        let ahead = self.visit.look_ahead.as_ref();
        let (drawn, again_in) = open
            .screen
            .draw(|size| ahead?.sight(now, size), |ui| intents.extend(hud::panels_ui(ui, &view)));
        open.redraw_at = again_in.and_then(|delay| Instant::now().checked_add(delay));
        match drawn {
            Drawn::Shown(time) => self.times.add(time),
            Drawn::Hidden => {}
            Drawn::Again => open.needs_redraw = true,
            Drawn::Lost => self.replace_screen(event_loop, "the surface is gone".into()),
        }
        for intent in intents {
            self.apply(event_loop, intent, now);
        }
    }

    fn key(&mut self, event_loop: &ActiveEventLoop, event: &KeyEvent, now: Instant) {
        let PhysicalKey::Code(code) = event.physical_key else { return };
        if event.state == ElementState::Released {
            // Whatever the modifiers are by now, a key that comes up is up.
            if let Some(key) = keys::walk_key(code) {
                if let Some(motion) = self.visit.fingers.release(key) {
                    self.apply(event_loop, Intent::Tap(motion), now);
                }
                self.steer(now);
            }
            return;
        }
        if event.repeat || self.is_taken_by_panels(code) {
            return;
        }
        match keys::purpose(code, self.modifiers) {
            Some(Purpose::Walk(key)) => {
                self.learn_letter(key, &event.logical_key);
                self.visit.fingers.press(key, self.modifiers.shift_key());
                self.steer(now);
            }
            Some(Purpose::Once(intent)) => self.apply(event_loop, intent, now),
            None => {}
        }
    }

    /// A button that has the focus takes the keys that press it.
    fn is_taken_by_panels(&self, code: KeyCode) -> bool {
        let Some(open) = &self.window else { return false };
        let panels = open.screen.egui();
        hud::is_written_in(panels)
            || (matches!(code, KeyCode::Space | KeyCode::Enter | KeyCode::Escape)
                && has_focused_widget(panels))
    }

    /// The key caps show what the person's own keyboard says.
    fn learn_letter(&mut self, key: WalkKey, logical: &Key) {
        let Key::Character(text) = logical else { return };
        let slot = match key {
            WalkKey::Forward => 0,
            WalkKey::Left => 1,
            WalkKey::Backward => 2,
            WalkKey::Right => 3,
            WalkKey::TurnLeft | WalkKey::TurnRight | WalkKey::TiltUp | WalkKey::TiltDown => return,
        };
        let upper = text.to_uppercase();
        // A font without the letter would show an empty box; the place on a Latin keyboard says more.
        if upper.chars().count() == 1 && upper.is_ascii() {
            self.letters[slot] = upper;
        }
    }

    fn steer(&mut self, now: Instant) {
        let pad = self.pads.as_ref().filter(|_| self.has_focus).map(Pads::motion);
        self.visit.set_pad(pad.unwrap_or_default(), now);
        self.needs_redraw();
    }

    fn hear_pads(&mut self, event_loop: &ActiveEventLoop, now: Instant) {
        let Some(pads) = &self.pads else { return };
        let (motion, presses) = (pads.motion(), pads.take_presses());
        if !self.has_focus {
            return;
        }
        let before = self.visit.held();
        self.visit.set_pad(motion, now);
        if self.visit.held() != before || !presses.is_empty() {
            self.needs_redraw();
        }
        for press in presses {
            let forward = WalkKey::Forward.alone().motion();
            let here = if motion.is_still() { forward } else { motion };
            let intent = match press {
                PadPress::Once(intent) => intent,
                PadPress::TapHere => Intent::Tap(here),
            };
            self.apply(event_loop, intent, now);
        }
    }

    fn set_file_above(&mut self, is_above: bool) {
        self.visit.panels.has_file_above = is_above;
        self.needs_redraw();
    }

    fn needs_redraw(&mut self) {
        if let Some(open) = &mut self.window {
            open.needs_redraw = true;
        }
    }

    fn apply(&mut self, event_loop: &ActiveEventLoop, intent: Intent, now: Instant) {
        let left = self.visit.apply(intent, now);
        self.needs_redraw();
        let (Some(intent), Some(open)) = (left, &self.window) else { return };
        match intent {
            Intent::ToggleFullScreen => {
                let is_full = open.window.fullscreen().is_some();
                open.window.set_fullscreen((!is_full).then_some(Fullscreen::Borderless(None)));
            }
            Intent::StepBack => open.window.set_fullscreen(None),
            Intent::Zoom(zoom) => {
                let factor = match zoom {
                    Zoom::Larger => self.zoom * 1.1,
                    Zoom::Smaller => self.zoom / 1.1,
                    Zoom::Usual => 1.0,
                };
                self.zoom = factor.clamp(*ZOOM.start(), *ZOOM.end());
                open.screen.egui().set_zoom_factor(self.zoom);
            }
            Intent::WriteScene => hud::write_scene(open.screen.egui()),
            Intent::Quit => event_loop.exit(),
            _ => {}
        }
    }
}

fn attributes(title: &str) -> WindowAttributes {
    let attributes = Window::default_attributes()
        .with_title(title)
        .with_inner_size(SIZE)
        .with_min_inner_size(LEAST_SIZE)
        .with_window_icon(icon());
    // The name by which a desktop finds the program's icon.
    #[cfg(target_os = "linux")]
    let attributes = {
        use winit::platform::{wayland, x11};
        let attributes = x11::WindowAttributesExtX11::with_name(attributes, "yume", "yume");
        wayland::WindowAttributesExtWayland::with_name(attributes, "yume", "yume")
    };
    attributes
}
