import { LogConfig } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { ListenTlsConfig } from './parts/tls.ts';
import { Part, Port, Text, Url, Whole } from './setting.ts';

/** apps/identity: the authorization server of the standalone mode. */
export class IdentityConfig {
  @Text('Address to listen on')
  host = '127.0.0.1';

  @Port('Port to listen on; 0 takes a free one')
  port = 8471;

  @Part(ListenTlsConfig, 'https instead of http', { optional: true })
  tls?: ListenTlsConfig;

  @Url('Issuer URL; by default http://host:port, with tls https://host:port', { optional: true })
  issuer?: string;

  @Text('Audience of the tokens: the API')
  audience!: string;

  @Text('JSON file of the clients, mode 0600: {"clients": [{"client_id", "client_secret", "name", "scopes", "services", "token_format", "redirect_uris"}]}')
  clients_file!: string;

  @Text('JSON file of the people who may sign in, mode 0600: {"users": [{"name", "password", "scopes", "services"}]}; without it nobody signs in and there are no pages', {
    optional: true,
  })
  users_file?: string;

  @Text('Directory of the signing keys, mode 0700; made at the first start')
  keys_dir!: string;

  @Whole('Life of an access token, s', 10, 86_400)
  token_ttl_s = 600;

  @Part(StoreConfig, 'Where grants are kept')
  state: StoreConfig = new StoreConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
