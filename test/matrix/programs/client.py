"""Python's http.client: PORT. A few requests on one connection."""
import http.client
import sys

c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
serial = 0
for method, path, body, chunked in [
    ("GET", "/len", None, False),
    ("POST", "/echo", b"x" * 3000, False),
    ("POST", "/echo", iter([b"one", b"two"]), True),
    ("GET", "/chunked", None, False),
    ("HEAD", "/len", None, False),
    ("GET", "/large", None, False),
]:
    serial += 1
    c.request(method, path, body, {"X-N": f"p{serial}", **({"Transfer-Encoding": "chunked"} if chunked else {})}, encode_chunked=chunked)
    c.getresponse().read()
