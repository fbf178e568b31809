import { Switch, Text, Url, Whole } from '../setting.ts';

export class PeerConfig {
  @Text('Network, such as 10.20.0.0/16 or fd00:1::/64', { matches: /^[0-9a-fA-F.:]+\/\d{1,3}$/, fix: 'must be an address, a slash and a length, such as 10.20.0.0/16' })
  cidr!: string;

  @Text('Name of what lives there (service.peer.name)', { max: 200 })
  name!: string;
}

export class KubeletConfig {
  @Url("The kubelet's pods, such as https://127.0.0.1:10250/pods; names of pods, namespaces and containers", { optional: true })
  url?: string;

  @Text('File with the token for it (a service account that may get nodes/proxy)', { optional: true })
  token_file?: string;

  @Text("File with the CA of the kubelet's certificate", { optional: true })
  ca_file?: string;

  @Switch('Whether a certificate that cannot be checked is accepted; only towards loopback')
  insecure_loopback = false;

  @Whole('How often it is asked, s', 2, 3_600)
  interval_s = 15;
}
