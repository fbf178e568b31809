import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { SCOPES } from '../auth/principal.ts';
import { SCHEMAS } from './schemas.ts';

const DESCRIPTION = `What Headwater saw of a fleet's HTTP traffic: header elements, request patterns, failures, latency.

Times are RFC 3339 in UTC; ranges are half-open; the end of a name tells the unit (\`_ms\`). Where both ends of an exchange
are watched it is counted once in each role, so choose one: \`role\` (default \`server\`). Windows that are still open are
included; \`quality.complete\` says whether more may come, \`quality.lost\` what will not.`;

/** The document of the running app. `tokenUrl` is a placeholder: `/.well-known/oauth-protected-resource` names the real issuers. */
export function buildDocument(app: INestApplication, tokenUrl = 'http://127.0.0.1:8471/token'): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Headwater')
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('http://127.0.0.1:8470')
    .addOAuth2({ type: 'oauth2', flows: { clientCredentials: { tokenUrl, scopes: { ...SCOPES } } } }, 'oauth2')
    .build();
  const document = SwaggerModule.createDocument(app, config, { autoTagControllers: false });
  document.components = { ...document.components, schemas: SCHEMAS as NonNullable<OpenAPIObject['components']>['schemas'] & object };
  return document;
}
