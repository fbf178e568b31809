import { Whole } from '../setting.ts';

export class OverheadConfig {
  @Whole(
    'CPU that agent and probe may take together, percent of one core; above it exchanges are sampled, errors and slow ones never, and every answer says so. 0: no ceiling',
    0,
    6_400,
  )
  cpu_ceiling_percent = 100;
}
