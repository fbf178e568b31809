import { loginAddress } from '../api/session.ts';
import { SESSION_ENDED, tell, type ApiProblem } from '../api/problem.ts';

/**
 * In place of every page while nobody is logged in. `was`: somebody was, on this very page; the browser drops a cookie
 * that is too old, so the API cannot tell that from nobody.
 */
export function LoginNeeded({ problem, was }: { problem: ApiProblem; was: boolean }) {
  const told = was ? SESSION_ENDED : tell(problem, 'this page');
  return (
    <section className="notice-page">
      <h1>{told.title}</h1>
      <p>{told.text}</p>
      <p>
        {/* not a link of the router: the API answers it with a redirect */}
        <a className="button primary" href={loginAddress()}>
          Log in
        </a>
      </p>
    </section>
  );
}
