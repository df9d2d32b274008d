//! The names of images, as container runtimes read them.
//!
//! Models the grammar of distribution/reference (`ParseNormalizedNamed`) and pkg/util/parsers (`ParseImageName`). Departs:
//! a digest's length is checked for sha256 alone.

/// The longest name, its registry included.
const MAX_NAME: usize = 255;
const MAX_TAG: usize = 128;

/// The parts of an image's name that say which of its versions is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version<'a> {
    /// After the colon.
    pub tag: Option<&'a str>,
    /// After the `@`.
    pub digest: Option<&'a str>,
}

/// Which version an image's name means.
///
/// # Errors
/// What is wrong with the name, after `couldn't parse image name "NAME": `.
pub fn version(image: &str) -> Result<Version<'_>, &'static str> {
    const INVALID: &str = "invalid reference format";
    if image.len() == 64 && image.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("invalid repository name, cannot specify 64-byte hexadecimal strings");
    }
    let (domain, remainder) = match image.split_once('/') {
        Some((first, rest)) if is_domain_by_looks(first) => (Some(first), rest),
        _ => (None, image),
    };
    let path_ends = remainder.find([':', '@']).unwrap_or(remainder.len());
    if remainder[..path_ends].chars().any(|c| c.is_ascii_uppercase()) {
        return Err("invalid reference format: repository name must be lowercase");
    }
    let (path, version) = remainder.split_at(path_ends);
    let (tagged, digest) = match version.split_once('@') {
        Some((tagged, digest)) => (tagged, Some(digest)),
        None => (version, None),
    };
    let tag = match tagged.strip_prefix(':') {
        None if tagged.is_empty() => None,
        None => return Err(INVALID),
        tag => tag,
    };
    let is_valid = domain.is_none_or(is_domain)
        && path.split('/').all(is_path_part)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    match is_valid {
        true if domain.map_or(0, |d| d.len() + 1) + path.len() > MAX_NAME => {
            Err("repository name must not be more than 255 characters")
        }
        true => Ok(Version { tag, digest }),
        false => Err(INVALID),
    }
}

// What comes before the first slash is a registry, not a part of the path.
fn is_domain_by_looks(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = domain.split_once(':').map_or((domain, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        let edges = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        edges(label.chars().next())
            && edges(label.chars().last())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

// Words of small letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_path_part(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators: Vec<&str> = part.split(is_word).filter(|between| !between.is_empty()).collect();
    part.starts_with(is_word)
        && part.ends_with(is_word)
        && separators
            .iter()
            .all(|between| matches!(*between, "." | "_" | "__") || between.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_TAG
        && tag.starts_with(is_word)
        && tag.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, sum)| {
        let is_algorithm = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        algorithm.split(['-', '_', '+', '.']).all(is_algorithm)
            && sum.len() >= 32
            && (algorithm != "sha256" || sum.len() == 64)
            && sum.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_or_refused() {
        let sum = "0123456789abcdef".repeat(4);
        let digest = format!("sha256:{sum}");
        let cases = [
            ("nginx", Ok((None, None))),
            ("nginx:1.27", Ok((Some("1.27"), None))),
            ("registry:5000/a/b__c", Ok((None, None))),
            ("registry:5000/nginx:v1", Ok((Some("v1"), None))),
            ("Registry/nginx:v1", Ok((Some("v1"), None))),
            (&format!("nginx@{digest}"), Ok((None, Some(&*digest)))),
            (&format!("nginx:v1@{digest}"), Ok((Some("v1"), Some(&*digest)))),
            ("", Err("invalid reference format")),
            (" nginx", Err("invalid reference format")),
            ("nginx:", Err("invalid reference format")),
            ("nginx:v 1", Err("invalid reference format")),
            ("a//b", Err("invalid reference format")),
            ("a___b", Err("invalid reference format")),
            ("nginx@sha256:0", Err("invalid reference format")),
            ("Nginx:v1", Err("invalid reference format: repository name must be lowercase")),
            (&sum, Err("invalid repository name, cannot specify 64-byte hexadecimal strings")),
        ];
        for (image, expected) in cases {
            assert_eq!(version(image).map(|v| (v.tag, v.digest)), expected, "{image}");
        }
    }
}
