"""Becomes a server that ends when its supervisor does; run as a program, with nothing but the standard library.

    child.py SUPERVISOR_PID ORPHAN_SIGNAL UID GID WATCH COMMAND …        (UID and GID: -1 to stay who we are)

WATCH is `kernel` (Linux sends the signal) or `pipe` (a small second process reads standard input to its end).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def drop_to(uid: int, gid: int) -> None:
    """Gives up root for good; does nothing for -1."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def end_with_kernel(libc: ctypes.CDLL, orphan_signal: int, supervisor: int) -> None:
    """Asks for the signal at the supervisor's death, and leaves if that was before asking."""
    if libc.prctl(PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0) != 0:
        sys.exit("prctl refused the parent-death signal")
    if os.getppid() != supervisor:
        sys.exit("the supervisor is gone")


def end_with_pipe(orphan_signal: int) -> None:
    """Forks a watcher that sends the signal once nobody holds the other end of standard input."""
    server = os.getpid()
    if os.fork() == 0:
        os.read(0, 1)
        # Once the server has ended, its number may belong to somebody else.
        if os.getppid() == server:
            os.kill(server, orphan_signal)
        os._exit(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def main(supervisor: int, orphan_signal: int, uid: int, gid: int, watch: str, command: list[str]) -> None:
    """Does not return: the command takes over this process."""
    # Loaded before the user changes, who may not be able to read Python's files; the death signal comes
    # after, because setuid clears it.
    libc = ctypes.CDLL(None, use_errno=True)
    drop_to(uid, gid)
    os.umask(0o077)
    if watch == "kernel":
        end_with_kernel(libc, orphan_signal, supervisor)
    else:
        end_with_pipe(orphan_signal)
    # Python ignores SIGPIPE and an ignored signal would be inherited.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6:])
