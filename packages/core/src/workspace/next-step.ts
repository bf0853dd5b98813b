/** Between what is and what to do about it, in the message of a condition. Who reads conditions with kubectl understands it as it stands. */
const NEXT = ' Next: ';

/** A message that ends with the next step of a person; without a remedy the message as it is. */
export function withNextStep(message: string, remedy: string | undefined): string {
  if (remedy === undefined) return message;
  return `${message}${/[.!?]$/.test(message) ? '' : '.'}${NEXT}${remedy}`;
}

/** The two parts of such a message. */
export function splitNextStep(message: string): { readonly message: string; readonly remedy?: string } {
  const at = message.lastIndexOf(NEXT);
  return at < 0 ? { message } : { message: message.slice(0, at), remedy: message.slice(at + NEXT.length) };
}
