import './components.css';

/** Takes the place of what is on its way, as high as that will be, so that nothing moves when it comes. */
export function Loading({ label, height }: { label: string; height: number }) {
  return (
    <div className="loading" style={{ minHeight: height }} role="status">
      <span>Reading {label}…</span>
    </div>
  );
}
