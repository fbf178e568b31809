import type { ReactNode } from 'react';
import './components.css';

/** Why a place is empty (title), and what to do about it (children). */
export function EmptyBox({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="box empty-box">
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}
