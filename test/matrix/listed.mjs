// The cells that are not 100 %, each with its reason and the counter that holds what is missing.

/** `holds(totals)` names the counter and gives its value. */
const LISTED = [];

export function listed(program, name, mode) {
  return LISTED.find((l) => l.program === program && l.case === name && (l.mode === undefined || l.mode === mode));
}
