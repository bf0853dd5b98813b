const OCI_ERROR = Symbol.for('@kaito-sdk/oci.OciError');

/** One wording each: what happened, why, what to do. The keys are the stable codes. No message ever holds a credential. */
const messages = {
  REFERENCE_INVALID: (text: string, why: string) =>
    `"${text}" is no image reference: ${why}. Write it as [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]`,
  DIGEST_INVALID: (text: string) =>
    `"${text}" is no digest that can be checked; only sha256:<64 hex digits> is supported`,
  DIGEST_MISMATCH: (what: string, expected: string, actual: string) =>
    `${what} should be ${expected} but hashes to ${actual}: it was changed or cut on the way. Try again; if it stays, the registry or a proxy before it serves wrong bytes`,
  SIZE_MISMATCH: (what: string, expected: number, actual: number) =>
    `${what} should have ${expected} bytes and has ${actual}. Try again; if it stays, push the image anew`,
  DOCKER_CONFIG_INVALID: (why: string) =>
    `the registry credentials cannot be read: ${why}. Make the secret anew, e.g. with "kubectl create secret docker-registry"`,
  CREDENTIAL_HELPER: (helper: string, host: string) =>
    `the credentials for ${host} are held by the credential helper "${helper}", a program that this process cannot ask. Put username and password, or a token, into the "auths" entry of ${host}`,
  UNAUTHORIZED: (host: string, what: string, withCredentials: boolean, said: string) =>
    withCredentials
      ? `${host} does not accept the credentials for ${what}${said}. Check user name, password and expiry`
      : `${host} wants credentials for ${what}${said}. Give a secret with an "auths" entry for ${host}`,
  FORBIDDEN: (host: string, what: string, said: string) =>
    `${host} knows the credentials but does not allow ${what}${said}. Give the account that right, or use another one`,
  CHALLENGE_UNSUPPORTED: (host: string, challenge: string) =>
    `${host} asks for "${challenge}"; only Basic and Bearer are supported. Use a registry or a proxy that offers one of them`,
  TOKEN_REFUSED: (realm: string, status: number, said: string) =>
    `the token service ${realm} answered ${status}${said}. Check that the credentials are still valid for it`,
  TOKEN_INVALID: (realm: string) =>
    `the token service ${realm} answered without a token. Check the "realm" that the registry announces`,
  INSECURE: (url: string) =>
    `${url} would be asked over plain http, where anybody on the way can read the credentials. Use https, or allow it with plainHttp`,
  ADDRESS_FORBIDDEN: (registry: string, host: string, address: string) =>
    `${registry} leads to ${host}${host === address ? '' : ` (${address})`}, an address of the cluster, the machine or the cloud's metadata, which a registry elsewhere has no business with; nothing was asked there. Use a registry that serves its tokens and blobs at public addresses, or one that is inside itself`,
  REDIRECT_LOOP: (url: string) => `${url} redirects again and again. Check the registry's configuration`,
  NOT_FOUND: (what: string, said: string) => `${what} does not exist${said}. Check name, tag and registry`,
  REFUSED: (what: string, status: number, said: string) =>
    `${what} was refused with HTTP ${status}${said}. Trying the same again does not help`,
  UNAVAILABLE: (what: string, tries: number, why: string) =>
    `${what} failed ${tries} times, the last time because ${why}. Check that the registry is up and reachable, then try again`,
  ANSWER_INVALID: (what: string, why: string) =>
    `${what} was answered with something that a registry does not say: ${why}. Check that the host is a registry and no log-in page or proxy`,
  MANIFEST_INVALID: (what: string, why: string) => `the manifest of ${what} is not usable: ${why}. Push the image anew`,
  PLATFORM_MISSING: (what: string, wanted: string, have: string) =>
    `${what} has no image for ${wanted}; it has ${have}. Ask for one of these`,
  LAYER_UNSUPPORTED: (what: string, mediaType: string) =>
    `${what} has a layer of type ${mediaType}, which is no tar archive that can be read (plain, gzip or zstd). Build it as an image, with a Dockerfile or with pushImage`,
  ARCHIVE_INVALID: (what: string, why: string) =>
    `a layer of ${what} is no valid tar archive: ${why}. Build the image anew`,
  ENTRY_ESCAPES: (what: string, entry: string, why: string) =>
    `${what} holds "${entry}", which ${why}; nothing of the image was used. Such an image is broken or hostile: build it anew from known files`,
  ENTRY_UNSUPPORTED: (what: string, entry: string, kind: string) =>
    `${what} holds "${entry}", which is ${kind}; only files, folders and links can be taken as data. Build the image without it`,
  LIMIT_EXCEEDED: (what: string, limit: string, value: number) =>
    `${what} exceeds the limit "${limit}" of ${value}. Raise it in "limits" if the image is known to be that large`,
  PATH_MISSING: (what: string, path: string) =>
    `${what} has no files under /${path}. Check that the image carries its data there`,
  TARGET_NOT_EMPTY: (folder: string) =>
    `${folder} has files already and nothing is overwritten. Give an empty folder, or ask for existing: 'replace'`,
  FILES_INVALID: (why: string) => `the files to push are not usable: ${why}`,
  SOURCE_CHANGED: (path: string) => `${path} changed while it was being pushed. Push again when nobody writes to it`,
} satisfies Record<string, (...facts: never[]) => string>;

/** Every code of an {@link OciError}. */
export type OciErrorCode = keyof typeof messages;

/** What went wrong with a registry or an image. Callers match on `code`; the message is for people. */
export class OciError extends Error {
  readonly [OCI_ERROR] = true;

  constructor(
    readonly code: OciErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'OciError';
  }

  /** Holds for errors of another copy of this package too, unlike `instanceof`. */
  static is(error: unknown, code?: OciErrorCode): error is OciError {
    return (
      typeof error === 'object' &&
      error !== null &&
      OCI_ERROR in error &&
      (code === undefined || (error as OciError).code === code)
    );
  }
}

/** Makes the error of a code from its facts. */
export function ociError<C extends OciErrorCode>(code: C, ...facts: Parameters<(typeof messages)[C]>): OciError {
  const message = messages[code] as (...facts: Parameters<(typeof messages)[C]>) => string;
  return new OciError(code, message(...facts));
}
