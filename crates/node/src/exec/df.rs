//! `df`: the file systems that a container sees, and how full they are.
//!
//! Models BusyBox's coreutils/df.c and libbb/human_readable.c, and what a runtime mounts into a container. Departs: a volume
//! is as large as it says, its node's disk as large as the node says, and only what was written here takes space.

use k8s_openapi::api::core::v1::{Node, PersistentVolume, Volume};
use machinery::quantity::Quantity;

use super::files::Files;
use super::{ExecOutput, failed, printed};
use crate::runtime::Runtime;

/// The node's disk.
const DISK: &str = "/dev/sda1";
/// How large the runtime's own small file systems are, in KiB.
const SMALL_KIB: u64 = 65_536;
/// What the runtime mounts from the node's disk.
const FROM_DISK: [&str; 4] = ["/etc/hosts", "/dev/termination-log", "/etc/hostname", "/etc/resolv.conf"];
/// What the runtime covers, so that the kernel's own is not seen.
const COVERED: [&str; 3] = ["/proc/kcore", "/proc/keys", "/proc/timer_list"];
/// How files take space, in bytes.
const BLOCK: u64 = 4096;

/// A mounted file system; sizes are in KiB.
#[derive(Clone, Debug, PartialEq)]
struct Mount {
    device: String,
    of: &'static str,
    size: u64,
    used: u64,
    path: String,
}

/// How sizes are shown.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Kib,
    Mib,
    Human,
}

/// `df [-hkmT] [PATH…]`.
pub(super) fn run(files: Files<'_>, runtime: &Runtime, args: &[&str]) -> ExecOutput {
    let (mut unit, mut with_type, mut paths) = (Unit::Kib, false, Vec::new());
    for arg in args {
        let Some(letters) = arg.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            paths.push(*arg);
            continue;
        };
        for letter in letters.chars() {
            match letter {
                'h' => unit = Unit::Human,
                'k' => unit = Unit::Kib,
                'm' => unit = Unit::Mib,
                'T' => with_type = true,
                _ => return failed("df: only `df [-hkmT] [PATH…]` is simulated\n".to_owned(), 1),
            }
        }
    }
    let mounts = mounts(files, runtime);
    let mut output = printed(header(unit, with_type));
    if paths.is_empty() {
        mounts.iter().for_each(|mount| output.out(line(mount, unit, with_type)));
    }
    for path in paths {
        if files.is_directory(runtime, path) || files.read(runtime, path).is_some() {
            let found = holder(&mounts, path);
            found.into_iter().for_each(|mount| output.out(line(mount, unit, with_type)));
        } else {
            output.err(format!("df: {path}: can't find mount point\n"));
            output.exit_code = 1;
        }
    }
    output
}

/// The file system that a path lies on.
fn holder<'a>(mounts: &'a [Mount], path: &str) -> Option<&'a Mount> {
    let holds = |mount: &&Mount| {
        let rest = path.strip_prefix(mount.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    mounts.iter().filter(holds).max_by_key(|mount| mount.path.len())
}

/// Everything mounted that has a size, in the order in which a runtime mounts it.
fn mounts(files: Files<'_>, runtime: &Runtime) -> Vec<Mount> {
    let (disk, memory) = node_sizes(files);
    let used = kib(files.written_on_node(runtime));
    let own = |device: &str, of, size, used, path: &str| Mount {
        device: device.to_owned(),
        of,
        size,
        used,
        path: path.to_owned(),
    };
    let mut mounts =
        vec![own("overlay", "overlay", disk, used, "/"), own("tmpfs", "tmpfs", SMALL_KIB, 0, "/dev")];
    let mut claims = 0;
    let volumes = files.pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    for mounted in files.container.volume_mounts.iter().flatten() {
        let Some(volume) = volumes.clone().find(|volume| volume.name == mounted.name) else { continue };
        let written = kib(files.written(runtime, volume));
        let (device, of, size) = match files.claimed(volume) {
            Some(pv) => source(pv, &mut claims, disk),
            None if in_memory(volume) => ("tmpfs".to_owned(), "tmpfs", memory),
            None => (DISK.to_owned(), "ext4", disk),
        };
        let used = if device == DISK { used } else { written };
        // The image has /var/run as a link.
        let path = match mounted.mount_path.strip_prefix("/var/run/") {
            Some(rest) => format!("/run/{rest}"),
            None => mounted.mount_path.clone(),
        };
        mounts.push(Mount { device, of, size, used, path });
    }
    mounts.extend(FROM_DISK.map(|path| own(DISK, "ext4", disk, used, path)));
    mounts.push(own("shm", "tmpfs", SMALL_KIB, 0, "/dev/shm"));
    mounts.push(own("tmpfs", "tmpfs", memory / 2, 0, "/proc/acpi"));
    mounts.extend(COVERED.map(|path| own("tmpfs", "tmpfs", SMALL_KIB, 0, path)));
    mounts.push(own("tmpfs", "tmpfs", memory / 2, 0, "/sys/firmware"));
    mounts
}

/// The disk and the memory of the pod's node, in KiB.
fn node_sizes(files: Files<'_>) -> (u64, u64) {
    let name = files.pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
    let capacity =
        files.listers.get::<Node>("", name).and_then(|node| node.status.as_ref()?.capacity.clone());
    let size = |what: &str| capacity.iter().find_map(|capacity| quantity_kib(&capacity.get(what)?.0));
    (size("ephemeral-storage").unwrap_or_default(), size("memory").unwrap_or_default())
}

/// What a volume is mounted from, and how large that is; each disk of a provisioner is a device of its own.
fn source(volume: &PersistentVolume, claims: &mut u8, disk: u64) -> (String, &'static str, u64) {
    let spec = volume.spec.as_ref();
    let capacity = spec.and_then(|spec| spec.capacity.as_ref()?.get("storage"));
    let size = capacity.and_then(|capacity| quantity_kib(&capacity.0)).unwrap_or_default();
    if let Some(nfs) = spec.and_then(|spec| spec.nfs.as_ref()) {
        return (format!("{}:{}", nfs.server, nfs.path), "nfs4", size);
    }
    if spec.is_some_and(|spec| spec.host_path.is_some() || spec.local.is_some()) {
        return (DISK.to_owned(), "ext4", disk);
    }
    // The first of the letters is the node's own; after the last they begin anew.
    *claims = (*claims + 1) % 26;
    (format!("/dev/sd{}", char::from(b'a' + *claims)), "ext4", size)
}

fn in_memory(volume: &Volume) -> bool {
    let medium = volume.empty_dir.as_ref().and_then(|dir| dir.medium.as_deref());
    volume.secret.is_some() || volume.projected.is_some() || medium == Some("Memory")
}

fn quantity_kib(text: &str) -> Option<u64> {
    Quantity::parse(text).ok().map(|quantity| quantity.value().unsigned_abs() / 1024)
}

fn kib(bytes: u64) -> u64 {
    bytes / 1024
}

fn header(unit: Unit, with_type: bool) -> String {
    let unit = match unit {
        Unit::Kib => "1K-blocks",
        Unit::Mib => "1M-blocks",
        Unit::Human => "     Size",
    };
    let of = if with_type { "Type       " } else { "" };
    format!("Filesystem           {of}{unit:<15}Used Available Use% Mounted on\n")
}

fn line(mount: &Mount, unit: Unit, with_type: bool) -> String {
    // A long name has a line of its own.
    let gap = if mount.device.len() > 20 { format!("\n{:20}", "") } else { String::new() };
    let of = if with_type { format!(" {:<10}", mount.of) } else { String::new() };
    let used = mount.used.min(mount.size);
    let percent = (used * 100 + mount.size / 2).checked_div(mount.size).unwrap_or(0);
    let [size, used, free] = [mount.size, used, mount.size - used].map(|size| shown(size, unit));
    format!("{:<20}{gap}{of} {size:>9} {used:>9} {free:>9} {percent:>3}% {}\n", mount.device, mount.path)
}

/// A size as it is written (make_human_readable_str).
fn shown(kib: u64, unit: Unit) -> String {
    match unit {
        Unit::Kib => kib.to_string(),
        Unit::Mib => ((kib + 512) / 1024).to_string(),
        Unit::Human if kib == 0 => "0".to_owned(),
        Unit::Human => {
            let (mut whole, mut tenths, mut power) = (kib, 0, 0);
            while whole >= 1024 {
                tenths = (whole % 1024 * 10 + 512) / 1024;
                whole /= 1024;
                power += 1;
            }
            if tenths >= 10 {
                (whole, tenths) = (whole + 1, 0);
            }
            format!("{whole}.{tenths}{}", ["K", "M", "G", "T", "P", "E"][power])
        }
    }
}

/// What files of that length take, in bytes.
pub(super) fn taken(length: usize) -> u64 {
    (length as u64).div_ceil(BLOCK) * BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        let cases = [
            (0, "0"),
            (4, "4.0K"),
            (1024, "1.0M"),
            (1536, "1.5M"),
            (65_536, "64.0M"),
            (1 << 20, "1.0G"),
            (104_857_600, "100.0G"),
            // 1023.96 MiB
            (1_048_535, "1024.0M"),
        ];
        for (kib, expected) in cases {
            assert_eq!(shown(kib, Unit::Human), expected, "{kib}");
        }
    }

    #[test]
    fn a_long_name_has_a_line_of_its_own() {
        let mount = |device: &str| Mount {
            device: device.to_owned(),
            of: "nfs4",
            size: 2048,
            used: 512,
            path: "/data".to_owned(),
        };
        assert_eq!(
            line(&mount("/dev/sdb"), Unit::Kib, false),
            "/dev/sdb                  2048       512      1536  25% /data\n"
        );
        assert_eq!(
            line(&mount("stor01:/data/volumes/v1"), Unit::Human, true),
            "stor01:/data/volumes/v1\n                     nfs4            2.0M    512.0K      1.5M  25% /data\n"
        );
    }
}
