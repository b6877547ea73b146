extension ToolMatrix {
    /// A program in Python that types at editors as a person would: each step waits for what the one before has shown,
    /// so that nothing depends on how fast the machine is.
    static let typing = #"""
        """Types at a program in a terminal of its own: type.py COMMAND [TEXT KEYS]...
        Waits until TEXT (or one of several, with | between) has been shown after the last keys, then types KEYS;
        at the end waits for the program."""
        import os, pty, select, sys, time

        def main(command, steps):
            pid, terminal = pty.fork()
            if pid == 0:
                os.environ["TERM"] = "xterm"
                os.execvp("bash", ["bash", "-c", "stty rows 24 cols 100; exec " + command])
            shown, end = b"", time.time() + 15
            def read():
                nonlocal shown
                try:
                    if select.select([terminal], [], [], 0.1)[0]:
                        piece = os.read(terminal, 65536)
                        sys.stdout.write(piece.decode(errors="replace"))
                        shown += piece
                        return piece != b""
                except OSError:
                    return False
                return time.time() < end
            for text, keys in zip(steps[::2], steps[1::2]):
                while not any(word.encode() in shown for word in text.split("|")):
                    if not read():
                        sys.exit("type.py: " + repr(text) + " was not shown")
                shown = b""
                os.write(terminal, keys.encode().decode("unicode_escape").encode("latin-1"))
            while read():
                pass
            if time.time() >= end:
                os.kill(pid, 9)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)

        main(sys.argv[1], sys.argv[2:])
        """#
}
