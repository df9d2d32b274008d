//! Traps of names, fields and output: length, DNS, selectors, what cannot be changed, what kubectl shows.

use super::*;

#[test]
fn k24_a_name_too_long_for_its_revisions_is_accepted_and_makes_no_pods() {
    // (length, whether there are pods): the revision's name has to fit a label, and has up to 11 characters more.
    for (length, expected) in [(52, true), (54, false), (63, false)] {
        let name = "w".repeat(length);
        let mut long = set(1, json!({}));
        long["metadata"]["name"] = json!(name);
        let mut lab = Lab::new();
        let said = lab.apply(&long);
        assert_eq!(said, format!("statefulset.apps/{name} created\n"));
        lab.pass(30);
        assert_eq!(lab.get::<Pod>(&format!("{name}-0")).is_some(), expected, "{length}");
        let failed = lab.events(&name).iter().any(|event| {
            event.starts_with("FailedCreate") && event.contains("must be no more than 63 bytes")
        });
        assert_eq!(failed, !expected, "{length}: {:?}", lab.events(&name));
    }
    let mut lab = Lab::new();
    let mut too_long = set(1, json!({}));
    too_long["metadata"]["name"] = json!("w".repeat(64));
    assert!(lab.apply(&too_long).contains("must be no more than 63 characters"));
}

#[test]
fn k25_the_service_name_is_neither_checked_nor_changeable() {
    let mut lab = lab(&set(1, json!({"serviceName": "typo"})));
    lab.apply(&service("web"));
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready"], "pods run all the same");
    assert!(lab.resolves("web"), "the Service selects the pod");
    assert!(!lab.resolves("web-0.web") && !lab.resolves("web-0.typo"));
    let link = |service: &str| node::dns::broken_link(lab.world().listers(), &pod("web-0"), service);
    assert_eq!(link("typo"), BrokenLink::NoService("typo".to_owned()));
    assert_eq!(link("web"), BrokenLink::OtherSubdomain("typo".to_owned()));
    let said = lab.patch(json!({"serviceName": "web"}));
    assert!(said.contains("spec: Forbidden: updates to statefulset spec for fields other than"), "{said}");
    let mut none = self::lab(&set(1, json!({"serviceName": null})));
    assert_eq!(none.pods(), ["web-0:a ready"]);
    none.settle();
    let listers = none.world().listers();
    assert_eq!(node::dns::broken_link(listers, &pod("web-0"), ""), BrokenLink::NoSubdomain);
}

#[test]
fn k26_a_pods_name_resolves_only_while_it_is_ready() {
    let mut lab = lab(&set(2, json!({})));
    lab.apply(&service("web"));
    let mut published = service("published");
    published["spec"]["publishNotReadyAddresses"] = json!(true);
    lab.apply(&published);
    let mut other = set(
        2,
        json!({
            "serviceName": "published", "selector": {"matchLabels": {"app": "web", "set": "other"}},
            "template": {"metadata": {"labels": {"app": "web", "set": "other"}}},
        }),
    );
    other["metadata"]["name"] = json!("other");
    lab.apply(&other);
    lab.settle();
    assert!(lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    lab.never_ready(".*-1");
    lab.settle();
    assert!(!lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    let link = |lab: &Lab| node::dns::broken_link(lab.world().listers(), &pod("web-1"), "web");
    assert_eq!(link(&lab), BrokenLink::NotReady);
    lab.heal();
    lab.settle();
    lab.delete("pod web-1 other-1");
    lab.session.advance(100);
    assert_eq!(lab.pods()[1], "other-1:a terminating");
    assert!(!lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    assert_eq!(link(&lab), BrokenLink::Terminating);
}

#[test]
fn k34_what_cannot_be_changed_is_made_anew_around_its_pods() {
    let mut lab = lab(&set(2, claims()));
    let forbidden = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    for edit in [
        parallel(),
        json!({"serviceName": "other"}),
        json!({"volumeClaimTemplates": null}),
        json!({"podManagementPolicy": "Parallel", "serviceName": "other"}),
    ] {
        let said = lab.patch(edit.clone());
        assert_eq!(said.matches(forbidden).count(), 1, "{edit}: {said}");
    }
    let before = lab.uid("web-0");
    lab.delete("sts web --cascade=orphan");
    lab.settle();
    lab.apply(&set(2, and([claims(), parallel()])));
    lab.settle();
    assert_eq!(lab.uid("web-0"), before);
    assert_eq!(lab.set("web").spec.and_then(|s| s.pod_management_policy).as_deref(), Some("Parallel"));
}

#[test]
fn k35_get_sorts_by_text_and_all_is_not_all() {
    let mut lab = lab(&set(11, and([parallel(), claims()])));
    let said = lab.kubectl("get pods -o name");
    let names: Vec<&str> = said.lines().collect();
    assert_eq!(names[..3], ["pod/web-0", "pod/web-1", "pod/web-10"]);
    let all = lab.kubectl("get all");
    assert!(all.contains("statefulset.apps/web") && !all.contains("data-web-0"), "{all}");
    assert!(lab.kubectl("get pvc").contains("data-web-0"));
}

#[test]
fn k36_right_after_an_edit_the_rollout_is_not_observed_yet() {
    let mut lab = lab(&set(1, json!({})));
    lab.break_(Defect::CacheLag { component: cluster::Component::StatefulSet, ms: 500 });
    let first = lab.session.log().written();
    lab.session.run("kubectl set image sts/web c=app:b && kubectl rollout status sts/web");
    lab.session.finish(60_000);
    let said = lab.printed(first);
    let second = said.lines().nth(1).unwrap_or_default();
    assert_eq!(second, "Waiting for statefulset spec update to be observed...", "{said}");
}

#[test]
fn k41_overlapping_selectors_do_no_harm_to_sets_of_other_names() {
    let mut lab = lab(&set(2, json!({})));
    lab.apply(&service("web"));
    let mut db = set(1, json!({"template": {"spec": {"containers": [{"name": "c", "image": "app:b"}]}}}));
    db["metadata"]["name"] = json!("db");
    lab.apply(&db);
    lab.settle();
    assert_eq!(lab.pods(), ["db-0:b ready", "web-0:a ready", "web-1:a ready"]);
    for (pod, owner) in [("db-0", "db"), ("web-0", "web")] {
        assert_eq!(controller_of(&lab.pod(pod).metadata).map(|o| o.name.clone()).as_deref(), Some(owner));
    }
    assert_eq!(lab.revisions().len(), 2, "each has its own revision");
    let answer =
        node::dns::query(lab.world().listers(), "web.default.svc.cluster.local", node::dns::RecordType::A);
    assert_eq!(answer.answer.len(), 3, "the Service selects both");
}

#[test]
fn k42_the_last_dash_decides_whose_pod_it_is() {
    let mut lab = lab(&set(2, json!({})));
    let mut web_1 = set(1, json!({}));
    web_1["metadata"]["name"] = json!("web-1");
    lab.apply(&web_1);
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-1-0:a ready"]);
    for (pod, owner) in [("web-1", "web"), ("web-1-0", "web-1")] {
        assert_eq!(controller_of(&lab.pod(pod).metadata).map(|o| o.name.clone()).as_deref(), Some(owner));
    }
}
