//! Chinese. Terms as on kubernetes.io's Chinese pages; StatefulSet, Pod, PVC and PV stay English.

mod errors;
mod examples;
mod help;
mod lessons;
mod predict;
mod share;
mod why;

use std::hint::black_box;

use machinery::decision::BrokenLink;

use super::{PredictWords, Words};
use crate::effect::{Effect, Hold, SetChange};
use crate::marks;
use crate::templates::Template;
use crate::track::{Mark, Subject, Tick};
use crate::view::acts::ActKind;
use crate::view::pod::{Note, short_image};
use crate::view::stage::{SetView, Stage};
use crate::view::timeline::clock;

pub(super) use help::HELP_WORDS;
pub(super) use lessons::LESSON_WORDS;
pub(super) use share::SHARE_WORDS;

use errors::{common_error, confusable};
use examples::{example_hint, example_title};
use predict::PREDICT_WORDS;
use why::{risk, why_next, why_rule, why_sentence};

/// The page's words. Functions that an English page does not run, and that hide where the words are, keep them out of
/// what it loads first.
#[inline(never)]
pub(super) fn words() -> &'static Words {
    black_box(&WORDS)
}

/// The words about imports and predictions, likewise.
#[inline(never)]
pub(super) fn predict_words() -> &'static PredictWords {
    black_box(&PREDICT_WORDS)
}

static WORDS: Words = Words {
    tagline: "StatefulSet 演练场",
    simulated: "只在本标签页中模拟，不接触任何集群",
    start_from: "从这里开始",
    version: "模拟的版本和特性门控",
    world_manifest: "清单",
    world_tutorial: "教程从头开始",
    world_empty: "空集群",
    world_many: "空集群，100 个节点",
    world_imported: "导入的集群",
    worlds: "起点",
    examples: "常见困惑",
    example: "示例：",
    theme: "主题",
    theme_system: "跟随系统",
    theme_light: "浅色",
    theme_dark: "深色",
    help: "帮助",
    close: "关闭",
    editor: "编辑器",
    files: "文件",
    apply: "应用",
    editor_keys: "Ctrl 或 Command 加 Enter 应用文件。Tab 离开编辑器；输入过内容后，先按 Esc 再按 Tab。",
    save: "保存",
    edit_waits: "kubectl 在等待：“保存”会提交修改，“取消”什么也不提交",
    new_file: "从模板新建文件",
    template_failed: "模板无法加载。网络是否正常？",
    diff: "将会改变的内容",
    take_live: "采用集群中的值",
    mend: "替换",
    mend_line: "替换，并重新填入这一行",
    take_failed: "无法只改这个字段而不动相邻内容：请手动修改。",
    editor_phrases: "\
Find = 查找
Replace = 替换为
next = 下一个
previous = 上一个
all = 全选
match case = 区分大小写
regexp = 正则表达式
by word = 全字匹配
replace = 替换
replace all = 全部替换
close = 关闭
Go to line = 跳到行
go = 跳转
current match = 当前匹配
on line = 位于第几行
replaced match on line $ = 已替换第 $ 行的匹配
replaced $ matches = 已替换 $ 处匹配
Fold line = 折叠
Unfold line = 展开
Folded lines = 已折叠的行
Unfolded lines = 已展开的行
folded code = 已折叠的内容
unfold = 展开
to = 至
Control character = 控制字符
Selection deleted = 已删除所选内容
Diagnostics = 问题
No diagnostics = 没有问题",
    terminal: "终端",
    terminal_log: "输入和输出",
    prompt: "命令行",
    terminal_hint: "# 试试：kubectl get pv · help",
    completions: "这里可以填的词",
    complete: "补全",
    earlier_line: "上一条命令",
    beginnings: "常用命令",
    touch_keys: "按键",
    search_history: "在之前的命令中查找",
    search_none: "之前的命令里没有",
    paste_about: "提示符已去掉；看起来是输出或说明文字的行没有勾选。勾选的行会依次运行。",
    paste_run: "运行勾选的行",
    paste_drop: "都不运行",
    schema_fetched: "等待：正在获取 API 字段的说明",
    waiting_for: "等待：",
    waiting: "等待中",
    stop: "停止",
    go_on: "继续",
    stage: "舞台",
    cluster: "集群",
    deleted: "已删除",
    deleting: "正在删除",
    ready: "就绪",
    replicas: "副本",
    partition: "分区",
    less: "减一",
    more: "加一",
    on_delete: "OnDelete：删除 Pod 时才更新",
    set_image: "更换镜像…",
    image: "镜像",
    container: "容器",
    set: "确定",
    cancel: "取消",
    row_name: "DNS",
    row_pod: "Pod",
    row_claim: "PVC",
    row_volume: "卷",
    no_pod: "还没有 Pod",
    no_pod_wanted: "没有 Pod",
    no_claim: "没有 PVC",
    no_volume: "没有卷",
    no_node: "没有节点",
    was: "原为",
    age: "存在",
    would_replace: "将被替换",
    pod_menu: "操作",
    delete_pod: "删除 Pod",
    look_up: "查询它的名字",
    show_yaml: "显示 YAML",
    set_menu: "更多操作：",
    node_menu: "操作",
    to_on_delete: "改为删除时更新 (OnDelete)",
    to_rolling_update: "改为滚动更新",
    restart: "重启全部 Pod",
    roll_back: "回滚上一次更新",
    delete_set: "删除",
    delete_set_orphan: "删除，保留 Pod",
    delete_set_foreground: "等 Pod 消失后再删除",
    recreate_parallel: "以 Parallel 重建…",
    recreate_ordered: "以 OrderedReady 重建…",
    force_delete: "强制删除",
    crash: "让它崩溃",
    fail_readiness: "让就绪检查失败",
    heal_readiness: "恢复就绪",
    exec: "在里面运行…",
    look_up_from: "从这里查询名字",
    node_stop: "拔掉电源",
    node_start: "接回电源",
    cordon: "设为不可调度",
    uncordon: "恢复调度",
    drain: "清空节点",
    nodes: "节点",
    node: "节点",
    status: "状态",
    zone: "可用区",
    pods_on_it: "Pod",
    node_ready: "就绪 (Ready)",
    node_not_ready: "未就绪 (NotReady)",
    node_cordoned: "不可调度",
    node_down: "没有回应",
    lookup: "查询名字",
    lookup_from: "从",
    lookup_name: "名字",
    lookup_ask: "在终端里查询",
    lookup_no_pod: "还没有可以发起查询的 Pod。",
    part_pod: "Pod",
    part_service: "Service",
    part_namespace: "命名空间",
    part_domain: "集群域名",
    shelf: "卷架",
    shelf_empty: "每个卷都已被占用",
    no_volumes: "没有卷",
    outside: "不属于任何 StatefulSet",
    outside_empty: "没有",
    heat: "全部序号",
    follow: "跟随变化",
    shape_ready: "就绪",
    shape_starting: "启动中",
    shape_stopping: "退出中",
    shape_broken: "故障",
    shape_ended: "已结束",
    shape_none: "还没有 Pod",
    empty_hint: "这里会出现列，每个序号一列",
    why: "为什么",
    next: "接下来：",
    way_out: "出路：",
    way_on: "如果需要：",
    way_out_hint: "把它输入到命令行",
    rule: "规则：",
    heal: "恢复",
    at_risk: "风险：",
    about: "关于",
    back_to_all: "回到整体",
    try_next: "试试：",
    details: "详情",
    events: "事件",
    dns_zone: "DNS 区域",
    last_seen: "最近",
    event_type: "类型",
    reason: "原因",
    object: "对象",
    message: "消息",
    no_events: "还没有事件。",
    name: "名字",
    record_type: "类型",
    ttl: "TTL",
    data: "回答",
    no_records: "还没有记录：有了 Service 才有第一条。",
    time: "时间",
    play: "播放",
    pause: "暂停",
    step: "单步",
    speed: "速度",
    clock: "虚拟时间",
    live: "实时",
    paused: "已暂停",
    rushing: "运行到静止",
    past: "你正在看",
    back_to_live: "回到实时",
    past_forks: "在这里做的事会开始另一条时间线；现在这条会保留。",
    step_back: "退一步：撤销上一个操作",
    run_until_quiet: "运行到静止",
    track: "时间轴",
    track_keys: "左右键在事件之间移动，Page Up 和 Page Down 移动十秒，Home 到开头，End 回到实时。",
    track_commands: "命令",
    track_faults: "故障",
    track_sets: "StatefulSet",
    track_pods: "Pod",
    track_storage: "存储",
    forks: "其他时间线",
    at: "时间",
    what: "内容",
    trail: "轨迹",
    change: "变化",
    fields: "改了什么",
    no_trail: "还没有任何变化。",
    objects: "对象",
    objects_list: "全部对象",
    filter: "筛选",
    mark: "从现在开始比较",
    unmark: "与上一个操作比较",
    state_new: "新建",
    state_changed: "已改",
    state_gone: "消失",
    no_objects: "没有符合的对象。",
    line_added: "增加：",
    line_removed: "删去：",
    panes: "面板",
    pane_stage: "舞台",
    pane_why: "为什么",
    pane_terminal: "终端",
    pane_editor: "YAML",
    kind_quiet: "静止",
    kind_beyond: "超出模拟范围",
    kind_progressing: "进行中",
    kind_waiting: "等你处理",
    kind_stuck: "卡住",
    role_current: "当前",
    role_update: "更新",
    role_old: "旧",
    role_only: "版本",
    nxdomain: "NXDOMAIN",
    share: "分享",
    opening: "正在重放保存的世界…",
    restored: "这是你上次留下的世界。要重新开始，请用“从这里开始”。",
    new_version: "petset 有新版本可用。",
    reload: "重新加载",
    reloading: "正在加载新版本…",
    lessons: "课程",
    crashed: "模拟器停止了：这是我们的错，不是你的。你输入的内容还在编辑器里。",
    crashed_link: "可以重现问题的链接，包含你做过的一切",
    crashed_again: "重新开始",
    failed: "模拟的集群停止了：这是我们的错误，不是你的。你输入的内容都还在。",
    why_sentence,
    why_next,
    why_rule,
    risk,
    why_more: |more| format!("还有 {more} 条"),
    part: |first, last, number| format!("序号 {first} 到 {last}，共 {number} 个"),
    more_of: |more| format!("还有 {more} 个"),
    example_title,
    example_hint,
    tick,
    ticks_more: |more| format!("还有 {more} 个"),
    head: |clock, past| if past { format!("{clock}，过去") } else { format!("{clock}，实时") },
    fork: |fork| {
        let line = fork.line.as_ref().map_or_else(String::new, |line| format!("：`{line}`"));
        format!("在 {} 离开，曾到 {}{line}", clock(fork.left_ms), clock(fork.end_ms))
    },
    fork_count: |forks| format!("{forks} 条分支"),
    compared: |clock, marked| {
        if marked {
            format!("与你标记的 {clock} 比较")
        } else {
            format!("与上一个操作之前的 {clock} 比较")
        }
    },
    fields_more: |more| format!("+{more}"),
    objects_more: |more| format!("还有 {more} 个；缩小范围即可看到"),
    act,
    effect,
    mark_note,
    common_error,
    confusable,
    mark_count,
    template,
    line: |line| format!("第 {line} 行"),
    mend_at: |line| format!("第 {line} 行：替换成本来的字符"),
    take_live_at: |line| format!("第 {line} 行：采用集群中的值"),
    broken,
    note,
    size: |requested, capacity| match capacity {
        "" => format!("申请 {requested}"),
        capacity => format!("{capacity} 中的 {requested}"),
    },
    spoken_more: |lines| format!("还有 {lines} 行"),
    completions_count: |count| format!("有 {count} 个可填的词；用 Tab 或方向键选择，Enter 填入。"),
    paste_title: |ticked, all| format!("已粘贴：{all} 条中将运行 {ticked} 条"),
    schema_failed: |why| format!("无法获取 API 字段的说明：{why}。按 Enter 重试。"),
    not_opened: |why| format!("打不开这个世界：{why}。"),
    released_by: |claim| format!("由 {claim} 释放"),
    held_by: |names| format!("被 {} 占用", names.join("、")),
    counts,
    empty_stage: |stage| format!("一个空集群，有 {} 个节点和 {} 个卷", stage.nodes, stage.volumes),
    partition_place,
    pods: |pods| format!("{pods} 个 Pod"),
    table_caption: |set| format!("StatefulSet {}：按序号排列的身份", set.key.name),
};

fn counts(stage: &Stage) -> String {
    let sets = stage.sets.iter().filter(|set| !set.deleted).count();
    format!("{} 个节点 · {} 个卷 · {sets} 个 StatefulSet", stage.nodes, stage.volumes)
}

fn partition_place(set: &SetView, partition: i32) -> String {
    if partition > set.replicas {
        format!("分区 {partition} > {} 个副本：都不更新", set.replicas)
    } else {
        format!("分区 {partition}")
    }
}

fn tick(tick: &Tick) -> String {
    let key = match &tick.subject {
        Subject::Line(line) => return format!("`{line}`"),
        Subject::File(name) => return format!("写入 `{name}`"),
        Subject::Interrupt => return "`Ctrl-C`".to_owned(),
        Subject::Fault(fault) => return format!("故障：{fault}"),
        Subject::Object(key) => key,
    };
    let happened = match tick.mark {
        Mark::Born => "被创建",
        Mark::Ready => "就绪",
        Mark::Unready => "不再就绪",
        Mark::Broken => "无法运行",
        Mark::Bound => "绑定",
        Mark::Changed | Mark::Act => "改变",
        Mark::Leaving => "将被删除",
        Mark::Gone => "消失",
    };
    format!("`{}` {happened}", key.name)
}

fn act(kind: &ActKind) -> String {
    match kind {
        ActKind::Scale(replicas) => format!("扩缩到 {replicas}"),
        ActKind::Delete(pod) => format!("删除 {pod}"),
        ActKind::LookUp(pod) => format!("查询 {pod} 的名字"),
        ActKind::Partition(partition) => format!("把分区设为 {partition}"),
        ActKind::Image(image) => format!("更新到 {}", short_image(image)),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Unknown => "文件很长：应用时才知道会怎样".to_owned(),
        Effect::Nothing => "文件里没有内容".to_owned(),
        Effect::Same => "没有变化：文件与集群一致".to_owned(),
        Effect::Refused(message) => message.clone(),
        Effect::Changes { created, configured, sets, pods } => {
            let mut parts: Vec<String> = sets.iter().map(set_change).collect();
            if !created.is_empty() {
                let pods = if *pods == 0 { String::new() } else { format!("：{pods} 个 Pod") };
                parts.push(format!("创建 {}{pods}", objects(created)));
            }
            if !configured.is_empty() {
                parts.push(format!("修改 {}", objects(configured)));
            }
            parts.join("；")
        }
    }
}

fn set_change(change: &SetChange) -> String {
    let mut fields = Vec::new();
    fields.extend(change.replicas.map(|(old, new)| format!("副本 {old} → {new}")));
    fields.extend(change.partition.map(|(old, new)| format!("分区 {old} → {new}")));
    for (container, old, new) in &change.images {
        fields.push(format!("{container} 的镜像 {} → {}", short_image(old), short_image(new)));
    }
    if change.template && change.images.is_empty() {
        fields.push("Pod 模板改变".to_owned());
    }
    if fields.is_empty() {
        fields.push("有改动".to_owned());
    }
    let mut fate = Vec::new();
    if !change.removed.is_empty() {
        fate.push(format!("依次移除 {}", super::row(&change.removed, "、")));
    }
    if !change.replaced.is_empty() {
        fate.push(format!("依次替换 {}", super::row(&change.replaced, "、")));
    } else if change.held.is_empty() || change.removed.is_empty() {
        fate.push("不替换任何 Pod".to_owned());
    }
    if !change.held.is_empty() {
        let held = super::ranges(&change.held);
        fate.push(match change.hold {
            Hold::Partition(partition) => format!("{held} 低于分区 {partition}，保持不动"),
            Hold::OnDelete => format!("{held} 保持不动，直到被删除（OnDelete）"),
        });
    }
    format!("{}：{}；{}", change.set, fields.join("，"), fate.join("；"))
}

fn template(template: Template) -> String {
    let name = match template {
        Template::Web => "无头服务后面的 Web 服务器",
        Template::RedisCluster => "Redis Cluster：三个分片，九个 Pod",
        Template::Mysql => "MySQL：一主两从",
        Template::Zookeeper => "三节点仲裁，类似 ZooKeeper",
    };
    name.to_owned()
}

fn mark_note(note: &marks::Note) -> String {
    match note {
        marks::Note::Wrong(message) => message.clone(),
        marks::Note::Live(value) => format!("集群中的值：{value}"),
        marks::Note::Confusable(found) => confusable(found),
        marks::Note::NotLive => "集群中的对象没有这个字段".to_owned(),
    }
}

fn mark_count(wrong: usize, differing: usize) -> String {
    match (wrong, differing) {
        (0, _) => format!("与集群中的对象有 {differing} 处不同"),
        (_, _) => format!("{wrong} 个问题"),
    }
}

/// Two names, or a number if there are many.
fn objects(names: &[String]) -> String {
    let short = |name: &String| match name.split_once('/') {
        Some((kind, name)) => format!("{}/{name}", kind.split('.').next().unwrap_or(kind)),
        None => name.clone(),
    };
    match names {
        [one] => short(one),
        [one, two] => format!("{} 和 {}", short(one), short(two)),
        many => format!("{} 个对象：{} …", many.len(), short(&many[0])),
    }
}

fn broken(broken: &BrokenLink) -> String {
    match broken {
        BrokenLink::NoSubdomain => "StatefulSet 没有指定 Service".to_owned(),
        BrokenLink::OtherSubdomain(subdomain) => format!("Pod 属于 {subdomain}"),
        BrokenLink::NoService(service) => format!("没有 Service {service}"),
        BrokenLink::NoPod => "没有 Pod".to_owned(),
        BrokenLink::NotSelected(service) => format!("{service} 没有选中它"),
        BrokenLink::NoAddress => "还没有地址".to_owned(),
        BrokenLink::Terminating => "正在退出".to_owned(),
        BrokenLink::NotReady => "未就绪".to_owned(),
        BrokenLink::NotPublished => "尚未发布".to_owned(),
    }
}

fn note(note: &Note) -> String {
    match note {
        Note::StopsWithin(seconds) => format!("{seconds} 秒内停止"),
        Note::NoNode => "还没有节点".to_owned(),
        Note::Kubelet(message) => message.clone(),
        Note::Restarts(times) => format!("已重启 {times} 次"),
    }
}
