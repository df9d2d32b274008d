//! Which Kubernetes is simulated, which of its gates are on, and what follows from it.
//!
//! Every difference between the simulated versions is one named predicate of [`Features`]; nothing else compares versions.
//! The comment gives the release that brought the change.

use std::fmt;
use std::str::FromStr;

/// A simulated version of Kubernetes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// v1.32.13.
    V1_32,
    /// v1.36.2.
    #[default]
    V1_36,
}

impl Version {
    /// Every version, oldest first.
    pub const ALL: [Version; 2] = [Version::V1_32, Version::V1_36];

    /// The name that people choose it by: `1.36`.
    pub fn name(self) -> &'static str {
        match self {
            Version::V1_32 => "1.32",
            Version::V1_36 => "1.36",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1_32 => "v1.32.13",
            Version::V1_36 => "v1.36.2",
        })
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(name: &str) -> Result<Version, String> {
        let found = Version::ALL.into_iter().find(|version| version.name() == name);
        found.ok_or_else(|| format!("version {name:?} is not simulated; there are \"1.32\" and \"1.36\""))
    }
}

/// The gate that [`Features::max_unavailable_stateful_set`] stands for.
pub const MAX_UNAVAILABLE_STATEFUL_SET: &str = "MaxUnavailableStatefulSet";

/// A cluster's version and feature gates: everything that makes the same request behave differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// The version.
    pub version: Version,
    /// Gate `MaxUnavailableStatefulSet`: off by default in every simulated version.
    pub max_unavailable_stateful_set: bool,
}

impl Features {
    /// A version with its default gates.
    pub fn of(version: Version) -> Features {
        Features { version, ..Features::default() }
    }

    /// Switches a gate by its name.
    ///
    /// # Errors
    /// A gate that is not simulated.
    pub fn set_gate(&mut self, name: &str, on: bool) -> Result<(), String> {
        if name != MAX_UNAVAILABLE_STATEFUL_SET {
            return Err(format!(
                "feature gate {name:?} is not simulated; there is {MAX_UNAVAILABLE_STATEFUL_SET:?}"
            ));
        }
        self.max_unavailable_stateful_set = on;
        Ok(())
    }

    fn is_modern(self) -> bool {
        self.version >= Version::V1_36
    }
}

/// Declares the predicates: what holds from some release on, all of them after 1.32.
macro_rules! since_1_32 {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl Features {
            $($(#[$doc])* pub fn $name(self) -> bool { self.is_modern() })*
        }
    };
}

since_1_32! {
    /// 1.35: a StatefulSet's events begin `Create Pod`, before `create Pod`.
    events_begin_with_a_capital;
    /// 1.34: scale-down and rolling update wait for Available pods (minReadySeconds), before for Ready ones.
    health_means_available;
    /// 1.34: a template that means the same as the newest revision's, in other words, makes no new revision.
    revisions_are_compared_by_meaning;
    /// 1.34: no `creationTimestamp: null` in what is recorded and printed of templates, hence other revision hashes.
    null_timestamps_are_left_out;
    /// 1.33: `spec.serviceName` of a new StatefulSet has to be a label.
    service_names_of_sets_are_checked;
    /// 1.34: a new StatefulSet's pod template and claim templates are checked like pods and claims.
    templates_are_checked;
    /// 1.33: of a namespace that goes the pods go first, and the rest once they are gone.
    namespaces_lose_their_pods_first;
    /// 1.33: `spec.revisionHistoryLimit` can be changed.
    history_limit_is_mutable;
    /// 1.34: validation errors print maps and structs as JSON, before in Go's syntax.
    values_print_as_json;
    /// After 1.32: refusals of changes show the difference of two JSON texts, before go-cmp's.
    differences_are_of_json;
    /// 1.34: `kubectl delete` says from which namespace.
    delete_names_the_namespace;
    /// 1.35: the kubelet says `Container started`, before `Started container NAME`.
    container_events_name_nothing;
    /// 1.35: the kubelet checks whether a pod may use an image that is there (KubeletEnsureSecretPulledImages).
    present_images_are_checked;
    /// 1.35: a StatefulSet is looked at again exactly when its next pod becomes available, before after minReadySeconds.
    availability_is_timed_exactly;
    /// 1.35: label keys and values are limited in bytes, before in characters, which says the same of the same length.
    label_limits_are_in_bytes;
    /// 1.35: ReplicaSets and Deployments count the pods that terminate (DeploymentReplicaSetTerminatingReplicas).
    terminating_replicas_are_counted;
    /// 1.33: reading and writing v1 Endpoints earns a warning.
    endpoints_are_deprecated;
    /// 1.33: Endpoints say who manages them.
    endpoints_name_their_controller;
    /// 1.35: a pod whose containers have completed but for one that failed shows that one's reason.
    failures_outweigh_completion;
    /// 1.33: a negative `revisionHistoryLimit` earns a warning.
    negative_history_limit_earns_a_warning;
    /// 1.34: `kubectl config view` leaves empty preferences out.
    kubeconfigs_have_no_preferences;
    /// 1.33, 1.34, 1.36: types of allocation, addresses and admission policies are served, too, and `pods/resize`.
    more_types_are_served;
    /// 1.33: the table of service accounts has no SECRETS.
    service_accounts_have_no_secrets;
    /// 1.33: `kubectl describe node` leaves kube-proxy's version out.
    nodes_hide_their_proxy;
    /// 1.33: `kubectl get nodes -o wide` tells the architecture.
    nodes_tell_their_architecture;
    /// After 1.32: `kubectl scale` says of what is missing what every command says, before that there was nothing to scale.
    scaling_says_what_is_missing;
    /// After 1.32: the object that `kubectl scale` prints has its new size.
    scaled_objects_print_their_size;
    /// 1.34: `kubectl describe` of several objects leaves out their Events.
    several_descriptions_leave_events_out;
    /// 1.33, 1.34: `wait` is no experiment any more, and `kuberc` has come.
    wait_and_kuberc_are_settled;
    /// kubectl's own warning about `--dry-run` alone names the line of its source, 702 before.
    dry_run_is_read_at_line_719;
    /// 1.34: pods count their generations, and their statuses say which one they are about (PodObservedGenerationTracking).
    pods_have_generations;
    /// 1.33: the status of a container tells its resources (InPlacePodVerticalScaling).
    container_statuses_have_resources;
    /// 1.34: a `sleep` hook may last no time at all (PodLifecycleSleepActionAllowZero).
    sleeps_may_be_zero;
    /// 1.35: containers have restart policies and rules of their own (ContainerRestartRules).
    containers_have_restart_policies;
    /// 1.35: a variable can come from a file (EnvFiles).
    variables_come_from_files;
    /// 1.34: a pod has resources of its own (PodLevelResources).
    pods_have_resources;
    /// 1.33: the ranges of cluster addresses are objects (MultiCIDRServiceAllocator), which words their refusals.
    service_ranges_are_objects;
    /// 1.34: `spec.trafficDistribution` of a Service knows zones and nodes (PreferSameTrafficDistribution).
    traffic_can_stay_on_a_node;
    /// 1.34: `kubectl api-resources` prints by the printers of other commands.
    api_resources_have_printers;
    /// 1.35: `-o kyaml` is a format.
    kyaml_is_a_format;
    /// After 1.32: kubectl knows other words for what `get`, `delete`, `top` and `describe` do.
    more_words_are_suggested;
    /// After 1.32: `kubectl delete --interactive` shows that no is the default.
    no_is_the_default;
    /// After 1.32: `kubectl wait` prints the lack of a condition as an empty list.
    wait_takes_several_conditions;
    /// After 1.32: `kubectl apply --dry-run=client` says `unchanged` where nothing would change.
    client_dry_runs_see_no_change;
    /// After 1.32: `kubectl exec` itself refuses a container that the pod does not have, an annotated one, too.
    exec_knows_the_containers;
    /// After 1.32: who attaches to a container is told that what is typed and printed is logged.
    sessions_are_said_to_be_logged;
    /// After 1.32: `kubectl rollout undo` warns of objects that were applied.
    undo_warns_of_apply;
    /// After 1.32: `kubectl describe` tells which container an Event is about.
    events_tell_their_field;
    /// After 1.32: `kubectl describe` tells whether a projected source is optional as yes or no, before as Go prints a pointer.
    optional_sources_are_told_plainly;
    /// After 1.32: where `kubectl describe` makes words of a field's name, capitals stay with the word behind them.
    labels_keep_capitals;
    /// After 1.32: `kubectl describe` tells the names of container ports.
    port_names_are_told;
    /// 1.33: a file that begins like JSON may go on as YAML.
    json_may_turn_into_yaml;
    /// 1.33: an idle scheduler tries pods that back off (SchedulerPopFromBackoffQ).
    back_off_ends_when_idle;
    /// 1.34: pods can claim devices (DynamicResourceAllocation); it shows in the scheduler's words about other pods too.
    devices_can_be_claimed;
    /// 1.34: no preemption is tried on a node that would be too small for the pod if it were empty.
    too_small_nodes_are_given_up;
    /// 1.33: `hostUsers` and `procMount` of pods (UserNamespacesSupport, ProcMountType).
    pods_have_user_namespaces;
    /// 1.33: `supplementalGroupsPolicy` and `seLinuxChangePolicy` of pods.
    groups_have_policies;
    /// 1.35: an image can be a volume (ImageVolume).
    images_can_be_volumes;
    /// 1.34: `volumeAttributesClassName` of claims and volumes (VolumeAttributesClass).
    volumes_have_attribute_classes;
    /// After 1.32: the scheduler does not say which taints a pod does not tolerate.
    untolerated_taints_are_unnamed;
    /// 1.36: a Service's external addresses earn a warning.
    external_ips_are_deprecated;
    /// 1.33: an address of an EndpointSlice has to be an address first, and then one of the right family.
    addresses_are_checked_before_their_family;
    /// 1.36: a Service's name may begin with a digit (RelaxedServiceNameValidation).
    service_names_are_labels;
    /// 1.35: a CSI driver without a name is told so and nothing else.
    missing_drivers_are_not_checked_further;
    /// 1.33: containers say how they can be resized (InPlacePodVerticalScaling).
    containers_can_be_resized;
    /// 1.33: volumes of git repositories are switched off (GitRepoVolumeDriver).
    git_repositories_are_off;
    /// 1.33: a port's name that two containers have earns a warning.
    duplicate_port_names_earn_a_warning;
    /// 1.33: a preferred node's label value that no label can have earns a warning.
    impossible_preferences_earn_a_warning;
    /// 1.36: addresses have no leading zeros, and those of IPv4 do not come as IPv6 (StrictIPCIDRValidation).
    addresses_are_strict;
    /// 1.33: an IPv6 address of a pod in another than the canonical form earns a warning.
    odd_addresses_earn_a_warning;
    /// 1.33: a DNS search path may have underscores, and may be a dot (RelaxedDNSSearchValidation).
    search_paths_are_relaxed;
    /// 1.33: values of a required node affinity have to be those of labels.
    node_affinity_values_are_checked;
    /// 1.34: `matchLabelKeys` of spread constraints go into their selectors (MatchLabelKeysInPodTopologySpreadSelectorMerge).
    spread_keys_are_merged;
    /// 1.35: tolerations can compare numbers. The gate, TaintTolerationComparisonOperators, is off: it shows in a refusal alone.
    tolerations_know_comparisons;
    /// After 1.32: that `spec.os.name` is required is said without a reason.
    missing_systems_need_no_words;
    /// 1.35: a pod that has a node is nominated for none (ClearingNominatedNodeNameAfterBinding).
    bound_pods_are_not_nominated;
    /// 1.36: the API server has pages about its flags and its state (ComponentFlagz, ComponentStatusz).
    components_have_pages;
    /// 1.33, 1.36: the API server checks that more of its parts have started (WatchCacheInitializationPostStartHook).
    more_parts_are_checked;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_gates_are_chosen_by_name() {
        for version in Version::ALL {
            assert_eq!(version.name().parse(), Ok(version));
            assert!(version.to_string().starts_with(&format!("v{}.", version.name())));
        }
        assert!("1.20".parse::<Version>().expect_err("unknown").contains("1.36"));
        let mut features = Features::of(Version::V1_32);
        assert_eq!(features.set_gate(MAX_UNAVAILABLE_STATEFUL_SET, true), Ok(()));
        assert!(features.max_unavailable_stateful_set && !features.templates_are_checked());
        assert!(features.set_gate("Nope", true).expect_err("unknown").contains("MaxUnavailable"));
    }
}
