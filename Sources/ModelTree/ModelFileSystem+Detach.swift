import FUSE
import Glibc
import NetworkModel

/// Detaching an L2 network that VMs use: `netmodelfs detach --force` sets the extended attribute `user.netmodelfs.detach` of the
/// directory `clusters` to the name of the link. The kernel asks for the same right as for removing the link.
extension ModelFileSystem {
    static let detachAttribute = "user.netmodelfs.detach"

    func detach(_ value: UnsafeRawBufferPointer, at node: TreeNode, _ caller: Caller, _ reply: EmptyReply) {
        let process = CallerProcess(caller)
        let name = String(validating: value, as: UTF8.self)
        let found: ObjectID? = engine.read { model in
            guard case .collection(let network, .attachments) = node, let name,
                let id = model.child(of: network, in: .attachments, named: Name(name)),
                model.record(id)?.isVisible == true
            else { return nil }
            return id
        }
        guard let found else {
            return refuse(ModelFileSystem.noSuchAttachment, reply, process, "detach", in: node, name: name)
        }
        engine.submit(.detachByForce(found)) { result in
            switch result {
            case .success: reply.succeed()
            case .failure(let refusal): self.refuse(refusal, reply, process, "detach", in: node, name: name)
            }
        }
    }

    private static let noSuchAttachment = Refusal(
        "l2.detach.not-attached", .notFound, "There is no such link in the directory clusters of an L2 network.",
        remedy: "Name the link of an attachment, such as zones/ZONE/l2/NAME/clusters/CLUSTER.")
}
