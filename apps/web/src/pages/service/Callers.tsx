import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { formatCount } from '../../format/numbers.ts';
import { TopValues } from './TopValues.tsx';

/** Who calls, by what the callers say of themselves. */
export function Callers({ service, role }: { service: string; role: 'server' | 'client' }) {
  const query = useApi('/v1/headers', { service, role, direction: 'request', name: 'user-agent' });
  return (
    <section aria-label="User agents">
      <h2 className="section-head">{role === 'server' ? 'User agents of callers' : 'Calls as'}</h2>
      <Answered query={query} what="the callers" height={200}>
        {({ data: [header] }) =>
          header === undefined ? (
            <EmptyBox title="No request carries user-agent">
              <p>Callers are told by that header; none of them sends one in this range.</p>
            </EmptyBox>
          ) : header.top.length === 0 ? (
            <EmptyBox title="The values stay on the hosts">
              <p>
                {formatCount(header.exchanges)} requests carry <code>user-agent</code> with about {formatCount(header.distinct)} values, which the agents’ policy does not let out.
                Put the header on the policy’s list to see them.
              </p>
            </EmptyBox>
          ) : (
            <TopValues label="Callers by user-agent" header="user-agent" values={header.top} total={header.exchanges} />
          )
        }
      </Answered>
    </section>
  );
}
