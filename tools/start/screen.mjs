// The one screen at the end of the start: where to look, who logs in, what is captured and what is not, how to stop.
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../repo.mjs';
import { bold, dim } from '../say.mjs';
import { sshLine } from './addresses.mjs';
import { RECORDINGS } from './options.mjs';

const quoted = (text) => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function curlLine(api, files, path = '/v1/request-patterns?group_by=method,route,status') {
  const how = files.api ? `-K ${quoted(files.api)}` : '-s';
  return `curl -K ${quoted(files.token)} | sed 's/.*"access_token" *: *"\\([^"]*\\)".*/Authorization: Bearer \\1/' | curl ${how} -H @- ${quoted(`${api}${path}`)}`;
}

/** Whether the person looks at this screen from elsewhere: came by ssh, or nothing here could show a browser. */
export function remote(env = process.env) {
  const [, , address, port] = (env.SSH_CONNECTION ?? '').split(' ');
  if (!address && (env.DISPLAY || env.WAYLAND_DISPLAY)) return null;
  return { host: address || hostname(), user: env.SUDO_USER || userInfo().username, sshPort: port ? Number(port) : undefined };
}

/** The lines of the screen; at most 80 columns but for what is to be copied as it is. */
export function screenLines({ at, options, login, capture, demo, curl, stateDir, seconds, from = remote(), here = process.cwd() }) {
  const row = (title, text) => `  ${title.padEnd(10)} ${text}`;
  const lines = ['', `${bold('Headwater is running.')} ${dim(`(ready after ${seconds.toFixed(1)} s)`)}`, ''];
  lines.push(row('Dashboard', bold(`${at.api}/`)));
  lines.push(row('Log in', login.password ? `${login.user}   ${bold(login.password)}` : `${login.user}, with the password that you gave it`));
  if (from && /^http:\/\/(127\.|localhost|\[::1\])/.test(at.api)) lines.push(row('From afar', sshLine({ ...options, ...from })));
  lines.push('');
  if (capture.kind === 'live') {
    lines.push(row('Captured', capture.scopes.join(', ')));
    if (demo) lines.push(row('', `the demo shop (http://127.0.0.1:${demo.shop}/): why does /checkout fail?`));
    lines.push(row('Not', `TLS, HTTP/2, QUIC, and every socket outside the scope`));
  } else {
    lines.push(row('Captured', `${bold('nothing: REPLAY')} of ${capture.recording === RECORDINGS ? 'the demo shop' : capture.recording}, marked as such`));
    for (const reason of capture.reasons) lines.push(row('', reason));
    if (capture.reasons.length === 0) lines.push(row('', 'as --replay asks'));
  }
  lines.push(row('Insights', insights(options.gateway)));
  lines.push(row('Your own', `npm start -- --no-demo --scope port=8080   ${dim('a server')}`));
  lines.push(row('', `   ...            --scope exe=/usr/sbin/nginx   ${dim('a program')}`));
  lines.push(row('', `   ...            --scope peer-port=9200   ${dim('what clients ask of it')}`));
  lines.push('');
  lines.push(row('Kept in', `${short(stateDir, here)}  ${dim('logs/ beside the data; secrets never leave this machine')}`));
  lines.push(row('Stop', `Ctrl-C; what was captured is kept. Remove it all: npm run uninstall`));
  lines.push(row('Watch', `npx headwater-agent tail${stateDir === join(ROOT, '.headwater') ? '' : ` --state-dir ${quoted(short(stateDir, here))}`}`));
  lines.push(row('Ask', 'a token, then the API; the secret stays in its file:'), '', curl);
  return lines;
}

/** What makes insights, in one sentence; of a gateway's URL only the host is said. */
function insights(gateway) {
  if (gateway === null) return `by rules; by a model too with ${dim('--gateway-url URL --gateway-model M')}`;
  return `by rules, and by ${gateway.model} behind ${new URL(gateway.url).host}, which gets aggregates`;
}

function short(dir, here) {
  return dir.startsWith(`${here}/`) ? dir.slice(here.length + 1) : dir;
}
