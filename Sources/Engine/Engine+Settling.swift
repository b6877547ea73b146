import NetworkModel

/// Files that are removed keep their values in force for the settle time (`Command.leave`).
extension Engine {
    /// With the settle time between them, a minute in all.
    private static let settleTries = 30

    /// Removes the file of an attribute, or of a range (`value`).
    ///
    /// - Parameters:
    ///   - isFinal: whether the file is surely not written anew: refused at once where its value is needed.
    ///   - completion: as with `submit`.
    ///   - restored: called where the value turned out to be needed when the settle time was over; the file is back.
    public func leave(
        _ id: ObjectID, _ attribute: AttributeID, isFinal: Bool,
        completion: @escaping @Sendable (Result<ObjectID, Refusal>) -> Void,
        restored: @escaping @Sendable (Refusal) -> Void
    ) {
        submit(.leave(id, attribute, isFinal: isFinal)) { result in
            if case .success = result, let since = self.read({ $0.record(id)?.leavingSince(attribute) }) {
                let time = self.options.settleTime
                Task {
                    try? await Task.sleep(for: time)
                    self.settle(id, attribute, left: since, tries: Engine.settleTries, restored: restored)
                }
            }
            completion(result)
        }
    }

    /// What has left comes back: it was to be written anew, and that was refused.
    public func stay(_ id: ObjectID, _ attribute: AttributeID, completion: @escaping @Sendable () -> Void) {
        guard read({ $0.record(id)?.isLeaving(attribute) }) == true else { return completion() }
        submit(.stay(id, attribute)) { _ in completion() }
    }

    /// - Parameter tries: how often it may still be put off because of what goes on with hosts just now.
    private func settle(
        _ id: ObjectID, _ attribute: AttributeID, left: Int64?, tries: Int,
        restored: @escaping @Sendable (Refusal) -> Void
    ) {
        submit(.settle(id, attribute, left: left)) { result in
            guard case .failure(let refusal) = result else { return }
            guard tries > 0, refusal.mayPass else {
                self.submit(.stay(id, attribute)) { _ in restored(refusal) }
                return
            }
            Task {
                try? await Task.sleep(for: self.options.settleTime)
                self.settle(id, attribute, left: left, tries: tries - 1, restored: restored)
            }
        }
    }

    /// What a former daemon did not get to. Nobody can write it anew any more.
    func settleLeavings() {
        let leavings = read { model in
            model.leavings.map { ($0, model.record($0.object)?.leavingSince($0.attribute)) }
        }
        for (leaving, since) in leavings {
            let logger = logger
            settle(leaving.object, leaving.attribute, left: since, tries: Engine.settleTries) { refusal in
                logger.warning("a removed file is back", metadata: ["rule": "\(refusal.rule)"])
            }
        }
    }

    /// What is made anew must not come to stand on a value that is about to go.
    func settleFoundations(of command: Command) {
        let objects = Engine.foundations(of: command)
        guard !objects.isEmpty else { return }
        let leavings = read { model in
            model.leavings.isEmpty ? [] : objects.flatMap { Engine.leavings(of: $0, model) }
        }
        for leaving in leavings { submit(.settle(leaving.object, leaving.attribute, left: nil)) { _ in } }
    }

    /// What a command makes something new on.
    static func foundations(of command: Command) -> [ObjectID] {
        switch command {
        case .create(let new): [new.parent, new.target].compactMap { $0 }
        case .link(_, _, _, let target, _): [target]
        default: []
        }
    }

    static func leavings(of id: ObjectID, _ model: Model) -> [Model.Leaving] {
        model.record(id)?.leaving.map { Model.Leaving(object: id, attribute: $0.attribute) } ?? []
    }

    /// The file that a command itself writes anew, or removes.
    static func written(by command: Command) -> Model.Leaving? {
        switch command {
        case .set(let id, let attribute, _, _), .leave(let id, let attribute, _):
            Model.Leaving(object: id, attribute: attribute)
        default: nil
        }
    }

    /// Settles all that has left and can go, except what the command itself writes anew.
    func settleAll(before command: Command) {
        let own = Engine.written(by: command)
        var waiting = read { $0.leavings.isEmpty ? [] : Array($0.leavings) }.filter { $0 != own }
        // Some can go only when others have gone.
        while !waiting.isEmpty {
            for leaving in waiting { submit(.settle(leaving.object, leaving.attribute, left: nil)) { _ in } }
            let left = read { model in waiting.filter { model.leavings.contains($0) } }
            if left.isEmpty || left.count == waiting.count { return }
            waiting = left
        }
    }
}

extension Refusal {
    /// Whether it is about what hosts are just doing, and may be gone in a moment.
    fileprivate var mayPass: Bool {
        rule.hasSuffix(".in-progress") || rule.hasSuffix("-in-change") || rule == "l2.change.host-not-connected"
    }
}
