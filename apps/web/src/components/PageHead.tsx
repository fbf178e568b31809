import type { ReactNode } from 'react';
import './components.css';

/** The page's one h1, what it may be narrowed by, and from how much its figures come. */
export function PageHead({ title, tools, quality }: { title: ReactNode; tools?: ReactNode; quality?: ReactNode }) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      {tools === undefined ? null : <div className="page-tools">{tools}</div>}
      {quality === undefined ? null : <div className="page-quality">{quality}</div>}
    </div>
  );
}
