//! Keeps work that fills the processor from delaying the window.

use tracing::debug;

/// Of a core that both want, a thread of this niceness gets a third of what the window gets (kernel table
/// `sched_prio_to_weight`: 335 to 1024), and a core that nobody else wants it gets as before.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Lets all threads that already run go before the calling thread and those that it will start. Does nothing where the
/// system has no such order of threads.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = raise_niceness() {
        debug!("the generator does not give way to the window: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    debug!("the generator and the window share the processor as equals");
}

/// On Linux both calls mean the calling thread alone, and a new thread inherits from the one that starts it.
#[cfg(target_os = "linux")]
fn raise_niceness() -> rustix::io::Result<()> {
    let own = rustix::process::getpriority_process(None)?;
    rustix::process::setpriority_process(None, own.max(NICENESS))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).expect("every thread has a niceness")
    }

    #[test]
    fn only_the_calling_thread_and_its_children_give_way() {
        let before = niceness();
        let spawn = |work: fn() -> [i32; 2]| std::thread::Builder::new().spawn(work).unwrap();
        let [own, child] = spawn(|| {
            give_way();
            let child = std::thread::Builder::new().spawn(niceness).unwrap();
            [niceness(), child.join().unwrap()]
        })
        .join()
        .unwrap();
        assert_eq!([own, child], [NICENESS.max(before); 2]);
        assert_eq!(niceness(), before);
    }
}
