import { html } from './html.ts';
import { page } from './page.ts';

/** `back`: where the person goes who stays signed in; null: nowhere */
export function logoutPage(action: string, xsrf: string, person: string, back: string | null): string {
  return page(
    'Sign out?',
    html`<p>You are signed in as <strong>${person}</strong>. Signing out ends all sessions that were begun with this sign-in.</p>
      <form method="post" action="${action}">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <button type="submit" name="logout" value="yes">Sign out</button>
      </form>
      ${back === null ? null : html`<a class="button plain" href="${back}">Stay signed in</a>`}`,
  );
}
