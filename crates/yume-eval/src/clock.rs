//! Time that processors have spent on this program, which other programs on the machine do not change
//! as they change the time on the wall.

use std::time::Duration;

/// Ticks per second of the times in `/proc`; Linux gives programs this number on every machine.
const TICKS_PER_SEC: f64 = 100.0;

/// Processor time of all threads so far; `None` where the system does not tell.
pub(crate) fn processor_time() -> Option<Duration> {
    parse(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// User and system time, the 14th and 15th field of `/proc/PID/stat`.
fn parse(stat: &str) -> Option<Duration> {
    // The name of the program may hold blanks and brackets; the fields after it do not.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let ticks = next()? + next()?;
    Some(Duration::from_secs_f64(ticks as f64 / TICKS_PER_SEC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "17 (a) b (c)) R 1 2 3 4 5 6 7 8 9 10 250 30 0 0 20 0 4 0 99";
        assert_eq!(parse(stat), Some(Duration::from_millis(2800)));
        for broken in ["", "17 (a", "17 (a) R 1 2", "17 (a) R 1 2 3 4 5 6 7 8 9 10 x 3"] {
            assert_eq!(parse(broken), None, "{broken:?}");
        }
    }
}
