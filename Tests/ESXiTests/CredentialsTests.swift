import Foundation
import NetworkModel
import TestKit
import Testing

@testable import Hypervisors

@Suite("Credentials of ESXi hosts")
struct CredentialsTests {
    private static let pin = String(repeating: "aB", count: 32)

    @Test func `what is read`() throws {
        let plain = try ESXiCredentials.parse("# x\nuser=root\npassword= a=b \u{E9}\n\n", "f")
        #expect(plain.user == "root")
        #expect(plain.password == " a=b \u{E9}")
        #expect(plain.trust == .authorities(file: nil))
        #expect(!"\(plain)".contains("a=b"))
        let pinned = try ESXiCredentials.parse("user=r\npassword=p\nfingerprint=\(Self.pin)", "f")
        #expect(pinned.trust == .fingerprint([UInt8](repeating: 0xab, count: 32)))
        let signed = try ESXiCredentials.parse("user=r\npassword=p\nca-file=/ca.pem", "f")
        #expect(signed.trust == .authorities(file: "/ca.pem"))
    }

    @Test(arguments: [
        "", "user=secret", "password=secret", "user=\npassword=secret", "user=a\npassword=", "secret",
        "user=a\nuser=secret",
        "user=a\npassword=secret\nfingerprint=12", "user=a\npassword=secret\nca-file=secret.pem",
        "user=a\npassword=secret\nfingerprint=" + pin + "\nca-file=/x",
        "user=a\npassword=secret\nfingerprint=" + pin + "zz",
        "user=a\npassword=secret\nport=1",
    ])
    func `what is not, and is not repeated`(text: String) {
        do {
            _ = try ESXiCredentials.parse(text, "f")
            Issue.record("read")
        } catch {
            #expect(error.rule == "esxi.credentials.malformed")
            #expect(!error.reason.contains("secret"))
        }
    }

    @Test func `only root's own file in root's own directory`() throws {
        let directory = NSTemporaryDirectory() + "/netmodelfs-credentials-" + UUID().uuidString
        defer { Shell.run("rm -rf '\(directory)'") }
        let good = "umask 077; mkdir -p d; printf 'user=a\\npassword=b\\n' > d/h; "
        let cases = [
            ("", nil), ("chmod 640 d/h", "unsafe"), ("chmod 604 d/h", "unsafe"), ("chown 1 d/h", "unsafe"),
            ("chmod 770 d", "unsafe"), ("chown 1 d", "unsafe"), ("rm d/h", "missing"), ("rm -r d", "missing"),
            ("mv d/h d/x; ln -s x d/h", "unsafe"), ("rm d/h; mkdir d/h", "unsafe"), ("rm d/h; mkfifo d/h", "unsafe"),
            ("head -c 20000 /dev/zero > d/h", "malformed"), ("printf '\\377' > d/h", "malformed"),
            (": > d/h", "malformed"),
        ]
        for (change, rule) in cases {
            let made = Shell.run(
                "rm -rf '\(directory)'; mkdir '\(directory)' && cd '\(directory)' && \(good) \(change)")
            #expect(made.status == 0, "\(change): \(made)")
            do {
                _ = try ESXiCredentials.read(directory: directory + "/d", name: "h")
                #expect(rule == nil, "\(change)")
            } catch {
                #expect(error.rule == "esxi.credentials." + (rule ?? ""), "\(change): \(error.reason)")
            }
        }
    }
}
