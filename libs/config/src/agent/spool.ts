import { Text, Whole } from '../setting.ts';

export class SpoolConfig {
  @Text('Directory for batches that the bus does not take now; without one they wait in memory only. Belongs to this agent alone (0700)', { optional: true })
  dir?: string;

  @Whole('Bytes of it; over them the oldest batches go and their exchanges count as lost (spool_full)', 1_000_000, 1_099_511_627_776)
  max_bytes = 1_073_741_824;

  @Whole('Age after which a batch is not worth sending, s (lost: spool_age)', 60, 604_800)
  max_age_s = 86_400;

  @Whole('Backlog sent beside live batches, bytes a second', 100_000, 1_073_741_824)
  backlog_bytes_per_s = 8_388_608;
}
