//! Files of a volume that are in each other's way.
//!
//! Models warningsForOverlappingVirtualPaths and its companions in pkg/api/pod/warnings.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection,
};
use machinery::go_text::quote;

use super::COMPARED;
use crate::admission::TOKEN_VOLUME_PREFIX;

/// A file's path, and what it comes from, where a volume has several sources.
struct File {
    path: String,
    source: String,
}

impl File {
    /// The path as it is printed.
    fn print(&self) -> String {
        match self.source.as_str() {
            "" => quote(&self.path),
            source => format!("{} ({source})", quote(&self.path)),
        }
    }
}

/// What is worth a word in the volumes' files.
pub fn overlaps(volumes: &[Volume]) -> Vec<String> {
    let mut warnings = Vec::new();
    // Nearly every pod has a token from the server itself, whose files are in nobody's way.
    for volume in volumes.iter().filter(|volume| !volume.name.starts_with(TOKEN_VOLUME_PREFIX)) {
        let name = quote(&volume.name);
        if let Some(map) = &volume.config_map {
            let kind = format!("ConfigMap {}", quote(&map.name));
            warnings.extend(collisions(&name, &kind, of_keys(map.items.as_deref(), "")));
        }
        if let Some(secret) = &volume.secret {
            let kind = format!("Secret {}", quote(secret.secret_name.as_deref().unwrap_or_default()));
            warnings.extend(collisions(&name, &kind, of_keys(secret.items.as_deref(), "")));
        }
        if let Some(downward) = &volume.downward_api {
            warnings.extend(collisions(&name, "DownwardAPI", of_fields(downward.items.as_deref(), "")));
        }
        warnings.extend(volume.projected.iter().flat_map(|source| of_projected(&name, source)));
    }
    warnings
}

fn of_projected(volume: &str, projected: &ProjectedVolumeSource) -> Vec<String> {
    let mut found = Collisions::new(volume, "Projected");
    for source in projected.sources.iter().flatten() {
        if *source == VolumeProjection::default() {
            found.warnings.push(format!("volume {volume} (Projected) has no sources provided"));
        }
        found.add(of_projection(source));
    }
    found.warnings
}

/// What a projection brings; of several sources the first one that names its files counts.
fn of_projection(projection: &VolumeProjection) -> Vec<File> {
    let VolumeProjection { config_map, secret, downward_api, service_account_token, .. } = projection;
    if let Some(map) = config_map.as_ref().filter(|map| map.items.is_some()) {
        return of_keys(map.items.as_deref(), &format!("ConfigMap {}", quote(&map.name)));
    }
    if let Some(secret) = secret.as_ref().filter(|secret| secret.items.is_some()) {
        return of_keys(secret.items.as_deref(), &format!("Secret {}", quote(&secret.name)));
    }
    if let Some(downward) = downward_api.as_ref().filter(|downward| downward.items.is_some()) {
        return of_fields(downward.items.as_deref(), "DownwardAPI");
    }
    service_account_token.iter().map(|token| file(&token.path, "ServiceAccountToken")).collect()
}

fn of_keys(items: Option<&[KeyToPath]>, source: &str) -> Vec<File> {
    items.unwrap_or_default().iter().map(|item| file(&item.path, source)).collect()
}

fn of_fields(items: Option<&[DownwardAPIVolumeFile]>, source: &str) -> Vec<File> {
    items.unwrap_or_default().iter().map(|item| file(&item.path, source)).collect()
}

fn file(path: &str, source: &str) -> File {
    File { path: path.trim_end_matches('/').to_owned(), source: source.to_owned() }
}

fn collisions(volume: &str, kind: &str, files: Vec<File>) -> Vec<String> {
    let mut found = Collisions::new(volume, kind);
    found.add(files);
    found.warnings
}

/// Every file with each before it that is in its place, above it or below it.
struct Collisions {
    /// What each of them begins with.
    head: String,
    files: Vec<File>,
    warnings: Vec<String>,
}

impl Collisions {
    fn new(volume: &str, kind: &str) -> Collisions {
        let head = format!("volume {volume} ({kind}): overlapping paths");
        Collisions { head, files: Vec::new(), warnings: Vec::new() }
    }

    fn add(&mut self, files: Vec<File>) {
        let room = COMPARED.saturating_sub(self.files.len());
        for file in files.into_iter().take(room) {
            for earlier in self.files.iter().filter(|earlier| is_overlap(&earlier.path, &file.path)) {
                self.warnings.push(format!("{}: {} with {}", self.head, file.print(), earlier.print()));
            }
            self.files.push(file);
        }
    }
}

fn is_overlap(a: &str, b: &str) -> bool {
    let is_below =
        |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !a.is_empty() && !b.is_empty() && (is_below(a, b) || is_below(b, a))
}
