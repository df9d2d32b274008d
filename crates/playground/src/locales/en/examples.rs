//! The examples: what each is called, what to look at, and what to try.

use crate::examples::Example;

pub(super) fn example_title(example: Example) -> String {
    match example {
        Example::StuckRollout => "A bad image, and the fix does not help",
        Example::FixedClaimTemplates => "Claim templates cannot change",
        Example::ClaimsOutlive => "The set is gone, its data is not",
        Example::LostNode => "A node is lost, and the pod terminates forever",
        Example::AbsentName => "The name is there only while the pod is ready",
        Example::FirstConsumer => "A claim is Pending, and nothing is wrong",
        Example::WrongService => "serviceName names no Service",
        Example::OrderedDeadlock => "The first pod waits for pods that wait for it",
        Example::ParallelUpdate => "The bad image again, under Parallel",
        Example::Partition => "A deleted pod comes back at the old revision",
        Example::MiddleOrdinal => "A middle pod cannot be removed",
        Example::VolumeOnANode => "The volume lives where no pod may go",
        Example::RolloutUndo => "Undo takes an old revision again",
        Example::PendingTemplate => "status: Pending, although all is bound",
        Example::MovingOrdinals => "Two sets share one range of ordinals",
        Example::DeletedAtOnce => "Deleting a set is not scaling it to 0",
    }
    .to_owned()
}

pub(super) fn example_hint(example: Example) -> String {
    match example {
        Example::StuckRollout => "The template was mended 30 seconds ago. Follow the way out, or go back on the timeline and set the good image first.",
        Example::FixedClaimTemplates => "The file asks for 8Gi now. Follow the way out: the pods run on while the set is made again, and the new size counts for new ordinals only.",
        Example::ClaimsOutlive => "Apply the file again: each pod finds the volume that it had. Delete the claims first, and it finds an empty one.",
        Example::LostNode => "Heal the node, or delete by force: it comes back elsewhere, and that is safe only if the old one is really off.",
        Example::AbsentName => "Ask for the name in the terminal. A Service that publishes unready pods gives it an answer.",
        Example::FirstConsumer => "Let a pod use the claim, and look at the timeline: the volume is bound after the pod has its node.",
        Example::WrongService => "The pods run all the same; only their names do not exist. Click a name to see the broken link.",
        Example::OrderedDeadlock => "Think of a database whose first member is ready only when it sees the others. Heal it here; in a real cluster, publish unready pods or use Parallel.",
        Example::ParallelUpdate => "Parallel does not stop at the broken pod, so the mended template reached it. Compare with the first example.",
        Example::Partition => "`myapp-1` was deleted after the update and runs the old image again. Drag the line to 0 to let all go on.",
        Example::MiddleOrdinal => "`myapp-1` was deleted and came back. Scale to 2 and see which one goes.",
        Example::VolumeOnANode => "Its node is cordoned. The pod follows its volume and nothing else.",
        Example::RolloutUndo => "Look at the Trail: the ControllerRevision r1 was not copied, it got the number 3.",
        Example::PendingTemplate => "Look at the end of the output in the terminal, then at the claims on the stage.",
        Example::MovingOrdinals => "Namespace `old` gave up ordinal 2, namespace `new` took it. Go on: scale `old` down, lower the start of `new`.",
        Example::DeletedAtOnce => "All four go at the same moment. Step back, scale to 0, and compare the order.",
    }
    .to_owned()
}
