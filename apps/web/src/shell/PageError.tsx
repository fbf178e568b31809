import type { ErrorComponentProps } from '@tanstack/react-router';

/** A page that could not be loaded (a new version was installed, the API is away) or that failed while drawing. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const text = error instanceof Error ? error.message : String(error);
  const loading = /import|fetch|load/i.test(text);
  return (
    <section className="notice-page" role="alert">
      <h1>{loading ? 'This page could not be loaded' : 'This page failed'}</h1>
      <p>
        {loading
          ? 'The API does not answer, or a new version was installed since. Load it again.'
          : `It was: ${text}. The other pages still work; loading this one again may help.`}
      </p>
      <p>
        <button
          type="button"
          className="primary"
          onClick={() => {
            reset();
            location.reload();
          }}
        >
          Load again
        </button>
      </p>
    </section>
  );
}
