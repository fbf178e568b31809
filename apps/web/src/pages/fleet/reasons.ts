import { LOST, type Reason } from '../../components/losses.ts';

export const FILTERED: Readonly<Record<string, Reason>> = {
  in_body: { meaning: 'bytes of a message body that look like a start' },
  in_head: { meaning: 'bytes inside a message head' },
  ambiguous: { meaning: 'after a chunked body whose end could not be proven' },
  interim: { meaning: 'interim responses (1xx)' },
  malformed: { meaning: 'not HTTP/1.x' },
  truncated: { meaning: 'the connection ended inside the head' },
  wrong_kind: { meaning: 'a response start where requests travel, or the reverse' },
  unsolicited: { meaning: 'a response without a request' },
  mid_connection: { meaning: 'answers to requests from before the capture began' },
  tunnel: { meaning: 'bytes after an upgrade or CONNECT' },
  duplicate: { meaning: 'bytes seen before' },
  policy: { meaning: 'a filter of the policy says that it is not logged' },
  sampled: { meaning: 'left out by a declared sample rate: others that were kept stand for it' },
};

export const LOST_BATCHES: Readonly<Record<string, Reason>> = {
  sequence_gap: { meaning: 'batches that never came', advice: 'check the bus and its retention' },
  sequence_gap_filled: { meaning: 'of those, came after all' },
  retention: { meaning: 'deleted by the bus before they were read', advice: 'run more analyzers, or keep the log for longer' },
};

/** A name that is new: the host's own page of reasons has it. */
export function adviceOf(reason: string): string {
  return LOST[reason]?.advice ?? 'run headwater-agent doctor on the host';
}

/** Why message starts could not be read, as the probe names it. */
export const UNREAD: Readonly<Record<string, Reason>> = {
  kthread: { meaning: 'moved by a thread of the kernel' },
  not_syscall: { meaning: 'moved outside of a system call' },
  compat: { meaning: 'a 32-bit program' },
  sendfile: { meaning: 'sent by sendfile' },
  splice: { meaning: 'moved by splice' },
  uring: { meaning: 'moved by io_uring' },
  mmsg: { meaning: 'several messages in one system call' },
  trunc: { meaning: 'thrown away unread by the program' },
  fault: { meaning: 'its memory could not be read' },
  other: { meaning: 'moved in a way that is not known' },
};
