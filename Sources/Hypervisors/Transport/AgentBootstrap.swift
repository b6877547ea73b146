/// What runs on a host behind ssh before the agent does: a small script for any POSIX shell, which finds the agent's
/// program there or takes it from the daemon, and becomes it.
///
/// It is a part of the command line, so that standard input is free for the program: one round trip where the agent is there
/// already, one copy where it is not. What it says are lines that begin with ``marker``; whatever a login shell says
/// before them is noise.
public enum AgentBootstrap {
    /// The beginning of each line of the script.
    static let marker = "netmodelfs-bootstrap "

    /// Where the program is kept, in this order: directories of the user alone (0700). Variables are the host's;
    /// `$uid` is the login's number.
    public static let places = [
        "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/netmodelfs",
        "${XDG_RUNTIME_DIR:-/nonexistent/none}/netmodelfs",
        "/var/tmp/netmodelfs-$uid", "/tmp/netmodelfs-$uid", "/dev/shm/netmodelfs-$uid",
    ]

    /// Where an administrator may have installed it.
    public static let installedPaths = [
        "$(command -v netmodel-agent)", "/usr/local/bin/netmodel-agent", "/usr/bin/netmodel-agent",
    ]

    /// The line for the login shell of a host, whichever shell that is: no newline, `!`, `'` or doubled backslash is in the
    /// quotes, so that csh and fish read it as sh does.
    public static func command(
        for program: AgentProgram, places: [String] = places, installedPaths: [String] = installedPaths
    ) -> String {
        let arguments = "\(program.sha256) \(program.size) \(program.version) \(program.machine)"
        return "exec /bin/sh -c '\(script(places: places, installedPaths: installedPaths))' netmodelfs \(arguments)"
    }

    /// What a line of the script means.
    enum Message: Hashable {
        /// The script runs: no noise of a login shell comes any more.
        case begin
        /// It wants the program, and nothing after it.
        case send
        /// The agent begins: its own lines follow.
        case start(path: String)
        /// There will be no agent. The rule is one of `host.agent.…`.
        case refuse(rule: String, reason: String)

        /// Nil for noise.
        init?(_ line: [UInt8]) {
            let text = String(decoding: line, as: UTF8.self)
            guard text.hasPrefix(marker) else { return nil }
            let words = text.dropFirst(marker.count).split(separator: " ", maxSplits: 2).map(String.init)
            switch (words.first, words.count) {
            case ("begin", 1): self = .begin
            case ("send", 1): self = .send
            case ("start", 2...): self = .start(path: words.dropFirst().joined(separator: " "))
            case ("refuse", 2...): self = .refuse(rule: words[1], reason: words.count > 2 ? words[2] : "")
            default: return nil
            }
        }
    }

    /// The script on one line.
    static func script(places: [String], installedPaths: [String]) -> String {
        func words(_ list: [String]) -> String { list.map { "\"\($0)\"" }.joined(separator: " ") }
        let text = source.replacing("@PLACES@", with: words(places)).replacing(
            "@INSTALLED@", with: words(installedPaths))
        var line = ""
        for part in text.split(separator: "\n") {
            let code = part.drop { $0 == " " }
            guard !code.isEmpty, !code.hasPrefix("#") else { continue }
            if !line.isEmpty { line += continues(line) ? " " : "; " }
            line += code
        }
        return line
    }

    private static func continues(_ line: String) -> Bool {
        ["{", " do", " then", "else", "||", "&&"].contains { line.hasSuffix($0) }
    }

    // Standard output is for `say` and the agent only; what tools print goes to standard error.
    // `runs` sets $why where a program does not run, and $as to what makes it root where the login is not.
    private static let source = #"""
        want=$1
        size=$2
        version=$3
        machine=$4
        umask 077
        exec 3>&1 1>&2
        say() { printf "\n@MARK@%s\n" "$(printf "%s" "$*" | tr "[:cntrl:]" " ")" >&3
        }
        refuse() { say "refuse $*"
        exit 9
        }
        say begin
        for tool in sha256sum cut head tail tr ls df mktemp find grep uname id; do
            command -v $tool >/dev/null && continue
            printf "\n@MARK@refuse host.agent.tool-missing %s\n" $tool >&3
            exit 9
        done
        uid=$(id -u)
        sum() { sha256sum < "$1" | cut -c1-64
        }
        runs() {
            why=$("$1" --version 2>&1 >/dev/null </dev/null) || return 1
            as=
            test "$uid" = 0 && return 0
            sudo -n -- "$1" --version >/dev/null 2>&1 </dev/null && as="sudo -n --"
            return 0
        }
        start() { say "start $1"
        exec $as "$1" --stdio --idle-exit 300 1>&3 3>&-
        }
        mine() {
            test -d "$1" || return 1
            test -L "$1" && return 1
            set -- $(ls -ldn "$1")
            case $1 in drwx------|drwx------.) test "$3" = "$uid" ;; *) return 1 ;; esac
        }
        free() { set -- $(df -Pk "$1" | tail -n 1)
        echo "${4:-0}"
        }
        reasons=
        broken=
        no() { reasons="$reasons$1; "
        }
        for f in @INSTALLED@; do
            test -f "$f" && test -x "$f" || continue
            if test "$(sum "$f")" = "$want" && runs "$f"; then
                start "$f"
            fi
        done
        set -- @PLACES@
        for d; do
            f=$d/agent-$want
            mine "$d" && test -f "$f" || continue
            if test "$(sum "$f")" = "$want"; then
                if runs "$f"; then
                    touch "$f"
                    start "$f"
                fi
                broken="$f: $why"
                no "$broken"
            fi
        done
        if test "$(uname -m)" = "$machine"; then
            for d; do
                test -d "${d%/*}" || test -d "${d%/*/*}" || { no "there is no ${d%/*}"
                continue
                }
                why=$(mkdir -p -m 700 "$d" 2>&1) || { no "$why"
                continue
                }
                mine "$d" || { no "$d is not a directory of this user alone"
                continue
                }
                test "$(free "$d")" -gt $((size / 1024 + 1024)) || { no "$d has not enough space"
                continue
                }
                t=$(mktemp "$d/new.XXXXXX" 2>&1) || { no "$t"
                continue
                }
                trap "rm -f \"$t\"" EXIT
                trap "exit 9" HUP TERM PIPE
                echo "exit 0" > "$t"
                chmod 700 "$t"
                why=$("$t" 2>&1) || { rm -f "$t"
                no "$d cannot hold programs (noexec): $why"
                continue
                }
                say send
                head -c "$size" > "$t" || refuse host.agent.damaged "$d"
                test "$(sum "$t")" = "$want" || refuse host.agent.damaged "$d"
                f=$d/agent-$want
                mv -f "$t" "$f"
                trap - EXIT HUP TERM PIPE
                find "$d" -type f -name "new.*" -mtime +0 -exec rm -f {} +
                ls -t "$d" | grep "^agent-" | tail -n +3 | while read -r old; do rm -f "$d/$old"
                done
                runs "$f" && start "$f"
                broken="$f: $why"
                break
            done
        else
            no "this host is $(uname -m), not $machine"
        fi
        for f in @INSTALLED@; do
            test -f "$f" && test -x "$f" || continue
            test "$("$f" --version 2>/dev/null </dev/null)" = "$version" && runs "$f" && start "$f"
        done
        test "$(uname -m)" = "$machine" || refuse host.agent.architecture "$(uname -m)"
        test "$broken" && refuse host.agent.cannot-run "$broken"
        refuse host.agent.no-place "$reasons"
        """#.replacing("@MARK@", with: marker)
}
