//! The sentences of Why.

use machinery::decision::{BrokenLink, Lack, Misfit, RevisionChoice, Step};

use crate::view::why::{Held, Next, Reason, Risk, Rule, Template, Why};

fn names(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("、")
}

fn held(held: &Held) -> String {
    let ordinals = if held.first == held.last {
        held.first.to_string()
    } else {
        format!("{}–{}", held.first, held.last)
    };
    format!("分区为 {}，所以 {ordinals} 保持在 {}", held.partition, held.revision)
}

fn step(step: Option<Step>) -> &'static str {
    match step {
        Some(Step::Ordinals | Step::Replacement | Step::Nothing) | None => "",
        Some(Step::ScaleDown) => "缩容",
        Some(Step::Update) => "更新",
    }
}

pub(super) fn why_sentence(why: &Why) -> String {
    match &why.reason {
        Reason::Empty => "还没有部署任何东西。按`应用`：Pod 会按顺序诞生，各有自己的名字和卷。".to_owned(),
        Reason::Idle => "没有什么在等待，还没有 StatefulSet。".to_owned(),
        Reason::Looking(name) => format!("控制器马上就会检查 `{name}`。"),
        Reason::Settled { set, on_delete: pods @ 1.., .. } => {
            format!("`{set}` 采用 OnDelete：有 {pods} 个 Pod 运行着旧版本，直到你删除它们。")
        }
        Reason::Settled { set, replicas, above: Some(partition), .. } => {
            format!(
                "没有什么在等待：`{set}` 的分区是 {partition}，而副本只有 {replicas} 个，所以没有 Pod 会更新。"
            )
        }
        Reason::Settled { held: Some(by), .. } => format!("没有什么在等待；{}。", held(by)),
        Reason::Settled { set, replicas: 0, .. } => format!("没有什么在等待：`{set}` 已缩到 0。"),
        Reason::Settled { set, replicas, rolled_back: Some((from, to)), .. } => {
            format!(
                "没有什么在等待：`{set}` 的 {replicas} 个 Pod 运行着 r{to}，也就是原来的 r{from}，只是换了编号。"
            )
        }
        Reason::Settled { set, replicas, start: start @ 1.., .. } => {
            format!("没有什么在等待：`{set}` 的 {replicas} 个 Pod 都在运行，序号从 {start} 开始。")
        }
        Reason::Settled { set, replicas, .. } => {
            format!("没有什么在等待：`{set}` 的 {replicas} 个 Pod 都在运行，与 spec 一致。")
        }
        Reason::DeletedAtOnce { set, pods: left } => {
            format!("`{set}` 已被删除，剩下的 {left} 个 Pod 同时退出，没有先后。")
        }
        Reason::ClaimsKept { set, claims } => {
            format!("`{set}` 没了，留下 {claims} 个 PVC：重新创建它，每个 Pod 都会找回自己的卷。")
        }
        Reason::Starting { pod, lacks, step: why } => starting(pod, *lacks, *why),
        Reason::Stopping { pod, seconds, step: why, held: by } => stopping(pod, *seconds, *why, by.as_ref()),
        Reason::Broken { pod, status, message, template } => {
            let message = if message.is_empty() { String::new() } else { format!("（{message}）") };
            let way = match template {
                Template::Same => {
                    "现在删除它，重建出来的还是一样：先改模板，再删除它，因为只改模板替换不了它"
                }
                Template::Other => "只改模板也替换不了它：删除它，控制器会按模板重建它",
                Template::Frozen => "模板已经改了，仍然没有谁来替换它：删除它，控制器会按模板重建它",
            };
            format!("`{pod}` 无法运行：{status}{message}。{way}。")
        }
        Reason::Unconfigured { pod, status, message } => {
            format!(
                "`{pod}` 在等它的配置：{status}（{message}）。kubelet 会一再检查：等缺的对象有了，Pod 就会自己继续。"
            )
        }
        Reason::NeverReady { pod, step: why, host } => {
            let waits = match why {
                Some(Step::Update | Step::ScaleDown) => format!("{}在等它。", step(*why)),
                Some(Step::Ordinals) => "序号更大的 Pod 都在等它。".to_owned(),
                _ => String::new(),
            };
            let host = host
                .as_ref()
                .map_or_else(String::new, |host| format!("在此期间，它的名字 `{host}` 查不到。"));
            format!("`{pod}` 在运行，但未就绪：就绪探针失败，没有任何定时器会改变这一点。{waits}{host}")
        }
        Reason::NodeSilent { pod, node, terminating: true } => {
            format!("`{pod}` 应当被删除却还在：`{node}` 没有回应，谁也不能断定它的容器已经结束。")
        }
        Reason::NodeSilent { pod, node, .. } => {
            format!(
                "`{pod}` 在 `{node}` 上，而它没有回应。Pod 可能还在那里运行，所以不会创建第二个 `{pod}`。"
            )
        }
        Reason::NodeDown { node, pods } => format!("`{node}` 没有回应；它上面有 {pods} 个 Pod。"),
        Reason::NodeUp { node, pods, cordoned: true } => {
            format!("`{node}` 被设为不可调度：新的 Pod 不会去那里；它上面有 {pods} 个 Pod。")
        }
        Reason::NodeUp { node, pods, .. } => format!("`{node}` 就绪；它上面有 {pods} 个 Pod。"),
        Reason::WaitsForConsumer { claim, class, used: false } => {
            format!(
                "`{claim}` 处于 Pending，这不是故障：存储类 `{class}` 要等使用它的 Pod 被调度时才绑定卷，而现在还没有 Pod 使用它。"
            )
        }
        Reason::WaitsForConsumer { claim, class, .. } => {
            format!("`{claim}` 在等它的 Pod 被调度：存储类 `{class}` 到那时才绑定。")
        }
        Reason::WaitsForProvisioner { claim, provisioner } => {
            format!("`{claim}` 在等 `{provisioner}`，一个在 Kubernetes 之外制备卷的程序。这里不模拟它。")
        }
        Reason::NameBroken { name, pod, link } => name_broken(name, pod, link),
        Reason::NameAnswers { name, addresses } => format!("`{name}` 指向 {}。", names(addresses)),
        Reason::Immutable { set, fields } => {
            let which =
                if fields.is_empty() { "一个不能修改的字段".to_owned() } else { names(fields) };
            format!(
                "API server 拒绝修改 `{set}`：改动涉及{which}。删除这个 StatefulSet，留下它的 Pod，再重新创建。"
            )
        }
        Reason::TemplatePhase { set, bound } => {
            format!(
                "`{set}` 的 `volumeClaimTemplates` 下面的 `phase: Pending` 没有意义，那是模板自己的。它的 {bound} 个 PVC 已经绑定。"
            )
        }
        Reason::Revision { label, choice } => revision(label, *choice),
        Reason::NoVolume { claim, requested, modes, pod, misfits } => {
            let needs = pod.as_ref().map_or_else(String::new, |pod| format!("`{pod}` 需要 `{claim}`："));
            let it = if pod.is_some() { "它".to_owned() } else { format!("`{claim}`") };
            format!("{needs}没有卷适合{it}（{requested} {modes}）。{}", misfit_list(misfits))
        }
        Reason::Unschedulable { pod, message } => format!("没有节点接收 `{pod}`：{message}"),
        Reason::HeldClaim { claim, by } if by.is_empty() => format!("`{claim}` 正在删除。"),
        Reason::HeldClaim { claim, by } => format!("`{claim}` 正在删除，但要等待：{}在用它。", names(by)),
        Reason::HeldVolume { volume, claim, by } => held_volume(volume, claim, by),
        Reason::Failed { object, message } => format!("上一次处理 `{object}` 失败，会重试：{message}"),
        Reason::StaleClaim(pod) => format!("`{pod}` 在等待：它的 PVC 还属于先前的 Pod。"),
        Reason::ClaimTerminating { pod, claim } => {
            format!("还不能创建 `{pod}`：`{claim}` 正在删除，等没有 Pod 使用它时才会消失。")
        }
        Reason::NameTaken { set, pod } => {
            format!("`{set}` 无法创建 `{pod}`：已有一个同名的 Pod，但不属于它。")
        }
        Reason::SetTerminating(set) => format!("`{set}` 正在删除。"),
        Reason::Runs { pod, top: Some(top) } => {
            format!("`{pod}` 在运行，已就绪。删除它，它会以同样的名字回来；缩容时先走的是 `{top}`。")
        }
        Reason::Runs { pod, .. } => format!("`{pod}` 在运行，已就绪。删除它，它会以同样的名字回来。"),
        Reason::Ended(pod) => format!("`{pod}` 已结束。"),
        Reason::Ghost { pod, wanted: true } => format!("还没有 `{pod}`；按顺序会轮到它。"),
        Reason::Ghost { pod, .. } => format!("没有 `{pod}`：它超出了副本数。它的 PVC 留着，等它回来。"),
        Reason::ClaimBound { claim, volume, requested, capacity } => {
            format!(
                "`{claim}` 占用了 `{volume}` 的全部 {capacity}；它申请的是 {requested}。它比自己的 Pod 活得久。"
            )
        }
        Reason::ClaimPending(claim) => format!("`{claim}` 在等卷控制器。"),
        Reason::VolumeFree(volume) => format!("`{volume}` 空闲。"),
        Reason::VolumeBound { volume, claim } => format!("`{volume}` 属于 `{claim}`。"),
        Reason::VolumeReleased { volume, claim } => {
            format!(
                "`{volume}` 保留着 `{claim}` 的数据，而这个 PVC 已经没了。在有人清理它之前，别的 PVC 得不到它。"
            )
        }
    }
}

fn starting(pod: &str, lacks: Lack, why: Option<Step>) -> String {
    let lacks = match lacks {
        Lack::Scheduled => "正在等 PVC 和节点",
        Lack::Running => "正在启动容器",
        Lack::Ready => "在运行，正变为就绪",
        Lack::Available { .. } => "已就绪，还须保持 `minReadySeconds`",
        Lack::Gone => "正在退出",
        Lack::Node => "所在的节点没了，或没有回应",
    };
    match why {
        Some(Step::Update | Step::ScaleDown) => format!("{}在等待：`{pod}` {lacks}。", step(why)),
        _ => format!("`{pod}` {lacks}。"),
    }
}

fn stopping(pod: &str, seconds: i64, why: Option<Step>, by: Option<&Held>) -> String {
    let rest = by.map_or_else(String::new, |by| format!("{}。", held(by)));
    match why {
        Some(Step::Update | Step::ScaleDown) => {
            format!("{}在等 `{pod}` 退出（{seconds} 秒内）。{rest}", step(why))
        }
        _ => format!("`{pod}` 正在退出（{seconds} 秒内）。{rest}"),
    }
}

fn held_volume(volume: &str, claim: &str, by: &[String]) -> String {
    if by.is_empty() {
        format!("`{volume}` 正在删除，但要等待：`{claim}` 占着它。")
    } else {
        format!("`{volume}` 正在删除，但要等待：`{claim}` 占着它，而 {}在用这个 PVC。", names(by))
    }
}

/// Each reason once, with the volumes that it holds for.
fn misfit_list(misfits: &[(String, Misfit)]) -> String {
    if misfits.is_empty() {
        return "没有任何卷。".to_owned();
    }
    let mut reasons: Vec<(Misfit, Vec<String>)> = Vec::new();
    for (volume, misfit) in misfits {
        match reasons.iter_mut().find(|(reason, _)| reason == misfit) {
            Some((_, volumes)) => volumes.push(volume.clone()),
            None => reasons.push((*misfit, vec![volume.clone()])),
        }
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(misfit, volumes)| format!("{}：{}", misfit_word(*misfit), names(volumes)))
        .collect();
    format!("{}。", reasons.join("；"))
}

fn misfit_word(misfit: Misfit) -> &'static str {
    match misfit {
        Misfit::Taken => "已被别的 PVC 占用",
        Misfit::TooSmall => "太小",
        Misfit::AccessModes => "缺少访问模式",
        Misfit::StorageClass => "存储类不同",
        Misfit::VolumeMode => "卷模式不同",
        Misfit::Selector => "不符合 PVC 的选择器",
        Misfit::Released => "已释放，保留着数据",
        Misfit::Terminating => "正在删除",
        Misfit::NotAvailable => "不可用",
    }
}

pub(super) fn why_next(why: &Why) -> String {
    match &why.next {
        None => String::new(),
        Some(Next::Creates(pod)) => format!("创建 `{pod}`"),
        Some(Next::Deletes(pod)) => format!("删除 `{pod}`；它的 PVC 留下"),
        Some(Next::Replaces(pod)) => format!("替换 `{pod}`"),
        Some(Next::ComesBack { pod, revision, storage }) => {
            let at = revision.as_ref().map_or_else(String::new, |revision| format!("以版本 {revision} "));
            let again = storage
                .as_ref()
                .map_or_else(String::new, |(claim, volume)| format!("，重新得到 `{claim}` → `{volume}`"));
            format!("{at}重建 `{pod}`{again}")
        }
    }
}

fn name_broken(name: &str, pod: &str, link: &BrokenLink) -> String {
    let why = match link {
        BrokenLink::NoPod => format!("没有 Pod `{pod}`"),
        BrokenLink::NoSubdomain => "它的 StatefulSet 没有指定 Service（`serviceName`）".to_owned(),
        BrokenLink::OtherSubdomain(other) => format!("`{pod}` 属于子域 `{other}`"),
        BrokenLink::NoService(service) => format!("`serviceName` 是 `{service}`，却没有这个名字的 Service"),
        BrokenLink::NotSelected(service) => format!("Service `{service}` 没有选中 `{pod}`"),
        BrokenLink::NoAddress => format!("`{pod}` 还没有地址"),
        BrokenLink::Terminating => format!("`{pod}` 正在退出"),
        BrokenLink::NotReady => format!("`{pod}` 未就绪"),
        BrokenLink::NotPublished => "还没有 EndpointSlice 列出它".to_owned(),
    };
    format!("`{name}` 查不到（NXDOMAIN）：{why}。")
}

fn revision(label: &str, choice: RevisionChoice) -> String {
    match choice {
        RevisionChoice::Created { .. } => format!("{label} 记录着模板上次修改之后的内容。"),
        RevisionChoice::Kept { generation } => {
            format!("{label} 不变：第 {generation} 代的改动与 Pod 无关，只有模板才产生版本。")
        }
        RevisionChoice::Equivalent => format!("{label} 不变：模板换了写法，意思相同。"),
        RevisionChoice::RolledBack { from, to } => {
            format!("{label} 就是原来的 r{from}：模板恢复了原样，所以没有新建版本，只是编号变成 {to}。")
        }
    }
}

pub(super) fn why_rule(rule: Rule) -> String {
    match rule {
        Rule::OrderedReady => "OrderedReady 从小到大检查序号，停在第一个未就绪的 Pod 上；扩缩容和更新都排在它后面。",
        Rule::Parallel => "Parallel 同时创建和删除 Pod；滚动更新的顺序不变。",
        Rule::UpdateFromTop => "滚动更新从最大的序号开始，一次替换一个 Pod，等它重新就绪再继续。",
        Rule::ScaleFromTop => "缩容先去掉最大的序号，一次一个；中间的跳不过去。",
        Rule::Partition => "小于分区的序号保持当前版本，即使被删除后再回来也一样。",
        Rule::OnDelete => "在 OnDelete 下，控制器不替换任何 Pod：你删除它，它才以最新版本回来。",
        Rule::AtMostOne => "同名的 Pod 最多存在一个：确知旧的已经消失，才会创建新的。",
        Rule::ClaimsOutlive => "PVC 比 Pod 和 StatefulSet 活得久，除非 `persistentVolumeClaimRetentionPolicy` 另有规定。",
        Rule::NoOrderOnDelete => "删除 StatefulSet 没有顺序：如果 Pod 必须逐个退出，先缩到 0。",
        Rule::Binding => "一个 PVC 占用整个卷：存储类相同、具备所需的全部访问模式、多余模式最少，其中够大而最小的那个。",
        Rule::FirstConsumer => "`WaitForFirstConsumer` 等待 Pod，好让卷建在 Pod 能运行的地方。",
        Rule::Protection => "使用中的东西不会被删除：finalizer 保住 PVC，直到没有 Pod 使用；保住卷，直到没有 PVC 占用。",
        Rule::Retain => "已释放的卷保留数据和原 PVC 的名字，清除之前不会给别人。",
        Rule::Names => "名字要每一环都接上才存在：Pod、`subdomain`、同名且选中它的 Service、地址、就绪。",
        Rule::Immutable => "StatefulSet 只有 `replicas`、`ordinals`、`template`、`updateStrategy`、`revisionHistoryLimit`、`persistentVolumeClaimRetentionPolicy` 和 `minReadySeconds` 可以修改。",
        Rule::Revisions => "ControllerRevision 记录一个模板。同样的模板再次出现，就再次使用同一个版本，编号顺延。",
        Rule::Scheduling => "Pod 只分配一次节点；卷在哪个节点上，Pod 就只能去那里。",
        Rule::Start => "`ordinals.start` 平移编号，这样两个 StatefulSet 可以分担一段序号，把 Pod 逐个搬过去。",
    }
    .to_owned()
}

pub(super) fn risk(risk: Risk) -> String {
    match risk {
        Risk::Pod => "Pod 会被替换；PVC 上的数据留着",
        Risk::Data => "数据：PVC 没了，谁也不会再自动找到它",
        Risk::SplitBrain => "如果它还在那里运行，两个同名的 Pod 会同时写一个卷",
        Risk::Unmanaged => "Pod 留着，但在 StatefulSet 重新出现之前没有谁照看",
    }
    .to_owned()
}
