import { ALERT_KEYS, type Alert } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { DeliveryDesk } from './deliver/desk.ts';
import type { SubjectMemory } from './memory.ts';
import type { AlertReport } from './report.ts';
import type { AlertTopic } from './topic.ts';

/**
 * Tells what was decided, oldest first: the alert for readers, the event on the topic, what is owed to receivers; then the entry is
 * struck out. A bus that is away holds up only its own part. A crash in between leaves the entry to the next owner of the subject, who does all of it again; each step bears that.
 */
export class Teller {
  private readonly state: StateStore;
  private readonly topic: AlertTopic;
  private readonly desk: DeliveryDesk;
  private readonly report: AlertReport;
  private readonly keepMs: number;

  constructor(doors: { state: StateStore; topic: AlertTopic; desk: DeliveryDesk; report: AlertReport }, keepMs: number) {
    this.state = doors.state;
    this.topic = doors.topic;
    this.desk = doors.desk;
    this.report = doors.report;
    this.keepMs = keepMs;
  }

  /** @throws whatever store or bus throw; what is left is told in the next round */
  async tell(memory: SubjectMemory): Promise<void> {
    for (let owed = memory.stored?.outbox[0]; owed; owed = memory.stored?.outbox[0]) {
      const { event, ends } = owed;
      await this.show(event.alert);
      try {
        await this.publish(memory, event, ends);
      } catch (error) {
        // Whom an alert should wake does not wait for a bus that is away.
        for (const waiting of memory.stored!.outbox) await this.desk.accept(waiting.event, memory.subject);
        throw error;
      }
      await this.desk.accept(event, memory.subject);
      const { outbox, ...rest } = memory.stored!;
      if (await memory.save({ ...rest, outbox: outbox.slice(1) })) continue;
      this.report.lostRace('outbox');
      return;
    }
  }

  /** Writes the alert where readers look for it, unless a later state of it is there. */
  async show(alert: Alert): Promise<void> {
    const key = ALERT_KEYS.alert(alert.id);
    for (;;) {
      const entry = await this.state.get(key);
      if (entry && (JSON.parse(entry.value) as Alert).revision >= alert.revision) return;
      if (await this.state.compareAndSet(key, entry?.version ?? null, JSON.stringify(alert), alert.state === 'resolved' ? { ttlMs: this.keepMs } : {})) return;
    }
  }

  private async publish(memory: SubjectMemory, event: Parameters<AlertTopic['publish']>[0], ends: number[] | null): Promise<void> {
    if (memory.doubtful.has(event.event_id) && (await this.topic.holds(event, ends))) return this.report.published('found');
    // From here on it may be there, whatever is answered.
    memory.doubtful.add(event.event_id);
    await this.topic.publish(event);
    this.report.published('sent');
  }
}
