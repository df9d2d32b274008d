//! From nodes to JSON.
//!
//! Models go.yaml.in/yaml/v2, decode.go (`decoder`), sigs.k8s.io/yaml, yaml.go (`convertToJSONableObject`), and the
//! numbers that kubectl's unstructured decoding makes of the result (integers that fit an `i64`, floats otherwise).
//! Departs by bounds with a message: nesting, and the size of what aliases expand to.
//! Invariant: recursion, and so the depth of the result, is at most [`MAX_DEPTH`].

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::compose::yaml_error;
use super::error::YamlError;
use super::node::{NodeKind, Nodes};
use super::scalar::{Scalar, scalar};
use crate::go_text;

/// Deeper documents are refused. No Kubernetes object nests half as deep.
pub(super) const MAX_DEPTH: usize = 100;
pub(super) const TOO_DEEP: &str = "nested deeper than 100 levels, the most that can be read";
/// How many bytes of text a document may hold once its aliases are replaced.
const MAX_BYTES: usize = 32 << 20;

/// The document as JSON; null if it is empty. Lines in the error are those of the nodes.
pub(super) fn convert(document: &Nodes) -> Result<Value, YamlError> {
    let Some(root) = document.root else {
        return Ok(Value::Null);
    };
    let mut converter = Converter {
        document,
        depth: 0,
        decodes: 1,
        alias_decodes: 0,
        aliases: Vec::new(),
        bytes: 0,
        unfit: None,
    };
    let value = converter.value(root)?;
    match converter.unfit {
        Some(unfit) => Err(unfit.error),
        None => Ok(value),
    }
}

// What YAML holds and JSON cannot; found only after all of the YAML is sound.
struct Unfit {
    is_key: bool,
    error: YamlError,
}

struct Converter<'a> {
    document: &'a Nodes,
    depth: usize,
    decodes: u32,
    alias_decodes: u32,
    // The aliases that are being followed.
    aliases: Vec<usize>,
    bytes: usize,
    unfit: Option<Unfit>,
}

impl Converter<'_> {
    fn value(&mut self, node: usize) -> Result<Value, YamlError> {
        self.count(node)?;
        match &self.document.nodes[node].kind {
            NodeKind::Alias { target, .. } => self.through_alias(node, |this| this.value(*target)),
            NodeKind::Scalar { .. } => {
                let scalar = self.scalar(node)?;
                Ok(self.json(scalar))
            }
            NodeKind::Sequence(items) => {
                self.enter(node)?;
                let values = items.iter().map(|item| self.value(*item)).collect::<Result<Vec<_>, _>>()?;
                self.depth -= 1;
                Ok(Value::Array(values))
            }
            NodeKind::Mapping(_) => {
                let mut map = Map::new();
                self.mapping(node, &mut map)?;
                Ok(Value::Object(map))
            }
        }
    }

    fn mapping(&mut self, node: usize, out: &mut Map<String, Value>) -> Result<(), YamlError> {
        let NodeKind::Mapping(entries) = &self.document.nodes[node].kind else {
            return Ok(());
        };
        self.enter(node)?;
        for (key, value) in entries {
            if self.is_merge(*key) {
                self.merge(*value, out)?;
                continue;
            }
            let name = self.key(*key)?;
            let value = self.value(*value)?;
            match name {
                Ok(name) => {
                    self.grow(name.len(), *key)?;
                    out.insert(name, value);
                }
                Err(description) => {
                    let message = format!(
                        "error converting YAML to JSON: unsupported map key of type: {description}, value: {}",
                        go_syntax(&value, false)
                    );
                    self.keep_unfit(true, YamlError::new(message, Some(self.line(*key))));
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    // A key as JSON names it, or else how upstream describes its type.
    fn key(&mut self, node: usize) -> Result<Result<String, String>, YamlError> {
        self.count(node)?;
        match &self.document.nodes[node].kind {
            NodeKind::Alias { target, .. } => self.through_alias(node, |this| this.key(*target)),
            NodeKind::Scalar { .. } => Ok(match self.scalar(node)? {
                Scalar::Text(text) => Ok(text),
                Scalar::Int(int) => Ok(int.to_string()),
                Scalar::Float(float) => Ok(go_text::yaml_float_32(float)),
                Scalar::Bool(bool) => Ok(bool.to_string()),
                Scalar::Uint(uint) => Err(format!("uint64, key: {uint:#x}")),
                Scalar::Null => Err("%!s(<nil>), key: <nil>".to_owned()),
            }),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
                self.decodes -= 1;
                let key = self.value(node)?;
                let line = self.line(node);
                Err(yaml_error(format!("invalid map key: {}", go_syntax(&key, false)), Some(line)))
            }
        }
    }

    fn merge(&mut self, node: usize, out: &mut Map<String, Value>) -> Result<(), YamlError> {
        if let NodeKind::Sequence(items) = &self.document.nodes[node].kind {
            // Earlier ones take precedence.
            return items.iter().rev().try_for_each(|item| self.merge_one(*item, out));
        }
        self.merge_one(node, out)
    }

    fn merge_one(&mut self, node: usize, out: &mut Map<String, Value>) -> Result<(), YamlError> {
        let target = match &self.document.nodes[node].kind {
            NodeKind::Alias { target, .. } => *target,
            _ => node,
        };
        if !matches!(self.document.nodes[target].kind, NodeKind::Mapping(_)) {
            let problem = "map merge requires map or sequence of maps as the value";
            return Err(yaml_error(problem, Some(self.line(node))));
        }
        self.count(node)?;
        if target == node {
            return self.mapping(node, out);
        }
        self.through_alias(node, |this| {
            this.count(target)?;
            this.mapping(target, out)
        })
    }

    fn is_merge(&self, node: usize) -> bool {
        match &self.document.nodes[node].kind {
            NodeKind::Scalar { value, tag, implicit } => {
                value == "<<" && (*implicit || tag == "tag:yaml.org,2002:merge")
            }
            _ => false,
        }
    }

    fn scalar(&mut self, node: usize) -> Result<Scalar, YamlError> {
        let NodeKind::Scalar { value, tag, implicit } = &self.document.nodes[node].kind else {
            return Ok(Scalar::Null);
        };
        self.grow(value.len(), node)?;
        let resolved =
            scalar(value, tag, *implicit).map_err(|problem| yaml_error(problem, Some(self.line(node))))?;
        if let Scalar::Float(float) = &resolved
            && !float.is_finite()
        {
            let name = if float.is_nan() {
                "NaN"
            } else if *float > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            let message = format!("error converting YAML to JSON: json: unsupported value: {name}");
            self.keep_unfit(false, YamlError::new(message, Some(self.line(node))));
        }
        Ok(resolved)
    }

    fn json(&self, scalar: Scalar) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(bool) => Value::Bool(bool),
            Scalar::Int(int) => int.into(),
            Scalar::Uint(uint) => (uint as f64).into(),
            // What prints without a fraction is an integer to the next reader.
            Scalar::Float(float) if float.is_finite() => match go_text::json_float(float).parse::<i64>() {
                Ok(int) => int.into(),
                Err(_) => Number::from_f64(float).map_or(Value::Null, Value::Number),
            },
            Scalar::Float(_) => Value::Null,
            Scalar::Text(text) => Value::String(text),
        }
    }

    fn through_alias<T>(
        &mut self,
        alias: usize,
        follow: impl FnOnce(&mut Self) -> Result<T, YamlError>,
    ) -> Result<T, YamlError> {
        if self.aliases.contains(&alias) {
            let NodeKind::Alias { name, .. } = &self.document.nodes[alias].kind else {
                return follow(self);
            };
            return Err(yaml_error(format!("anchor '{name}' value contains itself"), Some(self.line(alias))));
        }
        self.aliases.push(alias);
        let result = follow(self);
        self.aliases.pop();
        result
    }

    // decoder.unmarshal's guard against documents that are mostly aliases.
    fn count(&mut self, node: usize) -> Result<(), YamlError> {
        self.decodes += 1;
        if !self.aliases.is_empty() {
            self.alias_decodes += 1;
        }
        let is_excessive = self.alias_decodes > 100
            && self.decodes > 1000
            && f64::from(self.alias_decodes) / f64::from(self.decodes) > allowed_alias_ratio(self.decodes);
        if is_excessive {
            return Err(yaml_error("document contains excessive aliasing", Some(self.line(node))));
        }
        Ok(())
    }

    fn grow(&mut self, bytes: usize, node: usize) -> Result<(), YamlError> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            let problem = "aliases expand to more than 32 MiB, the most that can be read";
            return Err(yaml_error(problem, Some(self.line(node))));
        }
        Ok(())
    }

    fn enter(&mut self, node: usize) -> Result<(), YamlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(yaml_error(TOO_DEEP, Some(self.line(node))));
        }
        Ok(())
    }

    fn keep_unfit(&mut self, is_key: bool, error: YamlError) {
        if self.unfit.as_ref().is_none_or(|kept| is_key && !kept.is_key) {
            self.unfit = Some(Unfit { is_key, error });
        }
    }

    fn line(&self, node: usize) -> usize {
        self.document.nodes[node].span.start.line
    }
}

fn allowed_alias_ratio(decodes: u32) -> f64 {
    const LOW: u32 = 400_000;
    const HIGH: u32 = 4_000_000;
    if decodes <= LOW {
        0.99
    } else if decodes >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * (f64::from(decodes - LOW) / f64::from(HIGH - LOW))
    }
}

// What `%#v` prints of a decoded value.
fn go_syntax(value: &Value, nested: bool) -> String {
    match value {
        Value::Null if nested => "interface {}(nil)".to_owned(),
        Value::Null => "<nil>".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) => go_text::yaml_float(float),
            _ => number.to_string(),
        },
        Value::String(text) => go_text::quote(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| go_syntax(item, true)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let sorted: BTreeSet<&String> = map.keys().collect();
            let entries = sorted
                .into_iter()
                .map(|key| format!("{}:{}", go_text::quote(key), go_syntax(&map[key], true)));
            format!("map[interface {{}}]interface {{}}{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
