//! About what is kept, handed on and embedded.

use session::Sensitive;

use crate::embed::Part;
use crate::locales::ShareWords;

pub(in crate::locales) static SHARE_WORDS: ShareWords = ShareWords {
    extent: "包含什么",
    whole: "做过的一切，以及现在这一刻",
    start: "只有起点和文件",
    link: "链接",
    left_out: "不勾选就不包含：",
    copies: "复制为 Markdown、脚本或清单时，总是包含这些内容。",
    long: "这个链接很长，有些程序会把它截断：请改为保存文件。",
    copy_link: "复制链接",
    save_file: "存为文件",
    copy_markdown: "复制为 Markdown",
    copy_markdown_link: "复制为 Markdown 链接",
    copy_script: "复制为脚本",
    copy_manifest: "复制清单",
    copied: "已复制。",
    not_copied: "浏览器不允许：请选中链接手动复制。",
    open_file: "打开保存的文件",
    kept: "浏览器会保留这个世界，下次来还在。",
    not_kept: "没有保存：浏览器不保留，或者世界太大。请存为文件。",
    kept_once_touched: "只要你在这个世界里做了什么，浏览器就会保留它，下次来还在。",
    kept_elsewhere: "petset 已在另一个标签页中打开，浏览器保留的是那一个。这里做的事不会保留。",
    keep_here: "改为保留这一个",
    embed: "嵌入网页",
    embed_parts: "显示什么",
    embed_read_only: "读者只能看",
    embed_element: "元素",
    embed_frame: "框架，用于不允许脚本的地方",
    embed_copy_element: "复制元素",
    embed_copy_frame: "复制框架",
    embed_title: "由 petset 模拟的 Kubernetes 集群",
    embed_preview: "读者看到的样子",
    open_in_playground: "在演练场中打开",
    embed_problems: "这个嵌入页的地址里有无法理解的设置：",
    imported: |objects| format!("其中还包含你从集群导入的 {objects} 个对象：只分享给可以看到它们的人。"),
    contents: |files, lines| {
        let files = if files.is_empty() { String::new() } else { format!("{} 和 ", files.join("、")) };
        format!("里面有 {files}{lines} 条命令。这些都在链接里，不会到达任何服务器。")
    },
    sensitive: |kind, values| {
        let what = match kind {
            Sensitive::SecretData => "Secret 的数据",
            Sensitive::EnvValues => "环境变量的值",
            Sensitive::Annotations => "注解 (annotation)",
        };
        format!("{what}：{values} 个")
    },
    embed_part: |part| {
        let name = match part {
            Part::Editor => "YAML",
            Part::Stage => "舞台",
            Part::Why => "为什么",
            Part::Terminal => "终端",
            Part::Timeline => "时间轴",
        };
        name.to_owned()
    },
};
