//! What can be typed at a place in a manifest, which `¦` marks, and what the field there is.

use kubectl::Schema;
use machinery::version::{Features, Version};
use playground::completion::{complete, describe};

/// The text without its mark, and the mark's line and column.
fn marked(text: &str) -> (String, usize, usize) {
    let (before, after) = text.split_once('¦').expect("a mark");
    let line = before.matches('\n').count() + 1;
    let column =
        before.lines().last().filter(|_| !before.ends_with('\n')).unwrap_or_default().chars().count() + 1;
    (format!("{before}{after}"), line, column)
}

fn labels(text: &str) -> Option<(usize, Vec<String>)> {
    let (text, line, column) = marked(text);
    let found = complete(&text, line, column, None, Features::default())?;
    Some((found.column, found.choices.into_iter().map(|choice| choice.label).collect()))
}

const SET: &str = "apiVersion: apps/v1\nkind: StatefulSet\n";

#[test]
fn fields_are_those_of_the_place() {
    for (text, column, first) in [
        ("¦", 1, &["metadata", "spec"][..]),
        ("metadata:\n  na¦", 3, &["annotations", "creationTimestamp"]),
        (
            "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        ¦",
            9,
            &["args", "command"],
        ),
        ("spec:\n  template:\n    spec:\n      containers:\n      - ¦", 9, &["args", "command"]),
        (
            "spec:\n  template:\n    spec:\n      containers:\n        - ports:\n            - ¦\n",
            15,
            &["containerPort", "hostIP"],
        ),
        (
            "spec:\n  updateStrategy:\n    rollingUpdate:\n      # a comment\n\n      ¦",
            7,
            &["maxUnavailable", "partition"],
        ),
        (
            "spec:\n  volumeClaimTemplates:\n  - metadata:\n      name: a\n    spec:\n      acc¦",
            7,
            &["accessModes", "dataSource"],
        ),
        ("spec:\n  ¦\n  replicas: 2\nstatus: {}\n", 3, &["minReadySeconds", "ordinals"]),
        ("spec:\n  ¦\n---\nspec:\n  replicas: 2\n", 3, &["minReadySeconds", "ordinals"]),
    ] {
        let (at, found) = labels(&format!("{SET}{text}")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (at, &found[..2]),
            (column, &first.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..]),
            "{text}"
        );
    }
}

#[test]
fn fields_that_are_there_are_not_offered_again() {
    let (_, found) = labels(&format!(
        "{SET}spec:\n  replicas: 2\n  ¦\n  template:\n    spec:\n      containers: []\n  serviceName: a\n"
    ))
    .expect("a place");
    for there in ["replicas", "template", "serviceName"] {
        assert!(!found.iter().any(|label| label == there), "{there}: {found:?}");
    }
    assert!(found.iter().any(|label| label == "selector"));
    let other_item =
        format!("{SET}spec:\n  template:\n    spec:\n      containers:\n      - name: a\n      - ¦\n");
    assert!(labels(&other_item).expect("a place").1.contains(&"name".to_owned()), "another container's name");
}

#[test]
fn values_are_offered_where_they_are_few() {
    for (text, expected) in [
        ("spec:\n  template:\n    spec:\n      hostNetwork: tr¦", Some((20, vec!["true", "false"]))),
        ("spec:\n  template:\n    spec:\n      hostNetwork: ¦", Some((20, vec!["true", "false"]))),
        ("spec:\n  replicas: ¦", Some((13, vec![]))),
    ] {
        let expected =
            expected.map(|(at, labels)| (at, labels.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(labels(&format!("{SET}{text}")), expected, "{text}");
    }
}

#[test]
fn nothing_is_offered_where_nothing_is_known() {
    for text in [
        "¦",
        "kind: StatefulSet\nspec:\n  ¦",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  ¦",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    x¦",
        "apiVersion: v1\nkind: Pod\n# spec¦",
        "apiVersion: v1\nkind: Pod\nspec:\n  nodeSelectors:\n    ¦",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    ¦",
    ] {
        let (text, line, column) = marked(text);
        assert_eq!(complete(&text, line, column, None, Features::default()), None, "{text}");
    }
}

fn schema() -> Schema {
    let document = r##"{"components": {"schemas": {
        "Claim": {"type": "object",
            "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "PersistentVolumeClaim"}],
            "properties": {"spec": {"$ref": "#/components/schemas/Spec"}}},
        "Spec": {"type": "object", "properties": {
            "volumeMode": {"description": "How it looks.\n\nFrom inside.", "type": "string", "enum": ["Block", "Filesystem"]},
            "accessModes": {"type": "array", "items": {"type": "string", "enum": ["ReadWriteMany", "ReadWriteOnce"]}}}}}}}"##;
    Schema::parse(document).expect("a schema")
}

const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nspec:\n";

#[test]
fn the_schema_knows_values_and_what_fields_are_for() {
    let schema = schema();
    for (text, with, without) in [
        ("  volumeMode: ¦", Some(&["Block", "Filesystem"][..]), Some(&[][..])),
        ("  accessModes:\n  - ¦", Some(&["ReadWriteMany", "ReadWriteOnce"]), None),
        ("  accessModes: ¦", Some(&[]), Some(&[])),
        ("  nothing: ¦", None, None),
    ] {
        let (text, line, column) = marked(&format!("{CLAIM}{text}"));
        let labels = |schema| {
            let found = complete(&text, line, column, schema, Features::default())?;
            Some(found.choices.into_iter().map(|choice| choice.label).collect::<Vec<_>>())
        };
        let expected =
            |labels: Option<&[&str]>| Some(labels?.iter().map(|&label| label.to_owned()).collect());
        assert_eq!((labels(Some(&schema)), labels(None)), (expected(with), expected(without)), "{text}");
    }
    let (text, line, column) = marked(&format!("{CLAIM}  volumeM¦ode: Block"));
    let choices = complete(&text, line, column, Some(&schema), Features::default()).expect("a place").choices;
    let about = choices.iter().find(|choice| choice.label == "volumeName").map(|choice| &*choice.about);
    assert_eq!(about, Some(""), "the schema does not know it");
    let found = describe(&text, line, column).expect("a field");
    assert_eq!(found.lines(None, Features::default()), ["PersistentVolumeClaim.spec.volumeMode <string>"]);
    assert_eq!(
        found.lines(Some(&schema), Features::default())[1..],
        ["How it looks.", "From inside.", "ENUM: Block, Filesystem"]
    );
}

#[test]
fn a_version_has_its_own_fields() {
    let (text, line, column) = marked("apiVersion: v1\nkind: Pod\nspec:\n  ¦");
    let old = Features::of(Version::V1_32);
    let count = |features| complete(&text, line, column, None, features).expect("a place").choices.len();
    assert!(count(old) < count(Features::default()));
}

#[test]
fn the_field_under_the_pointer_is_described() {
    let text =
        format!("{SET}spec:\n  template:\n    spec:\n      containers:\n      - imagePullPolicy: Always\n");
    let told = |line, column| {
        describe(&text, line, column)
            .map(|found| format!("{} {} {}", found.kind.name(), found.path.join("."), found.detail))
    };
    let policy = "StatefulSet spec.template.spec.containers.imagePullPolicy string";
    assert_eq!(told(7, 9).as_deref(), Some(policy));
    assert_eq!(told(7, 23).as_deref(), Some(policy));
    assert_eq!(told(7, 24), None, "the colon");
    assert_eq!(told(6, 7).as_deref(), Some("StatefulSet spec.template.spec.containers []Container"));
    assert_eq!(
        (told(1, 1).as_deref(), told(99, 1), told(7, 26)),
        (Some("StatefulSet apiVersion string"), None, None)
    );
}
