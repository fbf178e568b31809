"""Python's http.server: PORT threading|forking."""
import http.server
import os
import socketserver
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def whole(self, status, body, *more):
        self.send_response(status)
        self.send_header("X-N", self.headers.get("X-N", "0"))
        for name, value in more:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        size = 0
        while n := int(self.rfile.readline().split(b";")[0], 16):
            size += len(self.rfile.read(n))
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        return size

    def chunks(self, parts, pause, *more):
        self.send_response(200)
        self.send_header("X-N", self.headers.get("X-N", "0"))
        for name, value in more:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            time.sleep(pause)
        self.wfile.write(b"0\r\n\r\n")

    def answer(self):
        name = self.path.split("?")[0].rsplit("/", 1)[-1]
        size = self.body()
        if name == "echo":
            self.whole(200, b"%b %d" % (self.command.encode(), size))
        elif name == "empty":
            self.whole(204, b"")
        elif name == "same":
            self.whole(304, b"", ("ETag", '"m"'))
        elif name == "broken":
            self.whole(503, b"no", ("Retry-After", "1"))
        elif name == "odd":
            self.whole(200, b"odd", ("x-rep", "1"), ("X-Rep", "2"), ("X-REP", "3"), ("X-Empty", ""), ("X-Obs", "caf\xe9 \xff\x80"), ("Via", "1.1 a"), ("Via", "1.1 b"))
        elif name == "long":
            self.whole(200, b"long", *((f"X-Long-{i}", "l" * 3050) for i in range(20)))
        elif name == "imitate":
            self.whole(200, b"HTTP/1.1 404 Forged\r\nContent-Length: 0\r\n\r\nGET /forged HTTP/1.1\r\n\r\n")
        elif name == "large":
            self.whole(200, b"b" * 200000)
        elif name == "chunked":
            self.chunks([b"one", b"c" * 4096, b"three"], 0.003)
        elif name == "events":
            self.chunks([b"data: %d\n\n" % i for i in range(4)], 0.1, ("Content-Type", "text/event-stream"))
        elif name == "slow":
            self.chunks([b"ab", b"cd"], 1.6)
        elif name == "close":
            self.send_response(200)
            self.send_header("X-N", self.headers.get("X-N", "0"))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"until the end")
            self.close_connection = True
        else:
            self.whole(200, b"hello")


for method in "GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND REPORT TRACE".split():
    setattr(Handler, f"do_{method}", Handler.answer)


class Forking(socketserver.ForkingMixIn, http.server.HTTPServer):
    pass


server = Forking if sys.argv[2] == "forking" else http.server.ThreadingHTTPServer
server.request_queue_size = 64
server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
