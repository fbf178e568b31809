/** What the main thread asks of the worker. Request 0 is the opening of the file. */
import type { BusErrorCode, BusRecord, OutRecord, PartitionRange, TopicSettings } from '../port.ts';
import type { LeaseRequest } from './leases.ts';

export interface WorkerCalls {
  incarnation(topic: string): string;
  publish(topic: string, records: readonly OutRecord[], partitions: readonly number[]): { partition: number; offset: number }[];
  ranges(topic: string): PartitionRange[];
  fetch(topic: string, partition: number, offset: number): { records: BusRecord[]; next: number };
  applyTopics(topics: readonly TopicSettings[], dryRun: boolean): { topic: string; action: 'created' | 'exists' | 'differs'; detail: string }[];
  beat(request: LeaseRequest): { keep: string[]; drop: string[]; take: string[] };
  release(group: string, member: string, partitions: readonly string[]): void;
  leave(group: string, member: string): void;
  enforceRetention(): number;
  close(): void;
}

export interface WorkerRequest {
  id: number;
  call: keyof WorkerCalls;
  args: unknown[];
}

export type WorkerReply = { changed: true } | { id: number; result: unknown } | { id: number; error: { code?: BusErrorCode; message: string } };
