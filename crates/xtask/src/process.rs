//! Runs other programs and times what is done, saying so while it happens.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// Does one step: its name is printed before, the time it took after.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool tells people real time; nothing of the engine runs here"
)]
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(_) => println!("    {seconds:.1} s"),
        Err(_) => println!("    failed after {seconds:.1} s"),
    }
    result
}

/// Runs a program to its end; what it prints goes to the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| unstartable(command))?;
    ensure!(status.success(), "{} failed ({status})", line(command));
    Ok(())
}

/// Runs a program to its end and returns what it printed on stdout.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| unstartable(command))?;
    ensure!(output.status.success(), "{} failed ({})", line(command), output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", line(command)))
}

/// True if the program can be started and ends well; nothing is shown.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a program to its end, passes its stdout on and shows each line of it to `watch` too.
pub fn watch(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| unstartable(command))?;
    let Some(stdout) = child.stdout.take() else { bail!("{} has no stdout", line(command)) };
    let mut reader = BufReader::new(stdout);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        std::io::stdout().write_all(&bytes)?;
        watch(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    let status = child.wait()?;
    ensure!(status.success(), "{} failed ({status})", line(command));
    Ok(())
}

fn unstartable(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let hint = match program.as_ref() {
        "node" | "npm" => "; install Node.js 20 or newer",
        "rustup" => "; install Rust through rustup",
        "git" => "; install git",
        _ => "",
    };
    format!("cannot start `{program}`{hint}")
}

/// The command as a person would type it, for messages.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    format!("`{}`", words.join(" "))
}
