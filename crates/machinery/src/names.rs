//! What a name, a label and an annotation may look like, and what is said if it does not.
//!
//! Models apimachinery/pkg/util/validation/validation.go and pkg/api/validate/content (v1.36.2).
//! Each check returns the messages of the rules that are broken; none means that the text is fine.

use crate::version::Features;

const LABEL_FORMAT: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_FORMAT: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const SUBDOMAIN_UNDERSCORE_FORMAT: &str =
    r"([a-z0-9_]([-a-z0-9_]*[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9])?)*";
const LABEL_1035_FORMAT: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_FORMAT: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE_FORMAT: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

const CONFIG_KEY_FORMAT: &str = "[-._a-zA-Z0-9]+";
const ENV_VAR_FORMAT: &str = "[-._a-zA-Z][-._a-zA-Z0-9]*";

/// The longest DNS label, in bytes.
pub const LABEL_MAX: usize = 63;
/// The longest DNS subdomain, in bytes.
pub const SUBDOMAIN_MAX: usize = 253;

/// How the length of a label's key or value is counted in words.
fn label_unit(features: Features) -> &'static str {
    if features.label_limits_are_in_bytes() { "bytes" } else { "characters" }
}

/// What a too long text is told; `unit` is `characters` or `bytes`.
fn too_long(max: usize, unit: &str) -> String {
    format!("must be no more than {max} {unit}")
}

/// A rule with its regular expression and examples (`RegexError`).
fn regex_error(rule: &str, format: &str, examples: &[&str]) -> String {
    let quoted: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    // Upstream joins the examples with " or " after each one's comma: two spaces are right.
    let examples = quoted.join(" or ");
    format!("{rule} (e.g. {examples}regex used for validation is '{format}')")
}

fn is_lower_alnum(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn starts_and_ends(text: &str, ok: impl Fn(char) -> bool) -> bool {
    text.starts_with(&ok) && text.ends_with(&ok)
}

fn is_label(text: &str) -> bool {
    starts_and_ends(text, is_lower_alnum) && text.chars().all(|c| is_lower_alnum(c) || c == '-')
}

fn is_qualified(text: &str) -> bool {
    starts_and_ends(text, |c| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// DNS-1123 label: names of StatefulSets, namespaces, containers.
pub fn dns1123_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > LABEL_MAX {
        errors.push(too_long(LABEL_MAX, "characters"));
    }
    if !is_label(text) {
        let is_subdomain = text.split('.').all(is_label);
        errors.push(if is_subdomain {
            "must not contain dots".to_owned()
        } else {
            let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
            regex_error(rule, LABEL_FORMAT, &["my-name", "123-abc"])
        });
    }
    errors
}

/// DNS-1123 subdomain: most names.
pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        errors.push(too_long(SUBDOMAIN_MAX, "characters"));
    }
    if !text.split('.').all(is_label) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
        errors.push(regex_error(rule, SUBDOMAIN_FORMAT, &["example.com"]));
    }
    errors
}

/// A DNS subdomain whose labels may hold and begin with underscores: a search path.
pub fn dns1123_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        errors.push(too_long(SUBDOMAIN_MAX, "characters"));
    }
    let is_part = |part: &str| {
        part.starts_with(|c| is_lower_alnum(c) || c == '_')
            && part.ends_with(is_lower_alnum)
            && part.chars().all(|c| is_lower_alnum(c) || matches!(c, '-' | '_'))
    };
    if !text.split('.').all(is_part) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
        errors.push(regex_error(rule, SUBDOMAIN_UNDERSCORE_FORMAT, &["example.com"]));
    }
    errors
}

/// DNS-1035 label: names of Services.
pub fn dns1035_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > LABEL_MAX {
        errors.push(too_long(LABEL_MAX, "characters"));
    }
    if !(is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())) {
        let rule = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
        errors.push(regex_error(rule, LABEL_1035_FORMAT, &["my-name", "abc-123"]));
    }
    errors
}

/// A label or annotation key: `[prefix/]name`.
pub fn qualified_name(text: &str, features: Features) -> Vec<String> {
    let mut errors = Vec::new();
    let rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let name = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(dns1123_subdomain(prefix).into_iter().map(|e| format!("prefix part {e}")));
            }
            name
        }
        _ => {
            let what =
                if features.label_limits_are_in_bytes() { "valid label key" } else { "qualified name" };
            let rule = format!("a {what} {rule}");
            let base = regex_error(&rule, QUALIFIED_FORMAT, &examples);
            errors.push(format!(
                "{base} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
            return errors;
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_MAX {
        errors.push(format!("name part {}", too_long(LABEL_MAX, label_unit(features))));
    }
    if !is_qualified(name) {
        errors.push(regex_error(&format!("name part {rule}"), QUALIFIED_FORMAT, &examples));
    }
    errors
}

/// A label's value.
pub fn label_value(text: &str, features: Features) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > LABEL_MAX {
        errors.push(too_long(LABEL_MAX, label_unit(features)));
    }
    if !text.is_empty() && !is_qualified(text) {
        let rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        errors.push(regex_error(rule, LABEL_VALUE_FORMAT, &["MyValue", "my_value", "12345"]));
    }
    errors
}

/// A key of a ConfigMap or Secret (`IsConfigMapKey`).
pub fn config_map_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        errors.push(too_long(SUBDOMAIN_MAX, "characters"));
    }
    if text.is_empty() || !text.chars().all(is_key_char) {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(regex_error(rule, CONFIG_KEY_FORMAT, &["key.name", "KEY_NAME", "key-name"]));
    }
    errors.extend(leads_out(text));
    errors
}

/// The name of an environment variable as kubectl checks it, which is stricter than the server (`IsEnvVarName`).
pub fn env_var_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let begins_wrong = text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit());
    if begins_wrong || !text.chars().all(is_key_char) {
        let rule = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
        errors.push(regex_error(rule, ENV_VAR_FORMAT, &["my.env-name", "MY_ENV.NAME", "MyEnvName1"]));
    }
    errors.extend(leads_out(text));
    errors
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

// hasChDirPrefix: as the name of a file it would lead out of its folder.
fn leads_out(text: &str) -> Option<String> {
    match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ => text.starts_with("..").then(|| "must not start with '..'".to_owned()),
    }
}

/// A port's name.
pub fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 15 {
        errors.push(too_long(15, "characters"));
    }
    if !text.chars().all(|c| is_lower_alnum(c) || c == '-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.chars().any(|c| c.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    #[test]
    fn names_follow_their_rules() {
        let label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        type Check = fn(&str) -> Vec<String>;
        let key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        let variable = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
        let cases: [(Check, &str, &[&str]); 13] = [
            (config_map_key, "a.b_c-D", &[]),
            (config_map_key, "a b", &[key]),
            (config_map_key, "..", &["must not be '..'"]),
            (config_map_key, "..a/", &[key, "must not start with '..'"]),
            (env_var_name, "a.b_c-D1", &[]),
            (env_var_name, "1a", &[variable]),
            (env_var_name, "", &[variable]),
            (dns1123_label, "web-0", &[]),
            (dns1123_label, "web.x", &["must not contain dots"]),
            (dns1123_label, "Web", &[label]),
            (dns1123_subdomain, "a.b-c.d", &[]),
            (dns1035_label, "svc-1", &[]),
            (port_name, "web", &[]),
        ];
        for (check, text, expected) in cases {
            assert_eq!(check(text), expected, "{text}");
        }
        assert_eq!(dns1035_label("1a").len(), 1);
        assert_eq!(port_name("80"), ["must contain at least one letter (a-z)"]);
    }

    #[test]
    fn labels_follow_their_rules_in_the_words_of_their_version() {
        let (new, old) = (Features::default(), Features::of(Version::V1_32));
        assert!(qualified_name("example.com/app", new).is_empty() && label_value("", new).is_empty());
        assert_eq!(qualified_name("/app", new), ["prefix part must be non-empty"]);
        let long = "x".repeat(64);
        assert_eq!(label_value(&long, new), ["must be no more than 63 bytes"]);
        assert_eq!(label_value(&long, old), ["must be no more than 63 characters"]);
        assert!(qualified_name("a/b/c", new)[0].starts_with("a valid label key must"));
        assert!(qualified_name("a/b/c", old)[0].starts_with("a qualified name must"));
    }
}
