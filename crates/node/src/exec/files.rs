//! The files that a container sees: its mounts, and what lies beside them.
//!
//! Models the mounts of pkg/kubelet/kubelet_pods.go (makeMounts) and the complaints of BusyBox. Departs: of the image's own
//! files only the tree's first level is known.

use std::collections::BTreeSet;

use client::Listers;
use k8s_openapi::api::core::v1::{
    Container, PersistentVolume, PersistentVolumeClaim, Pod, Volume, VolumeMount,
};
use machinery::Resource;

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
}

impl Files<'_> {
    pub(super) fn read<'r>(&self, runtime: &'r Runtime, path: &str) -> Option<&'r str> {
        let spot = self.locate(&normal(path))?;
        runtime.read(&spot.place, &spot.path)
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
        let normal = normal(path);
        if normal == "/dev/null" {
            return Ok(());
        }
        let complain = |why: &str| Err(format!("can't create {path}: {why}"));
        if self.is_directory(runtime, &normal) {
            return complain("Is a directory");
        }
        let (parent, _) = normal.rsplit_once('/').unwrap_or_default();
        if !self.is_directory(runtime, parent) {
            return complain("nonexistent directory");
        }
        if KERNEL.contains(&parent) {
            return complain("Permission denied");
        }
        let Some(spot) = self.locate(&normal) else {
            return complain("nonexistent directory");
        };
        if spot.read_only {
            return complain("Read-only file system");
        }
        let before = runtime.read(&spot.place, &spot.path).filter(|_| append).unwrap_or_default();
        if !runtime.write(&spot.place, &spot.path, format!("{before}{text}")) {
            return Err("write error: No space left on device".to_owned());
        }
        Ok(())
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
            let paths = runtime.paths(&spot.place);
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
        })
    }

    /// Where a volume's files lie; `None` for a claim that has no volume.
    fn place(&self, volume: &Volume) -> Option<Place> {
        let generated = || format!("{}-{}", self.pod.name(), volume.name);
        let claim = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => Some(source.claim_name.clone()),
            (None, ephemeral) => ephemeral.as_ref().map(|_| generated()),
        };
        if let Some(claim) = claim {
            let claim = self.listers.get::<PersistentVolumeClaim>(self.pod.namespace(), &claim)?;
            let name = claim.spec.as_ref()?.volume_name.as_deref()?;
            let uid = self.listers.get::<PersistentVolume>("", name)?.uid();
            return Some(Place { owner: uid.into(), part: "".into() });
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
