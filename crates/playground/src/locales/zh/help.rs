//! About the help.

use crate::locales::HelpWords;

pub(in crate::locales) static HELP_WORDS: HelpWords = HelpWords {
    text: "StatefulSet 给每个 Pod 一个比它活得更久的身份：名字、DNS 记录和自己的存储。舞台上的每一列就是一个身份。Pod 死了，列还在，Pod 会回到自己的列里。\n\
        按`应用`创建编辑器里的内容，然后扩缩容、删除 Pod、拖动分区 (partition)、更换镜像。每个按钮都会在终端里输入对应的 `kubectl` 命令；你也可以自己输入。\n\
        工具条下面的一行说明为什么发生、在等什么。点击一张卡片，就问到那个对象。\n\
        `Ctrl`+`Enter` 应用文件。在终端里，`↑` 和 `↓` 找回之前的命令，`Ctrl`+`R` 在其中查找，`Tab` 补全（按过 `Esc` 后则移到下一个控件），`Ctrl`+`C` 停止命令。焦点在分区手柄上时，方向键移动，`Enter` 确定，`Esc` 放回。在编辑器里，`Tab` 移到下一个控件。\n\
        这里在本标签页中模拟 Kubernetes v1.36（也可选 v1.32）：API server、控制器、调度器、kubelet 和 DNS，时钟可以停下。容器并不真的运行。",
    docs: "文档（英文）：课程、嵌入、npm 包，以及它有多真实",
    keys: "按键",
    keys_switch: "焦点在舞台或时间轴上时，单个按键有效",
    key_space: "播放或暂停",
    key_step: "到下一个变化",
    key_help: "本帮助",
    key_terminal: "到命令行",
};
