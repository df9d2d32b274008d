//! `wget` and `curl`, and the web servers that answer them: that of the tutorial's image, and nginx.
//!
//! Models BusyBox' networking/wget.c, curl's messages, nginx as the images configure it, and kube-proxy in mode ipvs:
//! connections go to a service's ready endpoints in turn. Departs: no other image listens; nothing takes time; nginx's own
//! page is short.

use std::net::IpAddr;

use client::Listers;
use client::api::ExecOutput;
use k8s_openapi::api::core::v1::{Container, Pod, Service};
use machinery::image;
use machinery::object::is_pod_terminal;

use super::files::{Files, PAGES};
use super::{failed, printed, variables};
use crate::dns::{self, Resolver};
use crate::runtime::Runtime;

const MYAPP: &str = "ikubernetes/myapp";
/// Where the servers listen.
const PORT: u16 = 80;

/// Where a program connects.
struct Url<'a> {
    host: &'a str,
    port: u16,
    path: &'a str,
}

/// Why there is no answer.
enum Unanswered {
    NoName,
    Refused(IpAddr),
    Unreachable(IpAddr),
}

/// What runs in a container that listens.
enum Server<'a> {
    /// The tutorial's image of that version, with nginx 1.12.
    MyApp(&'a str),
    /// nginx as it comes, of that version if the image's tag tells it whole.
    Nginx(Option<&'a str>),
}

/// What the server answers.
struct Answer {
    status: &'static str,
    body: String,
}

/// `wget -qO- URL`.
pub(super) fn wget(resolver: Resolver<'_>, runtime: &mut Runtime, args: &[&str]) -> ExecOutput {
    let url = match args {
        ["-qO-" | "-qO" | "-q" | "-O-" | "-O" | "-", .., url]
            if is_quiet_to_stdout(&args[..args.len() - 1]) =>
        {
            url
        }
        _ => return failed("wget: only `wget -qO- URL` is simulated\n".to_owned(), 1),
    };
    let Some(url) = read(url) else {
        return failed(format!("wget: not an http or ftp url: {url}\n"), 1);
    };
    match get(resolver, runtime, &url) {
        Ok(Answer { status: "200 OK", body }) => printed(body),
        Ok(answer) => failed(format!("wget: server returned error: HTTP/1.1 {}\n", answer.status), 1),
        Err(Unanswered::NoName) => failed(format!("wget: bad address '{}'\n", url.host), 1),
        Err(Unanswered::Refused(ip)) => {
            failed(format!("wget: can't connect to remote host ({ip}): Connection refused\n"), 1)
        }
        Err(Unanswered::Unreachable(ip)) => {
            failed(format!("wget: can't connect to remote host ({ip}): Host is unreachable\n"), 1)
        }
    }
}

fn is_quiet_to_stdout(flags: &[&str]) -> bool {
    matches!(
        flags,
        ["-qO-"] | ["-qO", "-"] | ["-q", "-O-"] | ["-q", "-O", "-"] | ["-O-", "-q"] | ["-O", "-", "-q"]
    )
}

/// `curl [-s] URL`.
pub(super) fn curl(resolver: Resolver<'_>, runtime: &mut Runtime, args: &[&str]) -> ExecOutput {
    let (silent, url) = match args {
        [url] if !url.starts_with('-') => (false, url),
        ["-s", url] | [url, "-s"] => (true, url),
        ["-sS", url] => (false, url),
        _ => return failed("curl: only `curl [-s] URL` is simulated\n".to_owned(), 2),
    };
    let complain = |text: String, code| failed(if silent { String::new() } else { text }, code);
    let Some(url) = read(url) else {
        return complain("curl: (1) Protocol not supported\n".to_owned(), 1);
    };
    match get(resolver, runtime, &url) {
        Ok(answer) => printed(answer.body),
        Err(Unanswered::NoName) => complain(format!("curl: (6) Could not resolve host: {}\n", url.host), 6),
        Err(_) => {
            let Url { host, port, .. } = url;
            let text = format!(
                "curl: (7) Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server\n"
            );
            complain(text, 7)
        }
    }
}

fn read(text: &str) -> Option<Url<'_>> {
    let rest = match text.split_once("://") {
        Some(("http", rest)) => rest,
        Some(_) => return None,
        None => text,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, PORT),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    (!host.is_empty()).then_some(Url { host, port, path: if path.is_empty() { "/" } else { path } })
}

fn get(resolver: Resolver<'_>, runtime: &mut Runtime, url: &Url<'_>) -> Result<Answer, Unanswered> {
    let asked = *resolver.addresses(url.host).first().ok_or(Unanswered::NoName)?;
    let listers = resolver.listers;
    let (ip, port) = match service_at(listers, asked) {
        Some(service) => {
            let endpoints = dns::endpoints_of_port(listers, service, url.port);
            let turn = usize::try_from(runtime.connections).unwrap_or(0);
            let chosen = endpoints.get(turn % endpoints.len().max(1)).ok_or(Unanswered::Refused(asked))?;
            runtime.connections += 1;
            *chosen
        }
        None => (asked, url.port),
    };
    let pod = if ip.is_loopback() { Some(resolver.pod) } else { pod_at(listers, ip) };
    let pod = pod.ok_or(Unanswered::Unreachable(asked))?;
    let server = server_of(pod).filter(|_| port == PORT);
    let (container, server) = server.ok_or(Unanswered::Refused(asked))?;
    Ok(serve(
        Files { listers, pod, container, variables: &variables(listers, pod, container) },
        runtime,
        &server,
        url.path,
    ))
}

/// The service that has this address of its own.
fn service_at(listers: &Listers, ip: IpAddr) -> Option<&Service> {
    let text = ip.to_string();
    let has = |service: &&Service| {
        service.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_ref() == Some(&text))
    };
    listers.list::<Service>("").map(|service| &**service).find(has)
}

fn pod_at(listers: &Listers, ip: IpAddr) -> Option<&Pod> {
    let text = ip.to_string();
    let has = |pod: &&Pod| {
        !is_pod_terminal(pod) && pod.status.as_ref().and_then(|s| s.pod_ip.as_ref()) == Some(&text)
    };
    listers.list::<Pod>("").map(|pod| &**pod).find(has)
}

/// The running container that listens, and what runs in it.
fn server_of(pod: &Pod) -> Option<(&Container, Server<'_>)> {
    let statuses = pod.status.as_ref()?.container_statuses.as_deref().unwrap_or_default();
    let runs = |name: &str| {
        let mut own = statuses.iter().filter(|status| status.name == name);
        own.any(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
    };
    let containers = &pod.spec.as_ref()?.containers;
    let serves = |c: &Container| {
        let first = c.args.as_ref().and_then(|args| args.first());
        c.command.is_none() && first.is_none_or(|first| first.starts_with('-') || first.starts_with("nginx"))
    };
    let mut own = containers.iter().filter(|c| serves(c) && runs(&c.name));
    own.find_map(|container| Some((container, Server::of(container.image.as_deref()?)?)))
}

impl<'a> Server<'a> {
    /// The server that an image is made for.
    fn of(image: &'a str) -> Option<Server<'a>> {
        let tag = image::version(image).ok()?.tag;
        let image = image.strip_prefix("docker.io/").unwrap_or(image);
        let (path, last) = image.rsplit_once('/').unwrap_or(("", image));
        let name = last.split([':', '@']).next()?;
        if image.split([':', '@']).next() == Some(MYAPP) {
            return tag.filter(|tag| tag.starts_with('v')).map(Server::MyApp);
        }
        let version = tag
            .and_then(|tag| tag.split('-').next())
            .filter(|tag| tag.split('.').count() == 3 && tag.chars().all(|c| c == '.' || c.is_ascii_digit()));
        // Others build theirs otherwise: `bitnami/nginx`.
        let is_own = matches!(path, "" | "library") || path.contains(['.', ':']);
        (is_own && matches!(name, "nginx" | "nginx-slim")).then_some(Server::Nginx(version))
    }

    /// Its page, which lies in the image.
    fn page(&self) -> String {
        match self {
            Server::MyApp(version) => {
                format!("Hello MyApp | Version: {version} | <a href=\"hostname.html\">Pod Name</a>\n")
            }
            Server::Nginx(_) => {
                "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n\
                                 <body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n"
                    .to_owned()
            }
        }
    }

    fn refusal(&self, status: &'static str) -> Answer {
        let (body, name) = match self {
            Server::MyApp(_) => ("<body bgcolor=\"white\">", "nginx/1.12.2".to_owned()),
            Server::Nginx(None) => ("<body>", "nginx".to_owned()),
            Server::Nginx(Some(version)) => ("<body>", format!("nginx/{version}")),
        };
        let body = format!(
            "<html>\r\n<head><title>{status}</title></head>\r\n{body}\r\n\
             <center><h1>{status}</h1></center>\r\n<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
        );
        Answer { status, body }
    }
}

fn serve(files: Files<'_>, runtime: &Runtime, server: &Server<'_>, path: &str) -> Answer {
    let ok = |body: String| Answer { status: "200 OK", body };
    if path == "/hostname.html" && matches!(server, Server::MyApp(_)) {
        return ok(format!("{}\n", dns::kernel_name(files.pod)));
    }
    let is_root = path.ends_with('/');
    let file = format!("{PAGES}{path}{}", if is_root { "index.html" } else { "" });
    if let Some(text) = files.read(runtime, &file) {
        return ok(text.into_owned());
    }
    match path {
        // A volume hides it.
        "/" | "/index.html" if !files.is_mounted(PAGES) => ok(server.page()),
        "/" => server.refusal("403 Forbidden"),
        _ => server.refusal("404 Not Found"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn served(image: &str, args: Value) -> Option<String> {
        let pod = json!({
            "spec": {"containers": [{"name": "c", "image": image, "args": args}]},
            "status": {"containerStatuses": [{
                "name": "c", "image": image, "imageID": "", "ready": true, "restartCount": 0,
                "state": {"running": {}},
            }]},
        });
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        server_of(&pod).map(|(_, server)| match server {
            Server::MyApp(version) => format!("myapp {version}"),
            Server::Nginx(version) => format!("nginx {}", version.unwrap_or("?")),
        })
    }

    #[test]
    fn images_serve_what_they_are_made_for_unless_something_else_runs() {
        let cases = [
            ("ikubernetes/myapp:v2", json!(null), Some("myapp v2")),
            ("ikubernetes/myapp:latest", json!(null), None),
            ("nginx", json!([]), Some("nginx ?")),
            ("nginx:1.27.5-alpine", json!(["nginx", "-g", "daemon off;"]), Some("nginx 1.27.5")),
            ("docker.io/library/nginx:1.27", json!(null), Some("nginx ?")),
            ("registry.k8s.io/nginx-slim:0.21", json!(["-q"]), Some("nginx ?")),
            ("registry:5000/nginx:1.27.5", json!(null), Some("nginx 1.27.5")),
            ("nginx", json!(["sleep", "1d"]), None),
            ("bitnami/nginx:1.27.5", json!(null), None),
            ("nginx-exporter:1", json!(null), None),
        ];
        for (image, args, expected) in cases {
            assert_eq!(served(image, args).as_deref(), expected, "{image}");
        }
    }
}
