//! Random acts, of the kind that people do to StatefulSets, and worse.

use std::fmt::Write;

use cluster::{Component, Defect, Fault, Write as ApiWrite};
use machinery::Kind;
use machinery::version::Version;
use node::kubelet::NamePattern;

use super::act::{Act, Start};
use super::random::Random;

const SETS: [&str; 3] = ["web", "db", "a-0"];
const CLASSES: [&str; 3] = ["", "  storageClassName: local\n", "  storageClassName: ''\n"];
const LAGGING: [Component; 6] = [
    Component::StatefulSet,
    Component::Scheduler,
    Component::PersistentVolume,
    Component::EndpointSlice,
    Component::Kubelet,
    Component::GarbageCollector,
];

/// How a random world begins; in that version, if one is asked for.
pub(super) fn start(random: &mut Random, only: Option<Version>) -> Start {
    let old = random.one_in(2);
    Start {
        seed: random.below(1 << 32),
        nodes: u32::try_from(1 + random.below(4)).unwrap_or(1),
        old: only.map_or(old, |version| version == Version::V1_32),
        max_unavailable: random.one_in(2),
        recorder: random.one_in(3),
    }
}

/// Whether a set is Parallel, and the class of its claims, if it has any.
fn fixed(random: &mut Random) -> (bool, Option<&'static str>) {
    let class = random.of(&CLASSES);
    (random.one_in(3), random.one_in(2).then_some(class))
}

/// Makes one act after another.
pub(super) struct Generator {
    random: Random,
    /// How many acts were made.
    made: u64,
    /// What comes next for certain.
    next: Vec<Act>,
    /// What cannot change of each set: policy and claims; mostly it is the same in every manifest.
    fixed: [(bool, Option<&'static str>); SETS.len()],
}

impl Generator {
    pub(super) fn new(mut random: Random) -> Generator {
        let fixed = SETS.map(|_| fixed(&mut random));
        Generator { random, made: 0, next: Vec::new(), fixed }
    }

    pub(super) fn act(&mut self) -> Act {
        self.made += 1;
        if let Some(act) = self.next.pop() {
            return act;
        }
        if self.made <= 2 {
            return self.manifest();
        }
        match self.random.below(20) {
            0..=2 => self.manifest(),
            3..=9 => self.command(),
            10..=12 => Act::Fault(self.fault()),
            _ => {
                let longest = self.random.of(&[50, 1_000, 5_000, 30_000, 400_000]);
                Act::Pass(self.random.below(longest))
            }
        }
    }

    fn set(&mut self) -> &'static str {
        if self.random.one_in(3) { self.random.of(&SETS) } else { SETS[0] }
    }

    fn pod(&mut self) -> String {
        format!("{}-{}", self.set(), self.random.below(5))
    }

    fn node(&mut self) -> String {
        format!("node-{}", 1 + self.random.below(4))
    }

    fn image(&mut self) -> &'static str {
        self.random.of(&["nginx:1.1", "nginx:1.2", "nginx:1.3", "nginx:1.2", "nginx:bad", "NGINX:1"])
    }

    /// Writes a file, and applies it in the next act.
    fn manifest(&mut self) -> Act {
        let text = match self.random.below(8) {
            0 => self.volumes(),
            1 => self.stranger(),
            _ => self.stateful_set(),
        };
        let verb = self.random.of(&["apply", "apply", "apply", "create", "replace --force"]);
        self.next.push(Act::Command(format!("kubectl {verb} -f a.yaml")));
        Act::File("a.yaml".to_owned(), text)
    }

    fn volumes(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.random.below(4) {
            let number = self.random.below(8);
            let modes =
                self.random.of(&["[ReadWriteOnce]", "[ReadWriteOnce, ReadWriteMany]", "[ReadOnlyMany]"]);
            let size = self.random.of(&["1Gi", "2Gi", "500Mi"]);
            let policy = self.random.of(&["Retain", "Delete", "Recycle"]);
            let class = self.random.of(&CLASSES);
            let source = self.random.of(&["nfs: {path: /d, server: nfs}", "hostPath: {path: /d}"]);
            let _ = write!(
                text,
                "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: pv{number}}}\nspec:\n  accessModes: {modes}\n  capacity: {{storage: {size}}}\n  persistentVolumeReclaimPolicy: {policy}\n{class}  {source}\n---\n"
            );
        }
        text + &storage_classes()
    }

    /// A pod or claim that somebody makes by hand, under a name that a set will want.
    fn stranger(&mut self) -> String {
        let (pod, set) = (self.pod(), self.set());
        if self.random.one_in(2) {
            return format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data-{pod}}}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {{requests: {{storage: 1Gi}}}}\n"
            );
        }
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {pod}, labels: {{app: {set}}}}}\nspec:\n  containers: [{{name: c, image: 'nginx:1.1'}}]\n"
        )
    }

    fn stateful_set(&mut self) -> String {
        let (set, replicas, image) = (self.set(), self.random.below(5), self.image());
        let known = SETS.iter().position(|name| *name == set).map(|index| self.fixed[index]);
        let (parallel, claims) =
            known.filter(|_| !self.random.one_in(20)).unwrap_or_else(|| fixed(&mut self.random));
        let mut text = String::new();
        if self.random.one_in(2) {
            let address = self.random.of(&["  clusterIP: None\n", ""]);
            let early = self.random.of(&["", "", "  publishNotReadyAddresses: true\n"]);
            let _ = write!(
                text,
                "apiVersion: v1\nkind: Service\nmetadata: {{name: {set}}}\nspec:\n{address}{early}  selector: {{app: {set}}}\n  ports: [{{name: http, port: 80}}]\n---\n"
            );
        }
        let _ = write!(
            text,
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {set}}}\nspec:\n  serviceName: {set}\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: {set}}}}}\n"
        );
        if parallel {
            text += "  podManagementPolicy: Parallel\n";
        }
        let optional: [(&str, &[&str]); 5] = [
            ("minReadySeconds", &["0", "3", "10"]),
            ("revisionHistoryLimit", &["0", "1", "2"]),
            ("ordinals", &["{start: 0}", "{start: 1}", "{start: 3}"]),
            (
                "updateStrategy",
                &[
                    "{type: OnDelete}",
                    "{rollingUpdate: {partition: 1}}",
                    "{rollingUpdate: {partition: 9}}",
                    "{rollingUpdate: {maxUnavailable: 2}}",
                    "{rollingUpdate: {maxUnavailable: 50%, partition: 1}}",
                ],
            ),
            (
                "persistentVolumeClaimRetentionPolicy",
                &[
                    "{whenScaled: Delete, whenDeleted: Retain}",
                    "{whenScaled: Retain, whenDeleted: Delete}",
                    "{whenScaled: Delete, whenDeleted: Delete}",
                ],
            ),
        ];
        for (field, values) in optional {
            if self.random.one_in(3) {
                let value = self.random.of(values);
                let _ = writeln!(text, "  {field}: {value}");
            }
        }
        let _ = write!(
            text,
            "  template:\n    metadata: {{labels: {{app: {set}}}}}\n    spec:\n      containers: [{{name: c, image: '{image}', ports: [{{name: http, containerPort: 80}}]}}]\n"
        );
        if self.random.one_in(3) {
            text += "      terminationGracePeriodSeconds: 1\n";
        }
        if self.random.one_in(6) {
            text += "      restartPolicy: Always\n      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: nothing}}}]}}\n";
        }
        if let Some(class) = claims {
            let class = class.replace("  ", "      ");
            let _ = write!(
                text,
                "  volumeClaimTemplates:\n  - metadata: {{name: data}}\n    spec:\n      accessModes: [ReadWriteOnce]\n      resources: {{requests: {{storage: 1Gi}}}}\n{class}"
            );
        }
        text
    }

    fn command(&mut self) -> Act {
        let (set, pod, node, number) = (self.set(), self.pod(), self.node(), self.random.below(6));
        let (image, ordinal) = (self.image(), self.random.below(5));
        let line = match self.random.below(27) {
            0..=3 => format!("kubectl scale sts {set} --replicas={number}"),
            4..=6 => format!("kubectl delete pod {pod} --wait=false"),
            7 => format!("kubectl delete pod {pod} --force --grace-period=0"),
            8 | 9 => format!("kubectl set image sts/{set} c={image}"),
            10 => format!("kubectl rollout restart sts/{set}"),
            11 => format!("kubectl rollout undo sts/{set}"),
            12 => format!(
                "kubectl patch sts {set} -p '{{\"spec\":{{\"updateStrategy\":{{\"rollingUpdate\":{{\"partition\":{number}}}}}}}}}'"
            ),
            13 => {
                let cascade = self.random.of(&["background", "foreground", "orphan"]);
                format!("kubectl delete sts {set} --wait=false --cascade={cascade}")
            }
            14 => format!("kubectl delete pvc data-{pod} --wait=false"),
            15 => format!("kubectl delete pv pv{number} --wait=false"),
            16 => format!("kubectl label pod {pod} app=gone --overwrite"),
            17 => format!("kubectl label pod {pod} app={set} --overwrite"),
            18 => format!("kubectl cordon {node}"),
            19 => format!("kubectl uncordon {node}"),
            20 => format!("kubectl drain {node} --ignore-daemonsets --force --delete-emptydir-data"),
            21 => format!("kubectl delete svc {set}"),
            22 => format!(
                "kubectl patch sts {set} -p '{{\"spec\":{{\"minReadySeconds\":{number},\"ordinals\":{{\"start\":{ordinal}}}}}}}'"
            ),
            23 => "kubectl delete sts,svc --all --wait=false".to_owned(),
            24 => format!(
                "kubectl patch pod {pod} -p '{{\"metadata\":{{\"finalizers\":[\"example.com/held\"]}}}}'"
            ),
            25 => {
                format!("kubectl patch pod {pod} --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'")
            }
            _ => "kubectl get pods,pvc,pv,svc,sts -o wide".to_owned(),
        };
        Act::Command(line)
    }

    fn fault(&mut self) -> Fault {
        let (pod, node) = (self.pod(), self.node());
        match self.random.below(8) {
            0 => Fault::HealAll,
            1 => Fault::Crash {
                namespace: "default".to_owned(),
                pod,
                container: None,
                exit_code: self.random.of(&[0, 1, 137]),
            },
            2 => Fault::Evict { namespace: "default".to_owned(), pod },
            _ => Fault::Break { defect: self.defect(pod, node) },
        }
    }

    fn defect(&mut self, pod: String, node: String) -> Defect {
        let any = self.random.one_in(4);
        let pods = NamePattern(if any { format!("{}-.*", SETS[0]) } else { pod });
        let ms = self.random.of(&[10, 500, 3_000, 20_000]);
        match self.random.below(14) {
            0 => Defect::FailReadiness { pods },
            1 => Defect::FailLiveness { pods },
            2 => Defect::FailStartup { pods },
            3 => Defect::NeverStart { pods },
            4 => Defect::CrashLoop { pods },
            5 => Defect::SlowReady { pods, ms },
            6 => Defect::StuckDeletion { pods },
            7 => Defect::SlowStart { ms },
            8 => Defect::SlowStop { ms },
            9 => Defect::MissingImage { image: "nginx:1.2".to_owned() },
            10 => Defect::NodeDown { node },
            11 | 12 => Defect::FailWrites {
                kind: self.random.of(&[
                    Kind::Pod,
                    Kind::PersistentVolumeClaim,
                    Kind::PersistentVolume,
                    Kind::StatefulSet,
                    Kind::ControllerRevision,
                    Kind::EndpointSlice,
                    Kind::Event,
                ]),
                write: self.random.of(&[
                    None,
                    Some(ApiWrite::Create),
                    Some(ApiWrite::Update),
                    Some(ApiWrite::Delete),
                ]),
                name: self.random.one_in(2).then_some(pods),
            },
            _ => Defect::CacheLag { component: self.random.of(&LAGGING), ms },
        }
    }
}

/// A class whose claims wait for a pod, and one whose volumes are made.
pub(super) fn storage_classes() -> String {
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: local}\nprovisioner: kubernetes.io/no-provisioner\nvolumeBindingMode: WaitForFirstConsumer\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: example.com/fast\n".to_owned()
}
