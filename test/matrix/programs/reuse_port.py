"""Two processes that listen on one port by SO_REUSEPORT, IPv6 and IPv4 on one socket: PORT."""
import os
import socket
import sys
import threading

os.fork()
listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
listener.bind(("::", int(sys.argv[1])))
listener.listen(64)


def serve(c):
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            more = c.recv(65536)
            if not more:
                return c.close()
            buffer += more
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        n = [line[5:] for line in head.split(b"\r\n") if line.startswith(b"X-N: ")][0]
        c.sendall(b"HTTP/1.1 200 OK\r\nX-N: %b\r\nX-Pid: %d\r\nContent-Length: 2\r\n\r\nok" % (n, os.getpid()))


while True:
    c, _ = listener.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
