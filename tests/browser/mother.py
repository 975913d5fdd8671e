"""A process that has loaded all that a program imports, and bears programs by forking itself.

Python takes half a second of a core to import it, and each browser test has a program of its own: together two minutes.
What is started here is `app.main(flags)`, or that of another module; that `python app.py` does the same is for the
tests which start that.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys

from tests.root import ROOT

MOST = 1 << 16  # bytes of a wish


class Mother:
    """Her process begins with the first that is born, and ends with this one."""

    def __init__(self, module: str = "app") -> None:
        self.module = module
        self.line: socket.socket | None = None

    def bear(self, flags: list[str]) -> tuple[int, int]:
        """A program: its process id, and what it prints, as a file descriptor. That ends when the program has."""
        if self.line is None:
            self.line = _begun(self.module)
        heard, said = os.pipe()
        socket.send_fds(self.line, [json.dumps(flags).encode()], [said])
        os.close(said)
        return int(self.line.recv(MOST)), heard


def _begun(module: str) -> socket.socket:
    ours, hers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with hers:
        said = [sys.executable, "-m", "tests.browser.mother", str(hers.fileno()), module]
        process = subprocess.Popen(said, cwd=ROOT, pass_fds=[hers.fileno()])
    atexit.register(process.wait, 20)
    atexit.register(ours.close)  # before she is waited for: it is how she learns that nobody wants more
    return ours


def main(fd: int, module: str) -> int:
    program = importlib.import_module(module)  # here and not above: who only asks for a program does not need it

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that end
    with socket.socket(fileno=fd) as line:
        while True:
            wish, handed, _flags, _address = socket.recv_fds(line, MOST, 1)
            if not wish:
                return 0
            pid = os.fork()
            if pid == 0:
                line.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(handed[0], 1)
                os.close(handed[0])
                return int(program.main(json.loads(wish)))
            os.close(handed[0])
            line.send(str(pid).encode())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
