//! Every word of the page, one file a language. Kubernetes' own output stays as it is.
//!
//! A locale is a [`Words`]: a field for each fixed text, a function for each sentence with something in it. In a
//! sentence, backticks mark the names of objects and what one types; [`marked`] takes them apart.

mod en;
mod zh;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Locale {
    /// Every language.
    pub const ALL: [Locale; 2] = [Locale::English, Locale::Chinese];

    /// The language tag, as `lang` has it.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::English => "en",
            Locale::Chinese => "zh-CN",
        }
    }

    /// What its speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Locale::English => "English",
            Locale::Chinese => "中文",
        }
    }

    /// The language for someone who prefers that tag.
    pub fn preferred(tag: &str) -> Locale {
        if tag.to_ascii_lowercase().starts_with("zh") { Locale::Chinese } else { Locale::English }
    }

    /// Its words about the help.
    pub fn help_words(self) -> &'static HelpWords {
        match self {
            Locale::English => &en::HELP_WORDS,
            Locale::Chinese => &zh::HELP_WORDS,
        }
    }

    /// Its words about lessons.
    pub fn lesson_words(self) -> &'static LessonWords {
        match self {
            Locale::English => &en::LESSON_WORDS,
            Locale::Chinese => &zh::LESSON_WORDS,
        }
    }

    /// Its words about imports and predictions.
    pub fn predict_words(self) -> &'static PredictWords {
        match self {
            Locale::English => &en::PREDICT_WORDS,
            Locale::Chinese => zh::predict_words(),
        }
    }

    /// Its words about what is kept, handed on and embedded.
    pub fn share_words(self) -> &'static ShareWords {
        match self {
            Locale::English => &en::SHARE_WORDS,
            Locale::Chinese => &zh::SHARE_WORDS,
        }
    }

    /// Its words.
    pub fn words(self) -> &'static Words {
        match self {
            Locale::English => &en::WORDS,
            Locale::Chinese => zh::words(),
        }
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Prose.
    Text(String),
    /// A name, or something that one types.
    Code(String),
}

/// Takes a sentence apart at its backticks.
pub fn marked(sentence: &str) -> Vec<Span> {
    let span = |(index, part): (usize, &str)| {
        if index % 2 == 1 { Span::Code(part.to_owned()) } else { Span::Text(part.to_owned()) }
    };
    sentence.split('`').enumerate().filter(|(_, part)| !part.is_empty()).map(span).collect()
}

/// `0–2, 4` of ordinals, lowest first.
fn ranges<N: Copy + Into<i64>>(ordinals: &[N]) -> String {
    let ordinals: Vec<i64> = ordinals.iter().map(|ordinal| (*ordinal).into()).collect();
    let runs = ordinals.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        one => one.iter().map(i64::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// The first ordinals of a row, the last one after `…` if there are more.
fn row(ordinals: &[i32], separator: &str) -> String {
    const SHOWN: usize = 4;
    let text = |ordinals: &[i32]| ordinals.iter().map(i32::to_string).collect::<Vec<_>>().join(separator);
    match ordinals {
        [shown @ .., last] if ordinals.len() > SHOWN => format!("{} … {last}", text(&shown[..SHOWN - 1])),
        few => text(few),
    }
}

macro_rules! words {
    (
        $(#[$about:meta])* $struct:ident;
        $($(#[$doc:meta])* $name:ident),* $(,)?;
        $($(#[$fdoc:meta])* fn $function:ident($($argument:ty),*)),* $(,)?
    ) => {
        $(#[$about])*
        pub struct $struct {
            $($(#[$doc])* pub $name: &'static str,)*
            $($(#[$fdoc])* pub $function: fn($($argument),*) -> String,)*
        }

        #[cfg(test)]
        impl $struct {
            /// Every fixed text with its name.
            pub(super) fn texts(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

mod help;
mod lesson;
mod predict;
mod share;
mod words;

pub use help::HelpWords;
pub use lesson::LessonWords;
pub use predict::PredictWords;
pub use share::ShareWords;
pub use words::Words;

#[cfg(test)]
mod tests {
    use super::{Locale, Span, marked, ranges, row};

    /// What is the same in both languages: terms of Kubernetes, and what one types.
    const SHARED: [&str; 9] =
        ["PVC", "Service", "DNS", "Pod", "TTL", "YAML", "NXDOMAIN", "StatefulSet", "# "];

    fn is_han(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    #[test]
    fn every_text_is_in_chinese() {
        let chinese = Locale::Chinese;
        let words = [
            chinese.words().texts(),
            chinese.help_words().texts(),
            chinese.lesson_words().texts(),
            chinese.predict_words().texts(),
            chinese.share_words().texts(),
        ];
        for (name, text) in words.concat() {
            let shared = SHARED.iter().any(|shared| text.starts_with(shared));
            assert!(text.chars().any(is_han) || shared, "{name} is not translated: {text}");
            let han_before =
                |mark: char| text.chars().zip(text.chars().skip(1)).any(|(a, b)| is_han(a) && b == mark);
            assert!(
                ![',', '.', ':', ';', '?'].into_iter().any(han_before),
                "{name} has half-width punctuation: {text}"
            );
        }
    }

    #[test]
    fn ordinals_are_short() {
        for (ordinals, expected) in
            [(&[][..], ""), (&[0], "0"), (&[0, 1], "0–1"), (&[0, 1, 2, 4, 6, 7], "0–2, 4, 6–7")]
        {
            assert_eq!(ranges(ordinals), expected);
        }
        for (ordinals, expected) in
            [(&[4, 3][..], "4, 3"), (&[4, 3, 2, 1], "4, 3, 2, 1"), (&[4, 3, 2, 1, 0], "4, 3, 2 … 0")]
        {
            assert_eq!(row(ordinals, ", "), expected);
        }
    }

    #[test]
    fn backticks_mark_names() {
        let (text, code) = (|t: &str| Span::Text(t.to_owned()), |t: &str| Span::Code(t.to_owned()));
        for (sentence, spans) in [
            ("", vec![]),
            ("all is well", vec![text("all is well")]),
            ("`a` waits for `b`", vec![code("a"), text(" waits for "), code("b")]),
            ("odd `one", vec![text("odd "), code("one")]),
        ] {
            assert_eq!(marked(sentence), spans, "{sentence}");
        }
    }
}
