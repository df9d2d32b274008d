//! Which namespace a command line is about.

use std::borrow::Cow;

/// Flags that say in which namespace.
const FLAGS: [&str; 4] = ["-n", "--namespace", "-A", "--all-namespaces"];

/// The line, whose first command is about this namespace where it names none itself, whatever the current context.
pub fn in_namespace<'a>(line: &'a str, namespace: &str) -> Cow<'a, str> {
    match line.strip_prefix("kubectl ") {
        Some(rest) if !names_namespace(first_command(line)) => {
            format!("kubectl -n {namespace} {rest}").into()
        }
        _ => line.into(),
    }
}

/// What stands before `&&` and the end of the line.
pub fn first_command(line: &str) -> &str {
    let line = line.lines().next().unwrap_or_default();
    line.split_once(" && ").map_or(line, |(first, _)| first)
}

fn names_namespace(command: &str) -> bool {
    let is_flag = |word: &str| {
        FLAGS.iter().any(|flag| word == *flag || word.strip_prefix(flag).is_some_and(|v| v.starts_with('=')))
            // `-nprod`
            || word.strip_prefix("-n").is_some_and(|value| !value.is_empty())
    };
    command.split_whitespace().take_while(|word| *word != "--").any(is_flag)
}

#[cfg(test)]
mod tests {
    use super::in_namespace;

    #[test]
    fn the_first_command_gets_a_namespace_unless_it_names_one() {
        for (line, expected) in [
            ("kubectl scale sts web --replicas=2", "kubectl -n prod scale sts web --replicas=2"),
            ("kubectl -n a get po", "kubectl -n a get po"),
            ("kubectl get po --namespace=a", "kubectl get po --namespace=a"),
            ("kubectl get po -na", "kubectl get po -na"),
            ("kubectl get po -A", "kubectl get po -A"),
            ("kubectl exec web-0 -- ls -n", "kubectl -n prod exec web-0 -- ls -n"),
            (
                "kubectl delete sts web && kubectl get po -n a",
                "kubectl -n prod delete sts web && kubectl get po -n a",
            ),
            ("kubectl apply -f - <<EOF\n# -n a\nEOF", "kubectl -n prod apply -f - <<EOF\n# -n a\nEOF"),
            ("echo kubectl get po", "echo kubectl get po"),
        ] {
            assert_eq!(in_namespace(line, "prod"), expected);
        }
    }
}
