//! `--sort-by`.
//!
//! Models kubectl/pkg/cmd/get/sorter.go: strings that are quantities by size, others by their bytes (`web-10` before
//! `web-2`). Departs in one point: of more than [`FEW`] objects, equal ones keep their order, and strings go by their bytes
//! unless all are quantities.

use std::cmp::Ordering;

use machinery::quantity::Quantity;
use serde_json::Value;

use crate::go_value::quote;
use crate::jsonpath;

/// Up to so many objects Go sorts by insertion, so that the order of equal ones, too, is what upstream's rules make it.
const FEW: usize = 12;

/// Why objects have no order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unordered {
    /// An error, which some printers keep to themselves.
    Mistake(String),
    /// kubectl ends at once (`klog.Exitf`): what Go says about values that cannot be compared.
    Unsortable(String),
}

/// The order of the objects by what the path, in braces, finds in them.
///
/// # Errors
/// The path cannot be read, finds nothing in any object, or finds what has no order.
pub(crate) fn order(objects: &[Value], path: &str) -> Result<Vec<usize>, Unordered> {
    let template = jsonpath::parse(path).map_err(Unordered::Mistake)?;
    let mut keys = Vec::with_capacity(objects.len());
    for object in objects {
        let found = template.find(object).map_err(Unordered::Mistake)?.into_iter().next();
        keys.push(found.into_iter().flatten().next().map(std::borrow::Cow::into_owned));
    }
    if keys.iter().all(Option::is_none) {
        let path = quote(path);
        return Err(Unordered::Mistake(format!(
            "couldn't find any field with path {path} in the list of objects"
        )));
    }
    let is_less = |a: usize, b: usize| match (&keys[a], &keys[b]) {
        (None, _) => Ok(true),
        (_, None) => Ok(false),
        (Some(a), Some(b)) => less(a, b).map_err(Unordered::Unsortable),
    };
    let mut order: Vec<usize> = (0..objects.len()).collect();
    for end in 1..order.len() {
        let mut at = end;
        // With many objects this only looks for values that have no order.
        while at > 0 && is_less(order[at], order[at - 1])? && order.len() <= FEW {
            order.swap(at, at - 1);
            at -= 1;
        }
    }
    if order.len() > FEW {
        let is_size = |value: &Value| value.as_str().is_none_or(|text| Quantity::parse(text).is_ok());
        let by_size = keys.iter().flatten().all(is_size);
        order.sort_by(|a, b| compare(keys[*a].as_ref(), keys[*b].as_ref(), by_size));
    }
    Ok(order)
}

// `isLess`, of values that are interfaces in Go.
fn less(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (Value::Null, _) => Ok(!b.is_null()),
        (_, Value::Null) => Ok(false),
        (Value::Number(a), Value::Number(b)) if a.is_i64() == b.is_i64() => {
            Ok(match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => a < b,
                _ => a.as_f64() < b.as_f64(),
            })
        }
        (Value::String(a), Value::String(b)) => Ok(match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a < b,
            _ => a < b,
        }),
        (Value::Bool(_), _) => Err("unsortable type: bool".to_owned()),
        (Value::Array(_), _) => Err("unsortable type: []interface {}".to_owned()),
        (Value::Object(_), _) => Err("unsortable type: map[string]interface {}".to_owned()),
        _ => Err("unsortable interface: interface".to_owned()),
    }
}

/// An order of many values; `less` need not be one where only some strings are quantities.
fn compare(a: Option<&Value>, b: Option<&Value>, by_size: bool) -> Ordering {
    let rank = |value: Option<&Value>| value.map(|value| !value.is_null());
    let size = |text: &str| Quantity::parse(text).ok();
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) if by_size => size(a).cmp(&size(b)),
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Unordered, order};

    #[test]
    fn objects_are_ordered_by_what_is_found() {
        let by = |values: Value| {
            let objects: Vec<_> =
                values.as_array().expect("a list").iter().map(|v| json!({"x": v})).collect();
            order(&objects, "{.x}")
        };
        let cases = [
            (json!(["web-10", "web-2", "web-02"]), vec![2, 0, 1]),
            (json!(["10.0.0.9", "10.0.0.10"]), vec![1, 0]),
            (json!(["10Gi", "900Mi", "5G"]), vec![1, 2, 0]),
            (json!([3, 1, 2]), vec![1, 2, 0]),
            (json!([1, null]), vec![1, 0]),
            (
                json!([2, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 1]),
                vec![12, 0, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
            ),
        ];
        for (values, expected) in cases {
            assert_eq!(by(values.clone()), Ok(expected), "{values}");
        }
        // In the rules' own way 9 goes before 10, 10 before 1x, and 1x before 9.
        let many = [json!("9"), json!("10"), json!("1x")].iter().cycle().take(60).cloned().collect();
        let sorted = by(many).expect("an order");
        assert!(
            sorted[..20].iter().all(|index| index % 3 == 1)
                && sorted[40..].iter().all(|index| index % 3 == 0)
        );
        let unsortable = [
            (json!([{}, {}]), "unsortable type: map[string]interface {}"),
            (json!([[1], [2]]), "unsortable type: []interface {}"),
            (json!([true, false]), "unsortable type: bool"),
            (json!([1, "a"]), "unsortable interface: interface"),
        ];
        for (values, message) in unsortable {
            assert_eq!(by(values.clone()), Err(Unordered::Unsortable(message.to_owned())), "{values}");
        }
        // Objects that lack the value come first, the last of them before the others.
        assert_eq!(order(&[json!({"x": 1}), json!({}), json!({})], "{.x}"), Ok(vec![2, 1, 0]));
        let missing = "couldn't find any field with path \"{.y}\" in the list of objects";
        assert_eq!(order(&[json!({})], "{.y}"), Err(Unordered::Mistake(missing.to_owned())));
    }
}
