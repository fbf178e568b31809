/** Where adapters say what they wait for or retry; nothing is logged per record. */
export type BusLog = (level: 'info' | 'warn' | 'error', message: string) => void;

export const silent: BusLog = () => undefined;
