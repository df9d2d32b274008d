//! The examples: what each is called, what to look at, and what to try.

use crate::examples::Example;

pub(super) fn example_title(example: Example) -> String {
    match example {
        Example::StuckRollout => "镜像错误，改回来也没用",
        Example::FixedClaimTemplates => "卷申请模板不能修改",
        Example::ClaimsOutlive => "StatefulSet 没了，数据还在",
        Example::LostNode => "节点失联，Pod 一直 Terminating",
        Example::AbsentName => "Pod 就绪时，名字才存在",
        Example::FirstConsumer => "PVC 处于 Pending，却没有任何问题",
        Example::WrongService => "serviceName 指向不存在的 Service",
        Example::OrderedDeadlock => "第一个 Pod 等别的 Pod，别的 Pod 在等它",
        Example::ParallelUpdate => "还是错误的镜像，这次用 Parallel",
        Example::Partition => "删除的 Pod 以旧版本回来",
        Example::MiddleOrdinal => "中间的 Pod 去不掉",
        Example::VolumeOnANode => "卷所在的节点不接收 Pod",
        Example::RolloutUndo => "回滚会重新启用旧版本",
        Example::PendingTemplate => "全都绑定了，却写着 status: Pending",
        Example::MovingOrdinals => "两个 StatefulSet 分担一段序号",
        Example::DeletedAtOnce => "删除 StatefulSet 不等于缩到 0",
    }
    .to_owned()
}

pub(super) fn example_hint(example: Example) -> String {
    match example {
        Example::StuckRollout => "模板在 30 秒前就改好了。按“出路”做，或者在时间轴上退回去，一开始就用正确的镜像。",
        Example::FixedClaimTemplates => "文件现在要 8Gi。按“出路”做：重建 StatefulSet 期间 Pod 照常运行，新的大小只对新的序号有效。",
        Example::ClaimsOutlive => "再次应用文件：每个 Pod 都找回自己的卷。先删除 PVC，它得到的就是空卷。",
        Example::LostNode => "让节点恢复，或者强制删除：Pod 会在别处回来，但只有旧的确实停了才安全。",
        Example::AbsentName => "在终端里查询这个名字。让 Service 发布未就绪的 Pod，它就有了回答。",
        Example::FirstConsumer => "让一个 Pod 使用这个 PVC，再看时间轴：Pod 有了节点之后，卷才绑定。",
        Example::WrongService => "Pod 照样运行，只是名字不存在。点击一个名字，看看断在哪一环。",
        Example::OrderedDeadlock => "想象一个数据库：第一个成员看到其他成员才算就绪。这里可以直接修复；在真实集群里，发布未就绪的 Pod，或者用 Parallel。",
        Example::ParallelUpdate => "Parallel 不会停在坏掉的 Pod 上，所以改好的模板到了它那里。与第一个示例比较一下。",
        Example::Partition => "`myapp-1` 在更新之后被删除，又运行起旧镜像。把分区线拖到 0，让所有 Pod 继续更新。",
        Example::MiddleOrdinal => "`myapp-1` 被删除，又回来了。缩容到 2，看看走的是哪一个。",
        Example::VolumeOnANode => "它的节点被设为不可调度。Pod 只跟着自己的卷走。",
        Example::RolloutUndo => "看“轨迹”：ControllerRevision r1 没有被复制，只是编号变成了 3。",
        Example::PendingTemplate => "看终端输出的末尾，再看舞台上的 PVC。",
        Example::MovingOrdinals => "命名空间 `old` 让出了序号 2，命名空间 `new` 接了过去。继续：把 `old` 缩容，把 `new` 的起始序号调低。",
        Example::DeletedAtOnce => "四个 Pod 在同一刻离开。退一步，改为缩到 0，比较先后顺序。",
    }
    .to_owned()
}
