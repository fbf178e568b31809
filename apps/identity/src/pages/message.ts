import { html } from './html.ts';
import { page } from './page.ts';

/** A page that says one thing; `hint` says what to do about it. */
export function messagePage(title: string, sentence: string, hint?: string): string {
  return page(
    title,
    html`<p>${sentence}</p>
      ${hint === undefined ? null : html`<p class="quiet">${hint}</p>`}`,
  );
}

/** What the errors of the authorization endpoint mean to the person who sees them. Only these words are shown, never the library's. */
const SENTENCES: Readonly<Record<string, readonly [title: string, sentence: string, hint?: string]>> = {
  SessionNotFound: [
    'This sign-in is over',
    'It took longer than ten minutes, or was finished in another tab, or the browser does not keep our cookies.',
    'Go back to the application and sign in again.',
  ],
  InvalidClient: [
    'Unknown application',
    'The application that sent you here is not known, or no longer is.',
    'Ask whoever runs Headwater; they can add it with: headwater-identity add-client',
  ],
  InvalidRedirectUri: [
    'Wrong way back',
    'The application asks for answers at an address that is not registered for it, so nothing was sent there.',
    'Ask whoever runs Headwater to add the exact address to redirect_uris of that client.',
  ],
  InvalidRequest: [
    'The request is not complete',
    'The application that sent you here left out something that signing in needs, or sent something it must not.',
    'Start again from the application; if that does not help, tell whoever runs it.',
  ],
  AccessDenied: ['Not allowed', 'Nothing was given to the application.', 'You can close this page.'],
};

/** `name`: of the error's class */
export function errorPage(name: string, status: number): string {
  const known = SENTENCES[name];
  if (known !== undefined) return messagePage(...known);
  if (status >= 500) return messagePage('Something went wrong here', 'The sign-in server failed; it is not your doing.', 'Try again in a moment. Its log says more.');
  return messagePage(
    'This does not work',
    'The application that sent you here asked for something that is not offered.',
    'Start again from the application; if that does not help, tell whoever runs it.',
  );
}
