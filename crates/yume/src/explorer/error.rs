//! Why there is no window, as sentences that say what to do.

use yume_session::SessionError;

/// Why the explorer could not open or go on.
#[derive(Debug, thiserror::Error)]
pub enum ExplorerError {
    /// No display server answered.
    #[error(
        "no display was found ({0}); start yume in a desktop session, set DISPLAY or WAYLAND_DISPLAY, or use the commands \
         that need no window (yume --help)"
    )]
    NoDisplay(String),
    /// A system library that the window needs is absent.
    #[error(
        "a library for windows and keyboards is missing ({0}); on Debian or Ubuntu: apt install libxkbcommon-x11-0 \
         libx11-xcb1 libxcursor1 libxi6 libxrandr2"
    )]
    NoLibrary(String),
    /// The display server gave no window.
    #[error(
        "the display gave no window ({0}); close other programs or log in again, then start yume again"
    )]
    NoWindow(String),
    /// Nothing can draw into the window.
    #[error(
        "no graphics driver can draw into the window ({0}); install your graphics card's driver, or the software one \
         (apt install mesa-vulkan-drivers libvulkan1)"
    )]
    NoAdapter(String),
    /// The graphics driver failed again and again.
    #[error(
        "the graphics driver stopped working ({0}); update it or restart the computer; recordings are kept"
    )]
    DriverLost(String),
    /// The event loop ended on an error.
    #[error("the connection to the display was lost ({0}); log in again; recordings are kept")]
    DisplayLost(String),
    /// The session did not start.
    #[error(transparent)]
    Session(#[from] SessionError),
}
