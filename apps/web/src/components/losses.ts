/** A reason by which a message leaves the account, as the capture names it: what it means, and for losses what to do. */
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
  too_large: { meaning: 'a batch was over the size that the bus takes', advice: 'lower what the policy keeps of headers, or raise the limit of the bus' },
  unsent: { meaning: 'the agent ended while the bus was away, and had no spool', advice: 'check the bus; give the agent a spool (spool.dir)' },
  spool_full: { meaning: 'the bus was away for longer than the spool on disk could hold, so its oldest batches went', advice: 'check the bus; raise spool.max_bytes of the agent' },
  spool_age: { meaning: 'batches waited on disk for longer than the spool keeps them', advice: 'check the bus; raise spool.max_age_s of the agent' },
  spool_error: { meaning: 'the disk would not take a batch, or not give it back: full, or faulty', advice: 'look at the disk of the spool' },
  spool_corrupt: { meaning: 'batches on disk were damaged or torn, as by a power cut', advice: 'look at the disk of the spool if it happens again' },
  queue_full: { meaning: 'the bus was away for longer than the agent could hold batches', advice: 'check the bus; raise queue.max_bytes of the agent' },
};

export function meaningOf(table: Readonly<Record<string, Reason>>, reason: string): string {
  return table[reason]?.meaning ?? reason.replaceAll('_', ' ');
}
