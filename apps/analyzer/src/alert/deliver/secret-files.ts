import { readFileSync } from 'node:fs';

/** The file's text without its last newline. @throws Error that names the setting, the file and why */
export function readLine(file: string, field: string): string {
  return read(file, field).replace(/\r?\n$/, '');
}

/** @throws Error as above, and where the file holds no certificate */
export function readPem(file: string, field: string): string {
  const text = read(file, field);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${field}: ${file} holds no certificate (PEM)`);
  return text;
}

function read(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${field}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`, { cause: error });
  }
}
