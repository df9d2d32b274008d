//! IP addresses and ranges of them, and the odd forms in which they come.
//!
//! Models apimachinery/pkg/util/validation/ip.go, ValidateNonSpecialIP in pkg/apis/core/validation/validation.go and, for
//! the warnings of 1.32, pkg/api/service/warnings.go. Departs in one point: an odd address that is stored already is refused
//! like a new one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use machinery::field::{FieldError, Path};
use machinery::version::Features;

/// An address, with zeros before the numbers of IPv4, too (ParseIPSloppy).
pub fn parsed(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| without_zeros(text).map(IpAddr::V4))
}

fn without_zeros(text: &str) -> Option<Ipv4Addr> {
    let bare = |number: &str| match number.trim_start_matches('0') {
        "" if number.is_empty() => String::new(),
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    };
    let numbers: Vec<String> = text.split('.').map(bare).collect();
    numbers.join(".").parse().ok()
}

/// An address in either family (IsValidIPForLegacyField).
pub fn ip(text: &str, features: Features, path: &Path) -> Option<FieldError> {
    let why = match parsed(text) {
        None => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        Some(_) if !features.addresses_are_strict() => return None,
        Some(_) if text.parse::<IpAddr>().is_err() => "must not have leading 0s",
        Some(address) if is_mapped(address) => "must not be an IPv4-mapped IPv6 address",
        Some(_) => return None,
    };
    Some(FieldError::invalid(path, text, why))
}

/// IPv4 in the clothes of IPv6: `::ffff:10.0.0.1`.
fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// An address that other hosts can reach (ValidateNonSpecialIP).
pub fn non_special_ip(text: &str, path: &Path) -> Option<FieldError> {
    let Some(address) = parsed(text) else {
        return Some(FieldError::invalid(path, text, "must be a valid IP address"));
    };
    let (is_link_local, is_local_multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0 == 0xfe80, v6.segments()[0] & 0xff0f == 0xff02),
    };
    let why = if address.is_unspecified() {
        format!("may not be unspecified ({text})")
    } else if address.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()
    } else if is_link_local {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()
    } else if is_local_multicast {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned()
    } else {
        return None;
    };
    Some(FieldError::invalid(path, text, why))
}

/// A range of addresses (IsValidCIDRForLegacyField).
pub fn cidr(text: &str, features: Features, path: &Path) -> Option<FieldError> {
    let why = match range(text) {
        None => "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
        Some(_) if !features.addresses_are_strict() => return None,
        Some(_) if has_leading_zeros(text) => "must not have leading 0s in IP or prefix length",
        Some((address, _)) if is_mapped(address) => "must not have an IPv4-mapped IPv6 address",
        Some((address, prefix)) if has_bits_beyond(address, prefix) => {
            "must not have bits set beyond the prefix length"
        }
        Some(_) => return None,
    };
    Some(FieldError::invalid(path, text, why))
}

/// The address and the length of the prefix.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = text.split_once('/')?;
    let address = parsed(address)?;
    let is_number = prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = prefix.parse().ok().filter(|prefix| is_number && *prefix <= bits(address))?;
    Some((address, prefix))
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn has_leading_zeros(range: &str) -> bool {
    range.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<IpAddr>().is_err() || (prefix.len() > 1 && prefix.starts_with('0'))
    })
}

fn has_bits_beyond(address: IpAddr, prefix: u32) -> bool {
    let number = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    number.checked_shl(prefix).is_some_and(|rest| rest != 0)
}

/// What there is to say about an address that is taken in spite of its form (GetWarningsForIP): in 1.32 of a Service's alone.
pub fn ip_warning(text: &str, features: Features, path: &Path) -> Option<String> {
    if text.parse::<IpAddr>().is_err() {
        let zeros = "IPv4 field has octet with leading zero";
        let why = "IP address was accepted, but will be invalid in a future Kubernetes release";
        return without_zeros(text).map(|_| format!("{path}: {why}: ParseAddr(\"{text}\"): {zeros}"));
    }
    let canonical = text.parse::<Ipv6Addr>().ok()?.to_string();
    let (verb, tail) = if features.odd_addresses_earn_a_warning() {
        ("should be", "")
    } else {
        ("is not", ", which may cause controller apply-loops")
    };
    let why =
        || format!("IPv6 address \"{text}\" {verb} in RFC 5952 canonical format (\"{canonical}\"){tail}");
    (canonical != text).then(|| format!("{path}: {}", why()))
}
