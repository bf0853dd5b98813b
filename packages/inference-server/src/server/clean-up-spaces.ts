const clumsy: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Removes the spaces before punctuation that some tokenizers leave: what transformers means by `clean_up_tokenization_spaces`. */
export function cleanUpSpaces(text: string): string {
  return clumsy.reduce((cleaned, [from, to]) => cleaned.replaceAll(from, to), text);
}
