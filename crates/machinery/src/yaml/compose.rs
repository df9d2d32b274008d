//! From YAML text to nodes.
//!
//! Models go.yaml.in/yaml/v2, decode.go (`parser`) and the depth limit in its scannerc.go; libyaml has none. Departs in
//! two points, both bounds with a message: a document has at most a million values, and one that nests deeper than
//! [`super::convert::MAX_DEPTH`] and goes on and on is given up.

use std::collections::BTreeMap;

use super::convert;
use super::error::YamlError;
use super::events::{Event, Located, Parser, Problem};
use super::node::{Builder, NodeKind, Nodes, Span};

/// Go's limit of flow nesting and of block nesting.
const GO_MAX_DEPTH: usize = 10_000;
const MAX_NODES: usize = 1_000_000;
// Enough to see whether a deeply nested document also breaks Go's limit, whose error comes first.
const MAX_DEEP_EVENTS: usize = 25_000;

/// The first document of the text. Lines in the error are those of the text.
pub(super) fn compose(text: &str) -> Result<Nodes, YamlError> {
    let mut composer = Composer::default();
    let mut parser = Parser::new(text);
    loop {
        let located = parser.next().map_err(|problem| syntax_error(text, &problem))?;
        if matches!(located.event, Event::DocumentEnd | Event::StreamEnd) {
            return Ok(composer.builder.document);
        }
        composer.event(located)?;
    }
}

#[derive(Default)]
struct Composer {
    builder: Builder,
    anchors: BTreeMap<String, usize>,
    // For each open sequence or mapping, whether it is in flow style.
    flows: Vec<bool>,
    flow_depth: usize,
    deep_events: usize,
}

impl Composer {
    fn event(&mut self, located: Located) -> Result<(), YamlError> {
        let Located { event, start, end } = located;
        let span = Span { start, end };
        self.check_size(span)?;
        match event {
            Event::Alias { anchor } => {
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    return Err(yaml_error(
                        format!("unknown anchor '{anchor}' referenced"),
                        Some(start.line),
                    ));
                };
                self.builder.leaf(NodeKind::Alias { name: anchor, target }, span);
            }
            Event::Scalar { anchor, tag, value, implicit } => {
                let node = self.builder.leaf(NodeKind::Scalar { value, tag, implicit }, span);
                self.anchor(anchor, node);
            }
            Event::SequenceStart { anchor, flow } => {
                self.open(flow, span)?;
                let node = self.builder.start(NodeKind::Sequence(Vec::new()), span);
                self.anchor(anchor, node);
            }
            Event::MappingStart { anchor, flow } => {
                self.open(flow, span)?;
                let node = self.builder.start(NodeKind::Mapping(Vec::new()), span);
                self.anchor(anchor, node);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.flow_depth -= usize::from(self.flows.pop() == Some(true));
                self.builder.end(end);
            }
            Event::DocumentEnd | Event::StreamEnd | Event::Start => {}
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: Option<String>, node: usize) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, node);
        }
    }

    fn open(&mut self, flow: bool, span: Span) -> Result<(), YamlError> {
        self.flows.push(flow);
        self.flow_depth += usize::from(flow);
        if self.flow_depth > GO_MAX_DEPTH || self.flows.len() - self.flow_depth > GO_MAX_DEPTH {
            let problem = format!("exceeded max depth of {GO_MAX_DEPTH}");
            return Err(yaml_error(at_line(span.start.line - 1, 1, &problem), Some(span.start.line)));
        }
        Ok(())
    }

    fn check_size(&mut self, span: Span) -> Result<(), YamlError> {
        if self.builder.document.nodes.len() >= MAX_NODES {
            return Err(yaml_error(format!("more than {MAX_NODES} values, the most that can be read"), None));
        }
        if self.builder.depth() > convert::MAX_DEPTH {
            self.deep_events += 1;
            if self.deep_events > MAX_DEEP_EVENTS {
                return Err(yaml_error(convert::TOO_DEEP, Some(span.start.line)));
            }
        }
        Ok(())
    }
}

/// `yaml: PROBLEM` as sigs.k8s.io/yaml wraps it.
pub(super) fn yaml_error(problem: impl std::fmt::Display, line: Option<usize>) -> YamlError {
    YamlError::new(format!("error converting YAML to JSON: yaml: {problem}"), line)
}

// `parser.fail` counts lines from 0, adds one for the scanner's errors only, and leaves line 0 out.
fn syntax_error(text: &str, problem: &Problem) -> YamlError {
    let message = match (problem.line, problem.context_line) {
        (0, context) => at_line(context, 0, &problem.text),
        (line, _) => at_line(line, usize::from(problem.by_scanner), &problem.text),
    };
    let index = if problem.line == 0 && problem.context_line == 0 && problem.offset > 0 {
        text.as_bytes().iter().take(problem.offset).filter(|b| **b == b'\n').count()
    } else {
        problem.line.max(problem.context_line)
    };
    yaml_error(message, Some(index.min(text.lines().count().saturating_sub(1)) + 1))
}

fn at_line(index: usize, add: usize, problem: &str) -> String {
    if index == 0 { problem.to_owned() } else { format!("line {}: {problem}", index + add) }
}
