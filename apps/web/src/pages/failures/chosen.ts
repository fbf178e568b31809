/** The route whose failures are looked at, as it stands in the URL: `at=GET /users/{int} shop`. */
export interface Chosen {
  service: string;
  method: string;
  route: string;
}

/** A method and a route have no spaces; a service may. */
export const chosenText = ({ service, method, route }: Chosen): string => `${method} ${route} ${service}`;

export function parseChosen(text: string): Chosen | null {
  const match = /^(\S+) (\S+) (.+)$/.exec(text);
  return match === null ? null : { method: match[1]!, route: match[2]!, service: match[3]! };
}
