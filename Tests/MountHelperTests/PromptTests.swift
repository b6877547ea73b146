import TestKit
import Testing

extension MountHelper {
    @Suite("The prompt that says why")
    struct PromptTests {
        static let shells = ["bash --noprofile --norc -i", "zsh -f -i"]

        /// Types the commands into an interactive shell on a terminal, with the snippet; `mark` shows where output
        /// belongs.
        private func type(_ commands: String, into shell: String, before: String = "") throws -> [String] {
            let result = try Namespace.run(
                """
                mount -t netmodelfs s.db net || exit 90
                \(before)
                cat >typed <<'TYPED'
                unsetopt zle prompt_cr prompt_sp 2>/dev/null; stty -echo; PS1= PROMPT=; mark() { echo MA''RK; }
                . "$HELPER/netmodelfs-why.bash"
                \(commands)
                exit 0
                TYPED
                TERM=dumb script -qec "\(shell)" /dev/null <typed
                """)
            #expect(result.status == 0, "\(result)")
            let text = result.output.replacingOccurrences(of: "\r", with: "")
            return text.components(separatedBy: "MARK\n").dropFirst().map { String($0) }
        }

        @Test("once for each refusal, in and outside of the mount, and for nobody else's", arguments: shells)
        func once(_ shell: String) throws {
            let parts = try type(
                """
                mkdir net/zones/z net/zones/z/l2/n; mark
                echo 4095 > net/zones/z/l2/n/vlan
                mark
                false
                mark
                echo 4095 > net/zones/z/l2/n/vlan
                echo 4096 > net/zones/z/l2/n/vlan
                mark
                cd net/zones
                mkdir z/x z/y
                cd "$T"; mark
                setsid --wait bash -c 'echo 4094x > net/zones/z/l2/n/vlan'; false
                mark
                ls /nonexistent
                mark
                echo 4097 > net/zones/z/l2/n/vlan; true
                mark
                """, into: shell)
            try #require(parts.count == 8, "\(parts)")
            func reasons(_ part: Int) -> [String] {
                parts[part].split(separator: "\n").map(String.init).filter {
                    $0.hasPrefix("l2.") || $0.hasPrefix("name.") || $0.hasPrefix("object.")
                }
            }
            #expect(reasons(0) == ["l2.vlan.out-of-range: vlan must be from 1 to 4094, not '4095'."], "\(parts)")
            #expect(parts[0].contains("Remedy: Write a number from 1 to 4094."))
            #expect(reasons(1) == [], "told once: \(parts)")
            #expect(reasons(2).count == 2, "the same again is told again: \(parts)")
            #expect(parts[3].components(separatedBy: "Remedy:").count == 3, "two refusals of one command: \(parts)")
            #expect(!parts[4].contains("Remedy:"), "another session's: \(parts)")
            #expect(!parts[5].contains("Remedy:"), "\(parts)")
            #expect(!parts[6].contains("Remedy:"), "a command that succeeded: \(parts)")
        }

        @Test("the status of the command stays, and what the prompt did before is still done", arguments: shells)
        func manners(_ shell: String) throws {
            let parts = try type(
                """
                mark
                (exit 7)
                echo "status $?"
                . "$HELPER/netmodelfs-why.bash"
                mkdir net/zones/z
                mkdir net/zones/z/x
                mark
                """, into: shell)
            try #require(parts.count == 2, "\(parts)")
            #expect(parts[0].contains("status 7"), "\(parts)")
            #expect(parts[0].components(separatedBy: "Remedy:").count == 2, "read twice, told once: \(parts)")
        }

        @Test("PROMPT_COMMAND that was there sees the status, and runs after it")
        func promptCommand() throws {
            let parts = try type(
                "PROMPT_COMMAND=\"$PROMPT_COMMAND;echo \\\"before \\$?\\\"\"; mark\n(exit 9)\nmark",
                into: Self.shells[0])
            #expect(parts.first?.contains("before 9") == true, "\(parts)")
        }

        @Test("a dead mount does not disturb", arguments: shells)
        func dead(_ shell: String) throws {
            let parts = try type("mark\nfalse\nmark", into: shell, before: "kill -KILL $(daemon)")
            try #require(parts.count == 2, "\(parts)")
            #expect(parts[0].isEmpty, "\(parts)")
        }
    }
}
