import { StubApipark, StubLitellm, StubWealthsimple } from '../testing/stubs/index.ts';
import { gatewayContract } from './gateway.contract.ts';

const KEY = 'sk-canary-5f0c2d9e7b31';

gatewayContract('openai-compatible, a provider itself', async (provider) => ({ settings: { url: provider.url } }));

gatewayContract('openai-compatible, through LiteLLM', async (provider) => {
  const gateway = await new StubLitellm({ upstream: provider.url, key: KEY }).listen();
  return { settings: { preset: 'litellm', url: gateway.url }, server: gateway.server, close: () => gateway.close() };
});

gatewayContract('openai-compatible, through APIPark', async (provider) => {
  const gateway = await new StubApipark({ upstream: provider.url, key: KEY }).listen();
  return { settings: { preset: 'apipark', url: gateway.url, path: gateway.path }, server: gateway.server, close: () => gateway.close() };
});

gatewayContract('wealthsimple, through its gateway', async (provider) => {
  const gateway = await new StubWealthsimple(provider.url).listen();
  return { settings: { kind: 'wealthsimple', url: gateway.url }, server: gateway.server, close: () => gateway.close() };
});
