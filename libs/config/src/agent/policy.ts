import { Part, PartList, Text } from '../setting.ts';

export class PolicyKeyConfig {
  @Text('Id of the key, as the records name it', { matches: /^[\w.-]{1,64}$/, fix: 'must be 1 to 64 letters, digits, dots, dashes or underscores' })
  id!: string;

  @Text('File with its public half (Ed25519, PEM)')
  public_key_file!: string;
}

export class FleetPolicyConfig {
  @PartList(PolicyKeyConfig, 'Keys that may sign policies of the topic capture-policy; none: the topic is not read. Such a policy can only narrow what this host allows')
  keys: PolicyKeyConfig[] = [];

  @Text('Where the last accepted one is kept over restarts (0600); needed beside keys', { optional: true })
  state_file?: string;
}

export class PolicyConfig {
  @Text('Policy file (YAML or JSON), read again when it changes; without one the built-in policy: names kept, values by an allow-list of harmless headers', {
    optional: true,
  })
  file?: string;

  @Part(FleetPolicyConfig, "The fleet's own, from the bus")
  fleet: FleetPolicyConfig = new FleetPolicyConfig();
}
