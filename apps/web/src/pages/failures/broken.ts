/** What the capture says of an exchange without a whole response, in a word or two. */
export const BROKEN_SHORT: Readonly<Record<string, string>> = {
  connection_reset: 'reset',
  connection_closed: 'closed',
  no_response: 'no answer',
  malformed_response: 'malformed',
};

export interface Broken {
  /** stands in the URL as `broken` */
  id: string;
  label: string;
  asked: { error_type: string; status?: string };
}

/** Failures of the connection that can be looked at by themselves. */
export const BROKEN: readonly Broken[] = [
  { id: 'reset', label: 'Reset before a response', asked: { error_type: 'connection_reset', status: '0' } },
  { id: 'closed', label: 'Closed before a response', asked: { error_type: 'connection_closed', status: '0' } },
  { id: 'none', label: 'No answer at all', asked: { error_type: 'no_response' } },
  { id: 'reset-within', label: 'Reset within the response', asked: { error_type: 'connection_reset', status: '1xx,2xx,3xx,4xx,5xx' } },
  { id: 'closed-within', label: 'Closed within the response', asked: { error_type: 'connection_closed', status: '1xx,2xx,3xx,4xx,5xx' } },
  { id: 'malformed', label: 'A response that is not HTTP', asked: { error_type: 'malformed_response' } },
];
