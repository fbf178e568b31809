import type { ReactNode } from 'react';
import { headersOf, type Exchange } from './exchange.ts';
import { exchangeFacts } from './facts.ts';
import { HeaderValue } from './HeaderValue.tsx';
import './exchange.css';

/** One exchange in full: what is known of it, then its headers in wire order. */
export function ExchangeView({ exchange, label }: { exchange: Exchange; label: string }): ReactNode {
  return (
    <div className="x-scroll">
      <table className="x-table x-single">
        <caption className="hidden-visually">{label}</caption>
        <tbody>
          <tr className="x-group">
            <th scope="rowgroup" colSpan={2}>
              Exchange
            </th>
          </tr>
          {exchangeFacts(exchange).map((f) => (
            <tr key={f.id}>
              <th scope="row">{f.label}</th>
              <td>{f.value}</td>
            </tr>
          ))}
        </tbody>
        {(['request', 'response'] as const).map((side) => (
          <tbody key={side}>
            <tr className="x-group">
              <th scope="rowgroup" colSpan={2}>
                {side === 'request' ? 'Request headers' : 'Response headers'}
              </th>
            </tr>
            {headersOf(exchange, side).length === 0 ? (
              <tr>
                <td colSpan={2} className="x-none">
                  {side === 'response' && exchange['http.response.status_code'] === undefined ? 'There was no response.' : 'None.'}
                </td>
              </tr>
            ) : (
              headersOf(exchange, side).map((field, i) => (
                <tr key={i}>
                  <th scope="row">{field.name}</th>
                  <td>
                    <HeaderValue field={field} />
                  </td>
                </tr>
              ))
            )}
          </tbody>
        ))}
      </table>
    </div>
  );
}
