//! What we say beneath errors.

use crate::common_error::CommonError;
use crate::confusable::Confusable;

pub(super) fn common_error(error: CommonError) -> String {
    match error {
        CommonError::SetImmutable => {
            "StatefulSet 的这个字段不能修改，只能重建：`kubectl delete sts 名字 --cascade=orphan` 会保留 Pod，然后重新应用。"
        }
        CommonError::Immutable => "这个字段创建之后就不能修改：删除这个对象，再重新创建。",
        CommonError::SelectorMismatch => {
            "`spec.selector.matchLabels` 里的每个标签，也必须写在 `spec.template.metadata.labels` 里。"
        }
        CommonError::UnknownField => {
            "没有这个字段：检查拼写，以及缩进是否多了或少了。`kubectl explain` 会列出有哪些字段。"
        }
        CommonError::WrongType => "值的类型不对：数字和布尔值不加引号，文本要加，例如 `\"80\"`。",
        CommonError::RequiredValue => "缺少必填的字段。",
        CommonError::UnsupportedValue => "这里只能填消息里列出的值。",
        CommonError::InvalidValue => "这个值不符合要求，消息的后半句说明了规则。",
        CommonError::Tab => "这里有制表符 (Tab)，或者别的不能作为开头的字符。YAML 只能用空格缩进。",
        CommonError::MappingValues => {
            "这一行多了一个冒号，或者比上一行缩进得更深。值里含有 `: ` 时要加引号。"
        }
        CommonError::Yaml => "问题在这一行或紧挨着的上一行：多半是缩进、冒号后面少了空格，或者引号没有成对。",
        CommonError::Json => "这不是合法的 JSON：检查引号、逗号和括号。",
        CommonError::NoMatch => {
            "`apiVersion` 和 `kind` 不匹配：StatefulSet 是 `apps/v1`，Service、PVC 和 Pod 是 `v1`。"
        }
        CommonError::KindNotSet => "每个对象都要写明 `apiVersion` 和 `kind`。",
        CommonError::AlreadyExists => "同名的对象已经存在。要修改它，请用 `kubectl apply`。",
        CommonError::Conflict => "读取之后，这个对象被别人改过。请重新读取，再改一次。",
        CommonError::ApplyConflict => "这个字段由别的管理者设置。可以用 `--force-conflicts` 接管，或者从文件里去掉它。",
        CommonError::NoNamespace => "没有这个命名空间。先创建它：`kubectl create namespace 名字`。",
        CommonError::NotFound => "没有这个名字的对象。用 `kubectl get` 看看有哪些，是否在别的命名空间。",
        CommonError::NoResources => "这个命名空间里没有这类对象。",
        CommonError::NoResourceType => "没有这种资源。`kubectl api-resources` 会列出全部种类。",
        CommonError::UnknownCommand => "kubectl 没有这个子命令。",
        CommonError::NotACommand => "这里没有这个命令。输入 `help` 看看有哪些。",
        CommonError::UnknownFlag => "这个命令没有这个选项。在命令后面加 `--help` 看看有哪些。",
        CommonError::InvalidArgument => "选项的值不对，消息的后半句说明了原因。",
        CommonError::RequiredFlag => "缺少必填的选项。",
        CommonError::NoFile => "要用 `-f` 指定文件。",
        CommonError::NoSuchFile => "没有这个文件。`ls` 会列出文件，也就是编辑器里的标签页。",
        CommonError::TimedOut => "等了这么久，条件仍未满足。",
        CommonError::NoName => "还缺名字；要对全部对象操作，请加 `--all`。",
        CommonError::NoAnswer => "API server 没有应答，这个请求没有生效。",
    }
    .to_owned()
}

pub(super) fn confusable(confusable: &Confusable) -> String {
    let Confusable { character, meant, at, .. } = confusable;
    let (column, code) = (at.column, u32::from(*character));
    match *meant {
        "" => format!("第 {column} 列有一个看不见的字符（U+{code:04X}）"),
        " " => format!("第 {column} 列看起来是空格，其实不是（U+{code:04X}）"),
        _ => format!("第 {column} 列的“{character}”（U+{code:04X}）不是“{meant}”"),
    }
}
