"""HTTP on asyncio streams: PORT. Answers by the last part of the path."""
import asyncio
import sys


def head(status, *fields):
    return (f"HTTP/1.1 {status}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n").encode("latin-1")


async def body_of(reader, headers):
    if "chunked" not in headers.get("transfer-encoding", ""):
        return len(await reader.readexactly(int(headers.get("content-length", 0))))
    size = 0
    while n := int((await reader.readline()).split(b";")[0], 16):
        size += len(await reader.readexactly(n))
        await reader.readline()
    while await reader.readline() not in (b"\r\n", b""):
        pass
    return size


async def answer(reader, writer):
    try:
        while line := await reader.readline():
            if line == b"\r\n":
                continue
            method, target, _ = line.decode("latin-1").split(" ", 2)
            headers = {}
            while (field := await reader.readline()) != b"\r\n":
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            name = target.split("?")[0].rsplit("/", 1)[-1]
            n = ("X-N", headers.get("x-n", "0"))
            if name == "early":
                writer.write(head("200 OK", n, ("Content-Length", 7)) + b"no need")
            elif "100-continue" in headers.get("expect", ""):
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            size = await body_of(reader, headers)
            if name == "early":
                pass
            elif name == "upgrade":
                writer.write(head("101 Switching Protocols", n, ("Upgrade", "websocket"), ("Connection", "Upgrade")))
                while data := await reader.read(4096):
                    writer.write(data)
                break
            elif name == "hints":
                writer.write(head("103 Early Hints", ("Link", "</a.css>; rel=preload")) + head("200 OK", n, ("Content-Length", 2)) + b"ok")
            elif name == "empty":
                writer.write(head("204 No Content", n))
            elif name == "trailers":
                writer.write(head("200 OK", n, ("Trailer", "X-Sum"), ("Transfer-Encoding", "chunked")) + b"3\r\none\r\n0\r\nX-Sum: 3\r\n\r\n")
            elif name in ("chunked", "events", "slow"):
                kind = "text/event-stream" if name == "events" else "text/plain"
                writer.write(head("200 OK", n, ("Content-Type", kind), ("Transfer-Encoding", "chunked")))
                for i in range(3):
                    part = b"data: %d\n\n" % i
                    writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                    await asyncio.sleep({"chunked": 0.003, "events": 0.1, "slow": 0.6}[name])
                writer.write(b"0\r\n\r\n")
            elif name == "large":
                writer.write(head("200 OK", n, ("Content-Length", 200000)))
                writer.write(b"b" * 200000)
            else:
                out = b"%b %d" % (method.encode(), size)
                writer.write(head("200 OK", n, ("Content-Length", len(out))) + (b"" if method == "HEAD" else out))
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]), limit=1 << 20)
    await server.serve_forever()


asyncio.run(main())
