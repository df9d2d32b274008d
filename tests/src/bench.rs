//! The measured cases: what a session is asked to compute. The clock is the caller's, so that the same code runs natively
//! and in wasm.
//!
//! Invariant: a case ends in the state that it names, or says so as an error; a number of a broken run is never told.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetStatus};
use session::{Session, Start, StartWorld};

/// Replicas that share a node.
const PODS_PER_NODE: u32 = 100;
/// The sizes of the cases that grow.
const SIZES: [u32; 3] = [100, 1_000, 10_000];
/// How far virtual time goes before the case looks whether it is done.
const LOOK_MS: u64 = 500;
/// Virtual time in which a pod has to be replaced, with room to spare.
const LIMIT_MS_PER_POD: u64 = 20_000;
/// The writes for each pod of the history that `seek` goes through, and how many moments it visits.
const SEEK_WRITES_PER_POD: u64 = 100;
const SEEK_MOMENTS: u32 = 41;

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80}]
";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// An OrderedReady set, from `kubectl apply` until every replica is Ready.
    OrderedCreate,
    /// The same with Parallel.
    ParallelCreate,
    /// A full rolling update of an OrderedReady set, from `kubectl set image` until every replica is new and Ready.
    OrderedUpdate,
    /// An OrderedReady set whose pods each have a claim, with as many volumes.
    OrderedCreateClaims,
    /// Going to a moment in the history of a world of 100 pods.
    Seek,
}

impl Case {
    /// Every case.
    pub const ALL: [Case; 5] = [
        Case::OrderedCreate,
        Case::ParallelCreate,
        Case::OrderedUpdate,
        Case::OrderedCreateClaims,
        Case::Seek,
    ];

    /// How many replicas it is measured with.
    pub fn sizes(self) -> &'static [u32] {
        match self {
            Case::OrderedCreate | Case::ParallelCreate | Case::OrderedUpdate => &SIZES,
            Case::OrderedCreateClaims => &SIZES[..2],
            Case::Seek => &SIZES[..1],
        }
    }

    fn is_parallel(self) -> bool {
        self == Case::ParallelCreate
    }

    fn has_claims(self) -> bool {
        self == Case::OrderedCreateClaims
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Case::OrderedCreate => "ordered-create",
            Case::ParallelCreate => "parallel-create",
            Case::OrderedUpdate => "ordered-update",
            Case::OrderedCreateClaims => "ordered-create-claims",
            Case::Seek => "seek",
        })
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(name: &str) -> Result<Case, String> {
        let names = || Case::ALL.map(|case| case.to_string()).join(", ");
        let found = Case::ALL.into_iter().find(|case| case.to_string() == name);
        found.ok_or_else(|| format!("no case is called {name:?}; there are {}", names()))
    }
}

/// A case, prepared: what is left to do is what is measured.
pub struct Bench {
    session: Session,
    case: Case,
    replicas: u32,
}

impl Bench {
    /// Everything up to where the measuring begins.
    ///
    /// # Errors
    /// Where the world does not become what the case needs.
    pub fn prepare(case: Case, replicas: u32) -> Result<Bench, String> {
        let nodes = replicas.div_ceil(PODS_PER_NODE);
        let mut session = Session::new(Start { world: StartWorld::Empty, nodes, ..Start::default() });
        session.write_file("web.yaml", &manifest(case, replicas));
        if case.has_claims() {
            session.write_file("pv.yaml", &volumes(replicas));
            session.run("kubectl create -f pv.yaml");
            session.advance(LOOK_MS);
        }
        let mut bench = Bench { session, case, replicas };
        match case {
            Case::OrderedCreate | Case::ParallelCreate | Case::OrderedCreateClaims => {}
            Case::OrderedUpdate => bench.create()?,
            Case::Seek => {
                bench.create()?;
                let mut version = 1;
                let writes = SEEK_WRITES_PER_POD * u64::from(replicas);
                while bench.session.world().server().resource_version() < writes {
                    version += 1;
                    bench.update(version)?;
                }
            }
        }
        Ok(bench)
    }

    /// How often the whole case is measured; the quickest time counts, as other work on the machine only adds to it.
    pub fn repeats(&self) -> u32 {
        if self.replicas > SIZES[1] || self.case == Case::Seek { 1 } else { 3 }
    }

    /// How many parts the case has; the slowest one counts.
    pub fn rounds(&self) -> u32 {
        if self.case == Case::Seek { SEEK_MOMENTS } else { 1 }
    }

    /// Does one part.
    ///
    /// # Errors
    /// Where the world does not get to where the case ends.
    pub fn round(&mut self, number: u32) -> Result<(), String> {
        match self.case {
            Case::OrderedCreate | Case::ParallelCreate | Case::OrderedCreateClaims => self.create(),
            Case::OrderedUpdate => self.update(2),
            Case::Seek => {
                // Back and forth, never to a neighbour.
                let part = i64::from(number * 17 % SEEK_MOMENTS);
                let length = self.session.end().duration_since(self.session.began()).as_millis();
                let ms =
                    i64::try_from(length).map_err(|e| e.to_string())? * part / i64::from(SEEK_MOMENTS - 1);
                let to: Timestamp = self.session.began() + SignedDuration::from_millis(ms);
                self.session.seek(to);
                // The commands of that moment take their time.
                let late = self.session.now().duration_since(to);
                if (SignedDuration::ZERO..SignedDuration::from_secs(1)).contains(&late) {
                    Ok(())
                } else {
                    Err(format!("{to} was not reached but {}", self.session.now()))
                }
            }
        }
    }

    /// A hash of where it ended.
    pub fn digest(&self) -> u64 {
        self.session.digest()
    }

    fn create(&mut self) -> Result<(), String> {
        self.until("kubectl apply -f web.yaml", |status| status.current_revision == status.update_revision)
    }

    fn update(&mut self, version: u32) -> Result<(), String> {
        self.until(&format!("kubectl set image statefulset/web nginx=nginx:1.{version}"), move |status| {
            status.updated_replicas == Some(status.replicas)
                && status.current_revision == status.update_revision
        })
    }

    /// Types a line, and lets time pass until every replica is Ready and `done` says so.
    fn until(&mut self, line: &str, done: impl Fn(&StatefulSetStatus) -> bool) -> Result<(), String> {
        let generation = self.set().and_then(|set| set.metadata.generation).unwrap_or(0);
        self.session.run(line);
        let limit_ms = LIMIT_MS_PER_POD * u64::from(self.replicas) + self.session.elapsed_ms();
        let is_done = |set: &StatefulSet| {
            let status = set.status.clone().unwrap_or_default();
            let ready = status.ready_replicas.and_then(|n| u32::try_from(n).ok());
            status.observed_generation > Some(generation) && ready == Some(self.replicas) && done(&status)
        };
        while !self.session.world().server().get("default", "web").is_some_and(|set| is_done(set)) {
            if let Some(failure) = self.session.world().failure() {
                return Err(failure.to_owned());
            }
            if self.session.elapsed_ms() > limit_ms {
                return Err(format!(
                    "{line:?} did not come to its end: {:?}",
                    self.set().and_then(|s| s.status.clone())
                ));
            }
            self.session.advance(LOOK_MS);
        }
        Ok(())
    }

    fn set(&self) -> Option<&StatefulSet> {
        self.session.world().server().get("default", "web").map(|set| &**set)
    }
}

fn manifest(case: Case, replicas: u32) -> String {
    let policy = if case.is_parallel() { "Parallel" } else { "OrderedReady" };
    let claims = if case.has_claims() {
        "  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
"
    } else {
        ""
    };
    format!(
        "{SERVICE}---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  serviceName: web
  replicas: {replicas}
  podManagementPolicy: {policy}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.1
        ports: [{{name: http, containerPort: 80}}]
{claims}"
    )
}

fn volumes(count: u32) -> String {
    let volume = |n: u32| {
        format!(
            "apiVersion: v1
kind: PersistentVolume
metadata: {{name: pv{n:05}}}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {{storage: 1Gi}}
  nfs: {{path: /data/{n}, server: nfs}}
---
"
        )
    };
    (0..count).map(volume).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_comes_to_its_end() {
        for case in Case::ALL {
            let mut bench = Bench::prepare(case, 4).expect("it is prepared");
            for number in 0..bench.rounds() {
                assert_eq!(bench.round(number), Ok(()), "{case}, {number}");
            }
        }
        assert!("nothing".parse::<Case>().is_err_and(|problem| problem.contains("ordered-create")));
    }
}
