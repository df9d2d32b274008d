//! What is pasted into the terminal: blog text, of which only some lines are commands.
//!
//! Prompts are taken away; what looks like output or prose is not ticked. Nothing runs before somebody says so.

use session::shell;

/// Most lines that are looked at.
const LINE_LIMIT: usize = 1_000;
/// How far into a line a prompt may reach, in bytes.
const PROMPT_LIMIT: usize = 80;

/// A line, or several that belong together, such as a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text without its prompt.
    pub text: String,
    /// Whether it will run.
    pub ticked: bool,
}

/// What was pasted, for review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The pieces, in order.
    pub items: Vec<Item>,
}

impl Review {
    /// Reads what was pasted; `None` if it is one line, which needs no review. What comes behind the lines that are looked
    /// at is one piece.
    pub fn read(text: &str) -> Option<Review> {
        let lines: Vec<&str> = text.lines().collect();
        if lines.iter().filter(|line| !line.trim().is_empty()).count() < 2 {
            return None;
        }
        let (lines, rest) = lines.split_at(lines.len().min(LINE_LIMIT));
        let has_prompts = lines.iter().any(|line| without_prompt(line).is_some());
        let mut items: Vec<Item> = Vec::new();
        let mut lines = lines.iter().copied();
        while let Some(line) = lines.next() {
            let stripped = without_prompt(line);
            let is_command = if has_prompts { stripped.is_some() } else { begins_command(line) };
            let mut text = stripped.unwrap_or(line).trim_end().to_owned();
            let mut is_whole = true;
            while is_command && shell::is_unfinished(&text) {
                let Some(next) = lines.next() else {
                    is_whole = rest.is_empty();
                    break;
                };
                text.push('\n');
                text.push_str(next.strip_prefix("> ").filter(|_| has_prompts).unwrap_or(next));
            }
            let ticked = is_command && is_whole && !text.trim_start().starts_with('#');
            if !text.is_empty() {
                items.push(Item { text, ticked });
            }
        }
        if !rest.is_empty() {
            items.push(Item { text: rest.join("\n"), ticked: false });
        }
        Some(Review { items })
    }

    /// The lines that will run.
    pub fn ticked(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter(|item| item.ticked).map(|item| item.text.trim_start())
    }
}

/// Whether a line without a prompt is a command: its first word is one that there is here.
fn begins_command(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    word == "for" || shell::is_command(word) || (word.contains('=') && shell::is_assignment(word))
}

/// What stands behind a shell's prompt; `None` if the line has none.
fn without_prompt(line: &str) -> Option<&str> {
    let line = line.trim_start();
    for (at, sign) in line.char_indices().take_while(|(at, _)| *at < PROMPT_LIMIT) {
        if !"$#%>❯➜".contains(sign) {
            continue;
        }
        let (before, after) = (line[..at].trim_end(), &line[at + sign.len_utf8()..]);
        let is_separate = after.is_empty() || after.starts_with(char::is_whitespace) || sign == '❯';
        let command = after.trim_start();
        // A comment looks like root's prompt.
        let is_comment = sign == '#' && before.is_empty() && !begins_command(command);
        if is_separate && !is_comment && ends_prompt(before, sign) {
            return Some(if sign == '➜' { after_theme(command) } else { command });
        }
    }
    None
}

/// Whether this may stand before the sign that ends a prompt: nothing, `[root@master ~]`, `me@host:~/dir`, `bash-5.1`, `/`.
fn ends_prompt(before: &str, sign: char) -> bool {
    if before.is_empty() {
        // A quoted reply begins so, and the second line of a command, which is taken with the first.
        return sign != '>';
    }
    let is_plain = !before.contains(['"', '\'', '|', '=', '$']);
    let names_host = before.split_whitespace().any(|word| word.contains('@') && !word.starts_with('@'));
    let in_brackets = before.starts_with('[') && before.ends_with(']');
    let names_shell = ["sh-", "bash-", "zsh-"].iter().any(|shell| before.starts_with(shell));
    let names_folder = sign != '>' && (before == "/" || before == "~");
    let is_windows = sign == '>' && (before.starts_with("PS ") || before.get(1..3) == Some(":\\"));
    is_plain && (names_host || in_brackets || names_shell || names_folder) || is_windows
}

/// The command behind what oh-my-zsh writes after its arrow: the folder, the branch.
fn after_theme(text: &str) -> &str {
    let mut rest = text;
    while !rest.is_empty() && !begins_command(rest) {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    if rest.is_empty() { text } else { rest }
}

#[cfg(test)]
mod tests {
    use super::{Review, without_prompt};

    #[test]
    fn prompts_of_many_shells_are_taken_away() {
        let cases = [
            ("$ kubectl get po", Some("kubectl get po")),
            ("# kubectl get po", Some("kubectl get po")),
            ("# this lists the pods", None),
            ("[root@k8s-master ~]# kubectl get pv", Some("kubectl get pv")),
            ("[root@k8s-master mainfests]#kubectl get pv", None),
            ("me@host:~/dir$ ls", Some("ls")),
            ("root@master:/home/me# ls -l # all", Some("ls -l # all")),
            ("(venv) me@host ~ % ls", Some("ls")),
            ("bash-5.1$ hostname", Some("hostname")),
            ("/ # nslookup myapp-0", Some("nslookup myapp-0")),
            ("PS C:\\Users\\me> kubectl get po", Some("kubectl get po")),
            ("❯ kubectl get po", Some("kubectl get po")),
            ("➜  dir git:(main) kubectl get po", Some("kubectl get po")),
            ("kubectl get po > file", None),
            ("echo $x # me@host", None),
            ("50% of the pods", None),
            ("> quoted", None),
            ("NAME   READY   STATUS", None),
        ];
        for (line, expected) in cases {
            assert_eq!(without_prompt(line), expected, "{line}");
        }
    }

    /// What was pasted, and each piece of it with `+` where it is ticked.
    fn review(text: &str) -> Vec<String> {
        let review = Review::read(text).map(|review| review.items).unwrap_or_default();
        review.iter().map(|item| format!("{}{}", if item.ticked { "+" } else { "-" }, item.text)).collect()
    }

    #[test]
    fn commands_are_told_from_output_and_prose() {
        let cases: [(&str, &[&str]); 9] = [
            ("kubectl get po", &[]),
            ("kubectl get po\n\n", &[]),
            (
                "First look at the pods:\n\nkubectl get po\n# then\nx=1\nk get pv",
                &["-First look at the pods:", "+kubectl get po", "-# then", "+x=1", "+k get pv"],
            ),
            (
                "[root@m ~]# kubectl get po\nNAME      READY\nmyapp-0   1/1\n[root@m ~]# kubectl get pv",
                &["+kubectl get po", "-NAME      READY", "-myapp-0   1/1", "+kubectl get pv"],
            ),
            (
                "$ cat <<EOF > a\n  x: 1\nEOF\nkubectl apply -f a",
                &["+cat <<EOF > a\n  x: 1\nEOF", "-kubectl apply -f a"],
            ),
            (
                "$ for i in 0 1; do\n> echo $i\n> done\n0\n1",
                &["+for i in 0 1; do\necho $i\ndone", "-0", "-1"],
            ),
            (
                "kubectl scale sts myapp \\\n  --replicas=4\nrm -rf x",
                &["+kubectl scale sts myapp \\\n  --replicas=4", "+rm -rf x"],
            ),
            ("cat <<EOF\n\n> said\n\nEOF\n\nls", &["+cat <<EOF\n\n> said\n\nEOF", "+ls"]),
            ("$ ls\n$\n$ date", &["+ls", "+date"]),
        ];
        for (text, expected) in cases {
            assert_eq!(review(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_one_piece_and_does_not_run() {
        let rest = format!("{}EOF\nls", "x\n".repeat(1_000));
        let expected =
            [format!("-cat <<EOF{}", "\nx".repeat(998)), format!("-{}", &rest["x\n".len() * 998..])];
        assert_eq!(review(&format!("\ncat <<EOF\n{rest}")), expected);
    }
}
