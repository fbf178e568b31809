// `npm start -- --gateway-...`: the AI gateway that insights may ask, checked before anything starts. What the app itself refuses
// (libs/config, GatewayConfig) is refused here in the words of the command line.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Told } from '../say.mjs';
import { unprivileged } from './process.mjs';

export const GATEWAY_HELP = `insights are by rules, unless an AI gateway is named (see apps/insights/README.md)
  --gateway-url URL     its base URL, without the path
  --gateway-model M     the model, as the gateway calls it
  --gateway-kind K      openai-compatible (default), or wealthsimple
  --gateway-preset P    defaults for apipark, portkey or litellm
  --gateway-path P      path of the chat completions, where it is not the usual one
  --gateway-key-file F  file with the key, read again when it changes
  --gateway-headers-file F   further headers, one "name: value" a line
`;

export const GATEWAY_OPTIONS = ['gateway-url', 'gateway-model', 'gateway-kind', 'gateway-preset', 'gateway-path', 'gateway-key-file', 'gateway-headers-file'];
const KINDS = ['openai-compatible', 'wealthsimple'];
const PRESETS = ['apipark', 'portkey', 'litellm'];

/**
 * @param {Map<string, string>} given options by name
 * @returns {object | null} the part `gateway` of the app's settings; null: none is named
 */
export function gatewayOptions(given, cwd) {
  const of = (name) => given.get(`gateway-${name}`);
  const first = GATEWAY_OPTIONS.find((name) => given.has(name));
  if (first === undefined) return null;
  for (const name of GATEWAY_OPTIONS) if (given.get(name)?.trim() === '') refuse(`--${name} "" is empty; give a value or leave it out`);
  if (of('url') === undefined) refuse(`--${first} contradicts the absence of --gateway-url; name the gateway too`);
  checkUrl(of('url'));
  if (of('model') === undefined) refuse('--gateway-url contradicts the absence of --gateway-model; name the model, as the gateway calls it');
  const kind = oneOf('kind', of('kind') ?? 'openai-compatible', KINDS);
  const preset = of('preset') === undefined ? undefined : oneOf('preset', of('preset'), PRESETS);
  const path = of('path');
  if (kind === 'wealthsimple' && preset !== undefined)
    refuse(`--gateway-kind wealthsimple contradicts --gateway-preset ${preset}: presets are for openai-compatible gateways; leave one out`);
  if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) refuse(`--gateway-path ${path} is no path; it begins with / and has no blanks`);
  if (preset === 'apipark' && path === undefined)
    refuse("--gateway-preset apipark contradicts the absence of --gateway-path: APIPark has no fixed path; give the service's, /<service prefix>/chat/completions");
  const file = (name) => (of(name) === undefined ? undefined : resolve(cwd, of(name)));
  const [keyFile, headersFile] = [file('key-file'), file('headers-file')];
  return {
    ...{ kind, url: of('url'), model: of('model') },
    ...(preset === undefined ? {} : { preset }),
    ...(path === undefined ? {} : { path }),
    ...(keyFile === undefined ? {} : { key: { file: keyFile } }),
    ...(headersFile === undefined ? {} : { headers_file: headersFile }),
  };
}

/** The files: there, not empty, and readable by the user that insights run as. Nothing of what is in them is said. */
export function checkGatewayFiles(gateway, owner) {
  for (const [name, file] of [
    ['--gateway-key-file', gateway?.key?.file],
    ['--gateway-headers-file', gateway?.headers_file],
  ]) {
    if (file === undefined) continue;
    try {
      if (readFileSync(file, 'utf8').trim() === '') refuse(`${name} ${file} is empty`);
    } catch (error) {
      if (error instanceof Told) throw error;
      refuse(`${name} ${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
    }
    const [command, args] = unprivileged(owner, 'test', ['-r', file]);
    if (spawnSync(command, args).status === 1)
      refuse(`${name} ${file} cannot be read by user id ${owner.uid} without privileges, as which Headwater runs; give it to that user, mode 600`);
  }
}

/** A URL may hold a secret, so it is not repeated. */
function checkUrl(text) {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) refuse('--gateway-url names no URL that begins with http:// or https://');
  if (url.username || url.password)
    refuse('--gateway-url holds a user name or a password, which would show in the list of processes; put the key into a file: --gateway-key-file F');
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !here) refuse(`--gateway-url would send to ${url.hostname} in clear; give an https URL (a gateway on this machine may be http)`);
}

function oneOf(name, value, known) {
  if (!known.includes(value)) refuse(`--gateway-${name} ${value} is not known; give ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
  return value;
}

function refuse(message) {
  throw new Told(message, 2);
}
