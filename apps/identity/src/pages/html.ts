/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

type Part = string | number | Html | readonly Html[] | null;

function render(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return (part as readonly Html[]).map((h) => h.text).join('');
  return String(part as string | number).replace(/[&<>"']/g, (c) => ENTITIES[c] as string);
}

/** Everything put in is escaped unless it is Html itself; null puts nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((all, s, i) => all + s + (i < parts.length ? render(parts[i] as Part) : ''), ''));
}
