// Every way a candidate start leaves the books, named once. docs and CaptureTotals use these names.
#pragma once
#include <cstdint>

namespace hw {

enum Kind : uint8_t { REQUEST = 0, RESPONSE = 1 };

// X(id, name, sentence)
#define HW_FILTER_REASONS(X)                                                                        \
  X(IN_BODY, "in_body", "framing says the bytes belong to a message body")                          \
  X(IN_HEAD, "in_head", "the bytes lie inside a message head")                                      \
  X(AMBIGUOUS, "ambiguous", "after a chunked body whose end could not be proven")                   \
  X(INTERIM, "interim", "a 1xx response other than 101")                                            \
  X(MALFORMED, "malformed", "not HTTP/1.x by llhttp")                                               \
  X(TRUNCATED, "truncated", "the connection ended inside the head")                                 \
  X(WRONG_KIND, "wrong_kind", "a response start where requests travel, or the reverse")             \
  X(UNSOLICITED, "unsolicited", "a response without a request on an intact connection")             \
  X(MID_CONNECTION, "mid_connection", "a response to a request from before the capture saw it")     \
  X(TUNNEL, "tunnel", "bytes after an upgrade or CONNECT")                                          \
  X(DUPLICATE, "duplicate", "bytes already seen at this stream position")                           \
  X(POLICY, "policy", "a filter of the policy says that it is not logged")                          \
  X(SAMPLED, "sampled", "left out by a declared sample rate; a row of greater weight stands for it")

#define HW_LOST_REASONS(X)                                                                          \
  X(RING_FULL, "ring_full", "the kernel had no room in the ring")                                   \
  X(RESYNC, "resync", "pairing was not provable after a loss")                                      \
  X(PEER_LOST, "peer_lost", "the other half of the exchange was lost")                              \
  X(GAP_IN_HEAD, "gap_in_head", "bytes of the head are missing")                                    \
  X(LATE, "late", "the record came after its place was given up")                                   \
  X(REASSEMBLY_CAP, "reassembly_cap", "the host's memory for unfinished messages was used up")      \
  X(PENDING_CAP, "pending_cap", "too many unanswered requests on one connection")                   \
  X(CONNECTION_CAP, "connection_cap", "too many connections at once")                               \
  X(BATCH_QUEUE_FULL, "batch_queue_full", "the reader of the batches was too slow")                 \
  X(BAD_RECORD, "bad_record", "a record that does not follow wire.h")

#define HW_X(id, name, text) F_##id,
enum Filter : uint8_t { HW_FILTER_REASONS(HW_X) FILTER_N };
#undef HW_X
#define HW_X(id, name, text) L_##id,
enum Lost : uint8_t { HW_LOST_REASONS(HW_X) LOST_N };
#undef HW_X
#define HW_X(id, name, text) name,
inline constexpr const char* kFilterNames[] = {HW_FILTER_REASONS(HW_X)};
inline constexpr const char* kLostNames[] = {HW_LOST_REASONS(HW_X)};
#undef HW_X
#define HW_X(id, name, text) text,
inline constexpr const char* kFilterTexts[] = {HW_FILTER_REASONS(HW_X)};
inline constexpr const char* kLostTexts[] = {HW_LOST_REASONS(HW_X)};
#undef HW_X

// Name of an enum hw_why, or null; totals and the account's `unread` use these.
const char* unreadName(unsigned why);

}  // namespace hw
