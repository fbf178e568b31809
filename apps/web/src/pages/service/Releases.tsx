import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { countOf } from '../../format/numbers.ts';
import { ReleaseDrift } from './ReleaseDrift.tsx';
import { releaseHeaders } from './routes.ts';
import { TopValues } from './TopValues.tsx';

/** What runs, by the response headers that tell it; two values of one are a release, or a fleet that is not all of one version. */
export function Releases({ service, role }: { service: string; role: 'server' | 'client' }) {
  const query = useApi('/v1/headers', { service, role, direction: 'response', limit: 1000 });
  return (
    <section aria-label="Releases">
      <h2 className="section-head">Releases</h2>
      <Answered query={query} what="the releases" height={200}>
        {({ data }) => {
          const headers = releaseHeaders(data);
          const [header] = headers.filter((h) => h.top.length > 0);
          if (header !== undefined)
            return (
              <>
                <TopValues label={`Releases by ${header.name}`} header={header.name} values={header.top} total={header.exchanges} />
                <p className="small quiet-text">
                  {header.top.length === 1
                    ? 'One value: the same release through the whole range.'
                    : `${countOf(header.top.length, 'value')}: the release changed in this range, or more than one runs.`}
                </p>
                {header.top.length > 1 ? <ReleaseDrift service={service} role={role} name={header.name} /> : null}
              </>
            );
          return headers.length === 0 ? (
            <EmptyBox title="No response tells a release">
              <p>
                Releases are told by headers such as <code>server</code> or <code>x-version</code>; this service sends none of them.
              </p>
            </EmptyBox>
          ) : (
            <EmptyBox title="The values stay on the hosts">
              <p>
                {headers.map((h) => h.name).join(', ')}: {countOf(Math.max(...headers.map((h) => h.distinct)), 'value')}, which the agents’ policy does not let out. Put the header
                on the policy’s list to see them.
              </p>
            </EmptyBox>
          );
        }}
      </Answered>
    </section>
  );
}
