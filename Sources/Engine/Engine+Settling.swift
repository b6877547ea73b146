import NetworkModel

/// Files that are removed keep their values in force for the settle time (`Command.leave`).
extension Engine {
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
                    self.settle(id, attribute, left: since, restored: restored)
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

    private func settle(
        _ id: ObjectID, _ attribute: AttributeID, left: Int64?, restored: @escaping @Sendable (Refusal) -> Void
    ) {
        submit(.settle(id, attribute, left: left)) { result in
            guard case .failure(let refusal) = result else { return }
            self.submit(.stay(id, attribute)) { _ in restored(refusal) }
        }
    }

    /// What a former daemon did not get to. Nobody can write it anew any more.
    func settleLeavings() {
        for leaving in read({ $0.leavings }) {
            let logger = logger
            settle(leaving.object, leaving.attribute, left: nil) { refusal in
                logger.warning("a removed file is back", metadata: ["rule": "\(refusal.rule)"])
            }
        }
    }

    /// Settles all that has left and can go, except what the command itself writes anew. Answers whether there was any.
    func settleAll(before command: Command) -> Bool {
        let own: Model.Leaving? =
            switch command {
            case .set(let id, let attribute, _, _), .leave(let id, let attribute, _):
                Model.Leaving(object: id, attribute: attribute)
            default: nil
            }
        var waiting = read { $0.leavings.isEmpty ? [] : Array($0.leavings) }.filter { $0 != own }
        guard !waiting.isEmpty else { return false }
        // Some can go only when others have gone.
        while true {
            for leaving in waiting { submit(.settle(leaving.object, leaving.attribute, left: nil)) { _ in } }
            let left = read { model in waiting.filter { model.leavings.contains($0) } }
            if left.isEmpty || left.count == waiting.count { return true }
            waiting = left
        }
    }
}
