//! The errors that everybody meets, told by their words. The page puts a line of ours beneath them.

/// Such an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonError {
    /// The set's field cannot be changed.
    SetImmutable,
    /// Another field cannot be changed.
    Immutable,
    /// The selector and the template's labels differ.
    SelectorMismatch,
    /// A field that the type does not have.
    UnknownField,
    /// A value of a wrong type.
    WrongType,
    /// A field is missing.
    RequiredValue,
    /// Only certain values are allowed.
    UnsupportedValue,
    /// The value is not of the right form.
    InvalidValue,
    /// A tab in YAML.
    Tab,
    /// A colon too many, or a line too far to the right.
    MappingValues,
    /// YAML that cannot be read otherwise.
    Yaml,
    /// JSON that cannot be read.
    Json,
    /// The group or version has no such kind.
    NoMatch,
    /// It is no object at all.
    KindNotSet,
    /// The object is there already.
    AlreadyExists,
    /// Somebody else has changed it.
    Conflict,
    /// A field belongs to another manager.
    ApplyConflict,
    /// A namespace that is not there.
    NoNamespace,
    /// An object that is not there.
    NotFound,
    /// No objects of that kind.
    NoResources,
    /// A kind that is not there.
    NoResourceType,
    /// A word that is no verb of kubectl.
    UnknownCommand,
    /// A word that is no command of the shell.
    NotACommand,
    /// A flag that is not there.
    UnknownFlag,
    /// A flag's value that is not of its type.
    InvalidArgument,
    /// A flag that has to be given.
    RequiredFlag,
    /// Neither a file nor a name.
    NoFile,
    /// A file that is not there.
    NoSuchFile,
    /// It took too long.
    TimedOut,
    /// No name was given.
    NoName,
    /// The API server did not answer.
    NoAnswer,
}

impl CommonError {
    /// The one that a command's standard error tells of, if it is one of these.
    pub fn of(error: &str) -> Option<CommonError> {
        WORDS.iter().find(|(words, _)| words.iter().all(|words| error.contains(words))).map(|(_, kind)| *kind)
    }
}

/// The words by which each is known, all of which occur. The first that fits is it.
const WORDS: &[(&[&str], CommonError)] = &[
    (&["updates to statefulset spec for fields other than"], CommonError::SetImmutable),
    (&["does not match template `labels`"], CommonError::SelectorMismatch),
    (&["field is immutable"], CommonError::Immutable),
    (&["unknown field \""], CommonError::UnknownField),
    (&["cannot unmarshal "], CommonError::WrongType),
    (&[": Required value"], CommonError::RequiredValue),
    (&[": Unsupported value: "], CommonError::UnsupportedValue),
    (&[": Invalid value: "], CommonError::InvalidValue),
    (&["found a tab character"], CommonError::Tab),
    (&["found character that cannot start any token"], CommonError::Tab),
    (&["mapping values are not allowed in this context"], CommonError::MappingValues),
    (&["error converting YAML to JSON"], CommonError::Yaml),
    (&["invalid character "], CommonError::Json),
    (&["no matches for kind "], CommonError::NoMatch),
    (&["kind not set"], CommonError::KindNotSet),
    (&["AlreadyExists"], CommonError::AlreadyExists),
    (&["the object has been modified"], CommonError::Conflict),
    (&["Apply failed with "], CommonError::ApplyConflict),
    (&["namespaces \"", "not found"], CommonError::NoNamespace),
    (&["(NotFound)"], CommonError::NotFound),
    (&["No resources found"], CommonError::NoResources),
    (&["the server doesn't have a resource type"], CommonError::NoResourceType),
    (&["error: unknown command "], CommonError::UnknownCommand),
    (&[": command not found"], CommonError::NotACommand),
    (&["error: unknown flag: "], CommonError::UnknownFlag),
    (&["error: unknown shorthand flag: "], CommonError::UnknownFlag),
    (&["error: invalid argument "], CommonError::InvalidArgument),
    (&["error: required flag(s) "], CommonError::RequiredFlag),
    (&["error: must specify one of -f and -k"], CommonError::NoFile),
    (&["error: the path ", " does not exist"], CommonError::NoSuchFile),
    (&["No such file or directory"], CommonError::NoSuchFile),
    (&["timed out waiting for the condition"], CommonError::TimedOut),
    (&["resource(s) were provided, but no name was specified"], CommonError::NoName),
    (&["request timed out"], CommonError::NoAnswer),
];
