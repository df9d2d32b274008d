//! `--sort-by`.
//!
//! Models kubectl/pkg/cmd/get/sorter.go and, for strings, github.com/fvbommel/sortorder: quantities by size, other
//! strings naturally (`web-2` before `web-10`). Departs in one point: equal objects keep their order.

use std::cmp::Ordering;

use machinery::quantity::Quantity;
use serde_json::Value;

use crate::failure::Failure;
use crate::jsonpath;

/// The order of the objects by what the path finds in them; none if it finds nothing in any.
///
/// # Errors
/// Upstream's message, if the path cannot be read.
pub(crate) fn order(objects: &[Value], path: &str) -> Result<Option<Vec<usize>>, Failure> {
    let template = jsonpath::parse_relaxed(path).map_err(Failure::Message)?;
    let mut keys = Vec::with_capacity(objects.len());
    for object in objects {
        let found = template.find(object).map_err(Failure::Message)?;
        keys.push(found.into_iter().flatten().next().map(std::borrow::Cow::into_owned));
    }
    if keys.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by(|a, b| match (&keys[*a], &keys[*b]) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => compare(a, b),
    });
    Ok(Some(order))
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => natural(a, b),
        },
        _ => Ordering::Equal,
    }
}

// Runs of digits compare as numbers, everything else by bytes.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (digits_a, digits_b) = (digits(a), digits(b));
            let (short_a, short_b) = (without_zeros(digits_a), without_zeros(digits_b));
            let by_value = short_a.len().cmp(&short_b.len()).then_with(|| short_a.cmp(short_b));
            let ordering = by_value.then_with(|| digits_a.len().cmp(&digits_b.len()));
            if ordering != Ordering::Equal {
                return ordering;
            }
            (a, b) = (&a[digits_a.len()..], &b[digits_b.len()..]);
        } else if x != y {
            return x.cmp(y);
        } else {
            (a, b) = (&a[1..], &b[1..]);
        }
    }
    a.len().cmp(&b.len())
}

fn digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    &digits[start..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::order;

    #[test]
    fn objects_are_ordered_by_what_is_found() {
        let by = |values: &[serde_json::Value]| {
            let objects: Vec<_> = values.iter().map(|v| json!({"x": v})).collect();
            order(&objects, ".x").expect("a path")
        };
        assert_eq!(by(&[json!("web-10"), json!("web-2"), json!("web-02")]), Some(vec![1, 2, 0]));
        assert_eq!(by(&[json!("10Gi"), json!("900Mi"), json!("5G")]), Some(vec![1, 2, 0]));
        assert_eq!(by(&[json!(3), json!(1), json!(2)]), Some(vec![1, 2, 0]));
        assert_eq!(order(&[json!({"x": 1}), json!({})], "x").expect("a path"), Some(vec![1, 0]));
        assert_eq!(order(&[json!({})], ".y").expect("a path"), None);
    }
}
