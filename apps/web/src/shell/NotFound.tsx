import { PageLink } from '../url/PageLink.tsx';

export function NotFound() {
  return (
    <section className="notice-page">
      <h1>There is no such page</h1>
      <p>The address may be mistyped, or from another version.</p>
      <p>
        <PageLink to="/" className="button">
          To the overview
        </PageLink>
      </p>
    </section>
  );
}
