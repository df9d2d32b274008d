//! About what is kept, handed on and embedded.

use session::Sensitive;

use super::count;
use crate::embed::Part;
use crate::locales::ShareWords;

pub(in crate::locales) static SHARE_WORDS: ShareWords = ShareWords {
    extent: "What is in it",
    whole: "everything that was done, and this moment",
    start: "only the start, with the files",
    link: "Link",
    left_out: "Left out unless ticked:",
    copies: "What is copied as Markdown, script or manifest holds them in any case.",
    long: "This link is long, and some programs will cut it: save a file instead.",
    copy_link: "Copy link",
    save_file: "Save as file",
    copy_markdown: "Copy as Markdown",
    copy_markdown_link: "Copy as Markdown link",
    copy_script: "Copy as script",
    copy_manifest: "Copy manifest",
    copied: "Copied.",
    not_copied: "The browser did not allow it: select the link and copy it by hand.",
    open_file: "Open a saved file",
    kept: "This browser keeps the world for your next visit.",
    not_kept: "Not saved: this browser keeps nothing, or the world is too large. Save a file.",
    kept_once_touched: "This browser keeps this world for your next visit as soon as you do something in it.",
    kept_elsewhere: "petset is open in another tab, and that one is kept for your next visit. What you do here is not.",
    keep_here: "Keep this one instead",
    embed: "Embed in a page",
    embed_parts: "What shows",
    embed_read_only: "readers only look",
    embed_element: "Element",
    embed_frame: "Frame, where scripts are not allowed",
    embed_copy_element: "Copy element",
    embed_copy_frame: "Copy frame",
    embed_title: "A Kubernetes cluster, simulated by petset",
    embed_preview: "As readers will see it",
    open_in_playground: "Open in playground",
    embed_problems: "This embed’s address asks for something that there is not:",
    imported: |objects| {
        format!(
            "It also holds the {} that you imported from your cluster: share it only with those who may see them.",
            if objects == 1 { "object".to_owned() } else { format!("{objects} objects") }
        )
    },
    contents: |files, lines| {
        let files = if files.is_empty() { "no file".to_owned() } else { files.join(", ") };
        format!(
            "It holds {files} and {}. Nothing of it reaches a server: it is all in the link.",
            count(lines, "command line")
        )
    },
    sensitive: |kind, values| {
        let what = match kind {
            Sensitive::SecretData => "data of Secrets",
            Sensitive::EnvValues => "values of environment variables",
            Sensitive::Annotations => "annotations",
        };
        format!("{what} ({values})")
    },
    embed_part: |part| {
        let name = match part {
            Part::Editor => "YAML",
            Part::Stage => "stage",
            Part::Why => "why",
            Part::Terminal => "terminal",
            Part::Timeline => "timeline",
        };
        name.to_owned()
    },
};
