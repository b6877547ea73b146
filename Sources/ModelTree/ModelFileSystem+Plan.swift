import Engine
import FUSE
import Glibc
import NetworkModel

/// What a change would come to on hosts, without making it: `netmodelfs plan` asks by setting the extended attribute
/// `user.netmodelfs.plan` of the file, or of the directory that it would be in. That returns when the question is put: Linux
/// locks the file or directory for as long, and whoever lists it would wait for hosts.
///
/// The value is four texts with a NUL between: a word that the asker chooses, what is asked, the name in the directory (empty for
/// the file itself), and the value. What is asked are the questions of `check`, and `remove`; `also-remove` is kept
/// until another question with the same word comes.
///
/// The answer is read by the same user from any directory of the mount, in parts: `user.netmodelfs.plan.WORD.0` and so on, until
/// one is missing. The first part waits for the hosts; who is interrupted there gives the question up. It is what goes to
/// standard output, a NUL, and for each refusal its rule, sentence and remedy. Where nothing could be found out, what
/// goes to standard output and the refusals are empty, and another NUL and the reason follow.
extension ModelFileSystem {
    static let planAttribute = "user.netmodelfs.plan"
    /// Bytes of an answer in one extended attribute, whose most is 64 KiB.
    static let planPart = 60_000

    func plan(_ value: UnsafeRawBufferPointer, at node: TreeNode, _ caller: Caller, _ reply: EmptyReply) {
        let parts = value.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, (1...PlanDesk.tokenLimit).contains(parts[0].count),
            let question = String(validating: parts[1], as: UTF8.self)
        else { return reply.fail(EINVAL) }
        let process = CallerProcess(caller)
        let key = PlanDesk.Key(uid: caller.uid, token: Array(parts[0]))
        do throws(Refusal) {
            for step in steps(question, Array(parts[2]), Array(parts[3]), at: node, caller, process) {
                try plans.add(step, to: key)
            }
            if question == "also-remove" { return reply.succeed() }
            let (steps, refusals) = try plans.begin(key)
            plans.attach(
                engine.forecast(steps) { result in
                    switch result {
                    case .success(let forecast): self.keep(self.answer(forecast, refusals), for: key)
                    case .failure(let refusal) where refusal.error == .interrupted: self.plans.drop(key)
                    case .failure(let refusal): self.keep(self.answer(refusal), for: key)
                    }
                }, to: key)
            reply.succeed()
        } catch {
            reply.fail(error.error.rawValue)
        }
    }

    private func keep(_ answer: [UInt8], for key: PlanDesk.Key) {
        if let refusal = plans.keep(answer, for: key) { plans.keep(self.answer(refusal), for: key) }
    }

    /// A part of an answer; for the first, one may have to wait.
    func readPlan(_ name: Substring.UTF8View, _ caller: Caller, _ reply: ExtendedAttributeReply) {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")),
            let part = Int(Substring(name[name.index(after: dot)...]))
        else { return reply.fail(ENODATA) }
        let key = PlanDesk.Key(uid: caller.uid, token: Array(name[..<dot]))
        guard part == 0 else { return readPlan(key, part, reply) }
        switch plans.wait(for: key, { self.readPlan(key, part, reply) }) {
        case .none: readPlan(key, part, reply)
        case .taken: reply.fail(EBUSY)
        case .waits(let number):
            reply.onInterrupt { [weak reply] in
                // Held here, since it is let go of there.
                guard let reply, self.plans.giveUp(key, number) else { return }
                reply.fail(EINTR)
            }
        }
    }

    private func readPlan(_ key: PlanDesk.Key, _ part: Int, _ reply: ExtendedAttributeReply) {
        guard let bytes = plans.read(key, part: part, of: ModelFileSystem.planPart), !bytes.isEmpty else {
            return reply.fail(ENODATA)
        }
        bytes.withUnsafeBytes { reply.succeed($0) }
    }

    /// Nothing could be found out.
    private func answer(_ refusal: Refusal) -> [UInt8] {
        [0, 0] + Array((refusals.explanation(of: refusal) + "\n").utf8)
    }

    private func answer(_ forecast: HostForecast, _ refusals: [Refusal]) -> [UInt8] {
        let all = refusals + forecast.refusals
        let text =
            forecast.lines.isEmpty && !all.isEmpty
            ? "" : PlanText.text(forecast.lines) { self.engine.facts(of: $0, on: $1) }
        return Array(text.utf8) + [0] + Array(all.map { self.refusals.explanation(of: $0) + "\n" }.joined().utf8)
    }

    // MARK: - Questions

    /// None for what means nothing, such as temporary files.
    private func steps(
        _ question: String, _ name: [UInt8], _ value: [UInt8], at node: TreeNode, _ caller: Caller,
        _ process: CallerProcess
    ) -> [Result<ForecastStep, Refusal>] {
        do throws(Refusal) {
            if case .staged = node { return [.success(.nothing)] }
            guard let text = String(validating: name, as: UTF8.self) else { throw ModelFileSystem.nameNotText }
            guard node.isIntent else { throw ModelFileSystem.readOnly(node) }
            guard question == "remove" || question == "also-remove" else {
                return [
                    .success(
                        try command(question, text, value, at: node, caller, process).map { .command($0) } ?? .nothing)
                ]
            }
            return try removal(of: name, in: node, caller, process).map { .success($0) }
        } catch {
            return [.failure(error)]
        }
    }

    /// As `rm -r`, `rmdir` and `rm` take it away.
    private func removal(
        of name: [UInt8], in directory: TreeNode, _ caller: Caller, _ process: CallerProcess
    ) throws(Refusal) -> [ForecastStep] {
        let found = name.withUnsafeBufferPointer { entry(in: directory, $0, uid: caller.uid) }
        guard let found, let node = TreeNode(found.attributes.inode) else {
            throw Refusal(
                "object.not-found", .notFound, "There is nothing of this name.",
                remedy: "Look again: somebody removed it, or it has another name.")
        }
        if case .staged = node { return [.nothing] }
        if unwritten(node) != nil { return [.nothing] }
        guard node.isIntent, let command = ModelFileSystem.removal(of: node) else {
            throw ModelFileSystem.readOnly(node)
        }
        switch node {
        case .object(let id):
            try checkMayEmpty([id], process)
            return [.removal(id)]
        case .collection(let id, let collection):
            let members = engine.read { $0.children(of: id, in: collection) }
            try checkMayEmpty(members, process)
            return members.map { .removal($0) } + [.command(command)]
        default: return [.command(command)]
        }
    }

    /// Whoever removes a directory with all below it must be able to write to each directory that is not empty.
    private func checkMayEmpty(_ tops: [ObjectID], _ process: CallerProcess) throws(Refusal) {
        guard let credentials = process.credentials else { return }
        let closed: String? = engine.read { model in
            // What is too large is not planned anyway.
            guard !Forecaster.isTooLarge(tops, in: model) else { return nil }
            for record in tops.flatMap({ model.subtree(of: $0) }) {
                for collection in KindDefinition.of(record.kind).collections
                where model.childCount(of: record.id, in: collection.id) > 0 {
                    let directory = record.facetMetadata(collection.id.rawValue) ?? record.metadata
                    guard credentials.maySearch(record.metadata), credentials.mayRead(directory),
                        credentials.maySearch(directory), credentials.mayWrite(directory)
                    else { return model.path(of: tops.contains(record.id) ? record.id : tops.first ?? record.id) }
                }
            }
            return nil
        }
        guard let closed else { return }
        throw Refusal(
            "removal.no-access", .access, "Not all below \(closed) is yours to remove.", objects: [closed],
            remedy: "Ask the owner of what is below it, or root.")
    }
}
