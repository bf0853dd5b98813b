/** File names for addresses: the last part of each path, and those that would be the same kept apart: `train.parquet`, `train-2.parquet`. */
export function fileNames(addresses: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return addresses.map((address, index) => {
    const plain = plainName(address) || `data-${index + 1}`;
    let name = plain;
    for (let n = 2; taken.has(name); n++) name = plain.replace(/(\.[^.]*)?$/, (ending) => `-${n}${ending}`);
    taken.add(name);
    return name;
  });
}

/** Letters that mean something to a shell or a file system have no place in a name that a stranger chose. */
function plainName(address: string): string {
  const last = new URL(address).pathname.split('/').at(-1) ?? '';
  return decoded(last)
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-120);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
