/**
 * Characters that are not seen but change what is: controls, direction overrides and isolates, zero-width ones, and the tags
 * (RFC 9839 section 2.2; Unicode TR 36). Tab and line feed are none of them.
 */
const UNSEEN = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** A text that a model or somebody's request wrote, with what cannot be seen in it made visible: `‹U+202E›`. Shown as text, never as markup. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => (c === '\n' || c === '\t' ? c : `‹U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`));
}

/** JSON with line breaks, for reading; what is no JSON as it is. */
export function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
