/** Where credentials stand in what programs say of themselves. What a secret is made of is not known: whatever stands in such a place counts. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // user:password@host
  [/\/\/[^\s/?#@]+@/g, '//…@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 …'],
  // A signed token, wherever it stands.
  [/\beyJ[\w-]{8,}(\.[\w-]+){0,2}/g, '…'],
  // `token=…`, `"password": "…"`, `X-Amz-Signature=…`
  [
    /([\w-]*(?:password|passwd|secret|token|signature|credential|api[-_]?key|access[-_]?key|authorization)["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"'}]+)/gi,
    '$1…',
  ],
  [/([?&](?:sig|sv|se|key|code)=)[^\s&"']+/gi, '$1…'],
];

/** Long enough to be a key. With letters of both kinds and digits among them no name, path or digest of Kubernetes looks so. */
const OPAQUE = /[\w+]{28,}={0,2}/g;

/**
 * What an error says, for a status that everybody may read who may read the object: without what looks like credentials, which a plugin or a cloud may have
 * put into its words.
 */
export function errorText(error: unknown): string {
  const said = error instanceof Error ? error.message || error.name : String(error);
  const plain = SECRETS.reduce((text, [place, instead]) => text.replace(place, instead), said);
  return plain.replace(OPAQUE, (word) => (/[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word) ? '…' : word));
}
