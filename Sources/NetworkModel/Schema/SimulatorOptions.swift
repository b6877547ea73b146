/// How a simulated host behaves: `[KEY=VALUE,…]` after `simulator:`.
public struct SimulatorOptions: Hashable, Sendable, CustomStringConvertible {
    /// `latency`: how long each request takes, in milliseconds, 0...60000.
    public var latency: Int
    /// `refuse`: the one step that it always refuses; `connect`, `check`, `realize` or `release`.
    public var refuse: String?
    /// `failure`: how many of a million requests fail, 0...1000000. It is written as a rate from 0 to 1 with at most six
    /// decimals: `failure=0.05`.
    public var failure: Int
    /// `seed`: which of them these are, 0...4294967295. The same text fails in the same way in each run.
    public var seed: UInt32

    public init(latency: Int = 0, refuse: String? = nil, failure: Int = 0, seed: UInt32 = 0) {
        self.latency = latency
        self.refuse = refuse
        self.failure = failure
        self.seed = seed
    }

    /// What may be written, for people.
    static let form = "latency=MS,refuse=STEP,failure=0..1,seed=N"

    static let latencies = 0...60_000
    static let steps = ["connect", "check", "realize", "release"]
    /// What a rate of 1 is stored as.
    static let certain = 1_000_000

    /// Nil where a key is unknown or a value out of its range. Of a key that is given twice, the last counts.
    init?(_ text: some StringProtocol) {
        self.init()
        for option in text.split(separator: ",") {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "latency":
                guard let value = SimulatorOptions.number(parts[1]), SimulatorOptions.latencies.contains(value) else {
                    return nil
                }
                latency = value
            case "refuse":
                guard SimulatorOptions.steps.contains(String(parts[1])) else { return nil }
                refuse = String(parts[1])
            case "failure":
                guard let value = SimulatorOptions.rate(parts[1]) else { return nil }
                failure = value
            case "seed":
                guard let value = SimulatorOptions.number(parts[1]).flatMap(UInt32.init(exactly:)) else { return nil }
                seed = value
            default: return nil
            }
        }
    }

    public var description: String {
        var options: [String] = []
        if latency > 0 { options.append("latency=\(latency)") }
        if let refuse { options.append("refuse=\(refuse)") }
        if failure > 0 { options.append("failure=\(rateText)") }
        if seed > 0 { options.append("seed=\(seed)") }
        return options.joined(separator: ",")
    }

    private var rateText: String {
        guard failure < SimulatorOptions.certain else { return "1" }
        // The leading 1 keeps the zeros after the point.
        var digits = String(SimulatorOptions.certain + failure).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "0." + digits
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }

    /// `0`, `1`, `0.05`, `1.0`: as parts of a million.
    private static func rate(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1", let ones = number(whole) else { return nil }
        var rate = ones * certain
        if parts.count == 2 {
            guard (1...6).contains(parts[1].utf8.count), let decimals = number(parts[1]) else { return nil }
            rate += (parts[1].utf8.count..<6).reduce(decimals) { value, _ in value * 10 }
        }
        return rate <= certain ? rate : nil
    }
}
