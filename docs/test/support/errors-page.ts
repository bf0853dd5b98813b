import { all, type Source, sources, wordsOf } from './sources.js';

/** Codes that are given away from a catalogue, with what they mean: a message that is put together elsewhere. */
const MEANINGS: Readonly<Record<string, string>> = {
  ADOPT_CONFLICT: '`kaito adopt`: an object was changed by somebody else at the same time; begin again',
  ADOPT_KAITO_RUNS: '`kaito adopt --apply`: pods of KAITO’s operator do not end',
  ADOPT_OBSTACLE: '`kaito adopt --apply`: something stands in the way; the message names it and what to do',
  CLAIM_NAME_TAKEN: 'an object of the name that a claim needs is there and belongs to somebody else',
  DEVCLUSTER_MISSING: '`kaito dev` needs the package @kaito-sdk/devcluster, which is not installed',
  NODE_CLASS_INVALID: '`nodeClass` of the profile `kwok` needs group, kind and name',
  OBJECT_UNFIT: '`object` asks for a kind that the profile does not have',
  PROFILE_UNKNOWN: 'there is no profile of that name; the message lists them',
  PROVISIONING_DEFERRED: 'a provisioner takes the request later; the reason stands in `NodeClaimReady`',
  PROVISIONING_FAILED: 'a provisioner could not get a node; kind and reason stand in the error and in `NodeClaimReady`',
  RESOURCE_CLASS_INVALID: 'a resource class cannot become a schema: the message names property and decorator',
};

export interface ErrorCode {
  readonly code: string;
  readonly packageName: string;
  readonly says: string;
}

/** Every code of an error that a program may match on, from the sources. */
export function errorCodes(): readonly ErrorCode[] {
  const found = sources().flatMap((source) => [...ofCatalogues(source), ...ofUnions(source), ...single(source)]);
  const known = new Map(found.map((each) => [`${each.packageName} ${each.code}`, each]));
  // One with a message wins over the same code thrown elsewhere in the package.
  for (const each of found) if (each.says !== '') known.set(`${each.packageName} ${each.code}`, each);
  return [...known.values()].sort((a, b) => a.packageName.localeCompare(b.packageName) || a.code.localeCompare(b.code));
}

/** `catalogue({ CODE: (facts) => message })`, and the table of @kaito-sdk/oci that is built the same way. */
function ofCatalogues({ packageName, text }: Source): readonly ErrorCode[] {
  const blocks = all(text, /(?:= catalogue\(|const messages = )\{\n([\s\S]*?)\n\}(?:\)| satisfies)/g);
  return blocks.flatMap((block) =>
    [
      ...`${block}\n`.matchAll(
        /^ {2}([A-Z][A-Z_]+): \([\s\S]*? =>\s*([\s\S]*?)(?=\n+ {2}[A-Z][A-Z_]+: \(|\s*$(?![\s\S]))/gm,
      ),
    ].map(([, code = '', body = '']) => ({ packageName, code, says: wordsOf(body) })),
  );
}

/** `export type …ErrorCode = /** what it means *\/ | 'CODE'`. */
function ofUnions({ packageName, text }: Source): readonly ErrorCode[] {
  const unions = all(text, /export type \w*ErrorCode =\n([\s\S]*?);/g);
  return unions.flatMap((union) =>
    [...union.matchAll(/\/\*\* (.+?) \*\/\s*\| '([A-Z_]+)'/g)].map(([, says = '', code = '']) => ({
      packageName,
      code,
      says,
    })),
  );
}

/** `throw new KaitoError('CODE', …)` and the classes that pass their code on. */
function single({ packageName, text }: Source): readonly ErrorCode[] {
  const codes = all(text, /(?:new KaitoError\(|super\()\s*'([A-Z_]+)'|readonly code = '([A-Z_]+)'/g);
  return codes.map((code) => ({ packageName, code, says: MEANINGS[code] ?? '' }));
}

/** Meanings that no code of the sources has any more. */
export const meaningsOfNothing = (): readonly string[] => {
  const codes = new Set(errorCodes().map(({ code }) => code));
  return Object.keys(MEANINGS).filter((code) => !codes.has(code));
};

/** The table of `docs/reference/errors.md`. */
export function errorsTable(): string {
  const rows = errorCodes().map(
    ({ code, packageName, says }) =>
      `| \`${code}\` | ${packageName} | ${says.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`,
  );
  return `${['| code | package | says |', '| --- | --- | --- |', ...rows].join('\n')}\n`;
}
