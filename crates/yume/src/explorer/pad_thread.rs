//! Listens to gamepads on a thread of its own, so that an idle window needs no polling. Pads may come and go.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use gilrs::{EventType, GamepadId, Gilrs};
use tracing::{debug, info};
use yume_motion::Motion;

use super::{
    pad::{self, PadPress, PadState},
    wake::Waker,
};

/// How often the thread looks whether it should end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Presses that wait for the event loop; nobody presses more while it draws one picture.
const MOST_PRESSES: usize = 32;

/// The latest from the pads.
#[derive(Default)]
struct Latest {
    motion: Motion,
    presses: Vec<PadPress>,
    /// Name of the pad in use.
    name: Option<String>,
}

/// Listens to all pads; the one that was touched last counts. Dropping it ends the listening.
pub(super) struct Pads {
    latest: Arc<Mutex<Latest>>,
    has_ended: Arc<AtomicBool>,
}

impl Pads {
    /// Starts listening. Without a pad, or without the right to see one, nothing ever comes.
    pub(super) fn listen(waker: Waker) -> io::Result<Self> {
        let pads = Self { latest: Arc::default(), has_ended: Arc::default() };
        let latest = Arc::clone(&pads.latest);
        let has_ended = Arc::clone(&pads.has_ended);
        thread::Builder::new().name("gamepads".into()).spawn(move || {
            match Gilrs::new() {
                Ok(device) => Listener { device, latest, waker, active: None }.run(&has_ended),
                Err(error) => debug!("no gamepads: {error}"),
            };
        })?;
        Ok(pads)
    }

    /// What the pad in use points at.
    pub(super) fn motion(&self) -> Motion {
        lock(&self.latest).motion
    }

    /// Name of the pad in use.
    pub(super) fn name(&self) -> Option<String> {
        lock(&self.latest).name.clone()
    }

    /// The presses since the last call.
    pub(super) fn take_presses(&self) -> Vec<PadPress> {
        std::mem::take(&mut lock(&self.latest).presses)
    }
}

impl Drop for Pads {
    fn drop(&mut self) {
        // Relaxed: the flag carries nothing with it, and a late look costs one second of an idle thread.
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

struct Listener {
    device: Gilrs,
    latest: Arc<Mutex<Latest>>,
    waker: Waker,
    /// The pad that was touched last.
    active: Option<(GamepadId, PadState)>,
}

impl Listener {
    fn run(mut self, has_ended: &AtomicBool) {
        while !has_ended.load(Ordering::Relaxed) {
            if let Some(event) = self.device.next_event_blocking(Some(PATIENCE)) {
                self.hear(event.id, event.event);
            }
        }
    }

    fn hear(&mut self, id: GamepadId, event: EventType) {
        let press = match event {
            EventType::ButtonPressed(button, _) => {
                self.state(id).set_button(button, true);
                pad::press(button)
            }
            EventType::ButtonReleased(button, _) => {
                self.state(id).set_button(button, false);
                None
            }
            EventType::AxisChanged(axis, value, _) => {
                self.state(id).move_axis(axis, value);
                None
            }
            EventType::Disconnected => {
                if self.active.is_some_and(|(active, _)| active == id) {
                    self.active = None;
                }
                None
            }
            _ => return,
        };
        self.publish(press);
    }

    /// The state of pad `id`, which is now the one in use.
    fn state(&mut self, id: GamepadId) -> &mut PadState {
        if self.active.is_none_or(|(active, _)| active != id) {
            info!("gamepad in use: {}", self.device.gamepad(id).name());
            self.active = None;
        }
        &mut self.active.get_or_insert((id, PadState::default())).1
    }

    fn publish(&self, press: Option<PadPress>) {
        let motion = self.active.map(|(_, state)| state.motion()).unwrap_or_default();
        let name = self.active.map(|(id, _)| self.device.gamepad(id).name().to_owned());
        let mut latest = lock(&self.latest);
        if press.is_none() && latest.motion == motion && latest.name == name {
            return;
        }
        latest.motion = motion;
        latest.name = name;
        if latest.presses.len() < MOST_PRESSES {
            latest.presses.extend(press);
        }
        drop(latest);
        self.waker.ring();
    }
}

/// A panic elsewhere leaves whole values behind, so the lock stays usable.
fn lock(latest: &Mutex<Latest>) -> MutexGuard<'_, Latest> {
    latest.lock().unwrap_or_else(PoisonError::into_inner)
}
