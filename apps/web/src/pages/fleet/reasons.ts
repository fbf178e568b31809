/** Reasons by which a message leaves the account, as the capture names them: what it means, and for losses what to do. */
export interface Reason {
  meaning: string;
  advice?: string;
}

export const LOST: Readonly<Record<string, Reason>> = {
  ring_full: { meaning: 'the kernel had no room in the ring', advice: 'give the agent more CPU, or a narrower scope' },
  resync: { meaning: 'pairing was not provable after a loss', advice: 'follows other losses; look at those' },
  peer_lost: { meaning: 'the other half of the exchange was lost', advice: 'follows other losses; look at those' },
  gap_in_head: { meaning: 'bytes of the head are missing', advice: 'follows a full ring, or a program that writes in a way that is not seen' },
  late: { meaning: 'the record came after its place was given up', advice: 'give the agent more CPU' },
  reassembly_cap: { meaning: "the host's memory for unfinished messages was used up", advice: 'narrow the scope, or look for clients that never finish a request' },
  pending_cap: { meaning: 'too many unanswered requests on one connection', advice: 'look for a client that pipelines without reading' },
  connection_cap: { meaning: 'too many connections at once', advice: 'narrow the scope of the host' },
  batch_queue_full: { meaning: 'the reader of the batches was too slow', advice: 'give the agent more CPU' },
  bad_record: { meaning: 'a record that the agent does not understand', advice: 'install probe and agent of the same version' },
  queue_full: { meaning: 'the bus was away for longer than the agent could hold batches', advice: 'check the bus; raise queue.max_bytes of the agent' },
};

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
};

export const LOST_BATCHES: Readonly<Record<string, Reason>> = {
  sequence_gap: { meaning: 'batches that never came', advice: 'check the bus and its retention' },
  sequence_gap_filled: { meaning: 'of those, came after all' },
  retention: { meaning: 'deleted by the bus before they were read', advice: 'run more analyzers, or keep the log for longer' },
};

export function meaningOf(table: Readonly<Record<string, Reason>>, reason: string): string {
  return table[reason]?.meaning ?? reason.replaceAll('_', ' ');
}

/** A name that is new: the host's own page of reasons has it. */
export function adviceOf(reason: string): string {
  return LOST[reason]?.advice ?? 'run headwater-agent doctor on the host';
}
