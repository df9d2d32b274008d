//! About the help.

use crate::locales::HelpWords;

pub(in crate::locales) static HELP_WORDS: HelpWords = HelpWords {
    text: "A StatefulSet gives each pod an identity that outlives it: a name, a DNS record and its own storage. Each \
        column on the stage is one identity. When a pod dies, the column stays, and the pod comes back into it.\n\
        Press `Apply` to create what is in the editor, then scale it, delete a pod, drag the partition, set another \
        image. Every button types its `kubectl` command into the terminal; you can type there as well.\n\
        The line under the strip says why something happens or waits. Click a card to ask about that object.\n\
        `Ctrl`+`Enter` applies the file. In the terminal, `↑` and `↓` bring back earlier lines, `Ctrl`+`R` searches them, `Tab` \
        completes a word (after `Esc` it moves on to the next control) and `Ctrl`+`C` stops a command. On the partition's handle, the arrow keys move it, `Enter` sets it, `Esc` puts it back. In the editor, \
        `Tab` moves on to the next control.\n\
        Kubernetes v1.36 (or v1.32, as you choose) is simulated here, in this tab: API server, controllers, scheduler, kubelets and DNS, over a \
        clock that you can stop. Containers do not really run.",
    docs: "Docs: lessons, embedding, the package, and how true it is",
    keys: "Keys",
    keys_switch: "Single keys act while stage or timeline has the focus",
    key_space: "play or pause",
    key_step: "to the next change",
    key_help: "this help",
    key_terminal: "to the command line",
};
