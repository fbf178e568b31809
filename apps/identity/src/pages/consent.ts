import { SCOPE_WORDS } from '../scopes.ts';
import { html } from './html.ts';
import { page } from './page.ts';

export interface ConsentPage {
  uid: string;
  csrf: string;
  client: string;
  /** where the person comes back to */
  clientOrigin: string;
  person: string;
  /** the API's resource identifier */
  api: string;
  scopes: readonly string[];
  /** null: all services */
  services: readonly string[] | null;
}

export function consentPage({ uid, csrf, client, clientOrigin, person, api, scopes, services }: ConsentPage): string {
  const rights =
    scopes.length === 0
      ? html`<p>It will learn your user name, and nothing else: your account may not read anything of this API.</p>`
      : html`<p>At the Headwater API (<code>${api}</code>) it may:</p>
          <ul>
            ${scopes.map((s) => html`<li>${SCOPE_WORDS[s] ?? s} <code class="quiet">${s}</code></li>`)}
          </ul>
          <p class="quiet">
            ${services === null ? 'For all services.' : `Only for ${services.length === 1 ? 'the service' : 'the services'}: ${services.length === 0 ? 'none' : services.join(', ')}.`}
            It learns your user name. It never learns your password.
          </p>`;
  return page(
    `Allow ${client}?`,
    html`<p><strong>${client}</strong> at <code>${clientOrigin}</code> asks to act for you, <strong>${person}</strong>.</p>
      ${rights}
      <form method="post" action="/interaction/${uid}/consent">
        <input type="hidden" name="csrf" value="${csrf}" />
        <button type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny" class="plain">Deny</button>
      </form>`,
  );
}
