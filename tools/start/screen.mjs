// The one screen at the end of the start: what runs, what is captured, the line to type, how to stop.
import { bold, dim, line } from '../say.mjs';

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curlLine(api, tokenFile, path = '/v1/request-patterns?group_by=method,route,status') {
  return `curl -K ${quoted(tokenFile)} | sed 's/.*"access_token" *: *"\\([^"]*\\)".*/Authorization: Bearer \\1/' | curl -s -H @- ${quoted(`${api}${path}`)}`;
}

export function showScreen({ info, capture, demo, tokenFile, stateDir, admin }) {
  line();
  line(`${bold('Headwater is running.')}  API ${bold(info.api)}`);
  line();
  if (capture.kind === 'live') {
    line(`  Captured: ${capture.scopes.join(', ')}${demo ? `  (demo shop: http://127.0.0.1:${demo.shop}, one request after another)` : ''}`);
  } else {
    line(`  ${bold('REPLAY')}: nothing of this machine is captured; recorded traffic is played, marked as replay everywhere.`);
    for (const reason of capture.reasons) line(`    ${reason}`);
  }
  line(`  Kept in:  ${stateDir}  ${dim('(logs/ beside the data)')}`);
  line(`  Metrics:  agent ${admin.agent}/metrics, analyzer ${admin.analyzer}/metrics`);
  line();
  line('  Ask it (gets a token first; the secret stays in its file):');
  line();
  line(curlLine(info.api, tokenFile));
  line();
  line(dim('  Ctrl-C stops everything; what was captured until then is kept.'));
}
