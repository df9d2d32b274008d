//! A file server for loopback: GET and HEAD of the files in one folder, below a path of choice.
//!
//! Nothing outside the folder can be named: a path's parts must be plain file names. Each connection serves one request.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// A request's head may have this many bytes.
const MAX_HEAD_BYTES: u64 = 16 * 1024;

/// How long a client may take to send its request or to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many ports are tried, upward from the one that was asked for.
const PORTS: u16 = 20;

/// A server that has its port and answers once it is run.
pub struct Server {
    listener: TcpListener,
    files: Arc<Files>,
}

impl Server {
    /// Takes the port, or the next free one; port 0 is any that is free. `mount` is a path with a slash at both ends.
    pub fn bind(folder: PathBuf, mount: &str, port: u16) -> Result<Server> {
        let listener = listen(port)?;
        Ok(Server { listener, files: Arc::new(Files { folder, mount: mount.to_owned() }) })
    }

    /// The URL of the folder.
    pub fn address(&self) -> String {
        let port = self.listener.local_addr().map_or(0, |address| address.port());
        format!("http://127.0.0.1:{port}{}", self.files.mount)
    }

    /// Answers requests until the process ends.
    pub fn run(self) -> Result<()> {
        for stream in self.listener.incoming() {
            let stream = stream.context("the server cannot accept connections any more")?;
            let files = Arc::clone(&self.files);
            // A client that breaks off is no concern of the others.
            thread::spawn(move || files.answer(stream));
        }
        Ok(())
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    let last = if port == 0 { 0 } else { port.saturating_add(PORTS - 1) };
    let mut candidate = port;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && candidate < last => candidate += 1,
            result => {
                return result.with_context(|| format!("cannot listen on port {candidate}; try --port"));
            }
        }
    }
}

/// The folder that is served, below the path `mount`.
struct Files {
    folder: PathBuf,
    mount: String,
}

/// What a request gets.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    File(PathBuf),
    /// A folder was named without its slash: relative addresses in its page need it.
    MovedTo(String),
    Refused(&'static str),
}

impl Files {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(stream.try_clone()?.take(MAX_HEAD_BYTES));
        let mut request = String::new();
        reader.read_line(&mut request)?;
        // The head is read to its end: closing with unread bytes would reset the connection.
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = request.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match method {
            "GET" | "HEAD" => send(&mut stream, self.find(target), method == "GET"),
            _ => send(&mut stream, Answer::Refused("405 Method Not Allowed"), true),
        }
    }

    /// What the target of a request line names.
    fn find(&self, target: &str) -> Answer {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if format!("{path}/") == self.mount {
            return Answer::MovedTo(self.mount.clone());
        }
        let not_found = Answer::Refused("404 Not Found");
        let Some(below) = path.strip_prefix(&self.mount).and_then(percent_decoded) else { return not_found };
        let mut file = self.folder.clone();
        for part in below.split('/').filter(|part| !part.is_empty()) {
            if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
                return not_found;
            }
            file.push(part);
        }
        match file.is_dir() {
            true if path.ends_with('/') => Answer::File(file.join("index.html")),
            true => Answer::MovedTo(format!("{path}/")),
            false if file.is_file() && !path.ends_with('/') => Answer::File(file),
            false => not_found,
        }
    }
}

fn send(stream: &mut TcpStream, answer: Answer, with_body: bool) -> std::io::Result<()> {
    let (status, extra, mime, body) = match answer {
        Answer::MovedTo(path) => ("301 Moved Permanently", format!("Location: {path}\r\n"), TEXT, Vec::new()),
        Answer::Refused(status) => (status, String::new(), TEXT, status.as_bytes().to_vec()),
        Answer::File(path) => match fs::read(&path) {
            Ok(body) => ("200 OK", String::new(), mime_type(&path), body),
            Err(_) => ("404 Not Found", String::new(), TEXT, Vec::new()),
        },
    };
    // Any page may embed the playground: a module script of another origin needs to be allowed.
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{extra}Content-Type: {mime}\r\nContent-Length: {}\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n\
         Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if with_body { stream.write_all(&body) } else { Ok(()) }
}

const TEXT: &str = "text/plain; charset=utf-8";

/// The media type that a file's ending stands for.
fn mime_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" | "yaml" | "yml" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

/// The text with each `%XX` replaced by its byte; nothing if that is no text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => hex_digit(rest.next()?)? * 16 + hex_digit(rest.next()?)?,
            plain => plain,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves this crate's own folder, so that there are files within and without.
    fn files() -> Files {
        Files { folder: PathBuf::from(env!("CARGO_MANIFEST_DIR")), mount: "/a/b/".to_owned() }
    }

    #[test]
    fn paths_name_files_of_the_folder_only() {
        let file = |below: &str| Answer::File(files().folder.join(below));
        let moved = |path: &str| Answer::MovedTo(path.to_owned());
        let not_found = || Answer::Refused("404 Not Found");
        for (target, answer) in [
            ("/a/b/Cargo.toml", file("Cargo.toml")),
            ("/a/b/Cargo.toml?x=1", file("Cargo.toml")),
            ("/a/b/src/main%2ers", file("src/main.rs")),
            ("/a/b/", file("index.html")),
            ("/a/b", moved("/a/b/")),
            ("/a/b/src", moved("/a/b/src/")),
            ("/a/b/Cargo.toml/", not_found()),
            ("/a/b/absent", not_found()),
            ("/", not_found()),
            ("/Cargo.toml", not_found()),
            ("/a/b/../wasm/Cargo.toml", not_found()),
            ("/a/b/%2e%2e/wasm/Cargo.toml", not_found()),
            ("/a/b/..%2fwasm%2fCargo.toml", not_found()),
            ("/a/b/src\\main.rs", not_found()),
            ("/a/b//etc/hosts", not_found()),
            ("/a/b/%", not_found()),
            ("/a/b/%ff", not_found()),
            ("/a/b/Cargo.toml%00", not_found()),
        ] {
            assert_eq!(files().find(target), answer, "{target}");
        }
    }

    #[test]
    fn a_request_is_answered_over_the_wire() -> Result<()> {
        let server = Server::bind(PathBuf::from(env!("CARGO_MANIFEST_DIR")), "/", 0)?;
        let address = server.listener.local_addr()?;
        thread::spawn(move || server.run());
        for (request, status, holds) in [
            ("GET /Cargo.toml HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "name = \"xtask\""),
            ("HEAD /Cargo.toml HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: "),
            ("POST /Cargo.toml HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", "405"),
            ("\r\n\r\n", "HTTP/1.1 405 ", "405"),
        ] {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            assert!(answer.starts_with(status) && answer.contains(holds), "{request}{answer}");
            assert_eq!(answer.ends_with("\r\n\r\n"), request.starts_with("HEAD"), "{answer}");
        }
        Ok(())
    }

    #[test]
    fn a_taken_port_gives_way_to_the_next() -> Result<()> {
        let first = listen(0)?;
        let taken = first.local_addr()?.port();
        let next = listen(taken)?.local_addr()?.port();
        assert!(next > taken, "{next}");
        Ok(())
    }
}
