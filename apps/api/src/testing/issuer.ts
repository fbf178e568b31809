import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function signingKey(kid: string, alg: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

type Handler = (req: IncomingMessage, res: ServerResponse, body: string) => void;

/** An authorization server under a test's full control: it can lie, be slow to rotate, or be away. */
export class HandmadeIssuer {
  readonly requests: string[] = [];
  keys: JWK[] = [];
  metadata: Record<string, unknown> = {};
  /** pathname -> handler; overrides what is served by default */
  readonly handlers = new Map<string, Handler>();
  readonly #server: Server;
  #port = 0;

  private constructor(readonly path: string) {
    this.#server = createServer((req, res) => void this.#serve(req, res));
  }

  static async start(path = ''): Promise<HandmadeIssuer> {
    const issuer = new HandmadeIssuer(path);
    await issuer.listen(0);
    issuer.metadata = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, introspection_endpoint: `${issuer.url}/introspect` };
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.path}`;
  }

  async listen(port = this.#port): Promise<void> {
    await new Promise<void>((ok, bad) => this.#server.once('error', bad).listen(port, '127.0.0.1', () => ok()));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((ok) => {
      this.#server.close(() => ok());
      this.#server.closeAllConnections();
    });
  }

  async sign(key: SigningKey, claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header }).sign(key.privateKey);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://x');
    this.requests.push(pathname);
    let body = '';
    for await (const part of req) body += String(part);
    const handler = this.handlers.get(pathname);
    if (handler !== undefined) return handler(req, res, body);
    const known: Record<string, unknown> = { [`/.well-known/oauth-authorization-server${this.path}`]: this.metadata, [`${this.path}/keys`]: { keys: this.keys } };
    const answer = known[pathname];
    res.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(answer ?? {}));
  }
}

export function json(status: number, body: unknown): Handler {
  return (_, res) => void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function html(status: number): Handler {
  return (_, res) => void res.writeHead(status, { 'content-type': 'text/html' }).end('<h1>no</h1>');
}
