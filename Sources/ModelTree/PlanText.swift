import Engine
import NetworkModel

/// A forecast as `netmodelfs plan` prints it: one line for each network and host, which begins with what becomes of it, and a
/// last line with the sums.
enum PlanText {
    /// Lines; what is more is only counted. (A line has about 150 bytes.)
    private static let limit = 50_000

    /// - Parameter facts: what a network is on a host of a hypervisor.
    static func text(
        _ lines: [HostForecast.Line], _ facts: (L2Specification, HypervisorType) -> [Fact]
    ) -> String {
        guard !lines.isEmpty else { return "Nothing would be done on any host.\n" }
        var text = ""
        for line in lines.prefix(limit) {
            let (word, what) = description(of: line, facts)
            let padding = String(repeating: " ", count: max(0, 7 - word.utf8.count))
            text += "\(word)\(padding) \(network(line.entry)) on \(line.entry.hostPath): \(what)\n"
        }
        if lines.count > limit { text += "… and \(lines.count - limit) more.\n" }
        return text + sums(lines) + "\n"
    }

    private static func network(_ entry: Forecast.Entry) -> String {
        entry.networkPath.isEmpty ? "a former network" : entry.networkPath
    }

    // MARK: - A line

    private enum Fate {
        case done
        case later(String)
        case refused(Refusal)
        case kept
    }

    private static func fate(of line: HostForecast.Line) -> Fate {
        if case .refused(let refusal) = line.answer { return .refused(refusal) }
        switch line.entry.obstacle {
        case .absent(let status): return .later("the host is \(status.word)")
        case .maintenance: return .later("the host is in Maintenance")
        case .givenUp: return .kept
        case .connecting, nil: break
        }
        // It was connected a moment ago.
        if case .pending = line.answer { return .later("the host does not answer") }
        return .done
    }

    private static func description(
        of line: HostForecast.Line, _ facts: (L2Specification, HypervisorType) -> [Fact]
    ) -> (word: String, what: String) {
        let entry = line.entry
        let details = details(entry, facts)
        switch fate(of: line) {
        case .done:
            let first = entry.obstacle == .connecting ? ", when it is connected" : ""
            return (entry.action.rawValue, details + first)
        case .later(let reason): return ("later", "\(reason); then \(entry.action.rawValue) \(details)")
        case .refused(let refusal):
            let reason = String(refusal.reason.map { $0.isNewline ? " " : $0 })
            return ("refused", "\(refusal.rule): \(reason)")
        case .kept: return ("kept", "the host is not connected and given up, so it keeps \(details)")
        }
    }

    private static func details(
        _ entry: Forecast.Entry, _ facts: (L2Specification, HypervisorType) -> [Fact]
    ) -> String {
        let before = entry.before.map { facts($0, entry.hypervisor) } ?? []
        let after = entry.after.map { facts($0, entry.hypervisor) } ?? []
        guard entry.action == .update, before != after else {
            return (after.isEmpty ? before : after).map { "\($0.name) \($0.value.text)" }.joined(separator: ", ")
        }
        let changed = after.compactMap { fact -> String? in
            guard let old = before.first(where: { $0.name == fact.name }) else {
                return "\(fact.name) \(fact.value.text)"
            }
            return old.value == fact.value ? nil : "\(fact.name) \(old.value.text) becomes \(fact.value.text)"
        }
        let gone = before.filter { fact in !after.contains { $0.name == fact.name } }
            .map { "no \($0.name), which was \($0.value.text)" }
        return (changed + gone).joined(separator: ", ")
    }

    // MARK: - Sums

    /// A host counts once for each fate that something on it meets.
    private static func sums(_ lines: [HostForecast.Line]) -> String {
        var done: Set<String> = []
        var later: Set<String> = []
        var refused: Set<String> = []
        var kept: Set<String> = []
        for line in lines {
            let host = line.entry.hostPath
            switch fate(of: line) {
            case .done: done.insert(host)
            case .later: later.insert(host)
            case .refused: refused.insert(host)
            case .kept: kept.insert(host)
            }
        }
        var sums = ["\(done.count) \(done.count == 1 ? "host" : "hosts") to change"]
        if !later.isEmpty { sums.append("\(later.count) later") }
        if !kept.isEmpty { sums.append("\(kept.count) given up") }
        if !refused.isEmpty { sums.append("\(refused.count) \(refused.count == 1 ? "refuses" : "refuse")") }
        return sums.joined(separator: ", ") + "."
    }
}
