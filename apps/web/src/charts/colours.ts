/** A colour of the theme in force, as the style sheet has it; canvases cannot read custom properties by themselves. */
export function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What a series stands for decides its colour: red is for errors alone, grey for the rest of many. */
export type SeriesColour = '1' | '2' | '3' | '4' | '5' | 'error' | 'rest';

export function colourToken(colour: SeriesColour): `--${string}` {
  return colour === 'error' ? '--error' : `--series-${colour}`;
}

type Rgb = readonly [number, number, number];

/** `#1f5fbf` as three numbers. */
export function rgbOf(hex: string): Rgb {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** `steps` colours from one to the other, packed as ImageData wants them (little-endian ABGR). */
export function ramp(from: string, to: string, steps: number): Uint32Array {
  const a = rgbOf(from);
  const b = rgbOf(to);
  const colours = new Uint32Array(steps);
  for (let i = 0; i < steps; i++) {
    const part = steps === 1 ? 1 : i / (steps - 1);
    const [red, green, blue] = [0, 1, 2].map((c) => Math.round((a[c] ?? 0) + ((b[c] ?? 0) - (a[c] ?? 0)) * part)) as [number, number, number];
    colours[i] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return colours;
}
