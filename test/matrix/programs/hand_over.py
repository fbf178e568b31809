"""A socket changes hands: PORT. The parent accepts and reads the first request, a child gets the socket by SCM_RIGHTS and
serves the rest; the child after the next one likewise."""
import os
import socket
import sys

OK = b"HTTP/1.1 200 OK\r\nX-N: %b\r\nX-Pid: %d\r\nContent-Length: 2\r\n\r\nok"


def serve(c, most):
    buffer = b""
    while most:
        while b"\r\n\r\n" not in buffer:
            more = c.recv(65536)
            if not more:
                return False
            buffer += more
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        n = [line[5:] for line in head.split(b"\r\n") if line.startswith(b"X-N: ")][0]
        c.sendall(OK % (n, os.getpid()))
        most -= 1
    return True


parent, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if os.fork() == 0:
    parent.close()
    while True:
        data, fds, _, _ = socket.recv_fds(child, 1, 1)
        if not data:
            os._exit(0)
        with socket.socket(fileno=fds[0]) as c:
            serve(c, 1000)
child.close()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = listener.accept()
    with c:
        if serve(c, 2):
            socket.send_fds(parent, [b"s"], [c.fileno()])
