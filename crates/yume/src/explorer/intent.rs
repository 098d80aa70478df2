//! What a person wants, whichever key, button or panel it came from.

use yume_motion::Motion;

/// One wish. Panels and input devices only name it; [`super::visit`] and [`super::app`] fulfil it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// Put one segment of this motion at the end of the queue.
    Tap(Motion),
    /// Take the motion with this place out of the queue.
    RemoveQueued(usize),
    /// Take the last motion out of the queue.
    RemoveNewest,
    /// Empty the queue.
    ClearQueue,
    /// Begin a world from the sample with this place.
    StartSample(usize),
    /// Ask for a picture or video file.
    OpenDialog,
    /// Stop, and write the picture on screen to a file that can be edited with another program.
    EditFrame,
    /// Go on from that file as it is by now.
    TakeEdit,
    /// Write down what the place is like.
    WriteScene,
    /// The place is like this from now on.
    SetScene(String),
    /// Sample the segments to come by the preset with this place.
    ChoosePreset(usize),
    /// Sample them by the next preset, or the first after the last.
    NextPreset,
    /// Show or hide the presets.
    TogglePresets,
    /// Begin again from the same picture.
    Restart,
    /// Stop or resume the playhead.
    TogglePause,
    /// Start or end a recording.
    ToggleRecording,
    /// Write the picture on screen to a file.
    SaveStill,
    /// Show or hide everything but the picture.
    ToggleHud,
    /// Show or hide the list of keys.
    ToggleHelp,
    /// Show or hide the pictures to start from.
    ToggleSamples,
    /// Enter or leave full screen.
    ToggleFullScreen,
    /// Put the message away.
    DismissMessage,
    /// Leave whatever was entered last: the help, a message, full screen.
    StepBack,
    /// Make all text and panels larger or smaller.
    Zoom(Zoom),
    /// Close the window.
    Quit,
}

/// A change of the size of text and panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zoom {
    Larger,
    Smaller,
    Usual,
}
