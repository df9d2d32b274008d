//! `--append-hash`: a name that changes with the content.
//!
//! Models kubectl/pkg/util/hash/hash.go. Invariant: the bytes that are hashed are Go's JSON.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use machinery::json;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::flags::{Flag, switch};

pub(super) const APPEND: Flag = switch("append-hash", "Add a hash of the content to the name");

/// The name with the hash of the content behind it.
pub(super) fn append(name: &str, content: &Value) -> String {
    let sum = Sha256::digest(json::to_string(content));
    let hex: String = sum.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    // encodeHash: without vowels it spells no word.
    let consonant = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    format!("{name}-{}", hex.chars().map(consonant).collect::<String>())
}

/// What the hash of a ConfigMap is of (`encodeConfigMap`).
pub(super) fn config_map(name: &str, data: &BTreeMap<String, String>) -> Value {
    json!({"kind": "ConfigMap", "name": name, "data": data})
}

/// What the hash of a Secret is of (`encodeSecret`).
pub(super) fn secret(name: &str, kind: &str, data: &BTreeMap<String, ByteString>) -> Value {
    json!({"kind": "Secret", "type": kind, "name": name, "data": data})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::ByteString;

    use super::{append, config_map, secret};

    // The cases of upstream's hash_test.go.
    #[test]
    fn hashes_are_upstreams() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let maps: [(&[(&str, &str)], &str); 3] = [
            (&[], "42745tchd9"),
            (&[("one", "")], "9g67k2htb6"),
            (&[("two", "2"), ("one", ""), ("three", "3")], "f5h7t85m9b"),
        ];
        for (data, expected) in maps {
            assert_eq!(append("", &config_map("", &map(data))), format!("-{expected}"), "{data:?}");
        }
        let secrets: [(&[(&str, &str)], &str); 3] = [
            (&[], "t75bgf6ctb"),
            (&[("one", "")], "74bd68bm66"),
            (&[("two", "2"), ("one", ""), ("three", "3")], "dgcb6h9tmk"),
        ];
        for (data, expected) in secrets {
            let bytes =
                map(data).into_iter().map(|(key, value)| (key, ByteString(value.into_bytes()))).collect();
            assert_eq!(append("", &secret("", "my-type", &bytes)), format!("-{expected}"), "{data:?}");
        }
    }
}
