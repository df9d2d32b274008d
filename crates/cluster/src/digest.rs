//! A stable hash of everything that is stored.
//!
//! FNV-1a over canonical JSON: the same on every platform, and different as soon as any object differs.

use apiserver::Server;
use machinery::json;
use node::runtime::Runtime;

/// The hash of nothing.
pub(crate) const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits, continued from `hash`.
pub(crate) fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The hash of every stored object, in their order, and of what containers have left behind.
pub(crate) fn digest(server: &Server, runtime: &Runtime) -> u64 {
    let objects = server.all().fold(START, |hash, object| {
        let text = json::to_string(&object.to_value());
        fnv1a(fnv1a(hash, text.as_bytes()), b"\n")
    });
    runtime.pieces().fold(objects, |hash, piece| fnv1a(fnv1a(hash, piece.as_bytes()), b"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(START, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(START, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
