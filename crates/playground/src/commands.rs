//! What each control types into the terminal: the kubectl line that a person would type.

use std::borrow::Cow;

use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::labels::Labels;
use machinery::{Kind, Object, ObjectKey, Resource};
use serde_json::json;
use session::scope::{first_command, in_namespace};

/// ` -n NAMESPACE`, where it is not the default one.
fn namespace(of: &ObjectKey) -> String {
    match &*of.namespace {
        "" | "default" => String::new(),
        other => format!(" -n {other}"),
    }
}

/// What a kind is called in a line: `sts`, but `pod`.
fn kind(of: &ObjectKey) -> &'static str {
    let info = of.kind.info();
    info.short_names.first().filter(|_| of.kind != Kind::Pod).unwrap_or(&info.singular)
}

/// The line of a control where the current context has another namespace than the one that controls leave out. What one of
/// the editor's files says goes where the context says.
pub(crate) fn in_context<'a>(line: &'a str, namespace: &str) -> Cow<'a, str> {
    let first = first_command(line);
    let is_of_file = first.contains(" -f ") && !first.contains(" -f - ");
    if namespace == "default" || is_of_file { line.into() } else { in_namespace(line, "default") }
}

/// Lines to begin with, for whom typing is tedious; of a set, if there is one. Some want to be gone on with.
pub fn beginnings(set: Option<&ObjectKey>) -> Vec<String> {
    let all = ["kubectl get pods -o wide", "kubectl get sts,pvc,pv", "kubectl get events"].map(str::to_owned);
    let Some(set) = set else { return all.into() };
    let of_set = [
        format!("kubectl scale sts {}{} --replicas=", set.name, namespace(set)),
        format!("kubectl rollout status sts {}{}", set.name, namespace(set)),
        format!("kubectl delete pod {}-0{}", set.name, namespace(set)),
        format!("kubectl describe sts {}{}", set.name, namespace(set)),
    ];
    all.into_iter().chain(of_set).collect()
}

/// Applies one of the editor's files.
pub fn apply(file: &str) -> String {
    format!("kubectl apply -f {file}")
}

/// Shows what applying one of the editor's files would change.
pub fn diff(file: &str) -> String {
    format!("kubectl diff -f {file}")
}

/// Sets the number of replicas of a set or a Deployment.
pub fn scale(set: &ObjectKey, replicas: i32) -> String {
    format!("kubectl scale {} {} --replicas={replicas}{}", kind(set), set.name, namespace(set))
}

/// Sets the partition of a rolling update.
pub fn partition(set: &ObjectKey, partition: i32) -> String {
    format!(
        "kubectl patch sts {} -p '{{\"spec\":{{\"updateStrategy\":{{\"rollingUpdate\":{{\"partition\":{partition}}}}}}}}}'{}",
        set.name,
        namespace(set)
    )
}

/// Gives a container of the template another image.
pub fn set_image(set: &ObjectKey, container: &str, image: &str) -> String {
    format!("kubectl set image sts/{} {container}={}{}", set.name, quoted(image), namespace(set))
}

/// Deletes an object by kind and name.
pub fn delete(object: &ObjectKey) -> String {
    format!("kubectl delete {} {}{}", kind(object), object.name, namespace(object))
}

/// Deletes several objects of one kind and namespace.
pub fn delete_all(objects: &[ObjectKey]) -> String {
    let Some(first) = objects.first() else { return String::new() };
    let others: String = objects[1..].iter().map(|object| format!(" {}", object.name)).collect();
    let line = delete(first);
    match line.split_once(" -n ") {
        Some((line, namespace)) => format!("{line}{others} -n {namespace}"),
        None => line + &others,
    }
}

/// Deletes a pod without waiting for its node.
pub fn force_delete(pod: &ObjectKey) -> String {
    format!("{} --force --grace-period=0", delete(pod))
}

/// Deletes a set and leaves its pods.
pub fn orphan(set: &ObjectKey) -> String {
    format!("{} --cascade=orphan", delete(set))
}

/// Deletes a set once its pods are gone.
pub fn foreground(set: &ObjectKey) -> String {
    format!("{} --cascade=foreground", delete(set))
}

/// Replaces every pod of a set, in its order, or of a Deployment.
pub fn restart(set: &ObjectKey) -> String {
    format!("kubectl rollout restart {}/{}{}", kind(set), set.name, namespace(set))
}

/// Takes the last revision again.
pub fn undo(set: &ObjectKey) -> String {
    format!("kubectl rollout undo {}/{}{}", kind(set), set.name, namespace(set))
}

/// Sets how a set updates.
pub fn strategy(set: &ObjectKey, on_delete: bool) -> String {
    let strategy =
        if on_delete { r#"{"type":"OnDelete","rollingUpdate":null}"# } else { r#"{"type":"RollingUpdate"}"# };
    format!(
        "kubectl patch sts {} -p '{{\"spec\":{{\"updateStrategy\":{strategy}}}}}'{}",
        set.name,
        namespace(set)
    )
}

/// Deletes a set, keeps its pods, and makes it again with the other pod management.
pub fn recreate(set: &StatefulSet) -> String {
    let mut value = Object::from(set.clone()).to_value();
    let metadata = json!({
        "name": set.name(), "namespace": set.namespace(), "labels": value["metadata"]["labels"].take(),
    });
    let parallel = value["spec"]["podManagementPolicy"] == "Parallel";
    value["metadata"] = metadata;
    value["spec"]["podManagementPolicy"] = json!(if parallel { "OrderedReady" } else { "Parallel" });
    for template in value["spec"]["volumeClaimTemplates"].as_array_mut().into_iter().flatten() {
        // The API server's own addition.
        template.as_object_mut().map(|template| template.remove("status"));
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    let labels = &value["metadata"]["labels"];
    if labels.is_null() {
        value["metadata"].as_object_mut().map(|metadata| metadata.remove("labels"));
    }
    let manifest = machinery::yaml::to_yaml(&value);
    format!("{} && kubectl apply -f - <<'EOF'\n{manifest}EOF", orphan(&set.key()))
}

/// Keeps new pods off a node.
pub fn cordon(node: &ObjectKey) -> String {
    format!("kubectl cordon {}", node.name)
}

/// Moves the pods of a node elsewhere.
pub fn drain(node: &ObjectKey) -> String {
    format!("kubectl drain {} --ignore-daemonsets --delete-emptydir-data", node.name)
}

/// Begins a command in a pod.
pub fn exec(pod: &ObjectKey) -> String {
    format!("kubectl exec {}{} -- ", pod.name, namespace(pod))
}

/// Lets new pods on a node again.
pub fn uncordon(node: &ObjectKey) -> String {
    format!("kubectl uncordon {}", node.name)
}

/// Gives the names of unready pods an answer, too.
pub fn publish_not_ready(set: &ObjectKey, service: &str) -> String {
    format!(
        "kubectl patch svc {service} -p '{{\"spec\":{{\"publishNotReadyAddresses\":true}}}}'{}",
        namespace(set)
    )
}

/// Makes the ConfigMap or Secret that somebody refers to, with the keys that it has to have; or the one key that it lacks. A
/// person says what it holds.
pub fn settings(object: &ObjectKey, keys: &[&str], lacking: Option<&str>) -> String {
    let (name, namespace, is_secret) = (&object.name, namespace(object), object.kind == Kind::Secret);
    if let Some(key) = lacking {
        let data = if is_secret { "stringData" } else { "data" };
        let patch = quoted(&json!({data: {key: "value"}}).to_string());
        return format!("kubectl patch {} {name}{namespace} -p {patch}", object.kind.info().singular);
    }
    let what = if is_secret { "secret generic" } else { "configmap" };
    let keys = if keys.is_empty() { &["key"] } else { keys };
    let literals: String = keys.iter().map(|key| format!(" --from-literal={key}=value")).collect();
    format!("kubectl create {what} {name}{namespace}{literals}")
}

/// Lets a released volume go to another claim.
pub fn clear_claim(volume: &ObjectKey) -> String {
    let patch = r#"[{"op":"remove","path":"/spec/claimRef"}]"#;
    format!("kubectl patch pv {} --type=json -p '{patch}'", volume.name)
}

/// Makes the Service that a set's pods are named by.
pub fn headless_service(set: &ObjectKey, service: &str, labels: &Labels) -> String {
    let selector: String = labels.iter().map(|(key, value)| format!("\n    {key}: {value}")).collect();
    format!(
        "kubectl apply{} -f - <<EOF\napiVersion: v1\nkind: Service\nmetadata:\n  name: {service}\nspec:\n  \
         clusterIP: None\n  selector:{selector}\nEOF",
        namespace(set)
    )
}

/// Makes a pod that uses a claim.
pub fn consumer(claim: &ObjectKey) -> String {
    let name = &claim.name;
    format!(
        "kubectl apply{} -f - <<EOF\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}-user\nspec:\n  \
         containers:\n  - name: user\n    image: busybox\n    volumeMounts:\n    - {{name: data, mountPath: /data}}\n  \
         volumes:\n  - name: data\n    persistentVolumeClaim: {{claimName: {name}}}\nEOF",
        namespace(claim)
    )
}

/// Shows an object as YAML.
pub fn yaml(object: &ObjectKey) -> String {
    format!("kubectl get {} {} -o yaml{}", object.kind.info().singular, object.name, namespace(object))
}

/// Asks for a name from inside a pod.
pub fn lookup(from: &ObjectKey, name: &str) -> String {
    format!("kubectl exec -it {}{} -- nslookup {name}", from.name, namespace(from))
}

/// The text as one word of a shell: as it is, or in single quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, ObjectKey};

    #[test]
    fn a_control_types_what_a_person_would() {
        let set = ObjectKey::new(Kind::StatefulSet, "default", "myapp");
        let other = ObjectKey::new(Kind::StatefulSet, "prod", "web");
        let pod = ObjectKey::new(Kind::Pod, "default", "myapp-1");
        let claim = ObjectKey::new(Kind::PersistentVolumeClaim, "prod", "data-web-0");
        for (typed, expected) in [
            (super::apply("pv-nfs-d.yaml"), "kubectl apply -f pv-nfs-d.yaml"),
            (super::scale(&set, 4), "kubectl scale sts myapp --replicas=4"),
            (super::scale(&other, 0), "kubectl scale sts web --replicas=0 -n prod"),
            (
                super::partition(&set, 3),
                r#"kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}'"#,
            ),
            (
                super::set_image(&set, "myapp-pod", "ikubernetes/myapp:v2"),
                "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
            ),
            (super::set_image(&set, "c", "a; rm 'b"), r"kubectl set image sts/myapp c='a; rm '\''b'"),
            (super::delete(&pod), "kubectl delete pod myapp-1"),
            (super::delete(&claim), "kubectl delete pvc data-web-0 -n prod"),
            (super::yaml(&pod), "kubectl get pod myapp-1 -o yaml"),
            (
                super::lookup(&pod, "myapp-0.myapp-svc"),
                "kubectl exec -it myapp-1 -- nslookup myapp-0.myapp-svc",
            ),
        ] {
            assert_eq!(typed, expected);
        }
    }

    #[test]
    fn a_control_is_about_its_object_in_any_context() {
        for (line, namespace, expected) in [
            ("kubectl delete pod web-0", "default", "kubectl delete pod web-0"),
            ("kubectl delete pod web-0", "shop", "kubectl -n default delete pod web-0"),
            ("kubectl delete pod web-0 -n prod", "shop", "kubectl delete pod web-0 -n prod"),
            ("kubectl apply -f web.yaml", "shop", "kubectl apply -f web.yaml"),
            ("kubectl apply -f - <<EOF\nEOF", "shop", "kubectl -n default apply -f - <<EOF\nEOF"),
            ("kubectl apply -n prod -f - <<EOF\nEOF", "shop", "kubectl apply -n prod -f - <<EOF\nEOF"),
        ] {
            assert_eq!(super::in_context(line, namespace), expected);
        }
    }
}
