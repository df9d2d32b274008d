//! Image references and the ids that a container runtime gives.
//!
//! No image is ever fetched: a tag that begins with `bad` stands for one that the registry does not have.

use sha2::{Digest, Sha256};

/// The image's repository, tag and digest.
fn parts(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag), digest),
        _ => (name, None, digest),
    }
}

/// Whether a pull of the image fails.
pub(super) fn is_missing(image: &str) -> bool {
    parts(image).1.is_some_and(|tag| tag.starts_with("bad"))
}

/// Whether the image's name is none that a registry could have.
pub(super) fn is_invalid(image: &str) -> bool {
    machinery::image::version(image).is_err()
}

/// Whether the first part of the name is a registry's host.
fn has_registry(image: &str) -> bool {
    image.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}

/// The repository with its registry: `docker.io/library/nginx`.
fn qualified_repository(image: &str) -> String {
    let (repository, ..) = parts(image);
    if has_registry(image) {
        repository.to_owned()
    } else if repository.contains('/') {
        format!("docker.io/{repository}")
    } else {
        format!("docker.io/library/{repository}")
    }
}

/// The full reference, as a status shows it: `docker.io/library/nginx:1.25`, or with its digest if it has one.
pub(super) fn reference(image: &str) -> String {
    let repository = qualified_repository(image);
    match parts(image) {
        (_, _, Some(digest)) => format!("{repository}@{digest}"),
        (_, tag, None) => format!("{repository}:{}", tag.unwrap_or("latest")),
    }
}

/// The image's id: repository and digest.
pub(super) fn id(image: &str) -> String {
    format!("{}@{}", qualified_repository(image), digest(image))
}

/// The image's digest: the one that it names, or else the sum of its name, as there is no content.
pub(super) fn digest(image: &str) -> String {
    parts(image).2.map_or_else(|| format!("sha256:{}", sha256(&[image])), str::to_owned)
}

/// A made-up size in bytes, the same for the same image.
pub(super) fn size(image: &str) -> u64 {
    let digest = Sha256::digest(image.as_bytes());
    let number = digest.iter().take(4).fold(0, |sum: u64, byte| sum * 256 + u64::from(*byte));
    5_000_000 + number % 90_000_000
}

/// A container's id, from the pod's uid, the container's name and the number of its restart.
pub(super) fn container_id(uid: &str, container: &str, restart: i32) -> String {
    format!("containerd://{}", sha256(&[uid, container, &restart.to_string()]))
}

/// What the runtime says of an image that the registry does not have.
pub(super) fn pull_error(image: &str) -> String {
    let name = reference(image);
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": \
         failed to resolve reference \"{name}\": {name}: not found"
    )
}

/// What the kubelet says of a name that none can have.
pub(super) fn invalid_name(image: &str) -> String {
    let why = machinery::image::version(image).err().unwrap_or_default();
    format!("Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}")
}

/// What the kubelet says of an image that may not be fetched.
pub(super) fn never_pull(image: &str) -> String {
    format!("Container image \"{image}\" is not present with pull policy of Never")
}

/// The sum of some texts, in hexadecimal digits: what stands for an id that a runtime makes up.
pub(crate) fn sha256(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    let digits = hasher.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_qualified_as_containerd_does() {
        let cases = [
            ("nginx", "docker.io/library/nginx:latest"),
            ("ikubernetes/myapp:v1", "docker.io/ikubernetes/myapp:v1"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"),
            ("nginx@sha256:bad0", "docker.io/library/nginx@sha256:bad0"),
            ("a.b/app:1@sha256:00", "a.b/app@sha256:00"),
        ];
        for (image, expected) in cases {
            assert_eq!(reference(image), expected, "{image}");
        }
    }

    #[test]
    fn ids_are_sha256_sums() {
        let expected = "docker.io/ikubernetes/myapp@sha256:de5b469eb65a68fb3e90cea940259d06bf88e98f7d3839e55d4680d7d9d59058";
        assert_eq!(id("ikubernetes/myapp:v2"), expected);
        assert_eq!(id("nginx:1@sha256:00"), "docker.io/library/nginx@sha256:00");
    }

    #[test]
    fn what_cannot_be_pulled_is_seen_by_its_name() {
        assert!(is_missing("ikubernetes/myapp:bad2") && !is_missing("badger/bad"));
        assert!(!is_missing("nginx@sha256:bad0") && !is_missing("nginx@bad"));
        assert!(is_invalid("lower/CASE:tag") && !is_invalid("lower/case:TAG"));
    }
}
