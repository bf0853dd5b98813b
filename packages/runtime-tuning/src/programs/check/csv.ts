/** The records of a CSV text (RFC 4180: quotes, doubled quotes, line breaks in quotes), as it comes in pieces. */
export async function* csvRecords(pieces: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let quote = false;
  for await (const piece of pieces) {
    for (const letter of piece) {
      if (quote) {
        quote = false;
        if (letter === '"') {
          cell += '"';
          continue;
        }
        quoted = false;
      } else if (quoted) {
        if (letter === '"') quote = true;
        else cell += letter;
        continue;
      }
      if (letter === '"' && cell === '') quoted = true;
      else if (letter === ',') {
        cells.push(cell);
        cell = '';
      } else if (letter === '\n') {
        yield [...cells, cell];
        cells = [];
        cell = '';
      } else if (letter !== '\r' && letter !== '\uFEFF') cell += letter;
    }
  }
  if (quoted && !quote) throw new Error('the last quote is not closed');
  if (cell !== '' || cells.length > 0) yield [...cells, cell];
}
