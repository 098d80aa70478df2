//! Which keys are for the panels and not for the walk.

use winit::{
    event::WindowEvent,
    keyboard::{KeyCode, PhysicalKey},
};

use super::hud;

/// Keys walk; only those that are written, move the focus or press a focused button are for the panels.
pub(super) fn is_for_panels(event: &WindowEvent, panels: &egui::Context) -> bool {
    let WindowEvent::KeyboardInput { event, .. } = event else {
        return !matches!(event, WindowEvent::RedrawRequested);
    };
    match event.physical_key {
        _ if hud::is_written_in(panels) => true,
        PhysicalKey::Code(KeyCode::Tab) => true,
        PhysicalKey::Code(KeyCode::Space | KeyCode::Enter | KeyCode::Escape) => {
            has_focused_widget(panels)
        }
        _ => false,
    }
}

/// The keyboard would press or write into something.
pub(super) fn has_focused_widget(panels: &egui::Context) -> bool {
    panels.memory(|memory| memory.focused().is_some())
}
