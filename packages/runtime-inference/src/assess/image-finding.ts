import { type Finding, failed } from './finding.js';

const causes: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, 'Choose an instance type with a larger disk: the image does not fit.'],
  [/toomanyrequests|429|rate limit/i, 'Wait, or pull through a registry of your own: this one has had too many pulls.'],
  [
    /unauthorized|denied|401|403|authentication required/i,
    'Give the pods a pull secret that may read this image, or the nodes the right to.',
  ],
  [
    /not found|manifest unknown|404|name unknown/i,
    'Check the name and the tag: the registry does not have this image.',
  ],
  [
    /no such host|timeout|timed out|connection refused|unreachable|x509/i,
    'Let the nodes reach the registry, or set another one under the settings of the runtime.',
  ],
  [/InvalidImageName|invalid reference/i, 'Correct the name of the image.'],
];

/** An image that does not come, with what helps as far as the kubelet's words tell. */
export function imageFinding(image: string, reason: string, message: string | undefined): Finding {
  const said = `${reason} ${message ?? ''}`;
  const remedy =
    causes.find(([pattern]) => pattern.test(said))?.[1] ??
    'Look at the events of the pod for the answer of the registry.';
  return failed('ImagePullError', `${image} cannot be pulled (${reason})${message ? `: ${message}` : '.'}`, remedy);
}
