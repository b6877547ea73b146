import AgentProtocol
import NetworkModel
import Realization

/// Changes that move the host's addresses: it takes them back by itself unless it is reached anew.
extension KVMHostChannel {
    /// What came of a confirmation.
    private enum Proof {
        case confirmed(AgentConnection)
        /// The host knows of no such change.
        case unknown
        case takenBack(Refusal)
    }

    /// How long the host may take to go back after its time has passed, in seconds: the guard looks five times a second,
    /// and a switch may have to learn the MAC address again.
    private static let grace = 20

    /// The hexadecimal digits of 128 random bits.
    static func makeToken() -> String {
        (0..<4).map { _ in
            let digits = String(UInt32.random(in: 0...UInt32.max), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// Asks for a realization or a release, and confirms it over a new connection where it has moved addresses.
    ///
    /// The old connection is no proof, even if it survives: its packets may be let through only because it exists.
    func askGuarded(_ request: AgentRequest, within time: Int) async throws(HostFailure) {
        // A release moves the addresses first and deletes the bridge when that is confirmed.
        for _ in 1...2 {
            let token = Self.makeToken()
            let deadline = ContinuousClock.now + .seconds(time + Self.grace)
            let guarded = AgentRequest.guarded(request, by: Confirmation(token: token, within: time))
            let result: AgentResult
            do throws(AgentRequestError) {
                result = try await connection.request(guarded)
            } catch {
                switch error {
                // Nothing to prove: a host that was told nothing has not changed.
                case .notSent, .refused: throw HostFailure(error)
                case .connectionLost, .timedOut, .cancelled: break
                }
                try await finish(request, token, within: time, until: deadline)
                throw HostFailure(error)
            }
            guard case .l2(let outcome) = result, let moved = outcome.unconfirmed else { return }
            switch await prove(moved, until: deadline) {
            case .confirmed(let proof): await proof.close()
            case .takenBack(let refusal): throw .refused(refusal)
            case .unknown, nil: throw .unreachable("The host did not say whether its addresses have moved.")
            }
            if case .realizeL2 = request { return }
        }
    }

    /// The change itself may have cut the connection. It may have been cut short, so it is finished over the new one.
    private func finish(
        _ request: AgentRequest, _ token: String, within time: Int, until deadline: ContinuousClock.Instant
    ) async throws(HostFailure) {
        switch await prove(token, until: deadline) {
        case .confirmed(let proof):
            defer { Task { await proof.close() } }
            let rest = AgentRequest.guarded(request, by: Confirmation(token: Self.makeToken(), within: time))
            _ = try await Self.ask(rest, proof)
        case .takenBack(let refusal): throw .refused(refusal)
        case .unknown, nil: break
        }
    }

    /// Connects anew and confirms, again and again until the host has answered or must have gone back.
    ///
    /// - Returns: `nil` when it could not be reached even after it must have gone back.
    private func prove(_ token: String, until deadline: ContinuousClock.Instant) async -> Proof? {
        repeat {
            do throws(HostFailure) {
                let proof = try await reconnect()
                do throws(HostFailure) {
                    _ = try await Self.ask(.confirm(token: token), proof, timeout: .seconds(10))
                    return .confirmed(proof)
                } catch {
                    await proof.close()
                    throw error
                }
            } catch {
                if case .refused(let refusal) = error {
                    return refusal.rule == "host.confirm-unknown" ? .unknown : .takenBack(refusal)
                }
            }
            try? await Task.sleep(for: .milliseconds(500))
        } while ContinuousClock.now < deadline && !Task.isCancelled
        return nil
    }
}
