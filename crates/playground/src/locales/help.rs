//! The words about the help.

words! {
    /// The words about the help in one language.
    HelpWords;

    /// The help's text, a paragraph a line.
    text,
    /// The link to the docs.
    docs,
    /// Title of the keys in the help.
    keys,
    /// That single keys act on stage and timeline.
    keys_switch,
    /// Key.
    key_space,
    /// Key.
    key_step,
    /// Key.
    key_help,
    /// Key.
    key_terminal;

}
