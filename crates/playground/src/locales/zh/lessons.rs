//! What a lesson's goal still lacks.

use crate::lesson::goal::{Field, Happening, Missing, Turn};
use crate::locales::LessonWords;

pub(in crate::locales) static LESSON_WORDS: LessonWords = LessonWords {
    intro: "一个个小练习，各在自己的世界里。看结果，不看方式：输入、点击、拖动都算。",
    loading: "课程马上就到…",
    failed: "无法取得课程：",
    all: "全部课程",
    open_file: "打开自己的课程文件",
    broken: "这还不是课程：",
    reached: "完成。",
    missing_title: "还差：",
    hint: "提示",
    solution: "显示解法",
    solution_how: "一种做法。点击一行，它会输入到命令行里，然后在那里按 Enter。",
    next: "下一步",
    again: "重做这一步",
    link: "这一步的链接",
    step: |step, of| format!("第 {step} 步，共 {of} 步"),
    progress: |done, of| if done < of { format!("{done}/{of}") } else { "✓ 完成".to_owned() },
    following: |title| format!("下一课：{title}"),
    write: |file| format!("写入文件 {file}"),
    wait: |seconds| format!("等待 {seconds} 秒"),
    missing,
};

fn missing(missing: &Missing) -> String {
    match missing {
        Missing::Absent(key) => format!("`{key}` 不存在。"),
        Missing::Present(key) => format!("`{key}` 还在。"),
        Missing::Terminating(key) => format!("`{key}` 正在退出。"),
        Missing::Value { key, field, found } if found.is_empty() => {
            format!("`{key}` 没有 `{}`，应为 `{}`。", field.path, field.value)
        }
        Missing::Value { key, field, found } => {
            format!("`{key}` 的 `{}` 是 `{found}`，应为 `{}`。", field.path, field.value)
        }
        Missing::Unwanted { key, field } if field.value.is_empty() => {
            format!("`{key}` 还没有 `{}`。", field.path)
        }
        Missing::Unwanted { key, field } => {
            format!("`{key}` 的 `{}` 仍是 `{}`。", field.path, field.value)
        }
        Missing::Readiness { pod, wanted: true } => format!("`{pod}` 尚未就绪。"),
        Missing::Readiness { pod, wanted: false } => format!("`{pod}` 已就绪，而它不应当就绪。"),
        Missing::NotKept(pod) => format!("`{pod}` 已不是这一步开始时的那个 Pod。"),
        Missing::NotReplaced(pod) => format!("`{pod}` 还是这一步开始时的那个 Pod。"),
        Missing::Count { kind, has, found, from, to } => {
            let wanted = if from == to { format!("{from} 个") } else { format!("至少 {from} 个") };
            format!("{}`{}` 有 {found} 个，应为{wanted}。", with(has), kind.info().singular)
        }
        Missing::NotYet(happening) => format!("还没有发生：{}。", happened(happening)),
        Missing::Happened(happening) => format!("本不该发生：{}。", happened(happening)),
        Missing::NotPrinted(text) => format!("终端还没有显示 `{text}`。"),
    }
}

/// `` `.status.phase` 为 `Bound` 的 ``。
fn with(has: &[Field]) -> String {
    let fields: Vec<String> =
        has.iter().map(|field| format!("`{}` 为 `{}`", field.path, field.value)).collect();
    if fields.is_empty() { String::new() } else { format!("{}的 ", fields.join("、")) }
}

fn happened(happening: &Happening) -> String {
    let Happening { turn, key } = happening;
    let whom =
        if key.name.is_empty() { format!("某个 {}", key.kind.info().singular) } else { format!("`{key}`") };
    let what = match turn {
        Turn::Created => "被创建",
        Turn::Ready => "变为就绪",
        Turn::Unready => "不再就绪",
        Turn::Terminating => "开始退出",
        Turn::Gone => "消失",
    };
    format!("{whom} {what}")
}
