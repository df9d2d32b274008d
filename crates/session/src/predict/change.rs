//! What somebody types or pastes as a change: a manifest, or kubectl's command lines.

use crate::files::TEXT_LIMIT;
use crate::scope::in_namespace;
use crate::state::QUEUE_LIMIT;

/// The file that a manifest is applied from.
pub const CHANGE_FILE: &str = "change.yaml";

/// Most command lines: as many as wait for each other in the terminal.
pub const COMMAND_LIMIT: usize = QUEUE_LIMIT;

/// What stands before a command in a copied terminal; `# ` would be a comment.
const PROMPT: &str = "$ ";

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// None: what happens anyway.
    Nothing,
    /// A manifest, to be applied.
    Manifest(String),
    /// kubectl's command lines, one after the other.
    Commands(Vec<String>),
}

/// Why a text is no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// Among command lines is one that is none.
    Unclear {
        /// Its number, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
    /// It is longer than a file may be.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It has more than [`COMMAND_LIMIT`] command lines.
    TooMany,
}

impl Change {
    /// What a text means: command lines if the first that is no comment is one, else a manifest.
    ///
    /// # Errors
    /// The line that is no kubectl command among those that are, or of what there is too much.
    pub fn of(text: &str) -> Result<Change, ChangeError> {
        if text.len() > TEXT_LIMIT {
            return Err(ChangeError::TooLong { bytes: text.len() });
        }
        let lines = || text.lines().enumerate().map(|(at, line)| (at + 1, bare(line)));
        let mut telling = lines().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        match telling.next() {
            None => return Ok(Change::Nothing),
            Some((_, first)) if !is_command(first) => return Ok(Change::Manifest(text.to_owned())),
            Some(_) => {}
        }
        let mut commands: Vec<String> = Vec::new();
        let mut goes_on = false;
        for (number, line) in lines().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (part, continues) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
            match commands.last_mut() {
                Some(last) if goes_on => last.push_str(part),
                _ if is_command(line) => commands.push(part.to_owned()),
                _ => return Err(ChangeError::Unclear { line: number, text: line.to_owned() }),
            }
            goes_on = continues;
        }
        if commands.len() > COMMAND_LIMIT {
            return Err(ChangeError::TooMany);
        }
        Ok(Change::Commands(commands))
    }

    /// The command lines that it comes to. Where they name no namespace, and it is not the one that kubectl takes by
    /// itself, they get this one, as from the context that somebody has set.
    pub fn lines(&self, namespace: &str) -> Vec<String> {
        let scope = |line: &str, named: bool| match named || matches!(namespace, "" | "default") {
            true => line.to_owned(),
            false => in_namespace(line, namespace).into_owned(),
        };
        match self {
            Change::Nothing => Vec::new(),
            Change::Manifest(text) => {
                let named = text.lines().any(|line| line.trim_start().starts_with("namespace:"));
                vec![scope(&format!("kubectl apply -f {CHANGE_FILE}"), named)]
            }
            Change::Commands(lines) => lines.iter().map(|line| scope(line, false)).collect(),
        }
    }
}

/// The line without a prompt.
fn bare(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix(PROMPT).map_or(line, str::trim_start)
}

fn is_command(line: &str) -> bool {
    line == "kubectl" || line.starts_with("kubectl ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_manifest_or_command_lines() {
        let commands =
            |lines: &[&str]| Ok(Change::Commands(lines.iter().map(|&line| line.to_owned()).collect()));
        let manifest = "# kubectl would apply this\napiVersion: apps/v1\n";
        let cases = [
            (" \n# nothing\n", Ok(Change::Nothing)),
            ("kubectl scale sts web --replicas=2", commands(&["kubectl scale sts web --replicas=2"])),
            (
                "$ kubectl set image sts/web \\\n    nginx=nginx:2\n\n# then\nkubectl delete pod web-1",
                commands(&["kubectl set image sts/web nginx=nginx:2", "kubectl delete pod web-1"]),
            ),
            (
                "kubectl get po\nNAME   READY",
                Err(ChangeError::Unclear { line: 2, text: "NAME   READY".to_owned() }),
            ),
            (manifest, Ok(Change::Manifest(manifest.to_owned()))),
            ("rm -rf /", Ok(Change::Manifest("rm -rf /".to_owned()))),
        ];
        for (text, expected) in cases {
            assert_eq!(Change::of(text), expected, "{text}");
        }
        let many = "kubectl get po\n".repeat(COMMAND_LIMIT);
        assert!(Change::of(&many).is_ok());
        assert_eq!(Change::of(&format!("{many}kubectl get po")), Err(ChangeError::TooMany));
        let bytes = TEXT_LIMIT + 1;
        assert_eq!(Change::of(&" ".repeat(bytes)), Err(ChangeError::TooLong { bytes }));
    }

    #[test]
    fn commands_go_to_the_namespace_unless_they_name_one() {
        let cases = [
            ("kubectl scale sts web --replicas=2", "prod", "kubectl -n prod scale sts web --replicas=2"),
            ("kubectl scale sts web --replicas=2", "default", "kubectl scale sts web --replicas=2"),
            ("kubectl -n a get po", "prod", "kubectl -n a get po"),
            ("kind: Pod", "prod", "kubectl -n prod apply -f change.yaml"),
            ("kind: Pod\nmetadata:\n  namespace: a\n", "prod", "kubectl apply -f change.yaml"),
        ];
        for (text, namespace, expected) in cases {
            let change = Change::of(text).expect("a change");
            assert_eq!(change.lines(namespace), [expected], "{text}");
        }
    }
}
