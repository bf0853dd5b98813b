import type { FieldError } from '../resource/index.js';
import { placeholder } from './kubernetes-names.js';

const DOMAIN =
  /^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(\.([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*(:[0-9]+)?$/;
const IPV6_DOMAIN = /^\[[0-9a-fA-F:]+\](:[0-9]+)?$/;
const COMPONENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/**
 * Checks an image by the grammar of the OCI distribution: `[registry/]repository[:tag][@digest]`. Registry and tag may be left
 * out (KAITO head; v0.3 wanted both).
 */
export function checkImage(field: string, image: unknown): FieldError[] {
  if (typeof image !== 'string') return [];
  const problem = problemOf(image);
  if (problem === undefined) return [];
  const message = `must be an image such as registry.example.com/team/name:tag; ${problem}${placeholder(image.slice(0, LONGEST))}`;
  return [{ field, reason: 'Invalid', value: image, message }];
}

/** A registry of 255 characters, a repository of as many, a tag of 128 and the longest digest that is in use, with room. */
const LONGEST = 1024;

function problemOf(image: string): string | undefined {
  if (image.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  if (/\s/.test(image)) return 'there is white space in it';
  if (image.includes('://')) return `leave out ${image.slice(0, image.indexOf('://') + 3)}`;
  const [name = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return 'what follows @ is no digest';

  const components = name.split('/');
  const last = components.pop() ?? '';
  const colon = last.indexOf(':');
  const tag = colon < 0 ? undefined : last.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return 'what follows the last colon is no tag';
  components.push(colon < 0 ? last : last.slice(0, colon));

  const first = components[0] ?? '';
  if (components.length > 1 && (/[.:]/.test(first) || first === 'localhost' || /[A-Z]/.test(first))) {
    if (!DOMAIN.test(first) && !IPV6_DOMAIN.test(first)) return `${first} is no registry`;
    components.shift();
  }
  const repository = components.join('/');
  if (repository === '') return 'the name of the repository is missing';
  if (/[A-Z]/.test(repository)) return 'the repository must be in lower case';
  if (!components.every((component) => COMPONENT.test(component))) return `${repository} is no repository`;
  return repository.length > 255 ? 'the repository is longer than 255 characters' : undefined;
}
