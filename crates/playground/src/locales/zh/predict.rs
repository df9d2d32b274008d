//! 导入与预测。

use cluster::Assumption;
use machinery::ObjectKey;
use session::import::{Difference, Fact, Nearest, OBJECT_LIMIT, Problem, TEXT_LIMIT};
use session::predict::{Batches, COMMAND_LIMIT, Cause, ChangeError, End, Needs, SetCourse, Step, What};

use crate::locales::predict::gates;
use crate::locales::{PredictWords, ranges};
use crate::predict::{NotRead, NotTried, Outcome};

pub(in crate::locales) static PREDICT_WORDS: PredictWords = PredictWords {
    open: "导入 / 预测…",
    title: "导入集群，预测变更",
    privacy: "一切都留在这个标签页里：粘贴的内容在这里读取、在这里模拟，不会发送到任何地方。",
    cluster: "集群的现状",
    dump_how: "粘贴 `kubectl get sts,svc,pod,pvc,pv,controllerrevision -o yaml` 的输出，并用 `-n` 指定命名空间。\
        如果有权限，再加上 `node,sc`：缺少的部分只能靠假设。",
    dump: "对象（YAML 或 JSON）",
    file: "或选择文件",
    server: "服务器版本（1.34，或 `kubectl version` 的输出）",
    at: "导出时间（RFC 3339；留空则取其中最新的时间）",
    read: "读取",
    no_dump: "没有导入时，变更会在本页当前的世界里试演。",
    report: "略去了什么，假设了什么",
    report_empty: "没有略去任何内容，也不需要任何假设。",
    open_world: "打开这个世界",
    change: "变更",
    change_how: "一份清单，或每行一条 kubectl 命令：`kubectl scale sts web --replicas=2`。留空则告诉你不做任何变更时会发生什么。",
    change_text: "清单或命令",
    namespace: "命令未指明时使用的命名空间",
    predict: "预测",
    answer: "会发生什么",
    in_import: "在导入集群的副本中试演。",
    in_page: "在本页世界的副本中试演。",
    unasked: "答案会显示在这里：哪些 Pod 离开，哪些到来，顺序如何，哪些不变，以及可能停在哪里。",
    stop: "停止",
    refused: "变更被拒绝，kubectl 的原话：",
    play: "演示这个变更",
    copy: "复制为 Markdown",
    opened: "这是模拟的导入集群，真实的集群不受影响。",
    back: "回到我的世界",
    steps: "逐步说明",
    column_time: "时间",
    column_object: "对象",
    column_what: "发生什么",
    column_after: "前提",
    pace: "时间按本页的节奏（Pod 启动和停止各约 2 秒）；顺序则是 Kubernetes 的。",
    why: "最后",
    unknown: "没有模拟，或无法得知的",
    unknown_list: "你的应用能否就绪：新建的 Pod 一律视为会就绪；现在未就绪的 Pod 在被替换之前一直未就绪。\n\
        拉取镜像、启动和停止容器需要多久。\n\
        CNI 和 CSI：网络，卷的挂接与挂载，卷里的数据。\n\
        准入 Webhook 与策略、配额、LimitRange、服务网格、同样会修改对象的 Operator 和自动扩缩器。\n\
        PodDisruptionBudget：`kubectl drain` 和驱逐从不会被拒绝。\n\
        导出中没有的 Pod、优先级和资源余量：节点一律视为有余量。\n\
        退避时间重新计起，崩溃循环则继续。",
    outcome,
    running: |steps| format!("正在预测：已有 {steps} 步。"),
    course,
    end,
    claims_gone: |claims| {
        format!("会删除 PVC {}；除非其卷的回收策略是 Retain，否则数据会丢失。", code_list(claims))
    },
    step,
    after: |waits| {
        waits.iter().map(|w| format!("`{}` {}", w.pod.name, state(w.needs))).collect::<Vec<_>>().join("，")
    },
    line: |line| format!("第 {line} 行"),
    more: |count| format!("……还有 {count} 步"),
    read_summary: |objects, at| format!("已读取 {objects} 个对象。时钟从 {at} 开始。"),
    fact,
    not_read,
    not_tried,
    nearest,
    difference,
};

fn code_list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("、")
}

fn batches(batches: &Batches) -> String {
    let batch = |batch: &Vec<i64>| batch.iter().map(i64::to_string).collect::<Vec<_>>().join("、");
    let words: Vec<String> = batches.iter().map(batch).collect();
    match words.as_slice() {
        [first, second, .., last] if words.len() > 5 => {
            format!("{first}，然后 {second}，依此类推，最后 {last}")
        }
        _ => words.join("，然后 "),
    }
}

fn state(needs: Needs) -> &'static str {
    match needs {
        Needs::Gone => "消失",
        Needs::Ready => "就绪",
        Needs::Available => "可用",
    }
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused => "被拒绝",
        Outcome::Stuck => "会卡住",
        Outcome::CutShort => "过程太长",
        Outcome::Through => "顺利完成",
        Outcome::Nothing => "没有 Pod 变化",
    }
    .to_owned()
}

fn not_tried(why: &NotTried) -> String {
    match why {
        NotTried::Dump => "没有预测：导出内容无法读取。请改正它，或清空输入框。".to_owned(),
        NotTried::Change(ChangeError::Unclear { line, text }) => {
            format!("第 {line} 行不是 kubectl 命令：`{text}`。请只粘贴命令，或只粘贴清单。")
        }
        NotTried::Change(ChangeError::TooLong { bytes }) => {
            format!("变更共 {bytes} 字节；最多读取 {} MiB。", TEXT_LIMIT >> 20)
        }
        NotTried::Change(ChangeError::TooMany) => format!("命令超过 {COMMAND_LIMIT} 条；请分几次试。"),
    }
}

fn course(course: &SetCourse) -> String {
    let mut parts = Vec::new();
    if course.deleted {
        parts.push("被删除".to_owned());
    }
    for (verb, pods) in [("依次替换", &course.replaced), ("创建", &course.created), ("移除", &course.removed)]
    {
        if !pods.is_empty() {
            parts.push(format!("{verb} {}", batches(pods)));
        }
    }
    if parts.is_empty() {
        parts.push("没有 Pod 变化".to_owned());
    }
    if !course.stays.is_empty() {
        parts.push(format!("{} 保持不变", ranges(&course.stays)));
    }
    if let Some(gate) = course.gates.first() {
        let gates = gates(course);
        let which = if gates.len() > 4 { "其中任何一个".to_owned() } else { gates.join(" 或 ") };
        parts.push(format!("若 {which} 未{}，则停在那里", state(gate.needs)));
    }
    if course.is_stuck() {
        parts.push(match course.unready.as_slice() {
            [] => "然后无法完成".to_owned(),
            unready => format!("然后卡住：{} 未就绪", ranges(unready)),
        });
    }
    format!("`{}`：{}", course.set.name, parts.join("；"))
}

fn end(end: End) -> String {
    match end {
        End::Quiet => "此后不再有任何变化。",
        End::Retrying => "此后只剩重试。",
        End::CutShort => "发生的事太多，无法全部列出：这里只是开头。",
    }
    .to_owned()
}

fn step(step: &Step) -> String {
    match &step.what {
        What::Created { revision: Some(revision), .. } => format!("以修订版本 `{revision}` 创建"),
        What::Created { .. } => "被创建".to_owned(),
        What::Changed => "被修改".to_owned(),
        What::Terminating(Cause::Update) => "被删除，以便按更新修订版本重建".to_owned(),
        What::Terminating(Cause::ScaleDown) => "被删除：超出了副本数".to_owned(),
        What::Terminating(Cause::Replacement) => "被删除，以便重新创建".to_owned(),
        What::Terminating(Cause::Other) => "正在被删除".to_owned(),
        What::Gone => "已消失".to_owned(),
        What::Ready => "变为就绪".to_owned(),
        What::Unready => "不再就绪".to_owned(),
        What::Failing(reason) => format!("无法运行：`{reason}`"),
        What::Bound(volume) => format!("绑定到 `{volume}`"),
        What::Released => "被释放：数据保留，但没有 PVC 能再得到它".to_owned(),
    }
}

fn named(object: &ObjectKey) -> String {
    format!("`{object}`")
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::UnknownKind { api_version, kind, name } => {
            format!("略去 `{kind}` `{name}`（`{api_version}`）：没有模拟这种类型。")
        }
        Fact::Derived { object } => format!("{} 会由其他对象重新生成。", named(object)),
        Fact::UnknownField { object, path } => {
            format!("略去 {} 的 `{path}`：这个版本没有该字段。", named(object))
        }
        Fact::Emptied { object } => format!("略去 {} 的内容。", named(object)),
        Fact::Repeated { object } => format!("{} 后面又出现一次，以最后一次为准。", named(object)),
        Fact::Assumed(assumption) => assumed(assumption),
    }
}

fn assumed(assumption: &Assumption) -> String {
    match assumption {
        Assumption::Refused { object, why } => format!("略去 {}；API 服务器会拒绝它：{why}", named(object)),
        Assumption::Ownerless { object, owner } => {
            format!("{} 独立存在：导出中没有它的属主 {}。", named(object), named(owner))
        }
        Assumption::FewerPods { set, counted, found } => format!(
            "{} 的状态记有 {counted} 个 Pod，导出中只有 {found} 个：其余视为不存在，会被创建。是否漏了 `pod`？",
            named(set)
        ),
        Assumption::RevisionMade { revision, set } => {
            format!("导出中没有 `{revision}`：视为它记录了 {} 现在的模板。", named(set))
        }
        Assumption::RevisionRead { revision, set } => {
            format!(
                "`{revision}` 视为记录了 {} 现在的模板（其状态如此说明），尽管这个版本的写法会不同。",
                named(set)
            )
        }
        Assumption::RevisionUnknown { revision, set } => format!(
            "导出中没有 {} 的 `{revision}`，无从得知其模板：本应按它重建的 Pod 会按更新修订版本重建。是否漏了 `controllerrevision`？",
            named(set)
        ),
        Assumption::NodeMade { node, labels, room } => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
            let labels =
                if labels.is_empty() { String::new() } else { format!("，带有 {}", labels.join("、")) };
            let room = if *room {
                "有余量容纳更多 Pod"
            } else {
                "没有余量，因为有 Pod 在等待余量"
            };
            format!("导出中没有节点 `{node}`：视为它正常{labels}，{room}。")
        }
        Assumption::NodeDown { node } => format!("节点 `{node}` 没有响应，并保持如此。"),
        Assumption::VolumeMade { volume, claim } => {
            format!("导出中没有 `{volume}`：按它的 PVC {} 生成，回收策略是假设的。", named(claim))
        }
        Assumption::ClassMade { class, provisioner, default } => {
            let default = if *default { "它是默认类。" } else { "" };
            format!("导出中没有存储类 `{class}`：视为由 `{provisioner}` 为它制备卷。{default}")
        }
        Assumption::ClassUnknown { class } => format!("导出中没有存储类 `{class}`：这里没有谁为它制备卷。"),
        Assumption::SettingsMade { object } => {
            format!("导出中没有 {}：视为它存在，并有 Pod 需要的内容。", named(object))
        }
        Assumption::ImageMissing { image } => format!("`{image}` 无法拉取，现在和以后都是。"),
        Assumption::PodStays { pod } => {
            format!("{} 未就绪，在被替换之前保持如此；重建的 Pod 视为会就绪。", named(pod))
        }
        Assumption::GateIgnored { gate } => {
            format!("没有模拟就绪门控 `{gate}`：容器一就绪，Pod 即视为就绪。")
        }
        Assumption::PodHeld { pod } => format!("{} 早该消失了：有看不见的东西占着它，并会继续。", named(pod)),
    }
}

fn not_read(why: &NotRead) -> String {
    let error = match why {
        NotRead::Dump(error) => error,
        NotRead::Server => return "服务器版本不是 Kubernetes 的版本。请写成 `1.34`，或留空。".to_owned(),
        NotRead::Moment => return "时间无法识别。请写成 `2026-01-31T12:00:00Z`，或留空。".to_owned(),
    };
    let why = match &error.problem {
        Problem::Empty => "没有可读取的内容。".to_owned(),
        Problem::Table => "这是一张表。请让 kubectl 输出对象：`-o yaml`。".to_owned(),
        Problem::TooLong { bytes } => {
            format!("共 {bytes} 字节；最多读取 {} MiB。请只导出一个命名空间。", TEXT_LIMIT >> 20)
        }
        Problem::TooMany { what: "nodes", limit } => format!("超过 {limit} 个节点。请只导出一个命名空间。"),
        Problem::TooMany { .. } => format!("超过 {OBJECT_LIMIT} 个对象。请只导出一个命名空间。"),
        Problem::Syntax(why) => format!("既不是 YAML 也不是 JSON：{why}"),
        Problem::NoObject => {
            "这不是 Kubernetes 对象：需要 `apiVersion`、`kind` 和 `metadata.name`。".to_owned()
        }
        Problem::Field { path, why } if path.is_empty() => why.clone(),
        Problem::Field { path, why } => format!("`{path}`：{why}"),
        Problem::NothingKnown => "其中没有任何被模拟的类型的对象。".to_owned(),
        Problem::TooEarly { newest } => format!("导出中有 {newest} 的记录，晚于你给出的时间。"),
    };
    let why = if why.ends_with('。') { why } else { format!("{why}。") };
    match error.line {
        Some(line) => format!("第 {line} 行：{why}什么都没有改变。"),
        None => format!("{why}什么都没有改变。"),
    }
}

fn nearest(nearest: &Nearest) -> String {
    let server = format!("1.{}", nearest.server.0);
    let version = nearest.version.name();
    if nearest.is_outside() {
        return format!("Kubernetes {server} 不在模拟范围内；最接近的是 {version}，差别可能比这里说的更多。");
    }
    if server == version {
        return format!("Kubernetes {version} 正是被模拟的版本。");
    }
    match nearest.differences.as_slice() {
        [] => format!("没有模拟 Kubernetes {server}；最接近的是 {version}，在这里没有重要差别。"),
        _ => format!("没有模拟 Kubernetes {server}；最接近的是 {version}，差别如下："),
    }
}

fn difference(difference: Difference) -> String {
    match difference {
        Difference::HistoryLimitIsMutable => "自 1.33 起，`spec.revisionHistoryLimit` 可以修改。",
        Difference::HealthMeansAvailable => "自 1.34 起，缩容和更新等待 Pod 可用（`minReadySeconds`），之前只等待就绪。",
        Difference::RevisionsByMeaning => "自 1.34 起，含义相同而写法不同的模板不会产生新的修订版本。",
        Difference::RevisionNames => "自 1.34 起，新修订版本名称中的哈希不同。",
        Difference::TemplatesAreChecked => "自 1.34 起，新 StatefulSet 的模板会像 Pod 和 PVC 一样被校验。",
        Difference::EventWords => "自 1.35 起，StatefulSet 的事件以大写字母开头。",
        Difference::AvailabilityIsExact => "自 1.35 起，StatefulSet 恰好在下一个 Pod 可用时继续。",
        Difference::MaxUnavailableWasOn => "在 1.35.0 至 1.35.3 中，`maxUnavailable` 生效，Parallel 的 StatefulSet 无法自行修复失败的更新。如果你用的是它，请选择该特性门控。",
    }
    .to_owned()
}
