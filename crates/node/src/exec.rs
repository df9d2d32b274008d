//! Commands in a container: the few programs that show a pod's identity.
//!
//! Models pkg/kubelet/server (exec) and BusyBox 1.2x as the tutorial's image has it. Departs: no program runs; what is
//! printed is worked out from the pod, the caches and DNS. Invariant: a command changes nothing.

mod nslookup;

use client::Listers;
use client::api::{ExecOutput, Refusal, Stream};
use k8s_openapi::api::core::v1::{Container, Pod, Service};
use machinery::status::Reason;
use machinery::{Kind, Resource, Status};

use crate::dns::{self, Resolver};

/// The exit status of a shell that does not find a program, and of the runtime here.
const NOT_FOUND: i32 = 127;
/// What lies in the root directory of the tutorial's image.
const ROOT: [&str; 17] = [
    "bin", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys",
    "tmp", "usr", "var",
];

/// Runs a command in a pod's container (the first one if `container` is empty).
///
/// # Errors
/// Where the pod is not there, has no node, or the container is not in it or does not run.
pub fn exec(
    listers: &Listers,
    namespace: &str,
    pod: &str,
    container: &str,
    command: &[String],
) -> Result<ExecOutput, Refusal> {
    let pod = listers.get::<Pod>(namespace, pod).ok_or_else(|| Status::not_found(Kind::Pod, pod))?;
    let container = running_container(pod, container)?;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    Ok(Shell { listers, pod, container }.run(&words))
}

/// What a container's own command prints.
pub(crate) fn output_of(
    listers: &Listers,
    pod: &Pod,
    container: &Container,
    command: &[String],
) -> ExecOutput {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    Shell { listers, pod, container }.run(&words)
}

fn running_container<'a>(pod: &'a Pod, name: &str) -> Result<&'a Container, Refusal> {
    let spec = pod.spec.as_ref();
    let containers = spec.map(|s| s.containers.as_slice()).unwrap_or_default();
    let found = if name.is_empty() { containers.first() } else { containers.iter().find(|c| c.name == name) };
    let container = found.ok_or_else(|| {
        Status::bad_request(format!("container {name} is not valid for pod {}", pod.name()))
    })?;
    if spec.is_none_or(|s| s.node_name.as_deref().unwrap_or_default().is_empty()) {
        let why = format!("pod {} does not have a host assigned", pod.name());
        return Err(Box::new(Status::bad_request(why)));
    }
    let statuses = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
    let runs = |s: &k8s_openapi::api::core::v1::ContainerStatus| {
        s.name == container.name && s.state.as_ref().is_some_and(|state| state.running.is_some())
    };
    if !statuses.into_iter().any(runs) {
        // The kubelet refuses the connection itself, outside the API's usual words.
        return Err(Box::new(Status {
            reason: Reason::InternalError,
            message: format!("unable to upgrade connection: container not found (\"{}\")", container.name),
            kind: None,
            name: String::new(),
            causes: Vec::new(),
        }));
    }
    Ok(container)
}

/// Where a command runs.
struct Shell<'a> {
    listers: &'a Listers,
    pod: &'a Pod,
    container: &'a Container,
}

impl Shell<'_> {
    fn run(&self, words: &[&str]) -> ExecOutput {
        let Some((program, args)) = words.split_first() else {
            return failed("no command was given\n".to_owned(), 1);
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        match name {
            "nslookup" => nslookup::run(Resolver { listers: self.listers, pod: self.pod }, args),
            "hostname" => self.hostname(args),
            "cat" => self.cat(args),
            "env" | "printenv" => self.env(args),
            "echo" => printed(format!("{}\n", args.join(" "))),
            "ls" => self.ls(args),
            "true" => printed(String::new()),
            "false" => failed(String::new(), 1),
            "sh" | "ash" => self.sh(args),
            _ => failed(
                format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: \
                     exec: \"{program}\": executable file not found in $PATH: unknown\n"
                ),
                NOT_FOUND,
            ),
        }
    }

    /// `sh -c LINE`, where the line is one simple command.
    fn sh(&self, args: &[&str]) -> ExecOutput {
        let line = match args {
            ["-c", line] => line,
            _ => {
                let help =
                    "sh: an interactive shell is not simulated; give one command, e.g. -- nslookup NAME\n";
                return failed(help.to_owned(), 2);
            }
        };
        if line.contains(['|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '\n']) {
            let help = format!("sh: only a simple command is simulated here, not: {line}\n");
            return failed(help, 2);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.first() {
            None => printed(String::new()),
            Some(program) => {
                let output = self.run(&words);
                if output.exit_code == NOT_FOUND {
                    return failed(format!("sh: {program}: not found\n"), NOT_FOUND);
                }
                output
            }
        }
    }

    fn hostname(&self, args: &[&str]) -> ExecOutput {
        let own = dns::hostname(self.pod);
        let resolver = Resolver { listers: self.listers, pod: self.pod };
        let addresses = || resolver.addresses(&own);
        match args {
            [] | ["-s"] => printed(format!("{own}\n")),
            ["-i"] => {
                let texts: Vec<String> = addresses().iter().map(ToString::to_string).collect();
                printed(format!("{}\n", texts.join(" ")))
            }
            ["-f"] => {
                let full = addresses().into_iter().find_map(|ip| resolver.name_of(ip));
                printed(format!("{}\n", full.unwrap_or(own)))
            }
            _ => failed("hostname: sethostname: Operation not permitted\n".to_owned(), 1),
        }
    }

    fn cat(&self, args: &[&str]) -> ExecOutput {
        let mut output = ExecOutput::default();
        for path in args {
            match *path {
                "/etc/hosts" => output.out(dns::hosts_file(self.pod)),
                "/etc/resolv.conf" => output.out(dns::resolv_conf(self.pod)),
                "/etc/hostname" => output.out(format!("{}\n", dns::hostname(self.pod))),
                _ => {
                    output.err(format!("cat: can't open '{path}': No such file or directory\n"));
                    output.exit_code = 1;
                }
            }
        }
        output
    }

    fn ls(&self, args: &[&str]) -> ExecOutput {
        let mounts: Vec<&str> = self
            .container
            .volume_mounts
            .iter()
            .flatten()
            .map(|m| m.mount_path.trim_end_matches('/'))
            .collect();
        let mut output = ExecOutput::default();
        let paths = if args.is_empty() { &["/"][..] } else { args };
        for path in paths {
            match path.trim_end_matches('/') {
                "" => output.out(format!("{}\n", ROOT.join("\n"))),
                path if mounts.contains(&path) => {}
                path => {
                    output.err(format!("ls: {path}: No such file or directory\n"));
                    output.exit_code = 1;
                }
            }
        }
        output
    }

    fn env(&self, args: &[&str]) -> ExecOutput {
        let variables = self.variables();
        match args {
            [] => printed(variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect()),
            [wanted] => match variables.iter().find(|(name, _)| name == wanted) {
                Some((_, value)) => printed(format!("{value}\n")),
                None => failed(String::new(), 1),
            },
            _ => failed("env: only `env` and `printenv NAME` are simulated\n".to_owned(), 1),
        }
    }

    /// The container's environment (pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables).
    fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
            ("HOSTNAME".to_owned(), dns::hostname(self.pod)),
        ];
        for variable in self.container.env.iter().flatten() {
            let field = || variable.value_from.as_ref()?.field_ref.as_ref().map(|f| f.field_path.as_str());
            let value = variable.value.clone().or_else(|| self.field(field()?));
            variables.push((variable.name.clone(), value.unwrap_or_default()));
        }
        let own = self.listers.list::<Service>(self.pod.namespace());
        let master = self.listers.get::<Service>("default", "kubernetes");
        let others = own.filter(|s| s.name() != "kubernetes");
        for service in others.chain(master) {
            variables.extend(service_variables(service));
        }
        variables.push(("HOME".to_owned(), "/root".to_owned()));
        variables
    }

    /// A field of the pod, as the downward API names it.
    fn field(&self, path: &str) -> Option<String> {
        let pod = self.pod;
        Some(match path {
            "metadata.name" => pod.name().to_owned(),
            "metadata.namespace" => pod.namespace().to_owned(),
            "metadata.uid" => pod.uid().to_owned(),
            "spec.nodeName" => pod.spec.as_ref()?.node_name.clone()?,
            "spec.serviceAccountName" => pod.spec.as_ref()?.service_account_name.clone()?,
            "status.podIP" => pod.status.as_ref()?.pod_ip.clone()?,
            "status.hostIP" => pod.status.as_ref()?.host_ip.clone()?,
            _ => {
                let (map, key) = path.strip_suffix("']")?.split_once("['")?;
                let values = match map {
                    "metadata.labels" => pod.metadata.labels.as_ref()?,
                    "metadata.annotations" => pod.metadata.annotations.as_ref()?,
                    _ => return None,
                };
                values.get(key)?.clone()
            }
        })
    }
}

/// The variables of a service with an address of its own (pkg/kubelet/envvars/envvars.go).
fn service_variables(service: &Service) -> Vec<(String, String)> {
    let spec = service.spec.clone().unwrap_or_default();
    let Some(ip) = spec.cluster_ip.filter(|ip| !ip.is_empty() && ip != "None") else {
        return Vec::new();
    };
    let ports = spec.ports.unwrap_or_default();
    let Some(first) = ports.first() else {
        return Vec::new();
    };
    let upper = |text: &str| text.to_ascii_uppercase().replace('-', "_");
    let prefix = upper(service.name());
    let url = |protocol: &str, port: i32| format!("{}://{ip}:{port}", protocol.to_ascii_lowercase());
    let protocol_of = |protocol: &Option<String>| protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    let mut variables = vec![
        (format!("{prefix}_SERVICE_HOST"), ip.clone()),
        (format!("{prefix}_SERVICE_PORT"), first.port.to_string()),
    ];
    for port in &ports {
        if let Some(name) = port.name.as_deref().filter(|n| !n.is_empty()) {
            variables.push((format!("{prefix}_SERVICE_PORT_{}", upper(name)), port.port.to_string()));
        }
    }
    variables.push((format!("{prefix}_PORT"), url(&protocol_of(&first.protocol), first.port)));
    for port in &ports {
        let protocol = protocol_of(&port.protocol);
        let base = format!("{prefix}_PORT_{}_{protocol}", port.port);
        variables.push((base.clone(), url(&protocol, port.port)));
        variables.push((format!("{base}_PROTO"), protocol.to_ascii_lowercase()));
        variables.push((format!("{base}_PORT"), port.port.to_string()));
        variables.push((format!("{base}_ADDR"), ip.clone()));
    }
    variables
}

fn printed(stdout: String) -> ExecOutput {
    ExecOutput { pieces: vec![(Stream::Out, stdout)], exit_code: 0 }
}

fn failed(stderr: String, exit_code: i32) -> ExecOutput {
    ExecOutput { pieces: vec![(Stream::Err, stderr)], exit_code }
}
