//! The words about what is kept, handed on and embedded.

use session::Sensitive;

use crate::embed::Part;

words! {
    /// The words about what is kept, handed on and embedded, in one language.
    ShareWords;

    /// Label of what is handed on.
    extent,
    /// Everything that was done.
    whole,
    /// Only the start.
    start,
    /// Label of the link.
    link,
    /// Before what is left out unless it is ticked.
    left_out,
    /// That other copies hold it.
    copies,
    /// The link is long.
    long,
    /// Button.
    copy_link,
    /// Button.
    save_file,
    /// Button.
    copy_markdown,
    /// Button.
    copy_markdown_link,
    /// Button.
    copy_script,
    /// Button.
    copy_manifest,
    /// It was copied.
    copied,
    /// It was not copied.
    not_copied,
    /// Label of the file input.
    open_file,
    /// The browser keeps the world.
    kept,
    /// The browser does not.
    not_kept,
    /// The browser will keep the world once somebody does something in it.
    kept_once_touched,
    /// Another tab keeps its own.
    kept_elsewhere,
    /// Button: this one instead.
    keep_here,
    /// What one writes into a page, to be unfolded.
    embed,
    /// Label of what shows in an embed.
    embed_parts,
    /// Whether readers of an embed may only look.
    embed_read_only,
    /// Label of the element that embeds.
    embed_element,
    /// Label of the frame that embeds.
    embed_frame,
    /// Button.
    embed_copy_element,
    /// Button.
    embed_copy_frame,
    /// Title of a frame, for those who do not see it.
    embed_title,
    /// Title of the embed as readers will see it.
    embed_preview,
    /// Button of an embed.
    open_in_playground,
    /// What is wrong in an embed's address follows.
    embed_problems;

    /// That the objects of another cluster are handed on; how many.
    fn imported(usize),
    /// What is handed on: the files' names, and how many lines were typed.
    fn contents(&[&str], usize),
    /// What may be left out, and how many values of it there are.
    fn sensitive(Sensitive, usize),
    /// A part of an embed.
    fn embed_part(Part),
}
