import { loginAddress } from '../api/session.ts';
import { tell, type ApiProblem } from '../api/problem.ts';

/** In place of every page while nobody is logged in. */
export function LoginNeeded({ problem }: { problem: ApiProblem }) {
  const told = tell(problem, 'this page');
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
