//! The field for what the place is like.

use egui::{Context, Id, Key, TextEdit, Ui};

use super::{Intent, View, theme};

/// Longer texts would only be cut by the text encoders of the models.
const MOST_LETTERS: usize = 400;

/// Puts the cursor into the field, which shows up with the samples.
pub(in crate::explorer) fn write_scene(context: &Context) {
    context.memory_mut(|memory| memory.request_focus(field()));
}

/// The keyboard writes into the field.
pub(in crate::explorer) fn is_written_in(context: &Context) -> bool {
    context.memory(|memory| memory.has_focus(field()))
}

fn field() -> Id {
    Id::unique("scene")
}

/// The field. What is written counts from Enter, or from leaving the field; Esc forgets it.
pub(super) fn scene_ui(ui: &mut Ui, view: &View<'_>, intents: &mut Vec<Intent>) {
    // What is being written belongs to nobody but this field until then.
    let kept = ui.data(|data| data.get_temp::<String>(field()));
    let is_begun = kept.is_some();
    let mut draft = kept.unwrap_or_else(|| view.scene.to_owned());
    let edit = TextEdit::singleline(&mut draft)
        .id(field())
        .hint_text("Say what comes: a park, snow (T)")
        .char_limit(MOST_LETTERS)
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    // The loss is reported in two passes; the draft is gone after the first.
    if response.lost_focus() && is_begun {
        if !ui.input(|input| input.key_pressed(Key::Escape)) {
            intents.push(Intent::SetScene(draft));
        }
        ui.data_mut(|data| data.remove_temp::<String>(field()));
    } else if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(field(), draft));
    }
    if !view.knows_scenes {
        ui.label(theme::small("This model does not know such words."));
    }
}
