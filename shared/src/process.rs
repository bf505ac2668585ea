//! What this process takes of the machine, under the names that Prometheus' own clients use.

use std::{fs, path::Path};

/// Ticks of the kernel a second: `sysconf(_SC_CLK_TCK)` is 100 on every Linux (proc(5)).
const TICKS: f64 = 100.0;

/// Tells the metrics. Where there is no `/proc` it tells nothing.
pub(crate) fn measure() {
    let Some((cpu, status)) = read(Path::new("/proc/self")) else { return };
    metrics::gauge!("process_cpu_seconds_total").set(cpu);
    for (name, key, unit) in
        [("process_resident_memory_bytes", "VmRSS:", 1024.0), ("process_threads", "Threads:", 1.0)]
    {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        metrics::gauge!(name).set(number.unwrap_or_default() * unit);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(files.map(|_| 1.0).sum::<f64>());
    }
}

/// Seconds of the processor that were used, and the text of `status`.
fn read(folder: &Path) -> Option<(f64, String)> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // What precedes the third field is a name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(14 - 3).map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(((user + system) / TICKS, fs::read_to_string(folder.join("status")).ok()?))
}
