const BECAUSE = 'looks lost or late and is kept, because it cannot be looked at';
const NEXT = 'it is looked at again every minute';

/** What is said of a node that should be given up, and of which could not be told whether it is as it seems. */
export function doubtText(claim: string, why: string): string {
  return `node ${claim} ${BECAUSE}: ${why}; ${NEXT}`;
}

/** A message without what was in doubt when it was written: it is quoted later, when that is settled. */
export function withoutDoubts(message: string): string {
  return message.replaceAll(new RegExp(`; node \\S+ ${BECAUSE}: .*?; ${NEXT}`, 'gs'), '');
}
