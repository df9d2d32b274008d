//! Label selectors: the typed form in specs and the text form on command lines.
//!
//! Models apimachinery/pkg/labels/selector.go and pkg/apis/meta/v1/helpers.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// The labels of an object.
pub type Labels = BTreeMap<String, String>;

/// How a requirement compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// The key is there with one of these values.
    In(Vec<String>),
    /// The key is absent or has none of these values.
    NotIn(Vec<String>),
    /// The key is there.
    Exists,
    /// The key is absent.
    DoesNotExist,
    /// The value is a whole number above this; only typed, never in a spec.
    GreaterThan(i64),
    /// The value is a whole number below this; only typed, never in a spec.
    LessThan(i64),
}

/// A selector: all its requirements have to hold. None holds for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    requirements: Vec<(String, Operator)>,
}

impl Selector {
    /// The selector of a spec; `None` if an operator is none of the four.
    pub fn from_spec(selector: &LabelSelector) -> Option<Selector> {
        let mut requirements: Vec<_> = selector
            .match_labels
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), Operator::In(vec![value.clone()])))
            .collect();
        for expression in selector.match_expressions.iter().flatten() {
            let values = expression.values.clone().unwrap_or_default();
            let operator = match expression.operator.as_str() {
                "In" => Operator::In(values),
                "NotIn" => Operator::NotIn(values),
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => return None,
            };
            requirements.push((expression.key.clone(), operator));
        }
        Some(Selector { requirements })
    }

    /// The selector that wants exactly these labels, as a Service's.
    pub fn from_map(labels: &Labels) -> Selector {
        let requirements = labels.iter().map(|(k, v)| (k.clone(), Operator::In(vec![v.clone()]))).collect();
        Selector { requirements }
    }

    /// The requirements, in the order they were given.
    pub fn requirements(&self) -> &[(String, Operator)] {
        &self.requirements
    }

    /// Whether it has no requirement.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Adds a requirement.
    pub fn push(&mut self, key: String, operator: Operator) {
        self.requirements.push((key, operator));
    }

    /// Whether these labels satisfy every requirement.
    pub fn matches(&self, labels: Option<&Labels>) -> bool {
        let value = |key: &String| labels.and_then(|l| l.get(key));
        let number = |key: &String| value(key).and_then(|value| value.parse::<i64>().ok());
        self.requirements.iter().all(|(key, operator)| match operator {
            Operator::In(values) => value(key).is_some_and(|v| values.contains(v)),
            Operator::NotIn(values) => value(key).is_none_or(|v| !values.contains(v)),
            Operator::Exists => value(key).is_some(),
            Operator::DoesNotExist => value(key).is_none(),
            Operator::GreaterThan(limit) => number(key).is_some_and(|number| number > *limit),
            Operator::LessThan(limit) => number(key).is_some_and(|number| number < *limit),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_compares_as_documented() {
        let labels = Labels::from([("app", "web"), ("n", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        let web = || vec!["web".to_owned()];
        let cases = [
            ("app", Operator::In(web()), true),
            ("app", Operator::NotIn(web()), false),
            ("tier", Operator::NotIn(web()), true),
            ("tier", Operator::In(web()), false),
            ("app", Operator::Exists, true),
            ("tier", Operator::DoesNotExist, true),
            ("n", Operator::GreaterThan(1), true),
            ("n", Operator::LessThan(2), false),
            ("app", Operator::LessThan(2), false),
        ];
        for (key, operator, expected) in cases {
            let selector = Selector { requirements: vec![(key.to_owned(), operator)] };
            assert_eq!(selector.matches(Some(&labels)), expected, "{selector:?}");
        }
        assert!(Selector::default().matches(None));
    }
}
