//! Whether a certificate and a private key belong together.
//!
//! Models Go's crypto/tls `X509KeyPair`, encoding/pem and as much of crypto/x509 as finds the keys. Departs: what no key
//! needs (dates, extensions, signatures) is not looked at, and a key that does not hold its public half (Ed25519, some of
//! elliptic curves) is taken for the certificate's.

use machinery::decode::decode_base64;

/// # Errors
/// What Go says of the pair.
pub(super) fn check(cert: &str, key: &str) -> Result<(), String> {
    let (cert, key) = (certificate(cert)?, key_block(key)?);
    match (public_key(&cert)?, private_key(&key)?) {
        (Public::Unknown, _) => Err("tls: unknown public key algorithm".to_owned()),
        (Public::Rsa(public), Private::Rsa(private)) => matching(public == private),
        (Public::Curve(public), Private::Curve(private)) => matching(private.is_none_or(|own| own == public)),
        (Public::Ed25519, Private::Ed25519) => Ok(()),
        _ => Err("tls: private key type does not match public key type".to_owned()),
    }
}

fn matching(do_match: bool) -> Result<(), String> {
    if do_match { Ok(()) } else { Err("tls: private key does not match public key".to_owned()) }
}

fn certificate(pem: &str) -> Result<Vec<u8>, String> {
    let (mut found, skipped) = split(pem, |kind| kind == "CERTIFICATE");
    match (found.is_empty(), skipped.as_slice()) {
        (false, _) => Ok(found.swap_remove(0)),
        (_, []) => Err("tls: failed to find any PEM data in certificate input".to_owned()),
        (_, [kind]) if kind.ends_with("PRIVATE KEY") => Err("tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched".to_owned()),
        (_, kinds) => Err(format!(
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [{}]",
            kinds.join(" ")
        )),
    }
}

fn key_block(pem: &str) -> Result<Vec<u8>, String> {
    let is_key = |kind: &str| kind == "PRIVATE KEY" || kind.ends_with(" PRIVATE KEY");
    let (mut found, skipped) = split(pem, is_key);
    match (found.is_empty(), skipped.as_slice()) {
        (false, _) => Ok(found.swap_remove(0)),
        (_, []) => Err("tls: failed to find any PEM data in key input".to_owned()),
        (_, ["CERTIFICATE"]) => {
            Err("tls: found a certificate rather than a key in the PEM for the private key".to_owned())
        }
        (_, kinds) => Err(format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [{}]",
            kinds.join(" ")
        )),
    }
}

/// The content of the blocks that are wanted, and the types of the others before the first of them.
fn split(pem: &str, is_wanted: impl Fn(&str) -> bool) -> (Vec<Vec<u8>>, Vec<&str>) {
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    let mut rest = pem;
    while let Some((kind, after)) =
        rest.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"))
    {
        let Some((body, after)) = after.split_once(&format!("-----END {kind}-----")) else {
            rest = after;
            continue;
        };
        rest = after;
        // Lines such as `Proc-Type: 4,ENCRYPTED` may come first.
        let lines: String = body.lines().filter(|line| !line.contains(':')).map(str::trim).collect();
        match decode_base64(&lines) {
            Ok(content) if is_wanted(kind) => found.push(content),
            Ok(_) if found.is_empty() => skipped.push(kind),
            _ => {}
        }
    }
    (found, skipped)
}

enum Public<'a> {
    // The modulus.
    Rsa(&'a [u8]),
    // The point.
    Curve(&'a [u8]),
    Ed25519,
    Unknown,
}

enum Private<'a> {
    Rsa(&'a [u8]),
    Curve(Option<&'a [u8]>),
    Ed25519,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const PUBLIC_HALF: u8 = 0xa1;

// rsaEncryption, ecPublicKey, id-Ed25519
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

// x509.ParseCertificate, as far as the key.
fn public_key(der: &[u8]) -> Result<Public<'_>, String> {
    let malformed = |what: &str| format!("x509: malformed {what}");
    let mut outer = Reader(der);
    let mut certificate = outer.sequence().ok_or_else(|| malformed("certificate"))?;
    if !outer.0.is_empty() {
        return Err("x509: trailing data".to_owned());
    }
    let mut body = certificate.sequence().ok_or_else(|| malformed("tbs certificate"))?;
    if body.0.first() == Some(&VERSION) {
        body.take(VERSION).ok_or_else(|| malformed("version"))?;
    }
    body.take(INTEGER).ok_or_else(|| malformed("serial number"))?;
    // Upstream calls the subject an issuer, too.
    for what in ["signature algorithm identifier", "issuer", "validity", "issuer"] {
        body.sequence().ok_or_else(|| malformed(what))?;
    }
    let mut key = body.sequence().ok_or_else(|| malformed("spki"))?;
    let mut algorithm = key.sequence().ok_or_else(|| malformed("public key algorithm identifier"))?;
    let algorithm = algorithm.take(OBJECT).ok_or_else(|| malformed("OID"))?;
    let bits =
        key.take(BIT_STRING).and_then(|bits| bits.get(1..)).ok_or_else(|| malformed("subjectPublicKey"))?;
    Ok(match algorithm {
        RSA => {
            let modulus = Reader(bits).sequence().and_then(|mut numbers| numbers.take(INTEGER));
            Public::Rsa(modulus.ok_or("x509: invalid RSA public key")?)
        }
        CURVE => Public::Curve(bits),
        ED25519 => Public::Ed25519,
        _ => Public::Unknown,
    })
}

// parsePrivateKey: PKCS #1, PKCS #8 or SEC 1.
fn private_key(der: &[u8]) -> Result<Private<'_>, String> {
    let broken = || "tls: failed to parse private key".to_owned();
    let mut fields = Reader(der).sequence().ok_or_else(broken)?;
    let version = fields.take(INTEGER).ok_or_else(broken)?;
    match fields.0.first() {
        Some(&INTEGER) if version == [0] => modulus(der).map(Private::Rsa).ok_or_else(broken),
        Some(&SEQUENCE) => {
            let algorithm =
                fields.sequence().and_then(|mut algorithm| algorithm.take(OBJECT)).ok_or_else(broken)?;
            let inner = fields.take(OCTET_STRING).ok_or_else(broken)?;
            match algorithm {
                RSA => modulus(inner).map(Private::Rsa).ok_or_else(broken),
                CURVE => point(inner).map(Private::Curve).ok_or_else(broken),
                ED25519 => Ok(Private::Ed25519),
                _ => Err(broken()),
            }
        }
        Some(&OCTET_STRING) if version == [1] => point(der).map(Private::Curve).ok_or_else(broken),
        _ => Err(broken()),
    }
}

fn modulus(pkcs1: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader(pkcs1).sequence()?;
    fields.take(INTEGER)?;
    fields.take(INTEGER)
}

fn point(sec1: &[u8]) -> Option<Option<&[u8]>> {
    let mut fields = Reader(sec1).sequence()?;
    fields.take(INTEGER)?;
    fields.take(OCTET_STRING)?;
    if fields.0.first() == Some(&VERSION) {
        fields.take(VERSION)?;
    }
    if fields.0.first() != Some(&PUBLIC_HALF) {
        return Some(None);
    }
    let bits = Reader(fields.take(PUBLIC_HALF)?).take(BIT_STRING)?;
    bits.get(1..).map(Some)
}

/// What is left of some DER.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next element, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) || rest.len() < count {
                return None;
            }
            length = rest[..count].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = &rest[count..];
        }
        if found != tag || rest.len() < length {
            return None;
        }
        let (content, after) = rest.split_at(length);
        self.0 = after;
        Some(content)
    }

    fn sequence(&mut self) -> Option<Reader<'a>> {
        self.take(SEQUENCE).map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    // Each made with openssl for this test, and used nowhere.
    const CERT: &str = include_str!("../../../tests/data/pem/ec.crt");
    const KEY: &str = include_str!("../../../tests/data/pem/ec.key");
    const KEY_8: &str = include_str!("../../../tests/data/pem/ec8.key");
    const OTHER_KEY: &str = include_str!("../../../tests/data/pem/other.key");
    const RSA_CERT: &str = include_str!("../../../tests/data/pem/rsa.crt");
    const RSA_KEY: &str = include_str!("../../../tests/data/pem/rsa.key");
    const RSA_KEY_8: &str = include_str!("../../../tests/data/pem/rsa8.key");

    #[test]
    fn a_key_has_to_be_the_certificates() {
        let mismatch = "tls: private key does not match public key";
        let cases = [
            (CERT, KEY, Ok(())),
            (CERT, KEY_8, Ok(())),
            (CERT, OTHER_KEY, Err(mismatch)),
            (CERT, RSA_KEY, Err("tls: private key type does not match public key type")),
            (RSA_CERT, RSA_KEY, Ok(())),
            (RSA_CERT, RSA_KEY_8, Ok(())),
            ("", KEY, Err("tls: failed to find any PEM data in certificate input")),
            (
                KEY,
                CERT,
                Err(
                    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
                ),
            ),
            (CERT, "x", Err("tls: failed to find any PEM data in key input")),
            (CERT, CERT, Err("tls: found a certificate rather than a key in the PEM for the private key")),
            (
                "-----BEGIN X-----\n-----END X-----",
                "",
                Err(
                    "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [X]",
                ),
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                KEY,
                Err("x509: malformed certificate"),
            ),
            (
                CERT,
                "-----BEGIN PRIVATE KEY-----\nMIID\n-----END PRIVATE KEY-----",
                Err("tls: failed to parse private key"),
            ),
        ];
        for (cert, key, expected) in cases {
            assert_eq!(check(cert, key), expected.map_err(str::to_owned), "{cert}\n{key}");
        }
    }

    #[test]
    fn no_cut_of_a_key_panics() {
        for pem in [CERT, KEY, KEY_8, RSA_CERT, RSA_KEY, RSA_KEY_8] {
            let content = super::split(pem, |_| true).0.pop().expect("a block");
            for end in 0..content.len() {
                let _ =
                    super::public_key(&content[..end]).is_ok() || super::private_key(&content[..end]).is_ok();
            }
        }
    }
}
