// What has no door to JavaScript, checked on its own: cgroup paths, processes, caches and their bounds, the batch queue.
// Prints "ok N" or stops at the first difference. Run by src/native.spec.ts.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "../../core/core.h"
#include "cgroup_shapes.h"

using namespace hw;

namespace {

int checks = 0;

void check(bool ok, const char* what, int line) {
  checks++;
  if (ok) return;
  fprintf(stderr, "test/native/units.cc:%d: %s\n", line, what);
  exit(1);
}
#define CHECK(x) check((x), #x, __LINE__)

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kPod = "12345678-9abc-def0-1234-56789abcdef0";

void cgroups() {
  for (const CgroupShape& c : cgroupShapes()) {
    const CgroupFacts f = readCgroup(c.path);
    if (f.container != c.container || f.pod != c.pod || f.unit != c.unit)
      fprintf(stderr, "%s: %s: container \"%s\" pod \"%s\" unit \"%s\"\n", c.made_by, c.path.c_str(), f.container.c_str(), f.pod.c_str(), f.unit.c_str());
    CHECK(f.container == c.container && f.pod == c.pod && f.unit == c.unit);
  }
  CHECK(cgroupShapes().size() >= 40);
}

void processes() {
  Attribution a;
  a.onSight(7, "worker");
  CHECK(a.of(7).executable == "worker");
  a.onResolved(7, "worker", "/opt/shop/bin/shop (deleted)", "/system.slice/shop.service");
  CHECK(a.of(7).exe == "/opt/shop/bin/shop" && a.of(7).executable == "shop" && a.of(7).service == "shop");
  const uint64_t version = a.version();
  a.onSight(7, "other");
  CHECK(a.version() == version && a.of(7).executable == "shop");  // a thread's name is not the process
  a.onResolved(7, "bank", "/usr/bin/bank", "/docker/" + kId);      // the pid was given to another process
  CHECK(a.version() != version && a.of(7).service == "bank" && a.of(7).facts.container == kId && a.of(7).facts.unit.empty());
  const std::vector<ServiceRule> rules = {{"by-port", "", "", 81}, {"by-exe", "/usr/*/bank", "", -1}};
  CHECK(a.service(a.of(7), 81, rules) == "by-port");
  CHECK(a.service(a.of(7), 80, rules) == "by-exe");
  CHECK(a.service(a.of(8), 80, rules).empty());
  CHECK(a.of(7).facts.container == kId && a.of(7).service == "bank");  // the unit around a container is not its name

  // a number used again: each keeps its own, whatever order the answers come in
  CHECK(a.onSight(9, "first", 100, 71));
  a.onResolved(9, "first", "/bin/first", "/system.slice/first.service", 100);
  CHECK(!a.onSight(9, "first", 100, 71));
  CHECK(a.onSight(9, "second", 500, 72));
  CHECK(a.of(9, 500).executable == "second" && a.of(9, 500).exe.empty() && a.of(9, 500).service == "second");
  CHECK(a.of(9, 100).exe == "/bin/first" && a.of(9).executable == "second");
  CHECK(!a.onSight(9, "first", 100, 71));  // a late record of the first
  CHECK(a.of(9).executable == "second");
  a.onResolved(9, "third", "/bin/third", "/system.slice/third.service", 900);  // the second is gone before it was asked for
  CHECK(a.of(9, 500).exe.empty() && a.of(9, 500).executable == "second" && a.of(9, 900).exe == "/bin/third");

  // processes that are gone at once: their socket's cgroup says where they were
  CHECK(a.onSight(11, "cron-job", 50, 90));
  CHECK(a.onGone(11) == 90);
  a.onCgroup(90, "/system.slice/job.service");
  CHECK(a.of(11, 50).facts.unit == "job.service" && a.of(11, 50).service == "job" && a.of(11, 50).executable == "cron-job");
  CHECK(a.onSight(12, "cron-job", 51, 90));
  CHECK(a.onGone(12) == 0 && a.of(12, 51).service == "job");  // known by now
  CHECK(a.onGone(4711) == 0);

  // names that only the kubelet knows
  a.onResolved(13, "web", "/bin/web", "/kubepods/burstable/pod" + kPod + "/" + kId, 60);
  CHECK(a.names(a.of(13, 60)).podUid == kPod && a.names(a.of(13, 60)).pod.empty());
  const uint64_t before = a.version();
  a.setPods({{kPod, "web-0", "shop", {{"containerd://" + kId, "app"}}}});
  CHECK(a.version() != before);
  const Attribution::Names n = a.names(a.of(13, 60));
  CHECK(n.pod == "web-0" && n.space == "shop" && n.container == "app" && n.podUid == kPod);
  CHECK(a.names(a.of(7)).pod == "web-0");  // by the container's id alone
  a.setPods({});
  CHECK(a.names(a.of(13, 60)).pod.empty() && a.names(a.of(13, 60)).podUid == kPod);

  for (uint32_t pid = 100; pid < 200000; pid++) a.onSight(pid, "x");
  CHECK(a.of(199999).executable == "x");
}

size_t inUse() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

// Lines, start lines and names without end, each twice so that the door lets them in.
void hostileHeads() {
  HeadReader reader;
  Head head;
  const size_t before = inUse();
  for (int i = 0; i < 60000; i++) {
    std::string text = "GET /" + std::to_string(i) + std::string(900, 'p') + " HTTP/1.1\r\nA: " + std::to_string(i) + std::string(480, 'v') + "\r\nN" + std::to_string(i) + ": 1\r\n\r\n";
    for (int twice = 0; twice < 2; twice++) {
      std::string bytes = text;
      CHECK(reader.scan(bytes.data(), bytes.size()) == bytes.size());
      CHECK(reader.read(REQUEST, bytes, false, head) == HeadResult::OK && head.count == 2);
    }
  }
  const size_t more = inUse() - before;
  if (more > 8u << 20) fprintf(stderr, "caches grew by %zu bytes\n", more);
  CHECK(more < 8u << 20);
}

void pushHead(Core& core, uint8_t dir, uint64_t& pos, uint64_t ts, uint32_t ordinal, const std::string& bytes, uint64_t sock = 1) {
  hw_chunk c{};
  c.type = HW_T_DATA;
  c.dir = dir;
  c.flags = static_cast<__u16>(HW_F_START | HW_F_HEAD_END | (dir == HW_TX ? HW_F_RESPONSE : 0));
  c.cap = static_cast<__u16>(bytes.size());
  c.len = static_cast<__u32>(bytes.size());
  c.ts_ns = ts;
  c.sock = sock;
  c.pos = pos;
  c.ordinal = ordinal;
  c.starts = c.chunks = 1;
  pos += bytes.size();
  std::string record(reinterpret_cast<const char*>(&c), sizeof c);
  record += bytes;
  CHECK(core.onRecord(record.data(), record.size()));
}

// Secrets, values and names without end through the whole core; then a reader that takes nothing.
void hostileCore(bool reading, uint64_t& rows, uint64_t& lost) {
  Options o;
  o.maxRows = 100;
  o.readyBatches = 3;
  o.key = {"k1", std::string(32, 'k')};
  rows = 0;
  Core core(o, [&](BatchPtr& b) {
    if (!reading) return false;
    rows += b->rows;
    b.reset();
    return true;
  });
  uint64_t pos[2] = {0, 0}, ts = 1000;
  core.tick(ts, ts);
  size_t before = 0;
  for (uint32_t i = 0; i < 30000; i++) {
    const std::string n = std::to_string(i / 2);
    pushHead(core, HW_RX, pos[1], ts += 1000, i + 1, "GET /a" + n + "x HTTP/1.1\r\nHost: h" + n + "\r\nAuthorization: Bearer " + n + std::string(300, 's') + "\r\nX-N" + n + ": v\r\n\r\n");
    pushHead(core, HW_TX, pos[0], ts += 1000, i + 1, "HTTP/1.1 204 No Content\r\nSet-Cookie: a=" + n + std::string(300, 's') + "\r\nServer: s" + n + "\r\n\r\n");
    if (i == 100) before = inUse();
    CHECK(core.audit());
  }
  const size_t more = inUse() - before;
  if (more > 12u << 20) fprintf(stderr, "the core grew by %zu bytes\n", more);
  CHECK(more < 12u << 20);
  lost = core.account.of[REQUEST].lost[L_BATCH_QUEUE_FULL];
  CHECK(core.account.of[RESPONSE].lost[L_BATCH_QUEUE_FULL] == lost);
  core.flush(ts);
  CHECK(core.audit());
  core.closing([&](BatchPtr& b) { rows += b->rows; });
}

// Each row in a batch of its own: what the rows say that know least, behind others that fill every column or not.
std::vector<std::string> poorRows(bool behindRich, uint64_t& filled) {
  Options o;
  o.maxRows = 1;
  o.key = {"k1", std::string(32, 'k')};
  o.peers = {{{}, 0, "all"}};
  bool poor = false;
  std::vector<std::string> rows;
  Core core(o, [&](BatchPtr& b) {
    std::string row;
    for (int c = 0; c < COLUMN_N && b->rows > 0; c++) {
      const std::string bytes(reinterpret_cast<const char*>(b->column(static_cast<Column>(c))), columnWidth(kColumns[c].type));
      if (!poor && bytes.find_first_not_of('\0') != std::string::npos) filled |= uint64_t{1} << c;
      row += bytes;
    }
    if (poor && b->rows > 0) rows.push_back(row);
    b.reset();
    return true;
  });
  uint64_t ts = 1000000;
  core.tick(ts, ts);
  const std::string answers[] = {"HTTP/1.1 nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n"};
  for (uint64_t sock = 10; behindRich && sock < 40; sock++) {
    hw_conn c{};
    c.type = HW_T_CONN;
    c.family = 2;
    c.local_port = 80;
    c.ts_ns = ts;
    c.sock = sock;
    c.peer_addr[0] = 10;
    CHECK(core.onRecord(&c, sizeof c));
    uint64_t pos[2] = {0, 0};
    pushHead(core, HW_RX, pos[1], ts, 1, "GET /a?b=1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer abcdef\r\n\r\n", sock);
    pushHead(core, HW_TX, pos[0], ts, 1, answers[sock % 3], sock);
  }
  core.tick(ts, ts);
  poor = true;
  uint64_t pos[2] = {0, 0};
  for (uint32_t i = 1; i <= 20; i++) {
    pushHead(core, HW_RX, pos[1], ts += 1000, i, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    pushHead(core, HW_TX, pos[0], ts += 1000, i, "HTTP/1.0 204 No Content\r\n\r\n");
    core.tick(ts, ts);
  }
  return rows;
}

void reusedBatches() {
  uint64_t filled = 0, none = 0;
  const std::vector<std::string> alone = poorRows(false, none), behind = poorRows(true, filled);
  CHECK(alone.size() == 20 && alone == behind);
  for (const Column c : {C_HEADWATER_PHASE, C_SERVER_PORT, C_CLIENT_ADDRESS, C_NETWORK_TRANSPORT, C_ERROR_TYPE, C_RPC_SYSTEM, C_SERVICE_PEER_NAME, C_HEADWATER_KEY_ID}) CHECK((filled >> c & 1) != 0);
}

}  // namespace

int main() {
  cgroups();
  processes();
  hostileHeads();
  reusedBatches();
  uint64_t rows, lost;
  hostileCore(true, rows, lost);
  CHECK(rows == 30000 && lost == 0);
  hostileCore(false, rows, lost);
  CHECK(rows > 0 && lost > 0 && rows + lost == 30000);  // what waits is delivered at the end, the rest is counted
  printf("ok %d\n", checks);
}
