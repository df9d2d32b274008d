//! A document as it is written: nodes with their places, before anything is resolved.
//!
//! Nodes refer to each other by index, so that a document of any depth is built and dropped without recursion.

/// A place in the text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The byte of the text at this place, or the nearest that there is before it.
    pub fn offset(self, text: &str) -> usize {
        let before: usize = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let rest = text[before..].split('\n').next().unwrap_or_default();
        before + rest.chars().take(self.column - 1).map(char::len_utf8).sum::<usize>()
    }
}

/// From `start` up to, but without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// After the last character.
    pub end: Position,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key of the innermost mapping on the way to it that has it, or has what holds it.
    pub key: Option<Span>,
    /// The value.
    pub value: Span,
    /// Whether it is the value that was asked for, and not the innermost one on the way to it.
    pub is_exact: bool,
    /// Whether the value is neither a sequence nor a mapping.
    pub is_scalar: bool,
}

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// `implicit`: neither quoted nor tagged.
    Scalar {
        value: String,
        tag: String,
        implicit: bool,
    },
    Alias {
        name: String,
        target: usize,
    },
    Sequence(Vec<usize>),
    /// Keys and values, in the order of the text.
    Mapping(Vec<(usize, usize)>),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

/// A document's nodes; the last pushed is not special, `root` is.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    pub nodes: Vec<Node>,
    /// None if the document is empty.
    pub root: Option<usize>,
}

struct Open {
    node: usize,
    // A mapping's key that waits for its value.
    key: Option<usize>,
}

/// Puts nodes together in the order in which they start.
#[derive(Default)]
pub(super) struct Builder {
    pub document: Nodes,
    open: Vec<Open>,
}

impl Builder {
    /// How many sequences and mappings are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Adds a scalar or an alias; its index.
    pub(super) fn leaf(&mut self, kind: NodeKind, span: Span) -> usize {
        let index = self.document.nodes.len();
        self.document.nodes.push(Node { kind, span });
        self.attach(index);
        index
    }

    /// Opens a sequence or mapping; its index.
    pub(super) fn start(&mut self, kind: NodeKind, span: Span) -> usize {
        let index = self.leaf(kind, span);
        self.open.push(Open { node: index, key: None });
        index
    }

    /// Closes the innermost sequence or mapping.
    pub(super) fn end(&mut self, end: Position) {
        if let Some(open) = self.open.pop() {
            self.document.nodes[open.node].span.end = end;
        }
    }

    fn attach(&mut self, index: usize) {
        let Some(open) = self.open.last_mut() else {
            self.document.root = Some(index);
            return;
        };
        match &mut self.document.nodes[open.node].kind {
            NodeKind::Sequence(items) => items.push(index),
            NodeKind::Mapping(entries) => match open.key.take() {
                Some(key) => entries.push((key, index)),
                None => open.key = Some(index),
            },
            NodeKind::Scalar { .. } | NodeKind::Alias { .. } => {}
        }
    }
}

/// One step along a path: the node that it leads to, with its key in a mapping, and what is left of the path.
struct Step<'p> {
    key: Option<usize>,
    value: usize,
    rest: &'p str,
}

impl Nodes {
    /// Where the value at a path is (`spec.containers[0].image`, `metadata.labels[a.b/c]`), or else the innermost value
    /// on the way to it.
    pub(super) fn locate(&self, path: &str) -> Option<Place> {
        let mut current = self.root?;
        let (mut rest, mut key) = (path, None);
        while let Some(step) = self.step(current, rest) {
            (current, rest, key) = (step.value, step.rest, step.key.or(key));
        }
        let Node { kind, span } = &self.nodes[current];
        Some(Place {
            key: key.map(|key| self.nodes[key].span),
            value: *span,
            is_exact: rest.is_empty(),
            is_scalar: matches!(kind, NodeKind::Scalar { .. }),
        })
    }

    fn step<'p>(&self, from: usize, path: &'p str) -> Option<Step<'p>> {
        let target = match &self.nodes[from].kind {
            NodeKind::Alias { target, .. } => *target,
            _ => from,
        };
        let path = path.strip_prefix('.').unwrap_or(path);
        let bracket = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match &self.nodes[target].kind {
            NodeKind::Sequence(items) => {
                let (index, rest) = bracket?;
                Some(Step { key: None, value: *items.get(index.parse::<usize>().ok()?)?, rest })
            }
            NodeKind::Mapping(entries) => {
                // A key may have dots, so the longest that fits is meant; of equal ones the last counts.
                let fits = entries.iter().filter_map(|(key, value)| {
                    let NodeKind::Scalar { value: name, .. } = &self.nodes[*key].kind else {
                        return None;
                    };
                    let rest = match bracket {
                        Some((key, rest)) if key == name => rest,
                        _ => path.strip_prefix(name.as_str())?,
                    };
                    let ends = rest.is_empty() || rest.starts_with(['.', '[']);
                    let step = Step { key: Some(*key), value: *value, rest };
                    (ends && !name.is_empty()).then_some((name.len(), step))
                });
                fits.max_by_key(|(len, _)| *len).map(|(_, step)| step)
            }
            NodeKind::Scalar { .. } | NodeKind::Alias { .. } => None,
        }
    }
}
