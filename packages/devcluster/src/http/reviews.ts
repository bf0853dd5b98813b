import type { Clock } from '../clock.js';
import type { KubeObject } from '../objects.js';
import { timestamp } from '../registry/metadata.js';
import { asObject } from '../store/json.js';
import type { Authenticator } from './authenticator.js';
import type { User } from './exchange.js';

/** A kind that is answered and never stored. */
export interface Review {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly status: (body: KubeObject, user: User, authenticator: Authenticator) => object;
}

const userInfo = (user: User): object => ({
  username: user.name,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: user.groups,
});

/** Permissions are not evaluated yet: whoever has a token may do everything, and the answer says so. */
const allowed = { allowed: true, reason: 'every authenticated user may do everything on this server' };

/** The reviews of the authentication and authorization groups. */
export const reviews: readonly Review[] = [
  {
    group: 'authentication.k8s.io',
    plural: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
    status: (_body, user) => ({ userInfo: userInfo(user) }),
  },
  {
    group: 'authentication.k8s.io',
    plural: 'tokenreviews',
    kind: 'TokenReview',
    namespaced: false,
    status(body, _user, authenticator) {
      const user = authenticator.userOf(String(asObject(body.spec).token ?? ''));
      return user === undefined
        ? { authenticated: false, user: {}, error: 'invalid bearer token' }
        : { authenticated: true, user: userInfo(user) };
    },
  },
  ...(['SelfSubjectAccessReview', 'SubjectAccessReview', 'LocalSubjectAccessReview'] as const).map(
    (kind): Review => ({
      group: 'authorization.k8s.io',
      plural: `${kind.toLowerCase()}s`,
      kind,
      namespaced: kind === 'LocalSubjectAccessReview',
      status: () => allowed,
    }),
  ),
];

/** The answer to a review. */
export function answerReview(
  review: Review,
  body: unknown,
  user: User,
  authenticator: Authenticator,
  clock: Clock,
): object {
  const { metadata, spec } = asObject(body);
  const object = { ...asObject(body) } as KubeObject;
  return {
    kind: review.kind,
    apiVersion: `${review.group}/v1`,
    metadata: { ...asObject(metadata), creationTimestamp: timestamp(clock.now()) },
    ...(spec === undefined ? {} : { spec }),
    status: review.status(object, user, authenticator),
  };
}
