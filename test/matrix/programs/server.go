// Go's net/http: the answers of the matrix. Arguments: PORT.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

func whole(w http.ResponseWriter, status int, body string) {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func parts(w http.ResponseWriter, pause time.Duration, parts ...string) {
	for i, part := range parts {
		if i > 0 {
			time.Sleep(pause)
		}
		io.WriteString(w, part)
		w.(http.Flusher).Flush()
	}
}

func tunnel(w http.ResponseWriter, head string) {
	c, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	io.WriteString(c, head)
	io.Copy(c, buffered)
}

func answer(w http.ResponseWriter, q *http.Request) {
	h := w.Header()
	n := q.Header.Get("X-N")
	h.Set("X-N", n)
	if q.Method == http.MethodConnect {
		tunnel(w, "HTTP/1.1 200 Connection Established\r\nX-N: "+n+"\r\n\r\n")
		return
	}
	switch path.Base(q.URL.Path) {
	case "echo":
		size, _ := io.Copy(io.Discard, q.Body)
		whole(w, 200, fmt.Sprintf("%s %d", q.Method, size))
	case "chunked":
		parts(w, 3*time.Millisecond, "one", strings.Repeat("c", 4096), "three")
	case "trailers":
		h.Set("Trailer", "X-Sum")
		io.Copy(io.Discard, q.Body)
		io.WriteString(w, "one")
		h.Set("X-Sum", "3")
	case "hints":
		h.Set("X-Hint", "/a.css; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		whole(w, 200, "hinted")
	case "empty":
		whole(w, 204, "")
	case "same":
		h.Set("ETag", `"m"`)
		whole(w, 304, "")
	case "broken":
		h.Set("Retry-After", "1")
		whole(w, 503, "no")
	case "close":
		h.Set("Connection", "close")
		h.Set("Transfer-Encoding", "identity")
		io.WriteString(w, "until the end")
	case "odd":
		h["x-rep"] = []string{"1", "2"}
		h["X-REP"] = []string{"3"}
		h["X-Empty"] = []string{""}
		h["X-Obs"] = []string{"caf\xe9 \xff\x80"}
		h["Via"] = []string{"1.1 a", "1.1 b"}
		whole(w, 200, "odd")
	case "long":
		for i := 0; i < 20; i++ {
			h.Set(fmt.Sprintf("X-Long-%d", i), strings.Repeat("l", 3050))
		}
		whole(w, 200, "long")
	case "imitate":
		whole(w, 200, "HTTP/1.1 404 Forged\r\nContent-Length: 0\r\n\r\nGET /forged HTTP/1.1\r\n\r\n")
	case "large":
		whole(w, 200, strings.Repeat("b", 200000))
	case "events":
		h.Set("Content-Type", "text/event-stream")
		parts(w, 100*time.Millisecond, "data: 0\n\n", "data: 1\n\n", "data: 2\n\n")
	case "slow":
		parts(w, 1600*time.Millisecond, "ab", "cd")
	case "upgrade":
		tunnel(w, "HTTP/1.1 101 Switching Protocols\r\nX-N: "+n+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	default:
		whole(w, 200, "hello")
	}
}

func main() {
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[1], Handler: http.HandlerFunc(answer), MaxHeaderBytes: 1 << 20}
	fmt.Println(server.ListenAndServe())
}
