import TestKit
import Testing

extension MountHelper {
    @Suite("Completion, and the schema")
    struct CompletionTests {
        /// What bash offers for the last word of a command line.
        private func complete(_ line: String) throws -> [Substring] {
            let result = try Namespace.run(
                """
                mount -t netmodelfs s.db net; mkdir net/zones/z net/zones/z/l2/n; echo 5 >net/zones/z/l2/n/vlan
                . "$HELPER/completion/netmodelfs.bash"
                line='\(line)'
                read -ra COMP_WORDS <<<"$line"
                case $line in *' ') COMP_WORDS+=('') ;; esac
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9
                function=$(complete -p netmodelfs | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                "$function" netmodelfs "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """)
            #expect(result.status == 0, "\(result)")
            return result.output.split(separator: "\n").sorted()
        }

        @Test func subcommands() throws {
            #expect(try complete("netmodelfs sch") == ["schema"])
            #expect(try complete("netmodelfs schema l") == ["l2", "l3"])
            #expect(try complete("netmodelfs schema l2 v") == ["vlan", "vni"])
            #expect(try complete("netmodelfs schema l2 ").contains("physical-interface"))
        }

        @Test func attributesThatAreNotSet() throws {
            let all = try complete("netmodelfs check net/zones/z/l2/n/")
            #expect(
                all == [
                    "net/zones/z/l2/n/clusters", "net/zones/z/l2/n/description", "net/zones/z/l2/n/key",
                    "net/zones/z/l2/n/mtu", "net/zones/z/l2/n/physical-interface", "net/zones/z/l2/n/type",
                    "net/zones/z/l2/n/vlan", "net/zones/z/l2/n/vni",
                ])
            #expect(
                try complete("netmodelfs check net/zones/z/l2/n/vl") == ["net/zones/z/l2/n/vlan"],
                "once, though it is set")
            #expect(try complete("netmodelfs check net/zones/z/l2/n/p") == ["net/zones/z/l2/n/physical-interface"])
            #expect(try complete("netmodelfs check net/zo") == ["net/zones"])
            #expect(try complete("netmodelfs check ne") == ["net"])
            #expect(try complete("netmodelfs plan net/zones/z/l2/n/p") == ["net/zones/z/l2/n/physical-interface"])
            #expect(try complete("netmodelfs plan --rem") == ["--remove"])
        }

        /// With zsh's own line editor on a terminal, since its completion does not run without.
        @Test(.enabled(if: Shell.has("zsh"))) func zsh() throws {
            let result = try Namespace.run(
                """
                mount -t netmodelfs s.db net; mkdir net/zones/z net/zones/z/l2/n
                mkdir home; cat >home/.zshrc <<'RC'
                fpath=("$HELPER/completion" $fpath); autoload -Uz compinit; compinit -u -D; PS1='> '
                RC
                cat >type.zsh <<'TYPE'
                zmodload zsh/zpty
                zpty shell env ZDOTDIR=$T/home TERM=dumb zsh -i
                for line in 'netmodelfs sch' 'netmodelfs schema attac' 'netmodelfs check net/zones/z/l2/n/phy'; do
                  zpty -w -n shell "$line"$'\\t'
                  sleep 3
                  # Not run: `check` would wait for a value. Ctrl-U takes the line away.
                  zpty -w -n shell $'\\025'
                  sleep 1
                done
                zpty -w shell exit
                while zpty -r shell text; do print -r -- "$text"; done
                TYPE
                zsh -f type.zsh
                """)
            for part in ["netmodelfs schema", "netmodelfs schema attachment", "net/zones/z/l2/n/physical-interface"] {
                #expect(result.output.contains(part), "\(part): \(result)")
            }
        }

        @Test("netmodelfs schema tells the same as schema/")
        func schema() throws {
            let result = try Namespace.run(
                """
                mount -t netmodelfs s.db net; cd net/schema; set -e
                for kind in *; do
                  netmodelfs schema | grep -q "^$kind " || exit 90
                  for attribute in $kind/*; do
                    netmodelfs schema $kind ${attribute#*/} | diff - $attribute
                    netmodelfs schema $kind | grep -q "^${attribute#*/} "
                  done
                done
                ls | wc -l
                """)
            #expect(result.status == 0 && result.output == "10\n", "\(result)")
            #expect(Shell.run("\(Programs.netmodelfs) schema l4").errors.contains("these are: zone, cluster"))
            #expect(Shell.run("\(Programs.netmodelfs) schema l2 x").errors.contains("it has: description, type"))
            #expect(Shell.run("\(Programs.netmodelfs) schema --in /").status == 1)
        }
    }
}
