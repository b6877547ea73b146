import NetworkModel
import Synchronization

/// Remembers which hosts refused which credentials, so that a daemon that tries again and again does not lock the account.
final class LoginGuard: Sendable {
    private struct Attempt {
        let credentials: ESXiCredentials
        let until: ContinuousClock.Instant
    }

    private let attempts = Mutex<[String: Attempt]>([:])

    /// - Throws: `esxi.login.refused` (EACCES) while the host must not be asked again with these credentials.
    func check(_ authority: String, _ credentials: ESXiCredentials) throws(Refusal) {
        let waits = attempts.withLock { attempts in
            guard let attempt = attempts[authority] else { return false }
            if attempt.credentials == credentials, ContinuousClock.now < attempt.until { return true }
            attempts[authority] = nil
            return false
        }
        guard waits else { return }
        throw Refusal(
            "esxi.login.refused", .access,
            "The host refused the user or the password, and is not asked again for some minutes, since it would lock the account.",
            remedy: "Write the right ones to the host's credentials file, which is tried at once.")
    }

    func refused(_ authority: String, _ credentials: ESXiCredentials, pause: Duration) {
        attempts.withLock { $0[authority] = Attempt(credentials: credentials, until: .now + pause) }
    }
}
