import type { KubeObject } from '../objects.js';
import type { User } from './exchange.js';

/** Whom a request in process is taken for: everything may be done. */
export const admin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Who stands behind which bearer token. */
export class Authenticator {
  readonly #tokens = new Map<string, User>();

  /** Lets a token stand for a user. */
  add(token: string, user: User): void {
    this.#tokens.set(token, user);
  }

  /** Lets a token stand for a service account; answers it. */
  issue({ metadata: { namespace = 'default', name, uid } }: KubeObject, token: string): string {
    this.add(token, {
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ...(uid === undefined ? {} : { uid }),
    });
    return token;
  }

  userOf(token: string): User | undefined {
    return this.#tokens.get(token);
  }

  /** The user of an `Authorization` header; undefined without a token that is known. */
  authenticate(authorization: string | undefined): User | undefined {
    const found = /^Bearer\s+(\S+)$/i.exec(authorization ?? '');
    return found?.[1] === undefined ? undefined : this.#tokens.get(found[1]);
  }
}

/** The user a request acts as: an administrator may act as somebody else through the impersonation headers. */
export function actingUser(user: User, headers: Readonly<Record<string, string>>): User {
  const name = headers['impersonate-user'];
  if (name === undefined || !user.groups.includes('system:masters')) return user;
  const groups = (headers['impersonate-group'] ?? '').split(',').map((group) => group.trim());
  return { name, groups: [...groups.filter((group) => group !== ''), 'system:authenticated'] };
}
