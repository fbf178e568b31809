// Which exchanges become rows: the filters' answer, then sampling.
#include <sys/socket.h>

#include <algorithm>

#include "core.h"
#include "route.h"
#include "target.h"

namespace hw {

// The route template, also when no row was written of it before.
std::string_view Core::routeOf(const Message& q) {
  Start* t = q.head.start != nullptr && q.head.start->serial == q.head.startSerial ? q.head.start : &scratchStart_;
  if (t == &scratchStart_ || !t->routed) {
    routeTemplate(splitTarget(view(q.bytes, q.head.method), view(q.bytes, q.head.target)).path, t->route);
    t->routed = t != &scratchStart_;
  }
  return t->route;
}

void Core::judgeNow(const Connection& c, Exchange& e, const char* error, bool begun) {
  const Message& q = *e.request;
  const Message* s = e.response != nullptr && !e.response->malformed ? e.response : nullptr;
  const uint16_t port = !c.known() ? 0 : c.isClient() ? c.who().peer_port : c.who().local_port;
  ExchangeFacts f;
  f.method = view(q.bytes, q.head.method);
  f.status = s != nullptr ? s->head.status : 0;
  f.client = c.isClient();
  f.port = !c.known() || c.who().family == AF_UNIX ? 0 : port;
  f.service = whoIs(q.tgid, port, c.startTicks(q.tgid)).serviceText;
  const uint64_t until = s != nullptr && !begun ? s->lastNs : nowNs;
  f.totalNs = until > q.firstNs ? until - q.firstNs : 0;
  uint64_t rate = throttle_;
  if (!options.policy.filters.empty() || options.narrowed) {
    const Target target = splitTarget(f.method, view(q.bytes, q.head.target));
    f.path = target.path;
    f.host = target.hasHost || q.head.host < 0 ? target.host : hostOnly(view(q.bytes, q.head.headers[static_cast<size_t>(q.head.host)].value));
    f.of[REQUEST] = {&q.bytes, &q.head};
    if (s != nullptr) f.of[RESPONSE] = {&s->bytes, &s->head};
    rate *= askFilters(options, f).oneIn;
  }
  if (rate == 0) {
    e.logged = false;
    e.unloggedBy = F_POLICY;
    return;
  }
  if (rate == 1) return;
  const auto oneIn = static_cast<uint32_t>(std::min(rate, kMostOneIn));
  account.sampling.rated++;
  if (oneIn > strongestRate_) strongestRate_ = oneIn;
  const bool whole = begun || error != nullptr || neverSampled(options, f);
  if (!whole) {
    uint64_t stratum = hashBytes(f.service);
    stratum = mix(stratum ^ hashBytes(f.method), (static_cast<uint64_t>(f.status / 100) << 1 | f.client) + 0x9e3779b97f4a7c15ULL);
    stratum = mix(stratum ^ hashBytes(routeOf(q)), 0xe7037ed1a0b428dbULL);
    if (!sampler_.keep(stratum, oneIn, nowNs)) {
      e.logged = false;
      e.unloggedBy = F_SAMPLED;
      return;
    }
    e.weight = oneIn;
  }
  account.sampling.ratedKept++;
}

}  // namespace hw
