import { html } from './html.ts';
import { page } from './page.ts';

export interface LoginPage {
  uid: string;
  csrf: string;
  /** who sends the person here */
  client: string;
  /** what was typed before */
  username?: string;
  /** a sentence, where the last try failed */
  error?: string;
}

export function loginPage({ uid, csrf, client, username = '', error }: LoginPage): string {
  const described = error === undefined ? null : html` aria-describedby="error" aria-invalid="true"`;
  return page(
    'Sign in',
    html`<p class="quiet">to go on to ${client}</p>
      ${error === undefined ? null : html`<p class="error" id="error" role="alert">${error}</p>`}
      <form method="post" action="/interaction/${uid}/login">
        <input type="hidden" name="csrf" value="${csrf}" />
        <label for="username">User name</label>
        <input
          id="username"
          name="username"
          type="text"
          value="${username}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="64"
          required${described}${username === '' ? html` autofocus` : null}
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${described}${username === '' ? null : html` autofocus`} />
        <button type="submit">Sign in</button>
      </form>`,
  );
}
