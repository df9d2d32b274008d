//! `--sort-by`.
//!
//! Models kubectl/pkg/cmd/get/sorter.go: quantities by size, other strings by bytes (`web-10` before `web-2`), null before
//! all. Departs in one point: upstream's way of sorting more than twelve objects leaves equal ones in any order.

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
        keys.push(found.into_iter().flatten().next().map(|value| Key::of(&value)));
    }
    if keys.iter().all(Option::is_none) {
        return Ok(None);
    }
    // `less` is no order: two strings may compare otherwise than each does with a third one.
    let mut order: Vec<usize> = Vec::with_capacity(objects.len());
    for (at, key) in keys.iter().enumerate() {
        let behind =
            order.iter().rev().take_while(|other| less(key.as_ref(), keys[**other].as_ref())).count();
        order.insert(order.len() - behind, at);
    }
    Ok(Some(order))
}

/// What objects are sorted by.
#[derive(Clone, Debug)]
enum Key {
    Null,
    Number(f64),
    Text(String, Option<Quantity>),
    /// Upstream gives up.
    Unsortable,
}

impl Key {
    fn of(value: &Value) -> Key {
        match value {
            Value::Null => Key::Null,
            Value::Number(number) => number.as_f64().map_or(Key::Unsortable, Key::Number),
            Value::String(text) => Key::Text(text.clone(), Quantity::parse(text).ok()),
            _ => Key::Unsortable,
        }
    }
}

/// Whether one goes before the other (TableSorter.Less, isLess). What has nothing to be sorted by goes before everything,
/// also before what has nothing either: such objects turn round.
fn less(a: Option<&Key>, b: Option<&Key>) -> bool {
    match (a, b) {
        (None, _) => true,
        (_, None) => false,
        (Some(Key::Null), Some(b)) => !matches!(b, Key::Null),
        (Some(Key::Number(a)), Some(Key::Number(b))) => a < b,
        (Some(Key::Text(_, Some(a))), Some(Key::Text(_, Some(b)))) => a < b,
        (Some(Key::Text(a, _)), Some(Key::Text(b, _))) => a < b,
        _ => false,
    }
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
        assert_eq!(by(&[json!("web-2"), json!("web-10"), json!("web-02")]), Some(vec![2, 1, 0]));
        assert_eq!(by(&[json!("10Gi"), json!("900Mi"), json!("5G")]), Some(vec![1, 2, 0]));
        assert_eq!(by(&[json!(3), json!(1), json!(2)]), Some(vec![1, 2, 0]));
        assert_eq!(order(&[json!({"x": 1}), json!({})], "x").expect("a path"), Some(vec![1, 0]));
        assert_eq!(by(&[json!("b"), json!(null), json!("a"), json!(null)]), Some(vec![1, 3, 2, 0]));
        assert_eq!(
            order(&[json!({}), json!({"x": 1}), json!({})], "x").expect("a path"),
            Some(vec![2, 0, 1])
        );
        assert_eq!(order(&[json!({})], ".y").expect("a path"), None);
    }
}
