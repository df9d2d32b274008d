//! The files that a container sees: its mounts, and what lies beside them.
//!
//! Models the mounts of pkg/kubelet/kubelet_pods.go (makeMounts) and the complaints of BusyBox. Departs: of the image's own
//! files only the tree's first level is known.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use client::Listers;
use k8s_openapi::api::core::v1::{
    Container, PersistentVolume, PersistentVolumeClaim, Pod, Volume, VolumeMount,
};
use machinery::Resource;
use machinery::object::claim_name;

use super::df;
use crate::references;
use crate::runtime::{Place, Runtime};

/// What lies in the root directory of the tutorial's image.
const ROOT: [&str; 17] = [
    "bin", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys",
    "tmp", "usr", "var",
];
/// Those of them that are the kernel's.
const KERNEL: [&str; 3] = ["/dev", "/proc", "/sys"];
/// Those of them in which the image has nothing.
const EMPTY: [&str; 6] = ["/home", "/mnt", "/opt", "/root", "/srv", "/tmp"];
/// What is not there.
pub(super) const MISSING: &str = "No such file or directory";
/// What is no file.
pub(super) const DIRECTORY: &str = "Is a directory";
/// What does not fit.
const FULL: &str = "No space left on device";
/// Where a web server's pages lie.
pub(super) const PAGES: &str = "/usr/share/nginx/html";

/// The container whose files these are.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) listers: &'a Listers,
    pub(super) pod: &'a Pod,
    pub(super) container: &'a Container,
    /// The container's environment, for subPathExpr.
    pub(super) variables: &'a [(String, String)],
}

/// Where a path leads.
struct Spot {
    place: Place,
    path: String,
    read_only: bool,
    /// The files that are shown there of the API server's objects.
    shown: BTreeMap<String, String>,
}

impl<'a> Files<'a> {
    pub(super) fn read<'r>(&self, runtime: &'r Runtime, path: &str) -> Option<Cow<'r, str>> {
        let mut spot = self.locate(&normal(path))?;
        let written = runtime.read(&spot.place, &spot.path).map(Cow::Borrowed);
        written.or_else(|| spot.shown.remove(&spot.path).map(Cow::Owned))
    }

    /// Writes a file whole, or to its end.
    ///
    /// # Errors
    /// What the shell says after `sh: `.
    pub(super) fn write(
        &self,
        runtime: &mut Runtime,
        path: &str,
        text: &str,
        append: bool,
    ) -> Result<(), String> {
        if normal(path) == "/dev/null" {
            return Ok(());
        }
        let spot = self.writable(runtime, path).map_err(|why| {
            // The shell has its own word for it.
            let why = if why == MISSING { "nonexistent directory" } else { why };
            format!("can't create {path}: {why}")
        })?;
        let before = runtime.read(&spot.place, &spot.path).filter(|_| append).unwrap_or_default();
        if !runtime.write(&spot.place, &spot.path, format!("{before}{text}")) {
            return Err(format!("write error: {FULL}"));
        }
        Ok(())
    }

    /// Makes an empty file, unless there is something already.
    ///
    /// # Errors
    /// Why there can be none.
    pub(super) fn touch(&self, runtime: &mut Runtime, path: &str) -> Result<(), &'static str> {
        if self.is_directory(runtime, path) || self.read(runtime, path).is_some() {
            return Ok(());
        }
        let spot = self.writable(runtime, path)?;
        let is_made = runtime.write(&spot.place, &spot.path, String::new());
        if is_made { Ok(()) } else { Err(FULL) }
    }

    /// Removes a file.
    ///
    /// # Errors
    /// Why it stays.
    pub(super) fn remove(&self, runtime: &mut Runtime, path: &str) -> Result<(), &'static str> {
        if self.read(runtime, path).is_none() && !self.is_directory(runtime, path) {
            return Err(MISSING);
        }
        let spot = self.writable(runtime, path)?;
        runtime.remove(&spot.place, &spot.path);
        Ok(())
    }

    /// Where a file of that path can be made or removed; otherwise why not.
    fn writable(&self, runtime: &Runtime, path: &str) -> Result<Spot, &'static str> {
        let normal = normal(path);
        if self.is_directory(runtime, &normal) {
            return Err(DIRECTORY);
        }
        let (parent, _) = normal.rsplit_once('/').unwrap_or_default();
        if !self.is_directory(runtime, parent) {
            return Err(MISSING);
        }
        if KERNEL.contains(&parent) {
            return Err("Permission denied");
        }
        let spot = self.locate(&normal).ok_or(MISSING)?;
        if spot.read_only { Err("Read-only file system") } else { Ok(spot) }
    }

    pub(super) fn is_directory(&self, runtime: &Runtime, path: &str) -> bool {
        let path = normal(path);
        let first = |name: &str| path.strip_prefix('/') == Some(name);
        ROOT.into_iter().any(first)
            || format!("{PAGES}/").starts_with(&format!("{path}/"))
            || self.names(runtime, &path).is_some()
    }

    /// What lies in a directory; `None` if there is no such directory, or nobody knows what is in it.
    pub(super) fn names(&self, runtime: &Runtime, path: &str) -> Option<BTreeSet<String>> {
        let path = normal(path);
        if self.read(runtime, &path).is_some() {
            return None;
        }
        let mut names = BTreeSet::new();
        if path.is_empty() {
            names.extend(ROOT.map(str::to_owned));
        }
        let below = format!("{path}/");
        let mut exists = EMPTY.contains(&path.as_str());
        for mount in self.container.volume_mounts.iter().flatten() {
            let mounted = normal(&mount.mount_path);
            exists |= mounted == path;
            names.extend(mounted.strip_prefix(&below).map(first_part));
        }
        if let Some(spot) = self.locate(&path) {
            let below = if spot.path.is_empty() { String::new() } else { format!("{}/", spot.path) };
            let paths = runtime.paths(&spot.place).chain(spot.shown.keys().map(String::as_str));
            names.extend(paths.filter_map(|path| path.strip_prefix(&below)).map(first_part));
        }
        (exists || !names.is_empty()).then_some(names)
    }

    /// Whether a volume is mounted over a directory.
    pub(super) fn is_mounted(&self, path: &str) -> bool {
        self.mount(path).is_some()
    }

    /// The mount that a path lies in, the deepest.
    fn mount(&self, path: &str) -> Option<&VolumeMount> {
        let mounts = self.container.volume_mounts.iter().flatten();
        let holds = |mount: &&VolumeMount| {
            let rest = path.strip_prefix(&normal(&mount.mount_path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        mounts.filter(holds).max_by_key(|mount| normal(&mount.mount_path).len())
    }

    fn locate(&self, path: &str) -> Option<Spot> {
        let Some(mount) = self.mount(path) else {
            let statuses = self.pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
            let mut own = statuses.filter(|status| status.name == self.container.name);
            let run = own.next().map_or(0, |status| status.restart_count);
            let part = format!("run {run} of {}", self.container.name).into();
            let path = path.trim_start_matches('/').to_owned();
            return Some(Spot {
                place: Place { owner: self.pod.uid().into(), part },
                path,
                read_only: false,
                shown: BTreeMap::new(),
            });
        };
        let volumes = self.pod.spec.as_ref()?.volumes.as_deref().unwrap_or_default();
        let volume = volumes.iter().find(|volume| volume.name == mount.name)?;
        let expanded = |text: &String| {
            self.variables
                .iter()
                .fold(text.clone(), |text, (n, value)| text.replace(&format!("$({n})"), value))
        };
        let sub_path = mount.sub_path.clone().or_else(|| mount.sub_path_expr.as_ref().map(expanded));
        let rest = &path[normal(&mount.mount_path).len()..];
        let path = normal(&format!("/{}{rest}", sub_path.unwrap_or_default()));
        Some(Spot {
            place: self.place(volume)?,
            path: path.trim_start_matches('/').to_owned(),
            read_only: mount.read_only == Some(true) || is_read_only(volume),
            shown: references::files(self.listers, self.pod.namespace(), volume),
        })
    }

    /// What the files of a volume take, in bytes.
    pub(super) fn written(&self, runtime: &Runtime, volume: &Volume) -> u64 {
        self.place(volume).map_or(0, |place| taken_in(runtime, &place))
    }

    /// What the files that lie on the node's disk take, in bytes: those of the containers' own, and of their volumes there.
    pub(super) fn written_on_node(&self, runtime: &Runtime) -> u64 {
        let own = self.locate("").map_or(0, |spot| taken_in(runtime, &spot.place));
        let volumes = self.pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        let local = volumes.filter(|volume| volume.empty_dir.is_some() || volume.host_path.is_some());
        own + local.map(|volume| self.written(runtime, volume)).sum::<u64>()
    }

    /// The persistent volume behind a claim.
    pub(super) fn claimed(&self, volume: &Volume) -> Option<&'a PersistentVolume> {
        let claim = claim_name(self.pod, volume)?;
        let claim = self.listers.get::<PersistentVolumeClaim>(self.pod.namespace(), &claim)?;
        let name = claim.spec.as_ref()?.volume_name.as_deref()?;
        self.listers.get::<PersistentVolume>("", name).map(|volume| &**volume)
    }

    /// Where a volume's files lie; `None` for a claim that has no volume.
    fn place(&self, volume: &Volume) -> Option<Place> {
        if claim_name(self.pod, volume).is_some() {
            return Some(Place { owner: self.claimed(volume)?.uid().into(), part: "".into() });
        }
        if let Some(directory) = &volume.host_path {
            let node = self.pod.spec.as_ref()?.node_name.as_deref()?;
            return Some(Place { owner: format!("{node}:{}", directory.path).into(), part: "".into() });
        }
        Some(Place { owner: self.pod.uid().into(), part: format!("volume {}", volume.name).into() })
    }
}

/// What the API server's objects are mounted from cannot be written, nor a claim that is used so.
fn is_read_only(volume: &Volume) -> bool {
    let of_claim = volume.persistent_volume_claim.as_ref().and_then(|claim| claim.read_only);
    of_claim == Some(true)
        || volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.projected.is_some()
        || volume.downward_api.is_some()
}

fn taken_in(runtime: &Runtime, place: &Place) -> u64 {
    let lengths = runtime.paths(place).filter_map(|path| Some(runtime.read(place, path)?.len()));
    lengths.map(df::taken).sum()
}

fn first_part(path: &str) -> String {
    path.split('/').next().unwrap_or_default().to_owned()
}

/// A path from the root without `.`, `..` and doubled slashes; empty for the root itself.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.into_iter().map(|part| format!("/{part}")).collect()
}
