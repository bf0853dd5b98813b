import { ArmError, type ArmRequest, type ArmResponse } from './arm-exchange.js';

/**
 * The part of Microsoft Entra ID that a workload identity needs: the discovery document of a tenant and the token endpoint, which
 * takes any signed assertion (OAuth 2.0 client credentials, RFC 7523). Undefined for every other path. A resource that the tenant does not know is
 * refused with AADSTS500011 (Microsoft's list of Entra error codes).
 */
export function identityAnswer(
  { method, url, body }: ArmRequest,
  token: string,
  audience?: string,
): ArmResponse | undefined {
  const [, tenant = '', rest = ''] = /^\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  if (rest === 'v2.0/.well-known/openid-configuration' && method === 'GET') {
    const base = `${url.origin}/${tenant}`;
    return {
      status: 200,
      headers: {},
      body: {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      },
    };
  }
  if (rest !== 'oauth2/v2.0/token' || method !== 'POST') return undefined;
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== 'client_credentials' || !form.get('client_assertion')) {
    return {
      status: 400,
      headers: {},
      body: { error: 'invalid_request', error_description: 'AADSTS900144: the request needs a client_assertion' },
    };
  }
  const scope = form.get('scope') ?? '';
  // Some clients ask for the scopes of an identity as well, which say nothing of the resource.
  if (audience !== undefined && !scope.split(' ').includes(`${audience}/.default`)) {
    const error_description = `AADSTS500011: The resource principal named ${scope} was not found in the tenant named ${tenant}.`;
    return { status: 400, headers: {}, body: { error: 'invalid_resource', error_description } };
  }
  return {
    status: 200,
    headers: {},
    body: { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token: token },
  };
}

/** @throws {ArmError} 401 for every token but ours */
export function refuseStranger({ headers }: ArmRequest, token: string): void {
  if (headers.authorization === `Bearer ${token}`) return;
  throw new ArmError(
    401,
    headers.authorization === undefined ? 'AuthenticationFailed' : 'InvalidAuthenticationToken',
    'Authentication failed. The access token is missing or was issued by somebody else.',
  );
}
