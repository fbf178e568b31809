/** Where an alert lies on a range, as shares of its length; clipped to it. All in ms. */
export function spanOf(from: number, to: number, range: { start: number; end: number }): { left: number; width: number } {
  const length = Math.max(1, range.end - range.start);
  const clip = (t: number) => Math.min(1, Math.max(0, (t - range.start) / length));
  return { left: clip(from), width: clip(to) - clip(from) };
}
