//! What every Go struct looks like: its JSON fields, their Go types and tags.
//!
//! Holds what upstream has in struct tags (staging/src/k8s.io/api/*/types.go); the table is `fields.tsv`, one line a
//! field. Embedded (`inline`) structs are spread into the struct that embeds them, as Go's encoding/json does.
//! Invariant: the fields of a struct are sorted by JSON name; it is constant data, read once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::version::Version;

const TABLE: &str = include_str!("fields.tsv");

/// What kind of Go type a value is decoded into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`, or a named one.
    String,
    /// `bool`.
    Bool,
    /// `int` or `int64`.
    Int64,
    /// `int32`.
    Int32,
    /// `[]byte`: base64 in JSON.
    Bytes,
    /// `resource.Quantity`.
    Quantity,
    /// `intstr.IntOrString`.
    IntOrString,
    /// `metav1.Time`.
    Time,
    /// `metav1.MicroTime`.
    MicroTime,
    /// `runtime.RawExtension` or `metav1.FieldsV1`: any JSON.
    Raw,
    /// A struct: (group, name), as [`lookup`] takes them.
    Struct(&'static str, &'static str),
    /// A list.
    List(Box<GoType>),
    /// A map from strings.
    Map(Box<GoType>),
}

/// A type with the name that Go's errors give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoType {
    /// The type.
    pub kind: Type,
    /// As reflect prints it: `int32`, `v1.PullPolicy`, `[]v1.EnvVar`.
    pub name: String,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// The JSON name.
    pub name: &'static str,
    /// The type, without the pointer.
    pub go_type: GoType,
    /// The Go type as the table has it, relative to its package: `*LocalObjectReference`, `[]string`.
    pub declared_type: &'static str,
    /// Whether it is a pointer: absent and zero differ.
    pub pointer: bool,
    /// Whether an empty value is not printed.
    pub omitempty: bool,
    /// Whether a zero struct is not printed.
    pub omitzero: bool,
    /// `patchStrategy`: `merge`, `replace`, `retainKeys`, or `merge,retainKeys`; empty if there is none.
    pub patch_strategy: &'static str,
    /// `patchMergeKey`, empty if there is none.
    pub merge_key: &'static str,
    /// Whether Kubernetes 1.32 had it.
    pub in_1_32: bool,
    /// Where it stands among the fields of its struct, from 0.
    pub declared_at: usize,
}

impl Field {
    /// Whether that version had it.
    pub fn is_in(&self, version: Version) -> bool {
        self.in_1_32 || version > Version::V1_32
    }
}

/// A Go struct.
#[derive(Clone, Debug)]
pub struct Struct {
    /// The group: `apps`, `core`, `discovery`, `meta` or `storage`.
    pub group: &'static str,
    /// The Go name.
    pub name: &'static str,
    /// Its fields, sorted by JSON name, embedded ones included.
    pub fields: Vec<Field>,
}

impl Struct {
    /// The field with that JSON name; case counts.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.position(name).map(|position| &self.fields[position])
    }

    /// Where in `fields` the field with that JSON name is.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok()
    }

    /// How reflect names it: `v1.PodSpec`.
    pub fn go_name(&self) -> String {
        format!("v1.{}", self.name)
    }
}

/// The struct of that group (`apps`, `core`, `discovery`, `meta`, `storage`) and Go name.
pub fn lookup(group: &str, name: &str) -> Option<&'static Struct> {
    table().get(group)?.get(name)
}

/// Follows JSON field names from a struct, through pointers, lists and maps; the struct that holds the last one, and
/// that field. Map keys and list indices are not part of the path.
pub fn find(root: (&str, &str), path: &[&str]) -> Option<(&'static Struct, &'static Field)> {
    let (last, parents) = path.split_last()?;
    let mut current = lookup(root.0, root.1)?;
    for name in parents {
        current = element_struct(&current.field(name)?.go_type)?;
    }
    Some((current, current.field(last)?))
}

/// The struct that a type is, or that its elements are.
pub fn element_struct(go_type: &GoType) -> Option<&'static Struct> {
    match &go_type.kind {
        Type::Struct(group, name) => lookup(group, name),
        Type::List(element) | Type::Map(element) => element_struct(element),
        _ => None,
    }
}

type Table = BTreeMap<&'static str, BTreeMap<&'static str, Struct>>;

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    PARSED.get_or_init(parse)
}

struct Line {
    group: &'static str,
    owner: &'static str,
    go_type: &'static str,
    inline: bool,
    field: Field,
}

fn parse() -> Table {
    let rows: Vec<Vec<&'static str>> = TABLE.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let mut names: Vec<(&str, &str)> =
        rows.iter().filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect();
    names.sort_unstable();
    let known = |group: &str, name: &str| {
        let found = names.binary_search_by(|known| known.0.cmp(group).then_with(|| known.1.cmp(name)));
        found.ok().map(|position| names[position])
    };

    let mut lines: BTreeMap<(&'static str, &'static str), Vec<Line>> = BTreeMap::new();
    for row in &rows {
        if let Some(line) = parse_line(row, &known) {
            lines.entry((line.group, line.owner)).or_default().push(line);
        }
    }
    let mut table = Table::new();
    for &(group, name) in lines.keys() {
        let mut fields = Vec::new();
        spread(&lines, group, name, &mut fields);
        fields.sort_by_key(|field| field.name);
        table.entry(group).or_default().insert(name, Struct { group, name, fields });
    }
    let metadata_only = metadata_only(&table);
    table.entry("meta").or_default().insert(METADATA_ONLY, metadata_only);
    table
}

/// The struct that kubectl decodes every object into first (cli-runtime/pkg/resource/metadata_decoder.go).
pub(crate) const METADATA_ONLY: &str = "metadataOnlyObject";

fn metadata_only(table: &Table) -> Struct {
    let config_map = table
        .get("core")
        .and_then(|core| core.get("ConfigMap"))
        .map(|s| s.fields.as_slice())
        .unwrap_or_default();
    let kept = config_map.iter().filter(|f| ["apiVersion", "kind", "metadata"].contains(&f.name));
    Struct { group: "meta", name: METADATA_ONLY, fields: kept.cloned().collect() }
}

fn spread(
    lines: &BTreeMap<(&'static str, &'static str), Vec<Line>>,
    group: &str,
    name: &str,
    fields: &mut Vec<Field>,
) {
    let own = lines.iter().find(|(key, _)| **key == (group, name));
    for line in own.map(|(_, lines)| lines).into_iter().flatten() {
        if line.inline {
            let (package, name) = qualify(line.group, line.go_type);
            spread(lines, package, name, fields);
        } else {
            fields.push(Field { declared_at: fields.len(), ..line.field.clone() });
        }
    }
}

fn parse_line(
    row: &[&'static str],
    known: &impl Fn(&str, &str) -> Option<(&'static str, &'static str)>,
) -> Option<Line> {
    let &[group, owner, name, declared, pointer, omitempty, omitzero, inline, strategy, key, in_1_32] = row
    else {
        return None;
    };
    let field = Field {
        name,
        go_type: go_type(group, declared.trim_start_matches('*'), known),
        declared_type: declared,
        pointer: pointer == "1",
        omitempty: omitempty == "1",
        omitzero: omitzero == "1",
        patch_strategy: strategy,
        merge_key: key,
        in_1_32: in_1_32 == "1",
        declared_at: 0,
    };
    Some(Line { group, owner, go_type: declared, inline: inline == "1", field })
}

// The group that a type's package stands for, seen from a file of `group`.
fn qualify<'a>(group: &'a str, go_type: &'a str) -> (&'a str, &'a str) {
    match go_type.split_once('.') {
        Some(("v1", name)) => ("core", name),
        Some(("metav1", name)) => ("meta", name),
        Some((package, name)) => (package, name),
        None => (group, go_type),
    }
}

fn go_type(
    group: &str,
    declared: &str,
    known: &impl Fn(&str, &str) -> Option<(&'static str, &'static str)>,
) -> GoType {
    if let Some(element) = declared.strip_prefix("[]") {
        if element == "byte" {
            return GoType { kind: Type::Bytes, name: "[]uint8".to_owned() };
        }
        let element = go_type(group, element, known);
        return GoType { name: format!("[]{}", element.name), kind: Type::List(Box::new(element)) };
    }
    if let Some((key, element)) = declared.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        let (key, element) = (go_type(group, key, known), go_type(group, element, known));
        return GoType {
            name: format!("map[{}]{}", key.name, element.name),
            kind: Type::Map(Box::new(element)),
        };
    }
    let (package, name) = qualify(group, declared);
    let kind = match (package, name) {
        (_, "string") => Type::String,
        (_, "bool") => Type::Bool,
        (_, "int32") => Type::Int32,
        (_, "int64" | "int") => Type::Int64,
        ("resource", "Quantity") => Type::Quantity,
        ("intstr", "IntOrString") => Type::IntOrString,
        ("runtime", "RawExtension") | ("meta", "FieldsV1") => Type::Raw,
        ("meta", "Time") => Type::Time,
        ("meta", "MicroTime") => Type::MicroTime,
        ("core", "ResourceList") => Type::Map(Box::new(go_type(group, "resource.Quantity", known))),
        _ => known(package, name).map_or(Type::String, |(group, name)| Type::Struct(group, name)),
    };
    let is_basic = matches!(name, "string" | "bool" | "int32" | "int64" | "int");
    let package = if matches!(package, "resource" | "intstr" | "runtime" | "types") { package } else { "v1" };
    GoType { kind, name: if is_basic { name.to_owned() } else { format!("{package}.{name}") } }
}

#[cfg(test)]
mod tests {
    use super::{Type, find, lookup};

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = super::TABLE.lines().skip(1).filter(|line| line.split('\t').nth(7) == Some("0")).count();
        let table = super::table();
        let own: usize = table
            .values()
            .flat_map(|group| group.values())
            .filter(|s| s.name != super::METADATA_ONLY)
            .map(|s| s.fields.len())
            .sum();
        assert!(own >= lines, "{own} fields from {lines} lines");
        for s in table.values().flat_map(|group| group.values()) {
            for pair in s.fields.windows(2) {
                assert!(pair[0].name < pair[1].name, "{}: {} {}", s.name, pair[0].name, pair[1].name);
            }
        }
    }

    #[test]
    fn types_are_named_as_go_names_them() {
        let cases = [
            (("apps", "StatefulSet"), vec!["spec"], "v1.StatefulSetSpec"),
            (("apps", "StatefulSet"), vec!["spec", "replicas"], "int32"),
            (("apps", "StatefulSet"), vec!["spec", "template", "spec", "containers", "env"], "[]v1.EnvVar"),
            (("core", "Pod"), vec!["metadata", "uid"], "types.UID"),
            (("core", "Pod"), vec!["spec", "containers", "imagePullPolicy"], "v1.PullPolicy"),
            (("core", "Pod"), vec!["spec", "containers", "resources", "limits"], "v1.ResourceList"),
            (("core", "Secret"), vec!["data"], "map[string][]uint8"),
            (("core", "Service"), vec!["spec", "ports", "targetPort"], "intstr.IntOrString"),
            (("core", "Pod"), vec!["spec", "volumes", "nfs"], "v1.NFSVolumeSource"),
        ];
        for (root, path, expected) in cases {
            let (_, field) = find(root, &path).unwrap_or_else(|| panic!("{path:?}"));
            assert_eq!(field.go_type.name, expected, "{path:?}");
        }
    }

    #[test]
    fn tags_are_read() {
        let containers = lookup("core", "PodSpec").and_then(|s| s.field("containers")).expect("a field");
        assert_eq!((containers.patch_strategy, containers.merge_key), ("merge", "name"));
        assert!(
            matches!(&containers.go_type.kind, Type::List(e) if e.kind == Type::Struct("core", "Container"))
        );
    }
}
