//! Commands in a container: the few programs that show a pod's identity.
//!
//! Models pkg/kubelet/server (exec) and BusyBox 1.2x as the tutorial's image has it. Departs: no program runs; what is
//! printed is worked out from the pod, the caches, DNS and what was written. Invariant: a command changes the runtime alone.

mod df;
mod environment;
mod files;
mod http;
mod nslookup;
mod shell;

use std::cell::OnceCell;

use client::Listers;
use client::api::{ExecOutput, Refusal, Stream};
use k8s_openapi::api::core::v1::{Container, Pod};
use machinery::{Kind, Resource, Status};

use self::environment::{declared, expand, variables};
use self::files::Files;
use self::shell::{Command, Piece, Unsupported, What, When, Word};
use crate::dns::{self, Resolver};
use crate::kubelet::images;
use crate::runtime::Runtime;

/// The exit status of a shell that does not find a program.
const NOT_FOUND: i32 = 127;
/// The programs that depend on the pod and on names alone, and end.
const ENDING: [&str; 8] = ["echo", "env", "exit", "false", "hostname", "nslookup", "printenv", "true"];
/// How many shells may run in one another.
const DEPTH_MAX: u32 = 4;
/// How many commands one call may run.
const COMMANDS_MAX: u32 = 500;

/// Runs a command in a pod's container (the first one if `container` is empty).
///
/// # Errors
/// Where the pod is not there, has no node, or the container is not in it, does not run, or lacks the program.
pub fn exec(
    listers: &Listers,
    runtime: &mut Runtime,
    namespace: &str,
    pod: &str,
    container: &str,
    command: &[String],
) -> Result<ExecOutput, Refusal> {
    let pod = listers.get::<Pod>(namespace, pod).ok_or_else(|| Status::not_found(Kind::Pod, pod))?;
    let container = running_container(pod, container)?;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let output = Shell::new(listers, runtime, pod, container).run(&words);
    output.ok_or_else(|| Box::new(not_started(pod, container, &words)))
}

/// How a probe's command ends, if nothing but names decides about that; `None` where it cannot be known here.
pub(crate) fn probe(
    listers: &Listers,
    pod: &Pod,
    container: &Container,
    command: &[String],
) -> Option<ExecOutput> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    asks_names(&words)
        .then(|| Shell::new(listers, &mut Runtime::default(), pod, container).run(&words))
        .flatten()
}

/// Whether a command does nothing but ask for names.
pub(crate) fn asks_names(words: &[&str]) -> bool {
    is_made_of(words, &["nslookup", "true", "false"])
}

/// Whether a command runs nothing but these programs, and writes no file.
fn is_made_of(words: &[&str], programs: &[&str]) -> bool {
    match words {
        [shell, "-c", line] if is_shell(shell) => shell::parse(line)
            .is_ok_and(|commands| commands.iter().all(|command| command.is_made_of(programs))),
        // What only a shell knows is no program.
        [program, ..] => *program != "exit" && programs.contains(&name_of(program)),
        [] => false,
    }
}

/// The status with which a container's own command exits, if that depends on nothing but the pod and names: it prints, asks,
/// and ends. `None` for every other command, as for one that only the image knows.
pub(crate) fn end_of(listers: &Listers, pod: &Pod, container: &Container) -> Option<i32> {
    let words = own_command(listers, pod, container);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    is_made_of(&words, &ENDING)
        .then(|| Shell::new(listers, &mut Runtime::default(), pod, container).run(&words))
        .flatten()
        .map(|output| output.exit_code)
}

/// What a container's own command prints, and how it ends; `None` if only its image knows the command.
pub(crate) fn output_of(
    listers: &Listers,
    runtime: &mut Runtime,
    pod: &Pod,
    container: &Container,
) -> Option<ExecOutput> {
    let words = own_command(listers, pod, container);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (!words.is_empty()).then(|| Shell::new(listers, runtime, pod, container).run(&words)).flatten()
}

/// The words of the container's own command, with what they refer to (ExpandContainerCommandAndArgs).
fn own_command(listers: &Listers, pod: &Pod, container: &Container) -> Vec<String> {
    let mut words = container.command.iter().chain(&container.args).flatten().peekable();
    if words.peek().is_none() {
        return Vec::new();
    }
    let variables = declared(listers, pod, container);
    words.map(|word| expand(word, variables.iter())).collect()
}

fn running_container<'a>(pod: &'a Pod, name: &str) -> Result<&'a Container, Refusal> {
    let spec = pod.spec.as_ref();
    let mut containers =
        spec.into_iter().flat_map(|s| s.containers.iter().chain(s.init_containers.iter().flatten()));
    let found = containers.find(|c| name.is_empty() || c.name == name);
    let container = found.ok_or_else(|| {
        Status::bad_request(format!("container {name} is not valid for pod {}", pod.name()))
    })?;
    if spec.is_none_or(|s| s.node_name.as_deref().unwrap_or_default().is_empty()) {
        let why = format!("pod {} does not have a host assigned", pod.name());
        return Err(Box::new(Status::bad_request(why)));
    }
    let statuses = pod.status.iter().flat_map(|s| {
        s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten())
    });
    let runs = |s: &k8s_openapi::api::core::v1::ContainerStatus| {
        s.name == container.name && s.state.as_ref().is_some_and(|state| state.running.is_some())
    };
    if !statuses.into_iter().any(runs) {
        // The kubelet refuses the connection; the API server, which was asked for a WebSocket, makes an error of it.
        let why = format!("unable to upgrade connection: container not found (\"{}\")", container.name);
        return Err(Box::new(Status::internal(&why)));
    }
    Ok(container)
}

/// What is said of a command whose program the container lacks: by runc, by containerd 2, which runs it, by the kubelet's
/// streaming server (cri-streaming, `ServeExec`), which makes an internal error of it, and by the API server, which was
/// asked for a WebSocket and makes another one (apiserver/pkg/util/proxy/streamtranslator.go).
fn not_started(pod: &Pod, container: &Container, words: &[&str]) -> Status {
    let program = words.first().copied().unwrap_or_default();
    let why = if program.contains('/') {
        format!("stat {program}: no such file or directory")
    } else {
        "executable file not found in $PATH".to_owned()
    };
    let id = images::sha256(&[pod.uid(), &container.name, &words.join(" ")]);
    Status::internal(&format!(
        "Internal error occurred: error executing command in container: failed to exec in container: \
         failed to start exec \"{id}\": OCI runtime exec failed: exec failed: \
         unable to start container process: exec: \"{program}\": {why}"
    ))
}

/// Where a command runs.
struct Shell<'a> {
    listers: &'a Listers,
    runtime: &'a mut Runtime,
    pod: &'a Pod,
    container: &'a Container,
    // Few commands ask for them.
    variables: OnceCell<Vec<(String, String)>>,
    /// How many shells run in one another.
    depth: u32,
    /// How many commands may still run.
    left: u32,
}

impl<'a> Shell<'a> {
    fn new(
        listers: &'a Listers,
        runtime: &'a mut Runtime,
        pod: &'a Pod,
        container: &'a Container,
    ) -> Shell<'a> {
        Shell { listers, runtime, pod, container, variables: OnceCell::new(), depth: 0, left: COMMANDS_MAX }
    }

    fn resolver(&self) -> Resolver<'a> {
        Resolver { listers: self.listers, pod: self.pod }
    }

    fn variables(&self) -> &[(String, String)] {
        self.variables.get_or_init(|| variables(self.listers, self.pod, self.container))
    }

    fn files(&self) -> Files<'_> {
        let Shell { listers, pod, container, .. } = *self;
        Files { listers, pod, container, variables: self.variables() }
    }

    /// The files, and where what is written to them goes.
    fn files_and_runtime(&mut self) -> (Files<'_>, &mut Runtime) {
        self.variables();
        let Shell { listers, pod, container, variables, runtime, .. } = self;
        let variables = variables.get().map_or(&[][..], Vec::as_slice);
        (Files { listers, pod, container, variables }, runtime)
    }

    /// Runs a program; `None` if the container has none of that name.
    fn run(&mut self, words: &[&str]) -> Option<ExecOutput> {
        let Some((program, args)) = words.split_first() else {
            return Some(failed("no command was given\n".to_owned(), 1));
        };
        let output = match name_of(program) {
            "nslookup" => {
                nslookup::run(self.resolver(), self.container.image.as_deref().unwrap_or_default(), args)
            }
            "wget" => http::wget(self.resolver(), self.runtime, args),
            "curl" => http::curl(self.resolver(), self.runtime, args),
            "hostname" => self.hostname(args),
            "cat" => self.cat(args),
            "env" | "printenv" => self.env(args),
            "echo" => echo(args),
            "ls" => self.ls(args),
            "df" => df::run(self.files(), self.runtime, args),
            "rm" => self.rm(args),
            "touch" => self.touch(args),
            "chmod" => self.chmod(args),
            "true" => printed(String::new()),
            "false" => failed(String::new(), 1),
            "sh" | "ash" => self.sh(args),
            _ => return None,
        };
        Some(output)
    }

    /// `sh -c LINE`.
    fn sh(&mut self, args: &[&str]) -> ExecOutput {
        let ["-c", line] = args else {
            let help = "sh: an interactive shell is not simulated; give one command, e.g. -- nslookup NAME\n";
            return failed(help.to_owned(), 2);
        };
        match shell::parse(line) {
            Ok(commands) if self.depth < DEPTH_MAX => {
                self.depth += 1;
                let output = self.commands(&commands);
                self.depth -= 1;
                output
            }
            Ok(_) => failed("sh: shells within shells are not simulated so deep\n".to_owned(), 2),
            Err(Unsupported) => {
                let help =
                    format!("sh: only simple commands are simulated here, with > and >>, not: {line}\n");
                failed(help, 2)
            }
        }
    }

    fn commands(&mut self, commands: &[Command]) -> ExecOutput {
        let mut output = ExecOutput::default();
        for command in commands {
            let runs = match command.when {
                When::Always => true,
                When::Succeeded => output.exit_code == 0,
                When::Failed => output.exit_code != 0,
            };
            if runs && self.left == 0 {
                output.err("sh: too many commands for one line\n");
                output.exit_code = 2;
                return output;
            }
            if runs && command.program() == Some("exit") {
                if let Some(word) = command.words.get(1) {
                    let code = self.fields(word).concat();
                    // A status is a byte.
                    output.exit_code = code.parse::<u8>().map(i32::from).unwrap_or_else(|_| {
                        output.err(format!("sh: exit: Illegal number: {code}\n"));
                        2
                    });
                }
                return output;
            }
            if runs {
                self.left -= 1;
                let ended = self.command(command);
                output.pieces.extend(ended.pieces);
                output.exit_code = ended.exit_code;
            }
        }
        output
    }

    fn command(&mut self, command: &Command) -> ExecOutput {
        let words: Vec<String> = command.words.iter().flat_map(|word| self.fields(word)).collect();
        let mut files = Vec::new();
        for redirect in &command.redirects {
            let file = self.fields(&redirect.file).join(" ");
            // It is opened before the command runs, and emptied unless it is added to.
            if let Err(output) = self.write(&file, "", redirect.append) {
                return output;
            }
            files.push(file);
        }
        let mut output = match words.first() {
            None => printed(String::new()),
            Some(program) => {
                let output = self.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
                output.unwrap_or_else(|| failed(format!("sh: {program}: not found\n"), NOT_FOUND))
            }
        };
        // The last redirection is the one that holds.
        if let Some(file) = files.last() {
            let text = output.text(Stream::Out);
            output.pieces.retain(|(stream, _)| *stream != Stream::Out);
            if let Err(refused) = self.write(file, &text, true) {
                output.pieces.extend(refused.pieces);
                output.exit_code = refused.exit_code;
            }
        }
        output
    }

    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), ExecOutput> {
        let (files, runtime) = self.files_and_runtime();
        let written = files.write(runtime, path, text, append);
        written.map_err(|why| failed(format!("sh: {why}\n"), 1))
    }

    /// What a word stands for: what is not quoted is split where there is space.
    fn fields(&mut self, word: &Word) -> Vec<String> {
        let mut fields: Vec<String> = Vec::new();
        let mut is_open = false;
        for Piece { what, quoted } in word {
            let value = match what {
                What::Text(text) => text.clone(),
                What::Variable(name) => {
                    let found = self.variables().iter().find(|(n, _)| n == name);
                    found.map(|(_, value)| value.clone()).unwrap_or_default()
                }
                What::Command(commands) => {
                    self.commands(commands).text(Stream::Out).trim_end_matches('\n').to_owned()
                }
            };
            let whole = *quoted || matches!(what, What::Text(_));
            let parts: Vec<&str> = if whole { vec![&*value] } else { value.split_whitespace().collect() };
            let starts_anew = !whole && value.starts_with(char::is_whitespace);
            for (index, part) in parts.iter().enumerate() {
                match fields.last_mut().filter(|_| is_open && index == 0 && !starts_anew) {
                    Some(field) => field.push_str(part),
                    None => fields.push((*part).to_owned()),
                }
                is_open = true;
            }
            is_open &= whole || !value.ends_with(char::is_whitespace);
        }
        fields
    }

    fn hostname(&self, args: &[&str]) -> ExecOutput {
        let own = dns::kernel_name(self.pod);
        let resolver = self.resolver();
        let addresses = || resolver.addresses(&own);
        let full = || addresses().into_iter().find_map(|ip| resolver.name_of(ip)).unwrap_or(own.clone());
        match args {
            [] => printed(format!("{own}\n")),
            ["-s"] => printed(format!("{}\n", full().split('.').next().unwrap_or_default())),
            ["-d"] => {
                printed(full().split_once('.').map_or(String::new(), |(_, domain)| format!("{domain}\n")))
            }
            ["-f"] => printed(format!("{}\n", full())),
            ["-i"] => {
                let texts: Vec<String> = addresses().iter().map(ToString::to_string).collect();
                printed(format!("{}\n", texts.join(" ")))
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
                "/etc/hostname" => output.out(format!("{}\n", dns::kernel_name(self.pod))),
                path => match self.files().read(self.runtime, path) {
                    Some(text) => output.out(text),
                    None => {
                        output.err(if self.files().is_directory(self.runtime, path) {
                            "cat: read error: Is a directory\n".to_owned()
                        } else {
                            format!("cat: can't open '{path}': No such file or directory\n")
                        });
                        output.exit_code = 1;
                    }
                },
            }
        }
        output
    }

    fn ls(&self, args: &[&str]) -> ExecOutput {
        let args = args.strip_prefix(&["-1"]).unwrap_or(args);
        if args.first().is_some_and(|flag| flag.starts_with('-')) {
            return failed("ls: only `ls [-1] PATH…` is simulated\n".to_owned(), 1);
        }
        let paths = if args.is_empty() { &["/"][..] } else { args };
        let mut output = ExecOutput::default();
        let files = self.files();
        for path in paths {
            if let Some(names) = files.names(self.runtime, path) {
                output.out(names.into_iter().map(|name| format!("{name}\n")).collect::<String>());
            } else if files.read(self.runtime, path).is_some() {
                output.out(format!("{path}\n"));
            } else {
                output.err(format!("ls: {path}: No such file or directory\n"));
                output.exit_code = 1;
            }
        }
        output
    }

    fn rm(&mut self, args: &[&str]) -> ExecOutput {
        let (is_forced, paths) = args.strip_prefix(&["-f"]).map_or((false, args), |paths| (true, paths));
        self.each_file("rm", "[-f] FILE…", paths, |files, runtime, path| {
            match files.remove(runtime, path) {
                Ok(()) => None,
                Err(files::MISSING) if is_forced => None,
                Err(why @ files::DIRECTORY) => Some(format!("'{path}' {}", why.to_lowercase())),
                Err(why) => Some(format!("can't remove '{path}': {why}")),
            }
        })
    }

    fn touch(&mut self, args: &[&str]) -> ExecOutput {
        self.each_file("touch", "FILE…", args, |files, runtime, path| {
            files.touch(runtime, path).err().map(|why| format!("{path}: {why}"))
        })
    }

    /// Files have no modes: it looks whether they are there.
    fn chmod(&mut self, args: &[&str]) -> ExecOutput {
        let (mode, paths) = args.split_first().map_or(("", args), |(mode, paths)| (*mode, paths));
        let is_mode = !mode.is_empty() && mode.chars().all(|c| "01234567ugoa+-=rwxXst,".contains(c));
        let paths = if is_mode { paths } else { &[] };
        self.each_file("chmod", "MODE FILE…", paths, |files, runtime, path| {
            let is_there = files.is_directory(runtime, path) || files.read(runtime, path).is_some();
            (!is_there).then(|| format!("{path}: {}", files::MISSING))
        })
    }

    /// Does something to each file, and prints what it complains about.
    fn each_file(
        &mut self,
        program: &str,
        usage: &str,
        paths: &[&str],
        act: impl Fn(Files<'_>, &mut Runtime, &str) -> Option<String>,
    ) -> ExecOutput {
        if paths.is_empty() || paths[0].starts_with('-') {
            return failed(format!("{program}: only `{program} {usage}` is simulated\n"), 1);
        }
        let (files, runtime) = self.files_and_runtime();
        let mut output = ExecOutput::default();
        for path in paths {
            if let Some(complaint) = act(files, runtime, path) {
                output.err(format!("{program}: {complaint}\n"));
                output.exit_code = 1;
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
}

/// The program's name without its directory.
fn name_of(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_shell(program: &str) -> bool {
    matches!(name_of(program), "sh" | "ash")
}

/// `echo` without options but `-n`.
fn echo(args: &[&str]) -> ExecOutput {
    match args {
        ["-n", args @ ..] => printed(args.join(" ")),
        args => printed(format!("{}\n", args.join(" "))),
    }
}

fn printed(stdout: String) -> ExecOutput {
    ExecOutput { pieces: vec![(Stream::Out, stdout)], exit_code: 0 }
}

fn failed(stderr: String, exit_code: i32) -> ExecOutput {
    ExecOutput { pieces: vec![(Stream::Err, stderr)], exit_code }
}
