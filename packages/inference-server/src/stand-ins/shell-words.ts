/** The words of a command line, or why they cannot be told. */
export type ShellWords =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Splits what `/bin/sh -c` is given into words: quotes and backslashes as in POSIX. Variables, pipes, lists and redirections are not
 * read: a stand-in that understood half of a shell would run other commands than the real image.
 */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === ' ' || c === '\t' || c === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === "'") {
      const end = line.indexOf("'", i + 1);
      if (end < 0) return { kind: 'unreadable', reason: 'Syntax error: Unterminated quoted string' };
      word = (word ?? '') + line.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      word ??= '';
      for (i++; line.charAt(i) !== '"'; i++) {
        if (i >= line.length) return { kind: 'unreadable', reason: 'Syntax error: Unterminated quoted string' };
        if (line.charAt(i) === '$' || line.charAt(i) === '`') return notRead(line.charAt(i));
        if (line.charAt(i) === '\\' && '"\\$`'.includes(line.charAt(i + 1))) i++;
        word += line.charAt(i);
      }
    } else if (c === '\\') {
      word = (word ?? '') + line.charAt(++i);
    } else if ('$`|&;<>(){}*?~#'.includes(c)) {
      return notRead(c);
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== undefined) words.push(word);
  return { kind: 'words', words };
}

function notRead(c: string): ShellWords {
  return { kind: 'unreadable', reason: `the stand-in reads one plain command and no shell syntax, such as ${c}` };
}
