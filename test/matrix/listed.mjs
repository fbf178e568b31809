// The cells that are not 100 %, each with its reason and the counter that holds what is missing.

const read = (totals, kind, reason) => totals[kind].response[reason] ?? 0;

/** `holds(totals now, totals before the case)` names the counter and gives what the case added to it. */
const LISTED = [
  {
    program: 'lighttpd',
    case: 'trailers both ways',
    reason: 'lighttpd 1.4.69 puts the trailer of its origin into the head with CR CR LF, which is no HTTP: the row says malformed_response',
    holds: (now, before) => ({ name: 'response filtered malformed', value: read(now, 'filtered', 'malformed') - read(before, 'filtered', 'malformed') }),
  },
];

LISTED.push({
  program: 'nginx proxy, Unix sockets to its origin',
  case: 'early response',
  reason: 'nginx gives up a request whose body was not taken by closing its Unix socket, which shows nowhere: the row comes after 60 s of silence',
  holds: (now, before) => ({ name: 'in_flight', value: now.in_flight.request - before.in_flight.request }),
});
const lostRequests = (totals) => Object.values(totals.lost.request).reduce((a, b) => a + b, 0);
LISTED.push({
  program: 'apache2 prefork',
  case: 'pipelined, large answers',
  reason: 'the end of one answer and the next go out in one call: the kernel sends no bodies, so the answer behind one in the same call is not seen',
  holds: (now, before) => ({ name: 'request lost', value: lostRequests(now) - lostRequests(before) }),
});
const kernel = (name, what) => (now, before) => ({ name: `kernel ${name}`, value: what.reduce((n, k) => n + now.kernel[k] - before.kernel[k], 0) });
const URING = 'io_uring gives its buffers to the kernel: no system call passes them, so their bytes cannot be read';
for (const name of ['io_uring, inline', 'io_uring, kernel thread', 'io_uring, worker'])
  LISTED.push(
    { program: 'C client', case: name, mode: 'sock', reason: URING, holds: kernel('unread_uring + unread_kthread', ['unread_uring', 'unread_kthread']) },
    { program: 'C client', case: name, mode: 'syscall', reason: `${URING}; the position in the stream shows that they passed`, holds: kernel('gap', ['gap']) },
  );
LISTED.push({
  program: 'C client',
  case: 'sendmmsg of two messages',
  mode: 'sock',
  reason: 'sendmmsg and recvmmsg of more than one message: the hook sees the list, not which of its messages is under way',
  holds: kernel('unread_mmsg', ['unread_mmsg']),
});

export function listed(program, name, mode) {
  return LISTED.find((l) => l.program === program && l.case === name && (l.mode === undefined || l.mode === mode));
}
