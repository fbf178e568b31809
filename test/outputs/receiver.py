"""An OTLP receiver that is not ours: decodes what is posted by OpenTelemetry's own protobuf classes, one line of JSON a request.

The first argument is how many requests it refuses first (503), to see them come again."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse

refusals = int(sys.argv[1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global refusals
        body = self.body()
        if refusals > 0:
            refusals -= 1
            self.answer(503, b"")
            return
        request = ExportMetricsServiceRequest.FromString(body)
        line = {
            "path": self.path,
            "type": self.headers["content-type"],
            "key": self.headers["x-receiver-key"],
            "request": MessageToDict(request),
        }
        print(json.dumps(line), flush=True)
        self.answer(200, ExportMetricsServiceResponse().SerializeToString())

    def body(self):
        if self.headers["transfer-encoding"] != "chunked":
            return self.rfile.read(int(self.headers["content-length"]))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return whole

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps({"port": server.server_address[1]}), flush=True)
server.serve_forever()
