import { loginAddress } from '../api/session.ts';
import { tell, type ApiProblem } from '../api/problem.ts';
import './components.css';

export interface ErrorBoxProps {
  problem: ApiProblem;
  /** what was asked for, as it goes on "Reading … failed": "the services" */
  what: string;
  /** asks again; left out where that is done by itself */
  onRetry?: () => void;
}

/** What happened, to what, and what to do. */
export function ErrorBox({ problem, what, onRetry }: ErrorBoxProps) {
  const told = tell(problem, what);
  return (
    <div className="box error-box" role="alert">
      <h2>{told.title}</h2>
      <p>{told.text}</p>
      {problem.needsLogin ? (
        <a className="button primary" href={loginAddress()}>
          Log in
        </a>
      ) : onRetry && !problem.passing ? (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}
